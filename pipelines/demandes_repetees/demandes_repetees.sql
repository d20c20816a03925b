-- Rows whose numéro unique stands on several, each with its rank: the latest extraction comes first, then the latest renewal,
-- then the last file and line. A numéro unique is one demand (SNE). One part of them at a time.
SELECT s.numero_unique, s.fichier, s.ligne, s.date_extraction,
       ROW_NUMBER() OVER (
           PARTITION BY s.numero_unique
           ORDER BY s.date_extraction DESC NULLS LAST, s.date_renouvellement DESC NULLS LAST, s.fichier DESC, s.ligne DESC
       ) AS rang
FROM source_demandes s
JOIN repetes_demandes r ON r.numero_unique = s.numero_unique
WHERE s.numero_unique BETWEEN $premier AND $dernier
