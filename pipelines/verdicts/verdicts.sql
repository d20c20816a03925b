-- Legal rules and the project's targets, judged by one calculation over the table of facts. A rule gives its zone, its
-- public, its actors and its target; `manque` is the number of lettings short of it (CCH L441-1: the préfet may allocate
-- what is missing), exact in decimals. A target on the mean judges the mean of the actors' rates, to nine decimals, and
-- publishes beside it the rate of their lettings together; no number of lettings makes up for a mean.
WITH par_membre AS (
    SELECT c.numero, c.acteur, c.membre,
           CAST(SUM(c.attributions) AS BIGINT) AS denominateur,
           SUM(CASE WHEN c.vise = 1 THEN c.attributions ELSE 0 END) AS numerateur,
           SUM(CASE WHEN c.classe = 'q1' THEN c.attributions ELSE 0 END) AS q1,
           SUM(CASE WHEN c.classe = 'q1' OR c.relogement = 1 THEN c.attributions ELSE 0 END) AS q1_ou_relogement,
           SUM(CASE WHEN c.classe <> 'inconnu' THEN c.attributions ELSE 0 END) AS connus,
           SUM(CASE WHEN c.classe <> 'inconnu' AND c.vise = 1 THEN c.attributions ELSE 0 END) AS vises_connus,
           SUM(CASE WHEN c.financement <> 'PLS' THEN c.attributions ELSE 0 END) AS sans_pls,
           SUM(CASE WHEN c.financement <> 'PLS' AND c.vise = 1 THEN c.attributions ELSE 0 END) AS vises_sans_pls
    FROM champ c
    GROUP BY c.numero, c.acteur, c.membre
),
-- The mean of the rates is a sum of whole trillionths, so that no order of addition changes it.
compte AS (
    SELECT m.numero, m.acteur,
           SUM(m.denominateur) AS denominateur, SUM(m.numerateur) AS numerateur,
           SUM(m.q1) AS q1, SUM(m.q1_ou_relogement) AS q1_ou_relogement,
           SUM(m.connus) AS connus, SUM(m.vises_connus) AS vises_connus,
           SUM(m.sans_pls) AS sans_pls, SUM(m.vises_sans_pls) AS vises_sans_pls,
           SUM(CASE WHEN m.denominateur > 0 THEN 1 ELSE 0 END) AS membres,
           SUM(CASE WHEN m.denominateur > 0
                    THEN CAST(ROUND(CAST(m.numerateur AS DOUBLE) / m.denominateur * 1000000000000) AS BIGINT) END) AS somme_taux
    FROM par_membre m
    GROUP BY m.numero, m.acteur
),
-- A mean over no actor at all still has its row.
complet AS (
    SELECT r.numero, COALESCE(c.acteur, r.acteur) AS acteur, COALESCE(c.denominateur, 0) AS denominateur,
           c.numerateur, c.q1, c.q1_ou_relogement, c.connus, c.vises_connus, c.sans_pls, c.vises_sans_pls,
           CASE WHEN r.agregation = 'moyenne'
                THEN ROUND(CAST(c.somme_taux AS DOUBLE) / NULLIF(c.membres, 0) / 1000000000000, 9) END AS moyenne
    FROM regles r
    LEFT JOIN compte c ON c.numero = r.numero
    WHERE c.numero IS NOT NULL OR r.agregation = 'moyenne'
),
juge AS (
    SELECT r.*, c.acteur AS acteur_juge, c.denominateur, c.moyenne,
           CASE WHEN r.blocage IS NULL AND p.a_attributions = 1 THEN COALESCE(c.numerateur, 0) END AS numerateur,
           CASE WHEN r.metrique = 'part' THEN r.cible * c.denominateur ELSE r.cible END AS attendu,
           CASE WHEN r.blocage IS NULL AND r.public IN ('q1', 'q1_ou_relogement') THEN 1 ELSE 0 END AS de_quartile,
           c.q1, c.q1_ou_relogement, c.connus, c.vises_connus, c.sans_pls, c.vises_sans_pls,
           CASE WHEN r.blocage IS NOT NULL THEN r.blocage
                WHEN p.a_attributions = 0 THEN 'non_evaluable'
                WHEN c.denominateur = 0 THEN 'non_evaluable' END AS suspendu,
           CASE WHEN r.blocage IS NOT NULL THEN r.motif
                WHEN p.a_attributions = 0 THEN 'aucune source d''attributions'
                WHEN c.denominateur = 0 AND p.a_reservataire = 0 AND (r.acteur_type = 'reservataire' OR r.contingent IS NOT NULL)
                THEN 'aucun fichier ne dit le réservataire'
                WHEN c.denominateur = 0 AND p.a_zone = 0 AND r.zone <> 'ensemble' AND e.epci IS NULL
                THEN 'aucun fichier ne dit la zone'
                WHEN c.denominateur = 0 THEN 'aucune attribution dans ce champ' END AS motif_juge
    FROM complet c
    JOIN regles r ON r.numero = c.numero
    LEFT JOIN epci_sans_qpv e ON e.epci = r.epci
    CROSS JOIN parametres p
),
-- A public that no file tells from the others counts nobody: the verdict is what the rule says, and says that too. Households
-- rehoused are half of the legal public; children that no file tells weigh on consumption units as adults do.
tu AS (
    SELECT r.numero,
           CASE WHEN r.public IN ('q1', 'q1_ou_relogement', 'q2_q4') AND p.a_ressources = 0
                THEN 'aucun fichier ne donne les ressources des ménages'
                WHEN r.public IN ('dalo', 'prioritaire') AND p.a_priorites = 0
                THEN 'aucun fichier ne dit qui est DALO ou prioritaire'
                WHEN r.public IN ('relogement', 'q1_ou_relogement') AND p.a_relogement = 0
                THEN 'aucun fichier ne dit qui est relogé'
                WHEN r.public = 'mutation' AND p.a_mutation = 0 THEN 'aucun fichier ne dit qui est déjà logé' END AS publics,
           CASE WHEN r.public IN ('q1', 'q1_ou_relogement', 'q2_q4') AND p.a_ressources = 1 AND p.a_enfants = 0
                THEN 'aucun fichier ne dit combien de personnes ont moins de 14 ans : chacune compte comme un adulte, et le premier quartile en est grossi'
                END AS enfants
    FROM regles r
    CROSS JOIN parametres p
),
muet AS (
    SELECT t.numero, COALESCE(t.publics || ' ; ' || t.enfants, t.publics, t.enfants) AS reserve FROM tu t
),
resultat AS (
    SELECT j.*,
           CASE WHEN j.suspendu IS NOT NULL THEN NULL
                WHEN j.agregation = 'moyenne' THEN j.moyenne
                WHEN j.metrique = 'part' THEN CAST(j.numerateur AS DOUBLE) / NULLIF(j.denominateur, 0)
                ELSE CAST(j.numerateur AS DOUBLE) END AS resultat
    FROM juge j
)
SELECT p.millesime, j.epci, j.libelle, j.regle, j.base, j.zone, j.secteur, j.agregation, j.public, j.acteur_type,
       j.acteur_juge AS acteur, j.metrique, j.operateur,
       CAST(j.cible AS DOUBLE) AS cible,
       CAST(j.numerateur AS BIGINT) AS numerateur,
       CASE WHEN p.a_attributions = 1 THEN CAST(j.denominateur AS BIGINT) END AS denominateur,
       j.resultat,
       j.resultat - CAST(j.cible AS DOUBLE) AS ecart,
       CASE WHEN j.suspendu IS NOT NULL OR j.agregation = 'moyenne' THEN NULL
            WHEN j.operateur = '>=' THEN CAST(GREATEST(0, CEIL(j.attendu) - j.numerateur) AS BIGINT)
            ELSE CAST(GREATEST(0, j.numerateur - FLOOR(j.attendu)) AS BIGINT) END AS manque,
       -- Lettings ahead of what keeping the rule takes; under a ceiling, those still possible.
       CASE WHEN j.suspendu IS NOT NULL OR j.agregation = 'moyenne' THEN NULL
            WHEN j.operateur = '>=' THEN CAST(GREATEST(0, j.numerateur - CEIL(j.attendu)) AS BIGINT)
            ELSE CAST(GREATEST(0, FLOOR(j.attendu) - j.numerateur) AS BIGINT) END AS avance,
       CASE WHEN j.suspendu IS NOT NULL THEN j.suspendu
            WHEN j.agregation = 'moyenne' AND j.operateur = '>=' AND j.moyenne >= CAST(j.cible AS DOUBLE) THEN 'atteint'
            WHEN j.agregation = 'moyenne' AND j.operateur = '<=' AND j.moyenne <= CAST(j.cible AS DOUBLE) THEN 'atteint'
            WHEN j.agregation = 'moyenne' THEN 'non_atteint'
            WHEN j.operateur = '>=' AND j.numerateur >= j.attendu THEN 'atteint'
            WHEN j.operateur = '<=' AND j.numerateur <= j.attendu THEN 'atteint'
            ELSE 'non_atteint' END AS verdict,
       j.statut, j.reference, j.motif_juge AS motif,
       CASE WHEN j.suspendu IS NULL THEN COALESCE(j.alerte || ' ; ' || m.reserve, j.alerte, m.reserve)
            ELSE j.alerte END AS alerte,
       j.contingent, j.seuil_q1, j.millesime_seuil,
       CASE WHEN j.suspendu IS NULL AND j.agregation = 'moyenne'
            THEN CAST(j.numerateur AS DOUBLE) / NULLIF(j.denominateur, 0) END AS resultat_pondere,
       CASE WHEN j.suspendu IS NULL AND j.de_quartile = 1 THEN CAST(j.q1 AS DOUBLE) / NULLIF(j.denominateur, 0) END AS part_q1_strict,
       CASE WHEN j.suspendu IS NULL AND j.de_quartile = 1
            THEN CAST(j.q1_ou_relogement AS DOUBLE) / NULLIF(j.denominateur, 0) END AS part_q1_ou_relogement,
       CASE WHEN j.suspendu IS NULL AND j.metrique = 'part' AND j.public IN ('q1', 'q1_ou_relogement', 'q2_q4')
            THEN CAST(j.vises_connus AS DOUBLE) / NULLIF(j.connus, 0) END AS part_sans_inconnus,
       CASE WHEN j.suspendu IS NULL AND j.metrique = 'part'
            THEN CAST(j.vises_sans_pls AS DOUBLE) / NULLIF(j.sans_pls, 0) END AS part_sans_pls
FROM resultat j
JOIN muet m ON m.numero = j.numero
CROSS JOIN parametres p
ORDER BY j.epci, j.numero, j.acteur_type, j.acteur_juge
