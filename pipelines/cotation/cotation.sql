-- Scores of demands (CCH L441-2-8) active at 31/12/N, and of those housed in N. A scale is its EPCI's own: points of two EPCI do not
-- compare, and no higher level has any.
WITH lieu AS (
    SELECT l.rang_commune, l.rang
    FROM lieux l
    WHERE l.rang BETWEEN $premier AND $dernier AND l.niveau IN ('commune', 'epci')
),
compte AS (
    SELECT l.rang, b.bail, CASE WHEN GROUPING(b.typologie) = 1 THEN 0 ELSE b.typologie END AS typologie,
           b.cotation, CAST(SUM(b.nombre) AS BIGINT) AS nombre
    FROM cotation_base b
    JOIN lieu l ON l.rang_commune = b.rang_commune
    GROUP BY GROUPING SETS ((l.rang, b.bail, b.cotation), (l.rang, b.bail, b.typologie, b.cotation))
    HAVING GROUPING(b.typologie) = 1 OR b.typologie IS NOT NULL
),
-- Records in the order of their points, the first in place 0: the place of the last that has so many, and that of the last of all.
place AS (
    SELECT rang, bail, typologie, cotation,
           CAST(SUM(nombre) OVER (PARTITION BY rang, bail, typologie ORDER BY cotation) AS BIGINT) - 1 AS place,
           CAST(SUM(nombre) OVER (PARTITION BY rang, bail, typologie) AS BIGINT) - 1 AS derniere
    FROM compte
),
-- A quantile stands at a quarter, a half or three quarters of the last place, or between the two places next to it.
encadre AS (
    SELECT rang, bail, typologie, derniere,
           MIN(CASE WHEN 4 * place > derniere - 4 THEN cotation END) AS q1_bas,
           MIN(CASE WHEN 4 * place >= derniere THEN cotation END) AS q1_haut,
           MIN(CASE WHEN 2 * place > derniere - 2 THEN cotation END) AS mediane_bas,
           MIN(CASE WHEN 2 * place >= derniere THEN cotation END) AS mediane_haut,
           MIN(CASE WHEN 4 * place > 3 * derniere - 4 THEN cotation END) AS q3_bas,
           MIN(CASE WHEN 4 * place >= 3 * derniere THEN cotation END) AS q3_haut
    FROM place
    GROUP BY rang, bail, typologie, derniere
),
quantile AS (
    SELECT rang, bail, typologie, derniere + 1 AS nombre,
           q1_bas + CAST((q1_haut - q1_bas) * (derniere % 4) AS DOUBLE) / 4 AS q1,
           mediane_bas + CAST((mediane_haut - mediane_bas) * (derniere % 2) AS DOUBLE) / 2 AS mediane,
           q3_bas + CAST((q3_haut - q3_bas) * (3 * derniere % 4) AS DOUBLE) / 4 AS q3
    FROM encadre
),
-- A lease is set against the median of the demands of the same cell.
compare AS (
    SELECT b.rang, b.typologie, CAST(SUM(b.nombre) AS BIGINT) AS comparees,
           CAST(SUM(CASE WHEN b.cotation > d.mediane THEN b.nombre ELSE 0 END) AS BIGINT) AS au_dela
    FROM compte b
    JOIN quantile d ON d.rang = b.rang AND d.bail = 0 AND d.typologie = b.typologie
    WHERE b.bail = 1
    GROUP BY b.rang, b.typologie
),
-- All demands and all leases of each cell.
cellules AS (
    SELECT n.rang, t.niveau, t.code, t.libelle, t.typologie, y.numero, t.demandes, t.attributions
    FROM tension t
    JOIN territoires n ON n.niveau = t.niveau AND n.code = t.code
    JOIN typologies y ON y.typologie = t.typologie
    WHERE n.rang BETWEEN $premier AND $dernier AND t.niveau IN ('commune', 'epci')
      AND t.population = 'ensemble' AND t.categorie = 'ensemble'
)
SELECT p.millesime, t.niveau, t.code, t.libelle, t.typologie, CASE WHEN x.demandes = 1 THEN t.demandes END AS demandes,
       CASE WHEN x.demandes = 1 AND p.a_cotation = 1 THEN COALESCE(d.nombre, 0) END AS demandes_cotees,
       CASE WHEN x.demandes = 1 AND p.a_cotation = 1
            THEN CAST(COALESCE(d.nombre, 0) AS DOUBLE) / NULLIF(t.demandes, 0) END AS part_cotees,
       d.q1 AS cotation_q1, d.mediane AS cotation_mediane, d.q3 AS cotation_q3,
       CASE WHEN x.baux = 1 THEN t.attributions END AS attributions,
       CASE WHEN x.baux = 1 AND p.a_cotation_baux = 1 THEN COALESCE(b.nombre, 0) END AS attributions_cotees,
       b.mediane AS cotation_mediane_baux,
       CASE WHEN d.mediane IS NOT NULL AND x.baux = 1 AND p.a_cotation_baux = 1
            THEN COALESCE(a.au_dela, 0) END AS au_dela,
       CAST(a.au_dela AS DOUBLE) / NULLIF(a.comparees, 0) AS part_au_dela
FROM cellules t
CROSS JOIN parametres p
JOIN distinctions x ON x.typologie = t.typologie AND x.categorie = 'ensemble'
LEFT JOIN quantile d ON d.rang = t.rang AND d.bail = 0 AND d.typologie = t.numero
LEFT JOIN quantile b ON b.rang = t.rang AND b.bail = 1 AND b.typologie = t.numero
LEFT JOIN compare a ON a.rang = t.rang AND a.typologie = t.numero
WHERE (p.a_cotation_baux = 1 AND (t.demandes > 0 OR t.attributions > 0)) OR (t.niveau = 'epci' AND t.typologie = 'ensemble')
ORDER BY t.rang, t.typologie
