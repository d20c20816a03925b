-- Refusals by household and by proposal, proposals a lease (arrêté of 7 March 2008), leases at the first rank, days from the
-- commission's decision and from the start of vacancy to the lease. Each with its numerator and denominator.
WITH refus AS (
    SELECT b.niveau, b.code, b.libelle,
           SUM(CASE WHEN b.evenement = 'refus' THEN b.nombre ELSE 0 END) AS refus,
           SUM(CASE WHEN b.evenement = 'proposition' THEN b.nombre ELSE 0 END) AS propositions,
           SUM(CASE WHEN b.evenement = 'refus' THEN b.demandes ELSE 0 END) AS menages_refus,
           SUM(CASE WHEN b.evenement = 'proposition_ou_refus' THEN b.demandes ELSE 0 END) AS menages
    FROM processus_base b
    WHERE b.evenement IN ('proposition', 'refus', 'proposition_ou_refus')
    GROUP BY b.niveau, b.code, b.libelle
),
bail AS (
    SELECT f.commune, f.rang,
           CASE WHEN f.date_bail >= f.date_decision THEN CAST(f.date_bail - f.date_decision AS INTEGER) END AS decision_jours,
           CASE WHEN f.date_bail >= g.vacant_depuis AND f.date_bail >= p.premier_janvier_rpls
                THEN CAST(f.date_bail - g.vacant_depuis AS INTEGER) END AS vacance_jours
    FROM faits f
    LEFT JOIN logements g ON g.id_rpls = f.id_rpls
    CROSS JOIN parametres p
    WHERE f.personne_morale = 0
),
bail_lieu AS (
    SELECT l.rang AS lieu, COUNT(*) AS baux,
           SUM(CASE WHEN b.rang = 1 THEN 1 ELSE 0 END) AS rang_1, COUNT(b.rang) AS rang_connu,
           SUM(decision_jours) AS decision, COUNT(decision_jours) AS decision_n,
           percentile_cont(0.25) WITHIN GROUP (ORDER BY decision_jours) AS decision_q1,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY decision_jours) AS decision_mediane,
           percentile_cont(0.75) WITHIN GROUP (ORDER BY decision_jours) AS decision_q3,
           SUM(vacance_jours) AS vacance, COUNT(vacance_jours) AS vacance_n,
           percentile_cont(0.25) WITHIN GROUP (ORDER BY vacance_jours) AS vacance_q1,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY vacance_jours) AS vacance_mediane,
           percentile_cont(0.75) WITHIN GROUP (ORDER BY vacance_jours) AS vacance_q3
    FROM bail b
    JOIN lieux l ON l.commune = b.commune
    GROUP BY l.rang
),
baux AS (
    SELECT n.niveau, n.code, n.libelle, b.*
    FROM bail_lieu b
    JOIN territoires n ON n.rang = b.lieu
),
mesure AS (
    SELECT niveau, code, libelle, 'refus_par_menage' AS mesure, menages_refus AS numerateur, menages AS denominateur,
           CAST(NULL AS DOUBLE) AS q1, CAST(NULL AS DOUBLE) AS mediane, CAST(NULL AS DOUBLE) AS q3
    FROM refus
    UNION ALL
    SELECT niveau, code, libelle, 'refus_par_proposition', refus, propositions, NULL, NULL, NULL FROM refus
    UNION ALL
    SELECT COALESCE(r.niveau, b.niveau), COALESCE(r.code, b.code), COALESCE(r.libelle, b.libelle), 'propositions_par_bail',
           COALESCE(r.propositions, 0), COALESCE(b.baux, 0), NULL, NULL, NULL
    FROM refus r
    FULL JOIN baux b ON b.niveau = r.niveau AND b.code = r.code
    UNION ALL
    SELECT niveau, code, libelle, 'baux_au_premier_rang', rang_1, rang_connu, NULL, NULL, NULL FROM baux
    UNION ALL
    SELECT niveau, code, libelle, 'jours_decision_bail', decision, decision_n, decision_q1, decision_mediane, decision_q3
    FROM baux
    UNION ALL
    SELECT niveau, code, libelle, 'jours_vacance_bail', vacance, vacance_n, vacance_q1, vacance_mediane, vacance_q3
    FROM baux
),
complet AS (
    SELECT COALESCE(m.niveau, t.niveau) AS niveau, COALESCE(m.code, t.code) AS code,
           COALESCE(m.libelle, t.libelle) AS libelle, COALESCE(m.mesure, t.mesure) AS mesure,
           COALESCE(m.numerateur, 0) AS numerateur, COALESCE(m.denominateur, 0) AS denominateur, m.q1, m.mediane, m.q3
    FROM (SELECT DISTINCT c.niveau, c.code, c.libelle, s.mesure FROM cadre c CROSS JOIN mesures_processus s) t
    FULL JOIN mesure m ON m.niveau = t.niveau AND m.code = t.code AND m.mesure = t.mesure
),
donne AS (
    SELECT c.*,
           CASE WHEN c.mesure IN ('refus_par_menage', 'refus_par_proposition', 'propositions_par_bail') THEN p.a_evenements
                WHEN c.mesure = 'jours_vacance_bail' THEN p.a_rpls_vacance * p.a_attributions
                ELSE p.a_attributions END AS donnee
    FROM complet c
    CROSS JOIN parametres p
)
SELECT p.millesime, d.niveau, d.code, d.libelle, d.mesure,
       CASE WHEN d.donnee = 1 THEN CAST(d.numerateur AS BIGINT) END AS numerateur,
       CASE WHEN d.donnee = 1 THEN CAST(d.denominateur AS BIGINT) END AS denominateur,
       CASE WHEN d.donnee = 1 THEN CAST(d.numerateur AS DOUBLE) / NULLIF(d.denominateur, 0) END AS valeur,
       CASE WHEN d.donnee = 1 THEN d.q1 END AS q1,
       CASE WHEN d.donnee = 1 THEN d.mediane END AS mediane,
       CASE WHEN d.donnee = 1 THEN d.q3 END AS q3
FROM donne d
CROSS JOIN parametres p
ORDER BY niveau, code, mesure
