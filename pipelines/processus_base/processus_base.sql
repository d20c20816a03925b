-- Steps of the process in N, by territory, and the demands that met them. One part of the numéros uniques at a time: a demand
-- stands whole in one part, so that parts add up.
WITH situe AS (
    SELECT e.numero_unique, e.commune, e.type AS evenement
    FROM evenements e
    WHERE e.numero_unique BETWEEN $premier AND $dernier AND e.menage = 1 AND e.commune IS NOT NULL
    UNION ALL
    -- Households that were proposed a dwelling, whichever of the two the register kept.
    SELECT e.numero_unique, e.commune, 'proposition_ou_refus' AS evenement
    FROM evenements e
    WHERE e.numero_unique BETWEEN $premier AND $dernier AND e.menage = 1 AND e.commune IS NOT NULL
      AND e.type IN ('proposition', 'refus')
),
demande AS (
    SELECT evenement, numero_unique, MIN(commune) AS commune, COUNT(*) AS nombre,
           CASE WHEN MIN(commune) = MAX(commune) THEN 1 ELSE 0 END AS seule
    FROM situe
    GROUP BY evenement, numero_unique
),
base AS (
    SELECT commune, evenement, SUM(nombre) AS nombre, COUNT(*) AS demandes
    FROM demande
    WHERE seule = 1
    GROUP BY commune, evenement
)
-- A demand met in one commune adds up from communes; one met in several is counted once in each territory above them.
SELECT l.niveau, l.code, l.libelle, b.evenement, CAST(SUM(b.nombre) AS BIGINT) AS nombre, CAST(SUM(b.demandes) AS BIGINT) AS demandes
FROM base b
JOIN lieux l ON l.commune = b.commune
GROUP BY l.niveau, l.code, l.libelle, b.evenement
UNION ALL
SELECT l.niveau, l.code, l.libelle, d.evenement, COUNT(*) AS nombre, COUNT(DISTINCT d.numero_unique) AS demandes
FROM demande d
JOIN situe s ON s.evenement = d.evenement AND s.numero_unique = d.numero_unique
JOIN lieux l ON l.commune = s.commune
WHERE d.seule = 0
GROUP BY l.niveau, l.code, l.libelle, d.evenement
