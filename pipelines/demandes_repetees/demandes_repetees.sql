-- Numéros uniques found on several rows, each row with its rank: the latest extraction comes first, then the latest renewal,
-- then the last file and line. A numéro unique is one demand (SNE). One part of them at a time.
WITH repete AS (
    SELECT s.numero_unique
    FROM source_demandes s
    WHERE s.numero_unique BETWEEN $premier AND $dernier
    GROUP BY s.numero_unique
    HAVING COUNT(*) > 1
)
SELECT s.numero_unique, s.fichier, s.ligne, s.date_extraction,
       ROW_NUMBER() OVER (
           PARTITION BY s.numero_unique
           ORDER BY s.date_extraction DESC NULLS LAST, s.date_renouvellement DESC NULLS LAST, s.fichier DESC, s.ligne DESC
       ) AS rang
FROM source_demandes s
JOIN repete r ON r.numero_unique = s.numero_unique
