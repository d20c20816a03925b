-- The leases behind the share of a holder of reservation rights.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.reservataire, f.financement,
       CASE WHEN f.sort = 'personne_morale' THEN 'personne morale'
            WHEN f.sort = 'financement_exclu' THEN 'financement exclu (' || f.financement || ')' END AS ecarte,
       TRUE AS dans_attributions
FROM cellule c
JOIN faits_attributions f
    ON f.epci = c.epci
    AND CASE c.contingent WHEN 'ensemble' THEN TRUE
                          WHEN 'etat' THEN f.reservataire IN ('PPRIOR', 'PFONCT')
                          WHEN 'etat_fonctionnaires' THEN f.reservataire = 'PFONCT'
                          WHEN 'etat_prioritaires' THEN f.reservataire = 'PPRIOR'
                          WHEN 'action_logement' THEN f.reservataire = 'COLACT'
                          WHEN 'collectivites' THEN f.reservataire = 'COLTER'
                          WHEN 'autres' THEN f.reservataire = 'AUTRES'
                          WHEN 'non_reserve' THEN f.reservataire = 'AUCUN'
                          ELSE f.reservataire = 'inconnu' END
ORDER BY f.fichier, f.ligne
