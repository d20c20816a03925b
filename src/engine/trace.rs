//! The records behind a published figure: which rows of the table of facts fall in a cell, and which of them count.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use serde::Serialize;

use super::{Engine, quoted};
use crate::error::{Error, Result};

/// One cell of a table: its key, and the column whose figure is looked into.
#[derive(Debug, Clone)]
pub struct Cellule {
    /// quartiles, priorites or verdicts.
    pub table: String,
    /// Column → value, whole.
    pub key: BTreeMap<String, String>,
    /// Column looked into.
    pub colonne: String,
}

/// A record of the cell.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a record, as the table of facts has them")]
pub struct Enregistrement {
    /// Source file.
    pub fichier: String,
    /// Line in it.
    pub ligne: i64,
    /// Keyed hash of the numéro unique.
    pub numero_unique: String,
    /// Day of the lease.
    pub date_bail: String,
    /// Commune of the dwelling.
    pub commune: String,
    /// Landlord.
    pub bailleur: String,
    /// Holder.
    pub reservataire: String,
    /// Zone.
    pub zone: String,
    /// Financing.
    pub financement: String,
    /// Income class.
    pub classe: String,
    /// Euros per consumption unit and year.
    pub revenu_par_uc: Option<f64>,
    /// Amount it is compared with.
    pub seuil_q1: Option<i64>,
    /// Rehoused.
    pub relogement: bool,
    /// DALO.
    pub dalo: bool,
    /// DALO or priority.
    pub prioritaire: bool,
    /// `oui`, or why it does not count.
    pub compte: String,
    /// Counts in the column looked into.
    pub numerateur: bool,
}

/// The records of a cell.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Counted or not, in the order of the files.
    pub lines: Vec<Enregistrement>,
}

impl Trace {
    /// Records that count.
    #[must_use]
    pub fn counted(&self) -> i64 {
        self.lines.iter().filter(|l| l.compte == "oui").fold(0, |n, _| n + 1)
    }

    /// Records that count in the column looked into.
    #[must_use]
    pub fn numerator(&self) -> i64 {
        self.lines.iter().filter(|l| l.numerateur).fold(0, |n, _| n + 1)
    }
}

const QUARTILES: [&str; 8] = ["attributions", "q1", "q2", "q3", "q4", "inconnu", "relogement", "q1_ou_relogement"];
const PRIORITES: [&str; 3] = ["attributions", "dalo", "prioritaires"];

impl Cellule {
    /// A cell from the columns given; dimensions left out are `ensemble`.
    ///
    /// # Errors
    /// [`Error::Usage`] when the table or a column cannot be traced.
    pub fn new(table: &str, given: &BTreeMap<String, String>) -> Result<Self> {
        let (columns, colonnes): (&[(&str, Option<&str>)], &[&str]) = match table {
            "quartiles" => (
                &[
                    ("niveau", Some("territoire")),
                    ("code", None),
                    ("bailleur", Some("ensemble")),
                    ("zone", Some("ensemble")),
                ],
                &QUARTILES,
            ),
            "priorites" => {
                (&[("niveau", Some("territoire")), ("code", None), ("reservataire", Some("ensemble"))], &PRIORITES)
            }
            "verdicts" => (
                &[
                    ("epci", None),
                    ("regle", None),
                    ("acteur_type", Some("epci")),
                    ("acteur", Some("tous")),
                    ("zone", Some("")),
                    ("secteur", Some("")),
                ],
                &["numerateur"],
            ),
            other => {
                return Err(Error::usage(
                    "B0410",
                    format!("« {other} » ne se trace pas"),
                    "tables possibles : quartiles, priorites, verdicts",
                ));
            }
        };
        let default_colonne = if table == "quartiles" { "q1_ou_relogement" } else { colonnes[colonnes.len() - 1] };
        let mut key = BTreeMap::new();
        for (name, default) in columns {
            let whole = *name == "code" && given.get("niveau").is_none_or(|n| n == "territoire");
            let default = if whole { Some("territoire") } else { *default };
            match given.get(*name).map(String::as_str).or(default) {
                Some(value) => key.insert((*name).to_owned(), value.to_owned()),
                None => {
                    return Err(Error::usage(
                        "B0412",
                        format!("la colonne {name} est nécessaire"),
                        format!("ajoutez --where {name}=…"),
                    ));
                }
            };
        }
        let colonne = given.get("colonne").map_or(default_colonne, String::as_str);
        let unknown = given.keys().find(|k| k.as_str() != "colonne" && !key.contains_key(*k));
        if unknown.is_some() || !colonnes.contains(&colonne) {
            let names: Vec<&str> = columns.iter().map(|(n, _)| *n).collect();
            return Err(Error::usage(
                "B0413",
                format!("{table} ne se trace pas par « {} »", unknown.map_or(colonne, String::as_str)),
                format!("colonnes de la clé : {} ; colonne = {}", names.join(", "), colonnes.join(", ")),
            ));
        }
        let mut cellule = Self { table: table.to_owned(), key, colonne: colonne.to_owned() };
        if let Some(niveau) = cellule.key.get("niveau")
            && place(niveau).is_none()
        {
            return Err(Error::usage(
                "B0413",
                format!("niveau « {niveau} » inconnu"),
                "niveaux : commune, epci, departement, region, territoire",
            ));
        }
        cellule.key.retain(|_, value| !value.is_empty());
        Ok(cellule)
    }

