-- A letting whose wait cannot be told.
SELECT f.fichier, f.ligne,
       CASE WHEN f.personne_morale = 1 THEN 'hors_champ'
            WHEN f.date_depot IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, f.bailleur
FROM faits f
