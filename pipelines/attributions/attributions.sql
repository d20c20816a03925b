-- Allocations to households followed by a lease signed in N, by commune of the dwelling (DRIHL), and the rate of
-- satisfaction = allocations ÷ (demands active on 1 January + demands deposited in N) (Insee).
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
agrege AS (
    SELECT l.rang,
           CASE WHEN GROUPING(b.population) = 1 THEN 'ensemble' ELSE b.population END AS population,
           CASE WHEN GROUPING(b.typologie) = 1 THEN 'ensemble' ELSE b.typologie END AS typologie,
           SUM(b.attributions) AS attributions
    FROM tension_base b
    JOIN lieu l ON l.rang_commune = b.rang_commune
    WHERE b.categorie = 'ensemble' AND b.attributions > 0
    GROUP BY GROUPING SETS (
        (l.rang), (l.rang, b.population), (l.rang, b.typologie), (l.rang, b.population, b.typologie)
    )
    HAVING GROUPING(b.typologie) = 1 OR b.typologie IS NOT NULL
),
demandeur AS (
    SELECT n.rang, d.population, d.typologie, d.actives_1er_janvier + d.deposees AS demandes
    FROM demande d
    JOIN territoires n ON n.niveau = d.niveau AND n.code = d.code
    WHERE n.rang BETWEEN $premier AND $dernier
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
       CASE WHEN x.baux = 1 AND x.demandes = 1
            THEN CAST(COALESCE(c.attributions, 0) AS DOUBLE) / NULLIF(c.demandes, 0) END AS taux_satisfaction
FROM complet c
CROSS JOIN parametres p
JOIN distinctions x ON x.typologie = c.typologie AND x.categorie = 'ensemble'
JOIN territoires n ON n.rang = c.rang
ORDER BY n.rang, c.population, c.typologie
