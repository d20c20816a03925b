-- What a public edition says of a territory beside its counts: the time that demands have waited and that leases took. A mean
-- or a median stands there only where the count that it is over is told.
WITH lieu AS (
    SELECT DISTINCT l.niveau, l.code, l.libelle FROM lieux l
)
SELECT l.niveau, l.code, l.libelle, c.epci,
       d.anciennete_moyenne, d.anciennete_mediane, b.attributions AS delais, b.delai_moyen, b.delai_median
FROM lieu l
LEFT JOIN communes c ON l.niveau = 'commune' AND c.commune = l.code
LEFT JOIN demande d ON d.niveau = l.niveau AND d.code = l.code AND d.population = 'ensemble' AND d.typologie = 'ensemble'
LEFT JOIN delais b ON b.niveau = l.niveau AND b.code = l.code AND b.population = 'ensemble' AND b.typologie = 'ensemble'
ORDER BY l.niveau, l.code
