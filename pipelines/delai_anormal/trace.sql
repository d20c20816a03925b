-- The demands active at 31/12/N behind a count of those past the préfet's delay (CCH L441-1-4), with the delay of each.
SELECT d.fichier, d.ligne, d.numero_unique, d.date_depot, CAST(d.anciennete_jours AS DOUBLE) / p.jours_par_mois AS mois,
       COALESCE(t.mois, e.mois) AS delai_mois, d.commune, d.typologie,
       CASE WHEN d.menage = 0 THEN 'personne morale'
            WHEN COALESCE(t.mois, e.mois) IS NULL THEN 'aucun délai fixé' END AS ecarte,
       TRUE AS dans_actives, d.date_depot + COALESCE(t.mois, e.mois) * INTERVAL '1' MONTH < p.fin_annee AS dans_au_dela
FROM cellule a
CROSS JOIN parametres p
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN demandes d
    ON d.commune = l.commune AND d.active = 1
    AND (a.typologie = 'ensemble' OR d.typologie = a.typologie)
LEFT JOIN delais_anormaux t ON t.commune = d.commune AND t.typologie = d.typologie
LEFT JOIN delais_anormaux e ON e.commune = d.commune AND e.typologie = 'ensemble'
ORDER BY d.fichier, d.ligne
