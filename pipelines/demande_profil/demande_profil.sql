-- Who asks: households' demands active at 31/12/N by characteristic, counted once a demand in each dimension, except
-- housing and motives, where several codes may stand on one demand (shares then add up to more than 1).
WITH menage AS (
    SELECT d.commune, d.population, d.typologie, d.categorie, d.nb_personnes, d.annee_naissance, d.situation_familiale,
           d.dalo, d.prioritaire, d.logement_actuel, d.motif_demande, d.commune_residence, d.ressources_mensuelles,
           CASE WHEN d.nb_uc > 0 THEN d.nb_uc
                WHEN COALESCE(d.nb_moins_14, 0) < d.nb_personnes
                THEN CAST(1 + 0.5 * (d.nb_personnes - 1 - COALESCE(d.nb_moins_14, 0))
                            + 0.3 * COALESCE(d.nb_moins_14, 0) AS DECIMAL(18, 4)) END AS uc
    FROM demandes d
    WHERE d.menage = 1 AND d.active = 1
),
-- Classes are numbers here, named once counted.
active AS (
    SELECT d.commune, d.population, d.typologie, d.categorie, d.situation_familiale, d.dalo, d.prioritaire,
           d.logement_actuel, d.motif_demande,
           CASE WHEN d.nb_personnes >= 6 THEN 6 ELSE d.nb_personnes END AS taille_menage,
           CASE WHEN d.annee_naissance IS NULL THEN 0
                WHEN p.millesime - d.annee_naissance < 25 THEN 1
                WHEN p.millesime - d.annee_naissance < 30 THEN 2
                WHEN p.millesime - d.annee_naissance < 40 THEN 3
                WHEN p.millesime - d.annee_naissance < 50 THEN 4
                WHEN p.millesime - d.annee_naissance < 65 THEN 5 ELSE 6 END AS age,
           CASE WHEN s.q1 IS NULL THEN 0
                WHEN d.ressources_mensuelles IS NULL OR d.ressources_mensuelles <= 0 OR d.uc IS NULL THEN 5
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
    SELECT commune,
           CASE WHEN GROUPING(population) = 0 THEN 'population' WHEN GROUPING(typologie) = 0 THEN 'typologie'
                WHEN GROUPING(categorie) = 0 THEN 'categorie' WHEN GROUPING(taille_menage) = 0 THEN 'taille_menage'
                WHEN GROUPING(age) = 0 THEN 'age' WHEN GROUPING(situation_familiale) = 0 THEN 'situation_familiale'
                WHEN GROUPING(quartile) = 0 THEN 'quartile' WHEN GROUPING(origine) = 0 THEN 'origine'
                WHEN GROUPING(dalo) = 0 THEN 'dalo' WHEN GROUPING(prioritaire) = 0 THEN 'prioritaire'
                WHEN GROUPING(logement_actuel) = 0 THEN 'logement_actuel' ELSE 'motif_demande' END AS dimension,
           CASE WHEN GROUPING(population) = 0 THEN population
                WHEN GROUPING(typologie) = 0 THEN COALESCE(typologie, 'inconnu')
                WHEN GROUPING(categorie) = 0 THEN COALESCE(categorie, 'inconnu')
                WHEN GROUPING(situation_familiale) = 0 THEN COALESCE(situation_familiale, 'inconnu')
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
        (commune, population), (commune, typologie), (commune, categorie), (commune, taille_menage), (commune, age),
        (commune, situation_familiale), (commune, quartile), (commune, origine), (commune, dalo), (commune, prioritaire),
        (commune, logement_actuel), (commune, motif_demande)
    )
),
long AS (
    SELECT commune, dimension, valeur AS modalite, demandes
    FROM compte
    WHERE dimension NOT IN ('logement_actuel', 'motif_demande')
    UNION ALL
    SELECT g.commune, g.dimension, COALESCE(m.code, 'inconnu'), CAST(SUM(g.demandes) AS BIGINT)
    FROM compte g
    LEFT JOIN modalites m ON m.dimension = g.dimension AND '|' || g.valeur || '|' LIKE '%|' || m.code || '|%'
    WHERE g.dimension IN ('logement_actuel', 'motif_demande')
    GROUP BY g.commune, g.dimension, m.code
),
agrege AS (
    SELECT l.niveau, l.code, l.libelle, x.dimension, x.modalite, SUM(x.demandes) AS demandes
    FROM long x
    JOIN lieux l ON l.commune = x.commune
    GROUP BY l.niveau, l.code, l.libelle, x.dimension, x.modalite
    UNION ALL
    SELECT d.niveau, d.code, d.libelle, 'ensemble', 'ensemble', d.actives
    FROM demande d
    WHERE d.population = 'ensemble' AND d.typologie = 'ensemble'
)
SELECT p.millesime, a.niveau, a.code, a.libelle, a.dimension, a.modalite,
       CAST(a.demandes AS BIGINT) AS demandes,
       CAST(a.demandes AS DOUBLE) / NULLIF(d.actives, 0) AS part
FROM agrege a
CROSS JOIN parametres p
JOIN demande d ON d.niveau = a.niveau AND d.code = a.code AND d.population = 'ensemble' AND d.typologie = 'ensemble'
ORDER BY niveau, code, dimension, modalite
