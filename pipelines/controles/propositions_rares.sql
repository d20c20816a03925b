-- A landlord that signs as many leases in N as the parameter effectif_minimal, and to which fewer proposals are read than leases: the
-- report of CCH R441-5-1 says both, and a dwelling is proposed before it is let. Where no event names anybody, no landlord is to
-- blame.
WITH compte AS (
    SELECT f.bailleur, COALESCE(SUM(f.proposes), 0) AS proposes, SUM(f.attributions) AS attributions
    FROM flux f
    GROUP BY f.bailleur
),
dit AS (
    SELECT COUNT(f.proposes) AS lignes FROM flux f
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN c.attributions < p.effectif_minimal OR d.lignes = 0 THEN 'hors_champ'
            WHEN c.proposes < c.attributions THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, c.bailleur) || ', ' || CAST(CAST(c.proposes AS BIGINT) AS VARCHAR)
           || CASE WHEN c.proposes > 1 THEN ' propositions pour ' ELSE ' proposition pour ' END
           || CAST(CAST(c.attributions AS BIGINT) AS VARCHAR) || ' baux' AS valeur,
       c.bailleur
FROM compte c
CROSS JOIN parametres p
CROSS JOIN dit d
LEFT JOIN nomme n ON n.siren = c.bailleur
