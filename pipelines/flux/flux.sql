-- Dwellings proposed and dwellings allocated in N by landlord and holder of the reservation right, for the landlord's yearly
-- report (CCH R441-5-1). Associations stay, apart. Proposals are null of a landlord that no event names: nothing tells them.
WITH nomme AS (
    SELECT DISTINCT e.bailleur FROM source_evenements e WHERE e.bailleur IS NOT NULL
)
SELECT p.millesime, l.bailleur, l.reservataire, l.typologie, l.financement, l.zone, l.commune, l.periode_construction,
       l.personne_morale,
       CASE WHEN n.bailleur IS NOT NULL THEN CAST(SUM(l.proposes) AS BIGINT) END AS proposes,
       CASE WHEN p.a_attributions = 1 THEN CAST(SUM(l.attributions) AS BIGINT) END AS attributions
FROM flux_base l
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.bailleur = l.bailleur
GROUP BY p.millesime, p.a_attributions, n.bailleur, l.bailleur, l.reservataire, l.typologie, l.financement, l.zone, l.commune,
         l.periode_construction, l.personne_morale
ORDER BY l.bailleur, reservataire, typologie, financement, zone, commune, periode_construction, personne_morale
