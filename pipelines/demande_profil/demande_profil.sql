-- Who asks: households' demands active at 31/12/N by characteristic, counted once a demand in each dimension, except
-- housing and motives, where several codes may stand on one demand (shares then add up to more than 1).
WITH active AS (
    SELECT d.*, p.millesime - d.annee_naissance AS age,
           CASE WHEN o.commune IS NULL THEN 'inconnue'
                WHEN o.commune = d.commune THEN 'meme_commune'
                WHEN o.epci = c.epci THEN 'meme_epci'
                ELSE 'autre' END AS origine,
           CASE WHEN s.q1 IS NULL THEN 'sans_seuil'
                WHEN d.ressources_mensuelles IS NULL OR d.ressources_mensuelles <= 0 THEN 'inconnu'
                WHEN COALESCE(d.nb_uc, 0) <= 0 AND (d.nb_personnes IS NULL OR COALESCE(d.nb_moins_14, 0) >= d.nb_personnes) THEN 'inconnu'
                WHEN 12 * d.ressources_mensuelles < s.q1 * u.uc THEN 'q1'
                WHEN s.q2 IS NULL OR s.q3 IS NULL THEN 'q2_q4'
                WHEN 12 * d.ressources_mensuelles < s.q2 * u.uc THEN 'q2'
                WHEN 12 * d.ressources_mensuelles < s.q3 * u.uc THEN 'q3'
                ELSE 'q4' END AS quartile
    FROM demandes d
    CROSS JOIN parametres p
    JOIN communes c ON c.commune = d.commune
    JOIN (
        SELECT numero_unique,
               CASE WHEN nb_uc > 0 THEN nb_uc
                    ELSE CAST(1 + 0.5 * (nb_personnes - 1 - COALESCE(nb_moins_14, 0))
                                + 0.3 * COALESCE(nb_moins_14, 0) AS DECIMAL(18, 4)) END AS uc
        FROM demandes
    ) u ON u.numero_unique = d.numero_unique
    LEFT JOIN communes o ON o.commune = d.commune_residence
    LEFT JOIN seuils s ON s.epci = c.epci
    WHERE d.menage = 1 AND d.active = 1 AND c.perimetre = 1
),
long AS (
    SELECT commune, 'population' AS dimension, population AS modalite, COUNT(*) AS demandes FROM active GROUP BY commune, population
    UNION ALL
    SELECT commune, 'typologie', COALESCE(typologie, 'inconnu'), COUNT(*) FROM active GROUP BY commune, typologie
    UNION ALL
    SELECT commune, 'categorie', COALESCE(categorie, 'inconnu'), COUNT(*) FROM active GROUP BY commune, categorie
    UNION ALL
    SELECT commune, 'taille_menage',
           CASE WHEN nb_personnes IS NULL THEN 'inconnu' WHEN nb_personnes >= 6 THEN '6_et_plus'
                ELSE CAST(nb_personnes AS VARCHAR) END AS modalite, COUNT(*)
    FROM active GROUP BY commune, modalite
    UNION ALL
    SELECT commune, 'age',
           CASE WHEN age IS NULL THEN 'inconnu' WHEN age < 25 THEN 'moins_de_25' WHEN age < 30 THEN '25_29'
                WHEN age < 40 THEN '30_39' WHEN age < 50 THEN '40_49' WHEN age < 65 THEN '50_64' ELSE '65_et_plus' END AS modalite,
           COUNT(*)
    FROM active GROUP BY commune, modalite
    UNION ALL
    SELECT commune, 'situation_familiale', COALESCE(situation_familiale, 'inconnu'), COUNT(*) FROM active GROUP BY commune, situation_familiale
    UNION ALL
    SELECT commune, 'quartile', quartile, COUNT(*) FROM active GROUP BY commune, quartile
    UNION ALL
    SELECT commune, 'origine', origine, COUNT(*) FROM active GROUP BY commune, origine
    UNION ALL
    SELECT commune, 'dalo', CASE WHEN dalo = 1 THEN 'oui' WHEN dalo = 0 THEN 'non' ELSE 'inconnu' END AS modalite, COUNT(*)
    FROM active GROUP BY commune, modalite
    UNION ALL
    SELECT commune, 'prioritaire', CASE WHEN prioritaire = 1 THEN 'oui' WHEN prioritaire = 0 THEN 'non' ELSE 'inconnu' END AS modalite, COUNT(*)
    FROM active GROUP BY commune, modalite
    UNION ALL
    SELECT g.commune, 'logement_actuel', COALESCE(m.code, 'inconnu'), CAST(SUM(g.n) AS BIGINT)
    FROM (SELECT commune, logement_actuel, COUNT(*) AS n FROM active GROUP BY commune, logement_actuel) g
    LEFT JOIN modalites m ON m.dimension = 'logement_actuel' AND '|' || g.logement_actuel || '|' LIKE '%|' || m.code || '|%'
    GROUP BY g.commune, m.code
    UNION ALL
    SELECT g.commune, 'motif_demande', COALESCE(m.code, 'inconnu'), CAST(SUM(g.n) AS BIGINT)
    FROM (SELECT commune, motif_demande, COUNT(*) AS n FROM active GROUP BY commune, motif_demande) g
    LEFT JOIN modalites m ON m.dimension = 'motif_demande' AND '|' || g.motif_demande || '|' LIKE '%|' || m.code || '|%'
    GROUP BY g.commune, m.code
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
