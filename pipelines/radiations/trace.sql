-- The demands struck off in N behind a motive of exit.
SELECT d.fichier, d.ligne, d.numero_unique, d.date_depot, d.date_radiation, d.motif_radiation, d.commune, d.typologie,
       CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte, TRUE AS dans_radiees
FROM cellule r
JOIN communes c
    ON c.perimetre = 1
    AND CASE r.niveau WHEN 'commune' THEN c.commune WHEN 'epci' THEN c.epci WHEN 'departement' THEN c.departement
                       WHEN 'region' THEN c.region ELSE r.code END = r.code
JOIN demandes d
    ON d.commune = c.commune AND d.radiee = 1
    AND (r.motif = 'ensemble' OR COALESCE(d.motif_radiation, 'inconnu') = r.motif)
ORDER BY d.fichier, d.ligne
