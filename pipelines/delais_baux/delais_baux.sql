-- Time from deposit to lease of each household's allocation of N: quantiles are taken from these, one level after another.
-- In order: groups are then met one after the other, and their values as they grow.
SELECT c.rang_commune, f.population, f.typologie, f.categorie, f.delai_jours
FROM faits f
JOIN communes c ON c.commune = f.commune
WHERE f.personne_morale = 0 AND f.delai_jours IS NOT NULL
ORDER BY c.rang_commune, f.delai_jours
