-- Demands active at D = 31/12/N past the préfet's delay (CCH L441-1-4): deposit + delay < D, in calendar months. The
-- delay is that of the commune of first choice, for the typology if it has one of its own; a demand of a commune without
-- any is out.
WITH seuil AS (
    SELECT d.commune, d.typologie, COALESCE(t.mois, e.mois) AS mois,
           CASE WHEN d.date_depot + COALESCE(t.mois, e.mois) * INTERVAL '1' MONTH < p.fin_annee THEN 1 ELSE 0 END AS au_dela
    FROM demandes d
    CROSS JOIN parametres p
    JOIN communes c ON c.commune = d.commune
    LEFT JOIN delais_anormaux t ON t.commune = d.commune AND t.typologie = d.typologie
    LEFT JOIN delais_anormaux e ON e.commune = d.commune AND e.typologie = 'ensemble'
    WHERE d.menage = 1 AND d.active = 1 AND c.perimetre = 1 AND COALESCE(t.mois, e.mois) IS NOT NULL
),
agrege AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(s.typologie) = 1 THEN 'ensemble' ELSE s.typologie END AS typologie,
           CASE WHEN MIN(s.mois) = MAX(s.mois) THEN MIN(s.mois) END AS seuil_mois,
           COUNT(*) AS actives, SUM(s.au_dela) AS au_dela
    FROM seuil s
    JOIN lieux l ON l.commune = s.commune
    GROUP BY GROUPING SETS ((l.niveau, l.code, l.libelle), (l.niveau, l.code, l.libelle, s.typologie))
    HAVING GROUPING(s.typologie) = 1 OR s.typologie IS NOT NULL
)
SELECT p.millesime,
       COALESCE(a.niveau, c.niveau) AS niveau, COALESCE(a.code, c.code) AS code, COALESCE(a.libelle, c.libelle) AS libelle,
       COALESCE(a.typologie, 'ensemble') AS typologie, a.seuil_mois,
       CASE WHEN p.a_demandes = 1 AND p.a_delai_anormal = 1 THEN CAST(COALESCE(a.actives, 0) AS BIGINT) END AS actives,
       CASE WHEN p.a_demandes = 1 AND p.a_delai_anormal = 1 THEN CAST(COALESCE(a.au_dela, 0) AS BIGINT) END AS au_dela,
       CAST(a.au_dela AS DOUBLE) / NULLIF(a.actives, 0) AS part
FROM cadre c
FULL JOIN agrege a ON a.niveau = c.niveau AND a.code = c.code AND a.typologie = c.ensemble
CROSS JOIN parametres p
ORDER BY niveau, code, typologie
