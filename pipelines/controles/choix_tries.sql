-- A département all of whose active demands that name several communes, as many as the parameter effectif_minimal, name them by
-- rising code: the extract may have lost the order of the choices, of which the first is where a demand counts.
WITH ordre AS (
    SELECT c.departement, SUM(x.demandes) AS demandes,
           SUM(CASE WHEN split_part(x.communes, '|', 1) < split_part(x.communes, '|', 2) THEN x.demandes ELSE 0 END) AS croissantes
    FROM choix_listes x
    JOIN communes c ON c.commune = split_part(x.communes, '|', 1)
    WHERE x.choix > 1
    GROUP BY c.departement
),
nomme AS (
    SELECT DISTINCT l.code, l.libelle FROM lieux l WHERE l.niveau = 'departement'
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN o.demandes < p.effectif_minimal THEN 'hors_champ'
            WHEN o.croissantes = o.demandes THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.libelle, o.departement) || ', ' || CAST(CAST(o.demandes AS BIGINT) AS VARCHAR) || ' demandes' AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM ordre o
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.code = o.departement
