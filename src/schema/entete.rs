//! A file's header matched to a schema: by name, whatever the case, accents, spaces or suffixes; never by position.

use std::collections::BTreeMap;

use super::{Colonne, Genre, Schema, nearest};
use crate::diagnostic::Diagnostic;
use crate::format;

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
#[derive(Debug, Clone, Default)]
pub struct Entete {
    /// Number of fields of a record.
    pub largeur: usize,
    /// For each column of the schema, where it stands.
    pub champs: Vec<Champ>,
    /// Columns not found, each with the name that comes near it and is not read.
    pub proches: Vec<(String, String)>,
    /// Columns that the project names in a way that this file may not know.
    pub renommees: Vec<Renommee>,
    /// Columns that the file has under two known names: canonical, name read, name that is not.
    pub doublees: Vec<[String; 3]>,
}

/// A column under the name that the project gives it, where the file has another for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renommee {
    /// Column of the schema.
    pub colonne: String,
    /// Its name in the project.
    pub nom: String,
    /// Whether the file has that name.
    pub presente: bool,
    /// Name of the file, of those that the schema knows for it, that is not read.
    pub ecartee: Option<String>,
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
        for canonical in colonnes.keys() {
            if !schema.colonnes.iter().any(|c| &c.nom == canonical) {
                errors.push(Diagnostic::refus(
                    "B0106",
                    format!("« {canonical} » n'est pas une colonne du schéma {}", schema.nom),
                    "corrigez la table colonnes de cette source dans bilan.toml",
                ));
            }
        }
        let (champs, refused) = matched(schema, names, colonnes);
        errors.extend(refused);
        let renommees = renamed(schema, names, colonnes, &champs);
        let mut near = near_misses(schema, names, &champs);
        near.retain(|(canonical, _)| !colonnes.contains_key(canonical));
        for (colonne, champ) in schema.colonnes.iter().zip(&champs) {
            let said = errors.iter().any(|e| e.lieu.colonne.as_ref() == Some(&colonne.nom));
            if *champ != Champ::Absent || !colonne.obligatoire || said {
                continue;
            }
            let numbered =
                colonne.numerotee.first().map_or_else(String::new, |stem| format!(" (ou {stem}_1, {stem}_2…)"));
            let message = format!("colonne obligatoire « {} »{numbered} absente", colonne.nom);
            let near = near.iter().find(|(canonical, _)| *canonical == colonne.nom);
            let aide = match (near, colonnes.get(&colonne.nom)) {
                (Some((canonical, name)), _) => {
                    format!("est-ce « {name} » ? alors, sous [[source]] : colonnes = {{ {canonical} = \"{name}\" }}")
                }
                (None, Some(own)) => format!("bilan.toml l'appelle « {own} » : {RENAME}"),
                (None, None) => format!(
                    "ajoutez-la, ou indiquez son nom dans ce fichier : colonnes = {{ {} = \"…\" }} sous [[source]]",
                    colonne.nom
                ),
            };
            errors.push(Diagnostic::refus("B0103", message, aide).in_column(&colonne.nom));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let doublees = doubled(schema, names, colonnes, &champs);
        Ok(Self { largeur: names.len(), champs, proches: near, renommees, doublees })
    }

    /// A message for each name that comes near a declared column, and each that the project gives and the file contradicts.
    #[must_use]
    pub fn avis(&self) -> Vec<Diagnostic> {
        let renamed = self.renommees.iter().map(|r| {
            let told = match &r.ecartee {
                Some(name) if r.presente => format!("« {} » est lue, et « {name} » ne l'est pas", r.nom),
                Some(name) => format!("ce fichier n'a pas « {} », et « {name} » n'est pas lue", r.nom),
                None => format!("ce fichier n'a pas « {} »", r.nom),
            };
            Diagnostic::anomalie(
                "B0136",
                format!("{} : bilan.toml l'appelle « {} » ; {told}", r.colonne, r.nom),
                RENAME,
            )
            .in_column(&r.colonne)
        });
        let near = self.proches.iter().map(|(canonical, name)| {
            Diagnostic::anomalie(
                "B0119",
                format!("colonne « {name} » inconnue ; est-ce {canonical} ?"),
                format!(
                    "elle n'est pas lue ; si c'est elle, sous [[source]] : colonnes = {{ {canonical} = \"{name}\" }}"
                ),
            )
            .in_column(canonical)
        });
        let doubled = self.doublees.iter().map(|[canonical, read, other]| {
            Diagnostic::anomalie(
                "B0137",
                format!("{canonical} : « {read} » est lue, et « {other} », qui la nomme aussi, ne l'est pas"),
                format!("si c'est l'autre, sous [[source]] : colonnes = {{ {canonical} = \"{other}\" }}"),
            )
            .in_column(canonical)
        });
        renamed.chain(near).chain(doubled).collect()
    }

    /// How many columns of the schema this header names.
    #[must_use]
    pub fn known(schema: &Schema, names: &[String], colonnes: &BTreeMap<String, String>) -> usize {
        matched(schema, names, colonnes).0.iter().filter(|c| **c != Champ::Absent).count()
    }
}

