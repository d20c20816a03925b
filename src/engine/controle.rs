//! Cross-checks over whole tables: `pipelines/controles/*.sql`, each with what it means beside it. A check gives one row a
//! record of its base, with its state; what fails is listed, and the four counts must add up to the base.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use serde::{Deserialize, Serialize};

use super::decoupe::{Decoupe, Etendue, statements};
use super::releve::{ECHEC, Echec, Releve};
use super::{Engine, Inputs, Prevue, charge};
use crate::diagnostic::{Diagnostic, Gravite};
use crate::error::{Error, Result};
use crate::reference::{Resources, toml_file};
use crate::resultats::Controle;
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
    /// How it is cut, where it is.
    #[serde(default)]
    pub decoupe: Option<Decoupe>,
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
                let path = Self::path(nom);
                check.sql = resources.text(&path)?.into_owned();
                check.decoupe = Decoupe::of_statement(check.decoupe, &check.sql, &path)?;
                found.push(check);
            }
        }
        found.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(found)
    }

    /// One reading of a check, or of each of its parts: the state of each record, and what is to be told of those that fail.
    pub(super) fn statements(&self, etendue: &Etendue) -> Vec<String> {
        let sql = self.sql.trim_end().trim_end_matches(';');
        // A project's check may give them otherwise typed.
        let columns = [("fichier", "VARCHAR"), ("ligne", "BIGINT"), ("valeur", "VARCHAR"), ("bailleur", "VARCHAR")];
        let failing = |(name, kind)| format!("CASE WHEN etat = '{ECHEC}' THEN CAST({name} AS {kind}) END AS {name}");
        let read = format!("SELECT CAST(etat AS VARCHAR) AS etat, {} FROM ({sql})", columns.map(failing).join(", "));
        statements(&read, self.decoupe.as_ref(), etendue)
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
    /// Runs one check, or finds it done; `given` says which sources are there, `entier` whether every failure is needed.
    ///
    /// # Errors
    /// [`Error::Engine`]; [`Error::Resource`] when the check gives an unknown state.
    pub(super) fn check(
        &self,
        check: &Croisement,
        given: impl Fn(&str) -> bool,
        entier: bool,
        prevue: &Prevue<'_>,
    ) -> Result<Constatation> {
        let nom = &check.nom;
        let lignes = self.count(nom, &check.base)?;
        let ([evalues, echecs, non_evaluables, hors_champ], told) = if check.avec.iter().all(|s| given(s)) {
            let unknown = |etat| Error::resource(Croisement::path(nom), format!("état « {etat} » inconnu"));
            let releve = match prevue.fichiers.first() {
                Some(file) if store::is_whole(file) => Releve::read(file)?,
                file => {
                    let mut releve = Releve::new(entier);
                    for sql in &prevue.enonces {
                        self.stream(nom, sql, |_, batches| {
                            for batch in batches {
                                releve.take(&batch?).map_err(unknown)?;
                            }
                            Ok(())
                        })?;
                    }
                    releve.settle();
                    file.map_or(Ok(()), |file| releve.write(file))?;
                    releve
                }
            };
            releve.told()
        } else {
            ([0, 0, 0, lignes], Vec::new())
        };
        let (colonne, controle) = (check.colonne.clone(), check.code.clone());
        let controle = Controle { colonne, controle, lignes, evalues, echecs, non_evaluables, hors_champ };
        Ok(Constatation { croisement: check.clone(), controle, echecs: told })
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
        charge::fill_lines(self, "lignes_listees", &listed)?;
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

    /// Rows of a table, or of a query between brackets.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub(super) fn count(&self, step: &str, table: &str) -> Result<u64> {
        let batch = self.query(step, &format!("SELECT COUNT(*) AS nombre FROM {table}"))?.single()?;
        Ok(batch.column(0).as_primitive::<Int64Type>().value(0).unsigned_abs())
    }
}
