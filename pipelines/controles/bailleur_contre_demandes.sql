-- What the leases of a landlord say against what their demands say, by subject: a file that carries renewals for deposits, annual
-- resources for monthly ones, one person for every household, no child, or no for every priority public, reads as any other. A landlord
-- that signs as many leases in N as the parameter effectif_minimal is told where half of those that can be compared differ, and
-- a tenth of all. Resources differ from twice; of a priority or of a move, only leases where either says yes are compared; of children under
-- 14, where either has some and no consumption units are given, and of these, where the household is not of one person.
WITH dit AS (
    SELECT s.bailleur, CAST(s.date_depot - d.date_depot AS INTEGER) AS jours,
           CASE WHEN s.ressources_mensuelles > 0 AND d.ressources_mensuelles > 0 THEN s.ressources_mensuelles END AS ressources_bail,
           d.ressources_mensuelles AS ressources_demande,
           s.nb_personnes AS personnes_bail, d.nb_personnes AS personnes_demande,
           CASE WHEN COALESCE(s.nb_uc, 0) = 0 THEN s.nb_moins_14 END AS enfants_bail, d.nb_moins_14 AS enfants_demande,
           CASE WHEN s.nb_uc > 0 THEN s.nb_uc END AS uc_bail,
           COALESCE(CASE WHEN d.nb_uc > 0 THEN d.nb_uc END,
                    CASE WHEN d.nb_moins_14 < d.nb_personnes
                         THEN CAST(1 + 0.5 * (d.nb_personnes - 1 - d.nb_moins_14) + 0.3 * d.nb_moins_14
                                   AS DECIMAL(18, 4)) END) AS uc_demande,
           -- Where one says nothing of DALO or of priority, it says what the other does.
           CASE WHEN (s.dalo IS NULL OR d.dalo IS NULL) AND (s.prioritaire IS NULL OR d.prioritaire IS NULL) THEN NULL
                WHEN COALESCE(CASE WHEN s.dalo THEN 1 WHEN NOT s.dalo THEN 0 END, d.dalo, 0) = 1
                     OR COALESCE(CASE WHEN s.prioritaire THEN 1 WHEN NOT s.prioritaire THEN 0 END, d.prioritaire, 0) = 1 THEN 1
                ELSE 0 END AS priorite_bail,
           CASE WHEN COALESCE(d.dalo, CASE WHEN s.dalo THEN 1 END, 0) = 1
                     OR COALESCE(d.prioritaire, CASE WHEN s.prioritaire THEN 1 END, 0) = 1 THEN 1
                ELSE 0 END AS priorite_demande,
           CASE WHEN d.logement_actuel IS NULL THEN NULL WHEN s.mutation THEN 1 WHEN NOT s.mutation THEN 0 END AS mutation_bail,
           d.mutation AS mutation_demande
    FROM source_attributions s
    CROSS JOIN parametres p
    LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
),
compte AS (
    SELECT x.bailleur, COUNT(*) AS baux,
           COUNT(x.jours) AS de_depot,
           SUM(CASE WHEN x.jours > 31 OR x.jours < -31 THEN 1 ELSE 0 END) AS depot,
           COUNT(x.ressources_bail) AS de_ressources,
           SUM(CASE WHEN x.ressources_bail >= 2 * x.ressources_demande OR x.ressources_demande >= 2 * x.ressources_bail
                    THEN 1 ELSE 0 END) AS ressources,
           COUNT(x.personnes_bail + x.personnes_demande) AS de_personnes,
           SUM(CASE WHEN x.personnes_bail <> x.personnes_demande THEN 1 ELSE 0 END) AS personnes,
           SUM(CASE WHEN x.enfants_bail + x.enfants_demande > 0 THEN 1 ELSE 0 END) AS de_enfants,
           SUM(CASE WHEN x.enfants_bail <> x.enfants_demande THEN 1 ELSE 0 END) AS enfants,
           SUM(CASE WHEN x.uc_bail + x.uc_demande > 0 AND (x.uc_bail > 1 OR x.uc_demande > 1) THEN 1 ELSE 0 END) AS de_uc,
           SUM(CASE WHEN x.uc_bail <> x.uc_demande AND (x.uc_bail > 1 OR x.uc_demande > 1) THEN 1 ELSE 0 END) AS uc,
           SUM(CASE WHEN x.priorite_bail + x.priorite_demande > 0 THEN 1 ELSE 0 END) AS de_priorite,
           SUM(CASE WHEN x.priorite_bail <> x.priorite_demande THEN 1 ELSE 0 END) AS priorite,
           SUM(CASE WHEN x.mutation_bail + x.mutation_demande > 0 THEN 1 ELSE 0 END) AS de_mutation,
           SUM(CASE WHEN x.mutation_bail <> x.mutation_demande THEN 1 ELSE 0 END) AS mutation
    FROM dit x
    GROUP BY x.bailleur
),
sujet AS (
    SELECT c.bailleur, c.baux, 'date de dépôt' AS sujet, c.de_depot AS compares, c.depot AS contraires FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'ressources mensuelles', c.de_ressources, c.ressources FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'nombre de personnes', c.de_personnes, c.personnes FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'enfants de moins de 14 ans', c.de_enfants, c.enfants FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'unités de consommation', c.de_uc, c.uc FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'DALO ou priorité', c.de_priorite, c.priorite FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'mutation', c.de_mutation, c.mutation FROM compte c
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN s.baux < p.effectif_minimal THEN 'hors_champ'
            WHEN s.compares = 0 THEN 'non_evaluable'
            WHEN 2 * s.contraires >= s.compares AND 10 * s.contraires >= s.baux THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, s.bailleur) || ', ' || s.sujet || ', ' || CAST(s.contraires AS VARCHAR) || ' baux sur '
           || CAST(s.compares AS VARCHAR) AS valeur,
       s.bailleur
FROM sujet s
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = s.bailleur
