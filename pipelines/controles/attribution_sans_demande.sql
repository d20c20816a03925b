-- A lease whose demand the register does not hold.
SELECT s.fichier, s.ligne,
       CASE WHEN d.numero_unique IS NULL THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, s.bailleur
FROM source_attributions s
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
