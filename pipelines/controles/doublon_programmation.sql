-- Lines of the programme add up: a second one of a year, an EPCI and a financing may be another version of the first.
WITH rang AS (
    SELECT s.fichier, s.ligne, s.annee, s.financement,
           ROW_NUMBER() OVER (PARTITION BY s.annee, s.epci, s.financement ORDER BY s.fichier, s.ligne) AS rang
    FROM source_programmation s
)
SELECT r.fichier, r.ligne, CASE WHEN r.rang > 1 THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(r.annee AS VARCHAR) || ', ' || r.financement AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM rang r
