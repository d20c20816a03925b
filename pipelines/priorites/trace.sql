-- The leases behind a row of `priorites`.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.reservataire, f.dalo = 1 AS dalo,
       f.prioritaire = 1 AS prioritaire,
       CASE WHEN f.sort = 'personne_morale' THEN 'personne morale'
            WHEN f.sort = 'financement_exclu' THEN 'financement exclu (' || f.financement || ')' END AS ecarte,
       TRUE AS dans_attributions, f.dalo = 1 AS dans_dalo, f.prioritaire = 1 AS dans_prioritaires
FROM cellule q
JOIN lieux l ON l.niveau = q.niveau AND l.code = q.code
JOIN faits_attributions f
    ON f.commune = l.commune
    AND (q.reservataire = 'ensemble' OR f.reservataire = q.reservataire)
ORDER BY f.fichier, f.ligne
