-- Demand of households at D = 31/12/N, by first choice of commune (DRIHL; Infocentre SNE). Active: deposited by D and
-- not struck off by D. Months = days ÷ 30.4375. Seniority classes go by calendar anniversaries of the deposit.
WITH agrege AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(d.population) = 1 THEN 'ensemble' ELSE d.population END AS population,
           CASE WHEN GROUPING(d.typologie) = 1 THEN 'ensemble' ELSE d.typologie END AS typologie,
           SUM(d.active) AS actives,
           SUM(d.deposee) AS deposees,
           SUM(d.radiee) AS radiees,
           SUM(CASE WHEN d.radiee = 1 AND d.motif_radiation = 'RADATT' THEN 1 ELSE 0 END) AS radiees_attribution,
           SUM(d.active_1er_janvier) AS actives_1er_janvier,
           SUM(CASE WHEN d.active = 1 THEN d.anciennete_jours END) AS somme_jours,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN d.active = 1 THEN d.anciennete_jours END) AS mediane_jours,
           SUM(CASE WHEN d.active = 1 AND d.date_depot > p.il_y_a_1_an THEN 1 ELSE 0 END) AS moins_1_an,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_1_an AND d.date_depot > p.il_y_a_2_ans THEN 1 ELSE 0 END) AS de_1_a_2_ans,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_2_ans AND d.date_depot > p.il_y_a_3_ans THEN 1 ELSE 0 END) AS de_2_a_3_ans,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_3_ans AND d.date_depot > p.il_y_a_5_ans THEN 1 ELSE 0 END) AS de_3_a_5_ans,
           SUM(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_5_ans THEN 1 ELSE 0 END) AS plus_5_ans
    FROM demandes d
    CROSS JOIN parametres p
    JOIN lieux l ON l.commune = d.commune
    WHERE d.menage = 1 AND (d.active = 1 OR d.active_1er_janvier = 1 OR d.deposee = 1 OR d.radiee = 1)
    GROUP BY GROUPING SETS (
        (l.niveau, l.code, l.libelle),
        (l.niveau, l.code, l.libelle, d.population),
        (l.niveau, l.code, l.libelle, d.typologie),
        (l.niveau, l.code, l.libelle, d.population, d.typologie)
    )
    HAVING GROUPING(d.typologie) = 1 OR d.typologie IS NOT NULL
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
