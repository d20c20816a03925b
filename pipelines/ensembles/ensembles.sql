-- What a demand counts under besides its own population and typology: the whole of either, the whole of both. A demand of no
-- typology counts under the whole alone. Numbers stand for words: millions of records are grouped by them.
WITH genre AS (
    SELECT d.population, d.typologie, ROW_NUMBER() OVER (ORDER BY d.population, d.typologie) AS genre
    FROM demande_base d
    GROUP BY d.population, d.typologie
),
compte AS (
    SELECT genre, population AS sous_population, typologie AS sous_typologie FROM genre WHERE typologie IS NOT NULL
    UNION ALL
    SELECT genre, 'ensemble', typologie FROM genre WHERE typologie IS NOT NULL
    UNION ALL
    SELECT genre, population, 'ensemble' FROM genre
    UNION ALL
    SELECT genre, 'ensemble', 'ensemble' FROM genre
)
SELECT CAST(g.genre AS SMALLINT) AS genre, g.population, g.typologie,
       CAST(DENSE_RANK() OVER (ORDER BY c.sous_population, c.sous_typologie) AS SMALLINT) AS ensemble,
       c.sous_population, c.sous_typologie
FROM compte c
JOIN genre g ON g.genre = c.genre
