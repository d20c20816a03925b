-- Households' demands active at 31/12/N by commune of first choice and characteristic, counted once a demand in each
-- dimension, except housing and motives, where several codes may stand on one demand.
WITH menage AS (
    SELECT d.commune, d.nb_personnes, d.annee_naissance, d.situation_familiale, d.logement_actuel, d.motif_demande,
           d.commune_residence, d.ressources_mensuelles, d.dalo,
           CASE WHEN d.dalo = 1 THEN 1 ELSE d.prioritaire END AS prioritaire,
           CASE WHEN d.nb_uc > 0 THEN d.nb_uc
                WHEN COALESCE(d.nb_moins_14, 0) < d.nb_personnes
                THEN CAST(1 + 0.5 * (d.nb_personnes - 1 - COALESCE(d.nb_moins_14, 0))
                            + 0.3 * COALESCE(d.nb_moins_14, 0) AS DECIMAL(18, 4)) END AS uc
    FROM demandes d
    WHERE d.menage = 1 AND d.active = 1
),
-- Classes are numbers here, named once counted.
active AS (
    SELECT c.rang_commune, d.dalo, d.prioritaire, d.logement_actuel, d.motif_demande,
           COALESCE(d.situation_familiale, 'inconnu') AS situation_familiale,
           CASE WHEN d.nb_personnes >= 6 THEN 6 ELSE d.nb_personnes END AS taille_menage,
           CASE WHEN d.annee_naissance IS NULL THEN 0
                WHEN p.millesime - d.annee_naissance < 25 THEN 1
                WHEN p.millesime - d.annee_naissance < 30 THEN 2
                WHEN p.millesime - d.annee_naissance < 40 THEN 3
                WHEN p.millesime - d.annee_naissance < 50 THEN 4
                WHEN p.millesime - d.annee_naissance < 65 THEN 5 ELSE 6 END AS age,
           CASE WHEN d.ressources_mensuelles IS NULL OR d.ressources_mensuelles <= 0 OR d.uc IS NULL THEN 5
                WHEN s.q1 IS NULL THEN 0
                WHEN 12 * d.ressources_mensuelles < s.q1 * d.uc THEN 1
                WHEN s.q2 IS NULL OR s.q3 IS NULL THEN 6
                WHEN 12 * d.ressources_mensuelles < s.q2 * d.uc THEN 2
                WHEN 12 * d.ressources_mensuelles < s.q3 * d.uc THEN 3
                ELSE 4 END AS quartile,
           CASE WHEN o.commune IS NULL THEN 0
                WHEN o.rang_commune = c.rang_commune THEN 1
                WHEN o.rang_epci = c.rang_epci THEN 2
                ELSE 3 END AS origine
    FROM menage d
    CROSS JOIN parametres p
    JOIN communes c ON c.commune = d.commune
    LEFT JOIN communes o ON o.commune = d.commune_residence
    LEFT JOIN seuils s ON s.epci = c.epci
    WHERE c.perimetre = 1
),
-- One reading of the demands feeds every dimension.
compte AS (
    SELECT rang_commune,
           CASE WHEN GROUPING(taille_menage) = 0 THEN 'taille_menage'
                WHEN GROUPING(age) = 0 THEN 'age' WHEN GROUPING(situation_familiale) = 0 THEN 'situation_familiale'
                WHEN GROUPING(quartile) = 0 THEN 'quartile' WHEN GROUPING(origine) = 0 THEN 'origine'
                WHEN GROUPING(dalo) = 0 THEN 'dalo' WHEN GROUPING(prioritaire) = 0 THEN 'prioritaire'
                WHEN GROUPING(logement_actuel) = 0 THEN 'logement_actuel' ELSE 'motif_demande' END AS dimension,
           CASE WHEN GROUPING(situation_familiale) = 0 THEN situation_familiale
                WHEN GROUPING(taille_menage) = 0
                THEN CASE WHEN taille_menage = 6 THEN '6_et_plus' ELSE COALESCE(CAST(taille_menage AS VARCHAR), 'inconnu') END
                WHEN GROUPING(age) = 0
                THEN CASE age WHEN 1 THEN 'moins_de_25' WHEN 2 THEN '25_29' WHEN 3 THEN '30_39' WHEN 4 THEN '40_49'
                              WHEN 5 THEN '50_64' WHEN 6 THEN '65_et_plus' ELSE 'inconnu' END
                WHEN GROUPING(quartile) = 0
                THEN CASE quartile WHEN 0 THEN 'sans_seuil' WHEN 1 THEN 'q1' WHEN 2 THEN 'q2' WHEN 3 THEN 'q3'
                                   WHEN 4 THEN 'q4' WHEN 6 THEN 'q2_q4' ELSE 'inconnu' END
                WHEN GROUPING(origine) = 0
                THEN CASE origine WHEN 1 THEN 'meme_commune' WHEN 2 THEN 'meme_epci' WHEN 3 THEN 'autre'
                                  ELSE 'inconnue' END
                WHEN GROUPING(dalo) = 0 THEN CASE dalo WHEN 1 THEN 'oui' WHEN 0 THEN 'non' ELSE 'inconnu' END
                WHEN GROUPING(prioritaire) = 0
                THEN CASE prioritaire WHEN 1 THEN 'oui' WHEN 0 THEN 'non' ELSE 'inconnu' END
                WHEN GROUPING(logement_actuel) = 0 THEN COALESCE(logement_actuel, '')
                ELSE COALESCE(motif_demande, '') END AS valeur,
           COUNT(*) AS demandes
    FROM active
    GROUP BY GROUPING SETS (
        (rang_commune, taille_menage), (rang_commune, age), (rang_commune, situation_familiale), (rang_commune, quartile),
        (rang_commune, origine), (rang_commune, dalo), (rang_commune, prioritaire), (rang_commune, logement_actuel),
        (rang_commune, motif_demande)
    )
),
-- The codes that stand in each list of them, told once a list.
liste AS (
    SELECT v.dimension, v.valeur, COALESCE(m.code, 'inconnu') AS code
    FROM (SELECT DISTINCT dimension, valeur FROM compte WHERE dimension IN ('logement_actuel', 'motif_demande')) v
    LEFT JOIN modalites m ON m.dimension = v.dimension AND '|' || v.valeur || '|' LIKE '%|' || m.code || '|%'
),
-- What the counts by commune hold already.
base AS (
    SELECT b.rang_commune, b.population, COALESCE(b.typologie, 'inconnu') AS typologie,
           COALESCE(b.categorie, 'inconnu') AS categorie, b.actives
    FROM demande_base b
    WHERE b.actives > 0
)
SELECT rang_commune, 'population' AS dimension, population AS modalite, CAST(SUM(actives) AS BIGINT) AS demandes
FROM base GROUP BY rang_commune, population
UNION ALL
SELECT rang_commune, 'typologie', typologie, CAST(SUM(actives) AS BIGINT) FROM base GROUP BY rang_commune, typologie
UNION ALL
SELECT rang_commune, 'categorie', categorie, CAST(SUM(actives) AS BIGINT) FROM base GROUP BY rang_commune, categorie
UNION ALL
SELECT rang_commune, dimension, valeur, demandes
FROM compte
WHERE dimension NOT IN ('logement_actuel', 'motif_demande')
UNION ALL
SELECT g.rang_commune, g.dimension, v.code, CAST(SUM(g.demandes) AS BIGINT)
FROM compte g
JOIN liste v ON v.dimension = g.dimension AND v.valeur = g.valeur
GROUP BY g.rang_commune, g.dimension, v.code
