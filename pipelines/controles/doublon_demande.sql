-- A numéro unique is one demand: the latest extraction wins, then the latest renewal; the other rows are listed.
WITH repete AS (
    SELECT s.numero_unique FROM source_demandes s GROUP BY s.numero_unique HAVING COUNT(*) > 1
),
rang AS (
    SELECT s.numero_unique, s.fichier, s.ligne, s.date_extraction,
           ROW_NUMBER() OVER (
               PARTITION BY s.numero_unique
               ORDER BY s.date_extraction DESC NULLS LAST, s.date_renouvellement DESC NULLS LAST, s.fichier DESC, s.ligne DESC
           ) AS rang
    FROM source_demandes s
    JOIN repete r ON r.numero_unique = s.numero_unique
),
ecartee AS (
    SELECT e.fichier, e.ligne,
           CASE WHEN e.date_extraction <> g.date_extraction THEN 'autre extraction'
                WHEN e.fichier <> g.fichier THEN 'autre fichier'
                ELSE 'même fichier' END AS valeur
    FROM rang e
    JOIN rang g ON g.numero_unique = e.numero_unique AND g.rang = 1
    WHERE e.rang > 1
)
SELECT s.fichier, s.ligne, CASE WHEN e.ligne IS NULL THEN 'conforme' ELSE 'echec' END AS etat, e.valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM source_demandes s
LEFT JOIN ecartee e ON e.fichier = s.fichier AND e.ligne = s.ligne
