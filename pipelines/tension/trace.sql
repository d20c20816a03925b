-- The demands and the leases that a tension sets against one another, and the dwellings beside them. A demand for either a flat or a
-- house stands under both categories, and once under `ensemble`; dwellings do not depend on the population.
SELECT x.nature, x.fichier, x.ligne, x.numero_unique, x.date, x.commune, x.population, x.typologie, x.categorie, x.ecarte,
       x.nature = 'logement' AS dans_logements, x.nature = 'demande' AS dans_demandes,
       x.nature = 'attribution' AS dans_attributions
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN trace_tension_base x
    ON x.commune = l.commune
    AND (a.population = 'ensemble' OR x.population IS NULL OR x.population = a.population)
    AND (a.typologie = 'ensemble' OR x.typologie = a.typologie)
    AND (a.categorie = 'ensemble' OR x.categorie = a.categorie
         OR (x.categorie = 'indifferent' AND a.categorie IN ('collectif', 'individuel')))
ORDER BY x.nature, x.fichier, x.ligne
