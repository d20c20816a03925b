-- Scored demands active at 31/12/N and scored leases of N, counted by commune, typology and points: a scale has few of these, and
-- the quantiles of every territory are found in the counts.
SELECT 0 AS bail, c.rang_commune, t.numero AS typologie, d.cotation, CAST(COUNT(*) AS BIGINT) AS nombre
FROM demandes d
JOIN communes c ON c.commune = d.commune
LEFT JOIN typologies t ON t.typologie = d.typologie
WHERE d.menage = 1 AND d.active = 1 AND d.cotation IS NOT NULL AND c.perimetre = 1
GROUP BY c.rang_commune, t.numero, d.cotation
UNION ALL
SELECT 1 AS bail, c.rang_commune, t.numero AS typologie, f.cotation, CAST(COUNT(*) AS BIGINT) AS nombre
FROM faits f
JOIN communes c ON c.commune = f.commune
LEFT JOIN typologies t ON t.typologie = f.typologie
WHERE f.personne_morale = 0 AND f.cotation IS NOT NULL
GROUP BY c.rang_commune, t.numero, f.cotation
