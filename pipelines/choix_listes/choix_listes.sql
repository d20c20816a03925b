-- Households' demands active at 31/12/N by the communes they ask for, as listed, and typology: applicants ask for the same few
-- lists, so that each is cut into its communes once, and not once a demand.
SELECT DENSE_RANK() OVER (ORDER BY d.communes) AS liste, d.communes,
       LENGTH(d.communes) - LENGTH(REPLACE(d.communes, '|', '')) + 1 AS choix, d.typologie, COUNT(*) AS demandes
FROM demandes d
WHERE d.menage = 1 AND d.active = 1
GROUP BY d.communes, d.typologie
ORDER BY liste
