-- Households' demands by commune of first choice, population, typology and category: one reading of the register, from
-- which every count of the demand adds up. Seniority classes go by calendar anniversaries of the deposit.
WITH compte AS (
    SELECT d.commune, CASE WHEN d.mutation = 1 THEN 'mutation' ELSE 'hors_mutation' END AS population, d.typologie, d.categorie,
           COUNT(CASE WHEN d.active = 1 THEN 1 END) AS actives,
           COUNT(CASE WHEN d.deposee = 1 THEN 1 END) AS deposees,
           COUNT(CASE WHEN d.radiee = 1 THEN 1 END) AS radiees,
           COUNT(CASE WHEN d.radiee = 1 AND d.motif_radiation = 'RADATT' THEN 1 END) AS radiees_attribution,
           COUNT(CASE WHEN d.active_1er_janvier = 1 THEN 1 END) AS actives_1er_janvier,
           CAST(SUM(CASE WHEN d.active = 1 THEN d.anciennete_jours ELSE 0 END) AS BIGINT) AS somme_jours,
           COUNT(CASE WHEN d.active = 1 AND d.date_depot > p.il_y_a_1_an THEN 1 END) AS moins_1_an,
           COUNT(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_1_an AND d.date_depot > p.il_y_a_2_ans THEN 1 END) AS de_1_a_2_ans,
           COUNT(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_2_ans AND d.date_depot > p.il_y_a_3_ans THEN 1 END) AS de_2_a_3_ans,
           COUNT(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_3_ans AND d.date_depot > p.il_y_a_5_ans THEN 1 END) AS de_3_a_5_ans,
           COUNT(CASE WHEN d.active = 1 AND d.date_depot <= p.il_y_a_5_ans THEN 1 END) AS plus_5_ans
    FROM demandes d
    CROSS JOIN parametres p
    WHERE d.menage = 1
    GROUP BY d.commune, d.mutation, d.typologie, d.categorie
)
SELECT c.rang_commune, b.population, b.typologie, b.categorie, b.actives, b.deposees, b.radiees, b.radiees_attribution,
       b.actives_1er_janvier, b.somme_jours, b.moins_1_an, b.de_1_a_2_ans, b.de_2_a_3_ans, b.de_3_a_5_ans, b.plus_5_ans
FROM compte b
JOIN communes c ON c.commune = b.commune
WHERE c.perimetre = 1
ORDER BY c.rang_commune
