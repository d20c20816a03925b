-- One household may hold a number in each of two départements (the number is départemental): two active demands of the
-- same year of birth, composition, family situation and commune of residence, for two départements. One of the two is then not
-- that of the residence: households that ask for another are few, and are looked for first.
WITH ailleurs AS (
    SELECT DISTINCT d.annee_naissance, d.nb_personnes, COALESCE(d.nb_moins_14, 0) AS nb_moins_14, d.situation_familiale,
           d.commune_residence
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    LEFT JOIN communes r ON r.commune = d.commune_residence
    WHERE d.menage = 1 AND d.active = 1 AND d.annee_naissance IS NOT NULL AND d.nb_personnes IS NOT NULL
      AND d.situation_familiale IS NOT NULL AND d.situation_familiale <> 'inconnu' AND d.commune_residence IS NOT NULL
      AND (r.commune IS NULL OR r.rang_departement <> c.rang_departement)
),
cle AS (
    SELECT k.annee_naissance, k.nb_personnes, k.nb_moins_14, k.situation_familiale, k.commune_residence,
           MIN(c.rang_departement) AS premier
    FROM demandes d
    JOIN communes c ON c.commune = d.commune
    JOIN ailleurs k
        ON k.annee_naissance = d.annee_naissance AND k.nb_personnes = d.nb_personnes
        AND k.nb_moins_14 = COALESCE(d.nb_moins_14, 0) AND k.situation_familiale = d.situation_familiale
        AND k.commune_residence = d.commune_residence
    WHERE d.menage = 1 AND d.active = 1
    GROUP BY k.annee_naissance, k.nb_personnes, k.nb_moins_14, k.situation_familiale, k.commune_residence
    HAVING MIN(c.rang_departement) <> MAX(c.rang_departement)
)
SELECT d.fichier, d.ligne,
       CASE WHEN d.menage = 0 OR d.active = 0 THEN 'hors_champ'
            WHEN d.annee_naissance IS NULL OR d.nb_personnes IS NULL OR d.situation_familiale IS NULL
                 OR d.situation_familiale = 'inconnu' OR d.commune_residence IS NULL THEN 'non_evaluable'
            WHEN k.premier IS NOT NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(NULL AS VARCHAR) AS valeur, CAST(NULL AS VARCHAR) AS bailleur
FROM demandes d
LEFT JOIN cle k
    ON k.annee_naissance = d.annee_naissance AND k.nb_personnes = d.nb_personnes
    AND k.nb_moins_14 = COALESCE(d.nb_moins_14, 0) AND k.situation_familiale = d.situation_familiale
    AND k.commune_residence = d.commune_residence
