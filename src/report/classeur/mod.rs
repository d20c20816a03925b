//! Workbooks: contents first, a sheet a figure or a table of the review with its own chart; and in `bilan.xlsx` every
//! published table, with what it means above it, filters, a frozen header and the meaning of each column in its note.
//! Numbers are numbers, those of the tables.

mod feuilles;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Float64Type, Int32Type, Int64Type};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Note, Url, Workbook, Worksheet, XlsxError,
};

use super::document::Revue;
use super::sortie::Mention;
use crate::engine::{self, Indicateur, Table, reachable};
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::resultats::{INDICATEURS, Manifeste};

/// Path, relative to the results folder.
pub(super) const CLASSEUR: &str = "bilan.xlsx";
/// Rows of one sheet: beyond, communes stay in the CSV and Parquet files.
const MOST_ROWS: usize = 100_000;
/// Row of the header of a table's sheet.
const TOP: u32 = 4;
/// Widest column, in characters.
const WIDEST: usize = 40;

/// The workbook of the whole perimeter: contents, the figures of its review, then every published table.
///
/// # Errors
/// When a table cannot be read or the workbook built.
pub(super) fn territory(plan: &Plan, manifeste: &Manifeste, revue: &Revue) -> Result<Vec<u8>> {
    let mut indicateurs: Vec<Indicateur> =
        Indicateur::in_order(&plan.resources())?.into_iter().filter(|i| !i.interne).collect();
    indicateurs.sort_by(|a, b| a.nom.cmp(&b.nom));
    let mut book = Workbook::new();
    properties(&mut book, plan, &plan.titre).map_err(failed)?;
    book.add_worksheet().set_name(CONTENTS).map_err(failed)?;
    let mut entries = feuilles::of_review(&mut book, revue).map_err(failed)?;
    // One table at a time, its rows in a file of the cache: those of a whole country do not stand in memory.
    book.set_tempdir(reachable(&plan.cache().join("tmp"))?).map_err(failed)?;
    for indicateur in &indicateurs {
        let path = plan.sortie.join(INDICATEURS).join(format!("{}.parquet", indicateur.nom));
        let batch = Table::read(&path, &indicateur.nom)?.single()?;
        let sheet = book.add_worksheet_with_low_memory().map_err(failed)?;
        sheet.set_name(&indicateur.nom).and_then(|sheet| table(sheet, indicateur, &batch)).map_err(failed)?;
        entries.push(Entree {
            feuille: indicateur.nom.clone(),
            titre: indicateur.titre.clone(),
            contenu: indicateur.question.clone(),
            lignes: batch.num_rows(),
        });
    }
    let couverture = Couverture {
        titre: &plan.titre,
        mention: Mention::restreinte(plan),
        mots: manifeste_words(plan, manifeste),
        reserves: &manifeste.reserves,
        lecture: &LECTURE_RESTREINTE,
    };
    finish(book, plan.millesime, &couverture, &entries)
}

/// The workbook of an EPCI or a département: contents, then a sheet a figure or a table of its review.
///
/// # Errors
/// When the workbook cannot be built.
pub(super) fn of_part(plan: &Plan, revue: &Revue) -> Result<Vec<u8>> {
    let mut book = Workbook::new();
    properties(&mut book, plan, &revue.libelle).map_err(failed)?;
    book.add_worksheet().set_name(CONTENTS).map_err(failed)?;
    let entries = feuilles::of_review(&mut book, revue).map_err(failed)?;
    let words =
        format!("{} {}. {}.", if revue.niveau == "epci" { "SIREN" } else { "Département" }, revue.code, plan.portee());
    let couverture = Couverture {
        titre: &revue.libelle,
        mention: Mention::restreinte(plan),
        mots: words,
        reserves: &[],
        lecture: &LECTURE_RESTREINTE,
    };
    finish(book, plan.millesime, &couverture, &entries)
}

/// The workbook of the public edition: contents, then a sheet a figure or a table of the whole perimeter's.
///
/// # Errors
/// When the workbook cannot be built.
pub(super) fn public(plan: &Plan, manifeste: &Manifeste, mention: Mention, revue: &Revue) -> Result<Vec<u8>> {
    let mut book = Workbook::new();
    properties(&mut book, plan, &plan.titre).map_err(failed)?;
    book.add_worksheet().set_name(CONTENTS).map_err(failed)?;
    let entries = feuilles::of_review(&mut book, revue).map_err(failed)?;
    let couverture = Couverture {
        titre: &plan.titre,
        mention,
        mots: manifeste_words(plan, manifeste),
        reserves: &manifeste.reserves,
        lecture: &LECTURE_PUBLIQUE,
    };
    finish(book, plan.millesime, &couverture, &entries)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn failed(e: XlsxError) -> Error {
    Error::Workbook(e.to_string())
}

fn manifeste_words(plan: &Plan, manifeste: &Manifeste) -> String {
    format!("{}. {}.", plan.portee(), manifeste.identite.programme)
}

/// What the contents say of a workbook as a whole.
struct Couverture<'a> {
    titre: &'a str,
    mention: Mention,
    /// What is in it.
    mots: String,
    /// What is to be checked again.
    reserves: &'a [String],
    /// How to read it.
    lecture: &'a [&'a str],
}

