-- Years kept of a territory whose figures are about other communes than the year's or another part of a year, or counted by other
-- rules of the project.
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN t.annee = p.millesime THEN 'hors_champ'
            WHEN MIN(t.comparable) = 1 THEN 'conforme'
            ELSE 'echec' END AS etat,
       MIN(t.libelle) || ', ' || CAST(t.annee AS VARCHAR)
           || CASE WHEN MAX(t.comparable) = 0 THEN ' : autres communes' ELSE ' : autres règles du projet, ou année en cours' END AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM tendance t
CROSS JOIN parametres p
GROUP BY t.niveau, t.code, t.annee, p.millesime
