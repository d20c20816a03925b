//! Statements that a project puts in place of the program's. Later steps, pages and documents read their columns by name and
//! by type: those of the program's own statement stay, others may be added.

use std::collections::BTreeMap;

use arrow::datatypes::{DataType, SchemaRef};

use super::decoupe::Etendue;
use super::{Croisement, Engine, Indicateur, Travail};
use crate::error::{Error, Result};
use crate::reference::Resources;

/// The project's statements.
pub(super) struct Surcharges {
    resources: Resources,
    /// For each table whose statement the project replaces, the program's.
    remplacees: BTreeMap<String, String>,
}

/// Where the statement of a step stands.
fn path(travail: &Travail<'_>) -> String {
    match travail {
        Travail::Table(indicateur) => Indicateur::path(&indicateur.nom),
        Travail::Controle { check, .. } => Croisement::path(&check.nom),
    }
}

impl Surcharges {
    /// Finds them.
    ///
    /// # Errors
    /// As [`Indicateur::in_order`].
    pub(super) fn load(resources: &Resources) -> Result<Self> {
        let mut remplacees = BTreeMap::new();
        if resources.overridden().iter().any(|file| file.starts_with("pipelines/")) {
            for indicateur in Indicateur::in_order(&Resources::embedded())? {
                if resources.is_own(&Indicateur::path(&indicateur.nom)) {
                    let first = indicateur.statements(&Etendue::default()).into_iter().next();
                    remplacees.extend(first.map(|sql| (indicateur.nom, sql)));
                }
            }
        }
        Ok(Self { resources: resources.clone(), remplacees })
    }

    /// The program's statement that the project's own takes the place of.
    pub(super) fn replaced(&self, travail: &Travail<'_>) -> Option<&str> {
        match travail {
            Travail::Table(indicateur) => self.remplacees.get(&indicateur.nom).map(String::as_str),
            Travail::Controle { .. } => None,
        }
    }

    /// What the engine refuses in the project's own statement is said to whoever wrote it; what the machine lacks stays what
    /// it is.
    pub(super) fn told(&self, travail: &Travail<'_>, error: Error) -> Error {
        let place = path(travail);
        match error.refused_statement().filter(|_| self.resources.is_own(&place)) {
            Some(reason) => Error::resource(place, format!("cette instruction ne peut être calculée ({reason})")),
            None => error,
        }
    }
}

impl Engine {
    /// Checks that the project's statement gives every column of the program's, each of the same type.
    ///
    /// # Errors
    /// [`Error::Resource`] naming the first that is not; [`Error::Engine`] when `sql` cannot be prepared.
    pub(super) fn keeps_columns(&self, travail: &Travail<'_>, sql: &str, remplacee: &str) -> Result<()> {
        let place = path(travail);
        let given = self.columns(&place, sql)?;
        // The tables that the program's statement names may be done later, or not at all, when the project says so.
        let wanted = self.columns(&place, remplacee).map_err(|_| {
            Error::resource(
                place.clone(),
                "ses colonnes ne peuvent être comparées à celles du programme, faute des tables que lit l'instruction remplacée : \
                 gardez dans le .toml voisin tous les noms de « depend »",
            )
        })?;
        for field in wanted.fields() {
            let wanted = sql_name(field.data_type());
            let name = field.name();
            let Ok(found) = given.field_with_name(name) else {
                return Err(Error::resource(place, format!("la colonne « {name} » ({wanted}) manque")));
            };
            if found.data_type() != field.data_type() {
                let found = sql_name(found.data_type());
                let told = format!("la colonne « {name} » est de type {found} ; la suite la lit en {wanted}");
                return Err(Error::resource(place, format!("{told} : CAST({name} AS {wanted})")));
            }
        }
        Ok(())
    }

    /// The columns that a statement gives, without running it.
    pub(super) fn columns(&self, step: &str, sql: &str) -> Result<SchemaRef> {
        Ok(self.query(step, &format!("SELECT * FROM ({sql}) LIMIT 0"))?.schema)
    }
}

/// A type as a statement names it.
fn sql_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 => "VARCHAR".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int32 => "INTEGER".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Decimal128(digits, scale) => format!("DECIMAL({digits}, {scale})"),
        other => other.to_string(),
    }
}
