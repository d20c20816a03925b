-- Dwellings proposed and dwellings allocated in N by landlord and holder of the reservation right, for the landlord's yearly
-- report (CCH R441-5-1). Associations stay, apart. A proposal is described by the lease of its dwelling when the year has
-- one, else by the stock; proposals are null while no source of events is given.
WITH bail AS (
    SELECT f.bailleur, f.id_rpls, MIN(f.reservataire) AS reservataire, MIN(f.typologie) AS typologie,
           MIN(f.financement) AS financement, MIN(f.zone) AS zone, MIN(f.periode_construction) AS periode_construction
    FROM faits f
    WHERE f.id_rpls IS NOT NULL
    GROUP BY f.bailleur, f.id_rpls
    HAVING COUNT(*) = 1
),
proposition AS (
    SELECT e.bailleur, COALESCE(b.reservataire, 'inconnu') AS reservataire,
           COALESCE(b.typologie, l.typologie, 'inconnu') AS typologie,
           COALESCE(b.financement, l.financement, 'inconnu') AS financement,
           COALESCE(b.zone, CASE l.qpv WHEN 1 THEN 'qpv' WHEN 0 THEN 'hors_qpv' END, 'inconnue') AS zone,
           e.commune, COALESCE(b.periode_construction, k.libelle, 'inconnue') AS periode_construction,
           1 - e.menage AS personne_morale
    FROM evenements e
    JOIN communes c ON c.commune = e.commune AND c.perimetre = 1
    LEFT JOIN bail b ON b.bailleur = e.bailleur AND b.id_rpls = e.id_rpls
    LEFT JOIN logements l ON l.id_rpls = e.id_rpls
    LEFT JOIN annees_construction k ON k.annee = l.annee_construction
    WHERE e.type = 'proposition' AND e.bailleur IS NOT NULL
),
ligne AS (
    SELECT f.bailleur, f.reservataire, COALESCE(f.typologie, 'inconnu') AS typologie, f.financement, f.zone, f.commune,
           f.periode_construction, f.personne_morale, 0 AS propose, 1 AS attribue
    FROM faits f
    UNION ALL
    SELECT bailleur, reservataire, typologie, financement, zone, commune, periode_construction, personne_morale, 1, 0
    FROM proposition
)
SELECT p.millesime, l.bailleur, l.reservataire, l.typologie, l.financement, l.zone, l.commune, l.periode_construction,
       l.personne_morale,
       CASE WHEN p.a_evenements = 1 THEN CAST(SUM(l.propose) AS BIGINT) END AS proposes,
       CASE WHEN p.a_attributions = 1 THEN CAST(SUM(l.attribue) AS BIGINT) END AS attributions
FROM ligne l
CROSS JOIN parametres p
GROUP BY p.millesime, p.a_evenements, p.a_attributions, l.bailleur, l.reservataire, l.typologie, l.financement, l.zone,
         l.commune, l.periode_construction, l.personne_morale
ORDER BY bailleur, reservataire, typologie, financement, zone, commune, periode_construction, personne_morale
