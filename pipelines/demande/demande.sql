-- Demand of households at D = 31/12/N, by first choice of commune (DRIHL; Infocentre SNE). Active: deposited by D and
-- not struck off by D. Months = days ÷ 30.4375. Seniority classes go by calendar anniversaries of the deposit.
WITH base AS (
    SELECT d.*
    FROM demande_base d
    WHERE d.actives > 0 OR d.actives_1er_janvier > 0 OR d.deposees > 0 OR d.radiees > 0
),
lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
compte AS (
    SELECT l.rang,
           CASE WHEN GROUPING(b.population) = 1 THEN 'ensemble' ELSE b.population END AS population,
           CASE WHEN GROUPING(b.typologie) = 1 THEN 'ensemble' ELSE b.typologie END AS typologie,
           SUM(b.actives) AS actives, SUM(b.deposees) AS deposees, SUM(b.radiees) AS radiees,
           SUM(b.radiees_attribution) AS radiees_attribution, SUM(b.actives_1er_janvier) AS actives_1er_janvier,
           SUM(b.somme_jours) AS somme_jours, SUM(b.moins_1_an) AS moins_1_an, SUM(b.de_1_a_2_ans) AS de_1_a_2_ans,
           SUM(b.de_2_a_3_ans) AS de_2_a_3_ans, SUM(b.de_3_a_5_ans) AS de_3_a_5_ans, SUM(b.plus_5_ans) AS plus_5_ans
    FROM base b
    JOIN lieu l ON l.rang_commune = b.rang_commune
    GROUP BY GROUPING SETS (
        (l.rang), (l.rang, b.population), (l.rang, b.typologie), (l.rang, b.population, b.typologie)
    )
    HAVING GROUPING(b.typologie) = 1 OR b.typologie IS NOT NULL
),
mediane AS (
    SELECT m.rang, m.population, m.typologie, m.mediane_jours
    FROM medianes m
    WHERE m.rang BETWEEN $premier AND $dernier
),
agrege AS (
    SELECT c.*, m.mediane_jours
    FROM compte c
    LEFT JOIN mediane m
        ON m.rang = c.rang AND m.population = c.population AND m.typologie = c.typologie
),
cadre_partie AS (
    SELECT c.rang, c.ensemble FROM cadre c WHERE c.rang BETWEEN $premier AND $dernier
)
SELECT p.millesime,
       n.niveau, n.code, n.libelle,
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
FROM cadre_partie c
FULL JOIN agrege a
    ON a.rang = c.rang AND a.population = c.ensemble AND a.typologie = c.ensemble
CROSS JOIN parametres p
JOIN territoires n ON n.rang = COALESCE(a.rang, c.rang)
ORDER BY n.rang, population, typologie
