-- Consumption units against the composition they come from: 1, 0.5 per further person of 14 or more, 0.3 per child under
-- 14 (Insee's scale). A shared custody explains a lower figure, never one beyond every person at full weight. A composition
-- with no adult is no composition, and gives no consumption units.
SELECT s.fichier, s.ligne,
       CASE WHEN s.nb_personnes IS NULL THEN 'non_evaluable'
            WHEN COALESCE(s.nb_moins_14, 0) >= s.nb_personnes THEN 'echec'
            WHEN s.nb_uc IS NULL THEN 'non_evaluable'
            WHEN s.nb_uc < 1 THEN 'echec'
            WHEN s.nb_uc > 1 + CAST(0.5 AS DECIMAL(4, 2)) * (s.nb_personnes - 1) THEN 'echec'
            WHEN s.nb_uc > 1 + CAST(0.5 AS DECIMAL(4, 2)) * (s.nb_personnes - 1 - COALESCE(s.nb_moins_14, 0))
                             + CAST(0.3 AS DECIMAL(4, 2)) * COALESCE(s.nb_moins_14, 0) THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN COALESCE(s.nb_moins_14, 0) >= s.nb_personnes
            THEN CAST(s.nb_personnes AS VARCHAR) || ' personnes, ' || CAST(s.nb_moins_14 AS VARCHAR) || ' de moins de 14 ans'
            ELSE CAST(s.nb_uc AS VARCHAR) END AS valeur, s.bailleur
FROM source_attributions s
