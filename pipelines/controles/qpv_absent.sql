-- An EPCI that the rule binds, whose leases of N, as many as the parameter effectif_minimal, are none in a priority neighbourhood,
-- though the project does not say that it has none: the column may say no for every lease.
WITH zone AS (
    SELECT q.code, q.libelle,
           SUM(CASE WHEN q.zone = 'hors_qpv' THEN q.attributions ELSE 0 END) AS hors,
           SUM(CASE WHEN q.zone = 'qpv' THEN q.attributions ELSE 0 END) AS dedans
    FROM quartiles q
    WHERE q.niveau = 'epci' AND q.bailleur = 'ensemble'
    GROUP BY q.code, q.libelle
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN z.hors < p.effectif_minimal OR e.epci IS NOT NULL THEN 'hors_champ'
            WHEN z.dedans = 0 THEN 'echec'
            ELSE 'conforme' END AS etat,
       z.libelle || ', ' || CAST(CAST(z.hors AS BIGINT) AS VARCHAR) || ' baux' AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM zone z
CROSS JOIN parametres p
LEFT JOIN epci_sans_qpv e ON e.epci = z.code
