//! Cross-checks over whole tables: `pipelines/controles/*.sql`, each with what it means beside it. A check gives one row a
//! record of its base, with its state; what fails is listed, and the four counts must add up to the base.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use serde::{Deserialize, Serialize};

use super::{Engine, Inputs, Table, tables};
use crate::diagnostic::{Diagnostic, Gravite};
use crate::error::{Error, Result};
use crate::reference::{Resources, toml_file};
use crate::resultats::{Controle, SAMPLE};
use crate::store;

/// A check and its SQL.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Croisement {
    /// Name; the file's.
    #[serde(skip)]
    pub nom: String,
    /// The statement: columns fichier, ligne, etat (conforme, echec, `non_evaluable`, `hors_champ`), valeur, bailleur.
    #[serde(skip)]
    pub sql: String,
    /// Diagnostic code.
    pub code: String,
    /// Severity of a failure.
    pub gravite: Gravite,
    /// Source whose records it is about, or the result it looks at.
    pub source: String,
    /// Table that has one row a record checked.
    pub base: String,
    /// Column it is about.
    pub colonne: String,
    /// Further sources it cannot do without: while one is missing, every record is out of its scope.
    #[serde(default)]
    pub avec: Vec<String>,
    /// Tables it reads.
    #[serde(default)]
    pub depend: Vec<String>,
    /// Message in French.
    pub message: String,
    /// Remedy in French.
    pub aide: String,
}

impl Croisement {
    /// Every check, by code.
    ///
    /// # Errors
    /// [`Error::Resource`] when one is malformed or lacks its SQL.
    pub fn load_all(resources: &Resources) -> Result<Vec<Self>> {
        let mut found = Vec::new();
        for path in resources.list("pipelines/controles") {
            if let Some(nom) = path.strip_prefix("pipelines/controles/").and_then(|p| p.strip_suffix(".toml")) {
                let mut check: Self = toml_file(resources, &path)?;
                nom.clone_into(&mut check.nom);
                check.sql = resources.text(&format!("pipelines/controles/{nom}.sql"))?.into_owned();
                found.push(check);
            }
        }
        found.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(found)
    }
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct Constatation {
    /// The check.
    pub croisement: Croisement,
    /// The four counts.
    pub controle: Controle,
    /// Failures in the order of the files, with the landlord each belongs to where there is one: all of them where the
    /// landlords' lists or a confirmation need them, else the sample that is listed.
    pub echecs: Vec<(Diagnostic, Option<String>)>,
}

impl Engine {
    /// Runs one check; `given` says which sources are there, `whole` whether every failure is needed.
    ///
    /// # Errors
    /// [`Error::Engine`]; [`Error::Resource`] when the check gives an unknown state or loses a record.
    pub(super) fn check(
        &self,
        check: &Croisement,
        given: impl Fn(&str) -> bool,
        whole: bool,
        folder: &Path,
    ) -> Result<Constatation> {
        let nom = &check.nom;
        let asked = format!("SELECT {whole} FROM {}", check.base);
        let about = serde_json::to_string(check)?;
        let missing: Vec<&String> = check.avec.iter().filter(|s| !given(s)).collect();
        let key = store::sha256(
            format!("{about} {missing:?} {} {}", self.etapes.key(&asked), self.etapes.key(&check.sql)).as_bytes(),
        );
        let file = self.etapes.file(folder, nom, &key, "json");
        if let Some((controle, echecs)) = std::fs::read(&file).ok().and_then(|b| serde_json::from_slice(&b).ok()) {
            return Ok(Constatation { croisement: check.clone(), controle, echecs });
        }
        let found = self.run_check(check, given, whole)?;
        store::write_atomically(&file, &serde_json::to_vec(&(&found.controle, &found.echecs))?)?;
        Ok(found)
    }

