//! What was set aside, row by row: refusals all, anomalies up to a sample unless all are wanted, totals always.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Gravite, masked};
use crate::error::{Error, Result};
use crate::resultats::{SAMPLE, Total};
use crate::store;

/// Header of `rejets.csv`.
pub const COLUMNS: [&str; 7] = ["fichier", "ligne", "colonne", "code", "gravite", "valeur", "message"];

/// Writes the rejects of one file beside its place in the store.
pub(super) struct Rejets {
    path: PathBuf,
    fichier: String,
    /// Every row is listed, not only a sample.
    tous: bool,
    writer: csv::Writer<File>,
    totals: BTreeMap<(String, Option<String>), Total>,
}

impl Rejets {
    pub(super) fn create(path: &Path, fichier: &str, tous: bool) -> Result<Self> {
        store::make_parent(path)?;
        let file = File::create(store::temporary(path)).map_err(Error::io("écrire", path))?;
        Ok(Self {
            path: path.to_owned(),
            fichier: fichier.to_owned(),
            tous,
            writer: csv::Writer::from_writer(file),
            totals: BTreeMap::new(),
        })
    }

    /// Lists a row; `valeur` is masked before it is written.
    pub(super) fn push(&mut self, mut diagnostic: Diagnostic, valeur: Option<&str>) -> Result<()> {
        diagnostic.lieu.fichier = Some(self.fichier.clone());
        diagnostic.lieu.valeur = valeur.map(masked);
        let key = (diagnostic.code.clone(), diagnostic.lieu.colonne.clone());
        let total = self.totals.entry(key).or_insert_with(|| Total {
            code: diagnostic.code.clone(),
            colonne: diagnostic.lieu.colonne.clone(),
            gravite: diagnostic.gravite,
            nombre: 0,
            exemple: diagnostic.clone(),
        });
        total.nombre += 1;
        if self.tous || diagnostic.gravite == Gravite::Refus || total.nombre <= SAMPLE as u64 {
            self.writer.write_record(reject_row(&diagnostic)).map_err(|e| Error::csv("écrire", &self.path)(e))?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Vec<Total>> {
        self.writer.flush().map_err(Error::io("écrire", &self.path))?;
        drop(self.writer);
        store::publish(&store::temporary(&self.path), &self.path)?;
        Ok(self.totals.into_values().collect())
    }
}

/// One diagnostic as a row of [`COLUMNS`].
#[must_use]
pub fn reject_row(d: &Diagnostic) -> [String; 7] {
    let ligne = d.lieu.ligne.map(|l| l.to_string()).unwrap_or_default();
    let part = |p: &Option<String>| p.clone().unwrap_or_default();
    let message = if d.aide.is_empty() { d.message.clone() } else { format!("{} ; {}", d.message, d.aide) };
    [
        part(&d.lieu.fichier),
        ligne,
        part(&d.lieu.colonne),
        d.code.clone(),
        d.gravite.word().to_owned(),
        part(&d.lieu.valeur),
        message,
    ]
}
