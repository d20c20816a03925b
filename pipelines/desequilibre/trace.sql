-- The demands and the leases of a typology, whose tension is set against that of all.
SELECT x.nature, x.fichier, x.ligne, x.numero_unique, x.date, x.commune, x.population, x.typologie, x.ecarte,
       x.nature = 'demande' AS dans_demandes, x.nature = 'attribution' AS dans_attributions
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN trace_tension_base x
    ON x.commune = l.commune
    AND (a.population = 'ensemble' OR x.population = a.population)
    AND (a.typologie = 'ensemble' OR x.typologie = a.typologie)
WHERE x.nature <> 'logement'
ORDER BY x.nature, x.fichier, x.ligne
