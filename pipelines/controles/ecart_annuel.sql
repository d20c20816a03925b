-- A headline figure far from the year before's: counts of an EPCI that move by more than the parameter ecart_annuel_max.
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN t.annee <> p.millesime OR t.niveau NOT IN ('epci', 'territoire') OR t.valeur IS NULL
                 OR t.indicateur NOT IN ('demandes_actives', 'attributions', 'logements') THEN 'hors_champ'
            WHEN a.valeur IS NULL THEN 'non_evaluable'
            WHEN a.comparable = 0 THEN 'hors_champ'
            WHEN a.valeur < p.effectif_minimal THEN 'hors_champ'
            WHEN ABS(t.valeur - a.valeur) > p.ecart_annuel_max * a.valeur THEN 'echec'
            ELSE 'conforme' END AS etat,
       t.libelle || ', ' || CASE t.indicateur WHEN 'demandes_actives' THEN 'demandes actives' ELSE t.indicateur END || ' : ' || CAST(CAST(a.valeur AS BIGINT) AS VARCHAR) || ' → '
           || CAST(CAST(t.valeur AS BIGINT) AS VARCHAR) AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM tendance t
CROSS JOIN parametres p
LEFT JOIN tendance a ON a.niveau = t.niveau AND a.code = t.code AND a.indicateur = t.indicateur AND a.annee = p.millesime - 1
