-- Intermediate housing by the lease or by the stock, not by both: its leases stay out of the rules. What the stock finances
-- otherwise than by a family of today may be either.
SELECT s.fichier, s.ligne,
       CASE WHEN p.a_rpls_identifiant = 0 THEN 'hors_champ'
            WHEN s.financement IS NULL OR s.financement = 'inconnu' OR l.financement IS NULL OR l.financement = 'AUTRE'
            THEN 'non_evaluable'
            WHEN (CASE WHEN s.financement = 'PLI' THEN 1 ELSE 0 END) <> (CASE WHEN l.financement = 'PLI' THEN 1 ELSE 0 END)
            THEN 'echec'
            ELSE 'conforme' END AS etat,
       'bail ' || s.financement || ', RPLS ' || l.financement AS valeur, s.bailleur
FROM source_attributions s
CROSS JOIN parametres p
LEFT JOIN logements l ON l.id_rpls = s.id_rpls
