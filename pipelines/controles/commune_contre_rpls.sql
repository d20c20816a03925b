-- The commune that the lease gives its dwelling against the one where the stock has it.
SELECT s.fichier, s.ligne,
       CASE WHEN p.a_rpls_identifiant = 0 THEN 'hors_champ'
            WHEN l.commune IS NULL THEN 'non_evaluable'
            WHEN s.commune <> l.commune THEN 'echec'
            ELSE 'conforme' END AS etat,
       'bail ' || s.commune || ', RPLS ' || l.commune AS valeur, s.bailleur
FROM source_attributions s
CROSS JOIN parametres p
LEFT JOIN logements l ON l.id_rpls = s.id_rpls
