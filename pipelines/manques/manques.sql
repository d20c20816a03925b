-- The lettings that an EPCI misses, shared out among its landlords: each in proportion to its own distance to the
-- target, by largest remainders, so that the shares add up to the EPCI's number.
WITH regle AS (
    SELECT r.numero, r.epci, r.libelle, r.regle, r.base, r.zone, r.secteur, r.public, r.cible, v.manque
    FROM regles r
    JOIN verdicts v
        ON v.epci = r.epci AND v.regle = r.regle AND v.acteur_type = r.acteur_type AND v.acteur = r.acteur
        AND v.zone = r.zone AND v.secteur = r.secteur
    WHERE r.acteur_type = 'epci' AND r.metrique = 'part' AND r.operateur = '>=' AND r.agregation = 'ensemble'
      AND v.manque IS NOT NULL
),
par_bailleur AS (
    SELECT r.numero, f.bailleur, COUNT(*) AS attributions,
           SUM(CASE WHEN r.public = 'q1' AND f.classe = 'q1' THEN 1
                    WHEN r.public = 'q1_ou_relogement' AND (f.classe = 'q1' OR f.relogement = 1) THEN 1
                    WHEN r.public = 'q2_q4' AND f.classe IN ('q2', 'q3', 'q4', 'q2_q4') THEN 1
                    WHEN r.public = 'dalo' AND f.dalo = 1 THEN 1
                    WHEN r.public = 'prioritaire' AND f.prioritaire = 1 THEN 1
                    WHEN r.public = 'relogement' AND f.relogement = 1 THEN 1
                    WHEN r.public = 'mutation' AND f.population = 'mutation' THEN 1
                    ELSE 0 END) AS numerateur
    FROM regle r
    JOIN faits f
        ON f.epci = r.epci AND f.sort = 'compte' AND (r.zone = 'ensemble' OR f.zone = r.zone)
        AND (r.secteur = 'ensemble' OR '|' || r.secteur || '|' LIKE '%|' || f.commune || '|%')
    GROUP BY r.numero, f.bailleur
),
-- Distances in whole millionths of a letting: exact, and free of any order of addition.
distance AS (
    SELECT b.numero, b.bailleur, b.attributions, b.numerateur, r.manque,
           CAST(GREATEST(0, r.cible * b.attributions - b.numerateur) * 1000000 AS BIGINT) AS ecart,
           CAST(GREATEST(0, CEIL(r.cible * b.attributions) - b.numerateur) AS BIGINT) AS manque_propre
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
       b.manque_propre,
       CAST(b.entier + CASE WHEN b.rang <= b.a_placer THEN 1 ELSE 0 END AS BIGINT) AS manque_reparti
FROM place b
JOIN regle r ON r.numero = b.numero
CROSS JOIN parametres p
ORDER BY r.epci, r.numero, b.bailleur
