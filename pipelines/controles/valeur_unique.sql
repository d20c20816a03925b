-- A landlord that signs as many leases in N as the parameter effectif_minimal, all of which carry one value where leases differ, or
-- half of which are signed on the day they were decided: a column filled in for want of another reads as any other.
WITH compte AS (
    SELECT s.bailleur, COUNT(*) AS baux,
           CASE WHEN COUNT(s.reservataire) = COUNT(*) AND MIN(s.reservataire) = MAX(s.reservataire) THEN MIN(s.reservataire) END
               AS reservataire,
           CASE WHEN COUNT(s.typologie) = COUNT(*) AND MIN(s.typologie) = MAX(s.typologie) THEN MIN(s.typologie) END AS typologie,
           CASE WHEN COUNT(s.nb_personnes) = COUNT(*) AND MIN(s.nb_personnes) = MAX(s.nb_personnes)
                THEN CAST(MIN(s.nb_personnes) AS VARCHAR) END AS nb_personnes,
           CASE WHEN COUNT(s.ressources_mensuelles) = COUNT(*) AND MIN(s.ressources_mensuelles) = MAX(s.ressources_mensuelles)
                THEN CAST(CAST(MIN(s.ressources_mensuelles) AS BIGINT) AS VARCHAR) END AS ressources_mensuelles,
           CASE WHEN COUNT(s.date_depot) = COUNT(*) AND MIN(s.date_depot) = MAX(s.date_depot)
                THEN CAST(MIN(s.date_depot) AS VARCHAR) END AS date_depot,
           CASE WHEN MIN(s.date_bail) = MAX(s.date_bail) THEN CAST(MIN(s.date_bail) AS VARCHAR)
                WHEN 2 * SUM(CASE WHEN s.date_bail = s.date_decision THEN 1 ELSE 0 END) >= COUNT(*)
                THEN 'celle de la décision' END AS date_bail
    FROM source_attributions s
    CROSS JOIN parametres p
    WHERE EXTRACT(YEAR FROM s.date_bail) = p.millesime
    GROUP BY s.bailleur
),
sujet AS (
    SELECT c.bailleur, c.baux, 'réservataire' AS sujet, c.reservataire AS valeur FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'typologie', c.typologie FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'nombre de personnes', c.nb_personnes FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'ressources mensuelles', c.ressources_mensuelles FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'date de dépôt', c.date_depot FROM compte c
    UNION ALL
    SELECT c.bailleur, c.baux, 'date du bail', c.date_bail FROM compte c
),
nomme AS (
    SELECT l.siren, MIN(l.nom) AS nom FROM source_bailleurs l GROUP BY l.siren
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN s.baux < p.effectif_minimal THEN 'hors_champ'
            WHEN s.valeur IS NOT NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       COALESCE(n.nom, s.bailleur) || ', ' || s.sujet || ' : ' || s.valeur AS valeur,
       s.bailleur
FROM sujet s
CROSS JOIN parametres p
LEFT JOIN nomme n ON n.siren = s.bailleur
