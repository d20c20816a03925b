-- The leases behind a row of the landlord's yearly report (CCH R441-5-1), those of associations among them.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.reservataire, f.typologie, f.financement,
       f.zone, f.periode_construction, f.personne_morale = 1 AS personne_morale,
       CAST(NULL AS VARCHAR) AS ecarte, TRUE AS dans_attributions
FROM cellule x
JOIN faits_attributions f
    ON f.bailleur = x.bailleur AND f.reservataire = x.reservataire AND COALESCE(f.typologie, 'inconnu') = x.typologie
    AND f.financement = x.financement AND f.zone = x.zone AND f.commune = x.commune
    AND f.periode_construction = x.periode_construction AND f.personne_morale = x.personne_morale
ORDER BY f.fichier, f.ligne
