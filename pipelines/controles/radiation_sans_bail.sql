-- A demand of the perimeter struck off for an allocation in N of which no lease is given: leases may be missing, and with them
-- a part of what every rule is counted on. One struck off within a month of the first lease given may follow an earlier one.
-- One part of the numéros uniques at a time, where there are many years of leases.
WITH bail AS (
    SELECT DISTINCT a.numero_unique
    FROM source_attributions a
    WHERE a.numero_unique BETWEEN $premier AND $dernier
),
donnes AS (
    SELECT MIN(a.date_bail) AS premier_bail FROM source_attributions a
)
SELECT d.fichier, d.ligne,
       CASE WHEN c.perimetre = 1 THEN
            CASE WHEN b.numero_unique IS NOT NULL THEN 'conforme'
                 WHEN d.date_radiation - p.premier_bail <= 31 THEN 'non_evaluable'
                 ELSE 'echec' END
            ELSE 'hors_champ' END AS etat,
       CAST(d.date_radiation AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demandes d
CROSS JOIN donnes p
LEFT JOIN communes c ON c.commune = d.commune
LEFT JOIN bail b ON b.numero_unique = d.numero_unique
WHERE d.radiee = 1 AND d.motif_radiation = 'RADATT' AND d.numero_unique BETWEEN $premier AND $dernier
