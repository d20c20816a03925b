-- Events of the year, each at the place of its dwelling (stock, else the lease of that dwelling), else of its lease, else
-- of its demand's first choice; those of bodies corporate stay apart.
WITH bail AS (
    SELECT f.id_rpls, MIN(f.commune) AS commune
    FROM faits f
    WHERE f.id_rpls IS NOT NULL
    GROUP BY f.id_rpls
    HAVING MIN(f.commune) = MAX(f.commune)
),
signataire AS (
    SELECT f.numero_unique, MIN(f.commune) AS commune
    FROM faits f
    WHERE f.numero_unique BETWEEN $premier AND $dernier
    GROUP BY f.numero_unique
    HAVING MIN(f.commune) = MAX(f.commune)
)
SELECT e.numero_unique, e.type, e.bailleur, e.id_rpls,
       COALESCE(l.commune, b.commune, s.commune, d.commune) AS commune,
       COALESCE(d.menage, 1) AS menage,
       CASE e.type WHEN 'commission' THEN e.decision WHEN 'refus' THEN e.motif END AS issue
FROM source_evenements e
CROSS JOIN parametres p
LEFT JOIN logements l ON l.id_rpls = e.id_rpls
LEFT JOIN bail b ON b.id_rpls = e.id_rpls
LEFT JOIN signataire s ON s.numero_unique = e.numero_unique
LEFT JOIN demandes_nommees d ON d.numero_unique = e.numero_unique AND d.numero_unique BETWEEN $premier AND $dernier
WHERE e.numero_unique BETWEEN $premier AND $dernier AND EXTRACT(YEAR FROM e.date) = p.millesime
