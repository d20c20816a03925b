-- Dwellings by commune, typology and category, with what rates and rents are made of: one reading of the stock, from which every
-- count of it adds up. Dwellings of a commune that answer alike are added up first: what they are is told once for all of them.
WITH stock AS (
    SELECT r.DEPCOM AS commune, r.NBPIECE, r.TYPECONST, r.QPV, r.MODE, COUNT(*) AS logements,
           COUNT(CASE WHEN r.duree_vacance > p.vacance_longue_mois THEN 1 END) AS longs,
           COUNT(CASE WHEN r.LOCAT < p.millesime_rpls - 1 THEN 1 END) AS anciens,
           COUNT(CASE WHEN r.LOCAT < p.millesime_rpls - 1 AND EXTRACT(YEAR FROM r.BAIL) >= p.millesime_rpls - 1
                      THEN 1 END) AS reloues,
           SUM(CASE WHEN r.LOYERPRINC > 0 AND r.LOYERPRINC <> p.sentinelle AND r.SURFHAB > 0 AND r.SURFHAB <> p.sentinelle
                    THEN r.LOYERPRINC END) AS loyer,
           SUM(CASE WHEN r.LOYERPRINC > 0 AND r.LOYERPRINC <> p.sentinelle AND r.SURFHAB > 0 AND r.SURFHAB <> p.sentinelle
                    THEN r.SURFHAB END) AS surface
    FROM source_rpls r
    CROSS JOIN parametres p
    WHERE (r.MODE IS NULL OR r.MODE <> '9')
      AND (p.parc_social = 'tous_logements'
           OR NOT (COALESCE(r.CAT_ORG IN ('251', '259') AND NOT r.CONV, FALSE) OR COALESCE(r.LOYERPRINC = 0, FALSE)))
    GROUP BY r.DEPCOM, r.NBPIECE, r.TYPECONST, r.QPV, r.MODE
),
compte AS (
    SELECT s.commune,
           CASE WHEN s.NBPIECE >= 6 THEN 'T6P' WHEN s.NBPIECE >= 1 THEN 'T' || CAST(s.NBPIECE AS VARCHAR) END AS typologie,
           CASE s.TYPECONST WHEN 'C' THEN 'collectif' WHEN 'I' THEN 'individuel' WHEN 'E' THEN 'etudiant' END AS categorie,
           CAST(SUM(s.logements) AS BIGINT) AS logements,
           CAST(SUM(CASE WHEN s.QPV THEN s.logements ELSE 0 END) AS BIGINT) AS logements_qpv,
           CAST(SUM(CASE WHEN s.MODE = '1' THEN s.logements ELSE 0 END) AS BIGINT) AS loues,
           CAST(SUM(CASE WHEN s.MODE = '2' THEN s.logements ELSE 0 END) AS BIGINT) AS vacants,
           CAST(SUM(CASE WHEN s.MODE = '2' THEN s.longs ELSE 0 END) AS BIGINT) AS vacants_plus_3_mois,
           CAST(SUM(CASE WHEN s.MODE = '3' THEN s.logements ELSE 0 END) AS BIGINT) AS vides,
           CAST(SUM(CASE WHEN s.MODE = '4' THEN s.logements ELSE 0 END) AS BIGINT) AS association,
           CAST(SUM(CASE WHEN s.MODE IN ('5', '6') THEN s.logements ELSE 0 END) AS BIGINT) AS autres,
           CAST(SUM(CASE WHEN s.MODE = '1' THEN s.reloues ELSE 0 END) AS BIGINT) AS mobilite_num,
           CAST(SUM(CASE WHEN s.MODE IN ('1', '2') THEN s.anciens ELSE 0 END) AS BIGINT) AS mobilite_den,
           SUM(CASE WHEN s.MODE = '1' THEN s.loyer END) AS somme_loyer,
           SUM(CASE WHEN s.MODE = '1' THEN s.surface END) AS somme_surface
    FROM stock s
    GROUP BY s.commune, typologie, categorie
)
SELECT c.rang_commune, b.typologie, b.categorie, b.logements, b.logements_qpv, b.loues, b.vacants, b.vacants_plus_3_mois,
       b.vides, b.association, b.autres, b.mobilite_num, b.mobilite_den, b.somme_loyer, b.somme_surface
FROM compte b
JOIN communes c ON c.commune = b.commune
WHERE c.perimetre = 1
ORDER BY c.rang_commune