    fn run_check(&self, check: &Croisement, given: impl Fn(&str) -> bool, whole: bool) -> Result<Constatation> {
        let nom = &check.nom;
        let lignes = self.count(nom, &check.base)?;
        let mut controle = Controle {
            colonne: check.colonne.clone(),
            controle: check.code.clone(),
            lignes,
            evalues: 0,
            echecs: 0,
            non_evaluables: 0,
            hors_champ: 0,
        };
        let croisement = check.clone();
        if !check.avec.iter().all(|s| given(s)) {
            controle.hors_champ = lignes;
            return Ok(Constatation { croisement, controle, echecs: Vec::new() });
        }
        let sql = check.sql.trim_end().trim_end_matches(';');
        let states = self.query(nom, &format!("SELECT etat, COUNT(*) AS nombre FROM ({sql}) GROUP BY etat"))?;
        for (etat, nombre) in pairs(&states)? {
            match etat.as_str() {
                "conforme" => controle.evalues += nombre,
                "echec" => controle.echecs += nombre,
                "non_evaluable" => controle.non_evaluables += nombre,
                "hors_champ" => controle.hors_champ += nombre,
                other => {
                    return Err(Error::resource(
                        format!("pipelines/controles/{nom}"),
                        format!("état « {other} » inconnu"),
                    ));
                }
            }
        }
        let failures = if controle.echecs == 0 {
            Vec::new()
        } else {
            let limit = if whole { String::new() } else { format!(" LIMIT {SAMPLE}") };
            let listed = format!(
                "SELECT fichier, ligne, valeur, bailleur FROM ({sql}) WHERE etat = 'echec' ORDER BY fichier, ligne, valeur{limit}"
            );
            failures(check, &self.query(nom, &listed)?)?
        };
        Ok(Constatation { croisement, controle, echecs: failures })
    }

    /// Landlord of the leases whose lines the store lists as set aside.
    ///
    /// # Errors
    /// [`Error::Io`] when a list of the store cannot be read, [`Error::Engine`].
    pub(super) fn landlords(&self, inputs: &Inputs<'_>) -> Result<BTreeMap<(String, u64), String>> {
        let mut listed: BTreeSet<(String, u64)> = BTreeSet::new();
        for file in inputs.ingestion.fichiers.iter().filter(|f| f.schema == "attributions") {
            let Some(rejets) = &file.rejets else { continue };
            let path = inputs.plan.cache().join(rejets);
            let failed = |e: csv::Error| Error::io("lire", &path)(std::io::Error::other(e));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&path).map_err(failed)?;
            for record in reader.records() {
                let record = record.map_err(failed)?;
                if let Some(ligne) = record.get(1).and_then(|l| l.parse().ok()) {
                    listed.insert((file.fichier.clone(), ligne));
                }
            }
        }
        tables::fill_lines(self, "lignes_listees", &listed)?;
        let sql = "SELECT s.fichier, s.ligne, s.bailleur FROM source_attributions s \
                   JOIN lignes_listees l ON l.fichier = s.fichier AND l.ligne = s.ligne";
        let batch = self.query("lignes_listees", sql)?.single()?;
        let (files, lines) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
        let landlords = batch.column(2).as_string::<i32>();
        Ok((0..batch.num_rows())
            .map(|row| {
                ((files.value(row).to_owned(), lines.value(row).unsigned_abs()), landlords.value(row).to_owned())
            })
            .collect())
    }

    fn count(&self, step: &str, table: &str) -> Result<u64> {
        let counted = self.query(step, &format!("SELECT 'n' AS etat, COUNT(*) AS nombre FROM {table}"))?;
        Ok(pairs(&counted)?.first().map_or(0, |(_, n)| *n))
    }
}

fn pairs(table: &Table) -> Result<Vec<(String, u64)>> {
    let batch = table.single()?;
    let (states, counts) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
    Ok((0..batch.num_rows()).map(|row| (states.value(row).to_owned(), counts.value(row).unsigned_abs())).collect())
}

fn failures(check: &Croisement, table: &Table) -> Result<Vec<(Diagnostic, Option<String>)>> {
    let batch = table.single()?;
    let text = |column: usize, row: usize| {
        let column = batch.column(column).as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let lines = batch.column(1).as_primitive::<Int64Type>();
    Ok((0..batch.num_rows())
        .map(|row| {
            let mut diagnostic =
                Diagnostic { gravite: check.gravite, ..Diagnostic::refus(&check.code, &check.message, &check.aide) }
                    .in_column(&check.colonne);
            diagnostic.lieu.fichier = text(0, row);
            diagnostic.lieu.ligne = lines.is_valid(row).then(|| lines.value(row).unsigned_abs());
            diagnostic.lieu.valeur = text(2, row);
            (diagnostic, text(3, row))
        })
        .collect())
}
