-- The leases behind a characteristic. Several codes of housing or of motives may stand on one demand; one with none that is known
-- is `inconnu`.
WITH fiche AS (
    SELECT a.dimension, a.modalite, f.*,
           CASE a.dimension
               WHEN 'ensemble' THEN 'ensemble'
               WHEN 'population' THEN f.population
               WHEN 'typologie' THEN COALESCE(f.typologie, 'inconnu')
               WHEN 'categorie' THEN COALESCE(f.categorie, 'inconnu')
               WHEN 'financement' THEN f.financement
               WHEN 'bailleur' THEN f.bailleur
               WHEN 'reservataire' THEN f.reservataire
               WHEN 'zone' THEN f.zone
               WHEN 'quartile' THEN f.classe
               WHEN 'origine' THEN f.origine
               WHEN 'periode_construction' THEN f.periode_construction
               WHEN 'taille_menage' THEN CASE WHEN f.nb_personnes >= 6 THEN '6_et_plus'
                                              ELSE COALESCE(CAST(f.nb_personnes AS VARCHAR), 'inconnu') END
               WHEN 'age'
               THEN CASE WHEN f.annee_naissance IS NULL THEN 'inconnu'
                        WHEN f.millesime - f.annee_naissance < 25 THEN 'moins_de_25'
                        WHEN f.millesime - f.annee_naissance < 30 THEN '25_29'
                        WHEN f.millesime - f.annee_naissance < 40 THEN '30_39'
                        WHEN f.millesime - f.annee_naissance < 50 THEN '40_49'
                        WHEN f.millesime - f.annee_naissance < 65 THEN '50_64' ELSE '65_et_plus' END
               WHEN 'delai'
               THEN CASE WHEN f.delai_jours IS NULL THEN 'inconnu'
                         WHEN f.date_bail < f.date_depot + INTERVAL '3' MONTH THEN 'moins_3_mois'
                         WHEN f.date_bail < f.date_depot + INTERVAL '6' MONTH THEN '3_a_6_mois'
                         WHEN f.date_bail < f.date_depot + INTERVAL '12' MONTH THEN '6_a_12_mois'
                         WHEN f.date_bail < f.date_depot + INTERVAL '18' MONTH THEN '12_a_18_mois'
                         WHEN f.date_bail < f.date_depot + INTERVAL '24' MONTH THEN '18_a_24_mois'
                         WHEN f.date_bail < f.date_depot + INTERVAL '36' MONTH THEN '2_a_3_ans'
                         WHEN f.date_bail < f.date_depot + INTERVAL '60' MONTH THEN '3_a_5_ans' ELSE 'plus_5_ans' END
               WHEN 'situation_familiale' THEN COALESCE(f.situation_familiale, 'inconnu')
               WHEN 'dalo' THEN CASE WHEN f.dalo = 1 THEN 'oui' ELSE 'non' END
               WHEN 'prioritaire' THEN CASE WHEN f.prioritaire = 1 THEN 'oui' ELSE 'non' END
               WHEN 'relogement' THEN CASE WHEN f.relogement = 1 THEN 'oui' ELSE 'non' END
               WHEN 'logement_actuel' THEN f.logement_actuel
               WHEN 'motif_demande' THEN f.motif_demande END AS valeur
    FROM cellule a
    JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
    JOIN faits_attributions f ON f.commune = l.commune
)
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.typologie, f.valeur,
       CASE WHEN f.personne_morale = 1 THEN 'personne morale' END AS ecarte, TRUE AS dans_attributions
FROM fiche f
WHERE CASE WHEN f.dimension NOT IN ('logement_actuel', 'motif_demande') THEN f.valeur = f.modalite
           WHEN f.modalite <> 'inconnu' THEN COALESCE('|' || f.valeur || '|' LIKE '%|' || f.modalite || '|%', FALSE)
           ELSE NOT EXISTS (SELECT 1 FROM modalites n
                            WHERE n.dimension = f.dimension AND '|' || f.valeur || '|' LIKE '%|' || n.code || '|%') END
ORDER BY f.fichier, f.ligne
