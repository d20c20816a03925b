-- An EPCI where no demand is struck off all year long: the extract holds those still active alone, as no register does after
-- a year of renewals (CCH R441-2-8), and what was deposited or active on 1 January is short of all that have left.
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN d.actives < p.effectif_minimal OR p.date_extraction < p.fin_annee THEN 'hors_champ'
            WHEN d.radiees = 0 THEN 'echec'
            ELSE 'conforme' END AS etat,
       d.libelle || ', ' || CAST(d.actives AS VARCHAR) || ' demandes actives' AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demande d
CROSS JOIN parametres p
WHERE d.niveau = 'epci' AND d.population = 'ensemble' AND d.typologie = 'ensemble'
