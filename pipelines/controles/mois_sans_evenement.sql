-- A month of N, over when the register was extracted, without an event of a type of which there are as many in the year as the
-- parameter effectif_minimal: the extract may stop early, or lack one of its parts.
WITH evenement AS (
    SELECT e.type, EXTRACT(MONTH FROM e.date) AS mois, COUNT(*) AS nombre
    FROM source_evenements e
    CROSS JOIN parametres p
    WHERE EXTRACT(YEAR FROM e.date) = p.millesime
    GROUP BY e.type, EXTRACT(MONTH FROM e.date)
),
annee AS (
    SELECT x.type, SUM(x.nombre) AS nombre FROM evenement x GROUP BY x.type
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN a.nombre < p.effectif_minimal
                 OR 12 * EXTRACT(YEAR FROM p.date_extraction) + EXTRACT(MONTH FROM p.date_extraction)
                    <= 12 * p.millesime + m.mois THEN 'hors_champ'
            WHEN x.nombre IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       a.type || ', ' || CASE WHEN m.mois < 10 THEN '0' ELSE '' END || CAST(m.mois AS VARCHAR) || '/'
           || CAST(p.millesime AS VARCHAR) AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM annee a
CROSS JOIN mois m
CROSS JOIN parametres p
LEFT JOIN evenement x ON x.type = a.type AND x.mois = m.mois
