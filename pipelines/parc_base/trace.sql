-- The dwellings of the stock, each with its typology, its category, and why the stock leaves it out if it does. MODE 9 is out of
-- scope; what the ministry's social stock leaves out is a parameter (SDES, RPLS).
SELECT r.fichier, r.ligne, r.DEPCOM AS commune,
       CASE WHEN r.NBPIECE >= 6 THEN 'T6P' WHEN r.NBPIECE >= 1 THEN 'T' || CAST(r.NBPIECE AS VARCHAR) END AS typologie,
       CASE r.TYPECONST WHEN 'C' THEN 'collectif' WHEN 'I' THEN 'individuel' WHEN 'E' THEN 'etudiant' END AS categorie,
       r.MODE AS mode, r.QPV AS qpv, r.duree_vacance, r.LOCAT AS locat, r.BAIL AS bail,
       CASE WHEN r.MODE = '9' THEN 'hors champ (MODE 9)'
            WHEN p.parc_social <> 'tous_logements' AND COALESCE(r.CAT_ORG IN ('251', '259') AND NOT r.CONV, FALSE)
            THEN 'SEM, non conventionné'
            WHEN p.parc_social <> 'tous_logements' AND COALESCE(r.LOYERPRINC = 0, FALSE) THEN 'loyer nul' END AS ecarte
FROM source_rpls r
CROSS JOIN parametres p
