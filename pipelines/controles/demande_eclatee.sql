-- A file that gives a demand on several rows, one for each commune or typology wanted: one row of each is kept, and the demand counts
-- in its last choice. A row in ten set aside so is a file so made: a few are demands that were changed between two readings.
WITH eclatees AS (
    SELECT s.fichier, COUNT(*) AS lignes
    FROM demandes_ecartees e
    JOIN source_demandes s ON s.fichier = e.fichier AND s.ligne = e.ligne
    JOIN demandes_retenues g ON g.numero_unique = s.numero_unique AND g.fichier = s.fichier
    WHERE e.ecart = 'même fichier' AND g.date_depot = s.date_depot
      AND (g.communes <> s.communes OR g.typologies <> s.typologies)
    GROUP BY s.fichier
),
fichiers AS (
    SELECT s.fichier, COUNT(*) AS lignes FROM source_demandes s GROUP BY s.fichier
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN 10 * COALESCE(e.lignes, 0) >= f.lignes THEN 'echec' ELSE 'conforme' END AS etat,
       f.fichier || ', lignes écartées : ' || CAST(COALESCE(e.lignes, 0) AS VARCHAR) || ' sur ' || CAST(f.lignes AS VARCHAR) AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM fichiers f
LEFT JOIN eclatees e ON e.fichier = f.fichier
