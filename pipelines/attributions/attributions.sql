-- Allocations to households followed by a lease signed in N, by commune of the dwelling (DRIHL), and the rate of
-- satisfaction = allocations ÷ (demands active on 1 January + demands deposited in N) (Insee).
WITH compte AS (
    SELECT commune, population, typologie, COUNT(*) AS attributions
    FROM faits
    WHERE personne_morale = 0
    GROUP BY commune, population, typologie
),
agrege AS (
    SELECT l.rang,
           CASE WHEN GROUPING(f.population) = 1 THEN 'ensemble' ELSE f.population END AS population,
           CASE WHEN GROUPING(f.typologie) = 1 THEN 'ensemble' ELSE f.typologie END AS typologie,
           SUM(f.attributions) AS attributions
    FROM compte f
    JOIN lieux l ON l.commune = f.commune
    GROUP BY GROUPING SETS (
        (l.rang), (l.rang, f.population), (l.rang, f.typologie), (l.rang, f.population, f.typologie)
    )
    HAVING GROUPING(f.typologie) = 1 OR f.typologie IS NOT NULL
),
demandeur AS (
    SELECT n.rang, d.population, d.typologie, d.actives_1er_janvier + d.deposees AS demandes
    FROM demande d
    JOIN territoires n ON n.niveau = d.niveau AND n.code = d.code
),
complet AS (
    SELECT COALESCE(a.rang, d.rang) AS rang,
           COALESCE(a.population, d.population) AS population, COALESCE(a.typologie, d.typologie) AS typologie,
           a.attributions, d.demandes
    FROM agrege a
    FULL JOIN demandeur d ON d.rang = a.rang AND d.population = a.population AND d.typologie = a.typologie
)
SELECT p.millesime, n.niveau, n.code, n.libelle, c.population, c.typologie,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(c.attributions, 0) AS BIGINT) END AS attributions,
       CASE WHEN p.a_attributions = 1 AND p.a_demandes = 1
            THEN CAST(COALESCE(c.attributions, 0) AS DOUBLE) / NULLIF(c.demandes, 0) END AS taux_satisfaction
FROM complet c
CROSS JOIN parametres p
JOIN territoires n ON n.rang = c.rang
ORDER BY n.rang, c.population, c.typologie
