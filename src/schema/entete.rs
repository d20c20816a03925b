//! A file's header matched to a schema: by name, whatever the case, accents, spaces or suffixes; never by position.

use std::collections::BTreeMap;

use super::{Genre, Schema};
use crate::diagnostic::Diagnostic;

/// Where the values of a declared column stand in a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Champ {
    /// The file does not have it.
    Absent,
    /// One field.
    Un(usize),
    /// Several numbered fields that make a list, in order.
    Plusieurs(Vec<usize>),
}

/// A header understood.
#[derive(Debug, Clone)]
pub struct Entete {
    /// Number of fields of a record.
    pub largeur: usize,
    /// For each column of the schema, where it stands.
    pub champs: Vec<Champ>,
}

impl Entete {
    /// Matches `names` to the schema, with the project's own `colonnes` (canonical → header) first.
    ///
    /// # Errors
    /// A refusal of the whole file for each missing required column or ambiguous name.
    pub fn resolve(
        schema: &Schema,
        names: &[String],
        colonnes: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let found: Vec<String> = names.iter().map(|n| normalised(n)).collect();
        let position = |wanted: &str| -> Result<Option<usize>, Box<Diagnostic>> {
            let wanted = normalised(wanted);
            let mut hits = found.iter().enumerate().filter(|(_, n)| **n == wanted).map(|(i, _)| i);
            let first = hits.next();
            match (first, hits.next()) {
                (Some(a), Some(b)) => Err(Box::new(Diagnostic::refus(
                    "B0104",
                    format!("colonne « {wanted} » présente deux fois (champs {} et {})", a + 1, b + 1),
                    "gardez une seule des deux colonnes",
                ))),
                (first, _) => Ok(first),
            }
        };
        for canonical in colonnes.keys() {
            if !schema.colonnes.iter().any(|c| &c.nom == canonical) {
                errors.push(Diagnostic::refus(
                    "B0106",
                    format!("« {canonical} » n'est pas une colonne du schéma {}", schema.nom),
                    "corrigez la table colonnes de cette source dans bilan.toml",
                ));
            }
        }
        let mut champs = Vec::with_capacity(schema.colonnes.len());
        for colonne in &schema.colonnes {
            let mut champ = Champ::Absent;
            let names = match colonnes.get(&colonne.nom) {
                Some(own) => vec![own],
                None => std::iter::once(&colonne.nom).chain(&colonne.alias).collect(),
            };
            for name in names {
                match position(name) {
                    Ok(Some(i)) => {
                        champ = Champ::Un(i);
                        break;
                    }
                    Ok(None) => {}
                    Err(diagnostic) => {
                        errors.push(diagnostic.in_column(&colonne.nom));
                        break;
                    }
                }
            }
            if champ == Champ::Absent
                && let Some(stem) = &colonne.numerotee
            {
                let fields: Vec<usize> = (1..=99)
                    .map_while(|i| {
                        let plain = normalised(&format!("{stem}_{i}"));
                        let glued = normalised(&format!("{stem}{i}"));
                        found.iter().position(|n| *n == plain || *n == glued)
                    })
                    .collect();
                if !fields.is_empty() {
                    champ = Champ::Plusieurs(fields);
                }
            }
            if champ == Champ::Absent && colonne.obligatoire {
                let numbered = match (&colonne.numerotee, colonne.genre) {
                    (Some(stem), Genre::Communes) => format!(" (ou {stem}_1, {stem}_2…)"),
                    _ => String::new(),
                };
                errors.push(
                    Diagnostic::refus(
                        "B0103",
                        format!("colonne obligatoire « {} »{numbered} absente", colonne.nom),
                        format!(
                            "ajoutez-la, ou indiquez son nom dans ce fichier : colonnes = {{ {} = \"…\" }} sous [[source]]",
                            colonne.nom
                        ),
                    )
                    .in_column(&colonne.nom),
                );
            }
            champs.push(champ);
        }
        if errors.is_empty() { Ok(Self { largeur: found.len(), champs }) } else { Err(errors) }
    }
}

/// A header name without case, accents, spaces or punctuation, and without the suffixes `_red` and `_code` of RPLS.
#[must_use]
pub fn normalised(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.trim().trim_start_matches('\u{feff}').chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'â' | 'ä' => plain.push('a'),
            'é' | 'è' | 'ê' | 'ë' => plain.push('e'),
            'î' | 'ï' => plain.push('i'),
            'ô' | 'ö' => plain.push('o'),
            'ù' | 'û' | 'ü' => plain.push('u'),
            'ç' => plain.push('c'),
            'œ' => plain.push_str("oe"),
            c if c.is_alphanumeric() => plain.push(c),
            _ if plain.ends_with('_') || plain.is_empty() => {}
            _ => plain.push('_'),
        }
    }
    let plain = plain.trim_end_matches('_');
    let plain = plain.strip_suffix("_red").or_else(|| plain.strip_suffix("_code")).unwrap_or(plain);
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Resources;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn names_match_whatever_their_case_accents_and_suffixes() {
        assert_eq!(normalised(" Date de Dépôt "), "date_de_depot");
        assert_eq!(normalised("DEPCOM_red"), "depcom");
        assert_eq!(normalised("QPV_CODE"), "qpv");
    }

    #[test]
    fn a_missing_required_column_is_the_only_complaint() {
        let schema = Schema::load(&Resources::embedded(), "attributions").unwrap();
        let names = header(&["NUMERO_UNIQUE", "bailleur", "DEPCOM"]);
        let errors = Entete::resolve(&schema, &names, &BTreeMap::new()).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].code, "B0103");
        assert_eq!(errors[0].lieu.colonne.as_deref(), Some("date_bail"));
    }

    #[test]
    fn numbered_communes_make_the_ordered_list() {
        let schema = Schema::load(&Resources::embedded(), "demandes").unwrap();
        let names = header(&["numero_unique", "date_depot", "commune_2", "commune_1"]);
        let entete = Entete::resolve(&schema, &names, &BTreeMap::new()).unwrap();
        let index = schema.colonnes.iter().position(|c| c.nom == "communes").unwrap();
        assert_eq!(entete.champs[index], Champ::Plusieurs(vec![3, 2]));
    }
}
