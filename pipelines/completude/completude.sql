-- How full the columns are that figures need, by landlord (leases) and by registration office (demands): rows, rows with a
-- known value. Bodies corporate have no household and stay out.
WITH bailleur AS (
    SELECT CASE WHEN GROUPING(s.bailleur) = 1 THEN 'ensemble' ELSE s.bailleur END AS acteur, COUNT(*) AS lignes,
           SUM(CASE WHEN s.date_depot IS NULL THEN 0 ELSE 1 END) AS date_depot,
           SUM(CASE WHEN s.date_decision IS NULL THEN 0 ELSE 1 END) AS date_decision,
           SUM(CASE WHEN s.id_rpls IS NULL THEN 0 ELSE 1 END) AS id_rpls,
           SUM(CASE WHEN s.qpv IS NULL THEN 0 ELSE 1 END) AS qpv,
           SUM(CASE WHEN s.categorie IS NULL OR s.categorie = 'inconnu' THEN 0 ELSE 1 END) AS categorie,
           SUM(CASE WHEN s.typologie IS NULL OR s.typologie = 'inconnu' THEN 0 ELSE 1 END) AS typologie,
           SUM(CASE WHEN s.financement IS NULL OR s.financement = 'inconnu' THEN 0 ELSE 1 END) AS financement,
           SUM(CASE WHEN s.annee_construction IS NULL THEN 0 ELSE 1 END) AS annee_construction,
           SUM(CASE WHEN s.reservataire IS NULL OR s.reservataire = 'inconnu' THEN 0 ELSE 1 END) AS reservataire,
           SUM(CASE WHEN s.nb_personnes IS NULL THEN 0 ELSE 1 END) AS nb_personnes,
           SUM(CASE WHEN s.ressources_mensuelles IS NULL THEN 0 ELSE 1 END) AS ressources_mensuelles,
           SUM(CASE WHEN s.rang IS NULL THEN 0 ELSE 1 END) AS rang,
           SUM(CASE WHEN s.commune_origine IS NULL THEN 0 ELSE 1 END) AS commune_origine
    FROM source_attributions s
    WHERE s.personne_morale IS NULL OR NOT s.personne_morale
    GROUP BY GROUPING SETS ((), (s.bailleur))
),
guichet AS (
    SELECT CASE WHEN GROUPING(s.guichet) = 1 THEN 'ensemble' ELSE COALESCE(s.guichet, 'inconnu') END AS acteur, COUNT(*) AS lignes,
           SUM(CASE WHEN s.nb_personnes IS NULL THEN 0 ELSE 1 END) AS nb_personnes,
           SUM(CASE WHEN s.nb_moins_14 IS NULL THEN 0 ELSE 1 END) AS nb_moins_14,
           SUM(CASE WHEN s.ressources_mensuelles IS NULL THEN 0 ELSE 1 END) AS ressources_mensuelles,
           SUM(CASE WHEN s.rfr_n1 IS NULL THEN 0 ELSE 1 END) AS rfr_n1,
           SUM(CASE WHEN s.logement_actuel IS NULL OR s.logement_actuel = 'inconnu' THEN 0 ELSE 1 END) AS logement_actuel,
           SUM(CASE WHEN s.motif_demande IS NULL OR s.motif_demande = 'inconnu' THEN 0 ELSE 1 END) AS motif_demande,
           SUM(CASE WHEN s.typologies IS NULL OR s.typologies = 'inconnu' THEN 0 ELSE 1 END) AS typologies,
           SUM(CASE WHEN s.categorie IS NULL OR s.categorie = 'inconnu' THEN 0 ELSE 1 END) AS categorie,
           SUM(CASE WHEN s.annee_naissance IS NULL THEN 0 ELSE 1 END) AS annee_naissance,
           SUM(CASE WHEN s.situation_familiale IS NULL OR s.situation_familiale = 'inconnu' THEN 0 ELSE 1 END) AS situation_familiale,
           SUM(CASE WHEN s.commune_residence IS NULL THEN 0 ELSE 1 END) AS commune_residence
    FROM source_demandes s
    WHERE s.personne_morale IS NULL OR NOT s.personne_morale
    GROUP BY GROUPING SETS ((), (s.guichet))
),
colonne AS (
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'date_depot' AS colonne, lignes, date_depot AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'date_decision' AS colonne, lignes, date_decision AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'id_rpls' AS colonne, lignes, id_rpls AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'qpv' AS colonne, lignes, qpv AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'categorie' AS colonne, lignes, categorie AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'typologie' AS colonne, lignes, typologie AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'financement' AS colonne, lignes, financement AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'annee_construction' AS colonne, lignes, annee_construction AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'reservataire' AS colonne, lignes, reservataire AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'nb_personnes' AS colonne, lignes, nb_personnes AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'ressources_mensuelles' AS colonne, lignes, ressources_mensuelles AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'rang' AS colonne, lignes, rang AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'commune_origine' AS colonne, lignes, commune_origine AS renseignees FROM bailleur
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'nb_personnes' AS colonne, lignes, nb_personnes AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'nb_moins_14' AS colonne, lignes, nb_moins_14 AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'ressources_mensuelles' AS colonne, lignes, ressources_mensuelles AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'rfr_n1' AS colonne, lignes, rfr_n1 AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'logement_actuel' AS colonne, lignes, logement_actuel AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'motif_demande' AS colonne, lignes, motif_demande AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'typologies' AS colonne, lignes, typologies AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'categorie' AS colonne, lignes, categorie AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'annee_naissance' AS colonne, lignes, annee_naissance AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'situation_familiale' AS colonne, lignes, situation_familiale AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'commune_residence' AS colonne, lignes, commune_residence AS renseignees FROM guichet
)
SELECT p.millesime, c.source, c.acteur_type, c.acteur, c.colonne, CAST(c.lignes AS BIGINT) AS lignes,
       CAST(COALESCE(c.renseignees, 0) AS BIGINT) AS renseignees,
       CAST(c.renseignees AS DOUBLE) / NULLIF(c.lignes, 0) AS part
FROM colonne c
CROSS JOIN parametres p
WHERE c.lignes > 0
ORDER BY source, acteur_type, acteur, colonne
