-- The stock as the ministry publishes it (SDES, results by territory) beside the stock counted here: communes, and EPCI that
-- the perimeter holds whole; an EPCI over two départements stands on two rows there, which add up. A hidden part makes
-- its sum unknown.
WITH ligne AS (
    SELECT CASE WHEN r.commune IS NOT NULL THEN 'commune' ELSE 'epci' END AS niveau,
           COALESCE(r.commune, r.epci) AS code,
           r.logements, r.logements_qpv, r.loues, r.vacants, r.vides, r.association
    FROM source_resultats_rpls r
    WHERE r.commune IS NOT NULL OR r.epci IS NOT NULL
),
publie AS (
    SELECT niveau, code, 'logements' AS mesure, CASE WHEN COUNT(*) = COUNT(logements) THEN SUM(logements) END AS officiel FROM ligne GROUP BY niveau, code
    UNION ALL
    SELECT niveau, code, 'logements_qpv' AS mesure, CASE WHEN COUNT(*) = COUNT(logements_qpv) THEN SUM(logements_qpv) END AS officiel FROM ligne GROUP BY niveau, code
    UNION ALL
    SELECT niveau, code, 'loues' AS mesure, CASE WHEN COUNT(*) = COUNT(loues) THEN SUM(loues) END AS officiel FROM ligne GROUP BY niveau, code
    UNION ALL
    SELECT niveau, code, 'vacants' AS mesure, CASE WHEN COUNT(*) = COUNT(vacants) THEN SUM(vacants) END AS officiel FROM ligne GROUP BY niveau, code
    UNION ALL
    SELECT niveau, code, 'vides' AS mesure, CASE WHEN COUNT(*) = COUNT(vides) THEN SUM(vides) END AS officiel FROM ligne GROUP BY niveau, code
    UNION ALL
    SELECT niveau, code, 'association' AS mesure, CASE WHEN COUNT(*) = COUNT(association) THEN SUM(association) END AS officiel FROM ligne GROUP BY niveau, code
),
stock AS (
    SELECT s.niveau, s.code, s.logements, s.logements_qpv, s.loues, s.vacants, s.vides, s.association
    FROM parc s
    WHERE s.typologie = 'ensemble' AND s.categorie = 'ensemble' AND s.niveau IN ('commune', 'epci')
),
calcule AS (
    SELECT niveau, code, 'logements' AS mesure, logements AS calcule FROM stock
    UNION ALL
    SELECT niveau, code, 'logements_qpv' AS mesure, logements_qpv AS calcule FROM stock
    UNION ALL
    SELECT niveau, code, 'loues' AS mesure, loues AS calcule FROM stock
    UNION ALL
    SELECT niveau, code, 'vacants' AS mesure, vacants AS calcule FROM stock
    UNION ALL
    SELECT niveau, code, 'vides' AS mesure, vides AS calcule FROM stock
    UNION ALL
    SELECT niveau, code, 'association' AS mesure, association AS calcule FROM stock
),
entier AS (
    SELECT DISTINCT l.niveau, l.code, l.libelle FROM lieux l WHERE l.niveau = 'commune'
    UNION ALL
    SELECT DISTINCT l.niveau, l.code, l.libelle
    FROM lieux l
    WHERE l.niveau = 'epci' AND NOT EXISTS (SELECT 1 FROM communes c WHERE c.epci = l.code AND c.perimetre = 0)
),
compare AS (
    SELECT e.niveau, e.code, e.libelle, o.mesure, o.officiel,
           CASE WHEN p.a_rpls = 0 THEN NULL WHEN c.code IS NULL THEN 0 ELSE c.calcule END AS calcule
    FROM publie o
    CROSS JOIN parametres p
    JOIN entier e ON e.niveau = o.niveau AND e.code = o.code
    LEFT JOIN calcule c ON c.niveau = o.niveau AND c.code = o.code AND c.mesure = o.mesure
)
SELECT p.millesime, c.niveau, c.code, c.libelle, c.mesure, CAST(c.officiel AS BIGINT) AS officiel,
       CAST(c.calcule AS BIGINT) AS calcule, CAST(c.calcule - c.officiel AS BIGINT) AS ecart,
       CAST(c.calcule - c.officiel AS DOUBLE) / NULLIF(c.officiel, 0) AS ecart_relatif
FROM compare c
CROSS JOIN parametres p
WHERE c.officiel IS NOT NULL
ORDER BY niveau, code, mesure
