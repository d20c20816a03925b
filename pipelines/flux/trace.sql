-- The leases and the proposals behind a row of the landlord's yearly report (CCH R441-5-1), those of associations among them. A
-- proposal is described by the lease of its dwelling where its landlord signed one alone in N, else by the stock: financing PLAI
-- 10, 11; PLUS 12, 13; PLS 14; PLI 16, 17 (SDES, RPLS).
WITH loue AS (
    SELECT f.bailleur, f.id_rpls, MIN(f.reservataire) AS reservataire, MIN(f.typologie) AS typologie,
           MIN(f.financement) AS financement, MIN(f.zone) AS zone, MIN(f.periode_construction) AS periode_construction
    FROM faits_attributions f
    GROUP BY f.bailleur, f.id_rpls
    HAVING COUNT(*) = 1
),
reponse AS (
    SELECT r.IDENT_REP AS id_rpls,
           CASE WHEN r.NBPIECE >= 6 THEN 'T6P' WHEN r.NBPIECE >= 1 THEN 'T' || CAST(r.NBPIECE AS VARCHAR) END AS typologie,
           CASE WHEN r.FINAN IN ('10', '11') THEN 'PLAI' WHEN r.FINAN IN ('12', '13') THEN 'PLUS' WHEN r.FINAN = '14' THEN 'PLS'
                WHEN r.FINAN IN ('16', '17') THEN 'PLI' WHEN r.FINAN <> 'inconnu' THEN 'AUTRE' END AS financement,
           CASE WHEN r.QPV THEN 'qpv' WHEN NOT r.QPV THEN 'hors_qpv' END AS zone,
           r.CONSTRUCT AS annee_construction
    FROM source_rpls r
    JOIN (SELECT DISTINCT e.id_rpls FROM source_evenements e) n ON n.id_rpls = r.IDENT_REP
),
-- Rows that do not agree say nothing.
logement AS (
    SELECT r.id_rpls, CASE WHEN COUNT(DISTINCT r.typologie) = 1 THEN MIN(r.typologie) END AS typologie,
           CASE WHEN COUNT(DISTINCT r.financement) = 1 THEN MIN(r.financement) END AS financement,
           CASE WHEN COUNT(DISTINCT r.zone) = 1 THEN MIN(r.zone) END AS zone,
           CASE WHEN COUNT(DISTINCT r.annee_construction) = 1 THEN MIN(r.annee_construction) END AS annee_construction
    FROM reponse r
    GROUP BY r.id_rpls
),
fiche AS (
    SELECT 'attribution' AS nature, f.fichier, f.ligne, f.numero_unique, f.date_bail AS date, f.commune, f.bailleur,
           f.reservataire, COALESCE(f.typologie, 'inconnu') AS typologie, f.financement, f.zone, f.periode_construction,
           f.personne_morale
    FROM faits_attributions f
    UNION ALL
    SELECT 'proposition', e.fichier, e.ligne, e.numero_unique, e.date, e.commune, e.bailleur,
           COALESCE(b.reservataire, 'inconnu'), COALESCE(b.typologie, g.typologie, 'inconnu'),
           COALESCE(b.financement, g.financement, 'inconnu'), COALESCE(b.zone, g.zone, 'inconnue'),
           COALESCE(b.periode_construction, k.libelle, 'inconnue'), 1 - e.menage
    FROM trace_evenements e
    LEFT JOIN loue b ON b.bailleur = e.bailleur AND b.id_rpls = e.id_rpls
    LEFT JOIN logement g ON g.id_rpls = e.id_rpls
    LEFT JOIN annees_construction k ON k.annee = g.annee_construction
    WHERE e.type = 'proposition'
)
SELECT x.nature, x.fichier, x.ligne, x.numero_unique, x.date, x.commune, x.bailleur, x.reservataire, x.typologie, x.financement,
       x.zone, x.periode_construction, x.personne_morale = 1 AS personne_morale, CAST(NULL AS VARCHAR) AS ecarte,
       x.nature = 'proposition' AS dans_proposes, x.nature = 'attribution' AS dans_attributions
FROM cellule a
JOIN fiche x
    ON x.bailleur = a.bailleur AND x.reservataire = a.reservataire AND x.typologie = a.typologie
    AND x.financement = a.financement AND x.zone = a.zone AND x.commune = a.commune
    AND x.periode_construction = a.periode_construction AND x.personne_morale = a.personne_morale
ORDER BY x.nature, x.fichier, x.ligne
