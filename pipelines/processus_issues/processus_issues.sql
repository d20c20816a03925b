-- What commissions decided in N and why households refused (CCH R441-3; figures that a shared register gives its partners), by
-- territory.
WITH compte AS (
    SELECT e.commune, e.type AS evenement, COALESCE(e.issue, 'inconnu') AS issue, COUNT(*) AS nombre
    FROM evenements e
    WHERE e.menage = 1 AND e.type IN ('commission', 'refus')
    GROUP BY e.commune, e.type, COALESCE(e.issue, 'inconnu')
),
agrege AS (
    SELECT l.rang, c.evenement, c.issue, SUM(c.nombre) AS nombre
    FROM compte c
    JOIN lieux l ON l.commune = c.commune
    GROUP BY l.rang, c.evenement, c.issue
),
ligne AS (
    SELECT n.niveau, n.code, n.libelle, a.evenement, a.issue, a.nombre
    FROM agrege a
    JOIN territoires n ON n.rang = a.rang
    UNION ALL
    SELECT t.niveau, t.code, t.libelle, t.evenement, 'ensemble', t.nombre
    FROM processus t
    WHERE t.evenement IN ('commission', 'refus')
)
SELECT p.millesime, l.niveau, l.code, l.libelle, l.evenement, l.issue, CAST(l.nombre AS BIGINT) AS nombre,
       CAST(l.nombre AS DOUBLE) / NULLIF(t.nombre, 0) AS part
FROM ligne l
CROSS JOIN parametres p
JOIN processus t ON t.niveau = l.niveau AND t.code = l.code AND t.evenement = l.evenement
ORDER BY niveau, code, evenement, issue
