-- Two vintages of the stock, or one département in two files, count every dwelling twice. Where dwellings have an identifier,
-- another check finds each of them. A file cut into lots shares few communes with the next.
WITH part AS (
    SELECT r.fichier, r.DEPCOM AS commune, COUNT(*) AS logements
    FROM source_rpls r
    GROUP BY r.fichier, r.DEPCOM
),
porte AS (
    SELECT x.commune, MIN(x.fichier) AS premier, MAX(x.fichier) AS dernier FROM part x GROUP BY x.commune
),
compte AS (
    SELECT x.fichier, SUM(x.logements) AS logements,
           SUM(CASE WHEN o.premier <> o.dernier THEN x.logements ELSE 0 END) AS partages
    FROM part x
    JOIN porte o ON o.commune = x.commune
    GROUP BY x.fichier
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN p.a_rpls_identifiant = 1 OR c.logements < p.effectif_minimal THEN 'hors_champ'
            WHEN 2 * c.partages >= c.logements THEN 'echec'
            ELSE 'conforme' END AS etat,
       c.fichier || ', ' || CAST(CAST(c.partages AS BIGINT) AS VARCHAR) || ' logements sur '
           || CAST(CAST(c.logements AS BIGINT) AS VARCHAR) AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM compte c
CROSS JOIN parametres p
