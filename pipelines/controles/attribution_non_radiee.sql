-- A lease signed by 31/12/N whose demand is still active then: it should have been struck off (CCH R441-2-8). One part of the
-- numéros uniques at a time, where there are several years of leases.
SELECT s.fichier, s.ligne,
       CASE WHEN d.numero_unique IS NULL THEN 'non_evaluable'
            WHEN s.date_bail > p.fin_annee OR d.date_depot > s.date_bail THEN 'hors_champ'
            WHEN d.active = 1 THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, s.bailleur
FROM source_attributions s
CROSS JOIN parametres p
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique AND d.numero_unique BETWEEN $premier AND $dernier
WHERE s.numero_unique BETWEEN $premier AND $dernier
