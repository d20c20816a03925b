-- A numéro unique is one demand: the latest extraction wins, then the latest renewal; the other rows are listed.
SELECT s.fichier, s.ligne, 'conforme' AS etat, CAST(NULL AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demandes_retenues s
UNION ALL
SELECT e.fichier, e.ligne, 'echec', e.ecart, CAST(NULL AS VARCHAR)
FROM demandes_ecartees e