    fn value(&self, column: &str) -> &str {
        self.key.get(column).map_or("ensemble", String::as_str)
    }
}

/// Condition on a territory, or `None` for an unknown level.
fn place(niveau: &str) -> Option<&'static str> {
    match niveau {
        "commune" | "epci" | "departement" | "region" => Some("column"),
        "territoire" => Some("whole"),
        _ => None,
    }
}

/// Conditions of a cell: which facts fall in it, which count, which are in the numerator.
struct Conditions {
    within: Vec<String>,
    needs_amount: bool,
    numerator: String,
}

/// The records of a cell, each with why it counts or not, read through an engine open on the results.
///
/// # Errors
/// [`Error::Usage`] when the verdict does not exist, [`Error::Engine`].
pub fn records(engine: &Engine, cellule: &Cellule) -> Result<Trace> {
    let conditions = match cellule.table.as_str() {
        "verdicts" => of_verdict(engine, cellule)?,
        _ => of_table(cellule),
    };
    let amount = if conditions.needs_amount { "seuil_q1 IS NOT NULL" } else { "TRUE" };
    let within = if conditions.within.is_empty() { "TRUE".to_owned() } else { conditions.within.join(" AND ") };
    let sql = format!(
        "SELECT fichier, ligne, REPLACE(CAST(numero_unique AS VARCHAR), '-', '') AS numero_unique, CAST(date_bail AS VARCHAR) AS date_bail, commune, bailleur, reservataire, zone, \
         financement, classe, CAST(12 * ressources_mensuelles AS DOUBLE) / NULLIF(CAST(nb_uc AS DOUBLE), 0) AS revenu_par_uc, \
         CAST(seuil_q1 AS BIGINT) AS seuil_q1, relogement, dalo, prioritaire, \
         CASE WHEN sort = 'personne_morale' THEN 'non : personne morale' \
              WHEN sort = 'financement_exclu' THEN 'non : financement exclu (' || financement || ')' \
              WHEN NOT ({amount}) THEN 'non : EPCI sans montant pour l''année' ELSE 'oui' END AS compte, \
         CASE WHEN sort = 'compte' AND ({amount}) AND ({}) THEN 1 ELSE 0 END AS numerateur \
         FROM faits_attributions WHERE {within} ORDER BY fichier, ligne",
        conditions.numerator
    );
    let batch = engine.query("trace", &sql)?.single()?;
    let text = |i: usize, row: usize| batch.column(i).as_string::<i32>().value(row).to_owned();
    let flag = |i: usize, row: usize| batch.column(i).as_primitive::<Int32Type>().value(row) == 1;
    let income = batch.column(10).as_primitive::<Float64Type>();
    let amounts = batch.column(11).as_primitive::<Int64Type>();
    let lines = (0..batch.num_rows())
        .map(|row| Enregistrement {
            fichier: text(0, row),
            ligne: batch.column(1).as_primitive::<Int64Type>().value(row),
            numero_unique: text(2, row),
            date_bail: text(3, row),
            commune: text(4, row),
            bailleur: text(5, row),
            reservataire: text(6, row),
            zone: text(7, row),
            financement: text(8, row),
            classe: text(9, row),
            revenu_par_uc: income.is_valid(row).then(|| income.value(row)),
            seuil_q1: amounts.is_valid(row).then(|| amounts.value(row)),
            relogement: flag(12, row),
            dalo: flag(13, row),
            prioritaire: flag(14, row),
            compte: text(15, row),
            numerateur: flag(16, row),
        })
        .collect();
    Ok(Trace { lines })
}

