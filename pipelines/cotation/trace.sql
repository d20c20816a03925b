-- The demands and the leases of a cell, each with its points.
SELECT 'demande' AS nature, d.fichier, d.ligne, d.numero_unique, d.date_depot AS date, d.commune, d.typologie, d.cotation,
       CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte,
       TRUE AS dans_demandes, d.cotation IS NOT NULL AS dans_demandes_cotees,
       FALSE AS dans_attributions, FALSE AS dans_attributions_cotees, FALSE AS dans_au_dela
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN demandes d ON d.commune = l.commune AND d.active = 1 AND (a.typologie = 'ensemble' OR d.typologie = a.typologie)
UNION ALL
SELECT 'attribution', f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.typologie, f.cotation,
       CASE WHEN f.personne_morale = 1 THEN 'personne morale' END, FALSE, FALSE,
       TRUE, f.cotation IS NOT NULL, COALESCE(f.cotation > a.cotation_mediane, FALSE)
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN faits_attributions f ON f.commune = l.commune AND (a.typologie = 'ensemble' OR f.typologie = a.typologie)
ORDER BY nature, fichier, ligne
