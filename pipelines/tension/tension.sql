-- Tension = demands active at 31/12/N ÷ allocations of N (DRIHL, indice de pression), by typology and category.
-- A demand for a flat counts under collectif, for a house under individuel, for either under both and once under
-- ensemble: categories do not add up. A territory without allocation has no ratio, nor has a typology or a category that no file
-- tells of demands or of leases: none of them is counted there, which is not to say that there is none.
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
agrege AS (
    SELECT l.rang,
           CASE WHEN GROUPING(x.population) = 1 THEN 'ensemble' ELSE x.population END AS population,
           CASE WHEN GROUPING(x.typologie) = 1 THEN 'ensemble' ELSE x.typologie END AS typologie,
           x.categorie,
           SUM(x.demandes) AS demandes, SUM(x.attributions) AS attributions
    FROM tension_base x
    JOIN lieu l ON l.rang_commune = x.rang_commune
    GROUP BY GROUPING SETS (
        (l.rang, x.categorie),
        (l.rang, x.categorie, x.population),
        (l.rang, x.categorie, x.typologie),
        (l.rang, x.categorie, x.population, x.typologie)
    )
    HAVING GROUPING(x.typologie) = 1 OR x.typologie IS NOT NULL
),
-- Rows that the stock alone gives: somewhere dwellings stand and nobody asked or was housed. The stock does not depend
-- on the population: the same dwellings stand beside each.
stock AS (
    SELECT n.rang, g.population, s.typologie, s.categorie, s.logements
    FROM parc s
    JOIN territoires n ON n.niveau = s.niveau AND n.code = s.code
    CROSS JOIN populations g
    WHERE n.rang BETWEEN $premier AND $dernier AND s.categorie <> 'etudiant' AND (g.population = 'ensemble' OR s.logements > 0)
),
complet AS (
    SELECT COALESCE(a.rang, s.rang) AS rang, COALESCE(a.population, s.population) AS population,
           COALESCE(a.typologie, s.typologie) AS typologie, COALESCE(a.categorie, s.categorie) AS categorie,
           s.logements, a.demandes, a.attributions
    FROM agrege a
    FULL JOIN stock s
        ON s.rang = a.rang AND s.typologie = a.typologie AND s.categorie = a.categorie AND s.population = a.population
)
SELECT p.millesime, n.niveau, n.code, n.libelle, c.population, c.typologie, c.categorie,
       CASE WHEN p.a_rpls = 1 THEN CAST(COALESCE(c.logements, 0) AS BIGINT) END AS logements,
       CASE WHEN p.a_demandes = 1 THEN CAST(COALESCE(c.demandes, 0) AS BIGINT) END AS demandes,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(c.attributions, 0) AS BIGINT) END AS attributions,
       CASE WHEN x.demandes = 1 AND x.baux = 1
            THEN CAST(COALESCE(c.demandes, 0) AS DOUBLE) / NULLIF(c.attributions, 0) END AS tension
FROM complet c
CROSS JOIN parametres p
JOIN distinctions x ON x.typologie = c.typologie AND x.categorie = c.categorie
JOIN territoires n ON n.rang = c.rang
ORDER BY n.rang, c.population, c.typologie, c.categorie