/// What to do where the project's name of a column and the file do not agree.
const RENAME: &str = "corrigez la table colonnes, ou donnez ce fichier dans une [[source]] à part";

/// Names that the project gives to columns, which the file does not have, or has beside one that the schema knows.
fn renamed(schema: &Schema, names: &[String], colonnes: &BTreeMap<String, String>, champs: &[Champ]) -> Vec<Renommee> {
    let read = |i: usize| champs.contains(&Champ::Un(i));
    let placed = schema.colonnes.iter().zip(champs);
    let given = placed.filter_map(|(colonne, champ)| Some((colonne, champ, colonnes.get(&colonne.nom)?)));
    given
        .map(|(colonne, champ, own)| {
            let known: Vec<String> = names_of(colonne).into_iter().map(|name| normalised(name)).collect();
            let other = |(i, name): &(usize, &String)| known.contains(&normalised(name)) && !read(*i);
            Renommee {
                colonne: colonne.nom.clone(),
                nom: own.clone(),
                presente: *champ != Champ::Absent || names.iter().any(|name| normalised(name) == normalised(own)),
                ecartee: names.iter().enumerate().find(other).map(|(_, name)| name.trim().to_owned()),
            }
        })
        .filter(|r| !r.presente || r.ecartee.is_some())
        .collect()
}

/// Names of a column, the first that a file has being read: one that says it holds a code before one that may hold its label.
fn names_of(colonne: &Colonne) -> Vec<&String> {
    let mut names: Vec<&String> = std::iter::once(&colonne.nom).chain(&colonne.alias).collect();
    if matches!(colonne.genre, Genre::Commune | Genre::Communes | Genre::Siren | Genre::Code) {
        names.sort_by_key(|name| !is_coded(name));
    }
    names
}

/// Whether a name says that it holds a code.
fn is_coded(name: &str) -> bool {
    format::plain(name).split('_').any(|word| ["code", "cd", "siren", "insee", "depcom"].contains(&word))
}

/// Columns that a file has under several known names: (canonical, name read, name that is not). A code beside its label is one
/// column, twice written.
fn doubled(
    schema: &Schema,
    names: &[String],
    colonnes: &BTreeMap<String, String>,
    champs: &[Champ],
) -> Vec<[String; 3]> {
    let read = |i: usize| champs.contains(&Champ::Un(i));
    let own = |colonne: &&Colonne| !colonnes.contains_key(&colonne.nom);
    let mut found = Vec::new();
    for (colonne, champ) in schema.colonnes.iter().zip(champs).filter(|(colonne, _)| own(colonne)) {
        let Champ::Un(at) = champ else { continue };
        let known: Vec<String> = names_of(colonne).into_iter().map(|name| normalised(name)).collect();
        let other = |(i, name): &(usize, &String)| {
            !read(*i) && known.contains(&normalised(name)) && (is_coded(name) || !is_coded(&names[*at]))
        };
        let others = names.iter().enumerate().filter(other);
        found.extend(others.map(|(_, name)| [&colonne.nom, names[*at].trim(), name.trim()].map(str::to_owned)));
    }
    found
}

/// Where each column of the schema stands, and the names that stand twice.
fn matched(schema: &Schema, names: &[String], colonnes: &BTreeMap<String, String>) -> (Vec<Champ>, Vec<Diagnostic>) {
    let found: Vec<String> = names.iter().map(|n| normalised(n)).collect();
    let mut doubles = Vec::new();
    let champs = schema
        .colonnes
        .iter()
        .map(|colonne| {
            let own = colonnes.get(&colonne.nom);
            let wanted = own.map_or_else(|| names_of(colonne), |own| vec![own]);
            for name in wanted {
                let wanted = normalised(name);
                let mut hits = found.iter().enumerate().filter(|(_, n)| **n == wanted).map(|(i, _)| i);
                match (hits.next(), hits.next()) {
                    (Some(a), Some(b)) => {
                        let double = Diagnostic::refus(
                            "B0104",
                            format!("colonne « {wanted} » présente deux fois (champs {} et {})", a + 1, b + 1),
                            "gardez une seule des deux colonnes",
                        );
                        doubles.push(double.in_column(&colonne.nom));
                        return Champ::Absent;
                    }
                    (Some(i), None) => return Champ::Un(i),
                    _ => {}
                }
            }
            // A stem of the project stands for those of the schema, as a name does.
            let stems = colonne.numerotee.iter().map(|stem| own.unwrap_or(stem));
            let fields = stems.map(|stem| numbered(stem, &found)).find(|fields| !fields.is_empty());
            fields.map_or(Champ::Absent, Champ::Plusieurs)
        })
        .collect();
    (champs, doubles)
}

