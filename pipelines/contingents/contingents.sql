-- Share of each holder of reservation rights in the EPCI's allocations of N, against its ceiling where it has one: the
-- State, 30 % of the yearly flow, 5 % of it for its agents (CCH R441-5).
WITH holder AS (
    SELECT f.epci, 'etat' AS contingent, COUNT(*) AS attributions FROM faits f
    WHERE f.sort = 'compte' AND f.reservataire IN ('PPRIOR', 'PFONCT') GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'etat_fonctionnaires', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'PFONCT' GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'etat_prioritaires', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'PPRIOR' GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'action_logement', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'COLACT' GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'collectivites', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'COLTER' GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'autres', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'AUTRES' GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'non_reserve', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'AUCUN' GROUP BY f.epci
    UNION ALL
    SELECT f.epci, 'inconnu', COUNT(*) FROM faits f WHERE f.sort = 'compte' AND f.reservataire = 'inconnu' GROUP BY f.epci
),
total AS (
    SELECT c.code AS epci, c.libelle, COUNT(f.numero_unique) AS attributions
    FROM cadre c
    LEFT JOIN faits f ON f.epci = c.code AND f.sort = 'compte'
    WHERE c.niveau = 'epci'
    GROUP BY c.code, c.libelle
),
complet AS (
    SELECT t.epci, t.libelle, h.contingent, h.attributions, t.attributions AS total
    FROM total t
    JOIN holder h ON h.epci = t.epci
    UNION ALL
    SELECT t.epci, t.libelle, 'ensemble', t.attributions, t.attributions FROM total t
)
SELECT p.millesime, c.epci, c.libelle, c.contingent,
       CASE WHEN p.a_attributions = 1 THEN CAST(c.attributions AS BIGINT) END AS attributions,
       CAST(c.attributions AS DOUBLE) / NULLIF(c.total, 0) AS part,
       CASE c.contingent WHEN 'etat' THEN p.plafond_etat WHEN 'etat_fonctionnaires' THEN p.plafond_fonctionnaires END AS plafond
FROM complet c
CROSS JOIN parametres p
ORDER BY epci, contingent
