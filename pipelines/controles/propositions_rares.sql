-- A landlord that signs as many leases in N as the parameter effectif_minimal, and to which fewer proposals are read than leases: the
-- report of CCH R441-5-1 says both, and a dwelling is proposed before it is let.
WITH compte AS (
    SELECT f.bailleur, SUM(f.proposes) AS proposes, SUM(f.attributions) AS attributions
    FROM flux f
    GROUP BY f.bailleur
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN c.attributions < p.effectif_minimal THEN 'hors_champ'
            WHEN c.proposes < c.attributions THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, c.bailleur) || ', ' || CAST(CAST(c.proposes AS BIGINT) AS VARCHAR)
           || CASE WHEN c.proposes > 1 THEN ' propositions pour ' ELSE ' proposition pour ' END
           || CAST(CAST(c.attributions AS BIGINT) AS VARCHAR) || ' baux' AS valeur,
       c.bailleur
FROM compte c
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = c.bailleur
