-- A lease whose demand the register does not hold. One part of the numéros uniques at a time,
-- where there are several years of leases.
SELECT s.fichier, s.ligne,
       CASE WHEN d.numero_unique IS NULL THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, s.bailleur
FROM source_attributions s
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique AND d.numero_unique BETWEEN $premier AND $dernier
WHERE s.numero_unique BETWEEN $premier AND $dernier
