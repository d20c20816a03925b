-- Steps of the process in N, by territory, and the demands that met them. One part of the numéros uniques at a time: a demand
-- stands whole in one part, so that parts add up.
WITH menage AS (
    SELECT e.numero_unique, MIN(e.commune) AS commune, CASE WHEN MIN(e.commune) = MAX(e.commune) THEN 1 ELSE 0 END AS seule,
           COUNT(CASE WHEN e.type = 'visite' THEN 1 END) AS visites,
           COUNT(CASE WHEN e.type = 'proposition' THEN 1 END) AS propositions,
           COUNT(CASE WHEN e.type = 'commission' THEN 1 END) AS commissions,
           COUNT(CASE WHEN e.type = 'refus' THEN 1 END) AS refus,
           COUNT(CASE WHEN e.type = 'annulation' THEN 1 END) AS annulations
    FROM evenements e
    WHERE e.numero_unique BETWEEN $premier AND $dernier AND e.menage = 1 AND e.commune IS NOT NULL
    GROUP BY e.numero_unique
),
base AS (
    SELECT commune, SUM(visites) AS visites, COUNT(CASE WHEN visites > 0 THEN 1 END) AS visites_menages,
           SUM(propositions) AS propositions, COUNT(CASE WHEN propositions > 0 THEN 1 END) AS propositions_menages,
           SUM(commissions) AS commissions, COUNT(CASE WHEN commissions > 0 THEN 1 END) AS commissions_menages,
           SUM(refus) AS refus, COUNT(CASE WHEN refus > 0 THEN 1 END) AS refus_menages,
           SUM(annulations) AS annulations, COUNT(CASE WHEN annulations > 0 THEN 1 END) AS annulations_menages,
           COUNT(CASE WHEN propositions + refus > 0 THEN 1 END) AS sollicites_menages
    FROM menage
    WHERE seule = 1
    GROUP BY commune
),
-- What each event counts for: households that were proposed a dwelling are known by either of the two the register kept.
compte AS (
    SELECT t.evenement AS type, t.evenement FROM types_evenements t
    UNION ALL
    SELECT t.evenement, 'proposition_ou_refus' FROM types_evenements t WHERE t.evenement IN ('proposition', 'refus')
),
long AS (
    SELECT b.commune, c.evenement,
           CASE c.evenement WHEN 'visite' THEN b.visites WHEN 'proposition' THEN b.propositions
                            WHEN 'commission' THEN b.commissions WHEN 'refus' THEN b.refus
                            WHEN 'annulation' THEN b.annulations
                            WHEN 'proposition_ou_refus' THEN b.propositions + b.refus END AS nombre,
           CASE c.evenement WHEN 'visite' THEN b.visites_menages WHEN 'proposition' THEN b.propositions_menages
                            WHEN 'commission' THEN b.commissions_menages WHEN 'refus' THEN b.refus_menages
                            WHEN 'annulation' THEN b.annulations_menages
                            WHEN 'proposition_ou_refus' THEN b.sollicites_menages END AS demandes
    FROM base b
    CROSS JOIN (SELECT DISTINCT evenement FROM compte) c
)
-- A demand met in one commune adds up from communes; one met in several is counted once in each territory above them.
SELECT l.niveau, l.code, l.libelle, x.evenement, CAST(SUM(x.nombre) AS BIGINT) AS nombre, CAST(SUM(x.demandes) AS BIGINT) AS demandes
FROM long x
JOIN lieux l ON l.commune = x.commune
WHERE x.nombre > 0
GROUP BY l.niveau, l.code, l.libelle, x.evenement
UNION ALL
SELECT l.niveau, l.code, l.libelle, c.evenement, COUNT(*) AS nombre, COUNT(DISTINCT e.numero_unique) AS demandes
FROM evenements e
JOIN menage m ON m.numero_unique = e.numero_unique AND m.seule = 0
JOIN compte c ON c.type = e.type
JOIN lieux l ON l.commune = e.commune
WHERE e.numero_unique BETWEEN $premier AND $dernier AND e.menage = 1
GROUP BY l.niveau, l.code, l.libelle, c.evenement
