-- The allocations that each rule is about, counted by actor and by what verdicts tell apart, with whether they go to the
-- public the rule wants housed (CCH L441-1, L441-1-6). A rule with no allocation keeps a row that counts none. Verdicts and
-- what is missing by landlord both read it, so that they cannot differ.
WITH acteur AS (
    SELECT DISTINCT f.epci, 'bailleur' AS acteur_type, f.bailleur AS acteur FROM faits f WHERE f.sort = 'compte'
    UNION ALL
    SELECT DISTINCT f.epci, 'reservataire' AS acteur_type, f.reservataire AS acteur
    FROM faits f WHERE f.sort = 'compte' AND f.reservataire NOT IN ('inconnu', 'AUCUN')
),
-- "Each landlord", "each holder", or the mean of them: one row for each that has allocations in the EPCI.
regle AS (
    SELECT r.numero, r.epci, r.acteur_type, r.agregation, a.acteur AS membre,
           CASE WHEN r.agregation = 'moyenne' THEN r.acteur ELSE a.acteur END AS acteur
    FROM portees r
    JOIN acteur a ON a.epci = r.epci AND a.acteur_type = r.acteur_type
    WHERE r.acteur IS NULL OR r.agregation = 'moyenne'
    UNION ALL
    SELECT r.numero, r.epci, r.acteur_type, r.agregation, r.acteur AS membre, r.acteur
    FROM portees r
    WHERE r.acteur IS NOT NULL AND r.agregation <> 'moyenne'
)
SELECT g.numero, g.acteur, g.membre, f.bailleur, f.classe, f.relogement, f.financement,
       CASE WHEN r.public = 'q1' AND f.classe = 'q1' THEN 1
            WHEN r.public = 'q1_ou_relogement' AND (f.classe = 'q1' OR f.relogement = 1) THEN 1
            WHEN r.public = 'q2_q4' AND f.classe IN ('q2', 'q3', 'q4', 'q2_q4') THEN 1
            WHEN r.public = 'dalo' AND f.dalo = 1 THEN 1
            WHEN r.public = 'prioritaire' AND f.prioritaire = 1 THEN 1
            WHEN r.public = 'relogement' AND f.relogement = 1 THEN 1
            WHEN r.public = 'mutation' AND f.population = 'mutation' THEN 1
            ELSE 0 END AS vise,
       COUNT(f.numero_unique) AS attributions
FROM regle g
JOIN portees r ON r.numero = g.numero
LEFT JOIN faits f
    ON f.epci = g.epci AND f.sort = 'compte'
    AND (r.zone = 'ensemble' OR f.zone = r.zone)
    AND (g.acteur_type <> 'bailleur' OR f.bailleur = g.membre)
    AND (g.acteur_type <> 'reservataire' OR f.reservataire = g.membre)
    AND (r.contingent IS NULL OR f.reservataire = r.contingent)
    AND (r.secteur = 'ensemble' OR '|' || r.secteur || '|' LIKE '%|' || f.commune || '|%')
GROUP BY g.numero, g.acteur, g.membre, f.bailleur, f.classe, f.relogement, f.financement, vise
