-- Dwelling identifiers found on several rows of the stock, each row with its rank in the order of the files. One part of the
-- identifiers at a time.
WITH repete AS (
    SELECT r.IDENT_REP
    FROM source_rpls r
    WHERE r.IDENT_REP BETWEEN $premier AND $dernier
    GROUP BY r.IDENT_REP
    HAVING COUNT(*) > 1
)
SELECT r.fichier, r.ligne, ROW_NUMBER() OVER (PARTITION BY r.IDENT_REP ORDER BY r.fichier, r.ligne) AS rang
FROM source_rpls r
JOIN repete d ON d.IDENT_REP = r.IDENT_REP
