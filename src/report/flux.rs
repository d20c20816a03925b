//! The landlord's legal report (CCH R441-5-1), ready to send: for each landlord a workbook with one sheet a holder of
//! reservation rights, for each pair a CSV, and for each holder the reports of every landlord in one.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Int64Type};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};

use super::donnees::Donnees;
use super::mots;
use super::revue::Contingents;
use super::sortie::Mention;
use super::verdict::{holder_words, is_holder};
use crate::engine::Table;
use crate::error::{Error, Result};
use crate::format;
use crate::partage::shared_out;
use crate::project::Plan;
use crate::reference::Geographie;
use crate::resultats::INDICATEURS;

/// Folder of the reports, under the results.
const FOLDER: &str = "flux";

/// The report of a landlord, relative to the results folder.
pub(super) fn workbook_path(siren: &str) -> String {
    format!("{FOLDER}/{siren}.xlsx")
}

/// The same to one holder.
pub(super) fn pair_path(siren: &str, holder: &str) -> String {
    format!("{FOLDER}/{siren}_{holder}.csv")
}

/// The reports of every landlord to a holder.
pub(super) fn holder_path(holder: &str) -> String {
    format!("{FOLDER}/{holder}.csv")
}

/// A line of the report.
#[derive(Debug)]
struct Ligne<'a> {
    typologie: &'a str,
    financement: &'a str,
    zone: &'static str,
    commune: &'a str,
    libelle: &'a str,
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

/// Hands the reports to `write`, a landlord at a time on each thread: path relative to the results folder, and bytes.
///
/// # Errors
/// When the table cannot be read or a file written.
pub(super) fn write(
    donnees: &Donnees<'_>,
    contingents: &Contingents,
    geographie: &Geographie,
    threads: usize,
    write: impl Fn(String, &[u8]) -> Result<()> + Sync,
) -> Result<()> {
    let plan = donnees.plan;
    let batch = Table::read(&plan.sortie.join(INDICATEURS).join("flux.parquet"), "flux")?.single()?;
    let flux = Flux::of(&batch, geographie)?;
    let reports: Vec<_> = flux.reports().into_iter().collect();
    shared_out(threads, reports.len(), |i| {
        let (siren, holders) = &reports[i];
        let holders: Vec<_> = holders.iter().map(|(holder, rows)| (*holder, flux.lines(rows))).collect();
        let path = workbook_path(siren);
        let avis = contingents.unproposed(donnees, std::iter::once(*siren));
        let book = workbook(plan, (siren, &donnees.landlord(siren)), avis.as_deref(), &holders);
        let bytes = book.map_err(|e| Error::Workbook(format!("{path} : {e}")))?;
        write(path, &bytes)?;
        holders.iter().try_for_each(|(holder, lines)| write(pair_path(siren, holder), &csv_bytes(lines)?))
    })?;
    let holders: BTreeSet<&str> = reports.iter().flat_map(|(_, holders)| holders.keys().copied()).collect();
    let holders: Vec<&str> = holders.into_iter().filter(|code| is_holder(code)).collect();
    shared_out(threads, holders.len(), |i| {
        let mut csv = Csv::new(&["SIREN du bailleur", "Bailleur"])?;
        for (siren, rows) in reports.iter().filter_map(|(siren, of)| Some((siren, of.get(holders[i])?))) {
            csv.add(&[siren, &donnees.landlord(siren)], &flux.lines(rows))?;
        }
        write(holder_path(holders[i]), &csv.bytes()?)
    })
}

/// The table of flows.
struct Flux<'a> {
    geographie: &'a Geographie,
    bailleur: &'a StringArray,
    reservataire: &'a StringArray,
    typologie: &'a StringArray,
    financement: &'a StringArray,
    zone: &'a StringArray,
    commune: &'a StringArray,
    periode: &'a StringArray,
    morale: &'a Int32Array,
    proposes: &'a Int64Array,
    attributions: &'a Int64Array,
}

