-- The zone that the landlord declares on the lease against the one it declares in the stock.
SELECT s.fichier, s.ligne,
       CASE WHEN p.a_rpls_identifiant = 0 THEN 'hors_champ'
            WHEN s.qpv IS NULL OR l.qpv IS NULL THEN 'non_evaluable'
            WHEN (CASE WHEN s.qpv THEN 1 ELSE 0 END) <> l.qpv THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN s.qpv THEN 'bail en QPV, RPLS hors QPV' ELSE 'bail hors QPV, RPLS en QPV' END AS valeur, s.bailleur
FROM source_attributions s
CROSS JOIN parametres p
LEFT JOIN logements l ON l.id_rpls = s.id_rpls
