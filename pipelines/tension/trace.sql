-- The demands and the leases that a tension sets against one another, and the dwellings beside them. A demand for either a flat or a
-- house stands under both categories, and once under `ensemble`; dwellings do not depend on the population.
WITH fiche AS (
    SELECT 'demande' AS nature, d.fichier, d.ligne, d.numero_unique, d.date_depot AS date, d.commune,
           CASE WHEN d.mutation = 1 THEN 'mutation' ELSE 'hors_mutation' END AS population, d.typologie, d.categorie,
           CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte
    FROM demandes d
    WHERE d.active = 1
    UNION ALL
    SELECT 'attribution', f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.population, f.typologie, f.categorie,
           CASE WHEN f.personne_morale = 1 THEN 'personne morale' END
    FROM faits_attributions f
    UNION ALL
    SELECT 'logement', r.fichier, r.ligne, NULL, NULL, r.DEPCOM, NULL,
           CASE WHEN r.NBPIECE >= 6 THEN 'T6P' WHEN r.NBPIECE >= 1 THEN 'T' || CAST(r.NBPIECE AS VARCHAR) END,
           CASE r.TYPECONST WHEN 'C' THEN 'collectif' WHEN 'I' THEN 'individuel' WHEN 'E' THEN 'etudiant' END,
           CASE WHEN r.MODE = '9' THEN 'hors champ (MODE 9)'
                WHEN p.parc_social <> 'tous_logements' AND COALESCE(r.CAT_ORG IN ('251', '259') AND NOT r.CONV, FALSE)
                THEN 'SEM, non conventionné'
                WHEN p.parc_social <> 'tous_logements' AND COALESCE(r.LOYERPRINC = 0, FALSE) THEN 'loyer nul' END
    FROM source_rpls r
    CROSS JOIN parametres p
)
SELECT x.nature, x.fichier, x.ligne, x.numero_unique, x.date, x.commune, x.population, x.typologie, x.categorie, x.ecarte,
       x.nature = 'logement' AS dans_logements, x.nature = 'demande' AS dans_demandes,
       x.nature = 'attribution' AS dans_attributions
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN fiche x
    ON x.commune = l.commune
    AND (a.population = 'ensemble' OR x.population IS NULL OR x.population = a.population)
    AND (a.typologie = 'ensemble' OR x.typologie = a.typologie)
    AND (a.categorie = 'ensemble' OR x.categorie = a.categorie
         OR (x.categorie = 'indifferent' AND a.categorie IN ('collectif', 'individuel')))
ORDER BY x.nature, x.fichier, x.ligne
