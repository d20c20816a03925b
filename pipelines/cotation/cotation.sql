-- Scores of demands (CCH L441-2-8) active at 31/12/N, and of those housed in N. A scale is its EPCI's own: points of two EPCI do not
-- compare, and no higher level has any. A lease is set against the median of the demands of the same cell.
WITH lieu AS (
    SELECT l.rang_commune, l.rang
    FROM lieux l
    WHERE l.rang BETWEEN $premier AND $dernier AND l.niveau IN ('commune', 'epci')
),
demande_cotee AS (
    SELECT l.rang, d.typologie, d.cotation
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    JOIN lieu l ON l.rang_commune = c.rang_commune
    WHERE d.menage = 1 AND d.active = 1 AND d.cotation IS NOT NULL
),
quantile AS (
    SELECT rang, CASE WHEN GROUPING(typologie) = 1 THEN 'ensemble' ELSE typologie END AS typologie, COUNT(*) AS demandes_cotees,
           percentile_cont(0.25) WITHIN GROUP (ORDER BY cotation) AS cotation_q1,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY cotation) AS cotation_mediane,
           percentile_cont(0.75) WITHIN GROUP (ORDER BY cotation) AS cotation_q3
    FROM demande_cotee
    GROUP BY GROUPING SETS ((rang), (rang, typologie))
    HAVING GROUPING(typologie) = 1 OR typologie IS NOT NULL
),
bail AS (
    SELECT l.rang, f.typologie, f.cotation
    FROM faits f
    JOIN communes c ON c.commune = f.commune
    JOIN lieu l ON l.rang_commune = c.rang_commune
    WHERE f.personne_morale = 0 AND f.cotation IS NOT NULL
),
-- Each lease under its typology, and under all of them.
bail_cote AS (
    SELECT rang, typologie, cotation FROM bail WHERE typologie IS NOT NULL
    UNION ALL
    SELECT rang, 'ensemble', cotation FROM bail
),
compare AS (
    SELECT b.rang, b.typologie, COUNT(*) AS attributions_cotees,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY b.cotation) AS mediane,
           COUNT(q.cotation_mediane) AS comparees,
           COUNT(CASE WHEN b.cotation > q.cotation_mediane THEN 1 END) AS au_dela
    FROM bail_cote b
    LEFT JOIN quantile q ON q.rang = b.rang AND q.typologie = b.typologie
    GROUP BY b.rang, b.typologie
),
-- All demands and all leases of each cell.
cellules AS (
    SELECT n.rang, t.niveau, t.code, t.libelle, t.typologie, t.demandes, t.attributions
    FROM tension t
    JOIN territoires n ON n.niveau = t.niveau AND n.code = t.code
    WHERE n.rang BETWEEN $premier AND $dernier AND t.niveau IN ('commune', 'epci')
      AND t.population = 'ensemble' AND t.categorie = 'ensemble'
)
SELECT p.millesime, t.niveau, t.code, t.libelle, t.typologie, t.demandes,
       CASE WHEN p.a_cotation = 1 THEN CAST(COALESCE(q.demandes_cotees, 0) AS BIGINT) END AS demandes_cotees,
       CASE WHEN p.a_cotation = 1
            THEN CAST(COALESCE(q.demandes_cotees, 0) AS DOUBLE) / NULLIF(t.demandes, 0) END AS part_cotees,
       q.cotation_q1, q.cotation_mediane, q.cotation_q3,
       t.attributions,
       CASE WHEN p.a_attributions = 1 AND p.a_cotation_baux = 1
            THEN CAST(COALESCE(b.attributions_cotees, 0) AS BIGINT) END AS attributions_cotees,
       b.mediane AS cotation_mediane_baux,
       CASE WHEN q.cotation_mediane IS NOT NULL AND p.a_attributions = 1 AND p.a_cotation_baux = 1
            THEN CAST(COALESCE(b.au_dela, 0) AS BIGINT) END AS au_dela,
       CAST(b.au_dela AS DOUBLE) / NULLIF(b.comparees, 0) AS part_au_dela
FROM cellules t
CROSS JOIN parametres p
LEFT JOIN quantile q ON q.rang = t.rang AND q.typologie = t.typologie
LEFT JOIN compare b ON b.rang = t.rang AND b.typologie = t.typologie
WHERE (p.a_cotation_baux = 1 AND (t.demandes > 0 OR t.attributions > 0)) OR (t.niveau = 'epci' AND t.typologie = 'ensemble')
ORDER BY t.rang, t.typologie
