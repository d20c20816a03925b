//! The records behind a published count. A table that can be traced has, beside its SQL, the statement that tells them:
//! `pipelines/<nom>/trace.sql` reads the row looked into, `cellule`, and gives a row a record with its columns, why the table
//! leaves it out if it does (`ecarte`), and for each count whether the record is in it (`dans_<colonne>`), or what it adds to it
//! where the count is a sum. What several tables tell alike stands once, as the `trace.sql` of the step behind them: statements
//! name it `trace_<nom>`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Int64Type, SchemaRef};

use super::{Batches, Engine, Indicateur, Table, etapes, quoted};
use crate::error::{Error, Result};
use crate::format;
use crate::reference::Resources;

/// The row looked into, as statements name it.
const CELLULE: &str = "cellule";
/// Column of what a record is left out for.
const ECARTE: &str = "ecarte";
/// What the columns begin with that say which counts a record is in.
const DANS: &str = "dans_";
/// What the names of the statements begin with that several tables share.
const PARTAGE: &str = "trace_";
/// The word that chooses a count, where it is no column of the key.
const COLONNE: &str = "colonne";
/// Records told at most: a country's leases are half as many.
const LIMITE: usize = 1_000_000;
/// Column of the keyed hash.
pub const NUMERO_UNIQUE: &str = "numero_unique";

/// The records behind a count.
#[derive(Debug)]
pub struct Trace {
    /// The row's whole key.
    pub cle: BTreeMap<String, String>,
    /// The count looked into.
    pub colonne: String,
    /// What the table publishes there; none where it has no value.
    pub publie: Option<i64>,
    /// The records, counted or not, in the order of the files: their columns, `compte` (oui, or why not), and `numerateur`,
    /// whether they are in the count.
    pub enregistrements: Table,
    /// Records that the row is about.
    pub comptes: usize,
    /// Those in the count, or what they add up to where it is a sum.
    pub numerateur: i64,
    /// Whether it is a sum.
    pub somme: bool,
}

impl Indicateur {
    /// Path of the statement that tells the records behind the table `nom`.
    pub(super) fn trace_path(nom: &str) -> String {
        format!("pipelines/{nom}/trace.sql")
    }

    /// The command that tells the records behind one of its counts, where they can be told: its words that stand together.
    #[must_use]
    pub fn trace_command(&self) -> Vec<String> {
        if self.trace.is_none() {
            return Vec::new();
        }
        let count = (!self.chooses_no_count()).then_some(COLONNE);
        let columns = self.cle.iter().map(String::as_str).chain(count);
        let conditions = columns.map(|column| format!("--where {column}=…"));
        std::iter::once(format!("bilan trace {}", self.nom)).chain(conditions).collect()
    }

    /// Whether the word that chooses a count is a column of the key: the main count is then the only one.
    fn chooses_no_count(&self) -> bool {
        self.cle.iter().any(|column| column == COLONNE)
    }

    /// Counts whose records can be told, in the order of the table.
    #[must_use]
    pub fn traced(&self) -> Vec<&str> {
        let names = self.colonnes.iter().map(|(name, _)| name.as_str());
        let told = |name: &&str| {
            self.enregistrements
                .split(|c: char| c != '_' && !c.is_alphanumeric())
                .any(|word| word.strip_prefix(DANS) == Some(*name))
        };
        names.filter(told).collect()
    }
}