impl<'a> Flux<'a> {
    fn of(batch: &'a RecordBatch, geographie: &'a Geographie) -> Result<Self> {
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| Error::outdated("flux", name));
        let text = |name: &str| column(name)?.as_string_opt::<i32>().ok_or_else(|| Error::outdated("flux", name));
        let number =
            |name: &str| column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| Error::outdated("flux", name));
        let morale = column("personne_morale")?.as_primitive_opt::<Int32Type>();
        Ok(Self {
            geographie,
            bailleur: text("bailleur")?,
            reservataire: text("reservataire")?,
            typologie: text("typologie")?,
            financement: text("financement")?,
            zone: text("zone")?,
            commune: text("commune")?,
            periode: text("periode_construction")?,
            morale: morale.ok_or_else(|| Error::outdated("flux", "personne_morale"))?,
            proposes: number("proposes")?,
            attributions: number("attributions")?,
        })
    }

    /// Rows by landlord, then by holder, in the order of the table.
    fn reports(&self) -> BTreeMap<&'a str, BTreeMap<&'a str, Vec<usize>>> {
        let mut reports: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for row in 0..self.bailleur.len() {
            let holders = reports.entry(text(self.bailleur, row)).or_default();
            holders.entry(text(self.reservataire, row)).or_default().push(row);
        }
        reports
    }

    /// Lines of one report.
    fn lines(&self, rows: &[usize]) -> Vec<Ligne<'a>> {
        let line = |&row: &usize| {
            let commune = text(self.commune, row);
            Ligne {
                typologie: text(self.typologie, row),
                financement: text(self.financement, row),
                zone: match text(self.zone, row) {
                    "qpv" => "en QPV",
                    "hors_qpv" => "hors QPV",
                    _ => "inconnue",
                },
                libelle: self.geographie.commune(commune).map_or("", |c| &c.libelle),
                commune,
                periode: format::capital(text(self.periode, row)),
                public: if self.morale.value(row) == 1 { "personne morale" } else { "ménage" },
                proposes: self.proposes.is_valid(row).then(|| self.proposes.value(row)),
                attributions: self.attributions.value(row),
            }
        };
        rows.iter().map(line).collect()
    }
}

/// A text, empty where there is none.
fn text(column: &StringArray, row: usize) -> &str {
    if column.is_valid(row) { column.value(row) } else { "" }
}

/// A report as a file for spreadsheets.
struct Csv {
    writer: csv::Writer<Vec<u8>>,
}

impl Csv {
    /// Its columns, after these.
    fn new(first: &[&str]) -> Result<Self> {
        let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
        writer.write_record(first.iter().chain(&HEADER)).map_err(Self::failed)?;
        Ok(Self { writer })
    }

    /// Lines, each after the same values.
    fn add(&mut self, first: &[&str], lines: &[Ligne<'_>]) -> Result<()> {
        for l in lines {
            let proposes = l.proposes.map_or_else(String::new, |n| n.to_string());
            let row = [
                l.typologie,
                l.financement,
                l.zone,
                l.commune,
                l.libelle,
                &l.periode,
                l.public,
                &proposes,
                &l.attributions.to_string(),
            ];
            self.writer.write_record(first.iter().copied().chain(row)).map_err(Self::failed)?;
        }
        Ok(())
    }

    fn bytes(self) -> Result<Vec<u8>> {
        self.writer.into_inner().map_err(|e| Self::failed(e.into_error().into()))
    }

    fn failed(error: csv::Error) -> Error {
        Error::csv("écrire", std::path::Path::new(FOLDER))(error)
    }
}

fn csv_bytes(lines: &[Ligne<'_>]) -> Result<Vec<u8>> {
    let mut csv = Csv::new(&[])?;
    csv.add(&[], lines)?;
    csv.bytes()
}

fn workbook(
    plan: &Plan,
    (siren, nom): (&str, &str),
    avis: Option<&str>,
    holders: &[(&str, Vec<Ligne<'_>>)],
) -> std::result::Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    // A date of the review, not of the clock: the same inputs give the same bytes.
    let made = ExcelDateTime::from_ymd(u16::try_from(plan.millesime).unwrap_or(2000) + 1, 1, 1)?;
    let title = format!("Logements attribués par {nom} en {}", plan.annee_des_baux());
    book.set_properties(&DocProperties::new().set_title(&title).set_author("bilan").set_creation_datetime(&made));
    let mention = Mention::restreinte(plan).edition;
    let mut holders: Vec<_> = holders.iter().collect();
    holders.sort_by_key(|(holder, _)| mots::order("reservataire", holder));
    for (holder, lines) in holders {
        let sheet = book.add_worksheet();
        sheet.set_name(holder_words(holder))?;
        sheet.set_landscape();
        sheet.set_print_fit_to_pages(1, 0);
        let subtitle = format!("SIREN {siren} · {} · CCH R441-5-1 · {mention}", holder_words(holder));
        heading(sheet, [&title, &subtitle, avis.unwrap_or_default()])?;
        body(sheet, lines)?;
    }
    book.save_to_buffer()
}

/// First row of the table in a sheet.
const TOP: u32 = 3;

/// Title, subtitle and what the flows lack, if they do, above the names of the columns.
fn heading(
    sheet: &mut Worksheet,
    [title, subtitle, avis]: [&str; 3],
) -> std::result::Result<(), rust_xlsxwriter::XlsxError> {
    sheet.write_with_format(0, 0, title, &Format::new().set_bold().set_font_size(14))?;
    sheet.write_with_format(1, 0, subtitle, &Format::new().set_italic())?;
    if !avis.is_empty() {
        sheet.write(2, 0, avis)?;
    }
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

fn body(sheet: &mut Worksheet, lines: &[Ligne<'_>]) -> std::result::Result<(), rust_xlsxwriter::XlsxError> {
    let number = Format::new().set_num_format("#,##0");
    let mut row = TOP + 1;
    for l in lines {
        let words = [l.typologie, l.financement, l.zone, l.commune, l.libelle, &l.periode];
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
