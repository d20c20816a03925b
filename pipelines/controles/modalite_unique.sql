-- A département whose active demands, as many as the parameter effectif_minimal, all answer alike where households differ: a column
-- filled in for want of another reads as any other.
WITH compte AS (
    SELECT d.code, d.libelle, d.dimension, MAX(d.demandes) AS premiere, SUM(d.demandes) AS demandes, MIN(d.modalite) AS modalite
    FROM demande_profil d
    WHERE d.niveau = 'departement' AND d.demandes > 0
      AND d.dimension IN ('age', 'categorie', 'logement_actuel', 'motif_demande', 'origine', 'situation_familiale',
                          'taille_menage', 'typologie')
    GROUP BY d.code, d.libelle, d.dimension
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN c.demandes < p.effectif_minimal THEN 'hors_champ'
            WHEN c.premiere < c.demandes THEN 'conforme'
            WHEN c.modalite IN ('inconnu', 'inconnue') THEN 'non_evaluable'
            ELSE 'echec' END AS etat,
       c.libelle || ', ' || REPLACE(c.dimension, '_', ' ') || ' : ' || c.modalite AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM compte c
CROSS JOIN parametres p
