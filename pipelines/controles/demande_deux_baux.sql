-- A demand is struck off once it is satisfied (CCH R441-2-8), so that it has one lease a year: a second one is another landlord's
-- copy of it, as after a merger, or a lease signed again. The same lease given twice is another check's. An association houses
-- several households under one number. One part of the numéros uniques at a time, where there are several years of leases.
WITH bail AS (
    SELECT s.fichier, s.ligne, s.bailleur, s.personne_morale,
           ROW_NUMBER() OVER (PARTITION BY s.numero_unique, s.date_bail, s.bailleur ORDER BY s.fichier, s.ligne) AS copie,
           DENSE_RANK() OVER (PARTITION BY s.numero_unique, EXTRACT(YEAR FROM s.date_bail) ORDER BY s.date_bail, s.bailleur) AS rang
    FROM source_attributions s
    WHERE s.numero_unique BETWEEN $premier AND $dernier
)
SELECT b.fichier, b.ligne,
       CASE WHEN b.personne_morale OR b.copie > 1 THEN 'hors_champ'
            WHEN b.rang > 1 THEN 'echec'
            ELSE 'conforme' END AS etat,
       CAST(b.rang AS VARCHAR) || 'e bail de la demande' AS valeur, b.bailleur
FROM bail b
