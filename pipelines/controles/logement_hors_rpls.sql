-- A leased dwelling that the stock does not hold under its identifier.
SELECT s.fichier, s.ligne,
       CASE WHEN p.a_rpls_identifiant = 0 THEN 'hors_champ'
            WHEN s.id_rpls IS NULL THEN 'non_evaluable'
            WHEN l.id_rpls IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, s.bailleur
FROM source_attributions s
CROSS JOIN parametres p
LEFT JOIN logements l ON l.id_rpls = s.id_rpls