/// The records behind a count of the row that `given` tells of `table`. Columns of the key that are not given are those of the
/// whole, where the table has it; the count, that which [`COLONNE`] gives, else the main one.
///
/// # Errors
/// [`Error::Usage`] when the table, the count or the row cannot be traced; [`Error::Incoherent`] or [`Error::Resource`] when the
/// records do not make the published count.
pub fn trace(engine: &Engine, resources: &Resources, table: &str, given: &BTreeMap<String, String>) -> Result<Trace> {
    let indicateurs = Indicateur::in_order(resources)?;
    let traceable = |i: &&Indicateur| i.trace.is_some();
    let Some(indicateur) = indicateurs.iter().filter(traceable).find(|i| i.nom == table) else {
        let mut names: Vec<&str> = indicateurs.iter().filter(traceable).map(|i| i.nom.as_str()).collect();
        names.sort_unstable();
        return Err(Error::usage(
            "B0410",
            format!("« {table} » ne se trace pas"),
            format!("tables possibles : {}", names.join(", ")),
        ));
    };
    let mut given = given.clone();
    let chosen = if indicateur.chooses_no_count() { None } else { given.remove(COLONNE) };
    let colonne = chosen.as_deref().or(indicateur.trace.as_deref()).unwrap_or_default();
    let unknown = given.keys().find(|column| !indicateur.cle.contains(column));
    if unknown.is_some() || !indicateur.traced().contains(&colonne) {
        return Err(Error::usage(
            "B0413",
            format!("{table} ne se trace pas par « {} »", unknown.map_or(colonne, String::as_str)),
            format!(
                "colonnes de la clé : {} ; colonne = {}",
                indicateur.cle.join(", "),
                indicateur.traced().join(", ")
            ),
        ));
    }
    let row = find(engine, indicateur, &given)?;
    let text = |column: &str| row.column_by_name(column).map(|c| cast(c, &DataType::Utf8)).transpose();
    let mut cle = BTreeMap::new();
    for column in &indicateur.cle {
        let value = text(column)?.map(|c| c.as_string::<i32>().value(0).to_owned());
        cle.insert(column.clone(), value.unwrap_or_default());
    }
    let publie = row.column_by_name(colonne).map(|c| cast(c, &DataType::Int64)).transpose()?;
    let publie = publie.filter(|c| c.is_valid(0)).map(|c| c.as_primitive::<Int64Type>().value(0));
    let path = Indicateur::trace_path(table);
    show_shared(engine, resources, &indicateur.enregistrements, &mut BTreeSet::new())?;
    let found = engine.stream(&path, &indicateur.enregistrements, within_limit).map_err(told_of(resources, &path))?;
    let found = Trace::of(&found, cle, colonne, publie).map_err(|missing| match missing {
        Error::Incoherent(told) if resources.is_own(&path) => Error::resource(&path, told),
        error => error,
    })?;
    found.adds_up(resources, indicateur)?;
    Ok(found)
}

/// Lets a statement name those that it shares with others, and these the ones that they share.
fn show_shared(engine: &Engine, resources: &Resources, sql: &str, shown: &mut BTreeSet<String>) -> Result<()> {
    for name in etapes::names(sql).unwrap_or_default() {
        let Some(nom) = name.strip_prefix(PARTAGE) else { continue };
        if shown.insert(name.clone()) {
            let path = Indicateur::trace_path(nom);
            let shared = resources.text(&path)?;
            show_shared(engine, resources, &shared, shown)?;
            let view = format!("CREATE OR REPLACE TEMP VIEW {name} AS {shared}");
            engine.execute(&path, &view).map_err(told_of(resources, &path))?;
        }
    }
    Ok(())
}

/// What is wrong with a statement, told of its file where it is the project's own.
fn told_of(resources: &Resources, path: &str) -> impl FnOnce(Error) -> Error {
    move |error| match error.refused_statement() {
        Some(reason) if resources.is_own(path) => {
            Error::resource(path, format!("cette instruction ne peut être calculée ({reason})"))
        }
        _ => error,
    }
}

/// The records of a cell as one batch, unless they are more than anyone reads.
fn within_limit(schema: &SchemaRef, batches: Batches<'_>) -> Result<RecordBatch> {
    let (mut kept, mut rows) = (Vec::new(), 0);
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows();
        if rows > LIMITE {
            return Err(Error::usage(
                "B0416",
                "plus d'un million d'enregistrements sont derrière ce chiffre",
                "précisez la case, ou exportez-les : `bilan query \"SELECT …\" --csv`",
            ));
        }
        kept.push(batch);
    }
    Ok(concat_batches(schema, &kept)?)
}

