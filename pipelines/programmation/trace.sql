-- The lines of the programme behind a row, each for its dwellings.
SELECT s.fichier, s.ligne, s.annee, s.epci, s.financement, s.logements, CAST(NULL AS VARCHAR) AS ecarte,
       s.logements AS dans_logements
FROM cellule a
JOIN source_programmation s ON s.annee = a.annee AND (a.financement = 'ensemble' OR s.financement = a.financement)
WHERE s.epci IN (SELECT l.code FROM lieux l WHERE l.niveau = 'epci') AND (a.niveau = 'territoire' OR s.epci = a.code)
ORDER BY s.fichier, s.ligne
