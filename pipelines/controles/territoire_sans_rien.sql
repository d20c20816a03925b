-- A whole département of the perimeter, or a whole EPCI that no such département holds, of which no source has a demand, a lease
-- or a dwelling: the perimeter is wider than the files, or one of them is missing.
WITH departements AS (
    SELECT c.departement, MIN(c.perimetre) AS entier FROM communes c GROUP BY c.departement
),
entiers AS (
    SELECT 'departement' AS niveau, d.departement AS code FROM departements d WHERE d.entier = 1
    UNION ALL
    SELECT 'epci' AS niveau, c.epci AS code
    FROM communes c
    JOIN departements d ON d.departement = c.departement
    WHERE c.epci IS NOT NULL
    GROUP BY c.epci
    HAVING MIN(c.perimetre) = 1 AND MIN(d.entier) = 0
),
comptes AS (
    SELECT t.niveau, t.code, MIN(t.libelle) AS libelle,
           MAX(CASE WHEN t.indicateur IN ('demandes_actives', 'attributions', 'logements') THEN t.valeur END) AS le_plus
    FROM tendance t
    CROSS JOIN parametres p
    WHERE t.annee = p.millesime AND t.niveau IN ('departement', 'epci')
    GROUP BY t.niveau, t.code
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN e.code IS NULL OR c.le_plus IS NULL THEN 'hors_champ'
            WHEN c.le_plus > 0 THEN 'conforme'
            ELSE 'echec' END AS etat,
       c.libelle AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM comptes c
LEFT JOIN entiers e ON e.niveau = c.niveau AND e.code = c.code
