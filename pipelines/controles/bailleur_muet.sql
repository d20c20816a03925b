-- A landlord that signs as many leases in N as the parameter effectif_minimal and never says of one whether its household was
-- rehoused, or how its dwelling was financed; or of no household of which anybody says, lease or demand, whether it is a priority.
-- A rule then counts nobody rehoused or nobody of the priority publics (CCH L441-1), and leaves out no intermediate housing.
WITH compte AS (
    SELECT s.bailleur, COUNT(*) AS baux, COUNT(s.relogement) AS relogements, COUNT(s.financement) AS financements,
           SUM(CASE WHEN s.dalo IS NULL AND s.prioritaire IS NULL AND d.dalo IS NULL AND d.prioritaire IS NULL THEN 0
                    ELSE 1 END) AS priorites
    FROM source_attributions s
    CROSS JOIN parametres p
    LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
    GROUP BY s.bailleur
),
sujet AS (
    SELECT c.bailleur, c.baux, 'relogement' AS sujet, c.relogements AS renseignes FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'financement', c.financements FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'DALO ou priorité', c.priorites FROM compte c
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN s.baux < p.effectif_minimal THEN 'hors_champ'
            WHEN s.renseignes = 0 THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, s.bailleur) || ', ' || s.sujet || ', ' || CAST(s.baux AS VARCHAR) || ' baux' AS valeur,
       s.bailleur
FROM sujet s
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = s.bailleur
