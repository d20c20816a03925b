-- A landlord that signs as many leases in N as the parameter effectif_minimal and never says of one whether its household was
-- rehoused, how its dwelling was financed, or of a household of several persons how many are under 14; or of no household of
-- which anybody says, lease or demand, whether it is a priority. A rule then counts nobody rehoused or nobody of the priority
-- publics (CCH L441-1), leaves out no intermediate housing, and takes each child for half a consumption unit.
WITH compte AS (
    SELECT s.bailleur, COUNT(*) AS baux, COUNT(s.relogement) AS relogements, COUNT(s.financement) AS financements,
           SUM(CASE WHEN s.nb_personnes > 1 AND COALESCE(s.nb_uc, 0) = 0 THEN 1 ELSE 0 END) AS menages,
           SUM(CASE WHEN s.nb_personnes > 1 AND COALESCE(s.nb_uc, 0) = 0 AND s.nb_moins_14 IS NOT NULL THEN 1 ELSE 0 END) AS enfants,
           SUM(CASE WHEN s.dalo IS NULL AND s.prioritaire IS NULL AND d.dalo IS NULL AND d.prioritaire IS NULL THEN 0
                    ELSE 1 END) AS priorites
    FROM source_attributions s
    CROSS JOIN parametres p
    LEFT JOIN demandes_nommees d ON d.numero_unique = s.numero_unique
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
    GROUP BY s.bailleur
),
sujet AS (
    SELECT c.bailleur, c.baux, c.baux AS menages, 'relogement' AS sujet, c.relogements AS renseignes FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, c.baux, 'financement', c.financements FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, c.baux, 'DALO ou priorité', c.priorites FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, c.menages, 'enfants de moins de 14 ans', c.enfants FROM compte c
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN s.baux < p.effectif_minimal OR s.menages = 0 THEN 'hors_champ'
            WHEN s.renseignes = 0 THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, s.bailleur) || ', ' || s.sujet || ', ' || CAST(s.menages AS VARCHAR) || ' baux' AS valeur,
       s.bailleur
FROM sujet s
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = s.bailleur
