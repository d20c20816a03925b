-- A dwelling identifier is unique in the yearly stock. One file at a time.
SELECT r.fichier, r.ligne,
       CASE WHEN r.IDENT_REP IS NULL THEN 'hors_champ' WHEN g.ligne IS NULL THEN 'conforme' ELSE 'echec' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM source_rpls r
LEFT JOIN logements_repetes g ON g.ligne = r.ligne AND g.fichier BETWEEN $premier AND $dernier
WHERE r.fichier BETWEEN $premier AND $dernier
