-- Demand of households at D = 31/12/N, by first choice of commune (DRIHL; Infocentre SNE). Active: deposited by D and
-- not struck off by D. Months = days ÷ 30.4375. Seniority classes go by calendar anniversaries of the deposit.
WITH base AS (
    SELECT d.commune, d.population, d.typologie,
           SUM(d.active) AS actives,
           SUM(d.deposee) AS deposees,
           SUM(d.radiee) AS radiees,
           SUM(CASE WHEN d.radiee = 1 AND d.motif_radiation = 'RADATT' THEN 1 ELSE 0 END) AS radiees_attribution,
           SUM(d.active_1er_janvier) AS actives_1er_janvier,
           SUM(CASE WHEN d.active = 1 THEN d.anciennete_jours ELSE 0 END) AS somme_jours,
           SUM(CASE WHEN d.active = 1 AND d.date_depot > p.il_y_a_1_an THEN 1 ELSE 0 END) AS moins_1_an,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_1_an AND d.date_depot > p.il_y_a_2_ans THEN 1 ELSE 0 END) AS de_1_a_2_ans,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_2_ans AND d.date_depot > p.il_y_a_3_ans THEN 1 ELSE 0 END) AS de_2_a_3_ans,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_3_ans AND d.date_depot > p.il_y_a_5_ans THEN 1 ELSE 0 END) AS de_3_a_5_ans,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_5_ans THEN 1 ELSE 0 END) AS plus_5_ans
    FROM demandes d
    CROSS JOIN parametres p
    WHERE d.menage = 1 AND (d.active = 1 OR d.active_1er_janvier = 1 OR d.deposee = 1 OR d.radiee = 1)
    GROUP BY d.commune, d.population, d.typologie
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
    SELECT d.commune, c.epci, c.departement, c.region, d.population, d.typologie, d.anciennete_jours
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    WHERE d.menage = 1 AND d.active = 1 AND c.perimetre = 1
),
mediane AS (
    SELECT 'commune' AS niveau, commune AS code,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((commune), (commune, population), (commune, typologie), (commune, population, typologie))
    UNION ALL
    SELECT 'epci' AS niveau, epci AS code,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((epci), (epci, population), (epci, typologie), (epci, population, typologie))
    UNION ALL
    SELECT 'departement' AS niveau, departement AS code,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((departement), (departement, population), (departement, typologie), (departement, population, typologie))
    UNION ALL
    SELECT 'region' AS niveau, region AS code,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((region), (region, population), (region, typologie), (region, population, typologie))
    UNION ALL
    SELECT 'territoire' AS niveau, 'territoire' AS code,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY anciennete_jours) AS mediane_jours
    FROM active
    GROUP BY GROUPING SETS ((), (population), (typologie), (population, typologie))
),
agrege AS (
    SELECT c.*, m.mediane_jours
    FROM compte c
    LEFT JOIN mediane m
        ON m.niveau = c.niveau AND m.code = c.code AND m.population = c.population AND m.typologie = c.typologie
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
