-- A target of one landlord by its SIREN, of which no file has a lease or a name: its verdict would be that it cannot be judged,
-- which a mistyped SIREN gives too.
WITH connu AS (
    SELECT s.bailleur AS siren FROM source_attributions s
    UNION
    SELECT l.siren FROM source_bailleurs l
)
SELECT CAST(NULL AS VARCHAR) AS fichier, CAST(NULL AS BIGINT) AS ligne,
       CASE WHEN r.base = 'loi' OR r.acteur_type <> 'bailleur' OR COALESCE(r.acteur, 'tous') = 'tous' THEN 'hors_champ'
            WHEN c.siren IS NULL THEN 'echec'
            ELSE 'conforme' END AS etat,
       r.libelle || ', ' || r.regle || ', ' || r.acteur AS valeur,
       CAST(NULL AS VARCHAR) AS bailleur
FROM regles r
LEFT JOIN connu c ON c.siren = r.acteur
