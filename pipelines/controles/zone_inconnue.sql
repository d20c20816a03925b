-- A letting that neither rule of zone can count.
SELECT f.fichier, f.ligne,
       CASE WHEN f.personne_morale = 1 THEN 'hors_champ'
            WHEN f.zone = 'inconnue' THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, f.bailleur
FROM faits f
