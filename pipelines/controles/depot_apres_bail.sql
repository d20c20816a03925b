-- A deposit that only the register gives, after the lease: the lease's own deposit has a rule of its own.
SELECT f.fichier, f.ligne,
       CASE WHEN f.personne_morale = 1 OR s.date_depot IS NOT NULL THEN 'hors_champ'
            WHEN f.date_depot IS NULL THEN 'non_evaluable'
            WHEN f.date_depot > f.date_bail THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, f.bailleur
FROM faits f
JOIN source_attributions s ON s.fichier = f.fichier AND s.ligne = f.ligne
