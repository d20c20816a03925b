-- The leases behind a row of `attributions`.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.population, f.typologie, f.financement,
       CASE WHEN f.personne_morale = 1 THEN 'personne morale' END AS ecarte, TRUE AS dans_attributions
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN faits_attributions f
    ON f.commune = l.commune
    AND (a.population = 'ensemble' OR f.population = a.population)
    AND (a.typologie = 'ensemble' OR f.typologie = a.typologie)
ORDER BY f.fichier, f.ligne
