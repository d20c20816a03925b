-- What the ministry's lines say of a measure of the stock, and the dwellings counted here.
WITH fiche AS (
    SELECT 'publication' AS nature, r.fichier, r.ligne, r.commune, NULL AS mode, NULL AS qpv,
           CASE a.mesure WHEN 'logements' THEN r.logements
                         WHEN 'logements_qpv' THEN r.logements_qpv
                         WHEN 'loues' THEN r.loues
                         WHEN 'vacants' THEN r.vacants
                         WHEN 'vides' THEN r.vides
                         ELSE r.association END AS effectif,
           NULL AS ecarte
    FROM cellule a
    JOIN source_resultats_rpls r
        ON (a.niveau = 'commune' AND r.commune = a.code) OR (a.niveau = 'epci' AND r.commune IS NULL AND r.epci = a.code)
    UNION ALL
    SELECT 'logement', g.fichier, g.ligne, g.commune, g.mode, g.qpv,
           CASE WHEN a.mesure = 'logements'
                     OR (a.mesure = 'logements_qpv' AND g.qpv)
                     OR (a.mesure = 'loues' AND g.mode = '1')
                     OR (a.mesure = 'vacants' AND g.mode = '2')
                     OR (a.mesure = 'vides' AND g.mode = '3')
                     OR (a.mesure = 'association' AND g.mode = '4') THEN 1 END,
           g.ecarte
    FROM cellule a
    JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
    JOIN trace_parc_base g ON g.commune = l.commune
)
SELECT x.nature, x.fichier, x.ligne, x.commune, x.mode, x.qpv, x.effectif, x.ecarte,
       CASE WHEN x.nature = 'publication' THEN x.effectif END AS dans_officiel,
       CASE WHEN x.nature = 'logement' THEN x.effectif END AS dans_calcule
FROM fiche x
ORDER BY x.nature, x.fichier, x.ligne
