-- The stock is told to be that of 1 January of the year millesime_rpls: most leases still running began in the year before, and
-- hardly one that year or later. A file of another year gives a mobility of nought, or of two years. Where a file tells no lease,
-- nothing is built that year or later.
WITH annee AS (
    SELECT r.fichier, EXTRACT(YEAR FROM r.BAIL) AS bail, r.CONSTRUCT AS construction, COUNT(*) AS logements
    FROM source_rpls r
    GROUP BY r.fichier, EXTRACT(YEAR FROM r.BAIL), r.CONSTRUCT
),
signe AS (
    SELECT a.fichier, a.bail, SUM(a.logements) AS logements
    FROM annee a
    WHERE a.bail IS NOT NULL
    GROUP BY a.fichier, a.bail
),
bail AS (
    SELECT s.fichier,
           SUM(CASE WHEN s.bail >= p.millesime_rpls THEN s.logements ELSE 0 END) AS depuis,
           SUM(CASE WHEN s.bail = p.millesime_rpls - 1 THEN s.logements ELSE 0 END) AS dernier,
           MAX(CASE WHEN s.bail < p.millesime_rpls - 1 THEN s.logements ELSE 0 END) AS auparavant
    FROM signe s
    CROSS JOIN parametres p
    GROUP BY s.fichier
),
construit AS (
    SELECT a.fichier,
           SUM(CASE WHEN a.construction >= p.millesime_rpls THEN a.logements ELSE 0 END) AS depuis,
           SUM(CASE WHEN a.construction = p.millesime_rpls - 1 THEN a.logements ELSE 0 END) AS dernier
    FROM annee a
    CROSS JOIN parametres p
    GROUP BY a.fichier
),
compte AS (
    SELECT c.fichier, CASE WHEN b.fichier IS NULL THEN 0 ELSE 1 END AS de_baux,
           CASE WHEN b.fichier IS NULL THEN c.depuis ELSE b.depuis END AS depuis,
           CASE WHEN b.fichier IS NULL THEN c.dernier ELSE b.dernier END AS dernier,
           COALESCE(b.auparavant, 0) AS auparavant
    FROM construit c
    LEFT JOIN bail b ON b.fichier = c.fichier
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN c.depuis + c.dernier + c.auparavant < p.effectif_minimal THEN 'hors_champ'
            WHEN 2 * c.depuis > c.dernier OR 2 * c.dernier < c.auparavant THEN 'echec'
            ELSE 'conforme' END AS etat,
       c.fichier || ', dit de ' || CAST(p.millesime_rpls AS VARCHAR) || ', '
           || CASE WHEN 2 * c.depuis > c.dernier
                   THEN CAST(CAST(c.depuis AS BIGINT) AS VARCHAR)
                        || CASE WHEN c.de_baux = 1 THEN ' baux signés' ELSE ' logements achevés' END || ' cette année-là ou après'
                   ELSE CAST(CAST(c.dernier AS BIGINT) AS VARCHAR) || ' baux signés l''année d''avant' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM compte c
CROSS JOIN parametres p
