-- What a lease says of DALO and of priority against what its demand says, either read in the other where it is blank: an export
-- that writes no for every household takes them all out of the 25 % (CCH L441-1).
WITH dit AS (
    SELECT s.fichier, s.ligne, s.bailleur,
           CASE WHEN (s.dalo IS NULL OR d.dalo IS NULL) AND (s.prioritaire IS NULL OR d.prioritaire IS NULL) THEN 0
                ELSE 1 END AS comparable,
           COALESCE(CASE WHEN s.dalo THEN 1 WHEN NOT s.dalo THEN 0 END, d.dalo, 0) AS dalo_bail,
           COALESCE(d.dalo, CASE WHEN s.dalo THEN 1 END, 0) AS dalo_demande,
           COALESCE(CASE WHEN s.prioritaire THEN 1 WHEN NOT s.prioritaire THEN 0 END, d.prioritaire, 0) AS prioritaire_bail,
           COALESCE(d.prioritaire, CASE WHEN s.prioritaire THEN 1 END, 0) AS prioritaire_demande
    FROM source_attributions s
    LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
)
SELECT x.fichier, x.ligne,
       CASE WHEN x.comparable = 0 THEN 'non_evaluable'
            WHEN x.dalo_bail <> x.dalo_demande THEN 'echec'
            WHEN x.dalo_bail = 0 AND x.prioritaire_bail <> x.prioritaire_demande THEN 'echec'
            ELSE 'conforme' END AS etat,
       CASE WHEN x.dalo_bail > x.dalo_demande THEN 'DALO selon le bail seul'
            WHEN x.dalo_bail < x.dalo_demande THEN 'DALO selon la demande seule'
            WHEN x.prioritaire_bail > x.prioritaire_demande THEN 'prioritaire selon le bail seul'
            ELSE 'prioritaire selon la demande seule' END AS valeur,
       x.bailleur
FROM dit x
