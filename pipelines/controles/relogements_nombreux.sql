-- A landlord that signs as many leases in N as the parameter effectif_minimal, half of which or more are said to rehouse a
-- household: the column may say every move, and the rule of CCH L441-1 counts them all.
WITH compte AS (
    SELECT s.bailleur, COUNT(*) AS baux,
           SUM(CASE WHEN s.relogement IN ('oui', 'NPNRU', 'ORCOD') THEN 1 ELSE 0 END) AS relogements
    FROM source_attributions s
    CROSS JOIN parametres p
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
    GROUP BY s.bailleur
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN c.baux < p.effectif_minimal THEN 'hors_champ'
            WHEN 2 * c.relogements >= c.baux THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, c.bailleur) || ', ' || CAST(c.relogements AS VARCHAR) || ' relogements sur ' || CAST(c.baux AS VARCHAR)
           || ' baux' AS valeur,
       c.bailleur
FROM compte c
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = c.bailleur
