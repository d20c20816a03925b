-- Steps of the allocation process in N, by territory: how many, for how many demands, how many a lease (arrêté of 7 March
-- 2008; figures that a shared register gives its partners).
WITH etape AS (
    SELECT DISTINCT c.niveau, c.code, c.libelle, t.evenement
    FROM cadre c
    CROSS JOIN types_evenements t
),
compte AS (
    SELECT b.niveau, b.code, b.libelle, b.evenement, SUM(b.nombre) AS nombre, SUM(b.demandes) AS demandes_concernees
    FROM processus_base b
    JOIN types_evenements t ON t.evenement = b.evenement
    GROUP BY b.niveau, b.code, b.libelle, b.evenement
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
