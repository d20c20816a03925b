-- Déséquilibre of a typology = its tension ÷ that of all typologies together, same territory and population (DRIHL).
-- Territories above the commune: the few leases of most communes would make it say nothing.
SELECT p.millesime, t.niveau, t.code, t.libelle, t.population, t.typologie, t.demandes, t.attributions, t.tension,
       e.tension AS tension_ensemble, t.tension / NULLIF(e.tension, 0) AS desequilibre
FROM tension t
CROSS JOIN parametres p
JOIN tension e ON e.niveau = t.niveau AND e.code = t.code AND e.population = t.population
WHERE t.niveau <> 'commune' AND t.categorie = 'ensemble'
  AND e.niveau <> 'commune' AND e.categorie = 'ensemble' AND e.typologie = 'ensemble'
ORDER BY t.niveau, t.code, t.population, t.typologie
