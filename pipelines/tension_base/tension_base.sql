-- What tension rests on, by commune: households' demands active at 31/12/N and their allocations of N, by population, typology
-- and category. A demand for either a flat or a house counts under both, and once under ensemble.
WITH bail AS (
    SELECT f.commune, f.population, f.typologie, f.categorie, COUNT(*) AS attributions
    FROM faits f
    WHERE f.personne_morale = 0
    GROUP BY f.commune, f.population, f.typologie, f.categorie
),
paire AS (
    SELECT d.rang_commune, d.population, d.typologie, g.categorie, d.actives AS demandes, 0 AS attributions
    FROM demande_base d
    JOIN categories g
        ON g.categorie = 'ensemble' OR g.categorie = d.categorie
        OR (d.categorie = 'indifferent' AND g.categorie IN ('collectif', 'individuel'))
    WHERE d.actives > 0
    UNION ALL
    SELECT c.rang_commune, b.population, b.typologie, g.categorie, 0 AS demandes, b.attributions
    FROM bail b
    JOIN communes c ON c.commune = b.commune
    JOIN categories g ON g.categorie = 'ensemble' OR g.categorie = b.categorie
)
SELECT rang_commune, population, typologie, categorie,
       CAST(SUM(demandes) AS BIGINT) AS demandes, CAST(SUM(attributions) AS BIGINT) AS attributions
FROM paire
GROUP BY rang_commune, population, typologie, categorie
ORDER BY rang_commune
