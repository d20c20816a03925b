-- The events and the leases behind a measure of the process. A household counts once, by its first event; a duration adds the days
-- of each lease.
WITH bail AS (
    SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.date_decision, f.commune, f.bailleur, f.rang, f.personne_morale,
           CASE WHEN f.date_bail >= f.date_decision THEN f.date_bail - f.date_decision END AS decision_jours,
           CASE WHEN f.date_bail >= v.vacant_depuis AND f.date_bail >= p.premier_janvier_rpls
                THEN f.date_bail - v.vacant_depuis END AS vacance_jours
    FROM faits_attributions f
    CROSS JOIN parametres p
    LEFT JOIN (
        SELECT r.IDENT_REP AS id_rpls,
               CAST(p.premier_janvier_rpls - MIN(r.duree_vacance) * INTERVAL '1' MONTH AS DATE) AS vacant_depuis
        FROM source_rpls r
        CROSS JOIN parametres p
        WHERE r.MODE = '2'
        GROUP BY r.IDENT_REP, p.premier_janvier_rpls
        HAVING MIN(r.duree_vacance) = MAX(r.duree_vacance)
    ) v ON v.id_rpls = f.id_rpls
),
fiche AS (
    SELECT 'evenement' AS nature, e.fichier, e.ligne, e.numero_unique, e.date, e.type, e.commune, e.lieu, e.bailleur,
           e.rang, NULL AS decision_jours, NULL AS vacance_jours, 1 - e.menage AS personne_morale
    FROM trace_evenements e
    UNION ALL
    SELECT 'attribution', b.fichier, b.ligne, b.numero_unique, b.date_bail, NULL, b.commune, NULL, b.bailleur, b.rang,
           b.decision_jours, b.vacance_jours, b.personne_morale
    FROM bail b
),
-- What each record is to each measure: events to refusals, leases to ranks and durations, both to proposals for a lease.
vue AS (
    SELECT a.mesure, x.*,
           ROW_NUMBER() OVER (PARTITION BY x.numero_unique ORDER BY x.fichier, x.ligne) AS place,
           ROW_NUMBER() OVER (PARTITION BY x.numero_unique, x.type ORDER BY x.fichier, x.ligne) AS place_du_type
    FROM cellule a
    JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
    JOIN fiche x ON x.commune = l.commune
    WHERE (a.mesure IN ('refus_par_menage', 'refus_par_proposition') AND x.type IN ('proposition', 'refus'))
       OR (a.mesure = 'propositions_par_bail' AND (x.type = 'proposition' OR x.nature = 'attribution'))
       OR (a.mesure IN ('baux_au_premier_rang', 'jours_decision_bail', 'jours_vacance_bail') AND x.nature = 'attribution')
)
SELECT v.nature, v.fichier, v.ligne, v.numero_unique, v.date, v.type, v.commune, v.lieu, v.bailleur, v.rang,
       CASE v.mesure WHEN 'jours_decision_bail' THEN v.decision_jours WHEN 'jours_vacance_bail' THEN v.vacance_jours END AS jours,
       CASE WHEN v.personne_morale = 1 THEN 'personne morale' END AS ecarte,
       CASE v.mesure WHEN 'refus_par_menage' THEN CASE WHEN v.type = 'refus' AND v.place_du_type = 1 THEN 1 END
                     WHEN 'refus_par_proposition' THEN CASE WHEN v.type = 'refus' THEN 1 END
                     WHEN 'propositions_par_bail' THEN CASE WHEN v.type = 'proposition' THEN 1 END
                     WHEN 'baux_au_premier_rang' THEN CASE WHEN v.rang = 1 THEN 1 END
                     WHEN 'jours_decision_bail' THEN v.decision_jours
                     ELSE v.vacance_jours END AS dans_numerateur,
       CASE v.mesure WHEN 'refus_par_menage' THEN v.place = 1
                     WHEN 'refus_par_proposition' THEN v.type = 'proposition'
                     WHEN 'propositions_par_bail' THEN v.nature = 'attribution'
                     WHEN 'baux_au_premier_rang' THEN v.rang IS NOT NULL
                     WHEN 'jours_decision_bail' THEN v.decision_jours IS NOT NULL
                     ELSE v.vacance_jours IS NOT NULL END AS dans_denominateur
FROM vue v
ORDER BY v.nature, v.fichier, v.ligne
