-- Demands active at 31/12/N that ask for a territory first, and at any rank (DRIHL's two readings of the demand). The first choice
-- of a demand that names a territory may stand outside the perimeter.
WITH cite AS (
    SELECT n.niveau, n.code, n.libelle, c.typologie, c.demandes
    FROM choix_base c
    JOIN territoires n ON n.rang = c.rang
),
-- First choices and leases, as in tension; a row that the stock alone gives there is none here.
premier AS (
    SELECT t.niveau, t.code, t.libelle, t.typologie, t.demandes, t.attributions
    FROM tension t
    WHERE t.population = 'ensemble' AND t.categorie = 'ensemble'
      AND (t.demandes > 0 OR t.attributions > 0 OR (t.niveau <> 'commune' AND t.typologie = 'ensemble'))
),
complet AS (
    SELECT COALESCE(t.niveau, c.niveau) AS niveau, COALESCE(t.code, c.code) AS code, COALESCE(t.libelle, c.libelle) AS libelle,
           COALESCE(t.typologie, c.typologie) AS typologie, COALESCE(t.demandes, 0) AS premier_choix,
           COALESCE(c.demandes, 0) AS tout_choix, COALESCE(t.attributions, 0) AS attributions
    FROM premier t
    FULL JOIN cite c ON c.niveau = t.niveau AND c.code = t.code AND c.typologie = t.typologie
)
SELECT p.millesime, c.niveau, c.code, c.libelle, c.typologie,
       CASE WHEN x.demandes = 1 THEN CAST(c.premier_choix AS BIGINT) END AS premier_choix,
       CASE WHEN x.demandes = 1 THEN CAST(c.tout_choix AS BIGINT) END AS tout_choix,
       CASE WHEN x.demandes = 1 THEN CAST(c.premier_choix AS DOUBLE) / NULLIF(c.tout_choix, 0) END AS part_premier_choix,
       CASE WHEN x.baux = 1 THEN CAST(c.attributions AS BIGINT) END AS attributions,
       CASE WHEN x.demandes = 1 AND x.baux = 1
            THEN CAST(c.tout_choix AS DOUBLE) / NULLIF(c.attributions, 0) END AS tension_tout_choix
FROM complet c
CROSS JOIN parametres p
JOIN distinctions x ON x.typologie = c.typologie AND x.categorie = 'ensemble'
ORDER BY c.niveau, c.code, c.typologie
