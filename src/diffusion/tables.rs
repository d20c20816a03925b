//! The two tables of a public edition: every count told, and the headline figures of each territory.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};

use super::synthese::Chiffre;
use super::{Edition, Effectifs, Lieu, Ventilation};
use crate::engine::Table;
use crate::error::Result;

/// What stands beside a figure that is not told.
pub const SECRET: &str = "s";

/// Every count told: a row a group of a breakdown, at the finest detail told of the territory.
pub const EFFECTIFS: &str = "effectifs";
/// Headline figures: a row a territory.
pub const SYNTHESE: &str = "synthese";

/// A row of [`EFFECTIFS`].
struct Compte<'e> {
    lieu: &'e Lieu,
    ventilation: &'e Ventilation,
    modalite: &'e str,
    effectif: Option<i64>,
    part: Option<f64>,
}

impl Edition {
    /// The tables of the edition of a year.
    ///
    /// # Errors
    /// [`crate::error::Error::Arrow`].
    pub fn tables(&self, millesime: i32) -> Result<[Table; 2]> {
        Ok([self.counts(millesime)?, self.headlines(millesime)?])
    }

    fn counts<'e>(&'e self, millesime: i32) -> Result<Table> {
        let mut rows = Vec::new();
        for lieu in &self.lieux {
            for (ventilation, effectifs) in self.ventilations.iter().zip(&lieu.effectifs) {
                // Over a whole that is not told, or empty, there is nothing to share out.
                if ventilation.parent.is_some() && !self.is_shared_out(lieu, ventilation) {
                    continue;
                }
                rows.extend(compted(lieu, ventilation, effectifs));
            }
        }
        let strings = |of: fn(&Compte<'e>) -> Option<&'e str>| -> ArrayRef {
            Arc::new(rows.iter().map(of).collect::<StringArray>())
        };
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("millesime", Arc::new(Int32Array::from(vec![millesime; rows.len()]))),
            ("niveau", strings(|r| Some(r.lieu.niveau.word()))),
            ("code", strings(|r| Some(&r.lieu.code))),
            ("libelle", strings(|r| Some(&r.lieu.libelle))),
            ("ventilation", strings(|r| Some(&r.ventilation.nom))),
            ("titre", strings(|r| Some(&r.ventilation.titre))),
            ("modalite", strings(|r| Some(r.modalite))),
            ("effectif", Arc::new(rows.iter().map(|r| r.effectif).collect::<Int64Array>())),
            ("part", Arc::new(rows.iter().map(|r| r.part).collect::<Float64Array>())),
            ("secret", strings(|r| r.effectif.is_none().then_some(SECRET))),
        ];
        table(EFFECTIFS, columns)
    }

    /// Whether the whole that a breakdown shares out is told and not empty.
    fn is_shared_out(&self, lieu: &Lieu, ventilation: &Ventilation) -> bool {
        let whole = self.whole_of(ventilation);
        self.count(lieu, &whole.nom, &whole.cells()).dite().is_some_and(|n| n > 0)
    }

    fn headlines(&self, millesime: i32) -> Result<Table> {
        let figures: Vec<_> = self.lieux.iter().map(|lieu| self.synthese(lieu).figures()).collect();
        let texts = |of: fn(&Lieu) -> &str| -> ArrayRef {
            Arc::new(self.lieux.iter().map(|lieu| Some(of(lieu))).collect::<StringArray>())
        };
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("millesime", Arc::new(Int32Array::from(vec![millesime; figures.len()]))),
            ("niveau", texts(|lieu| lieu.niveau.word())),
            ("code", texts(|lieu| &lieu.code)),
            ("libelle", texts(|lieu| &lieu.libelle)),
        ];
        for (rang, (name, first)) in figures.first().into_iter().flatten().enumerate() {
            let column = figures.iter().map(|row| row[rang].1);
            columns.push((
                name,
                match first {
                    Chiffre::Compte(_) => Arc::new(column.map(Chiffre::whole).collect::<Int64Array>()),
                    Chiffre::Mesure(_) => Arc::new(column.map(Chiffre::real).collect::<Float64Array>()),
                },
            ));
        }
        let secret = |row: &[(&'static str, Chiffre)]| {
            let names: Vec<&str> = row.iter().filter(|(_, figure)| figure.is_secret()).map(|(name, _)| *name).collect();
            (!names.is_empty()).then(|| names.join("|"))
        };
        let secrets: StringArray = figures.iter().map(|row| secret(row)).collect();
        columns.push(("secrets", Arc::new(secrets)));
        table(SYNTHESE, columns)
    }
}

/// Rows of a breakdown in a territory; the groups of its first detail where none is told.
fn compted<'e>(lieu: &'e Lieu, ventilation: &'e Ventilation, effectifs: &Effectifs) -> Vec<Compte<'e>> {
    let row = |modalite: &'e str, effectif, part| Compte { lieu, ventilation, modalite, effectif, part };
    match effectifs {
        Effectifs::Absent => Vec::new(),
        Effectifs::Secret => ventilation.detail[0].groupes.iter().map(|groupe| row(&groupe.nom, None, None)).collect(),
        Effectifs::Dits { detail, comptes } => {
            let whole: i64 = comptes.iter().sum();
            let adds_up = !ventilation.par_cellule && whole > 0;
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
            let part = |n: i64| adds_up.then(|| n as f64 / whole as f64);
            let groupes = ventilation.detail[*detail].groupes.iter().zip(comptes);
            groupes.map(|(groupe, n)| row(&groupe.nom, Some(*n), part(*n))).collect()
        }
    }
}

fn table(nom: &str, columns: Vec<(&str, ArrayRef)>) -> Result<Table> {
    let field = |(name, column): &(&str, ArrayRef)| Field::new(*name, column.data_type().clone(), true);
    let fields: Vec<Field> = columns.iter().map(field).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, column)| column).collect())?;
    Ok(Table { nom: nom.to_owned(), schema, batches: vec![batch] })
}
