-- Whether the household was a tenant of the social stock, by the lease and by the housing that its demand gives.
SELECT s.fichier, s.ligne,
       CASE WHEN s.mutation IS NULL OR d.logement_actuel IS NULL THEN 'non_evaluable'
            WHEN (CASE WHEN s.mutation THEN 1 ELSE 0 END) <> d.mutation THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN s.mutation THEN 'mutation selon le bail seul' ELSE 'mutation selon la demande seule' END AS valeur, s.bailleur
FROM source_attributions s
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
