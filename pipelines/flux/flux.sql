-- Dwellings proposed and dwellings allocated in N by landlord and holder of the reservation right, for the landlord's yearly
-- report (CCH R441-5-1). Associations stay, apart. Proposals are null while no event is given, or none that names a landlord.
SELECT p.millesime, l.bailleur, l.reservataire, l.typologie, l.financement, l.zone, l.commune, l.periode_construction,
       l.personne_morale,
       CASE WHEN p.a_evenements = 1 AND p.a_propositions = 1 THEN CAST(SUM(l.proposes) AS BIGINT) END AS proposes,
       CASE WHEN p.a_attributions = 1 THEN CAST(SUM(l.attributions) AS BIGINT) END AS attributions
FROM flux_base l
CROSS JOIN parametres p
GROUP BY p.millesime, p.a_evenements, p.a_propositions, p.a_attributions, l.bailleur, l.reservataire, l.typologie,
         l.financement, l.zone, l.commune, l.periode_construction, l.personne_morale
ORDER BY bailleur, reservataire, typologie, financement, zone, commune, periode_construction, personne_morale
