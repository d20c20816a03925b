-- Exits of the year by motive (nomenclature SNE): households' demands struck off in N.
WITH sortie AS (
    SELECT d.commune, COALESCE(d.motif_radiation, 'inconnu') AS motif, COUNT(*) AS radiees
    FROM demandes d
    WHERE d.menage = 1 AND d.radiee = 1
    GROUP BY d.commune, COALESCE(d.motif_radiation, 'inconnu')
),
agrege AS (
    SELECT l.niveau, l.code, l.libelle, s.motif, SUM(s.radiees) AS radiees
    FROM sortie s
    JOIN lieux l ON l.commune = s.commune
    GROUP BY l.niveau, l.code, l.libelle, s.motif
    UNION ALL
    SELECT d.niveau, d.code, d.libelle, 'ensemble', d.radiees
    FROM demande d
    WHERE d.population = 'ensemble' AND d.typologie = 'ensemble'
)
SELECT p.millesime, a.niveau, a.code, a.libelle, a.motif, CAST(a.radiees AS BIGINT) AS radiees,
       CAST(a.radiees AS DOUBLE) / NULLIF(d.radiees, 0) AS part
FROM agrege a
CROSS JOIN parametres p
JOIN demande d ON d.niveau = a.niveau AND d.code = a.code AND d.population = 'ensemble' AND d.typologie = 'ensemble'
ORDER BY niveau, code, motif
