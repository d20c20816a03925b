-- A lease in a priority neighbourhood of an EPCI declared without any.
SELECT f.fichier, f.ligne,
       CASE WHEN f.personne_morale = 1 THEN 'hors_champ'
            WHEN f.qpv_contredit = 1 THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, f.bailleur
FROM faits f
