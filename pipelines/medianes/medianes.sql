-- Median seniority of territories of one level: medians do not add up, and come from the records. So many territories at a
-- time, by rank, so that a country needs little more room than a région.
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
mediane AS (
    SELECT l.rang, e.ensemble, percentile_cont(0.5) WITHIN GROUP (ORDER BY a.anciennete_jours) AS mediane_jours
    FROM anciennetes a
    JOIN lieu l ON l.rang_commune = a.rang_commune
    JOIN ensembles e ON e.genre = a.genre
    GROUP BY l.rang, e.ensemble
)
SELECT m.rang, e.sous_population AS population, e.sous_typologie AS typologie, m.mediane_jours
FROM mediane m
JOIN (SELECT DISTINCT ensemble, sous_population, sous_typologie FROM ensembles) e ON e.ensemble = m.ensemble
