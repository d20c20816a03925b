-- Allocations to households followed by a lease signed in N, by commune of the dwelling (DRIHL), and the rate of
-- satisfaction = allocations ÷ (demands active on 1 January + demands deposited in N) (Insee).
WITH compte AS (
    SELECT commune, population, typologie, COUNT(*) AS attributions
    FROM faits
    WHERE personne_morale = 0
    GROUP BY commune, population, typologie
),
agrege AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(f.population) = 1 THEN 'ensemble' ELSE f.population END AS population,
           CASE WHEN GROUPING(f.typologie) = 1 THEN 'ensemble' ELSE f.typologie END AS typologie,
           SUM(f.attributions) AS attributions
    FROM compte f
    JOIN lieux l ON l.commune = f.commune
    GROUP BY GROUPING SETS (
        (l.niveau, l.code, l.libelle),
        (l.niveau, l.code, l.libelle, f.population),
        (l.niveau, l.code, l.libelle, f.typologie),
        (l.niveau, l.code, l.libelle, f.population, f.typologie)
    )
    HAVING GROUPING(f.typologie) = 1 OR f.typologie IS NOT NULL
),
complet AS (
    SELECT COALESCE(a.niveau, d.niveau) AS niveau, COALESCE(a.code, d.code) AS code,
           COALESCE(a.libelle, d.libelle) AS libelle,
           COALESCE(a.population, d.population) AS population, COALESCE(a.typologie, d.typologie) AS typologie,
           a.attributions, d.actives_1er_janvier + d.deposees AS demandes
    FROM agrege a
    FULL JOIN demande d
        ON d.niveau = a.niveau AND d.code = a.code AND d.population = a.population AND d.typologie = a.typologie
)
SELECT p.millesime, c.niveau, c.code, c.libelle, c.population, c.typologie,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(c.attributions, 0) AS BIGINT) END AS attributions,
       CASE WHEN p.a_attributions = 1 AND p.a_demandes = 1
            THEN CAST(COALESCE(c.attributions, 0) AS DOUBLE) / NULLIF(c.demandes, 0) END AS taux_satisfaction
FROM complet c
CROSS JOIN parametres p
ORDER BY niveau, code, population, typologie
