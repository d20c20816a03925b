-- Households' allocations of N to DALO households and other priority publics, by holder of the reservation right
-- (CCH L441-1). A household both DALO and priority counts once.
WITH retenu AS (
    SELECT f.commune, f.reservataire, COUNT(*) AS attributions, SUM(f.dalo) AS dalo, SUM(f.prioritaire) AS prioritaires
    FROM faits f
    WHERE f.sort = 'compte'
    GROUP BY f.commune, f.reservataire
),
agrege AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(r.reservataire) = 1 THEN 'ensemble' ELSE r.reservataire END AS reservataire,
           SUM(r.attributions) AS attributions, SUM(r.dalo) AS dalo, SUM(r.prioritaires) AS prioritaires
    FROM retenu r
    JOIN lieux l ON l.commune = r.commune
    GROUP BY GROUPING SETS ((l.niveau, l.code, l.libelle), (l.niveau, l.code, l.libelle, r.reservataire))
)
SELECT p.millesime,
       COALESCE(a.niveau, c.niveau) AS niveau, COALESCE(a.code, c.code) AS code, COALESCE(a.libelle, c.libelle) AS libelle,
       COALESCE(a.reservataire, 'ensemble') AS reservataire,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(a.attributions, 0) AS BIGINT) END AS attributions,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(a.dalo, 0) AS BIGINT) END AS dalo,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(a.prioritaires, 0) AS BIGINT) END AS prioritaires,
       CAST(a.prioritaires AS DOUBLE) / NULLIF(a.attributions, 0) AS part
FROM cadre c
FULL JOIN agrege a ON a.niveau = c.niveau AND a.code = c.code AND a.reservataire = c.ensemble
CROSS JOIN parametres p
ORDER BY niveau, code, reservataire
