-- The demands struck off in N behind a motive of exit.
SELECT d.fichier, d.ligne, d.numero_unique, d.date_depot, d.date_radiation, d.motif_radiation, d.commune, d.typologie,
       CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte, TRUE AS dans_radiees
FROM cellule r
JOIN lieux l ON l.niveau = r.niveau AND l.code = r.code
JOIN demandes d
    ON d.commune = l.commune AND d.radiee = 1
    AND (r.motif = 'ensemble' OR COALESCE(d.motif_radiation, 'inconnu') = r.motif)
ORDER BY d.fichier, d.ligne
