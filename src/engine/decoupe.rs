//! How a step is cut into parts done one after the other, each a statement of its own: what one holds is let go before the
//! next, so that a country needs no more room than a part of it.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};

use serde::{Deserialize, Serialize};

use super::tables::Prealable;
use super::{Engine, Inputs, quoted, repetes};
use crate::error::{Error, Result};
use crate::reference::Niveau;
use crate::store;

/// The parts of a step: each statement has its bounds, both included, in the place of [`PREMIER`] and [`DERNIER`].
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decoupe {
    /// Territories by their rank, so many a part, each part of one level: a level alone holds every record once.
    Niveau {
        /// Territories in a part.
        territoires: NonZeroUsize,
    },
    /// Territories by their rank, so many a part. A published table has its rows in their order: parts then follow one another.
    Territoires {
        /// Territories in a part.
        nombre: NonZeroUsize,
    },
    /// A part for every so many rows, give or take, of a source, of those of it whose identifier stands on several
    /// (`repetes_<source>`), or of the leases of the year (`baux`): identifiers are keyed hashes and so spread evenly. One that
    /// may be missing needs another beside it: a row with none is in no part.
    Identifiants {
        /// The source.
        source: String,
        /// Its rows in a part.
        lignes: NonZeroU64,
    },
    /// A part for each file of a source: both bounds are its name.
    Fichiers {
        /// The source.
        source: String,
    },
}

/// Stands for the lower bound of a part.
pub(super) const PREMIER: &str = "$premier";
/// Stands for the upper bound of a part.
pub(super) const DERNIER: &str = "$dernier";

/// Leases signed in the year: a register may hold those of many.
const BAUX: &str = "baux";

/// How much there is to cut.
#[derive(Debug, Default)]
pub(super) struct Etendue {
    /// Rows of each source, of those of it whose identifier stands on several, by the name of the table of these, and
    /// [`BAUX`].
    pub(super) lignes: BTreeMap<String, u64>,
    /// Files of each source.
    pub(super) fichiers: BTreeMap<String, Vec<String>>,
    /// Ranks of the territories of the perimeter, in order, each with its level.
    pub(super) rangs: Vec<(Niveau, i64)>,
}

impl Etendue {
    /// That of a run.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub(super) fn of(inputs: &Inputs<'_>, prealable: &Prealable<'_>, engine: &Engine) -> Result<Self> {
        let mut etendue = Self { rangs: prealable.territoires.of_perimeter(inputs), ..Self::default() };
        for file in inputs.ingestion.fichiers.iter().filter(|f| f.parquet.is_some()) {
            etendue.lignes.insert(file.schema.clone(), inputs.ingestion.rows(&file.schema));
            etendue.fichiers.entry(file.schema.clone()).or_default().push(file.fichier.clone());
        }
        etendue.lignes.extend(prealable.repetes.iter().map(|repetes| (repetes.table.clone(), repetes.lignes)));
        let of_the_year = "(SELECT 1 FROM source_attributions a CROSS JOIN parametres p \
                           WHERE EXTRACT(YEAR FROM a.date_bail) = p.millesime)";
        etendue.lignes.insert(BAUX.to_owned(), engine.count(BAUX, of_the_year)?);
        Ok(etendue)
    }

    /// Whether no identifier of a source stands on several of its rows.
    pub(super) fn is_one_each(&self, source: &str) -> bool {
        self.lignes.get(&repetes::table(source)) == Some(&0)
    }
}

impl Decoupe {
    /// What the bounds of a statement stand for, in French.
    #[must_use]
    pub fn phrase(&self) -> String {
        let parts = match self {
            Self::Niveau { territoires } => {
                format!("au plus {territoires} territoires d'un même niveau, par leur rang")
            }
            Self::Territoires { nombre } => format!("au plus {nombre} territoires, par leur rang"),
            Self::Identifiants { source, lignes } => {
                format!("environ {lignes} lignes de « {source} », par leur identifiant")
            }
            Self::Fichiers { source } => format!("un fichier de « {source} », par son nom"),
        };
        format!("{PREMIER} et {DERNIER} sont les bornes d'une partie : {parts}")
    }

    /// How a statement is cut: as the entry beside it says; not at all where it names no bound, as a project's own may.
    ///
    /// # Errors
    /// [`Error::Resource`] when it names one without the other.
    pub(super) fn of_statement(decoupe: Option<Self>, sql: &str, path: &str) -> Result<Option<Self>> {
        match [PREMIER, DERNIER].map(|bound| sql.contains(bound)) {
            [true, true] => Ok(decoupe),
            [false, false] => Ok(None),
            _ => {
                let told = format!(
                    "cette instruction nomme une des bornes {PREMIER} et {DERNIER} sans l'autre : nommez les deux, ou aucune"
                );
                Err(Error::resource(path, told))
            }
        }
    }

