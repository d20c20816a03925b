-- The lettings that an EPCI misses, shared out among its landlords: each in proportion to its own distance to the
-- target, by largest remainders, so that the shares add up to the EPCI's number.
WITH regle AS (
    SELECT r.numero, r.epci, r.libelle, r.regle, r.base, r.zone, r.secteur, r.cible, v.manque
    FROM regles r
    JOIN verdicts v
        ON v.epci = r.epci AND v.regle = r.regle AND v.acteur_type = r.acteur_type AND v.acteur = r.acteur
        AND v.zone = r.zone AND v.secteur = r.secteur
    WHERE r.acteur_type = 'epci' AND r.metrique = 'part' AND r.operateur = '>=' AND r.agregation = 'ensemble'
      AND v.manque IS NOT NULL
),
par_bailleur AS (
    SELECT c.numero, c.bailleur, CAST(SUM(c.attributions) AS BIGINT) AS attributions,
           SUM(CASE WHEN c.vise = 1 THEN c.attributions ELSE 0 END) AS numerateur
    FROM champ c
    JOIN regle r ON r.numero = c.numero
    WHERE c.attributions > 0
    GROUP BY c.numero, c.bailleur
),
-- Distances in whole millionths of a letting: exact, and free of any order of addition.
distance AS (
    SELECT b.numero, b.bailleur, b.attributions, b.numerateur, r.manque,
           CAST(GREATEST(0, r.cible * b.attributions - b.numerateur) * 1000000 AS BIGINT) AS ecart,
           CAST(GREATEST(0, CEIL(r.cible * b.attributions) - b.numerateur) AS BIGINT) AS manque_propre,
           CAST(GREATEST(0, b.numerateur - CEIL(r.cible * b.attributions)) AS BIGINT) AS avance_propre
    FROM par_bailleur b
    JOIN regle r ON r.numero = b.numero
),
total AS (
    SELECT numero, CAST(SUM(ecart) AS BIGINT) AS ecarts FROM distance GROUP BY numero
),
quota AS (
    SELECT d.*, t.ecarts,
           CASE WHEN t.ecarts > 0 THEN (CAST(d.manque AS DECIMAL(18, 0)) * d.ecart) % t.ecarts ELSE 0 END AS reste,
           CASE WHEN t.ecarts > 0
                THEN CAST((CAST(d.manque AS DECIMAL(18, 0)) * d.ecart
                           - (CAST(d.manque AS DECIMAL(18, 0)) * d.ecart) % t.ecarts) / t.ecarts AS BIGINT)
                ELSE 0 END AS entier
    FROM distance d
    JOIN total t ON t.numero = d.numero
),
place AS (
    SELECT q.*,
           q.manque - SUM(q.entier) OVER (PARTITION BY q.numero) AS a_placer,
           ROW_NUMBER() OVER (PARTITION BY q.numero ORDER BY q.reste DESC, q.bailleur) AS rang
    FROM quota q
)
SELECT p.millesime, r.epci, r.libelle, r.regle, r.base, r.zone, r.secteur, b.bailleur,
       CAST(b.attributions AS BIGINT) AS attributions, CAST(b.numerateur AS BIGINT) AS numerateur,
       CAST(b.numerateur AS DOUBLE) / NULLIF(b.attributions, 0) AS part,
       b.manque_propre, b.avance_propre,
       CAST(b.entier + CASE WHEN b.rang <= b.a_placer THEN 1 ELSE 0 END AS BIGINT) AS manque_reparti
FROM place b
JOIN regle r ON r.numero = b.numero
CROSS JOIN parametres p
ORDER BY r.epci, r.numero, b.bailleur
