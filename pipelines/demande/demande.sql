-- Demand of households at D = 31/12/N, by first choice of commune (DRIHL; Infocentre SNE). Active: deposited by D and
-- not struck off by D. Months = days ÷ 30.4375. Seniority classes go by calendar anniversaries of the deposit.
WITH base AS (
    SELECT d.*
    FROM demande_base d
    WHERE d.actives > 0 OR d.actives_1er_janvier > 0 OR d.deposees > 0 OR d.radiees > 0
),
-- Counts add up from communes; medians do not, and come from the records, one level at a time.
compte AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(b.population) = 1 THEN 'ensemble' ELSE b.population END AS population,
           CASE WHEN GROUPING(b.typologie) = 1 THEN 'ensemble' ELSE b.typologie END AS typologie,
           SUM(b.actives) AS actives, SUM(b.deposees) AS deposees, SUM(b.radiees) AS radiees,
           SUM(b.radiees_attribution) AS radiees_attribution, SUM(b.actives_1er_janvier) AS actives_1er_janvier,
           SUM(b.somme_jours) AS somme_jours, SUM(b.moins_1_an) AS moins_1_an, SUM(b.de_1_a_2_ans) AS de_1_a_2_ans,
           SUM(b.de_2_a_3_ans) AS de_2_a_3_ans, SUM(b.de_3_a_5_ans) AS de_3_a_5_ans, SUM(b.plus_5_ans) AS plus_5_ans
    FROM base b
    JOIN lieux l ON l.commune = b.commune
    GROUP BY GROUPING SETS (
        (l.niveau, l.code, l.libelle),
        (l.niveau, l.code, l.libelle, b.population),
        (l.niveau, l.code, l.libelle, b.typologie),
        (l.niveau, l.code, l.libelle, b.population, b.typologie)
    )
    HAVING GROUPING(b.typologie) = 1 OR b.typologie IS NOT NULL
),
active AS (
    SELECT c.rang_commune, c.rang_epci, c.rang_departement, c.rang_region, d.population, d.typologie, d.anciennete_jours
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    WHERE d.menage = 1 AND d.active = 1 AND c.perimetre = 1
),
mediane AS (
    SELECT 'commune' AS niveau, rang_commune AS rang,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((rang_commune), (rang_commune, population), (rang_commune, typologie), (rang_commune, population, typologie))
    UNION ALL
    SELECT 'epci' AS niveau, rang_epci AS rang,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((rang_epci), (rang_epci, population), (rang_epci, typologie), (rang_epci, population, typologie))
    UNION ALL
    SELECT 'departement' AS niveau, rang_departement AS rang,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((rang_departement), (rang_departement, population), (rang_departement, typologie), (rang_departement, population, typologie))
    UNION ALL
    SELECT 'region' AS niveau, rang_region AS rang,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((rang_region), (rang_region, population), (rang_region, typologie), (rang_region, population, typologie))
    UNION ALL
    SELECT 'territoire' AS niveau, 0 AS rang,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((), (population), (typologie), (population, typologie))
),
rang AS (
    SELECT DISTINCT 'commune' AS niveau, rang_commune AS rang, commune AS code FROM communes
    UNION ALL
    SELECT DISTINCT 'epci' AS niveau, rang_epci AS rang, epci AS code FROM communes
    UNION ALL
    SELECT DISTINCT 'departement' AS niveau, rang_departement AS rang, departement AS code FROM communes
    UNION ALL
    SELECT DISTINCT 'region' AS niveau, rang_region AS rang, region AS code FROM communes
    UNION ALL
    SELECT 'territoire' AS niveau, 0 AS rang, 'territoire' AS code
),
agrege AS (
    SELECT c.*, m.mediane_jours
    FROM compte c
    JOIN rang r ON r.niveau = c.niveau AND r.code = c.code
    LEFT JOIN mediane m
        ON m.niveau = c.niveau AND m.rang = r.rang AND m.population = c.population AND m.typologie = c.typologie
)
SELECT p.millesime,
       COALESCE(a.niveau, c.niveau) AS niveau, COALESCE(a.code, c.code) AS code, COALESCE(a.libelle, c.libelle) AS libelle,
       COALESCE(a.population, 'ensemble') AS population, COALESCE(a.typologie, 'ensemble') AS typologie,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.actives, 0) AS BIGINT) END AS actives,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.deposees, 0) AS BIGINT) END AS deposees,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.radiees, 0) AS BIGINT) END AS radiees,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.radiees_attribution, 0) AS BIGINT) END AS radiees_attribution,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.actives_1er_janvier, 0) AS BIGINT) END AS actives_1er_janvier,
       CAST(a.somme_jours AS DOUBLE) / NULLIF(a.actives, 0) / p.jours_par_mois AS anciennete_moyenne,
       a.mediane_jours / p.jours_par_mois AS anciennete_mediane,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.moins_1_an, 0) AS BIGINT) END AS moins_1_an,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.de_1_a_2_ans, 0) AS BIGINT) END AS de_1_a_2_ans,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.de_2_a_3_ans, 0) AS BIGINT) END AS de_2_a_3_ans,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.de_3_a_5_ans, 0) AS BIGINT) END AS de_3_a_5_ans,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(a.plus_5_ans, 0) AS BIGINT) END AS plus_5_ans
FROM cadre c
FULL JOIN agrege a
    ON a.niveau = c.niveau AND a.code = c.code AND a.population = c.ensemble AND a.typologie = c.ensemble
CROSS JOIN parametres p
ORDER BY niveau, code, population, typologie
