-- Rows of the stock whose dwelling identifier stands on another before them, in the order of the files. One part of the
-- identifiers at a time.
WITH rangee AS (
    SELECT r.fichier, r.ligne, ROW_NUMBER() OVER (PARTITION BY r.IDENT_REP ORDER BY r.fichier, r.ligne) AS rang
    FROM source_rpls r
    JOIN repetes_rpls d ON d.IDENT_REP = r.IDENT_REP
    WHERE r.IDENT_REP BETWEEN $premier AND $dernier
)
SELECT fichier, ligne
FROM rangee
WHERE rang > 1
