-- An EPCI or a département without a demand, a lease or a dwelling, where another source has as many as the parameter
-- effectif_minimal: a file may leave it out, and a nought that stands for nothing known reads as a count.
WITH le_plus AS (
    SELECT t.niveau, t.code, MAX(t.valeur) AS valeur
    FROM tendance t
    CROSS JOIN parametres p
    WHERE t.niveau IN ('epci', 'departement') AND t.annee = p.millesime
      AND t.indicateur IN ('demandes_actives', 'attributions', 'logements')
    GROUP BY t.niveau, t.code
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN t.annee <> p.millesime OR t.niveau NOT IN ('epci', 'departement') OR t.valeur IS NULL
                 OR t.indicateur NOT IN ('demandes_actives', 'attributions', 'logements') THEN 'hors_champ'
            WHEN t.valeur > 0 THEN 'conforme'
            WHEN m.valeur >= p.effectif_minimal THEN 'echec'
            ELSE 'hors_champ' END AS etat,
       t.libelle || CASE t.indicateur WHEN 'demandes_actives' THEN ', aucune demande active' WHEN 'attributions' THEN ', aucun bail'
                                      ELSE ', aucun logement' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM tendance t
CROSS JOIN parametres p
LEFT JOIN le_plus m ON m.niveau = t.niveau AND m.code = t.code
