-- The rows of a landlord or of a registration office, and which of them have the value of a column.
WITH ligne AS (
    SELECT s.fichier, s.ligne, s.numero_unique, s.bailleur AS acteur, s.personne_morale,
           CASE a.colonne WHEN 'date_depot' THEN s.date_depot IS NOT NULL
                          WHEN 'date_decision' THEN s.date_decision IS NOT NULL
                          WHEN 'id_rpls' THEN s.id_rpls IS NOT NULL
                          WHEN 'qpv' THEN s.qpv IS NOT NULL
                          WHEN 'categorie' THEN s.categorie <> 'inconnu'
                          WHEN 'typologie' THEN s.typologie <> 'inconnu'
                          WHEN 'financement' THEN s.financement <> 'inconnu'
                          WHEN 'annee_construction' THEN s.annee_construction IS NOT NULL
                          WHEN 'reservataire' THEN s.reservataire <> 'inconnu'
                          WHEN 'dalo' THEN s.dalo IS NOT NULL
                          WHEN 'prioritaire' THEN s.prioritaire IS NOT NULL
                          WHEN 'relogement' THEN s.relogement <> 'inconnu'
                          WHEN 'mutation' THEN s.mutation IS NOT NULL
                          WHEN 'nb_personnes' THEN s.nb_personnes IS NOT NULL
                          WHEN 'ressources_mensuelles' THEN s.ressources_mensuelles IS NOT NULL
                          WHEN 'rang' THEN s.rang IS NOT NULL
                          WHEN 'commune_origine' THEN s.commune_origine IS NOT NULL END AS renseignee
    FROM source_attributions s
    JOIN cellule a ON a.source = 'attributions'
    UNION ALL
    SELECT s.fichier, s.ligne, s.numero_unique, COALESCE(s.guichet, 'inconnu'), s.personne_morale,
           CASE a.colonne WHEN 'nb_personnes' THEN s.nb_personnes IS NOT NULL
                          WHEN 'nb_moins_14' THEN s.nb_moins_14 IS NOT NULL
                          WHEN 'ressources_mensuelles' THEN s.ressources_mensuelles IS NOT NULL
                          WHEN 'rfr_n1' THEN s.rfr_n1 IS NOT NULL
                          WHEN 'logement_actuel' THEN s.logement_actuel <> 'inconnu'
                          WHEN 'motif_demande' THEN s.motif_demande <> 'inconnu'
                          WHEN 'typologies' THEN s.typologies <> 'inconnu'
                          WHEN 'categorie' THEN s.categorie <> 'inconnu'
                          WHEN 'annee_naissance' THEN s.annee_naissance IS NOT NULL
                          WHEN 'situation_familiale' THEN s.situation_familiale <> 'inconnu'
                          WHEN 'dalo' THEN s.dalo IS NOT NULL
                          WHEN 'prioritaire' THEN s.prioritaire IS NOT NULL
                          WHEN 'cotation' THEN s.cotation IS NOT NULL
                          WHEN 'commune_residence' THEN s.commune_residence IS NOT NULL END
    FROM source_demandes s
    JOIN cellule a ON a.source = 'demandes'
)
SELECT x.fichier, x.ligne, x.numero_unique, x.acteur,
       CASE WHEN x.personne_morale THEN 'personne morale' END AS ecarte, x.renseignee AS dans_renseignees
FROM ligne x
JOIN cellule a ON a.acteur = 'ensemble' OR a.acteur = x.acteur
ORDER BY x.fichier, x.ligne
