-- One row a demand, whatever the number of files it stands in: the latest extraction wins, since a numéro unique is one
-- demand (SNE). Flags at D = 31/12/N and at 31/12/N-1, for every later count.
-- A code of no list is no typology: such a demand counts under `ensemble` alone. The typology is the first wanted or, where the
-- project asks for it, that of the household: a T1 or a T2 for one person, as the demand has it; a T3 for one parent and one
-- child; else a room a person.
SELECT v.numero_unique, v.commune, v.communes,
       CASE WHEN p.typologie_cible = 0 THEN NULLIF(v.typologie, 'inconnu')
            WHEN v.nb_personnes = 1 THEN CASE WHEN v.typologie IN ('C', 'T1') THEN 'T1' ELSE 'T2' END
            WHEN v.nb_personnes - 1 = 1 AND (v.nb_moins_14 > 0 OR v.situation_familiale IN ('C', 'D', 'S', 'V')) THEN 'T3'
            WHEN v.nb_personnes <= p.pieces_distinguees THEN 'T' || CAST(v.nb_personnes AS VARCHAR)
            WHEN v.nb_personnes > p.pieces_distinguees THEN 'T6P' END AS typologie,
       v.date_depot, v.date_renouvellement, v.date_radiation, v.motif_radiation, v.nb_personnes, v.nb_moins_14, v.nb_uc,
       v.ressources_mensuelles, v.logement_actuel, v.motif_demande, v.annee_naissance, v.situation_familiale,
       v.commune_residence, v.cotation, v.date_extraction,
       CASE v.categorie WHEN 'A' THEN 'collectif' WHEN 'M' THEN 'individuel' WHEN 'I' THEN 'indifferent' END AS categorie,
       CASE WHEN v.logement_actuel = 'HLM' OR v.logement_actuel LIKE 'HLM|%' OR v.logement_actuel LIKE '%|HLM'
                 OR v.logement_actuel LIKE '%|HLM|%' THEN 1 ELSE 0 END AS mutation,
       CASE WHEN v.personne_morale THEN 0 ELSE 1 END AS menage,
       CASE WHEN v.dalo THEN 1 WHEN NOT v.dalo THEN 0 END AS dalo,
       CASE WHEN v.prioritaire THEN 1 WHEN NOT v.prioritaire THEN 0 END AS prioritaire,
       CASE WHEN v.date_depot <= p.fin_annee AND (v.date_radiation IS NULL OR v.date_radiation > p.fin_annee)
            THEN 1 ELSE 0 END AS active,
       CASE WHEN v.date_depot <= p.fin_annee_precedente
                 AND (v.date_radiation IS NULL OR v.date_radiation > p.fin_annee_precedente)
            THEN 1 ELSE 0 END AS active_1er_janvier,
       CASE WHEN EXTRACT(YEAR FROM v.date_depot) = p.millesime THEN 1 ELSE 0 END AS deposee,
       CASE WHEN EXTRACT(YEAR FROM v.date_radiation) = p.millesime THEN 1 ELSE 0 END AS radiee,
       CAST(p.fin_annee - v.date_depot AS INTEGER) AS anciennete_jours,
       v.fichier, v.ligne
FROM demandes_retenues v
CROSS JOIN parametres p