/// What a column of the key may hold in the row of the whole.
fn whole(column: &str) -> &'static [&'static str] {
    match column {
        "niveau" => &["territoire"],
        "acteur_type" => &["epci"],
        "acteur" => &["tous", "ensemble"],
        _ => &["ensemble"],
    }
}

/// The row of a table that is looked into, which the engine then knows as [`CELLULE`].
fn find(engine: &Engine, indicateur: &Indicateur, given: &BTreeMap<String, String>) -> Result<RecordBatch> {
    let nom = &indicateur.nom;
    let holds = |column: &str, value: &str| format!("CAST({column} AS VARCHAR) = {}", quoted(value));
    let mut conditions: Vec<String> = given.iter().map(|(column, value)| holds(column, value)).collect();
    let rows = |conditions: &[String]| -> Result<i64> {
        let counted = engine.query(nom, &format!("SELECT COUNT(*) FROM {nom} WHERE {}", all(conditions)))?.single()?;
        Ok(counted.column(0).as_primitive::<Int64Type>().value(0))
    };
    let mut free = Vec::new();
    for column in indicateur.cle.iter().filter(|column| !given.contains_key(*column)) {
        let before = conditions.len();
        for value in whole(column) {
            conditions.push(holds(column, value));
            if rows(&conditions)? > 0 {
                break;
            }
            conditions.truncate(before);
        }
        if conditions.len() == before {
            free.push(column.as_str());
        }
    }
    match rows(&conditions)? {
        1 => {}
        0 => {
            let columns = indicateur.cle.join(", ");
            return Err(Error::usage(
                "B0414",
                format!("aucune ligne de {nom} n'a cette clé"),
                format!("`bilan query \"SELECT {columns} FROM {nom}\"` les liste"),
            ));
        }
        several => {
            let mut options = Vec::new();
            for column in free {
                let values = values(engine, nom, column, &conditions)?;
                options.extend((values.len() > 1).then(|| format!("{column} ({})", values.join(", "))));
            }
            return Err(Error::usage(
                "B0412",
                format!("{} lignes de {nom} ont cette clé", format::integer(several)),
                format!("précisez-la par --where : {}", options.join(", ")),
            ));
        }
    }
    let row = format!("SELECT * FROM {nom} WHERE {}", all(&conditions));
    engine.execute(nom, &format!("CREATE OR REPLACE TEMP VIEW {CELLULE} AS {row}"))?;
    engine.query(nom, &row)?.single()
}

/// Conditions that hold together.
fn all(conditions: &[String]) -> String {
    if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") }
}

/// Values of a column in the rows that hold some conditions, the first of them.
fn values(engine: &Engine, nom: &str, column: &str, conditions: &[String]) -> Result<Vec<String>> {
    const SHOWN: usize = 8;
    let sql = format!(
        "SELECT DISTINCT CAST({column} AS VARCHAR) AS valeur FROM {nom} WHERE {} ORDER BY valeur LIMIT {}",
        all(conditions),
        SHOWN + 1
    );
    let found = engine.query(nom, &sql)?.single()?;
    let mut values: Vec<String> = found.column(0).as_string::<i32>().iter().flatten().map(str::to_owned).collect();
    if values.len() > SHOWN {
        values.truncate(SHOWN);
        values.push("…".to_owned());
    }
    Ok(values)
}

/// What each record adds to a count: one where it is in it, a number where the count is a sum; none where it is not in it. No
/// column of another kind says it.
fn contributions(dans: &ArrayRef) -> Option<Int64Array> {
    if let Some(flags) = dans.as_boolean_opt() {
        return Some(flags.iter().map(|counted| (counted == Some(true)).then_some(1)).collect());
    }
    dans.data_type().is_integer().then(|| cast(dans, &DataType::Int64).ok()).flatten().map(|c| c.as_primitive().clone())
}

