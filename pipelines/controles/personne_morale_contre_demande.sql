-- A lease counts as a household's unless it says otherwise, whatever its demand says.
SELECT s.fichier, s.ligne,
       CASE WHEN d.menage IS NULL THEN 'non_evaluable'
            WHEN (CASE WHEN s.personne_morale THEN 0 ELSE 1 END) <> d.menage THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN d.menage = 0 THEN 'personne morale selon la demande seule'
            ELSE 'personne morale selon le bail seul' END AS valeur, s.bailleur
FROM source_attributions s
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
