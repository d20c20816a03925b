//! A block of records: raw text in, a typed Arrow batch of the rows kept out, everything else to the rejects.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType as ArrowType, Field, Int32Type, Schema as ArrowSchema, SchemaRef};
use polars::prelude::{Column, DataFrame, DataType, Expr, IntoColumn, IntoLazy, Series, col, lit};

use super::blocs::{Mauvais, shape_diagnostic};
use super::bridge::to_arrow;
use super::brut::{Bloc, Brut};
use super::constats::{Constat, value_diagnostic};
use super::rejets::Rejets;
use super::typing::{Typee, Typer, Valeurs};
use crate::diagnostic::{Diagnostic, Gravite, masked};
use crate::error::Result;
use crate::format::bound;
use crate::project::Confirmation;
use crate::reference::Plage;
use crate::resultats::{Controle, VALEUR};
use crate::schema::{Champ, Colonne, DATE_EXTRACTION, Entete, Genre, Schema};
use crate::store::HASH_BYTES;

/// Column of the store: the file a row comes from, relative to the project.
pub const FICHIER: &str = "fichier";
/// Column of the store: the physical line a row comes from.
pub const LIGNE: &str = "ligne";

/// Code of a value outside its plausible range.
const PLAUSIBLE: &str = "B0216";
/// Number of that check among those of its column.
const PLAUSIBLE_NUMBER: usize = usize::MAX;

/// Counts of one check.
#[derive(Debug, Default, Clone, Copy)]
struct Comptes {
    evalues: u64,
    echecs: u64,
    non_evaluables: u64,
}

/// Types the blocks of one file: shared by the workers, since a block needs nothing of another.
pub(super) struct Atelier<'a> {
    schema: &'a Schema,
    entete: &'a Entete,
    typer: Typer<'a>,
    fichier: &'a str,
    extraction: i32,
    /// Plausible ranges, with the column each is about.
    plages: Vec<(usize, Plage)>,
    /// What the project vouches for in this file.
    confirmations: Vec<Confirmation>,
    arrow: SchemaRef,
}

/// A block typed: the rows kept, and what was found of the others.
pub(super) struct BlocType {
    /// Rows kept.
    pub(super) batch: RecordBatch,
    constats: Constats,
}

/// What was found of a block.
#[derive(Default)]
struct Constats {
    /// Lines and rows set aside or doubted, with the value to show, in the order of the file.
    rejets: Vec<(Diagnostic, Option<String>)>,
    confirmees: Vec<Confirmation>,
    counts: BTreeMap<(usize, usize), Comptes>,
    malformees: u64,
    lues: u64,
    gardees: u64,
}

/// What was found of a file so far.
#[derive(Default)]
pub(super) struct Releve {
    counts: BTreeMap<(usize, usize), Comptes>,
    /// Lines that are no record.
    malformees: u64,
    /// Records read.
    lues: u64,
    /// Records kept.
    pub(super) gardees: u64,
    /// Outliers met that the project vouches for.
    pub(super) confirmees: Vec<Confirmation>,
}

impl Releve {
    /// Lines read, records or not.
    pub(super) fn lignes(&self) -> u64 {
        self.lues + self.malformees
    }

    /// Adds a block, in the order of the file; lists what it set aside and gives the rows kept.
    pub(super) fn add(&mut self, bloc: BlocType, rejets: &mut Rejets) -> Result<RecordBatch> {
        let found = bloc.constats;
        for (diagnostic, value) in found.rejets {
            rejets.push(diagnostic, value.as_deref())?;
        }
        for (key, own) in found.counts {
            let counts = self.counts.entry(key).or_default();
            counts.evalues += own.evalues;
            counts.echecs += own.echecs;
            counts.non_evaluables += own.non_evaluables;
        }
        self.malformees += found.malformees;
        self.lues += found.lues;
        self.gardees += found.gardees;
        self.confirmees.extend(found.confirmees);
        Ok(bloc.batch)
    }
}

