-- Time from deposit to lease over the allocations of N, in months of 30.4375 days (mean: Insee, ANCOLS; median: DRIHL).
-- Allocations with no known deposit, or leased before it, stay out. Quantiles interpolate linearly.
WITH agrege AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(f.population) = 1 THEN 'ensemble' ELSE f.population END AS population,
           CASE WHEN GROUPING(f.typologie) = 1 THEN 'ensemble' ELSE f.typologie END AS typologie,
           COUNT(*) AS attributions, SUM(f.delai_jours) AS somme_jours,
           percentile_cont(0.25) WITHIN GROUP (ORDER BY f.delai_jours) AS q1_jours,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY f.delai_jours) AS mediane_jours,
           percentile_cont(0.75) WITHIN GROUP (ORDER BY f.delai_jours) AS q3_jours
    FROM faits f
    JOIN lieux l ON l.commune = f.commune
    WHERE f.personne_morale = 0 AND f.delai_jours IS NOT NULL
    GROUP BY GROUPING SETS (
        (l.niveau, l.code, l.libelle),
        (l.niveau, l.code, l.libelle, f.population),
        (l.niveau, l.code, l.libelle, f.typologie),
        (l.niveau, l.code, l.libelle, f.population, f.typologie)
    )
    HAVING GROUPING(f.typologie) = 1 OR f.typologie IS NOT NULL
)
SELECT p.millesime,
       COALESCE(a.niveau, c.niveau) AS niveau, COALESCE(a.code, c.code) AS code, COALESCE(a.libelle, c.libelle) AS libelle,
       COALESCE(a.population, 'ensemble') AS population, COALESCE(a.typologie, 'ensemble') AS typologie,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(a.attributions, 0) AS BIGINT) END AS attributions,
       CAST(a.somme_jours AS DOUBLE) / NULLIF(a.attributions, 0) / p.jours_par_mois AS delai_moyen,
       a.q1_jours / p.jours_par_mois AS delai_q1,
       a.mediane_jours / p.jours_par_mois AS delai_median,
       a.q3_jours / p.jours_par_mois AS delai_q3
FROM cadre c
FULL JOIN agrege a
    ON a.niveau = c.niveau AND a.code = c.code AND a.population = c.ensemble AND a.typologie = c.ensemble
CROSS JOIN parametres p
ORDER BY niveau, code, population, typologie
