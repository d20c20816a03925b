-- One household does not sign two leases with one landlord on one day: the same lease given twice counts twice. One part of
-- the numéros uniques at a time, where there are several years of leases.
WITH rang AS (
    SELECT s.fichier, s.ligne, s.bailleur,
           ROW_NUMBER() OVER (PARTITION BY s.numero_unique, s.date_bail, s.bailleur ORDER BY s.fichier, s.ligne) AS rang
    FROM source_attributions s
    WHERE s.numero_unique BETWEEN $premier AND $dernier
)
SELECT r.fichier, r.ligne, CASE WHEN r.rang > 1 THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, r.bailleur
FROM rang r
