-- The passages before a commission behind a decision, the refusals behind a motive.
SELECT e.fichier, e.ligne, e.numero_unique, e.date, e.type, e.commune, e.lieu, e.bailleur, e.decision, e.motif,
       CASE WHEN e.menage = 0 THEN 'personne morale' END AS ecarte, TRUE AS dans_nombre
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN trace_evenements e ON e.commune = l.commune AND e.type = a.evenement
WHERE a.issue = 'ensemble' OR a.issue = COALESCE(CASE a.evenement WHEN 'commission' THEN e.decision ELSE e.motif END, 'inconnu')
ORDER BY e.fichier, e.ligne