impl<'a> Atelier<'a> {
    pub(super) fn new(
        schema: &'a Schema,
        entete: &'a Entete,
        typer: Typer<'a>,
        fichier: &'a str,
        extraction: chrono::NaiveDate,
        plages: Vec<Plage>,
        confirmations: Vec<Confirmation>,
    ) -> Self {
        let at = |nom: &str| schema.colonnes.iter().position(|c| c.nom == nom);
        let plages = plages.into_iter().filter_map(|p| Some((at(&p.colonne)?, p))).collect();
        Self {
            schema,
            entete,
            typer,
            fichier,
            extraction: extraction.to_epoch_days(),
            plages,
            confirmations,
            arrow: arrow_schema(schema),
        }
    }

    pub(super) fn arrow_schema(&self) -> &SchemaRef {
        &self.arrow
    }

    /// Types one block, lines that are no record among it.
    pub(super) fn process(&self, bloc: &Bloc, mauvais: Mauvais) -> Result<BlocType> {
        let rows = bloc.lignes.len();
        let mut kept = vec![true; rows];
        let mut found = Constats { malformees: mauvais.len() as u64, lues: rows as u64, ..Constats::default() };
        let told = |(ligne, defaut)| (shape_diagnostic(defaut, self.entete.largeur).at_line(ligne), None);
        found.rejets.extend(mauvais.into_iter().map(told));
        let (arrays, numbers) =
            columns(self.schema, self.entete, &self.typer, bloc, self.fichier, |index, brut, constats| {
                self.list_values(index, brut, constats, bloc, &mut kept, &mut found);
            })?;
        self.apply_rules(numbers, bloc, &mut kept, &mut found)?;
        // Where a block ends must not show in what is listed.
        found.rejets.sort_by_key(|(diagnostic, _)| diagnostic.lieu.ligne);
        found.gardees = kept.iter().filter(|k| **k).count() as u64;
        let batch = RecordBatch::try_new(Arc::clone(&self.arrow), arrays)?;
        let batch =
            if kept.iter().all(|k| *k) { batch } else { filter_record_batch(&batch, &BooleanArray::from(kept))? };
        Ok(BlocType { batch, constats: found })
    }

    fn list_values(
        &self,
        index: usize,
        brut: Brut<'_>,
        constats: &[Constat],
        bloc: &Bloc,
        kept: &mut [bool],
        found: &mut Constats,
    ) {
        let colonne = &self.schema.colonnes[index];
        let counts = found.counts.entry((index, 0)).or_default();
        for (row, constat) in constats.iter().enumerate() {
            match constat {
                Constat::Valide => {
                    counts.evalues += 1;
                    continue;
                }
                Constat::Manquant if !colonne.obligatoire => {
                    counts.non_evaluables += 1;
                    continue;
                }
                _ => counts.echecs += 1,
            }
            let diagnostic =
                value_diagnostic(colonne, *constat, brut.get(row)).at_line(bloc.lignes[row]).in_column(&colonne.nom);
            if diagnostic.gravite == Gravite::Refus {
                kept[row] = false;
            }
            let shown = brut.get(row).filter(|_| !matches!(colonne.genre, Genre::Identifiant | Genre::Texte));
            found.rejets.push((diagnostic, shown.map(str::to_owned)));
        }
    }

