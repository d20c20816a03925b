-- A count of the stock far from the one that the ministry published for the same place.
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN o.calcule IS NULL OR o.officiel IS NULL THEN 'non_evaluable'
            WHEN ABS(o.ecart) > p.ecart_officiel_max * o.officiel THEN 'echec'
            ELSE 'conforme' END AS etat,
       o.libelle || ', ' || CASE o.mesure WHEN 'logements_qpv' THEN 'logements en QPV' ELSE o.mesure END || ' : ' || CAST(o.officiel AS VARCHAR) || ' publiés, '
           || CAST(o.calcule AS VARCHAR) || ' comptés' AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM rpls_officiel o
CROSS JOIN parametres p
