//! The landlord's legal report (CCH R441-5-1), ready to send: for each landlord a workbook with one sheet a holder of
//! reservation rights, and for each pair a CSV.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::{holder_words, mots, sortie};
use crate::engine::Table;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::reference::Geographie;
use crate::resultats::INDICATEURS;

/// Folder of the reports, under the results.
const FOLDER: &str = "flux";

/// A line of the report.
#[derive(Debug, Clone)]
struct Ligne {
    typologie: String,
    financement: String,
    zone: String,
    commune: String,
    libelle: String,
    periode: String,
    public: &'static str,
    proposes: Option<i64>,
    attributions: i64,
}

const HEADER: [&str; 9] = [
    "Typologie",
    "Financement",
    "QPV",
    "Code commune",
    "Commune",
    "Période de construction",
    "Attributaire",
    "Logements proposés",
    "Logements attribués",
];

/// Writes the reports; returns their paths, relative to the results folder.
///
/// # Errors
/// When the table cannot be read or a file written.
pub(super) fn write(
    plan: &Plan,
    bailleurs: &BTreeMap<String, String>,
    geographie: &Geographie,
) -> Result<BTreeSet<String>> {
    let mut written = BTreeSet::new();
    for (siren, holders) in load(plan, geographie)? {
        let nom = bailleurs.get(&siren).map_or(siren.as_str(), String::as_str);
        let path = format!("{FOLDER}/{siren}.xlsx");
        let bytes = workbook(plan, &siren, nom, &holders).map_err(|e| Error::Workbook(format!("{path} : {e}")))?;
        sortie::write(plan, &path, &bytes)?;
        written.insert(path);
        for (holder, lines) in &holders {
            let path = format!("{FOLDER}/{siren}_{holder}.csv");
            sortie::write(plan, &path, &csv_bytes(lines)?)?;
            written.insert(path);
        }
    }
    Ok(written)
}

type ParBailleur = BTreeMap<String, BTreeMap<String, Vec<Ligne>>>;

/// Lines by landlord, then by holder, in the order of the table.
fn load(plan: &Plan, geographie: &Geographie) -> Result<ParBailleur> {
    let batch = Table::read(&plan.sortie.join(INDICATEURS).join("flux.parquet"), "flux")?.single()?;
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| Error::outdated("flux", name));
    let text = |name: &str| -> Result<Vec<String>> {
        Ok(column(name)?.as_string::<i32>().iter().map(|v| v.unwrap_or_default().to_owned()).collect())
    };
    let (bailleur, reservataire, typologie) = (text("bailleur")?, text("reservataire")?, text("typologie")?);
    let (financement, zone, commune, periode) =
        (text("financement")?, text("zone")?, text("commune")?, text("periode_construction")?);
    let morale = column("personne_morale")?.as_primitive::<Int32Type>();
    let proposes = column("proposes")?.as_primitive::<Int64Type>();
    let attributions = column("attributions")?.as_primitive::<Int64Type>();
    let mut reports = ParBailleur::new();
    for row in 0..batch.num_rows() {
        let line = Ligne {
            typologie: typologie[row].clone(),
            financement: financement[row].clone(),
            zone: match zone[row].as_str() {
                "qpv" => "en QPV",
                "hors_qpv" => "hors QPV",
                _ => "inconnue",
            }
            .to_owned(),
            libelle: geographie.commune(&commune[row]).map_or_else(String::new, |c| c.libelle.clone()),
            commune: commune[row].clone(),
            periode: format::capital(&periode[row]),
            public: if morale.value(row) == 1 { "personne morale" } else { "ménage" },
            proposes: proposes.is_valid(row).then(|| proposes.value(row)),
            attributions: attributions.value(row),
        };
        reports.entry(bailleur[row].clone()).or_default().entry(reservataire[row].clone()).or_default().push(line);
    }
    Ok(reports)
}

