-- The events behind a step of the process. A demand counts once, by its first event.
SELECT e.fichier, e.ligne, e.numero_unique, e.date, e.type, e.commune, e.lieu, e.bailleur, e.rang, e.decision, e.motif,
       CASE WHEN e.menage = 0 THEN 'personne morale' END AS ecarte, TRUE AS dans_nombre,
       ROW_NUMBER() OVER (PARTITION BY e.numero_unique ORDER BY e.fichier, e.ligne) = 1 AS dans_demandes_concernees
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN trace_evenements e ON e.commune = l.commune AND e.type = a.evenement
ORDER BY e.fichier, e.ligne