/// Fields `stem_1`, `stem_2`… in order.
fn numbered(stem: &str, found: &[String]) -> Vec<usize> {
    (1..=99)
        .map_while(|i| {
            let plain = normalised(&format!("{stem}_{i}"));
            let glued = normalised(&format!("{stem}{i}"));
            found.iter().position(|n| *n == plain || *n == glued)
        })
        .collect()
}

/// Columns not found and the name, used by no other, that comes near: (canonical, name).
fn near_misses(schema: &Schema, names: &[String], champs: &[Champ]) -> Vec<(String, String)> {
    let used = |i: usize| {
        champs
            .iter()
            .any(|c| matches!(c, Champ::Un(n) if *n == i) || matches!(c, Champ::Plusieurs(f) if f.contains(&i)))
    };
    let absent: Vec<&str> =
        schema.colonnes.iter().zip(champs).filter(|(_, c)| **c == Champ::Absent).map(|(c, _)| c.nom.as_str()).collect();
    let mut near: Vec<(String, String)> = Vec::new();
    for (_, name) in names.iter().enumerate().filter(|(i, _)| !used(*i)) {
        if let Some(canonical) = nearest(schema, name)
            && absent.contains(&canonical)
            && near.iter().all(|(c, _)| c != canonical)
        {
            let numbered = schema.colonnes.iter().any(|c| c.nom == canonical && !c.numerotee.is_empty());
            // Of numbered columns, the stem names them all.
            let mark = |c: char| c.is_ascii_digit() || c == '_' || c == '-' || c.is_whitespace();
            let name = if numbered { name.trim_end_matches(mark) } else { name };
            near.push((canonical.to_owned(), name.trim().to_owned()));
        }
    }
    near
}

/// Words that link others in a name.
const LINKS: [&str; 8] = ["de", "du", "des", "la", "le", "les", "l", "d"];

