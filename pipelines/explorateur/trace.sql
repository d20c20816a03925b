-- The dwellings, the demands and the leases behind what an applicant is answered, each lease with the months it took.
SELECT x.nature, x.fichier, x.ligne, x.numero_unique, x.date, x.commune, x.typologie, x.categorie,
       CAST(x.delai_jours AS DOUBLE) / p.jours_par_mois AS mois, x.ecarte,
       x.nature = 'logement' AS dans_logements, x.nature = 'demande' AS dans_demandes,
       x.nature = 'attribution' AS dans_attributions, x.delai_jours IS NOT NULL AS dans_baux_delai
FROM cellule a
CROSS JOIN parametres p
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN trace_tension_base x
    ON x.commune = l.commune
    AND (a.typologie = 'ensemble' OR x.typologie = a.typologie)
    AND (a.categorie = 'ensemble' OR x.categorie = a.categorie
         OR (x.categorie = 'indifferent' AND a.categorie IN ('collectif', 'individuel')))
ORDER BY x.nature, x.fichier, x.ligne
