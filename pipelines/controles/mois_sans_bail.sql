-- A month of N, over when the register was extracted, without a lease of a landlord that signs as many in the year as the
-- parameter effectif_minimal: its file may stop early, or lack one of its parts.
WITH bail AS (
    SELECT s.bailleur, EXTRACT(MONTH FROM s.date_bail) AS mois, COUNT(*) AS baux
    FROM source_attributions s
    CROSS JOIN parametres p
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
    GROUP BY s.bailleur, EXTRACT(MONTH FROM s.date_bail)
),
annee AS (
    SELECT b.bailleur, SUM(b.baux) AS baux FROM bail b GROUP BY b.bailleur
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN a.baux < p.effectif_minimal
                 OR 12 * EXTRACT(YEAR FROM p.date_extraction) + EXTRACT(MONTH FROM p.date_extraction)
                    <= 12 * p.millesime + m.mois THEN 'hors_champ'
            WHEN b.baux IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, a.bailleur) || ', ' || CASE WHEN m.mois < 10 THEN '0' ELSE '' END || CAST(m.mois AS VARCHAR) || '/'
           || CAST(p.millesime AS VARCHAR) AS valeur,
       a.bailleur
FROM annee a
CROSS JOIN mois m
CROSS JOIN parametres p
LEFT JOIN bail b ON b.bailleur = a.bailleur AND b.mois = m.mois
LEFT JOIN nomme n ON n.siren = a.bailleur
