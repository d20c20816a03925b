-- A demand struck off for an allocation more than half a year before or after its lease: the year of one of them may be
-- mistyped, as in January, and a lease counts in its year.
SELECT s.fichier, s.ligne,
       CASE WHEN d.date_radiation IS NULL OR d.motif_radiation IS NULL OR d.motif_radiation <> 'RADATT' THEN 'non_evaluable'
            WHEN d.date_radiation - s.date_bail > 183 OR s.date_bail - d.date_radiation > 183 THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN EXTRACT(YEAR FROM s.date_bail) = EXTRACT(YEAR FROM d.date_radiation) THEN 'même année'
            ELSE 'bail de ' || CAST(EXTRACT(YEAR FROM s.date_bail) AS VARCHAR) || ', radiation de '
                 || CAST(EXTRACT(YEAR FROM d.date_radiation) AS VARCHAR) END AS valeur,
       s.bailleur
FROM source_attributions s
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
