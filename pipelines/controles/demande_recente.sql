-- A département of whose active demands, as many as the parameter effectif_minimal, fewer than a tenth are older than a year: the
-- register may give the last renewal for the deposit, from which waits and seniority are counted.
WITH compte AS (
    SELECT d.code, d.libelle, d.actives, d.moins_1_an
    FROM demande d
    WHERE d.niveau = 'departement' AND d.population = 'ensemble' AND d.typologie = 'ensemble'
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN c.actives < p.effectif_minimal THEN 'hors_champ'
            WHEN 10 * (c.actives - c.moins_1_an) < c.actives THEN 'echec'
            ELSE 'conforme' END AS etat,
       c.libelle || ', ' || CAST(c.actives - c.moins_1_an AS VARCHAR) || ' demandes de plus d''un an sur '
           || CAST(c.actives AS VARCHAR) AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM compte c
CROSS JOIN parametres p
