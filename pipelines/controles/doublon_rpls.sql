-- A dwelling identifier is unique in the yearly stock.
SELECT r.fichier, r.ligne,
       CASE WHEN r.IDENT_REP IS NULL THEN 'hors_champ' WHEN g.rang > 1 THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM source_rpls r
LEFT JOIN logements_repetes g ON g.fichier = r.fichier AND g.ligne = r.ligne
