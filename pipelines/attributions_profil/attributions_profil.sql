-- Who is housed, where and by whom: households' allocations of N by characteristic, counted once in each dimension,
-- except housing and motives, where several codes may stand on one demand.
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
ensemble AS (
    SELECT n.rang, t.niveau, t.code, t.libelle, t.attributions
    FROM attributions t
    JOIN territoires n ON n.niveau = t.niveau AND n.code = t.code
    WHERE n.rang BETWEEN $premier AND $dernier AND t.population = 'ensemble' AND t.typologie = 'ensemble'
),
agrege AS (
    SELECT l.rang, x.dimension, x.modalite, SUM(x.attributions) AS attributions
    FROM attributions_profil_base x
    JOIN lieu l ON l.rang_commune = x.rang_commune
    GROUP BY l.rang, x.dimension, x.modalite
    UNION ALL
    SELECT rang, 'ensemble', 'ensemble', attributions FROM ensemble
)
SELECT p.millesime, e.niveau, e.code, e.libelle, a.dimension, a.modalite,
       CAST(a.attributions AS BIGINT) AS attributions,
       CAST(a.attributions AS DOUBLE) / NULLIF(e.attributions, 0) AS part
FROM agrege a
CROSS JOIN parametres p
JOIN ensemble e ON e.rang = a.rang
ORDER BY e.rang, a.dimension, a.modalite
