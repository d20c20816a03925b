-- The leases behind a row of `quartiles`, with what their class rests on.
SELECT f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.bailleur, f.zone, f.classe,
       CAST(12 * f.ressources_mensuelles AS DOUBLE) / NULLIF(CAST(f.nb_uc AS DOUBLE), 0) AS revenu_par_uc, f.seuil_q1,
       f.relogement = 1 AS relogement,
       CASE WHEN f.sort = 'personne_morale' THEN 'personne morale'
            WHEN f.sort = 'financement_exclu' THEN 'financement exclu (' || f.financement || ')'
            WHEN f.seuil_q1 IS NULL THEN 'EPCI sans montant pour l''année' END AS ecarte,
       TRUE AS dans_attributions, f.classe = 'q1' AS dans_q1, f.classe = 'q2' AS dans_q2, f.classe = 'q3' AS dans_q3,
       f.classe = 'q4' AS dans_q4, f.classe = 'inconnu' AS dans_inconnu, f.relogement = 1 AS dans_relogement,
       f.classe = 'q1' OR f.relogement = 1 AS dans_q1_ou_relogement
FROM cellule q
JOIN lieux l ON l.niveau = q.niveau AND l.code = q.code
JOIN faits_attributions f
    ON f.commune = l.commune
    AND (q.bailleur = 'ensemble' OR f.bailleur = q.bailleur)
    AND (q.zone = 'ensemble' OR f.zone = q.zone)
ORDER BY f.fichier, f.ligne
