-- The demands active at 31/12/N behind a characteristic. Several codes of housing or of motives may stand on one demand; one with
-- none that is known is `inconnu`.
WITH menage AS (
    SELECT d.*, s.q1, s.q2, s.q3,
           CASE WHEN d.nb_uc > 0 THEN d.nb_uc
                WHEN COALESCE(d.nb_moins_14, 0) < d.nb_personnes
                THEN CAST(1 + 0.5 * (d.nb_personnes - 1 - COALESCE(d.nb_moins_14, 0))
                            + 0.3 * COALESCE(d.nb_moins_14, 0) AS DECIMAL(18, 4)) END AS uc,
           CASE WHEN o.commune IS NULL THEN 'inconnue'
                WHEN o.commune = d.commune THEN 'meme_commune'
                WHEN o.epci = c.epci THEN 'meme_epci'
                ELSE 'autre' END AS origine
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    LEFT JOIN communes o ON o.commune = d.commune_residence
    LEFT JOIN seuils s ON s.epci = c.epci
    WHERE d.active = 1
),
fiche AS (
    SELECT a.dimension, a.modalite, m.*,
           CASE a.dimension
               WHEN 'ensemble' THEN 'ensemble'
               WHEN 'population' THEN CASE WHEN m.mutation = 1 THEN 'mutation' ELSE 'hors_mutation' END
               WHEN 'typologie' THEN COALESCE(m.typologie, 'inconnu')
               WHEN 'categorie' THEN COALESCE(m.categorie, 'inconnu')
               WHEN 'taille_menage' THEN CASE WHEN m.nb_personnes >= 6 THEN '6_et_plus'
                                              ELSE COALESCE(CAST(m.nb_personnes AS VARCHAR), 'inconnu') END
               WHEN 'age'
               THEN CASE WHEN m.annee_naissance IS NULL THEN 'inconnu'
                        WHEN p.millesime - m.annee_naissance < 25 THEN 'moins_de_25'
                        WHEN p.millesime - m.annee_naissance < 30 THEN '25_29'
                        WHEN p.millesime - m.annee_naissance < 40 THEN '30_39'
                        WHEN p.millesime - m.annee_naissance < 50 THEN '40_49'
                        WHEN p.millesime - m.annee_naissance < 65 THEN '50_64' ELSE '65_et_plus' END
               WHEN 'situation_familiale' THEN COALESCE(m.situation_familiale, 'inconnu')
               WHEN 'quartile'
               THEN CASE WHEN m.ressources_mensuelles IS NULL OR m.ressources_mensuelles <= 0 OR m.uc IS NULL THEN 'inconnu'
                         WHEN m.q1 IS NULL THEN 'sans_seuil'
                         WHEN 12 * m.ressources_mensuelles < m.q1 * m.uc THEN 'q1'
                         WHEN m.q2 IS NULL OR m.q3 IS NULL THEN 'q2_q4'
                         WHEN 12 * m.ressources_mensuelles < m.q2 * m.uc THEN 'q2'
                         WHEN 12 * m.ressources_mensuelles < m.q3 * m.uc THEN 'q3'
                         ELSE 'q4' END
               WHEN 'origine' THEN m.origine
               WHEN 'dalo' THEN CASE m.dalo WHEN 1 THEN 'oui' WHEN 0 THEN 'non' ELSE 'inconnu' END
               WHEN 'prioritaire'
               THEN CASE WHEN m.dalo = 1 OR m.prioritaire = 1 THEN 'oui' WHEN m.prioritaire = 0 THEN 'non' ELSE 'inconnu' END
               WHEN 'logement_actuel' THEN m.logement_actuel
               WHEN 'motif_demande' THEN m.motif_demande END AS valeur
    FROM cellule a
    CROSS JOIN parametres p
    JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
    JOIN menage m ON m.commune = l.commune
)
SELECT f.fichier, f.ligne, f.numero_unique, f.date_depot, f.commune, f.typologie, f.valeur,
       CASE WHEN f.menage = 0 THEN 'personne morale' END AS ecarte, TRUE AS dans_demandes
FROM fiche f
WHERE CASE WHEN f.dimension NOT IN ('logement_actuel', 'motif_demande') THEN f.valeur = f.modalite
           WHEN f.modalite <> 'inconnu' THEN COALESCE('|' || f.valeur || '|' LIKE '%|' || f.modalite || '|%', FALSE)
           ELSE NOT EXISTS (SELECT 1 FROM modalites n
                            WHERE n.dimension = f.dimension AND '|' || f.valeur || '|' LIKE '%|' || n.code || '|%') END
ORDER BY f.fichier, f.ligne
