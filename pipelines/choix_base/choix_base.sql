-- Households' demands active at 31/12/N that name a territory at any rank, by typology. A demand that names several communes of a
-- territory counts there once; one that names several territories counts in each, so that these counts do not add up.
-- Ranks of choices: no list names more communes than there are.
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
)
SELECT v.rang, CASE WHEN GROUPING(c.typologie) = 1 THEN 'ensemble' ELSE c.typologie END AS typologie,
       CAST(SUM(c.demandes) AS BIGINT) AS demandes
FROM voeu v
JOIN choix_listes c ON c.liste = v.liste
GROUP BY GROUPING SETS ((v.rang), (v.rang, c.typologie))
HAVING GROUPING(c.typologie) = 1 OR c.typologie IS NOT NULL
ORDER BY v.rang, typologie
