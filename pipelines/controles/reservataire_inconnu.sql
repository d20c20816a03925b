-- A letting that no holder of rights answers for.
SELECT f.fichier, f.ligne,
       CASE WHEN f.personne_morale = 1 THEN 'hors_champ'
            WHEN f.reservataire = 'inconnu' THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, f.bailleur
FROM faits f
