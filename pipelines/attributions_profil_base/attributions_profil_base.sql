-- Households' allocations of N by commune of the dwelling and characteristic, counted once in each dimension, except housing
-- and motives, where several codes may stand on one demand.
WITH bail AS (
    SELECT f.*, f.millesime - f.annee_naissance AS age FROM faits f WHERE f.personne_morale = 0
)
SELECT commune, 'population' AS dimension, population AS modalite, COUNT(*) AS attributions FROM bail GROUP BY commune, population
UNION ALL
SELECT commune, 'typologie', COALESCE(typologie, 'inconnu'), COUNT(*) FROM bail GROUP BY commune, typologie
UNION ALL
SELECT commune, 'categorie', COALESCE(categorie, 'inconnu'), COUNT(*) FROM bail GROUP BY commune, categorie
UNION ALL
SELECT commune, 'financement', financement, COUNT(*) FROM bail GROUP BY commune, financement
UNION ALL
SELECT commune, 'bailleur', bailleur, COUNT(*) FROM bail GROUP BY commune, bailleur
UNION ALL
SELECT commune, 'reservataire', reservataire, COUNT(*) FROM bail GROUP BY commune, reservataire
UNION ALL
SELECT commune, 'zone', zone, COUNT(*) FROM bail GROUP BY commune, zone
UNION ALL
SELECT commune, 'quartile', classe, COUNT(*) FROM bail GROUP BY commune, classe
UNION ALL
SELECT commune, 'origine', origine, COUNT(*) FROM bail GROUP BY commune, origine
UNION ALL
SELECT commune, 'periode_construction', periode_construction, COUNT(*) FROM bail GROUP BY commune, periode_construction
UNION ALL
SELECT commune, 'taille_menage',
       CASE WHEN nb_personnes IS NULL THEN 'inconnu' WHEN nb_personnes >= 6 THEN '6_et_plus'
            ELSE CAST(nb_personnes AS VARCHAR) END AS modalite, COUNT(*)
FROM bail GROUP BY commune, modalite
UNION ALL
SELECT commune, 'age',
       CASE WHEN age IS NULL THEN 'inconnu' WHEN age < 25 THEN 'moins_de_25' WHEN age < 30 THEN '25_29'
            WHEN age < 40 THEN '30_39' WHEN age < 50 THEN '40_49' WHEN age < 65 THEN '50_64' ELSE '65_et_plus' END AS modalite,
       COUNT(*)
FROM bail GROUP BY commune, modalite
UNION ALL
-- By calendar anniversaries of the deposit, as seniority: six months when deposit + 6 months <= lease.
SELECT commune, 'delai',
       CASE WHEN delai_jours IS NULL THEN 'inconnu'
            WHEN date_bail < date_depot + INTERVAL '3' MONTH THEN 'moins_3_mois'
            WHEN date_bail < date_depot + INTERVAL '6' MONTH THEN '3_a_6_mois'
            WHEN date_bail < date_depot + INTERVAL '12' MONTH THEN '6_a_12_mois'
            WHEN date_bail < date_depot + INTERVAL '18' MONTH THEN '12_a_18_mois'
            WHEN date_bail < date_depot + INTERVAL '24' MONTH THEN '18_a_24_mois'
            WHEN date_bail < date_depot + INTERVAL '36' MONTH THEN '2_a_3_ans'
            WHEN date_bail < date_depot + INTERVAL '60' MONTH THEN '3_a_5_ans' ELSE 'plus_5_ans' END AS modalite,
       COUNT(*)
FROM bail GROUP BY commune, modalite
UNION ALL
SELECT commune, 'situation_familiale', COALESCE(situation_familiale, 'inconnu'), COUNT(*) FROM bail GROUP BY commune, situation_familiale
UNION ALL
SELECT commune, 'dalo', CASE WHEN dalo = 1 THEN 'oui' ELSE 'non' END AS modalite, COUNT(*) FROM bail GROUP BY commune, modalite
UNION ALL
SELECT commune, 'prioritaire', CASE WHEN prioritaire = 1 THEN 'oui' ELSE 'non' END AS modalite, COUNT(*) FROM bail GROUP BY commune, modalite
UNION ALL
SELECT commune, 'relogement', CASE WHEN relogement = 1 THEN 'oui' ELSE 'non' END AS modalite, COUNT(*) FROM bail GROUP BY commune, modalite
UNION ALL
SELECT g.commune, 'logement_actuel', COALESCE(m.code, 'inconnu'), CAST(SUM(g.n) AS BIGINT)
FROM (SELECT commune, logement_actuel, COUNT(*) AS n FROM bail GROUP BY commune, logement_actuel) g
LEFT JOIN modalites m ON m.dimension = 'logement_actuel' AND '|' || g.logement_actuel || '|' LIKE '%|' || m.code || '|%'
GROUP BY g.commune, m.code
UNION ALL
SELECT g.commune, 'motif_demande', COALESCE(m.code, 'inconnu'), CAST(SUM(g.n) AS BIGINT)
FROM (SELECT commune, motif_demande, COUNT(*) AS n FROM bail GROUP BY commune, motif_demande) g
LEFT JOIN modalites m ON m.dimension = 'motif_demande' AND '|' || g.motif_demande || '|' LIKE '%|' || m.code || '|%'
GROUP BY g.commune, m.code
