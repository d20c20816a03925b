-- Households' allocations of N by income class against the EPCI's amounts, in and out of priority neighbourhoods
-- (CCH L441-1). Only EPCI with an amount for the year are covered. Shares are over all allocations of the zone, unknown
-- incomes included; q1_ou_relogement is the legal numerator; q2 to q4 are null where an amount is lacking.
WITH retenu AS (
    SELECT f.commune, f.bailleur, f.zone, f.classe,
           CASE WHEN f.seuil_q2 IS NULL OR f.seuil_q3 IS NULL THEN 1 ELSE 0 END AS sans_q2_q3,
           f.relogement, COUNT(*) AS n
    FROM faits f
    WHERE f.sort = 'compte' AND f.seuil_q1 IS NOT NULL
    GROUP BY f.commune, f.bailleur, f.zone, f.classe, sans_q2_q3, f.relogement
),
agrege AS (
    SELECT l.niveau, l.code, l.libelle,
           CASE WHEN GROUPING(r.bailleur) = 1 THEN 'ensemble' ELSE r.bailleur END AS bailleur,
           CASE WHEN GROUPING(r.zone) = 1 THEN 'ensemble' ELSE r.zone END AS zone,
           SUM(r.n) AS attributions,
           SUM(CASE WHEN r.classe = 'q1' THEN r.n ELSE 0 END) AS q1,
           SUM(CASE WHEN r.classe = 'q2' THEN r.n ELSE 0 END) AS q2,
           SUM(CASE WHEN r.classe = 'q3' THEN r.n ELSE 0 END) AS q3,
           SUM(CASE WHEN r.classe = 'q4' THEN r.n ELSE 0 END) AS q4,
           SUM(CASE WHEN r.classe = 'inconnu' THEN r.n ELSE 0 END) AS inconnu,
           SUM(CASE WHEN r.relogement = 1 THEN r.n ELSE 0 END) AS relogement,
           SUM(CASE WHEN r.classe = 'q1' OR r.relogement = 1 THEN r.n ELSE 0 END) AS q1_ou_relogement,
           SUM(CASE WHEN r.classe IN ('q2', 'q3', 'q4', 'q2_q4') THEN r.n ELSE 0 END) AS q2_q4,
           MAX(r.sans_q2_q3) AS sans_q2_q3
    FROM retenu r
    JOIN lieux l ON l.commune = r.commune
    GROUP BY GROUPING SETS (
        (l.niveau, l.code, l.libelle),
        (l.niveau, l.code, l.libelle, r.zone),
        (l.niveau, l.code, l.libelle, r.bailleur),
        (l.niveau, l.code, l.libelle, r.bailleur, r.zone)
    )
    HAVING GROUPING(r.bailleur) = 1 OR l.niveau = 'epci'
),
-- A territory with no allocation still lacks its amounts, or not, by the EPCI that it holds.
sans_montant AS (
    SELECT l.niveau, l.code, MAX(CASE WHEN s.q2 IS NULL OR s.q3 IS NULL THEN 1 ELSE 0 END) AS sans_q2_q3
    FROM lieux l
    JOIN communes c ON c.commune = l.commune
    LEFT JOIN seuils s ON s.epci = c.epci
    GROUP BY l.niveau, l.code
),
complet AS (
    SELECT COALESCE(a.niveau, c.niveau) AS niveau, COALESCE(a.code, c.code) AS code,
           COALESCE(a.libelle, c.libelle) AS libelle,
           COALESCE(a.bailleur, 'ensemble') AS bailleur, COALESCE(a.zone, 'ensemble') AS zone,
           COALESCE(a.attributions, 0) AS attributions, COALESCE(a.q1, 0) AS q1, COALESCE(a.q2, 0) AS q2,
           COALESCE(a.q3, 0) AS q3, COALESCE(a.q4, 0) AS q4, COALESCE(a.inconnu, 0) AS inconnu,
           COALESCE(a.relogement, 0) AS relogement, COALESCE(a.q1_ou_relogement, 0) AS q1_ou_relogement,
           COALESCE(a.q2_q4, 0) AS q2_q4, COALESCE(a.sans_q2_q3, m.sans_q2_q3) AS sans_q2_q3
    FROM cadre c
    FULL JOIN agrege a
        ON a.niveau = c.niveau AND a.code = c.code AND a.bailleur = c.ensemble AND a.zone = c.ensemble
    LEFT JOIN sans_montant m ON m.niveau = c.niveau AND m.code = c.code
)
SELECT p.millesime, c.niveau, c.code, c.libelle, c.bailleur, c.zone,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.attributions AS BIGINT) END AS attributions,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.q1 AS BIGINT) END AS q1,
       CASE WHEN p.a_attributions = 1 AND c.sans_q2_q3 = 0 THEN CAST(c.q2 AS BIGINT) END AS q2,
       CASE WHEN p.a_attributions = 1 AND c.sans_q2_q3 = 0 THEN CAST(c.q3 AS BIGINT) END AS q3,
       CASE WHEN p.a_attributions = 1 AND c.sans_q2_q3 = 0 THEN CAST(c.q4 AS BIGINT) END AS q4,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.inconnu AS BIGINT) END AS inconnu,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.relogement AS BIGINT) END AS relogement,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.q1_ou_relogement AS BIGINT) END AS q1_ou_relogement,
       CAST(c.q1 AS DOUBLE) / NULLIF(c.attributions, 0) AS part_q1,
       CAST(c.q1_ou_relogement AS DOUBLE) / NULLIF(c.attributions, 0) AS part_q1_ou_relogement,
       CAST(c.q2_q4 AS DOUBLE) / NULLIF(c.attributions, 0) AS part_q2_q4
FROM complet c
CROSS JOIN parametres p
ORDER BY niveau, code, bailleur, zone
