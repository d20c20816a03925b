-- The stock is told to be that of 1 January of the year millesime_rpls: no lease began that year or later, or few, and a share of
-- those still running began in the year before. A file of another year gives a mobility of nought, or of two years. Where a file
-- tells no lease, nothing is built that year or later.
WITH compte AS (
    SELECT r.fichier, COUNT(r.BAIL) AS baux,
           COUNT(CASE WHEN EXTRACT(YEAR FROM r.BAIL) >= p.millesime_rpls THEN 1 END) AS baux_depuis,
           COUNT(CASE WHEN EXTRACT(YEAR FROM r.BAIL) = p.millesime_rpls - 1 THEN 1 END) AS baux_avant,
           COUNT(CASE WHEN r.CONSTRUCT >= p.millesime_rpls THEN 1 END) AS acheves_depuis,
           COUNT(CASE WHEN r.CONSTRUCT = p.millesime_rpls - 1 THEN 1 END) AS acheves_avant
    FROM source_rpls r
    CROSS JOIN parametres p
    GROUP BY r.fichier
),
juge AS (
    SELECT c.fichier, c.baux_depuis, c.baux_avant, c.acheves_depuis,
           CASE WHEN c.baux > 0 AND c.baux < p.effectif_minimal THEN 'hors_champ'
                WHEN c.baux > 0 AND 2 * c.baux_depuis > c.baux_avant THEN 'baux_depuis'
                WHEN c.baux > 0 AND 100 * c.baux_avant < c.baux THEN 'baux_avant'
                WHEN c.baux > 0 THEN 'conforme'
                WHEN c.acheves_depuis + c.acheves_avant < p.effectif_minimal THEN 'hors_champ'
                WHEN 2 * c.acheves_depuis > c.acheves_avant THEN 'acheves_depuis'
                ELSE 'conforme' END AS issue
    FROM compte c
    CROSS JOIN parametres p
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN j.issue IN ('conforme', 'hors_champ') THEN j.issue ELSE 'echec' END AS etat,
       j.fichier || ', dit de ' || CAST(p.millesime_rpls AS VARCHAR) || ', '
           || CASE j.issue WHEN 'baux_avant' THEN CAST(j.baux_avant AS VARCHAR) || ' baux signés l''année d''avant'
                           WHEN 'baux_depuis' THEN CAST(j.baux_depuis AS VARCHAR) || ' baux signés cette année-là ou après'
                           ELSE CAST(j.acheves_depuis AS VARCHAR) || ' logements achevés cette année-là ou après' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM juge j
CROSS JOIN parametres p
