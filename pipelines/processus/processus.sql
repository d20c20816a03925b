-- Steps of the allocation process in N, by territory: how many, for how many demands, how many a lease (arrêté of 7 March
-- 2008; figures that a shared register gives its partners).
WITH etape AS (
    SELECT DISTINCT c.niveau, c.code, c.libelle, t.evenement
    FROM cadre c
    CROSS JOIN types_evenements t
),
par_commune AS (
    SELECT e.commune, e.type AS evenement, e.numero_unique, COUNT(*) AS nombre
    FROM evenements e
    WHERE e.menage = 1 AND e.commune IS NOT NULL
    GROUP BY e.commune, e.type, e.numero_unique
),
-- A demand met in one commune adds up from communes; one met in several is counted once in each territory above them.
plusieurs AS (
    SELECT evenement, numero_unique FROM par_commune GROUP BY evenement, numero_unique HAVING COUNT(*) > 1
),
partage AS (
    SELECT c.commune, c.evenement, c.numero_unique, c.nombre, CASE WHEN p.numero_unique IS NULL THEN 1 ELSE 0 END AS seule
    FROM par_commune c
    LEFT JOIN plusieurs p ON p.evenement = c.evenement AND p.numero_unique = c.numero_unique
),
base AS (
    SELECT commune, evenement, SUM(nombre) AS nombre, SUM(seule) AS demandes
    FROM partage
    GROUP BY commune, evenement
),
somme AS (
    SELECT l.niveau, l.code, l.libelle, b.evenement, SUM(b.nombre) AS nombre, SUM(b.demandes) AS demandes
    FROM base b
    JOIN lieux l ON l.commune = b.commune
    GROUP BY l.niveau, l.code, l.libelle, b.evenement
),
repetees AS (
    SELECT l.niveau, l.code, s.evenement, COUNT(DISTINCT s.numero_unique) AS demandes
    FROM partage s
    JOIN lieux l ON l.commune = s.commune
    WHERE s.seule = 0
    GROUP BY l.niveau, l.code, s.evenement
),
compte AS (
    SELECT c.niveau, c.code, c.libelle, c.evenement, c.nombre,
           c.demandes + COALESCE(r.demandes, 0) AS demandes_concernees
    FROM somme c
    LEFT JOIN repetees r ON r.niveau = c.niveau AND r.code = c.code AND r.evenement = c.evenement
)
SELECT p.millesime,
       COALESCE(c.niveau, t.niveau) AS niveau, COALESCE(c.code, t.code) AS code, COALESCE(c.libelle, t.libelle) AS libelle,
       COALESCE(c.evenement, t.evenement) AS evenement,
       CASE WHEN p.a_evenements = 1 THEN CAST(COALESCE(c.nombre, 0) AS BIGINT) END AS nombre,
       CASE WHEN p.a_evenements = 1 THEN CAST(COALESCE(c.demandes_concernees, 0) AS BIGINT) END AS demandes_concernees,
       CASE WHEN p.a_evenements = 1 THEN CAST(COALESCE(c.nombre, 0) AS DOUBLE) / NULLIF(a.attributions, 0) END AS par_attribution
FROM etape t
FULL JOIN compte c ON c.niveau = t.niveau AND c.code = t.code AND c.evenement = t.evenement
CROSS JOIN parametres p
LEFT JOIN attributions a
    ON a.niveau = COALESCE(c.niveau, t.niveau) AND a.code = COALESCE(c.code, t.code)
    AND a.population = 'ensemble' AND a.typologie = 'ensemble'
ORDER BY niveau, code, evenement
