-- What an applicant may ask by law (CCH R441-2-10, R441-2-17): for a commune, or its EPCI, a typology and a category, the
-- dwellings that match, the similar demands, the leases of the year and the time they took from deposit to lease.
WITH bail AS (
    SELECT l.rang, b.typologie, b.categorie, b.delai_jours
    FROM delais_baux b
    JOIN lieux l ON l.rang_commune = b.rang_commune
    WHERE l.rang BETWEEN $premier AND $dernier AND l.niveau IN ('commune', 'epci')
),
delai AS (
    SELECT rang,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           CASE WHEN GROUPING(categorie) = 1 THEN 'ensemble' ELSE categorie END AS categorie,
           COUNT(*) AS baux_delai, SUM(delai_jours) AS somme_jours,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY delai_jours) AS mediane_jours
    FROM bail
    GROUP BY GROUPING SETS (
        (rang), (rang, typologie), (rang, categorie), (rang, typologie, categorie)
    )
),
ligne AS (
    SELECT n.rang, t.*
    FROM tension t
    JOIN territoires n ON n.niveau = t.niveau AND n.code = t.code
    WHERE n.rang BETWEEN $premier AND $dernier AND n.niveau IN ('commune', 'epci') AND t.population = 'ensemble'
)
SELECT p.millesime, t.niveau, t.code, t.libelle, t.typologie, t.categorie,
       CASE WHEN x.parc = 1 THEN t.logements END AS logements, CASE WHEN x.demandes = 1 THEN t.demandes END AS demandes,
       CASE WHEN x.baux = 1 THEN t.attributions END AS attributions, t.tension,
       CASE WHEN x.baux = 1 THEN CAST(COALESCE(d.baux_delai, 0) AS BIGINT) END AS baux_delai,
       CAST(d.somme_jours AS DOUBLE) / NULLIF(d.baux_delai, 0) / p.jours_par_mois AS delai_moyen,
       d.mediane_jours / p.jours_par_mois AS delai_median
FROM ligne t
CROSS JOIN parametres p
JOIN distinctions x ON x.typologie = t.typologie AND x.categorie = t.categorie
LEFT JOIN delai d ON d.rang = t.rang AND d.typologie = t.typologie AND d.categorie = t.categorie
ORDER BY t.rang, t.typologie, t.categorie