    /// The statements of the parts of `sql`, one at least.
    fn statements(&self, sql: &str, etendue: &Etendue) -> Vec<String> {
        let part = |(first, last): (String, String)| sql.replace(PREMIER, &first).replace(DERNIER, &last);
        match self {
            Self::Niveau { territoires } => {
                let levels = etendue.rangs.chunk_by(|a, b| a.0 == b.0);
                ranks(levels.flat_map(|level| level.chunks(territoires.get()))).map(part).collect()
            }
            Self::Territoires { nombre } => ranks(etendue.rangs.chunks(nombre.get())).map(part).collect(),
            Self::Identifiants { source, lignes } => {
                let rows = etendue.lignes.get(source).copied().unwrap_or(0);
                let ranges = store::ranges(rows.div_ceil(lignes.get()));
                ranges.map(|(a, b)| (identifier(a), identifier(b))).map(part).collect()
            }
            Self::Fichiers { source } => {
                let files = etendue.fichiers.get(source).filter(|files| !files.is_empty());
                let files = files.map_or_else(|| vec![quoted("")], |files| files.iter().map(|f| quoted(f)).collect());
                files.into_iter().map(|file| part((file.clone(), file))).collect()
            }
        }
    }
}

/// The statements to run: one, or one a part.
pub(super) fn statements(sql: &str, decoupe: Option<&Decoupe>, etendue: &Etendue) -> Vec<String> {
    decoupe.map_or_else(|| vec![sql.to_owned()], |decoupe| decoupe.statements(sql, etendue))
}

/// The bounds of groups of ranks; bounds that hold nothing where there is no group.
fn ranks<'a>(groups: impl Iterator<Item = &'a [(Niveau, i64)]>) -> impl Iterator<Item = (String, String)> {
    let ends = |group: &[(Niveau, i64)]| Some((group.first()?.1, group.last()?.1));
    let mut found: Vec<(i64, i64)> = groups.filter_map(ends).collect();
    if found.is_empty() {
        found.push((1, 0));
    }
    found.into_iter().map(|(first, last)| (first.to_string(), last.to_string()))
}

/// Sixteen bytes as SQL writes them.
fn identifier(bytes: u128) -> String {
    let digits = format!("{bytes:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|group| &digits[group]);
    format!("CAST('{}' AS UUID)", groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_cut_by_the_bounds_that_their_column_reads() {
        let etendue = Etendue {
            lignes: BTreeMap::from([("demandes".to_owned(), 5), ("repetes_demandes".to_owned(), 2)]),
            fichiers: BTreeMap::from([("demandes".to_owned(), vec!["a.csv".to_owned(), "l'autre.csv".to_owned()])]),
            ..Etendue::default()
        };
        let lignes = NonZeroU64::new(2).unwrap();
        let by_identifier = |source: &str| Decoupe::Identifiants { source: source.to_owned(), lignes };
        let parts = by_identifier("demandes").statements("$premier", &etendue);
        assert_eq!((parts.len(), &*parts[0]), (3, "CAST('00000000-0000-0000-0000-000000000000' AS UUID)"));
        assert_eq!(by_identifier("repetes_demandes").statements("$premier", &etendue).len(), 1);
        let by_file = |source: &str| Decoupe::Fichiers { source: source.to_owned() };
        assert_eq!(
            by_file("demandes").statements("$premier $dernier", &etendue),
            ["'a.csv' 'a.csv'", "'l''autre.csv' 'l''autre.csv'"]
        );
        assert_eq!(by_file("rpls").statements("$premier $dernier", &etendue), ["'' ''"]);
    }

    #[test]
    fn every_territory_of_the_perimeter_is_in_one_part() {
        let communes = [3, 4, 9, 11, 12].map(|rang| (Niveau::Commune, rang));
        let etendue = Etendue {
            rangs: communes
                .into_iter()
                .chain([(Niveau::Departement, 20), (Niveau::Epci, 31), (Niveau::Epci, 40)])
                .collect(),
            ..Etendue::default()
        };
        let two = NonZeroUsize::new(2).unwrap();
        let parts = |decoupe: &Decoupe| decoupe.statements("$premier $dernier", &etendue).join(", ");
        assert_eq!(parts(&Decoupe::Territoires { nombre: two }), "3 4, 9 11, 12 20, 31 40");
        assert_eq!(parts(&Decoupe::Niveau { territoires: two }), "3 4, 9 11, 12 12, 20 20, 31 40");
        let nothing = Etendue::default();
        assert_eq!(Decoupe::Niveau { territoires: two }.statements("$premier $dernier", &nothing), ["1 0"]);
    }
}
