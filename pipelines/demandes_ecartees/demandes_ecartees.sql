-- Rows of the register that another of the same numéro unique takes the place of: the latest extraction is kept, then the latest
-- renewal, then the last file and line. A numéro unique is one demand (SNE). One part of the identifiers at a time.
WITH rangee AS (
    SELECT s.fichier, s.ligne, s.date_extraction,
           ROW_NUMBER() OVER ordre AS rang,
           FIRST_VALUE(s.date_extraction) OVER ordre AS extraction_gardee,
           FIRST_VALUE(s.fichier) OVER ordre AS fichier_garde
    FROM source_demandes s
    JOIN repetes_demandes r ON r.numero_unique = s.numero_unique
    WHERE s.numero_unique BETWEEN $premier AND $dernier
    WINDOW ordre AS (
        PARTITION BY s.numero_unique
        ORDER BY s.date_extraction DESC NULLS LAST, s.date_renouvellement DESC NULLS LAST, s.fichier DESC, s.ligne DESC
    )
)
SELECT fichier, ligne,
       CASE WHEN date_extraction <> extraction_gardee THEN 'autre extraction'
            WHEN fichier <> fichier_garde THEN 'autre fichier'
            ELSE 'même fichier' END AS ecart
FROM rangee
WHERE rang > 1
