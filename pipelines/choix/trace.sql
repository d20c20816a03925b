-- The demands that name the territory at any rank, each with the rank of its first choice there, and the leases of the year.
-- Ranks of choices: no list names more communes than there are.
WITH rang_choix AS (
    SELECT ROW_NUMBER() OVER (ORDER BY c.commune) AS rang FROM communes c
),
demande AS (
    SELECT d.fichier, d.ligne, d.numero_unique, d.date_depot, d.commune, d.communes, d.typologie, d.menage,
           LENGTH(d.communes) - LENGTH(REPLACE(d.communes, '|', '')) + 1 AS choix
    FROM cellule a
    CROSS JOIN demandes d
    WHERE d.active = 1 AND (a.typologie = 'ensemble' OR d.typologie = a.typologie)
),
cite AS (
    SELECT d.fichier, d.ligne, MIN(r.rang) AS rang
    FROM cellule a
    CROSS JOIN demande d
    JOIN rang_choix r ON r.rang <= d.choix
    JOIN lieux l ON l.commune = split_part(d.communes, '|', CAST(r.rang AS INTEGER)) AND l.niveau = a.niveau AND l.code = a.code
    GROUP BY d.fichier, d.ligne
)
SELECT 'demande' AS nature, d.fichier, d.ligne, d.numero_unique, d.date_depot AS date, d.commune, d.typologie, c.rang AS rang_choix,
       CASE WHEN d.menage = 0 THEN 'personne morale' END AS ecarte,
       c.rang = 1 AS dans_premier_choix, TRUE AS dans_tout_choix, FALSE AS dans_attributions
FROM demande d
JOIN cite c ON c.fichier = d.fichier AND c.ligne = d.ligne
UNION ALL
SELECT 'attribution', f.fichier, f.ligne, f.numero_unique, f.date_bail, f.commune, f.typologie, NULL,
       CASE WHEN f.personne_morale = 1 THEN 'personne morale' END, FALSE, FALSE, TRUE
FROM cellule a
JOIN lieux l ON l.niveau = a.niveau AND l.code = a.code
JOIN faits_attributions f ON f.commune = l.commune AND (a.typologie = 'ensemble' OR f.typologie = a.typologie)
ORDER BY nature, fichier, ligne
