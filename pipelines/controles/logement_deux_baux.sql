-- A dwelling let twice on one day of N: its identifier is another's, or the lease stands under two numéros uniques.
WITH bail AS (
    SELECT s.fichier, s.ligne, s.bailleur, s.numero_unique,
           FIRST_VALUE(s.numero_unique) OVER (PARTITION BY s.id_rpls, s.date_bail ORDER BY s.fichier, s.ligne) AS premier
    FROM source_attributions s
    CROSS JOIN parametres p
    WHERE s.id_rpls IS NOT NULL AND EXTRACT(YEAR FROM s.date_bail) = p.millesime
)
SELECT b.fichier, b.ligne, CASE WHEN b.numero_unique <> b.premier THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, b.bailleur
FROM bail b
UNION ALL
SELECT s.fichier, s.ligne, CASE WHEN EXTRACT(YEAR FROM s.date_bail) = p.millesime THEN 'non_evaluable' ELSE 'hors_champ' END,
       CAST(NULL AS VARCHAR), s.bailleur
FROM source_attributions s
CROSS JOIN parametres p
WHERE s.id_rpls IS NULL OR EXTRACT(YEAR FROM s.date_bail) <> p.millesime
