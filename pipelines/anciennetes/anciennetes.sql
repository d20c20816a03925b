-- Seniority of each demand of a household active at 31/12/N, as numbers alone: medians are taken from these, one
-- level after another.
WITH genre AS (
    SELECT DISTINCT genre, population, typologie FROM ensembles
)
SELECT c.rang_commune, g.genre, d.anciennete_jours
FROM demandes d
JOIN communes c ON c.commune = d.commune
JOIN genre g ON g.population = d.population AND COALESCE(g.typologie, '') = COALESCE(d.typologie, '')
WHERE d.menage = 1 AND d.active = 1 AND c.perimetre = 1
