-- Demands active at 31/12/N that ask for a territory first, and at any rank (DRIHL's two readings of the demand). A demand that
-- names several communes of a territory counts there once; one that names several territories counts in each, so that any
-- choice does not add up. Its first choice may stand outside the perimeter.
WITH rang_choix AS (
    SELECT n.rang
    FROM (SELECT ROW_NUMBER() OVER (ORDER BY c.commune) AS rang FROM communes c) n
    JOIN (SELECT MAX(c.choix) AS choix FROM choix_listes c) m ON n.rang <= m.choix
),
voeu AS (
    SELECT DISTINCT v.liste, l.rang
    FROM (SELECT DISTINCT liste, communes, choix FROM choix_listes) v
    JOIN rang_choix r ON r.rang <= v.choix
    JOIN lieux l ON l.commune = split_part(v.communes, '|', CAST(r.rang AS INTEGER))
    WHERE l.rang BETWEEN $premier AND $dernier
),
cite AS (
    SELECT v.rang, CASE WHEN GROUPING(c.typologie) = 1 THEN 'ensemble' ELSE c.typologie END AS typologie,
           SUM(c.demandes) AS demandes
    FROM voeu v
    JOIN choix_listes c ON c.liste = v.liste
    GROUP BY GROUPING SETS ((v.rang), (v.rang, c.typologie))
    HAVING GROUPING(c.typologie) = 1 OR c.typologie IS NOT NULL
),
-- First choices and leases, as in tension; a row that the stock alone gives there is none here.
premier AS (
    SELECT n.rang, t.typologie, t.demandes, t.attributions
    FROM tension t
    JOIN territoires n ON n.niveau = t.niveau AND n.code = t.code
    WHERE n.rang BETWEEN $premier AND $dernier AND t.population = 'ensemble' AND t.categorie = 'ensemble'
      AND (t.demandes > 0 OR t.attributions > 0 OR (t.niveau <> 'commune' AND t.typologie = 'ensemble'))
),
complet AS (
    SELECT COALESCE(t.rang, c.rang) AS rang, COALESCE(t.typologie, c.typologie) AS typologie,
           COALESCE(t.demandes, 0) AS premier_choix, COALESCE(c.demandes, 0) AS tout_choix,
           COALESCE(t.attributions, 0) AS attributions
    FROM premier t
    FULL JOIN cite c ON c.rang = t.rang AND c.typologie = t.typologie
)
SELECT p.millesime, n.niveau, n.code, n.libelle, c.typologie,
       CASE WHEN p.a_demandes = 1 THEN CAST(c.premier_choix AS BIGINT) END AS premier_choix,
       CASE WHEN p.a_demandes = 1 THEN CAST(c.tout_choix AS BIGINT) END AS tout_choix,
       CASE WHEN p.a_demandes = 1 THEN CAST(c.premier_choix AS DOUBLE) / NULLIF(c.tout_choix, 0) END AS part_premier_choix,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.attributions AS BIGINT) END AS attributions,
       CASE WHEN p.a_demandes = 1 AND p.a_attributions = 1
            THEN CAST(c.tout_choix AS DOUBLE) / NULLIF(c.attributions, 0) END AS tension_tout_choix
FROM complet c
CROSS JOIN parametres p
JOIN territoires n ON n.rang = c.rang
ORDER BY n.rang, c.typologie