/// A header name without case, accents, spaces, punctuation or words that link others, and without the suffixes `_red` and
/// `_code` of RPLS.
#[must_use]
pub fn normalised(name: &str) -> String {
    let plain = format::plain(name);
    let stem = plain.strip_suffix("_red").or_else(|| plain.strip_suffix("_code")).unwrap_or(&plain);
    let words: Vec<&str> = stem.split('_').filter(|word| !LINKS.contains(word)).collect();
    if words.is_empty() { stem.to_owned() } else { words.join("_") }
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
        assert_eq!(normalised(" Date de Dépôt "), "date_depot");
        assert_eq!(normalised("Date de dépôt de la demande"), "date_depot_demande");
        assert_eq!(normalised("L'"), "l");
        assert_eq!(normalised("DEPCOM_red"), "depcom");
        assert_eq!(normalised("QPV_CODE"), "qpv");
    }

    #[test]
    fn a_missing_required_column_is_the_only_complaint() {
        let schema = Schema::load(&Resources::embedded(), "attributions", 2025).unwrap();
        let names = header(&["NUMERO_UNIQUE", "bailleur", "DEPCOM"]);
        let errors = Entete::resolve(&schema, &names, &BTreeMap::new()).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].code, "B0103");
        assert_eq!(errors[0].lieu.colonne.as_deref(), Some("date_bail"));
    }

    #[test]
    fn numbered_communes_make_the_ordered_list() {
        let schema = Schema::load(&Resources::embedded(), "demandes", 2025).unwrap();
        let names = header(&["numero_unique", "date_depot", "commune_2", "commune_1"]);
        let entete = Entete::resolve(&schema, &names, &BTreeMap::new()).unwrap();
        let index = schema.colonnes.iter().position(|c| c.nom == "communes").unwrap();
        assert_eq!(entete.champs[index], Champ::Plusieurs(vec![3, 2]));
    }

    /// A stem that no schema knows is offered, without its number: one column would leave out the other choices.
    #[test]
    fn numbered_columns_are_named_by_their_stem() {
        let schema = Schema::load(&Resources::embedded(), "demandes", 2025).unwrap();
        let index = schema.colonnes.iter().position(|c| c.nom == "communes").unwrap();
        let choices = |stem: &str, own: &BTreeMap<String, String>| {
            let names = header(&["N° unique", "Date du dépôt", &format!("{stem} 1"), &format!("{stem} 2")]);
            Entete::resolve(&schema, &names, own).map(|entete| entete.champs[index].clone())
        };
        let nothing = BTreeMap::new();
        assert_eq!(choices("Commune souhaitée", &nothing), Ok(Champ::Plusieurs(vec![2, 3])));
        let refused = choices("Commune demandé", &nothing).unwrap_err();
        assert!(refused[0].aide.contains("communes = \"Commune demandé\""), "{}", refused[0]);
        let own = BTreeMap::from([("communes".to_owned(), "Commune demandé".to_owned())]);
        assert_eq!(choices("Commune demandé", &own), Ok(Champ::Plusieurs(vec![2, 3])));
        let names = header(&["N° unique", "Date du dépôt", "Commune demandé 1"]);
        assert!(Entete::resolve(&schema, &names, &own).unwrap().avis().is_empty());
    }

    /// A code is read before its label; of two names of one column, neither of which says more, the one that is not read is told.
    #[test]
    fn of_two_known_names_the_code_is_read_and_a_doubt_is_told() {
        let schema = Schema::load(&Resources::embedded(), "attributions", 2025).unwrap();
        let names = header(&[
            "numero_unique",
            "Commune",
            "Code INSEE",
            "Bailleur",
            "SIREN",
            "date_bail",
            "date signature bail",
        ]);
        let entete = Entete::resolve(&schema, &names, &BTreeMap::new()).unwrap();
        let place = |nom: &str| schema.colonnes.iter().position(|c| c.nom == nom).map(|i| entete.champs[i].clone());
        assert_eq!(place("commune"), Some(Champ::Un(2)));
        assert_eq!(place("bailleur"), Some(Champ::Un(4)));
        assert_eq!(place("date_bail"), Some(Champ::Un(5)));
        let told: Vec<String> = entete.avis().iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains("« date_bail » est lue, et « date signature bail »"), "{told:?}");
    }

    /// A name of the project is the only one looked for: what the file has under others is told, and never taken for it.
    #[test]
    fn a_name_that_the_project_gives_and_the_file_contradicts_is_told() {
        let schema = Schema::load(&Resources::embedded(), "attributions", 2025).unwrap();
        let told = |fields: &[&str], column: &str, own: &str| {
            let own = BTreeMap::from([(column.to_owned(), own.to_owned())]);
            let mut names = header(&["numero_unique", "bailleur", "commune"]);
            names.extend(header(fields));
            let said = Entete::resolve(&schema, &names, &own).map(|entete| entete.avis());
            said.unwrap_or_else(|refused| refused)
                .into_iter()
                .map(|d| format!("{} {} | {}", d.code, d.message, d.aide))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(&["date_bail", "DT"], "relogement", "DT"), Vec::<String>::new());
        let both = told(&["date_bail", "date_decision"], "date_bail", "DATE_DECISION");
        assert_eq!(both.len(), 1);
        assert!(both[0].contains("« DATE_DECISION » est lue, et « date_bail » ne l'est pas"), "{both:?}");
        let neither = told(&["date_bail", "relogement_npnru"], "relogement", "NPNRU");
        assert_eq!(neither.len(), 1);
        assert!(neither[0].starts_with("B0136") && neither[0].contains("ce fichier n'a pas « NPNRU »"), "{neither:?}");
        let other = told(&["date_bail", "relogement"], "relogement", "NPNRU");
        assert!(other[0].contains("n'a pas « NPNRU », et « relogement » n'est pas lue"), "{other:?}");
        let required = told(&["date_bail"], "date_bail", "DT");
        assert!(
            required[0].starts_with("B0103") && required[0].contains("bilan.toml l'appelle « DT »"),
            "{required:?}"
        );
    }

    #[test]
    fn a_name_that_comes_near_is_offered_and_one_that_does_not_is_never_quoted() {
        let schema = Schema::load(&Resources::embedded(), "attributions", 2025).unwrap();
        let names =
            header(&["NUMERO_UNIQUE", "bailleur", "DEPCOM", "SIGNATURE_DU_BAIL", "DUPONT", "resources_mensuelles"]);
        let errors = Entete::resolve(&schema, &names, &BTreeMap::new()).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(errors[0].aide.contains("date_bail = \"SIGNATURE_DU_BAIL\""), "{}", errors[0]);
        let own = BTreeMap::from([("date_bail".to_owned(), "SIGNATURE_DU_BAIL".to_owned())]);
        let entete = Entete::resolve(&schema, &names, &own).unwrap();
        let avis = entete.avis();
        assert_eq!(avis.len(), 1);
        assert!(avis[0].message.contains("est-ce ressources_mensuelles ?"), "{}", avis[0]);
    }
}
