-- Social stock at 1 January (SDES, RPLS). Vacancy = MODE 2 ÷ MODE 1+2; mobility = among dwellings of MODE 1 or 2 first
-- let before the year that ends, those of MODE 1 whose lease began in that year or since; rent = Σ rent ÷ Σ surface.
WITH lieu AS (
    SELECT l.rang_commune, l.rang FROM lieux l WHERE l.rang BETWEEN $premier AND $dernier
),
agrege AS (
    SELECT l.rang,
           CASE WHEN GROUPING(c.typologie) = 1 THEN 'ensemble' ELSE c.typologie END AS typologie,
           CASE WHEN GROUPING(c.categorie) = 1 THEN 'ensemble' ELSE c.categorie END AS categorie,
           SUM(c.logements) AS logements, SUM(c.logements_qpv) AS logements_qpv, SUM(c.loues) AS loues,
           SUM(c.vacants) AS vacants, SUM(c.vacants_plus_3_mois) AS vacants_plus_3_mois, SUM(c.vides) AS vides,
           SUM(c.association) AS association, SUM(c.autres) AS autres, SUM(c.mobilite_num) AS mobilite_num,
           SUM(c.mobilite_den) AS mobilite_den, SUM(c.somme_loyer) AS somme_loyer, SUM(c.somme_surface) AS somme_surface
    FROM parc_base c
    JOIN lieu l ON l.rang_commune = c.rang_commune
    GROUP BY GROUPING SETS (
        (l.rang), (l.rang, c.typologie), (l.rang, c.categorie), (l.rang, c.typologie, c.categorie)
    )
    HAVING (GROUPING(c.typologie) = 1 OR c.typologie IS NOT NULL)
       AND (GROUPING(c.categorie) = 1 OR c.categorie IS NOT NULL)
),
cadre_partie AS (
    SELECT c.rang, c.ensemble FROM cadre c WHERE c.rang BETWEEN $premier AND $dernier
),
complet AS (
    SELECT COALESCE(a.rang, c.rang) AS rang,
           COALESCE(a.typologie, 'ensemble') AS typologie, COALESCE(a.categorie, 'ensemble') AS categorie,
           CASE WHEN p.a_rpls = 1 THEN COALESCE(a.logements, 0) END AS logements,
           CASE WHEN p.a_rpls_qpv = 1 THEN COALESCE(a.logements_qpv, 0) END AS logements_qpv,
           CASE WHEN p.a_rpls_mode = 1 THEN COALESCE(a.loues, 0) END AS loues,
           CASE WHEN p.a_rpls_mode = 1 THEN COALESCE(a.vacants, 0) END AS vacants,
           CASE WHEN p.a_rpls_vacance = 1 THEN COALESCE(a.vacants_plus_3_mois, 0) END AS vacants_plus_3_mois,
           CASE WHEN p.a_rpls_mode = 1 THEN COALESCE(a.vides, 0) END AS vides,
           CASE WHEN p.a_rpls_mode = 1 THEN COALESCE(a.association, 0) END AS association,
           CASE WHEN p.a_rpls_mode = 1 THEN COALESCE(a.autres, 0) END AS autres,
           CASE WHEN p.a_rpls_mobilite = 1 THEN COALESCE(a.mobilite_num, 0) END AS mobilite_num,
           CASE WHEN p.a_rpls_mobilite = 1 THEN COALESCE(a.mobilite_den, 0) END AS mobilite_den,
           CASE WHEN p.a_rpls_loyer = 1 THEN COALESCE(a.somme_loyer, 0) END AS somme_loyer,
           CASE WHEN p.a_rpls_loyer = 1 THEN COALESCE(a.somme_surface, 0) END AS somme_surface
    FROM cadre_partie c
    FULL JOIN agrege a
        ON a.rang = c.rang AND a.typologie = c.ensemble AND a.categorie = c.ensemble
    CROSS JOIN parametres p
)
SELECT p.millesime, n.niveau, n.code, n.libelle, c.typologie, c.categorie,
       CAST(c.logements AS BIGINT) AS logements, CAST(c.logements_qpv AS BIGINT) AS logements_qpv,
       CAST(c.loues AS BIGINT) AS loues, CAST(c.vacants AS BIGINT) AS vacants,
       CAST(c.vacants_plus_3_mois AS BIGINT) AS vacants_plus_3_mois, CAST(c.vides AS BIGINT) AS vides,
       CAST(c.association AS BIGINT) AS association, CAST(c.autres AS BIGINT) AS autres,
       CAST(c.mobilite_num AS BIGINT) AS mobilite_num, CAST(c.mobilite_den AS BIGINT) AS mobilite_den,
       CAST(c.somme_loyer AS DOUBLE) AS somme_loyer, CAST(c.somme_surface AS DOUBLE) AS somme_surface,
       CAST(c.vacants AS DOUBLE) / NULLIF(c.loues + c.vacants, 0) AS taux_vacance,
       CAST(c.vacants_plus_3_mois AS DOUBLE) / NULLIF(c.loues + c.vacants, 0) AS taux_vacance_3_mois,
       CAST(c.mobilite_num AS DOUBLE) / NULLIF(c.mobilite_den, 0) AS taux_mobilite,
       CAST(c.somme_loyer AS DOUBLE) / NULLIF(CAST(c.somme_surface AS DOUBLE), 0) AS loyer_m2,
       CAST(c.logements_qpv AS DOUBLE) / NULLIF(c.logements, 0) AS part_qpv
FROM complet c
CROSS JOIN parametres p
JOIN territoires n ON n.rang = c.rang
ORDER BY n.rang, c.typologie, c.categorie
