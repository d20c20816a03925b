-- The year month by month: deposits, last renewals, exits and leases of households; and, outside priority
-- neighbourhoods, the leases of the rule of CCH L441-1 added up from January, to set beside the path to its target.
-- Months that had not begun when the register was extracted, and hold nothing, are no months without anything.
WITH fait AS (
    SELECT d.commune, EXTRACT(MONTH FROM d.date_depot) AS mois, COUNT(*) AS deposees, 0 AS renouvelees, 0 AS radiees,
           0 AS attributions, 0 AS hors_qpv, 0 AS q1_hors_qpv
    FROM demandes d
    WHERE d.menage = 1 AND d.deposee = 1
    GROUP BY d.commune, mois
    UNION ALL
    -- Some registers write the deposit as a first renewal.
    SELECT d.commune, EXTRACT(MONTH FROM d.date_renouvellement) AS mois, 0, COUNT(*), 0, 0, 0, 0
    FROM demandes d
    CROSS JOIN parametres p
    WHERE d.menage = 1 AND EXTRACT(YEAR FROM d.date_renouvellement) = p.millesime AND d.date_renouvellement > d.date_depot
    GROUP BY d.commune, mois
    UNION ALL
    SELECT d.commune, EXTRACT(MONTH FROM d.date_radiation) AS mois, 0, 0, COUNT(*), 0, 0, 0
    FROM demandes d
    WHERE d.menage = 1 AND d.radiee = 1
    GROUP BY d.commune, mois
    UNION ALL
    SELECT f.commune, EXTRACT(MONTH FROM f.date_bail) AS mois, 0, 0, 0, COUNT(*),
           SUM(CASE WHEN f.sort = 'compte' AND f.seuil_q1 IS NOT NULL AND f.zone = 'hors_qpv' THEN 1 ELSE 0 END),
           SUM(CASE WHEN f.sort = 'compte' AND f.seuil_q1 IS NOT NULL AND f.zone = 'hors_qpv'
                         AND (f.classe = 'q1' OR f.relogement = 1) THEN 1 ELSE 0 END)
    FROM faits f
    WHERE f.personne_morale = 0
    GROUP BY f.commune, mois
),
compte AS (
    SELECT l.niveau, l.code, x.mois, SUM(x.deposees) AS deposees, SUM(x.renouvelees) AS renouvelees,
           SUM(x.radiees) AS radiees, SUM(x.attributions) AS attributions, SUM(x.hors_qpv) AS hors_qpv,
           SUM(x.q1_hors_qpv) AS q1_hors_qpv
    FROM fait x
    JOIN lieux l ON l.commune = x.commune
    WHERE l.niveau <> 'commune'
    GROUP BY l.niveau, l.code, x.mois
),
-- Every month of every territory, whatever happened in it.
lieu AS (
    SELECT l.niveau, l.code, l.libelle FROM lieux l WHERE l.niveau <> 'commune' GROUP BY l.niveau, l.code, l.libelle
),
cumul AS (
    SELECT l.niveau, l.code, l.libelle, m.mois,
           COALESCE(c.deposees, 0) AS deposees, COALESCE(c.renouvelees, 0) AS renouvelees,
           COALESCE(c.radiees, 0) AS radiees, COALESCE(c.attributions, 0) AS attributions,
           SUM(COALESCE(c.hors_qpv, 0)) OVER (PARTITION BY l.niveau, l.code ORDER BY m.mois) AS cumul_hors_qpv,
           SUM(COALESCE(c.q1_hors_qpv, 0)) OVER (PARTITION BY l.niveau, l.code ORDER BY m.mois) AS cumul_q1_hors_qpv,
           SUM(COALESCE(c.deposees + c.renouvelees + c.radiees + c.attributions, 0))
               OVER (PARTITION BY l.niveau, l.code ORDER BY m.mois DESC) AS reste
    FROM lieu l
    CROSS JOIN mois m
    LEFT JOIN compte c ON c.niveau = l.niveau AND c.code = l.code AND c.mois = m.mois
)
SELECT p.millesime, c.niveau, c.code, c.libelle, CAST(c.mois AS INTEGER) AS mois,
       CASE WHEN p.a_demandes = 1 THEN CAST(c.deposees AS BIGINT) END AS deposees,
       CASE WHEN r.connus > 0 THEN CAST(c.renouvelees AS BIGINT) END AS renouvelees,
       CASE WHEN p.a_demandes = 1 THEN CAST(c.radiees AS BIGINT) END AS radiees,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.attributions AS BIGINT) END AS attributions,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.cumul_hors_qpv AS BIGINT) END AS cumul_hors_qpv,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.cumul_q1_hors_qpv AS BIGINT) END AS cumul_q1_hors_qpv,
       CAST(c.cumul_q1_hors_qpv AS DOUBLE) / NULLIF(CAST(c.cumul_hors_qpv AS BIGINT), 0) AS part_cumulee
FROM cumul c
CROSS JOIN parametres p
CROSS JOIN (SELECT COUNT(d.date_renouvellement) AS connus FROM demandes d) r
WHERE p.date_extraction >= p.fin_annee OR c.mois <= EXTRACT(MONTH FROM p.date_extraction) OR c.reste > 0
ORDER BY niveau, code, mois
