-- The leases of a landlord behind its share of what its EPCI misses, and those of the public that the rule wants housed.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.reservataire, f.zone, f.financement, f.classe,
       CAST(12 * f.ressources_mensuelles AS DOUBLE) / NULLIF(CAST(f.nb_uc AS DOUBLE), 0) AS revenu_par_uc, f.seuil_q1,
       f.relogement = 1 AS relogement, f.dalo = 1 AS dalo, f.prioritaire = 1 AS prioritaire,
       CASE WHEN f.sort = 'personne_morale' THEN 'personne morale'
            WHEN f.sort = 'financement_exclu' THEN 'financement exclu (' || f.financement || ')' END AS ecarte,
       TRUE AS dans_attributions,
       CASE v.public WHEN 'q1' THEN f.classe = 'q1'
                     WHEN 'q1_ou_relogement' THEN f.classe = 'q1' OR f.relogement = 1
                     WHEN 'q2_q4' THEN f.classe IN ('q2', 'q3', 'q4', 'q2_q4')
                     WHEN 'dalo' THEN f.dalo = 1
                     WHEN 'prioritaire' THEN f.prioritaire = 1
                     WHEN 'relogement' THEN f.relogement = 1
                     WHEN 'mutation' THEN f.population = 'mutation'
                     ELSE FALSE END AS dans_numerateur
FROM cellule m
JOIN verdicts v
    ON v.epci = m.epci AND v.regle = m.regle AND v.acteur_type = 'epci' AND v.zone = m.zone AND v.secteur = m.secteur
JOIN faits_attributions f
    ON f.epci = m.epci AND f.bailleur = m.bailleur
    AND (v.zone = 'ensemble' OR f.zone = v.zone)
    AND (v.secteur = 'ensemble' OR '|' || v.secteur || '|' LIKE '%|' || f.commune || '|%')
    AND (v.contingent IS NULL OR f.reservataire = v.contingent)
ORDER BY f.fichier, f.ligne
