-- The rows of the register that are kept: one a numéro unique. One file at a time.
SELECT s.*
FROM source_demandes s
WHERE s.fichier BETWEEN $premier AND $dernier
  AND NOT EXISTS (
      SELECT 1 FROM demandes_ecartees e WHERE e.fichier BETWEEN $premier AND $dernier AND e.ligne = s.ligne
  )
