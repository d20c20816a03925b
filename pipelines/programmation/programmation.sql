-- New supply by financing: dwellings programmed, by year (source programmation). An EPCI of the perimeter is counted whole.
WITH epci AS (
    SELECT DISTINCT l.code, l.libelle FROM lieux l WHERE l.niveau = 'epci'
),
ligne AS (
    SELECT 'epci' AS niveau, e.code, e.libelle, s.annee, s.financement, s.logements
    FROM source_programmation s
    JOIN epci e ON e.code = s.epci
    UNION ALL
    SELECT c.niveau, c.code, c.libelle, s.annee, s.financement, s.logements
    FROM source_programmation s
    JOIN epci e ON e.code = s.epci
    CROSS JOIN cadre c
    WHERE c.niveau = 'territoire'
),
compte AS (
    SELECT niveau, code, libelle, annee,
           CASE WHEN GROUPING(financement) = 1 THEN 'ensemble' ELSE financement END AS financement,
           SUM(logements) AS logements
    FROM ligne
    GROUP BY GROUPING SETS ((niveau, code, libelle, annee), (niveau, code, libelle, annee, financement))
)
SELECT p.millesime, c.niveau, c.code, c.libelle, c.annee, c.financement, CAST(c.logements AS BIGINT) AS logements,
       CAST(c.logements AS DOUBLE) / NULLIF(t.logements, 0) AS part
FROM compte c
JOIN compte t ON t.niveau = c.niveau AND t.code = c.code AND t.annee = c.annee AND t.financement = 'ensemble'
CROSS JOIN parametres p
ORDER BY niveau, code, annee, financement
