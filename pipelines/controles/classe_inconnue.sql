-- A letting in no quartile: it counts against the 25 % rule (CCH L441-1).
SELECT f.fichier, f.ligne,
       CASE WHEN f.personne_morale = 1 THEN 'hors_champ'
            WHEN f.classe = 'inconnu' THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, f.bailleur
FROM faits f
