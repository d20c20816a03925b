-- What a tension sets side by side: demands active at 31/12/N, leases of N with the days they took from deposit, dwellings, each
-- with why it is left out if it is.
SELECT 'demande' AS nature, d.fichier, d.ligne, d.numero_unique, d.date_depot AS date, d.commune,
       CASE WHEN d.mutation = 1 THEN 'mutation' ELSE 'hors_mutation' END AS population, d.typologie, d.categorie,
       NULL AS delai_jours, CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte
FROM demandes d
WHERE d.active = 1
UNION ALL
SELECT 'attribution', f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.population, f.typologie, f.categorie,
       f.delai_jours, CASE WHEN f.personne_morale = 1 THEN 'personne morale' END
FROM faits_attributions f
UNION ALL
SELECT 'logement', g.fichier, g.ligne, NULL, NULL, g.commune, NULL, g.typologie, g.categorie, NULL, g.ecarte
FROM trace_parc_base g
