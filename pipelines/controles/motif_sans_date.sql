-- A demand that has a motive of exit and no date of it counts as active. A word of no list is no motive.
SELECT s.fichier, s.ligne,
       CASE WHEN s.motif_radiation IS NOT NULL AND s.motif_radiation <> 'inconnu' AND s.date_radiation IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       s.motif_radiation AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM source_demandes s
