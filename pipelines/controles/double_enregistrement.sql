-- One household may hold a number in each of two départements (the number is départemental): two active demands of the
-- same year of birth, composition, family situation and commune of residence, for two départements.
WITH cle AS (
    SELECT d.numero_unique, c.departement,
           d.annee_naissance, d.nb_personnes, COALESCE(d.nb_moins_14, 0) AS nb_moins_14, d.situation_familiale,
           d.commune_residence
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    WHERE d.menage = 1 AND d.active = 1 AND d.annee_naissance IS NOT NULL AND d.nb_personnes IS NOT NULL
      AND d.situation_familiale IS NOT NULL AND d.situation_familiale <> 'inconnu' AND d.commune_residence IS NOT NULL
),
double AS (
    SELECT annee_naissance, nb_personnes, nb_moins_14, situation_familiale, commune_residence
    FROM cle
    GROUP BY annee_naissance, nb_personnes, nb_moins_14, situation_familiale, commune_residence
    HAVING MIN(departement) <> MAX(departement)
),
suspect AS (
    SELECT k.numero_unique
    FROM cle k
    JOIN double d ON d.annee_naissance = k.annee_naissance AND d.nb_personnes = k.nb_personnes
        AND d.nb_moins_14 = k.nb_moins_14 AND d.situation_familiale = k.situation_familiale
        AND d.commune_residence = k.commune_residence
)
SELECT d.fichier, d.ligne,
       CASE WHEN d.menage = 0 OR d.active = 0 THEN 'hors_champ'
            WHEN s.numero_unique IS NOT NULL THEN 'echec'
            WHEN d.annee_naissance IS NULL OR d.nb_personnes IS NULL OR d.situation_familiale IS NULL
                 OR d.situation_familiale = 'inconnu' OR d.commune_residence IS NULL THEN 'non_evaluable'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demandes d
LEFT JOIN suspect s ON s.numero_unique = d.numero_unique
