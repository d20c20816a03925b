-- Households' allocations of N by commune of the dwelling and characteristic, counted once in each dimension, except housing
-- and motives, where several codes may stand on one demand. Classes are numbers here, named once counted.
WITH bail AS (
    SELECT c.rang_commune, f.population, f.typologie, f.categorie, f.financement, f.bailleur, f.reservataire, f.zone, f.classe, f.origine,
           f.periode_construction, f.dalo, f.prioritaire, f.relogement, f.logement_actuel, f.motif_demande,
           COALESCE(f.situation_familiale, 'inconnu') AS situation_familiale,
           CASE WHEN f.nb_personnes >= 6 THEN 6 ELSE f.nb_personnes END AS taille_menage,
           CASE WHEN f.annee_naissance IS NULL THEN 0
                WHEN f.millesime - f.annee_naissance < 25 THEN 1
                WHEN f.millesime - f.annee_naissance < 30 THEN 2
                WHEN f.millesime - f.annee_naissance < 40 THEN 3
                WHEN f.millesime - f.annee_naissance < 50 THEN 4
                WHEN f.millesime - f.annee_naissance < 65 THEN 5 ELSE 6 END AS age,
           -- By calendar anniversaries of the deposit, as seniority: six months when deposit + 6 months <= lease.
           CASE WHEN f.delai_jours IS NULL THEN 0
                WHEN f.date_bail < f.date_depot + INTERVAL '3' MONTH THEN 1
                WHEN f.date_bail < f.date_depot + INTERVAL '6' MONTH THEN 2
                WHEN f.date_bail < f.date_depot + INTERVAL '12' MONTH THEN 3
                WHEN f.date_bail < f.date_depot + INTERVAL '18' MONTH THEN 4
                WHEN f.date_bail < f.date_depot + INTERVAL '24' MONTH THEN 5
                WHEN f.date_bail < f.date_depot + INTERVAL '36' MONTH THEN 6
                WHEN f.date_bail < f.date_depot + INTERVAL '60' MONTH THEN 7 ELSE 8 END AS delai
    FROM faits f
    JOIN communes c ON c.commune = f.commune
    WHERE f.personne_morale = 0
),
compte AS (
    SELECT rang_commune,
           CASE WHEN GROUPING(population) = 0 THEN 'population' WHEN GROUPING(typologie) = 0 THEN 'typologie'
                WHEN GROUPING(categorie) = 0 THEN 'categorie' WHEN GROUPING(financement) = 0 THEN 'financement'
                WHEN GROUPING(bailleur) = 0 THEN 'bailleur' WHEN GROUPING(reservataire) = 0 THEN 'reservataire'
                WHEN GROUPING(zone) = 0 THEN 'zone' WHEN GROUPING(classe) = 0 THEN 'quartile'
                WHEN GROUPING(origine) = 0 THEN 'origine' WHEN GROUPING(periode_construction) = 0 THEN 'periode_construction'
                WHEN GROUPING(taille_menage) = 0 THEN 'taille_menage' WHEN GROUPING(age) = 0 THEN 'age'
                WHEN GROUPING(delai) = 0 THEN 'delai' WHEN GROUPING(situation_familiale) = 0 THEN 'situation_familiale'
                WHEN GROUPING(dalo) = 0 THEN 'dalo' WHEN GROUPING(prioritaire) = 0 THEN 'prioritaire'
                WHEN GROUPING(relogement) = 0 THEN 'relogement' WHEN GROUPING(logement_actuel) = 0 THEN 'logement_actuel'
                ELSE 'motif_demande' END AS dimension,
           CASE WHEN GROUPING(population) = 0 THEN population
                WHEN GROUPING(typologie) = 0 THEN COALESCE(typologie, 'inconnu')
                WHEN GROUPING(categorie) = 0 THEN COALESCE(categorie, 'inconnu')
                WHEN GROUPING(financement) = 0 THEN financement
                WHEN GROUPING(bailleur) = 0 THEN bailleur
                WHEN GROUPING(reservataire) = 0 THEN reservataire
                WHEN GROUPING(zone) = 0 THEN zone
                WHEN GROUPING(classe) = 0 THEN classe
                WHEN GROUPING(origine) = 0 THEN origine
                WHEN GROUPING(periode_construction) = 0 THEN periode_construction
                WHEN GROUPING(taille_menage) = 0
                THEN CASE WHEN taille_menage = 6 THEN '6_et_plus' ELSE COALESCE(CAST(taille_menage AS VARCHAR), 'inconnu') END
                WHEN GROUPING(age) = 0
                THEN CASE age WHEN 1 THEN 'moins_de_25' WHEN 2 THEN '25_29' WHEN 3 THEN '30_39' WHEN 4 THEN '40_49'
                              WHEN 5 THEN '50_64' WHEN 6 THEN '65_et_plus' ELSE 'inconnu' END
                WHEN GROUPING(delai) = 0
                THEN CASE delai WHEN 1 THEN 'moins_3_mois' WHEN 2 THEN '3_a_6_mois' WHEN 3 THEN '6_a_12_mois'
                                WHEN 4 THEN '12_a_18_mois' WHEN 5 THEN '18_a_24_mois' WHEN 6 THEN '2_a_3_ans'
                                WHEN 7 THEN '3_a_5_ans' WHEN 8 THEN 'plus_5_ans' ELSE 'inconnu' END
                WHEN GROUPING(situation_familiale) = 0 THEN situation_familiale
                WHEN GROUPING(dalo) = 0 THEN CASE WHEN dalo = 1 THEN 'oui' ELSE 'non' END
                WHEN GROUPING(prioritaire) = 0 THEN CASE WHEN prioritaire = 1 THEN 'oui' ELSE 'non' END
                WHEN GROUPING(relogement) = 0 THEN CASE WHEN relogement = 1 THEN 'oui' ELSE 'non' END
                WHEN GROUPING(logement_actuel) = 0 THEN COALESCE(logement_actuel, '')
                ELSE COALESCE(motif_demande, '') END AS valeur,
           COUNT(*) AS attributions
    FROM bail
    GROUP BY GROUPING SETS (
        (rang_commune, population), (rang_commune, typologie), (rang_commune, categorie), (rang_commune, financement),
        (rang_commune, bailleur), (rang_commune, reservataire), (rang_commune, zone), (rang_commune, classe),
        (rang_commune, origine), (rang_commune, periode_construction), (rang_commune, taille_menage), (rang_commune, age),
        (rang_commune, delai), (rang_commune, situation_familiale), (rang_commune, dalo), (rang_commune, prioritaire),
        (rang_commune, relogement), (rang_commune, logement_actuel), (rang_commune, motif_demande)
    )
),
-- The codes that stand in each list of them, told once a list.
liste AS (
    SELECT v.dimension, v.valeur, COALESCE(m.code, 'inconnu') AS code
    FROM (SELECT DISTINCT dimension, valeur FROM compte WHERE dimension IN ('logement_actuel', 'motif_demande')) v
    LEFT JOIN modalites m ON m.dimension = v.dimension AND '|' || v.valeur || '|' LIKE '%|' || m.code || '|%'
)
SELECT rang_commune, dimension, valeur AS modalite, attributions
FROM compte
WHERE dimension NOT IN ('logement_actuel', 'motif_demande')
UNION ALL
SELECT g.rang_commune, g.dimension, v.code, CAST(SUM(g.attributions) AS BIGINT)
FROM compte g
JOIN liste v ON v.dimension = g.dimension AND v.valeur = g.valeur
GROUP BY g.rang_commune, g.dimension, v.code
