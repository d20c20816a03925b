-- The year's headline figures beside those of the two years before it, where earlier runs of this project kept them:
-- only aggregates are kept, since register extracts must not be. Each figure stands with its numerator and denominator.
-- That of a public that no file tells is left out: beside another year's it would read as a fall. An earlier figure about
-- other communes, or counted by other rules of the project, stands there and is not compared (comparable = 0).
WITH annee AS (
    SELECT d.niveau, d.code, d.libelle, 'demandes_actives' AS indicateur,
           d.actives AS numerateur, CAST(NULL AS BIGINT) AS denominateur, CAST(d.actives AS DOUBLE) AS valeur
    FROM demande d
    WHERE d.population = 'ensemble' AND d.typologie = 'ensemble'
    UNION ALL
    SELECT a.niveau, a.code, a.libelle, 'attributions', a.attributions, CAST(NULL AS BIGINT), CAST(a.attributions AS DOUBLE)
    FROM attributions a
    WHERE a.population = 'ensemble' AND a.typologie = 'ensemble'
    UNION ALL
    SELECT t.niveau, t.code, t.libelle, 'tension', t.demandes, t.attributions, t.tension
    FROM tension t
    WHERE t.population = 'ensemble' AND t.typologie = 'ensemble' AND t.categorie = 'ensemble'
    UNION ALL
    SELECT d.niveau, d.code, d.libelle, 'delai_median', CAST(NULL AS BIGINT), d.attributions, d.delai_median
    FROM delais d
    WHERE d.population = 'ensemble' AND d.typologie = 'ensemble'
    UNION ALL
    SELECT q.niveau, q.code, q.libelle, 'q1_hors_qpv', q.q1_ou_relogement, q.attributions, q.part_q1_ou_relogement
    FROM quartiles q
    WHERE q.bailleur = 'ensemble' AND q.zone = 'hors_qpv'
    UNION ALL
    SELECT q.niveau, q.code, q.libelle, 'q2_q4_qpv', q.attributions - q.q1 - q.inconnu, q.attributions, q.part_q2_q4
    FROM quartiles q
    WHERE q.bailleur = 'ensemble' AND q.zone = 'qpv'
    UNION ALL
    SELECT r.niveau, r.code, r.libelle, 'prioritaires', r.prioritaires, r.attributions, r.part
    FROM priorites r
    WHERE r.reservataire = 'ensemble'
    UNION ALL
    SELECT s.niveau, s.code, s.libelle, 'logements', s.logements, CAST(NULL AS BIGINT), CAST(s.logements AS DOUBLE)
    FROM parc s
    WHERE s.typologie = 'ensemble' AND s.categorie = 'ensemble'
    UNION ALL
    SELECT s.niveau, s.code, s.libelle, 'vacance', s.vacants, s.loues + s.vacants, s.taux_vacance
    FROM parc s
    WHERE s.typologie = 'ensemble' AND s.categorie = 'ensemble'
)
SELECT p.millesime, a.niveau, a.code, a.libelle, a.indicateur, p.millesime AS annee,
       a.numerateur, a.denominateur, a.valeur, 1 AS comparable
FROM annee a
CROSS JOIN parametres p
WHERE a.niveau <> 'commune' AND (a.numerateur IS NOT NULL OR a.denominateur IS NOT NULL)
  AND (p.a_ressources = 1 OR a.indicateur NOT IN ('q1_hors_qpv', 'q2_q4_qpv'))
  AND (p.a_priorites = 1 OR a.indicateur <> 'prioritaires')
UNION ALL
SELECT p.millesime, h.niveau, h.code, h.libelle, h.indicateur, h.annee, h.numerateur, h.denominateur, h.valeur,
       CASE WHEN c.code IS NOT NULL OR r.indicateur IS NOT NULL THEN 0 ELSE 1 END AS comparable
FROM historique h
CROSS JOIN parametres p
LEFT JOIN champs_modifies c ON c.annee = h.annee AND c.niveau = h.niveau AND c.code = h.code
LEFT JOIN regles_modifiees r ON r.annee = h.annee AND r.indicateur = h.indicateur
WHERE h.annee BETWEEN p.millesime - 2 AND p.millesime - 1
  AND EXISTS (SELECT 1 FROM cadre t WHERE t.niveau = h.niveau AND t.code = h.code)
ORDER BY niveau, code, indicateur, annee
