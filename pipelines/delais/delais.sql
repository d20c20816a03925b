-- Time from deposit to lease over the allocations of N, in months of 30.4375 days (mean: Insee, ANCOLS; median: DRIHL).
-- Allocations with no known deposit, or leased before it, stay out. Quantiles interpolate linearly.
SELECT p.millesime,
       n.niveau, n.code, n.libelle,
       COALESCE(a.population, 'ensemble') AS population, COALESCE(a.typologie, 'ensemble') AS typologie,
       CASE WHEN p.a_attributions = 1 THEN CAST(COALESCE(a.attributions, 0) AS BIGINT) END AS attributions,
       CAST(a.somme_jours AS DOUBLE) / NULLIF(a.attributions, 0) / p.jours_par_mois AS delai_moyen,
       a.q1_jours / p.jours_par_mois AS delai_q1,
       a.mediane_jours / p.jours_par_mois AS delai_median,
       a.q3_jours / p.jours_par_mois AS delai_q3
FROM cadre c
FULL JOIN delais_quantiles a
    ON a.rang = c.rang AND a.population = c.ensemble AND a.typologie = c.ensemble
CROSS JOIN parametres p
JOIN territoires n ON n.rang = COALESCE(a.rang, c.rang)
ORDER BY n.rang, population, typologie
