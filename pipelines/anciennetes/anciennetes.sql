-- Seniority of each demand of a household active at 31/12/N, as numbers alone: medians are taken from these, one
-- level after another. In order: groups are then met one after the other, and their values as they grow.
WITH genre AS (
    SELECT DISTINCT genre, CASE WHEN population = 'mutation' THEN 1 ELSE 0 END AS mutation, COALESCE(typologie, '') AS typologie
    FROM ensembles
)
SELECT c.rang_commune, g.genre, d.anciennete_jours
FROM demandes d
JOIN communes c ON c.commune = d.commune
JOIN genre g ON g.mutation = d.mutation AND g.typologie = COALESCE(d.typologie, '')
WHERE d.menage = 1 AND d.active = 1 AND c.perimetre = 1
ORDER BY c.rang_commune, d.anciennete_jours
