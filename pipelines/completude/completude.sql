-- How full the columns are that figures need, by landlord (leases) and by registration office (demands): rows, rows with a
-- known value. Bodies corporate have no household and stay out.
WITH bailleur AS (
    SELECT CASE WHEN GROUPING(s.bailleur) = 1 THEN 'ensemble' ELSE s.bailleur END AS acteur, COUNT(*) AS lignes,
           COUNT(s.date_depot) AS date_depot,
           COUNT(s.date_decision) AS date_decision,
           COUNT(s.id_rpls) AS id_rpls,
           COUNT(s.qpv) AS qpv,
           COUNT(NULLIF(s.categorie, 'inconnu')) AS categorie,
           COUNT(NULLIF(s.typologie, 'inconnu')) AS typologie,
           COUNT(NULLIF(s.financement, 'inconnu')) AS financement,
           COUNT(s.annee_construction) AS annee_construction,
           COUNT(NULLIF(s.reservataire, 'inconnu')) AS reservataire,
           COUNT(s.dalo) AS dalo,
           COUNT(s.prioritaire) AS prioritaire,
           COUNT(NULLIF(s.relogement, 'inconnu')) AS relogement,
           COUNT(s.mutation) AS mutation,
           COUNT(s.nb_personnes) AS nb_personnes,
           COUNT(s.ressources_mensuelles) AS ressources_mensuelles,
           COUNT(s.rang) AS rang,
           COUNT(s.commune_origine) AS commune_origine
    FROM source_attributions s
    WHERE s.personne_morale IS NULL OR NOT s.personne_morale
    GROUP BY GROUPING SETS ((), (s.bailleur))
),
guichet AS (
    SELECT CASE WHEN GROUPING(s.guichet) = 1 THEN 'ensemble' ELSE COALESCE(s.guichet, 'inconnu') END AS acteur, COUNT(*) AS lignes,
           COUNT(s.nb_personnes) AS nb_personnes,
           COUNT(s.nb_moins_14) AS nb_moins_14,
           COUNT(s.ressources_mensuelles) AS ressources_mensuelles,
           COUNT(s.rfr_n1) AS rfr_n1,
           COUNT(NULLIF(s.logement_actuel, 'inconnu')) AS logement_actuel,
           COUNT(NULLIF(s.motif_demande, 'inconnu')) AS motif_demande,
           COUNT(NULLIF(s.typologies, 'inconnu')) AS typologies,
           COUNT(NULLIF(s.categorie, 'inconnu')) AS categorie,
           COUNT(s.annee_naissance) AS annee_naissance,
           COUNT(NULLIF(s.situation_familiale, 'inconnu')) AS situation_familiale,
           COUNT(s.dalo) AS dalo,
           COUNT(s.prioritaire) AS prioritaire,
           COUNT(s.cotation) AS cotation,
           COUNT(s.commune_residence) AS commune_residence
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
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'dalo' AS colonne, lignes, dalo AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'prioritaire' AS colonne, lignes, prioritaire AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'relogement' AS colonne, lignes, relogement AS renseignees FROM bailleur
    UNION ALL
    SELECT 'attributions' AS source, 'bailleur' AS acteur_type, acteur, 'mutation' AS colonne, lignes, mutation AS renseignees FROM bailleur
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
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'dalo' AS colonne, lignes, dalo AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'prioritaire' AS colonne, lignes, prioritaire AS renseignees FROM guichet
    UNION ALL
    SELECT 'demandes' AS source, 'guichet' AS acteur_type, acteur, 'cotation' AS colonne, lignes, cotation AS renseignees FROM guichet
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
