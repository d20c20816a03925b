-- The demands behind a row of `demande`: those that any of its counts holds. Seniority goes by calendar anniversaries.
SELECT d.fichier, d.ligne, d.numero_unique, d.date_depot, d.date_radiation, d.motif_radiation, d.commune,
       CASE WHEN d.mutation = 1 THEN 'mutation' ELSE 'hors_mutation' END AS population, d.typologie,
       CASE WHEN d.active = 1 THEN CAST(d.anciennete_jours AS DOUBLE) / p.jours_par_mois END AS mois,
       CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte,
       d.active = 1 AS dans_actives, d.deposee = 1 AS dans_deposees, d.radiee = 1 AS dans_radiees,
       d.radiee = 1 AND d.motif_radiation = 'RADATT' AS dans_radiees_attribution,
       d.active_1er_janvier = 1 AS dans_actives_1er_janvier,
       d.active = 1 AND d.date_depot > p.il_y_a_1_an AS dans_moins_1_an,
       d.active = 1 AND d.date_depot <= p.il_y_a_1_an AND d.date_depot > p.il_y_a_2_ans AS dans_de_1_a_2_ans,
       d.active = 1 AND d.date_depot <= p.il_y_a_2_ans AND d.date_depot > p.il_y_a_3_ans AS dans_de_2_a_3_ans,
       d.active = 1 AND d.date_depot <= p.il_y_a_3_ans AND d.date_depot > p.il_y_a_5_ans AS dans_de_3_a_5_ans,
       d.active = 1 AND d.date_depot <= p.il_y_a_5_ans AS dans_plus_5_ans
FROM cellule a
CROSS JOIN parametres p
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN demandes d
    ON d.commune = l.commune
    AND (a.population = 'ensemble' OR d.mutation = CASE a.population WHEN 'mutation' THEN 1 ELSE 0 END)
    AND (a.typologie = 'ensemble' OR d.typologie = a.typologie)
WHERE d.active = 1 OR d.active_1er_janvier = 1 OR d.deposee = 1 OR d.radiee = 1
ORDER BY d.fichier, d.ligne
