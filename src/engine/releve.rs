//! What one reading of a cross-check counts and keeps. Records go by one after the other: what is held are the failures that
//! will be told, however many there are.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema as ArrowSchema};

use crate::error::Result;
use crate::resultats::SAMPLE;
use crate::store;

/// State of a record that fails.
pub(super) const ECHEC: &str = "echec";
/// What a check may say of a record.
const ETATS: [&str; 4] = ["conforme", ECHEC, "non_evaluable", "hors_champ"];

/// A record that fails a check; in the order of the files, then of their lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

/// Counts of a check, and its failures.
#[derive(Debug, Default)]
pub(super) struct Releve {
    /// Records in each state, in the order of [`ETATS`].
    nombres: [u64; ETATS.len()],
    /// Failures.
    echecs: Vec<Echec>,
    /// Whether all of them are wanted; else the sample that is listed, the first in the order of the files.
    entier: bool,
}

impl Releve {
    /// Nothing read yet.
    pub(super) fn new(entier: bool) -> Self {
        Self { entier, ..Self::default() }
    }

    /// Takes records: their state, then what is to be told of those that fail.
    ///
    /// # Errors
    /// The state that no check may give.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> std::result::Result<(), String> {
        let states = batch.column(0).as_string::<i32>();
        for row in 0..batch.num_rows() {
            let etat = if states.is_valid(row) { states.value(row) } else { "" };
            let Some(place) = ETATS.iter().position(|known| *known == etat) else { return Err(etat.to_owned()) };
            self.nombres[place] += 1;
            if etat == ECHEC {
                self.echecs.push(failure(&batch.columns()[1..], row));
                if !self.entier && self.echecs.len() >= 2 * SAMPLE {
                    self.settle();
                }
            }
        }
        Ok(())
    }

    /// Puts the failures in the order of the files, and lets go of those that will not be told.
    pub(super) fn settle(&mut self) {
        self.echecs.sort_unstable();
        if !self.entier {
            self.echecs.truncate(SAMPLE);
        }
    }

    /// Writes the failures, and the counts in the footer.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`], [`crate::error::Error::Parquet`].
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = |name| Field::new(name, DataType::Utf8, true);
        let ligne = Field::new("ligne", DataType::Int64, true);
        let schema = Arc::new(ArrowSchema::new(vec![text("fichier"), ligne, text("valeur"), text("bailleur")]));
        let words = |of: fn(&Echec) -> Option<&String>| Arc::new(self.echecs.iter().map(of).collect::<StringArray>());
        let lines = self.echecs.iter().map(|e| e.ligne.map(|l| i64::try_from(l).unwrap_or(i64::MAX)));
        let lines: Int64Array = lines.collect();
        let columns: Vec<ArrayRef> = vec![
            words(|e| e.fichier.as_ref()),
            Arc::new(lines),
            words(|e| e.valeur.as_ref()),
            words(|e| e.bailleur.as_ref()),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        let mut file = store::ParquetFile::create(path, schema, &store::Ecriture::default())?;
        file.write(&batch)?;
        let counts: Vec<(&str, String)> = ETATS.into_iter().zip(self.nombres.map(|n| n.to_string())).collect();
        file.finish(&counts).map(|_| ())
    }

    /// Reads a check that was written.
    ///
    /// # Errors
    /// [`crate::error::Error::Io`], [`crate::error::Error::Damaged`], [`crate::error::Error::Parquet`].
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut releve = Self::new(true);
        for (etat, count) in store::footer(path)? {
            if let Some(place) = ETATS.iter().position(|known| *known == etat) {
                releve.nombres[place] = count.parse().unwrap_or(0);
            }
        }
        for batch in store::batches(path)?.1 {
            let batch = batch?;
            releve.echecs.extend((0..batch.num_rows()).map(|row| failure(batch.columns(), row)));
        }
        Ok(releve)
    }

    /// Records in each state (conforme, echec, `non_evaluable`, `hors_champ`), and the failures kept.
    pub(super) fn told(self) -> ([u64; ETATS.len()], Vec<Echec>) {
        (self.nombres, self.echecs)
    }
}

/// A row of fichier, ligne, valeur, bailleur.
fn failure(columns: &[ArrayRef], row: usize) -> Echec {
    let text = |column: usize| {
        let column = columns[column].as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let lines = columns[1].as_primitive::<Int64Type>();
    Echec {
        fichier: text(0),
        ligne: lines.is_valid(row).then(|| lines.value(row).unsigned_abs()),
        valeur: text(2),
        bailleur: text(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A batch as the engine gives it: a state and a line a record.
    fn batch(records: &[(&str, i64)]) -> RecordBatch {
        let states: StringArray = records.iter().map(|(etat, _)| Some(*etat)).collect();
        let files: StringArray = records.iter().map(|(etat, _)| (*etat == ECHEC).then_some("f.csv")).collect();
        let lines: Int64Array = records.iter().map(|(etat, ligne)| (*etat == ECHEC).then_some(*ligne)).collect();
        let nothing: StringArray = records.iter().map(|_| None::<&str>).collect();
        let columns: [(&str, ArrayRef); 5] = [
            ("etat", Arc::new(states)),
            ("fichier", Arc::new(files)),
            ("ligne", Arc::new(lines)),
            ("valeur", Arc::new(nothing.clone())),
            ("bailleur", Arc::new(nothing)),
        ];
        RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
    }

    #[test]
    fn every_record_is_counted_and_the_first_failures_are_told_whatever_the_order_they_come_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("controle.parquet");
        // Lines come from the last to the first, one kept in three.
        let records: Vec<(&str, i64)> = (0..9_000).rev().map(|n| (ETATS[usize::try_from(n % 3).unwrap()], n)).collect();
        for (entier, told) in [(false, SAMPLE), (true, 3_000)] {
            let mut releve = Releve::new(entier);
            for part in records.chunks(700) {
                releve.take(&batch(part)).unwrap();
                assert!(entier || releve.echecs.len() < 2 * SAMPLE);
            }
            releve.settle();
            releve.write(&path).unwrap();
            let (nombres, echecs) = Releve::read(&path).unwrap().told();
            assert_eq!((nombres, echecs.len()), ([3_000, 3_000, 3_000, 0], told));
            assert!(echecs.iter().zip(0..).all(|(e, n)| e.ligne == Some(3 * n + 1)));
        }
        assert_eq!(Releve::new(true).take(&batch(&[("conforme", 1), ("convenable", 2)])), Err("convenable".to_owned()));
    }
}