/// How any workbook is read.
const LECTURE: &str = "Les parts et les taux sont écrits en pour cent ; les délais en mois ; les montants en euros. Une case vide : non disponible, ou sans dénominateur.";
/// How one of the conference's is.
const LECTURE_RESTREINTE: [&str; 3] = [
    LECTURE,
    "La définition d'un tableau est au-dessus de lui ; dans les tables complètes, chaque en-tête porte en note le sens de sa colonne.",
    "Les tables complètes sont aussi dans le dossier indicateurs, en CSV et en Parquet ; les paramètres et leurs sources dans manifeste.json.",
];
/// How the one for everyone is.
const LECTURE_PUBLIQUE: [&str; 3] = [
    LECTURE,
    "« s » : secret statistique, un effectif trop petit ou qui permettrait d'en retrouver un ; un zéro est un vrai zéro.",
    "Tous les effectifs diffusés, commune par commune, sont dans effectifs.csv ; les chiffres clés de chaque territoire dans synthese.csv.",
];

/// A line of the contents.
pub(super) struct Entree {
    feuille: String,
    titre: String,
    contenu: String,
    lignes: usize,
}

/// Fills the contents, now that the sheets are known, and closes the book.
fn finish(mut book: Workbook, millesime: i32, couverture: &Couverture<'_>, entries: &[Entree]) -> Result<Vec<u8>> {
    let cover = book.worksheet_from_name(CONTENTS).map_err(failed)?;
    contents(cover, millesime, couverture, entries).map_err(failed)?;
    book.save_to_buffer().map_err(failed)
}

/// First sheet.
const CONTENTS: &str = "Sommaire";

fn properties(book: &mut Workbook, plan: &Plan, titre: &str) -> std::result::Result<(), XlsxError> {
    // A date of the review, not of the clock: the same inputs give the same bytes.
    let made = ExcelDateTime::from_ymd(u16::try_from(plan.millesime).unwrap_or(2000) + 1, 1, 1)?;
    let whole = format!("{titre}, bilan {}", plan.millesime);
    book.set_properties(&DocProperties::new().set_title(&whole).set_author("bilan").set_creation_datetime(&made));
    Ok(())
}

fn bold(size: f64) -> Format {
    Format::new().set_bold().set_font_size(size)
}

