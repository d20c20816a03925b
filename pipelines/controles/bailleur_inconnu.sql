-- A landlord that the list of landlords does not hold.
WITH connu AS (
    SELECT DISTINCT b.siren FROM source_bailleurs b
)
SELECT s.fichier, s.ligne, CASE WHEN c.siren IS NULL THEN 'echec' ELSE 'conforme' END AS etat,
       s.bailleur AS valeur, s.bailleur
FROM source_attributions s
LEFT JOIN connu c ON c.siren = s.bailleur
