-- A département with more refusals than proposals, of which it has as many as the parameter effectif_minimal: a refusal answers a
-- proposal, and the share refused would pass 1. Their types may have been taken for one another.
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN r.nombre IS NULL OR c.nombre < p.effectif_minimal THEN 'hors_champ'
            WHEN r.nombre > c.nombre THEN 'echec'
            ELSE 'conforme' END AS etat,
       r.libelle || ', ' || CAST(r.nombre AS VARCHAR) || ' refus pour ' || CAST(c.nombre AS VARCHAR) || ' propositions' AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM processus r
CROSS JOIN parametres p
JOIN processus c ON c.niveau = r.niveau AND c.code = r.code AND c.evenement = 'proposition'
WHERE r.niveau = 'departement' AND r.evenement = 'refus'
