-- Median seniority of one territorial level: medians do not add up, and come from the records. One level at a time, so that
-- a country needs no more room than a département.
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.niveau = $niveau
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
