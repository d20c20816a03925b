-- Who asks: households' demands active at 31/12/N by characteristic, counted once a demand in each dimension, except
-- housing and motives, where several codes may stand on one demand (shares then add up to more than 1).
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
ensemble AS (
    SELECT n.rang, d.niveau, d.code, d.libelle, d.actives
    FROM demande d
    JOIN territoires n ON n.niveau = d.niveau AND n.code = d.code
    WHERE n.rang BETWEEN $premier AND $dernier AND d.population = 'ensemble' AND d.typologie = 'ensemble'
),
agrege AS (
    SELECT l.rang, x.dimension, x.modalite, SUM(x.demandes) AS demandes
    FROM demande_profil_base x
    JOIN lieu l ON l.rang_commune = x.rang_commune
    GROUP BY l.rang, x.dimension, x.modalite
    UNION ALL
    SELECT rang, 'ensemble', 'ensemble', actives FROM ensemble
)
SELECT p.millesime, e.niveau, e.code, e.libelle, a.dimension, a.modalite,
       CAST(a.demandes AS BIGINT) AS demandes,
       CAST(a.demandes AS DOUBLE) / NULLIF(e.actives, 0) AS part
FROM agrege a
CROSS JOIN parametres p
JOIN ensemble e ON e.rang = a.rang
ORDER BY e.rang, a.dimension, a.modalite
