-- Demands of the register that a lease or an event names: what leases and events take from theirs, read once.
WITH nomme AS (
    SELECT a.numero_unique FROM source_attributions a
    UNION
    SELECT e.numero_unique FROM source_evenements e
)
SELECT d.numero_unique, d.commune, d.date_depot, d.nb_personnes, d.nb_moins_14, d.nb_uc, d.ressources_mensuelles,
       d.logement_actuel, d.motif_demande, d.annee_naissance, d.situation_familiale, d.commune_residence,
       d.mutation, d.menage, d.dalo, d.prioritaire, d.active
FROM demandes d
JOIN nomme n ON n.numero_unique = d.numero_unique
