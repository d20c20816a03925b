-- Quantiles of the time from deposit to lease of territories of one level: like medians, they come from the records.
WITH delai AS (
    SELECT l.rang, b.population, b.typologie, b.delai_jours
    FROM delais_baux b
    JOIN lieux l ON l.rang_commune = b.rang_commune
    WHERE l.rang BETWEEN $premier AND $dernier
),
quantile AS (
    SELECT rang,
           CASE WHEN GROUPING(population) = 1 THEN 'ensemble' ELSE population END AS population,
           CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie,
           COUNT(*) AS attributions, CAST(SUM(delai_jours) AS BIGINT) AS somme_jours,
           percentile_cont(0.25) WITHIN GROUP (ORDER BY delai_jours) AS q1_jours,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY delai_jours) AS mediane_jours,
           percentile_cont(0.75) WITHIN GROUP (ORDER BY delai_jours) AS q3_jours
    FROM delai
    GROUP BY GROUPING SETS ((rang), (rang, population), (rang, typologie), (rang, population, typologie))
    HAVING GROUPING(typologie) = 1 OR typologie IS NOT NULL
)
SELECT rang, population, typologie, attributions, somme_jours, q1_jours, mediane_jours, q3_jours
FROM quantile