impl Trace {
    /// What a statement of records gave, as it is shown.
    fn of(found: &RecordBatch, cle: BTreeMap<String, String>, colonne: &str, publie: Option<i64>) -> Result<Self> {
        let missing = |column: &str| Error::Incoherent(format!("la trace ne donne pas de colonne « {column} »"));
        let flag = format!("{DANS}{colonne}");
        let ecarte = found.column_by_name(ECARTE).ok_or_else(|| missing(ECARTE))?;
        let ecarte = cast(ecarte, &DataType::Utf8)?;
        let ecarte = ecarte.as_string::<i32>();
        let dans = found.column_by_name(&flag).ok_or_else(|| missing(&flag))?;
        let apports = contributions(dans).ok_or_else(|| missing(&flag))?;
        let compte: StringArray =
            ecarte.iter().map(|why| Some(why.map_or("oui".to_owned(), |why| format!("non : {why}")))).collect();
        let apports: Vec<Option<i64>> =
            apports.iter().zip(ecarte.iter()).map(|(added, why)| added.filter(|_| why.is_none())).collect();
        let numerateur: BooleanArray = apports.iter().map(|added| Some(added.is_some())).collect();
        let mut columns: Vec<(String, ArrayRef)> = Vec::new();
        for (field, column) in found.schema().fields().iter().zip(found.columns()) {
            match field.name().as_str() {
                ECARTE => {}
                name if name.starts_with(DANS) => {}
                NUMERO_UNIQUE => {
                    let hash = cast(column, &DataType::Utf8)?;
                    let digits = hash.as_string::<i32>().iter().map(|hash| hash.map(|h| h.replace('-', "")));
                    columns.push((NUMERO_UNIQUE.to_owned(), Arc::new(digits.collect::<StringArray>())));
                }
                name => columns.push((name.to_owned(), Arc::clone(column))),
            }
        }
        columns.push(("compte".to_owned(), Arc::new(compte)));
        columns.push(("numerateur".to_owned(), Arc::new(numerateur)));
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))?;
        let enregistrements = Table { nom: "trace".to_owned(), schema: batch.schema(), batches: vec![batch] };
        Ok(Self {
            cle,
            colonne: colonne.to_owned(),
            publie,
            enregistrements,
            comptes: ecarte.null_count(),
            numerateur: apports.into_iter().flatten().fold(0, i64::saturating_add),
            somme: !matches!(dans.data_type(), DataType::Boolean),
        })
    }

    /// The records make the count that is published: where they do not, the project's own statements no longer agree, or the
    /// program is at fault.
    fn adds_up(&self, resources: &Resources, indicateur: &Indicateur) -> Result<()> {
        let Some(publie) = self.publie.filter(|publie| *publie != self.numerateur) else {
            return Ok(());
        };
        let told = format!(
            "{} où la colonne {} de la table {} publie {}",
            if self.somme {
                format!("des enregistrements qui font {}", format::integer(self.numerateur))
            } else {
                format::count(self.numerateur, "enregistrement", "enregistrements")
            },
            self.colonne,
            indicateur.nom,
            format::integer(publie)
        );
        let own = resources.overridden().into_iter().filter(|path| path.starts_with("pipelines/"));
        let own = own.collect::<Vec<_>>().join(", ");
        Err(if own.is_empty() { Error::Incoherent(told) } else { Error::resource(own, told) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_records_are_listed_and_no_more() {
        let rows = |n: usize| {
            let column: ArrayRef = Arc::new(BooleanArray::from(vec![true; n]));
            RecordBatch::try_from_iter([("dans_loues", column)]).unwrap()
        };
        let listed = |second: usize| {
            let batches = [rows(LIMITE / 2), rows(second)];
            let schema = batches[0].schema();
            within_limit(&schema, &mut batches.into_iter().map(Ok))
        };
        assert_eq!(listed(LIMITE / 2).unwrap().num_rows(), LIMITE);
        let Err(Error::Usage(told)) = listed(LIMITE / 2 + 1) else { panic!("a list of more than a million") };
        assert_eq!(told.code, "B0416");
    }
}
