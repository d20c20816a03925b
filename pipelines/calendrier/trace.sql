-- What happened in a month: demands deposited, renewed or struck off, leases signed; and the leases since January that the rule of
-- CCH L441-1 is about, outside priority neighbourhoods.
WITH fiche AS (
    SELECT 'demande' AS nature, d.fichier, d.ligne, d.numero_unique, d.commune, d.date_depot, d.date_renouvellement,
           d.date_radiation, NULL AS date_bail, d.deposee, d.radiee,
           CASE WHEN EXTRACT(YEAR FROM d.date_renouvellement) = p.millesime AND d.date_renouvellement > d.date_depot
                THEN 1 ELSE 0 END AS renouvelee,
           0 AS hors_qpv, 0 AS q1_hors_qpv, CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte
    FROM demandes d
    CROSS JOIN parametres p
    UNION ALL
    SELECT 'attribution', f.fichier, f.ligne, f.numero_unique, f.commune, NULL, NULL, NULL, f.date_bail, 0, 0, 0,
           CASE WHEN f.sort = 'compte' AND f.seuil_q1 IS NOT NULL AND f.zone = 'hors_qpv' THEN 1 ELSE 0 END,
           CASE WHEN f.sort = 'compte' AND f.seuil_q1 IS NOT NULL AND f.zone = 'hors_qpv'
                     AND (f.classe = 'q1' OR f.relogement = 1) THEN 1 ELSE 0 END,
           CASE WHEN f.personne_morale = 1 THEN 'personne morale' END
    FROM faits_attributions f
),
situee AS (
    SELECT x.*,
           x.deposee = 1 AND EXTRACT(MONTH FROM x.date_depot) = a.mois AS dans_deposees,
           x.renouvelee = 1 AND EXTRACT(MONTH FROM x.date_renouvellement) = a.mois AS dans_renouvelees,
           x.radiee = 1 AND EXTRACT(MONTH FROM x.date_radiation) = a.mois AS dans_radiees,
           COALESCE(EXTRACT(MONTH FROM x.date_bail) = a.mois, FALSE) AS dans_attributions,
           x.hors_qpv = 1 AND EXTRACT(MONTH FROM x.date_bail) <= a.mois AS dans_cumul_hors_qpv,
           x.q1_hors_qpv = 1 AND EXTRACT(MONTH FROM x.date_bail) <= a.mois AS dans_cumul_q1_hors_qpv
    FROM cellule a
    JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
    JOIN fiche x ON x.commune = l.commune
)
SELECT s.nature, s.fichier, s.ligne, s.numero_unique, s.commune, s.date_depot, s.date_renouvellement, s.date_radiation,
       s.date_bail, s.ecarte, s.dans_deposees, s.dans_renouvelees, s.dans_radiees, s.dans_attributions, s.dans_cumul_hors_qpv,
       s.dans_cumul_q1_hors_qpv
FROM situee s
WHERE s.dans_deposees OR s.dans_renouvelees OR s.dans_radiees OR s.dans_attributions OR s.dans_cumul_hors_qpv
ORDER BY s.nature, s.fichier, s.ligne