fn of_table(cellule: &Cellule) -> Conditions {
    let mut within = Vec::new();
    let niveau = cellule.value("niveau");
    if niveau != "territoire" {
        within.push(format!("{niveau} = {}", quoted(cellule.value("code"))));
    }
    for column in ["bailleur", "zone", "reservataire"] {
        if cellule.value(column) != "ensemble" {
            within.push(format!("{column} = {}", quoted(cellule.value(column))));
        }
    }
    let numerator = match cellule.colonne.as_str() {
        "attributions" => "TRUE".to_owned(),
        "relogement" => "relogement = 1".to_owned(),
        "q1_ou_relogement" => public_condition("q1_ou_relogement").to_owned(),
        "dalo" => public_condition("dalo").to_owned(),
        "prioritaires" => public_condition("prioritaire").to_owned(),
        classe => format!("classe = {}", quoted(classe)),
    };
    Conditions { within, needs_amount: cellule.table == "quartiles", numerator }
}

fn of_verdict(engine: &Engine, cellule: &Cellule) -> Result<Conditions> {
    let key: Vec<String> = cellule.key.iter().map(|(column, value)| format!("{column} = {}", quoted(value))).collect();
    let sql = format!(
        "SELECT epci, zone, secteur, public, acteur_type, acteur, agregation, contingent FROM verdicts WHERE {}",
        key.join(" AND ")
    );
    let batch = engine.query("verdicts", &sql)?.single()?;
    if batch.num_rows() != 1 {
        return Err(Error::usage(
            "B0414",
            format!("{} verdicts ont cette clé", batch.num_rows()),
            "précisez epci, regle, acteur_type, acteur, zone et secteur ; `bilan verdicts --json` les liste",
        ));
    }
    let text = |i: usize| {
        let column = batch.column(i).as_string::<i32>();
        if column.is_valid(0) { column.value(0) } else { "" }
    };
    let mut within = vec![format!("epci = {}", quoted(text(0)))];
    if text(1) != "ensemble" {
        within.push(format!("zone = {}", quoted(text(1))));
    }
    if text(2) != "ensemble" {
        let communes: Vec<String> = text(2).split('|').map(quoted).collect();
        within.push(format!("commune IN ({})", communes.join(", ")));
    }
    match (text(4), text(6)) {
        ("reservataire", "moyenne") => within.push("reservataire NOT IN ('inconnu', 'AUCUN')".to_owned()),
        ("epci", _) | (_, "moyenne") => {}
        (column, _) => within.push(format!("{column} = {}", quoted(text(5)))),
    }
    if !text(7).is_empty() {
        within.push(format!("reservataire = {}", quoted(text(7))));
    }
    Ok(Conditions { within, needs_amount: false, numerator: public_condition(text(3)).to_owned() })
}

fn public_condition(public: &str) -> &'static str {
    match public {
        "q1" => "classe = 'q1'",
        "q1_ou_relogement" => "(classe = 'q1' OR relogement = 1)",
        "q2_q4" => "classe IN ('q2', 'q3', 'q4', 'q2_q4')",
        "dalo" => "dalo = 1",
        "prioritaire" => "prioritaire = 1",
        "relogement" => "relogement = 1",
        "mutation" => "population = 'mutation'",
        _ => "FALSE",
    }
}
