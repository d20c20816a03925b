//! A first look at a file that no project reads yet: what it is, which source it looks like, where each column stands and
//! how its first rows would be understood.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;
use indicatif::ProgressBar;

use super::bloc::columns;
use super::brut::Bloc;
use super::lecture::{self, Besoin, Echec, Ouvert};
use super::typing::Typer;
use super::{Encodage, Etapes, FICHIER, Format, LIGNE, arrow_schema};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::reference::{Geographie, Resources};
use crate::schema::{Champ, Genre, Schema};
use crate::store::Key;

/// Tables of the latest year, since no project says which.
const LATEST: i32 = 9_999;
/// Rows shown.
const ROWS: usize = 5;

/// What was found of a file.
#[derive(Debug)]
pub struct Apercu {
    /// What it is.
    pub format: Format,
    /// Encoding of a text file.
    pub encodage: Option<Encodage>,
    /// Separator of a text file.
    pub separateur: Option<char>,
    /// Sheet of a workbook.
    pub feuille: Option<String>,
    /// Line or row of the header, from 1; 0 where the format has none.
    pub ligne_entete: u64,
    /// The source it looks like.
    pub schema: Schema,
    /// Each declared column, the names under which the file carries it, and its first values as they are understood;
    /// identifiers are never shown.
    pub colonnes: Vec<(String, Vec<String>, Vec<String>)>,
    /// Names that nothing declares: they are not read.
    pub ignorees: Vec<String>,
    /// Columns not found, each with the name that comes near it.
    pub proches: Vec<(String, String)>,
    /// What is noticed of the file as a whole.
    pub avis: Vec<Diagnostic>,
}

/// Looks at a file under `resources`, a project's or the embedded ones; `schema` and `feuille` are guessed when they are not given.
///
/// # Errors
/// The inner error is the refusals of the source that comes nearest; the outer one is the program's.
pub fn apercu(
    resources: &Resources,
    path: &Path,
    schema: Option<&str>,
    feuille: Option<&str>,
) -> Result<std::result::Result<Apercu, Vec<Diagnostic>>> {
    let empreinte = match lecture::inspect(path, 1).map_err(Error::io("lire", path))? {
        Ok(empreinte) => empreinte,
        Err(diagnostic) => return Ok(Err(vec![diagnostic])),
    };
    let schemas = match schema {
        Some(nom) => vec![Schema::load(resources, nom, LATEST)?],
        None => Schema::load_all(resources, LATEST)?,
    };
    let colonnes = BTreeMap::new();
    let menage = lecture::RegleMenage::load(resources, LATEST)?;
    let mut best: Option<(usize, Schema, Ouvert)> = None;
    let mut nearest: Option<Vec<Diagnostic>> = None;
    for schema in schemas {
        let besoin = Besoin { schema: &schema, colonnes: &colonnes, feuille, date: chrono::NaiveDate::MAX, menage };
        match lecture::open(path, &empreinte, besoin, &ProgressBar::hidden()) {
            Ok(ouvert) => {
                let known = ouvert.entete.champs.iter().filter(|c| **c != Champ::Absent).count();
                if best.as_ref().is_none_or(|(most, ..)| known > *most) {
                    best = Some((known, schema, ouvert));
                }
            }
            Err(Echec::Systeme(error)) => return Err(Error::io("lire", path)(error)),
            Err(Echec::Refus(refusals)) if nearest.as_ref().is_none_or(|n| refusals.len() < n.len()) => {
                let named = refusals
                    .into_iter()
                    .map(|d| Diagnostic { message: format!("comme source {} : {}", schema.nom, d.message), ..d });
                nearest = Some(named.collect());
            }
            Err(Echec::Refus(_)) => {}
        }
    }
    let Some((_, schema, ouvert)) = best else { return Ok(Err(nearest.unwrap_or_default())) };
    look(resources, schema, ouvert, &empreinte)
}

fn look(
    resources: &Resources,
    schema: Schema,
    ouvert: Ouvert,
    empreinte: &lecture::Empreinte,
) -> Result<std::result::Result<Apercu, Vec<Diagnostic>>> {
    let Ouvert { lecteur, entete, avis, noms, separateur, feuille, ligne_entete } = ouvert;
    let mut etapes = Etapes { lecteur, schema: &schema, entete: &entete, most: ROWS };
    let mut bloc = match etapes.next_step() {
        Ok(etape) => etape.map(|e| e.cut(&schema, &entete).0).unwrap_or_default(),
        Err(Echec::Refus(refusals)) => return Ok(Err(refusals)),
        Err(Echec::Systeme(error)) => return Err(Error::io("lire", Path::new("le fichier"))(error)),
    };
    drop(etapes);
    bloc.truncate(ROWS);
    let samples = samples(resources, &schema, &entete, &bloc)?;
    let mut colonnes = Vec::new();
    for (colonne, champ) in schema.colonnes.iter().zip(&entete.champs) {
        let names = match champ {
            Champ::Absent => Vec::new(),
            Champ::Un(i) => vec![noms[*i].trim().to_owned()],
            Champ::Plusieurs(fields) => fields.iter().map(|i| noms[*i].trim().to_owned()).collect(),
        };
        let values = samples.get(&colonne.nom).cloned().unwrap_or_default();
        colonnes.push((colonne.nom.clone(), names, values));
    }
    let used = |i: usize| {
        entete.champs.iter().any(|c| match c {
            Champ::Absent => false,
            Champ::Un(n) => *n == i,
            Champ::Plusieurs(fields) => fields.contains(&i),
        })
    };
    let ignorees = noms.iter().enumerate().filter(|(i, n)| !used(*i) && !n.trim().is_empty());
    Ok(Ok(Apercu {
        format: empreinte.format,
        encodage: empreinte.encodage,
        separateur,
        feuille,
        ligne_entete,
        ignorees: ignorees.map(|(_, n)| n.trim().to_owned()).collect(),
        colonnes,
        avis,
        proches: entete.proches,
        schema,
    }))
}

/// The first values of each column as the store would hold them.
fn samples(
    resources: &Resources,
    schema: &Schema,
    entete: &crate::schema::Entete,
    bloc: &Bloc,
) -> Result<BTreeMap<String, Vec<String>>> {
    let geographie = Geographie::load(resources, LATEST)?;
    let key = Key::new(&[0; 32]);
    let codes = BTreeMap::new();
    let typer = Typer::new(&schema.colonnes, &codes, &geographie, &key, LATEST);
    let (arrays, _) = columns(schema, entete, &typer, bloc, "", |_, _, _| ())?;
    let batch = RecordBatch::try_new(arrow_schema(schema), arrays)?;
    let mut found = BTreeMap::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let Some(colonne) = schema.colonnes.iter().find(|c| &c.nom == field.name()) else { continue };
        if [FICHIER, LIGNE].contains(&field.name().as_str()) {
            continue;
        }
        let values = (0..batch.num_rows()).map(|row| {
            if column.is_null(row) {
                "–".to_owned()
            } else if colonne.genre == Genre::Identifiant {
                "•••".to_owned()
            } else {
                arrow::util::display::array_value_to_string(column, row).unwrap_or_default().replace('.', ",")
            }
        });
        found.insert(colonne.nom.clone(), values.collect());
    }
    Ok(found)
}
