-- One SIREN is one landlord: two names or two families are one too many.
SELECT s.fichier, s.ligne,
       CASE WHEN s.nom <> g.nom OR COALESCE(s.famille, '') <> COALESCE(g.famille, '') THEN 'echec' ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, s.siren AS bailleur
FROM source_bailleurs s
JOIN (SELECT l.siren, MIN(l.nom) AS nom, MIN(l.famille) AS famille FROM source_bailleurs l GROUP BY l.siren) g
    ON g.siren = s.siren
