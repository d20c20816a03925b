-- What an applicant may ask by law (CCH R441-2-10, R441-2-17): for a commune, or its EPCI, a typology and a category, the
-- dwellings that match, the similar demands, the leases of the year and the time they took from deposit to lease.
WITH bail AS (
    SELECT l.rang, b.typologie, b.categorie, b.delai_jours
    FROM delais_baux b
    JOIN lieux l ON l.rang_commune = b.rang_commune
    WHERE l.niveau IN ('commune', 'epci')
),
delai_lieu AS (
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
delai AS (
    SELECT n.niveau, n.code, d.*
    FROM delai_lieu d
    JOIN territoires n ON n.rang = d.rang
)
SELECT p.millesime, t.niveau, t.code, t.libelle, t.typologie, t.categorie,
       t.logements, t.demandes, t.attributions, t.tension,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(d.baux_delai, 0) AS BIGINT) END AS baux_delai,
       CAST(d.somme_jours AS DOUBLE) / NULLIF(d.baux_delai, 0) / p.jours_par_mois AS delai_moyen,
       d.mediane_jours / p.jours_par_mois AS delai_median
FROM tension t
CROSS JOIN parametres p
LEFT JOIN delai d
    ON d.niveau = t.niveau AND d.code = t.code AND d.typologie = t.typologie AND d.categorie = t.categorie
WHERE t.niveau IN ('commune', 'epci') AND t.population = 'ensemble'
ORDER BY niveau, code, typologie, categorie