fn csv_bytes(lines: &[Ligne]) -> Result<Vec<u8>> {
    let failed = |e: String| Error::io("écrire", std::path::Path::new(FOLDER))(std::io::Error::other(e));
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(HEADER).map_err(|e| failed(e.to_string()))?;
    for l in lines {
        let proposes = l.proposes.map_or_else(String::new, |n| n.to_string());
        let row = [
            &l.typologie,
            &l.financement,
            &l.zone,
            &l.commune,
            &l.libelle,
            &l.periode,
            &l.public.to_owned(),
            &proposes,
            &l.attributions.to_string(),
        ];
        writer.write_record(row).map_err(|e| failed(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| failed(e.to_string()))
}

fn workbook(
    plan: &Plan,
    siren: &str,
    nom: &str,
    holders: &BTreeMap<String, Vec<Ligne>>,
) -> std::result::Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    // A date of the review, not of the clock: the same inputs give the same bytes.
    let made = ExcelDateTime::from_ymd(u16::try_from(plan.millesime).unwrap_or(2000) + 1, 1, 1)?;
    let title = format!("Logements attribués en {} par {nom}", plan.millesime);
    book.set_properties(&DocProperties::new().set_title(&title).set_author("bilan").set_creation_datetime(&made));
    let mention = if plan.fictif { "Données fictives" } else { "Édition restreinte" };
    let mut holders: Vec<_> = holders.iter().collect();
    holders.sort_by_key(|(holder, _)| mots::order("reservataire", holder));
    for (holder, lines) in holders {
        let sheet = book.add_worksheet();
        sheet.set_name(holder_words(holder))?;
        sheet.set_landscape();
        sheet.set_print_fit_to_pages(1, 0);
        heading(sheet, &title, &format!("SIREN {siren} · {} · CCH R441-5-1 · {mention}", holder_words(holder)))?;
        body(sheet, lines)?;
    }
    book.save_to_buffer()
}

/// First row of the table in a sheet.
const TOP: u32 = 3;

fn heading(sheet: &mut Worksheet, title: &str, subtitle: &str) -> std::result::Result<(), rust_xlsxwriter::XlsxError> {
    sheet.write_with_format(0, 0, title, &Format::new().set_bold().set_font_size(14))?;
    sheet.write_with_format(1, 0, subtitle, &Format::new().set_italic())?;
    let head =
        Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Medium);
    for (column, name) in (0_u16..).zip(HEADER) {
        sheet.write_with_format(TOP, column, name, &head)?;
    }
    for (column, width) in (0_u16..).zip([12.0, 13.0, 10.0, 10.0, 28.0, 16.0, 17.0, 12.0, 12.0]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_row_height(TOP, 32.0)?;
    sheet.set_freeze_panes(TOP + 1, 0)?;
    sheet.set_repeat_rows(TOP, TOP)?;
    Ok(())
}

fn body(sheet: &mut Worksheet, lines: &[Ligne]) -> std::result::Result<(), rust_xlsxwriter::XlsxError> {
    let number = Format::new().set_num_format("#,##0");
    let mut row = TOP + 1;
    for l in lines {
        let words = [&l.typologie, &l.financement, &l.zone, &l.commune, &l.libelle, &l.periode];
        for (column, word) in (0_u16..).zip(words) {
            sheet.write(row, column, word)?;
        }
        sheet.write(row, 6, l.public)?;
        counts(sheet, row, l.proposes, l.attributions, &number)?;
        row += 1;
    }
    sheet.autofilter(TOP, 0, row.saturating_sub(1), 8)?;
    let total = Format::new().set_bold().set_border_top(FormatBorder::Thin).set_num_format("#,##0");
    sheet.write_with_format(row, 0, "Total", &total)?;
    // Proposals are known of every line or of none.
    let proposes = lines.iter().map(|l| l.proposes).sum::<Option<i64>>();
    counts(sheet, row, proposes, lines.iter().map(|l| l.attributions).sum(), &total)
}

/// Dwellings proposed, if it is known, and dwellings let.
#[expect(clippy::cast_precision_loss, reason = "counts of dwellings are far below 2^52")]
fn counts(
    sheet: &mut Worksheet,
    row: u32,
    proposes: Option<i64>,
    attributions: i64,
    format: &Format,
) -> std::result::Result<(), rust_xlsxwriter::XlsxError> {
    if let Some(n) = proposes {
        sheet.write_with_format(row, 7, n as f64, format)?;
    }
    sheet.write_with_format(row, 8, attributions as f64, format)?;
    Ok(())
}
