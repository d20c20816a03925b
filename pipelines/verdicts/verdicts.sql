-- Legal rules and the project's targets, judged by one calculation over the table of facts. A rule gives its zone, its
-- public, its actors and its target; `manque` is the number of lettings short of it (CCH L441-1: the préfet may allocate
-- what is missing), exact in decimals.
WITH acteur AS (
    SELECT DISTINCT f.epci, 'bailleur' AS acteur_type, f.bailleur AS acteur FROM faits f WHERE f.sort = 'compte'
    UNION ALL
    SELECT DISTINCT f.epci, 'reservataire' AS acteur_type, f.reservataire AS acteur
    FROM faits f WHERE f.sort = 'compte' AND f.reservataire NOT IN ('inconnu', 'AUCUN')
),
-- "Each landlord", "each holder": one row for each that has allocations in the EPCI.
regle AS (
    SELECT r.numero, r.epci, r.acteur_type, COALESCE(r.acteur, a.acteur) AS acteur
    FROM regles r
    LEFT JOIN acteur a ON r.acteur IS NULL AND a.epci = r.epci AND a.acteur_type = r.acteur_type
    WHERE r.acteur IS NOT NULL OR a.acteur IS NOT NULL
),
compte AS (
    SELECT g.numero, g.acteur,
           COUNT(f.numero_unique) AS denominateur,
           SUM(CASE WHEN r.public = 'q1' AND f.classe = 'q1' THEN 1
                    WHEN r.public = 'q1_ou_relogement' AND (f.classe = 'q1' OR f.relogement = 1) THEN 1
                    WHEN r.public = 'q2_q4' AND f.classe IN ('q2', 'q3', 'q4', 'q2_q4') THEN 1
                    WHEN r.public = 'dalo' AND f.dalo = 1 THEN 1
                    WHEN r.public = 'prioritaire' AND f.prioritaire = 1 THEN 1
                    WHEN r.public = 'relogement' AND f.relogement = 1 THEN 1
                    WHEN r.public = 'mutation' AND f.population = 'mutation' THEN 1
                    ELSE 0 END) AS numerateur
    FROM regle g
    JOIN regles r ON r.numero = g.numero
    LEFT JOIN faits f
        ON f.epci = g.epci AND f.sort = 'compte'
        AND (r.zone = 'ensemble' OR f.zone = r.zone)
        AND (g.acteur_type <> 'bailleur' OR f.bailleur = g.acteur)
        AND (g.acteur_type <> 'reservataire' OR f.reservataire = g.acteur)
        AND (r.contingent IS NULL OR f.reservataire = r.contingent)
        AND (r.secteur = 'ensemble' OR '|' || r.secteur || '|' LIKE '%|' || f.commune || '|%')
    GROUP BY g.numero, g.acteur
),
juge AS (
    SELECT r.*, c.acteur AS acteur_juge, c.denominateur,
           CASE WHEN r.blocage IS NULL AND p.a_attributions = 1 THEN c.numerateur END AS numerateur,
           CASE WHEN r.metrique = 'part' THEN r.cible * c.denominateur ELSE r.cible END AS attendu,
           CASE WHEN r.blocage IS NOT NULL THEN r.blocage
                WHEN p.a_attributions = 0 THEN 'non_evaluable'
                WHEN c.denominateur = 0 THEN 'non_evaluable' END AS suspendu,
           CASE WHEN r.blocage IS NOT NULL THEN r.motif
                WHEN p.a_attributions = 0 THEN 'aucune source d''attributions'
                WHEN c.denominateur = 0 THEN 'aucune attribution dans ce champ' END AS motif_juge
    FROM compte c
    JOIN regles r ON r.numero = c.numero
    CROSS JOIN parametres p
)
SELECT p.millesime, j.epci, j.libelle, j.regle, j.base, j.zone, j.secteur, j.agregation, j.public, j.acteur_type,
       j.acteur_juge AS acteur, j.metrique, j.operateur,
       CAST(j.cible AS DOUBLE) AS cible,
       CAST(j.numerateur AS BIGINT) AS numerateur,
       CASE WHEN p.a_attributions = 1 THEN CAST(j.denominateur AS BIGINT) END AS denominateur,
       CASE WHEN j.suspendu IS NOT NULL THEN NULL
            WHEN j.metrique = 'part' THEN CAST(j.numerateur AS DOUBLE) / NULLIF(j.denominateur, 0)
            ELSE CAST(j.numerateur AS DOUBLE) END AS resultat,
       CASE WHEN j.suspendu IS NOT NULL THEN NULL
            WHEN j.metrique = 'part' THEN CAST(j.numerateur AS DOUBLE) / NULLIF(j.denominateur, 0) - CAST(j.cible AS DOUBLE)
            ELSE CAST(j.numerateur AS DOUBLE) - CAST(j.cible AS DOUBLE) END AS ecart,
       CASE WHEN j.suspendu IS NOT NULL THEN NULL
            WHEN j.operateur = '>=' THEN CAST(GREATEST(0, CEIL(j.attendu) - j.numerateur) AS BIGINT)
            ELSE CAST(GREATEST(0, j.numerateur - FLOOR(j.attendu)) AS BIGINT) END AS manque,
       CASE WHEN j.suspendu IS NOT NULL THEN j.suspendu
            WHEN j.operateur = '>=' AND j.numerateur >= j.attendu THEN 'atteint'
            WHEN j.operateur = '<=' AND j.numerateur <= j.attendu THEN 'atteint'
            ELSE 'non_atteint' END AS verdict,
       j.statut, j.reference, j.motif_juge AS motif, j.seuil_q1, j.millesime_seuil
FROM juge j
CROSS JOIN parametres p
ORDER BY j.epci, j.numero, j.acteur_type, j.acteur_juge
