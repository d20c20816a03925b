-- A demand counted as active at 31/12/N on the word of an extraction made before that day: it may have been struck off since,
-- as one that a later extraction no longer holds. Of a review whose year is not over, all are so, and it is said elsewhere.
SELECT d.fichier, d.ligne,
       CASE WHEN p.date_extraction < p.fin_annee THEN 'hors_champ'
            WHEN d.date_extraction IS NULL THEN 'non_evaluable'
            WHEN d.date_extraction < p.fin_annee THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(d.date_extraction AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demandes d
CROSS JOIN parametres p
WHERE d.active = 1
