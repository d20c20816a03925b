-- A numéro unique is one demand: the latest extraction wins, then the latest renewal; the other rows are listed.
WITH ecartee AS (
    SELECT e.fichier, e.ligne,
           CASE WHEN e.date_extraction <> g.date_extraction THEN 'autre extraction'
                WHEN e.fichier <> g.fichier THEN 'autre fichier'
                ELSE 'même fichier' END AS valeur
    FROM demandes_repetees e
    JOIN demandes_repetees g ON g.numero_unique = e.numero_unique AND g.rang = 1
    WHERE e.rang > 1
)
SELECT s.fichier, s.ligne, CASE WHEN e.ligne IS NULL THEN 'conforme' ELSE 'echec' END AS etat, e.valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM source_demandes s
LEFT JOIN ecartee e ON e.fichier = s.fichier AND e.ligne = s.ligne
