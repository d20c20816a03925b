-- Consumption units against the composition they come from: 1, 0.5 per further person of 14 or more, 0.3 per child under
-- 14 (Insee's scale). A shared custody explains a lower figure, never one beyond every person at full weight.
SELECT s.fichier, s.ligne,
       CASE WHEN s.nb_uc IS NULL OR s.nb_personnes IS NULL THEN 'non_evaluable'
            WHEN COALESCE(s.nb_moins_14, 0) >= s.nb_personnes THEN 'echec'
            WHEN s.nb_uc < 1 THEN 'echec'
            WHEN s.nb_uc > 1 + CAST(0.5 AS DECIMAL(4, 2)) * (s.nb_personnes - 1) THEN 'echec'
            WHEN s.nb_uc > 1 + CAST(0.5 AS DECIMAL(4, 2)) * (s.nb_personnes - 1 - COALESCE(s.nb_moins_14, 0))
                             + CAST(0.3 AS DECIMAL(4, 2)) * COALESCE(s.nb_moins_14, 0) THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(s.nb_uc AS VARCHAR) AS valeur, s.bailleur
FROM source_attributions s
