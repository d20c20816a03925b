-- Dwellings of the stock that a lease or an event names, one row an identifier: a dwelling found twice with two answers
-- has none. Financing families: PLAI 10, 11; PLUS 12, 13; PLS 14; PLI 16, 17 (SDES, RPLS). One part of the identifiers at a
-- time, where many stand on several rows.
WITH nomme AS (
    SELECT a.id_rpls FROM source_attributions a WHERE a.id_rpls BETWEEN $premier AND $dernier
    UNION
    SELECT e.id_rpls FROM source_evenements e WHERE e.id_rpls BETWEEN $premier AND $dernier
),
logement AS (
    SELECT r.IDENT_REP AS id_rpls, r.DEPCOM AS commune,
           CASE WHEN r.QPV THEN 1 WHEN NOT r.QPV THEN 0 END AS qpv,
           CASE WHEN r.NBPIECE >= 6 THEN 'T6P'
                WHEN r.NBPIECE >= 1 THEN 'T' || CAST(r.NBPIECE AS VARCHAR) END AS typologie,
           CASE WHEN r.FINAN IN ('10', '11') THEN 'PLAI'
                WHEN r.FINAN IN ('12', '13') THEN 'PLUS'
                WHEN r.FINAN = '14' THEN 'PLS'
                WHEN r.FINAN IN ('16', '17') THEN 'PLI'
                WHEN r.FINAN <> 'inconnu' THEN 'AUTRE' END AS financement,
           r.CONSTRUCT AS annee_construction,
           CASE WHEN r.MODE = '2' THEN p.premier_janvier_rpls - r.duree_vacance * INTERVAL '1' MONTH END AS vacant_depuis
    FROM source_rpls r
    CROSS JOIN parametres p
    JOIN nomme n ON n.id_rpls = r.IDENT_REP
    WHERE r.IDENT_REP BETWEEN $premier AND $dernier
),
repete AS (
    SELECT n.id_rpls
    FROM nomme n
    JOIN repetes_rpls d ON d.IDENT_REP = n.id_rpls
),
-- What several rows say of one dwelling.
reponse AS (
    SELECT l.id_rpls,
           CASE WHEN MIN(l.commune) = MAX(l.commune) THEN MIN(l.commune) END AS commune,
           CASE WHEN MIN(l.qpv) = MAX(l.qpv) THEN MIN(l.qpv) END AS qpv,
           CASE WHEN MIN(l.typologie) = MAX(l.typologie) THEN MIN(l.typologie) END AS typologie,
           CASE WHEN MIN(l.financement) = MAX(l.financement) THEN MIN(l.financement) END AS financement,
           CASE WHEN MIN(l.annee_construction) = MAX(l.annee_construction) THEN MIN(l.annee_construction) END AS annee_construction,
           CASE WHEN MIN(l.vacant_depuis) = MAX(l.vacant_depuis) THEN MIN(l.vacant_depuis) END AS vacant_depuis
    FROM logement l
    JOIN repete d ON d.id_rpls = l.id_rpls
    GROUP BY l.id_rpls
)
SELECT l.id_rpls, l.commune, l.qpv, l.typologie, l.financement, l.annee_construction,
       CAST(l.vacant_depuis AS DATE) AS vacant_depuis
FROM logement l
WHERE NOT EXISTS (SELECT 1 FROM repete d WHERE d.id_rpls = l.id_rpls)
UNION ALL
SELECT r.id_rpls, r.commune, r.qpv, r.typologie, r.financement, r.annee_construction,
       CAST(r.vacant_depuis AS DATE) AS vacant_depuis
FROM reponse r
