-- The events of N, each at the place of its dwelling (stock, else the lease of that dwelling), else of its lease, else of its
-- demand's first choice; `lieu` says which.
WITH logement AS (
    SELECT r.IDENT_REP AS id_rpls, MIN(r.DEPCOM) AS commune
    FROM source_rpls r
    JOIN (SELECT DISTINCT e.id_rpls FROM source_evenements e) n ON n.id_rpls = r.IDENT_REP
    GROUP BY r.IDENT_REP
    HAVING MIN(r.DEPCOM) = MAX(r.DEPCOM)
),
loue AS (
    SELECT f.id_rpls, MIN(f.commune) AS commune
    FROM faits_attributions f
    GROUP BY f.id_rpls
    HAVING MIN(f.commune) = MAX(f.commune)
),
signataire AS (
    SELECT f.numero_unique, MIN(f.commune) AS commune
    FROM faits_attributions f
    GROUP BY f.numero_unique
    HAVING MIN(f.commune) = MAX(f.commune)
)
SELECT e.fichier, e.ligne, e.numero_unique, e.date, e.type,
       COALESCE(g.commune, b.commune, s.commune, d.commune) AS commune,
       CASE WHEN g.commune IS NOT NULL THEN 'logement' WHEN b.commune IS NOT NULL THEN 'bail du logement'
            WHEN s.commune IS NOT NULL THEN 'bail de la demande' ELSE 'premier choix' END AS lieu,
       e.bailleur, e.id_rpls, e.rang, e.decision, e.motif, COALESCE(d.menage, 1) AS menage
FROM source_evenements e
CROSS JOIN parametres p
LEFT JOIN logement g ON g.id_rpls = e.id_rpls
LEFT JOIN loue b ON b.id_rpls = e.id_rpls
LEFT JOIN signataire s ON s.numero_unique = e.numero_unique
LEFT JOIN demandes d ON d.numero_unique = e.numero_unique
WHERE EXTRACT(YEAR FROM e.date) = p.millesime
