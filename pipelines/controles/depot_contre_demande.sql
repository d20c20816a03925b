-- The deposit that a lease gives against that of its demand, more than 31 days apart: a landlord's file may carry the last
-- renewal, which shortens the wait.
SELECT s.fichier, s.ligne,
       CASE WHEN s.date_depot IS NULL OR d.date_depot IS NULL THEN 'non_evaluable'
            WHEN s.date_depot - d.date_depot > 31 OR d.date_depot - s.date_depot > 31 THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN s.date_depot > d.date_depot THEN 'dépôt du bail postérieur' ELSE 'dépôt du bail antérieur' END AS valeur,
       s.bailleur
FROM source_attributions s
LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
