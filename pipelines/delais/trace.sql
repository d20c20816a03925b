-- The leases behind a delay, with their own in months.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_depot, f.date_bail,
       CAST(f.delai_jours AS DOUBLE) / p.jours_par_mois AS mois, f.commune, f.bailleur, f.population, f.typologie,
       CASE WHEN f.personne_morale = 1 THEN 'personne morale'
            WHEN f.date_depot IS NULL THEN 'dépôt inconnu'
            WHEN f.delai_jours IS NULL THEN 'dépôt postérieur au bail' END AS ecarte,
       TRUE AS dans_attributions
FROM cellule a
CROSS JOIN parametres p
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN faits_attributions f
    ON f.commune = l.commune
    AND (a.population = 'ensemble' OR f.population = a.population)
    AND (a.typologie = 'ensemble' OR f.typologie = a.typologie)
ORDER BY f.fichier, f.ligne
