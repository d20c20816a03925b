-- The dwellings behind a row of `parc`. MODE 1 let, 2 offered and vacant, 3 empty, 4 lent to an association, 5 and 6 others; in
-- mobility those in service before the year before the file's (SDES, RPLS).
SELECT g.fichier, g.ligne, g.commune, g.typologie, g.categorie, g.mode, g.qpv, g.duree_vacance, g.locat, g.bail, g.ecarte,
       TRUE AS dans_logements, g.qpv AS dans_logements_qpv, g.mode = '1' AS dans_loues, g.mode = '2' AS dans_vacants,
       g.mode = '2' AND g.duree_vacance > p.vacance_longue_mois AS dans_vacants_plus_3_mois, g.mode = '3' AS dans_vides,
       g.mode = '4' AS dans_association, g.mode IN ('5', '6') AS dans_autres,
       g.mode = '1' AND g.locat < p.millesime_rpls - 1 AND EXTRACT(YEAR FROM g.bail) >= p.millesime_rpls - 1 AS dans_mobilite_num,
       g.mode IN ('1', '2') AND g.locat < p.millesime_rpls - 1 AS dans_mobilite_den
FROM cellule a
CROSS JOIN parametres p
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN trace_parc_base g
    ON g.commune = l.commune
    AND (a.typologie = 'ensemble' OR g.typologie = a.typologie)
    AND (a.categorie = 'ensemble' OR g.categorie = a.categorie)
ORDER BY g.fichier, g.ligne
