-- A demand counted as active at 31/12/N that was last deposited or renewed before the day renouvele_depuis, counted from 31/12/N or
-- from an earlier extraction: it lapsed, and should have been struck off (CCH R441-2-7 and R441-2-8). It inflates the active demand
-- and the tension.
SELECT d.fichier, d.ligne,
       CASE WHEN p.a_renouvellement = 0 THEN 'non_evaluable'
            WHEN COALESCE(d.date_renouvellement, d.date_depot) < p.renouvele_depuis
                 AND d.date_depot < p.renouvele_depuis THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(COALESCE(d.date_renouvellement, d.date_depot) AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demandes d
CROSS JOIN parametres p
WHERE d.active = 1
