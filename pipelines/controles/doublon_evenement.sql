-- An event given twice, as when two extractions cover the same months. Where the dwelling is not said, two of one file may be of
-- two dwellings; the same in another file is the same event. Only events of one demand, one kind and one day are compared. One
-- part of the numéros uniques at a time.
WITH repete AS (
    SELECT e.numero_unique, e.type, e.date
    FROM source_evenements e
    WHERE e.numero_unique BETWEEN $premier AND $dernier
    GROUP BY e.numero_unique, e.type, e.date
    HAVING COUNT(*) > 1
),
rang AS (
    SELECT e.fichier, e.ligne, e.id_rpls, e.bailleur,
           ROW_NUMBER() OVER (PARTITION BY e.numero_unique, e.type, e.date, e.bailleur, e.id_rpls, e.rang
                              ORDER BY e.fichier, e.ligne) AS rang,
           MIN(e.fichier) OVER (PARTITION BY e.numero_unique, e.type, e.date, e.bailleur, e.id_rpls, e.rang) AS premier
    FROM source_evenements e
    JOIN repete r ON r.numero_unique = e.numero_unique AND r.type = e.type AND r.date = e.date
    WHERE e.numero_unique BETWEEN $premier AND $dernier
)
SELECT r.fichier, r.ligne,
       CASE WHEN r.fichier <> r.premier OR r.rang > 1 AND r.id_rpls IS NOT NULL THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, r.bailleur
FROM rang r
UNION ALL
SELECT e.fichier, e.ligne, 'conforme', CAST(NULL AS VARCHAR), e.bailleur
FROM source_evenements e
LEFT JOIN repete r ON r.numero_unique = e.numero_unique AND r.type = e.type AND r.date = e.date
WHERE e.numero_unique BETWEEN $premier AND $dernier AND r.numero_unique IS NULL
