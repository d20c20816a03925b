-- The demands active at 31/12/N behind a count of those past the préfet's delay (CCH L441-1-4), with the delay of each.
WITH demande_datee AS (
    SELECT d.*, c.epci, c.departement, c.region, COALESCE(t.mois, e.mois) AS delai_mois
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    LEFT JOIN delais_anormaux t ON t.commune = d.commune AND t.typologie = d.typologie
    LEFT JOIN delais_anormaux e ON e.commune = d.commune AND e.typologie = 'ensemble'
    WHERE d.active = 1 AND c.perimetre = 1
)
SELECT d.fichier, d.ligne, d.numero_unique, d.date_depot, CAST(d.anciennete_jours AS DOUBLE) / p.jours_par_mois AS mois,
       d.delai_mois, d.commune, d.typologie,
       CASE WHEN d.menage = 0 THEN 'personne morale'
            WHEN d.delai_mois IS NULL THEN 'aucun délai fixé' END AS ecarte,
       TRUE AS dans_actives, d.date_depot + d.delai_mois * INTERVAL '1' MONTH < p.fin_annee AS dans_au_dela
FROM cellule a
CROSS JOIN parametres p
JOIN demande_datee d
    ON CASE a.niveau WHEN 'commune' THEN d.commune WHEN 'epci' THEN d.epci WHEN 'departement' THEN d.departement
                       WHEN 'region' THEN d.region ELSE a.code END = a.code
    AND (a.typologie = 'ensemble' OR d.typologie = a.typologie)
ORDER BY d.fichier, d.ligne
