-- Monthly resources of zero, or below the RSA of the household (CASF L262-2, R262-1: 1, half more for a second person,
-- three tenths for each other one).
SELECT s.fichier, s.ligne,
       CASE WHEN s.personne_morale THEN 'hors_champ'
            WHEN s.ressources_mensuelles IS NULL THEN 'non_evaluable'
            WHEN s.ressources_mensuelles <= 0 THEN 'echec'
            WHEN s.nb_personnes IS NULL THEN 'non_evaluable'
            WHEN s.ressources_mensuelles < p.rsa * f.facteur THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN s.ressources_mensuelles <= 0 THEN 'nulles' ELSE 'sous le RSA' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM source_demandes s
CROSS JOIN parametres p
LEFT JOIN rsa_facteurs f ON f.nb_personnes = s.nb_personnes
