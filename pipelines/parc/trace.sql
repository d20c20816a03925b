-- The dwellings behind a row of `parc`. MODE 1 let, 2 offered and vacant, 3 empty, 4 lent to an association, 5 and 6 others, 9
-- out of scope (SDES, RPLS); in mobility those in service before the year before the file's.
WITH logement AS (
    SELECT r.fichier, r.ligne, r.DEPCOM AS commune, c.epci, c.departement, c.region, r.MODE AS mode, r.LOCAT AS locat,
           r.BAIL AS bail, r.duree_vacance, r.QPV AS qpv, r.CAT_ORG, r.CONV, r.LOYERPRINC,
           CASE WHEN r.NBPIECE >= 6 THEN 'T6P' WHEN r.NBPIECE >= 1 THEN 'T' || CAST(r.NBPIECE AS VARCHAR) END AS typologie,
           CASE r.TYPECONST WHEN 'C' THEN 'collectif' WHEN 'I' THEN 'individuel' WHEN 'E' THEN 'etudiant' END AS categorie
    FROM source_rpls r
    JOIN communes c ON c.commune = r.DEPCOM
    WHERE c.perimetre = 1
)
SELECT l.fichier, l.ligne, l.commune, l.typologie, l.categorie, l.mode, l.qpv, l.duree_vacance, l.locat, l.bail,
       CASE WHEN l.mode = '9' THEN 'hors champ (MODE 9)'
            WHEN p.parc_social <> 'tous_logements' AND COALESCE(l.CAT_ORG IN ('251', '259') AND NOT l.CONV, FALSE)
            THEN 'SEM, non conventionné'
            WHEN p.parc_social <> 'tous_logements' AND COALESCE(l.LOYERPRINC = 0, FALSE) THEN 'loyer nul' END AS ecarte,
       TRUE AS dans_logements, l.qpv AS dans_logements_qpv, l.mode = '1' AS dans_loues, l.mode = '2' AS dans_vacants,
       l.mode = '2' AND l.duree_vacance > p.vacance_longue_mois AS dans_vacants_plus_3_mois, l.mode = '3' AS dans_vides,
       l.mode = '4' AS dans_association, l.mode IN ('5', '6') AS dans_autres,
       l.mode = '1' AND l.locat < p.millesime_rpls - 1 AND EXTRACT(YEAR FROM l.bail) >= p.millesime_rpls - 1 AS dans_mobilite_num,
       l.mode IN ('1', '2') AND l.locat < p.millesime_rpls - 1 AS dans_mobilite_den
FROM cellule a
CROSS JOIN parametres p
JOIN logement l
    ON CASE a.niveau WHEN 'commune' THEN l.commune WHEN 'epci' THEN l.epci WHEN 'departement' THEN l.departement
                       WHEN 'region' THEN l.region ELSE a.code END = a.code
    AND (a.typologie = 'ensemble' OR l.typologie = a.typologie)
    AND (a.categorie = 'ensemble' OR l.categorie = a.categorie)
ORDER BY l.fichier, l.ligne
