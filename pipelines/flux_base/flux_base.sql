-- Dwellings proposed and dwellings allocated in N, by who let them and what they are. A proposal is described by the lease of its
-- dwelling when the year has one, else by the stock. One part of the dwellings at a time, one that is not told standing with its
-- household: a lease and the proposals of its dwelling are in one part, and parts add up.
WITH repete AS (
    SELECT f.bailleur, f.id_rpls
    FROM faits f
    WHERE f.id_rpls BETWEEN $premier AND $dernier
    GROUP BY f.bailleur, f.id_rpls
    HAVING COUNT(*) > 1
),
bail AS (
    SELECT f.bailleur, f.id_rpls, f.reservataire, f.typologie, f.financement, f.zone, f.periode_construction
    FROM faits f
    WHERE f.id_rpls BETWEEN $premier AND $dernier
      AND NOT EXISTS (SELECT 1 FROM repete r WHERE r.bailleur = f.bailleur AND r.id_rpls = f.id_rpls)
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
    LEFT JOIN logements l ON l.id_rpls = e.id_rpls AND l.id_rpls BETWEEN $premier AND $dernier
    LEFT JOIN annees_construction k ON k.annee = l.annee_construction
    WHERE e.type = 'proposition' AND e.bailleur IS NOT NULL
      AND COALESCE(e.id_rpls, e.numero_unique) BETWEEN $premier AND $dernier
),
ligne AS (
    SELECT f.bailleur, f.reservataire, COALESCE(f.typologie, 'inconnu') AS typologie, f.financement, f.zone, f.commune,
           f.periode_construction, f.personne_morale, 0 AS propose, 1 AS attribue
    FROM faits f
    WHERE COALESCE(f.id_rpls, f.numero_unique) BETWEEN $premier AND $dernier
    UNION ALL
    SELECT bailleur, reservataire, typologie, financement, zone, commune, periode_construction, personne_morale, 1, 0
    FROM proposition
)
SELECT l.bailleur, l.reservataire, l.typologie, l.financement, l.zone, l.commune, l.periode_construction, l.personne_morale,
       CAST(SUM(l.propose) AS BIGINT) AS proposes, CAST(SUM(l.attribue) AS BIGINT) AS attributions
FROM ligne l
GROUP BY l.bailleur, l.reservataire, l.typologie, l.financement, l.zone, l.commune, l.periode_construction, l.personne_morale
