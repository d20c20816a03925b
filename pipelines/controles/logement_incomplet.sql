-- A dwelling that lacks what a rate of the stock asks of it, in a source that says it of others: the rate counts it as a no, or
-- leaves it out.
SELECT r.fichier, r.ligne,
       CASE WHEN r.MODE = '9' THEN 'hors_champ'
            WHEN p.a_rpls_mode = 1 AND r.MODE IS NULL OR p.a_rpls_qpv = 1 AND r.QPV IS NULL
                 OR p.a_rpls_mobilite = 1 AND r.MODE IN ('1', '2') AND r.LOCAT IS NULL
                 OR p.a_rpls_mobilite = 1 AND r.MODE = '1' AND r.LOCAT < p.millesime_rpls - 1 AND r.BAIL IS NULL
                 OR p.a_rpls_vacance = 1 AND r.MODE = '2' AND r.duree_vacance IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN p.a_rpls_mode = 1 AND r.MODE IS NULL THEN 'mode d''occupation'
            WHEN p.a_rpls_qpv = 1 AND r.QPV IS NULL THEN 'zone'
            WHEN r.MODE = '2' AND p.a_rpls_vacance = 1 AND r.duree_vacance IS NULL THEN 'durée de vacance'
            WHEN r.LOCAT IS NULL THEN 'première mise en location'
            ELSE 'date du bail' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM source_rpls r
CROSS JOIN parametres p