fn contents(
    sheet: &mut Worksheet,
    millesime: i32,
    couverture: &Couverture<'_>,
    entries: &[Entree],
) -> std::result::Result<(), XlsxError> {
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let head = bold(11.0).set_border_bottom(FormatBorder::Medium);
    sheet.write_with_format(0, 0, couverture.titre, &bold(18.0))?;
    sheet.write_with_format(1, 0, format!("Bilan {millesime}"), &bold(13.0))?;
    let yellow = bold(11.0).set_background_color(Color::RGB(0x00FF_D34D));
    sheet.write_with_format(2, 0, couverture.mention.line(), &yellow)?;
    sheet.write(3, 0, &couverture.mots)?;
    let mut row = 5;
    for (column, name) in (0_u16..).zip(["Feuille", "Titre", "Ce qu'on y lit", "Lignes"]) {
        sheet.write_with_format(row, column, name, &head)?;
    }
    for entry in entries {
        row += 1;
        let link = Url::new(format!("internal:'{}'!A1", entry.feuille.replace('\'', "''"))).set_text(&entry.feuille);
        sheet.write_url(row, 0, link)?;
        sheet.write_with_format(row, 1, &entry.titre, &wrapped)?;
        sheet.write_with_format(row, 2, &entry.contenu, &wrapped)?;
        sheet.write_with_format(
            row,
            3,
            count(entry.lignes),
            &Format::new().set_num_format("#,##0").set_align(FormatAlign::Top),
        )?;
    }
    row += 2;
    sheet.write_with_format(row, 0, "Comment lire", &bold(12.0))?;
    for note in couverture.lecture {
        row += 1;
        sheet.write(row, 0, *note)?;
    }
    for reserve in couverture.reserves {
        row += 1;
        sheet.write_with_format(row, 0, format!("À revérifier : {reserve}"), &bold(11.0))?;
    }
    for (column, width) in (0_u16..).zip([30.0, 44.0, 74.0, 12.0]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^52")]
fn count(rows: usize) -> f64 {
    rows as f64
}

fn table(sheet: &mut Worksheet, indicateur: &Indicateur, batch: &RecordBatch) -> std::result::Result<(), XlsxError> {
    let rows = shown_rows(batch);
    let italic = Format::new().set_italic();
    sheet.write_with_format(0, 0, format!("{} — {}", indicateur.titre, indicateur.question), &bold(13.0))?;
    sheet.write_with_format(
        1,
        0,
        format!("{} Population : {}. {}", indicateur.definition, indicateur.population, indicateur.reference),
        &italic,
    )?;
    if rows.len() < batch.num_rows() {
        let left = format::integer(i64::try_from(batch.num_rows() - rows.len()).unwrap_or(i64::MAX));
        let note = format!(
            "{left} lignes de communes ne tiennent pas dans cette feuille : indicateurs/{}.csv les donne toutes.",
            indicateur.nom
        );
        sheet.write_with_format(2, 0, note, &bold(11.0))?;
    }
    let head = bold(11.0).set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Medium);
    let schema = batch.schema();
    sheet.set_row_height(TOP, 32.0)?;
    for (column, field) in (0_u16..).zip(schema.fields()) {
        sheet.write_with_format(TOP, column, field.name().replace('_', " "), &head)?;
        if let Some(meaning) = indicateur.meaning(field.name()) {
            sheet.insert_note(TOP, column, &Note::new(meaning).set_author("bilan").add_author_prefix(false))?;
        }
    }
    let metrique = batch.column_by_name("metrique").and_then(|c| c.as_string_opt::<i32>());
    let number = Format::new().set_num_format("#,##0.0");
    let usual = |field: &Field| Format::new().set_num_format(number_format(field.name(), field.data_type()));
    let usual: Vec<Format> = schema.fields().iter().map(|field| usual(field)).collect();
    let mut widest: Vec<usize> = schema.fields().iter().map(|field| field.name().len().min(14)).collect();
    // Row after row: what is written is let go.
    for (row, &source) in (TOP + 1..).zip(&rows) {
        // A target is a share or a number of lettings, as its own row says.
        let counted = metrique.is_some_and(|m| m.value(source) == "nombre");
        let columns = schema.fields().iter().zip(batch.columns()).zip(&usual).zip(&mut widest);
        for (column, (((field, values), usual), widest)) in (0_u16..).zip(columns) {
            if values.is_null(source) {
                continue;
            }
            let shape = if counted && MEASURED.contains(&field.name().as_str()) { &number } else { usual };
            let width = match values.data_type() {
                DataType::Utf8 => {
                    let text = values.as_string::<i32>().value(source);
                    sheet.write(row, column, text)?;
                    text.chars().count()
                }
                DataType::Float64 => {
                    sheet.write_with_format(row, column, values.as_primitive::<Float64Type>().value(source), shape)?;
                    9
                }
                DataType::Int32 => {
                    let n = f64::from(values.as_primitive::<Int32Type>().value(source));
                    sheet.write_with_format(row, column, n, shape)?;
                    9
                }
                DataType::Int64 => {
                    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
                    let n = values.as_primitive::<Int64Type>().value(source) as f64;
                    sheet.write_with_format(row, column, n, shape)?;
                    10
                }
                // Of a project's own table: as `bilan query` shows it.
                _ => {
                    let text = engine::text(field.name(), values, source)
                        .map_err(|e| XlsxError::ParameterError(e.to_string()))?;
                    sheet.write(row, column, text.as_str())?;
                    text.chars().count()
                }
            };
            *widest = width.max(*widest);
        }
    }
    for (column, widest) in (0_u16..).zip(widest) {
        sheet.set_column_width(column, f64::from(u16::try_from(widest.min(WIDEST)).unwrap_or(10)) + 2.0)?;
    }
    let last = TOP + u32::try_from(rows.len()).unwrap_or(0);
    let columns = u16::try_from(batch.num_columns()).unwrap_or(1);
    sheet.autofilter(TOP, 0, last.max(TOP + 1), columns - 1)?;
    sheet.set_freeze_panes(TOP + 1, 0)?;
    sheet.set_repeat_rows(TOP, TOP)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Columns of `verdicts` whose unit is that of their row.
const MEASURED: [&str; 3] = ["cible", "resultat", "ecart"];

/// Every row, or those above communes when they are too many for a sheet.
fn shown_rows(batch: &RecordBatch) -> Vec<usize> {
    let all = 0..batch.num_rows();
    let niveau = batch.column_by_name("niveau").and_then(|c| c.as_string_opt::<i32>());
    match niveau {
        Some(niveau) if batch.num_rows() > MOST_ROWS => all.filter(|row| niveau.value(*row) != "commune").collect(),
        _ => all.take(MOST_ROWS).collect(),
    }
}

/// How a column's numbers are shown: counts whole, shares in per cent, delays and ratios with one decimal, rents with two.
fn number_format(column: &str, kind: &DataType) -> &'static str {
    let starts = |prefixes: &[&str]| prefixes.iter().any(|p| column.starts_with(p));
    let share = starts(&["taux_", "part", "ecart_relatif", "plafond", "resultat"]) || MEASURED.contains(&column);
    match kind {
        DataType::Float64 if share => "0.0%",
        DataType::Float64 if starts(&["loyer_m2", "par_attribution", "desequilibre", "valeur"]) => "#,##0.00",
        DataType::Float64 if starts(&["somme_"]) => "#,##0",
        DataType::Float64 => "#,##0.0",
        _ if starts(&["millesime", "annee"]) => "0",
        _ => "#,##0",
    }
}
