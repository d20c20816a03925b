-- A landlord of the list that signs no lease in N, when others do: its file may not have been given.
WITH signe AS (
    SELECT DISTINCT s.bailleur
    FROM source_attributions s
    CROSS JOIN parametres p
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN s.bailleur IS NOT NULL THEN 'conforme'
            WHEN n.signataires = 0 THEN 'hors_champ'
            ELSE 'echec' END AS etat,
       l.nom AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM nomme l
CROSS JOIN (SELECT COUNT(*) AS signataires FROM signe) n
LEFT JOIN signe s ON s.bailleur = l.siren
