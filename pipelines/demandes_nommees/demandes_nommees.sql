-- Demands of the register that a lease or an event names: what leases and events take from theirs, read once. One part of the
-- numéros uniques at a time, where there are several years of leases.
WITH nomme AS (
    SELECT x.numero_unique, MAX(x.bail) AS bail
    FROM (
        SELECT a.numero_unique, 1 AS bail FROM source_attributions a WHERE a.numero_unique BETWEEN $premier AND $dernier
        UNION ALL
        SELECT e.numero_unique, 0 AS bail FROM source_evenements e WHERE e.numero_unique BETWEEN $premier AND $dernier
    ) x
    GROUP BY x.numero_unique
)
SELECT d.numero_unique, n.bail, d.commune, d.date_depot, d.date_radiation, d.motif_radiation, d.nb_personnes, d.nb_moins_14,
       d.nb_uc, d.ressources_mensuelles, d.logement_actuel, d.motif_demande, d.annee_naissance, d.situation_familiale,
       d.commune_residence, d.mutation, d.menage, d.dalo, d.prioritaire, d.active, d.cotation
FROM demandes d
JOIN nomme n ON n.numero_unique = d.numero_unique
WHERE d.numero_unique BETWEEN $premier AND $dernier
