-- The table of facts: one row per allocation followed by a lease signed in N (CCH L441-1), with what every later table
-- and verdict reads of it: territory, zone, income class, public flags, and why it counts or not. One part of the numéros
-- uniques at a time, so that a country needs no more room than a région.
WITH bail AS (
    SELECT a.*, c.epci, c.departement, c.region
    FROM source_attributions a
    CROSS JOIN parametres p
    JOIN communes c ON c.commune = a.commune
    WHERE a.numero_unique BETWEEN $premier AND $dernier
      AND EXTRACT(YEAR FROM a.date_bail) = p.millesime AND c.perimetre = 1
),
-- UC: 1, 0.5 per further person of 14 or more, 0.3 per child under 14; a composition with no adult is no composition.
menage AS (
    SELECT b.*,
           CASE WHEN b.qpv THEN 1 WHEN NOT b.qpv THEN 0 ELSE l.qpv END AS en_qpv,
           COALESCE(b.date_depot, d.date_depot) AS depot,
           COALESCE(b.ressources_mensuelles, d.ressources_mensuelles) AS ressources,
           CASE WHEN b.ressources_mensuelles IS NOT NULL THEN 'attribution'
                WHEN d.ressources_mensuelles IS NOT NULL THEN 'demande' END AS ressources_de,
           COALESCE(
               CASE WHEN b.nb_uc > 0 THEN b.nb_uc END,
               CASE WHEN COALESCE(b.nb_moins_14, 0) < b.nb_personnes
                    THEN CAST(1 + 0.5 * (b.nb_personnes - 1 - COALESCE(b.nb_moins_14, 0))
                                + 0.3 * COALESCE(b.nb_moins_14, 0) AS DECIMAL(18, 4)) END,
               CASE WHEN d.nb_uc > 0 THEN d.nb_uc END,
               CASE WHEN COALESCE(d.nb_moins_14, 0) < d.nb_personnes
                    THEN CAST(1 + 0.5 * (d.nb_personnes - 1 - COALESCE(d.nb_moins_14, 0))
                                + 0.3 * COALESCE(d.nb_moins_14, 0) AS DECIMAL(18, 4)) END
           ) AS uc,
           COALESCE(b.nb_personnes, d.nb_personnes) AS personnes,
           d.annee_naissance, d.situation_familiale, d.motif_demande, d.logement_actuel,
           COALESCE(b.commune_origine, d.commune_residence) AS origine_commune,
           COALESCE(CASE WHEN b.dalo THEN 1 WHEN NOT b.dalo THEN 0 END, d.dalo, 0) AS est_dalo,
           COALESCE(CASE WHEN b.prioritaire THEN 1 WHEN NOT b.prioritaire THEN 0 END, d.prioritaire, 0) AS est_prioritaire,
           COALESCE(CASE WHEN b.mutation THEN 'mutation' WHEN NOT b.mutation THEN 'hors_mutation' END,
                    CASE WHEN d.mutation = 1 THEN 'mutation' ELSE 'hors_mutation' END) AS population,
           -- A scale is its EPCI's own.
           COALESCE(b.cotation, CASE WHEN dc.epci = b.epci THEN d.cotation END) AS points,
           CASE WHEN d.numero_unique IS NULL THEN 0 ELSE 1 END AS demande_connue
    FROM bail b
    LEFT JOIN logements l ON l.id_rpls = b.id_rpls
    LEFT JOIN demandes_nommees d
        ON d.numero_unique = b.numero_unique AND d.numero_unique BETWEEN $premier AND $dernier AND d.bail = 1
    LEFT JOIN communes dc ON dc.commune = d.commune
)
SELECT p.millesime, m.numero_unique, m.commune, m.epci, m.departement, m.region,
       m.date_bail, m.depot AS date_depot, m.date_decision, m.bailleur,
       COALESCE(m.reservataire, 'inconnu') AS reservataire,
       NULLIF(m.typologie, 'inconnu') AS typologie, NULLIF(m.categorie, 'inconnu') AS categorie,
       COALESCE(m.financement, 'inconnu') AS financement,
       COALESCE(k.libelle, 'inconnue') AS periode_construction,
       CASE WHEN e.epci IS NOT NULL THEN 'hors_qpv'
            WHEN m.en_qpv = 1 THEN 'qpv'
            WHEN m.en_qpv = 0 THEN 'hors_qpv'
            ELSE 'inconnue' END AS zone,
       -- A lease said to be in a priority neighbourhood of an EPCI declared without any.
       CASE WHEN e.epci IS NOT NULL AND m.qpv THEN 1 ELSE 0 END AS qpv_contredit,
       m.population,
       m.est_dalo AS dalo,
       CASE WHEN m.est_dalo = 1 OR m.est_prioritaire = 1 THEN 1 ELSE 0 END AS prioritaire,
       -- ORCOD counts for leases signed since ELAN; before it, NPNRU alone (dated parameter relogement_compte).
       CASE WHEN m.relogement = 'ORCOD' AND m.date_bail < p.orcod_depuis THEN 0
            WHEN m.relogement IN ('oui', 'NPNRU', 'ORCOD') THEN 1 ELSE 0 END AS relogement,
       CASE WHEN m.personne_morale THEN 1 ELSE 0 END AS personne_morale,
       m.personnes AS nb_personnes, m.ressources AS ressources_mensuelles, m.ressources_de, m.uc AS nb_uc,
       s.q1 AS seuil_q1, s.q2 AS seuil_q2, s.q3 AS seuil_q3,
       CASE WHEN m.ressources IS NULL OR m.ressources <= 0 OR m.uc IS NULL THEN 'inconnu'
            WHEN s.q1 IS NULL THEN 'sans_seuil'
            WHEN 12 * m.ressources < s.q1 * m.uc THEN 'q1'
            WHEN s.q2 IS NULL OR s.q3 IS NULL THEN 'q2_q4'
            WHEN 12 * m.ressources < s.q2 * m.uc THEN 'q2'
            WHEN 12 * m.ressources < s.q3 * m.uc THEN 'q3'
            ELSE 'q4' END AS classe,
       CASE WHEN m.date_bail >= m.depot THEN CAST(m.date_bail - m.depot AS INTEGER) END AS delai_jours,
       m.annee_naissance, m.situation_familiale, m.motif_demande, m.logement_actuel, m.rang,
       CASE WHEN o.commune IS NULL THEN 'inconnue'
            WHEN o.commune = m.commune THEN 'meme_commune'
            WHEN o.epci = m.epci THEN 'meme_epci'
            ELSE 'autre' END AS origine,
       CASE WHEN m.personne_morale THEN 'personne_morale'
            WHEN x.financement IS NOT NULL THEN 'financement_exclu'
            ELSE 'compte' END AS sort,
       m.points AS cotation, m.demande_connue, m.id_rpls, m.fichier, m.ligne
FROM menage m
CROSS JOIN parametres p
LEFT JOIN seuils s ON s.epci = m.epci
LEFT JOIN epci_sans_qpv e ON e.epci = m.epci
LEFT JOIN financements_exclus x ON x.financement = m.financement
LEFT JOIN communes o ON o.commune = m.origine_commune
LEFT JOIN annees_construction k ON k.annee = m.annee_construction
ORDER BY m.fichier, m.ligne
