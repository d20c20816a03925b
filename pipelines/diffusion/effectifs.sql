-- What a public edition counts, from the published rows of communes: for each breakdown of `ventilations.toml`, the cells that
-- make it, at every level, and for the part of each EPCI in each département (`bloc`), which tells what a département's
-- count would give back of an EPCI that it cuts. Cells of a breakdown do not overlap: they add up over cells and territories.
-- A source that is not given, or a column that its file lacks, gives null.
WITH mouvement AS (
    -- Deposited in the year or before, still there at its end or gone: all four are cells, since the counts of the year and the
    -- classes of seniority give them back by difference. Exits are what left the stock, whatever the register says of why.
    SELECT code, actives, moins_1_an, actives - moins_1_an AS anciennes_restees,
           actives_1er_janvier - (actives - moins_1_an) AS anciennes_sorties, deposees - moins_1_an AS deposees_sorties,
           de_1_a_2_ans, de_2_a_3_ans, de_3_a_5_ans, plus_5_ans
    FROM demande
    WHERE niveau = 'commune' AND population = 'ensemble' AND typologie = 'ensemble'
),
bail AS (
    SELECT code, attributions
    FROM attributions
    WHERE niveau = 'commune' AND population = 'ensemble' AND typologie = 'ensemble'
),
-- The two legal rules; every other lease of the commune, whatever keeps it out of them, is the rest.
zone AS (
    SELECT code,
           SUM(CASE WHEN zone = 'hors_qpv' THEN q1_ou_relogement ELSE 0 END) AS hors_qpv_q1,
           SUM(CASE WHEN zone = 'hors_qpv' THEN attributions - q1_ou_relogement ELSE 0 END) AS hors_qpv_autres,
           SUM(CASE WHEN zone = 'qpv' THEN attributions - q1 - inconnu ELSE 0 END) AS qpv_q2_q4,
           SUM(CASE WHEN zone = 'qpv' THEN q1 + inconnu ELSE 0 END) AS qpv_autres
    FROM quartiles
    WHERE niveau = 'commune' AND bailleur = 'ensemble' AND zone IN ('hors_qpv', 'qpv')
    GROUP BY code
),
mixite AS (
    SELECT b.code, b.attributions, COALESCE(z.hors_qpv_q1, 0) AS hors_qpv_q1,
           COALESCE(z.hors_qpv_autres, 0) AS hors_qpv_autres, COALESCE(z.qpv_q2_q4, 0) AS qpv_q2_q4,
           COALESCE(z.qpv_autres, 0) AS qpv_autres
    FROM bail b
    LEFT JOIN zone z ON z.code = b.code
),
prioritaire AS (
    SELECT code,
           SUM(CASE WHEN reservataire = 'COLACT' THEN prioritaires ELSE 0 END) AS colact_prioritaires,
           SUM(CASE WHEN reservataire = 'COLACT' THEN attributions - prioritaires ELSE 0 END) AS colact_autres,
           SUM(CASE WHEN reservataire = 'COLTER' THEN prioritaires ELSE 0 END) AS colter_prioritaires,
           SUM(CASE WHEN reservataire = 'COLTER' THEN attributions - prioritaires ELSE 0 END) AS colter_autres,
           SUM(CASE WHEN reservataire = 'ensemble' THEN prioritaires ELSE 0 END) AS prioritaires
    FROM priorites
    WHERE niveau = 'commune'
    GROUP BY code
),
priorite AS (
    SELECT b.code, b.attributions, COALESCE(p.colact_prioritaires, 0) AS colact_prioritaires,
           COALESCE(p.colact_autres, 0) AS colact_autres, COALESCE(p.colter_prioritaires, 0) AS colter_prioritaires,
           COALESCE(p.colter_autres, 0) AS colter_autres, COALESCE(p.prioritaires, 0) AS prioritaires
    FROM bail b
    LEFT JOIN prioritaire p ON p.code = b.code
),
logement AS (
    SELECT code, logements, logements_qpv, loues, vacants, vides, association, mobilite_num, mobilite_den
    FROM parc
    WHERE niveau = 'commune' AND typologie = 'ensemble' AND categorie = 'ensemble'
),
typologie AS (
    SELECT code, typologie, logements FROM parc WHERE niveau = 'commune' AND categorie = 'ensemble'
),
compte AS (
    SELECT code, 'demandes' AS ventilation, 'ensemble' AS cellule, actives AS effectif FROM mouvement
    UNION ALL SELECT code, 'demandes_' || dimension, modalite, demandes FROM demande_profil WHERE niveau = 'commune'
    UNION ALL SELECT code, 'demandes_anciennete', 'moins_1_an', moins_1_an FROM mouvement
    UNION ALL SELECT code, 'demandes_anciennete', 'de_1_a_2_ans', de_1_a_2_ans FROM mouvement
    UNION ALL SELECT code, 'demandes_anciennete', 'de_2_a_3_ans', de_2_a_3_ans FROM mouvement
    UNION ALL SELECT code, 'demandes_anciennete', 'de_3_a_5_ans', de_3_a_5_ans FROM mouvement
    UNION ALL SELECT code, 'demandes_anciennete', 'plus_5_ans', plus_5_ans FROM mouvement
    UNION ALL SELECT code, 'demandes_mouvements', 'deposees_restees', moins_1_an FROM mouvement
    UNION ALL SELECT code, 'demandes_mouvements', 'deposees_sorties', deposees_sorties FROM mouvement
    UNION ALL SELECT code, 'demandes_mouvements', 'anciennes_restees', anciennes_restees FROM mouvement
    UNION ALL SELECT code, 'demandes_mouvements', 'anciennes_sorties', anciennes_sorties FROM mouvement
    UNION ALL SELECT code, 'baux', 'ensemble', attributions FROM bail
    UNION ALL SELECT code, 'baux_' || dimension, modalite, attributions FROM attributions_profil WHERE niveau = 'commune'
    UNION ALL SELECT code, 'baux_mixite', 'hors_qpv_q1', hors_qpv_q1 FROM mixite
    UNION ALL SELECT code, 'baux_mixite', 'hors_qpv_autres', hors_qpv_autres FROM mixite
    UNION ALL SELECT code, 'baux_mixite', 'qpv_q2_q4', qpv_q2_q4 FROM mixite
    UNION ALL SELECT code, 'baux_mixite', 'qpv_autres', qpv_autres FROM mixite
    UNION ALL SELECT code, 'baux_mixite', 'reste', attributions - hors_qpv_q1 - hors_qpv_autres - qpv_q2_q4 - qpv_autres
              FROM mixite
    UNION ALL SELECT code, 'baux_priorites', 'colact_prioritaires', colact_prioritaires FROM priorite
    UNION ALL SELECT code, 'baux_priorites', 'colact_autres', colact_autres FROM priorite
    UNION ALL SELECT code, 'baux_priorites', 'colter_prioritaires', colter_prioritaires FROM priorite
    UNION ALL SELECT code, 'baux_priorites', 'colter_autres', colter_autres FROM priorite
    UNION ALL SELECT code, 'baux_priorites', 'reste_prioritaires',
                     prioritaires - colact_prioritaires - colter_prioritaires FROM priorite
    UNION ALL SELECT code, 'baux_priorites', 'reste_autres',
                     attributions - prioritaires - colact_autres - colter_autres FROM priorite
    UNION ALL SELECT code, 'parc', 'ensemble', logements FROM logement
    UNION ALL SELECT code, 'parc_typologie', typologie, logements FROM typologie WHERE typologie <> 'ensemble'
    UNION ALL SELECT code, 'parc_typologie', 'inconnu',
                     SUM(CASE WHEN typologie = 'ensemble' THEN logements ELSE -logements END) FROM typologie GROUP BY code
    UNION ALL SELECT code, 'parc_qpv', 'qpv', logements_qpv FROM logement
    UNION ALL SELECT code, 'parc_qpv', 'hors_qpv', logements - logements_qpv FROM logement
    UNION ALL SELECT code, 'parc_occupation', 'loues', loues FROM logement
    UNION ALL SELECT code, 'parc_occupation', 'vacants', vacants FROM logement
    UNION ALL SELECT code, 'parc_occupation', 'vides', vides FROM logement
    UNION ALL SELECT code, 'parc_occupation', 'association', association FROM logement
    UNION ALL SELECT code, 'parc_occupation', 'autres', logements - loues - vacants - vides - association FROM logement
    UNION ALL SELECT code, 'parc_mobilite', 'mobiles', mobilite_num FROM logement
    UNION ALL SELECT code, 'parc_mobilite', 'stables', mobilite_den - mobilite_num FROM logement
    UNION ALL SELECT code, 'parc_mobilite', 'hors_mobilite', loues + vacants - mobilite_den FROM logement
    UNION ALL SELECT code, 'parc_mobilite', 'ni_loues_ni_vacants', logements - loues - vacants FROM logement
),
lieu AS (
    SELECT commune, COALESCE(epci, '') AS epci, departement, region, COALESCE(epci, '') || '-' || departement AS bloc
    FROM communes
    WHERE perimetre = 1
)
SELECT x.ventilation, x.cellule,
       CASE WHEN GROUPING(l.commune) = 0 THEN 'commune' WHEN GROUPING(l.bloc) = 0 THEN 'bloc'
            WHEN GROUPING(l.epci) = 0 THEN 'epci' WHEN GROUPING(l.departement) = 0 THEN 'departement'
            WHEN GROUPING(l.region) = 0 THEN 'region' ELSE 'territoire' END AS niveau,
       COALESCE(l.commune, l.bloc, l.epci, l.departement, l.region, 'territoire') AS code,
       CAST(SUM(x.effectif) AS BIGINT) AS effectif
FROM compte x
JOIN lieu l ON l.commune = x.code
GROUP BY GROUPING SETS (
    (x.ventilation, x.cellule, l.commune), (x.ventilation, x.cellule, l.bloc), (x.ventilation, x.cellule, l.epci),
    (x.ventilation, x.cellule, l.departement), (x.ventilation, x.cellule, l.region), (x.ventilation, x.cellule)
)
ORDER BY x.ventilation, x.cellule, niveau, code
