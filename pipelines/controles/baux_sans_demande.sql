-- A landlord that signs as many leases in N as the parameter effectif_minimal, half of which or more have no demand in the
-- register: numbers may be written otherwise in one file than in the other, which reads as a register that knows nothing.
WITH bail AS (
    SELECT s.bailleur, COUNT(*) AS baux, COUNT(d.numero_unique) AS connus
    FROM source_attributions s
    CROSS JOIN parametres p
    LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
    GROUP BY s.bailleur
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN b.baux < p.effectif_minimal THEN 'hors_champ'
            WHEN 2 * b.connus <= b.baux THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, b.bailleur) || ', ' || CAST(b.baux - b.connus AS VARCHAR) || ' baux sur ' || CAST(b.baux AS VARCHAR) AS valeur,
       b.bailleur
FROM bail b
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = b.bailleur
