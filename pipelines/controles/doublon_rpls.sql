-- A dwelling identifier is unique in the yearly stock.
WITH repete AS (
    SELECT r.IDENT_REP FROM source_rpls r WHERE r.IDENT_REP IS NOT NULL GROUP BY r.IDENT_REP HAVING COUNT(*) > 1
),
rang AS (
    SELECT r.fichier, r.ligne,
           ROW_NUMBER() OVER (PARTITION BY r.IDENT_REP ORDER BY r.fichier, r.ligne) AS rang
    FROM source_rpls r
    JOIN repete d ON d.IDENT_REP = r.IDENT_REP
)
SELECT r.fichier, r.ligne,
       CASE WHEN r.IDENT_REP IS NULL THEN 'hors_champ' WHEN g.rang > 1 THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM source_rpls r
LEFT JOIN rang g ON g.fichier = r.fichier AND g.ligne = r.ligne
