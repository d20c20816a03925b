-- Dwellings allocated in N by landlord and holder of the reservation right, for the landlord's yearly report
-- (CCH R441-5-1). Associations stay, apart. Dwellings proposed are null while no source of proposals is given.
SELECT p.millesime, f.bailleur, f.reservataire,
       COALESCE(f.typologie, 'inconnu') AS typologie, f.financement, f.zone, f.commune, f.periode_construction,
       f.personne_morale,
       CAST(NULL AS BIGINT) AS proposes,
       CAST(COUNT(*) AS BIGINT) AS attributions
FROM faits f
CROSS JOIN parametres p
GROUP BY p.millesime, f.bailleur, f.reservataire, COALESCE(f.typologie, 'inconnu'), f.financement, f.zone, f.commune,
         f.periode_construction, f.personne_morale
ORDER BY bailleur, reservataire, typologie, financement, zone, commune, periode_construction, personne_morale