    fn apply_rules(&self, numbers: Vec<Column>, bloc: &Bloc, kept: &mut [bool], constats: &mut Constats) -> Result<()> {
        let mut exprs: Vec<Expr> = Vec::new();
        let mut rules: Vec<((usize, usize), Diagnostic)> = Vec::new();
        // A column that the file lacks has nothing to be checked.
        let given = |index: usize| self.entete.champs[index] != Champ::Absent;
        for (index, colonne) in self.schema.colonnes.iter().enumerate().filter(|(index, _)| given(*index)) {
            for (number, regle) in colonne.regles.iter().enumerate() {
                let value = || col(colonne.nom.as_str());
                let other = |name: &str| {
                    if name == DATE_EXTRACTION { lit(self.extraction).cast(DataType::Date) } else { col(name) }
                };
                let raised = match (&regle.avant, &regle.apres) {
                    (Some(name), _) => value().lt(other(name)),
                    (None, Some(name)) => value().gt(other(name)),
                    (None, None) => continue,
                };
                exprs.push(raised.alias(format!("r{}", rules.len())));
                let diagnostic = Diagnostic {
                    gravite: regle.gravite,
                    ..Diagnostic::refus(&regle.code, &regle.message, &regle.aide)
                };
                rules.push(((index, number + 1), diagnostic.in_column(&colonne.nom)));
            }
        }
        for (index, plage) in self.plages.iter().filter(|(index, _)| given(*index)) {
            let colonne = &self.schema.colonnes[*index];
            let scale = 10_i64.pow(u32::from(colonne.decimales));
            let value = || col(colonne.nom.as_str()).cast(DataType::Int64);
            let raised = value()
                .lt(lit(plage.minimum.saturating_mul(scale)))
                .or(value().gt(lit(plage.maximum.saturating_mul(scale))));
            exprs.push(raised.alias(format!("r{}", rules.len())));
            let diagnostic = Diagnostic {
                gravite: Gravite::AConfirmer,
                ..Diagnostic::refus(
                    PLAUSIBLE,
                    format!(
                        "valeur peu plausible : attendu entre {} et {}",
                        bound(plage.minimum),
                        bound(plage.maximum)
                    ),
                    format!("{} ; corrigez-la, ou confirmez-la dans bilan.toml ([[confirmation]])", plage.motif),
                )
            };
            rules.push(((*index, PLAUSIBLE_NUMBER), diagnostic.in_column(&colonne.nom)));
        }
        if rules.is_empty() {
            return Ok(());
        }
        let frame = DataFrame::new(bloc.lignes.len(), numbers)?;
        // On this thread alone: the workers are as many as asked already.
        let flags = frame.lazy().select_seq(exprs).collect()?;
        for (i, (key, diagnostic)) in rules.into_iter().enumerate() {
            let brut = bloc.brut(key.0);
            let counts = constats.counts.entry(key).or_default();
            for (row, flag) in flags.column(&format!("r{i}"))?.bool()?.iter().enumerate() {
                match flag {
                    None => counts.non_evaluables += 1,
                    Some(false) => counts.evalues += 1,
                    Some(true) => {
                        let shown = brut.get(row);
                        let found = diagnostic.clone().at_line(bloc.lignes[row]);
                        if found.gravite == Gravite::AConfirmer
                            && let Some(confirmed) = self.confirmation(&found, shown)
                        {
                            counts.evalues += 1;
                            constats.confirmees.push(confirmed);
                            continue;
                        }
                        counts.echecs += 1;
                        if found.gravite == Gravite::Refus {
                            kept[row] = false;
                        }
                        constats.rejets.push((found, shown.map(str::to_owned)));
                    }
                }
            }
        }
        Ok(())
    }

    /// The confirmation that covers a row, its place and value filled in, if the project holds one.
    fn confirmation(&self, diagnostic: &Diagnostic, valeur: Option<&str>) -> Option<Confirmation> {
        if self.confirmations.is_empty() {
            return None;
        }
        let mut placed = diagnostic.clone().in_file(self.fichier);
        placed.lieu.valeur = valeur.map(masked);
        self.confirmations.iter().find(|c| c.covers(&placed)).cloned()
    }

    /// The checks of this file; lines that are no record are outside all of them but the first.
    pub(super) fn controls(&self, releve: &Releve) -> Vec<Controle> {
        let lignes = releve.lignes();
        let mut controls = vec![Controle {
            colonne: "enregistrement".to_owned(),
            controle: "forme".to_owned(),
            lignes,
            evalues: releve.lues,
            echecs: releve.malformees,
            non_evaluables: 0,
            hors_champ: 0,
        }];
        for (index, colonne) in self.schema.colonnes.iter().enumerate() {
            let plausible = self.plages.iter().any(|(i, _)| *i == index).then_some(PLAUSIBLE_NUMBER);
            for number in (0..=colonne.regles.len()).chain(plausible) {
                let counted = releve.counts.get(&(index, number)).copied().unwrap_or_default();
                let seen = counted.evalues + counted.echecs + counted.non_evaluables;
                controls.push(Controle {
                    colonne: colonne.nom.clone(),
                    controle: match number {
                        0 => VALEUR.to_owned(),
                        PLAUSIBLE_NUMBER => PLAUSIBLE.to_owned(),
                        n => colonne.regles[n - 1].code.clone(),
                    },
                    lignes,
                    evalues: counted.evalues,
                    echecs: counted.echecs,
                    non_evaluables: counted.non_evaluables,
                    hors_champ: lignes - seen,
                });
            }
        }
        controls
    }
}

