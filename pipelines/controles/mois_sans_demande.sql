-- A month of N, over when the register was extracted, without a deposit or an exit in a territory that has as many in the year as
-- the parameter effectif_minimal: its extract may stop early. What the whole lacks is not told again of each EPCI.
WITH annee AS (
    SELECT c.niveau, c.code, SUM(c.deposees) AS deposees, SUM(c.radiees) AS radiees
    FROM calendrier c
    GROUP BY c.niveau, c.code
),
mensuel AS (
    SELECT c.niveau, c.libelle, c.mois,
           CASE WHEN a.deposees >= p.effectif_minimal AND c.deposees = 0 THEN 1 ELSE 0 END AS sans_depot,
           CASE WHEN a.radiees >= p.effectif_minimal AND c.radiees = 0 THEN 1 ELSE 0 END AS sans_radiation,
           CASE WHEN (a.deposees >= p.effectif_minimal OR a.radiees >= p.effectif_minimal)
                     AND c.niveau IN ('epci', 'territoire')
                     AND 12 * EXTRACT(YEAR FROM p.date_extraction) + EXTRACT(MONTH FROM p.date_extraction)
                         > 12 * p.millesime + c.mois THEN 1 ELSE 0 END AS juge
    FROM calendrier c
    CROSS JOIN parametres p
    JOIN annee a ON a.niveau = c.niveau AND a.code = c.code
),
ensemble AS (
    SELECT m.mois, m.sans_depot, m.sans_radiation FROM mensuel m WHERE m.niveau = 'territoire'
),
propre AS (
    SELECT m.libelle, m.mois, m.juge,
           CASE WHEN m.niveau = 'territoire' THEN m.sans_depot ELSE m.sans_depot * (1 - e.sans_depot) END AS sans_depot,
           CASE WHEN m.niveau = 'territoire' THEN m.sans_radiation ELSE m.sans_radiation * (1 - e.sans_radiation) END AS sans_radiation
    FROM mensuel m
    JOIN ensemble e ON e.mois = m.mois
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN x.juge = 0 THEN 'hors_champ'
            WHEN x.sans_depot + x.sans_radiation > 0 THEN 'echec'
            ELSE 'conforme' END AS etat,
       x.libelle || ', ' || CASE WHEN x.mois < 10 THEN '0' ELSE '' END || CAST(x.mois AS VARCHAR) || '/'
           || CAST(p.millesime AS VARCHAR) || CASE WHEN x.sans_depot + x.sans_radiation > 1 THEN ', ni dépôt ni radiation'
                                                   WHEN x.sans_depot = 1 THEN ', aucun dépôt'
                                                   ELSE ', aucune radiation' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM propre x
CROSS JOIN parametres p
