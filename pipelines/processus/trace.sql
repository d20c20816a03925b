-- The events behind a step of the process, each at the place of its dwelling (stock, else the lease of that dwelling), else of its
-- lease, else of its demand's first choice; `lieu` says which. A demand counts once, by its first event.
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
),
evenement AS (
    SELECT e.fichier, e.ligne, e.numero_unique, e.type, e.date, e.bailleur, e.rang, e.decision, e.motif,
           COALESCE(g.commune, b.commune, s.commune, d.commune) AS commune,
           CASE WHEN g.commune IS NOT NULL THEN 'logement' WHEN b.commune IS NOT NULL THEN 'bail du logement'
                WHEN s.commune IS NOT NULL THEN 'bail de la demande' ELSE 'premier choix' END AS lieu,
           d.menage
    FROM source_evenements e
    CROSS JOIN parametres p
    LEFT JOIN logement g ON g.id_rpls = e.id_rpls
    LEFT JOIN loue b ON b.id_rpls = e.id_rpls
    LEFT JOIN signataire s ON s.numero_unique = e.numero_unique
    LEFT JOIN demandes d ON d.numero_unique = e.numero_unique
    WHERE EXTRACT(YEAR FROM e.date) = p.millesime
)
SELECT e.fichier, e.ligne, e.numero_unique, e.date, e.type, e.commune, e.lieu, e.bailleur, e.rang, e.decision, e.motif,
       CASE WHEN e.menage = 0 THEN 'personne morale' END AS ecarte, TRUE AS dans_nombre,
       ROW_NUMBER() OVER (PARTITION BY e.numero_unique ORDER BY e.fichier, e.ligne) = 1 AS dans_demandes_concernees
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN evenement e ON e.commune = l.commune AND e.type = a.evenement
ORDER BY e.fichier, e.ligne