/// The typed columns of a block, in the order of [`arrow_schema`], and once more those that row rules compare; what was
/// found of each goes to `found`.
pub(super) fn columns(
    schema: &Schema,
    entete: &Entete,
    typer: &Typer<'_>,
    bloc: &Bloc,
    fichier: &str,
    mut found: impl FnMut(usize, Brut<'_>, &[Constat]),
) -> Result<(Vec<ArrayRef>, Vec<Column>)> {
    let rows = bloc.lignes.len();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    let mut numbers: Vec<Column> = Vec::new();
    for (index, colonne) in schema.colonnes.iter().enumerate() {
        if entete.champs[index] == Champ::Absent {
            arrays.push(new_null_array(&arrow_type(colonne), rows));
            arrays.extend(colonne.premier.iter().map(|_| new_null_array(&words(), rows)));
            numbers.extend(
                polars_type(colonne.genre)
                    .map(|kind| Series::full_null(colonne.nom.as_str().into(), rows, &kind).into_column()),
            );
            continue;
        }
        let brut = bloc.brut(index);
        let Typee { valeurs, premier, constats } = typer.column(index, colonne, brut)?;
        match valeurs {
            Valeurs::Arrow(array) => arrays.push(array),
            Valeurs::Polars(series) => {
                arrays.push(to_arrow(&series, &arrow_type(colonne))?);
                numbers.push(series.into_column());
            }
        }
        arrays.extend(premier);
        found(index, brut, &constats);
    }
    let one = Arc::new(StringArray::from(vec![fichier]));
    arrays.push(Arc::new(DictionaryArray::<Int32Type>::try_new(Int32Array::from(vec![0; rows]), one)?));
    arrays.push(Arc::new(bloc.lignes.iter().map(|l| l.cast_signed()).collect::<Int64Array>()));
    Ok((arrays, numbers))
}

/// Type of a column that row rules may compare.
fn polars_type(genre: Genre) -> Option<DataType> {
    match genre {
        Genre::Date | Genre::Mois => Some(DataType::Date),
        Genre::Annee | Genre::Entier => Some(DataType::Int32),
        Genre::Decimal => Some(DataType::Int64),
        _ => None,
    }
}

/// Words, each written once a block.
fn words() -> ArrowType {
    ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8))
}

fn arrow_type(colonne: &Colonne) -> ArrowType {
    match colonne.genre {
        Genre::Date | Genre::Mois => ArrowType::Date32,
        Genre::Annee | Genre::Entier => ArrowType::Int32,
        Genre::Decimal => ArrowType::Decimal128(18, i8::try_from(colonne.decimales).unwrap_or(0)),
        Genre::Booleen => ArrowType::Boolean,
        Genre::Identifiant => ArrowType::FixedSizeBinary(HASH_BYTES),
        Genre::Liste | Genre::Communes => ArrowType::Utf8,
        Genre::Texte | Genre::Code | Genre::Siren | Genre::Service | Genre::Commune => words(),
    }
}

/// Arrow's mark of sixteen bytes that are an identifier: Parquet then says so to those who read it.
#[must_use]
pub fn uuid() -> HashMap<String, String> {
    HashMap::from([("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())])
}

/// Arrow schema of a source in the store: its columns, then the file and line each row comes from.
#[must_use]
pub fn arrow_schema(schema: &Schema) -> SchemaRef {
    let mut fields = Vec::new();
    for colonne in &schema.colonnes {
        let field = Field::new(&colonne.nom, arrow_type(colonne), true);
        fields.push(if colonne.genre == Genre::Identifiant { field.with_metadata(uuid()) } else { field });
        fields.extend(colonne.premier.iter().map(|p| Field::new(p, words(), true)));
    }
    fields.push(Field::new(FICHIER, words(), false));
    fields.push(Field::new(LIGNE, ArrowType::Int64, false));
    Arc::new(ArrowSchema::new(fields))
}
