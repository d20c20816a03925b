//! Cross-checks over whole tables: `pipelines/controles/*.sql`, each with what it means beside it. A check gives one row a
//! record of its base, with its state; what fails is listed, and the four counts must add up to the base.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use serde::{Deserialize, Serialize};

use super::{Engine, Inputs, Prevue, tables};
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
    /// Path of the statement of the check `nom`.
    pub(crate) fn path(nom: &str) -> String {
        format!("pipelines/controles/{nom}.sql")
    }

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
                check.sql = resources.text(&Self::path(nom))?.into_owned();
                found.push(check);
            }
        }
        found.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(found)
    }
}

/// A record that fails a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echec {
    /// File it comes from; none for a result.
    pub fichier: Option<String>,
    /// Line in it.
    pub ligne: Option<u64>,
    /// Value found.
    pub valeur: Option<String>,
    /// Landlord it belongs to.
    pub bailleur: Option<String>,
}

impl Croisement {
    /// One reading of a check: how many records are in each state, those that fail one by one.
    pub(super) fn counted(&self) -> String {
        let sql = self.sql.trim_end().trim_end_matches(';');
        // A project's check may give them otherwise typed.
        let columns = [("fichier", "VARCHAR"), ("ligne", "BIGINT"), ("valeur", "VARCHAR"), ("bailleur", "VARCHAR")];
        let failing = |(name, kind)| format!("CASE WHEN etat = 'echec' THEN CAST({name} AS {kind}) END AS {name}");
        format!(
            "SELECT etat, {names}, COUNT(*) AS nombre FROM (SELECT CAST(etat AS VARCHAR) AS etat, {failing} FROM ({sql})) \
             GROUP BY etat, {names} ORDER BY etat, {names}",
            names = columns.map(|(name, _)| name).join(", "),
            failing = columns.map(failing).join(", "),
        )
    }

    /// What is to be said of a failure.
    #[must_use]
    pub fn diagnostic(&self, echec: &Echec) -> Diagnostic {
        let mut diagnostic =
            Diagnostic { gravite: self.gravite, ..Diagnostic::refus(&self.code, &self.message, &self.aide) }
                .in_column(&self.colonne);
        diagnostic.lieu.fichier.clone_from(&echec.fichier);
        diagnostic.lieu.ligne = echec.ligne;
        diagnostic.lieu.valeur.clone_from(&echec.valeur);
        diagnostic
    }
}

/// What a check found.
#[derive(Debug, Clone)]
pub struct Constatation {
    /// The check.
    pub croisement: Croisement,
    /// The four counts.
    pub controle: Controle,
    /// Failures in the order of the files: all of them where the landlords' lists or a confirmation need them, else the
    /// sample that is listed.
    pub echecs: Vec<Echec>,
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
        prevue: &Prevue<'_>,
    ) -> Result<Constatation> {
        let nom = &check.nom;
        let missing = !check.avec.iter().all(|s| given(s));
        let mut controle = Controle {
            colonne: check.colonne.clone(),
            controle: check.code.clone(),
            lignes: self.count(nom, &check.base)?,
            evalues: 0,
            echecs: 0,
            non_evaluables: 0,
            hors_champ: 0,
        };
        if missing {
            controle.hors_champ = controle.lignes;
            return Ok(Constatation { croisement: check.clone(), controle, echecs: Vec::new() });
        }
        let mut echecs = Vec::new();
        self.keep(nom, prevue)?;
        for file in &prevue.fichiers {
            for batch in store::batches(file)?.1 {
                sum_up(check, &batch?, whole, &mut controle, &mut echecs)?;
            }
        }
        Ok(Constatation { croisement: check.clone(), controle, echecs })
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
            let failed = Error::csv("lire", &path);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&path).map_err(&failed)?;
            for record in reader.records() {
                let record = record.map_err(&failed)?;
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
        let batch = self.query(step, &format!("SELECT COUNT(*) AS nombre FROM {table}"))?.single()?;
        Ok(batch.column(0).as_primitive::<Int64Type>().value(0).unsigned_abs())
    }
}

/// Adds the states up, and takes the failures: all of them if the `whole` is wanted, else the sample that is listed.
fn sum_up(
    check: &Croisement,
    batch: &RecordBatch,
    whole: bool,
    controle: &mut Controle,
    echecs: &mut Vec<Echec>,
) -> Result<()> {
    let states = batch.column(0).as_string::<i32>();
    let lines = batch.column(2).as_primitive::<Int64Type>();
    let counts = batch.column(5).as_primitive::<Int64Type>();
    let text = |column: usize, row: usize| {
        let column = batch.column(column).as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    for row in 0..batch.num_rows() {
        let nombre = counts.value(row).unsigned_abs();
        match states.value(row) {
            "conforme" => controle.evalues += nombre,
            "non_evaluable" => controle.non_evaluables += nombre,
            "hors_champ" => controle.hors_champ += nombre,
            "echec" => {
                controle.echecs += nombre;
                // Results that read alike (two communes of one name) are as many failures.
                for _ in 0..nombre {
                    if !whole && echecs.len() >= SAMPLE {
                        break;
                    }
                    echecs.push(Echec {
                        fichier: text(1, row),
                        ligne: lines.is_valid(row).then(|| lines.value(row).unsigned_abs()),
                        valeur: text(3, row),
                        bailleur: text(4, row),
                    });
                }
            }
            other => {
                return Err(Error::resource(Croisement::path(&check.nom), format!("état « {other} » inconnu")));
            }
        }
    }
    Ok(())
}
