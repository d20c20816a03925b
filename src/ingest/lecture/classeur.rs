//! Excel and `OpenDocument` workbooks: the sheet that fits the schema, the row that names its columns, then its rows, with
//! dates and numbers written out as the workbook stores them.
//!
//! A workbook's reader loads it whole, so its size is bounded: beyond it, the extract must come as text.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use calamine::{Cell, Data, DataRef, ExcelDateTime, Ods, Reader, SheetVisible, Xlsx};

use super::archive::inflated_size;
use super::{Besoin, Echec, Enregistrement, Format, HEADER_WITHIN, Lecteur, Ouvert, number};
use crate::diagnostic::Diagnostic;
use crate::schema::Entete;

/// Content of a workbook that is read, once inflated: some 300 000 rows of 25 columns.
const LARGEST: u64 = 256 << 20;
/// Cells of the sheets looked into.
const MOST_CELLS: usize = 20_000_000;
/// Text of the sheets looked into: shared strings are written out.
const MOST_TEXT: usize = 512 << 20;
/// Columns of a sheet, as Excel has them.
const MOST_COLUMNS: u32 = 16_384;

/// Opens a workbook.
pub(super) fn open(path: &Path, format: Format, besoin: Besoin<'_>) -> Result<Ouvert, Echec> {
    let size = inflated_size(path, LARGEST).map_err(|_| corrupt())?;
    if size > LARGEST {
        return Err(too_large());
    }
    let feuilles = match format {
        Format::Ods => load_ods(path, besoin)?,
        _ => load_xlsx(path, besoin)?,
    };
    let mut fitting = Vec::new();
    let mut best: Option<(usize, Vec<Diagnostic>)> = None;
    for feuille in feuilles {
        match feuille.header(besoin) {
            Ok((row, entete, noms)) => fitting.push((feuille, row, entete, noms)),
            Err((known, refusals)) if best.as_ref().is_none_or(|(most, _)| known > *most) => {
                best = Some((known, refusals));
            }
            Err(_) => {}
        }
    }
    let names: Vec<&str> = fitting.iter().map(|(f, ..)| f.nom.as_str()).collect();
    if names.len() > 1 {
        return Err(Echec::from(Diagnostic::refus(
            "B0118",
            format!("plusieurs feuilles conviennent : {}", names.join(", ")),
            "choisissez-en une dans bilan.toml : feuille = \"…\" sous [[source]]",
        )));
    }
    let Some((feuille, row, entete, noms)) = fitting.pop() else {
        let refusals = best.map(|(_, refusals)| refusals).unwrap_or_default();
        return Err(if refusals.is_empty() {
            Echec::from(Diagnostic::refus(
                "B0100",
                "classeur vide",
                "vérifiez l'export : une feuille doit nommer ses colonnes",
            ))
        } else {
            Echec::Refus(refusals)
        });
    };
    let ligne_entete = u64::from(feuille.row_number(row)) + 1;
    Ok(Ouvert {
        feuille: Some(feuille.nom.clone()),
        lecteur: Box::new(Lignes { position: feuille.rows[row].1, feuille, current: Vec::new() }),
        avis: entete.avis(),
        entete,
        noms,
        separateur: None,
        ligne_entete,
    })
}

fn corrupt() -> Diagnostic {
    Diagnostic::refus(
        "B0111",
        "classeur incomplet ou corrompu",
        "transférez de nouveau le fichier, ou enregistrez-le à nouveau",
    )
}

fn too_large() -> Echec {
    Echec::from(Diagnostic::refus(
        "B0116",
        format!("classeur de plus de {} Mo une fois ouvert", LARGEST >> 20),
        "exportez la feuille en CSV UTF-8, qui se lit quelle que soit sa taille",
    ))
}

/// A header found: its row, where the columns stand, its names.
type Reperee = (usize, Entete, Vec<String>);

/// A sheet's cells that hold something, as text.
#[derive(Default)]
struct Feuille {
    nom: String,
    text: String,
    /// Row, column, end in `text`.
    cells: Vec<(u32, u32, usize)>,
    /// Range of each row with a cell in it: first and one past the last.
    rows: Vec<(usize, usize)>,
    /// Cells and text that the sheets before hold: all of them stand in memory until one is chosen.
    before: (usize, usize),
}

impl Feuille {
    fn after(others: &[Self], nom: String) -> Self {
        let before = others.iter().fold((0, 0), |(cells, text), f| (cells + f.cells.len(), text + f.text.len()));
        Self { nom, before, ..Self::default() }
    }

    fn push(&mut self, row: u32, column: u32, value: &str) -> Result<(), Echec> {
        if value.trim().is_empty() {
            return Ok(());
        }
        let (cells, text) = (self.before.0 + self.cells.len(), self.before.1 + self.text.len() + value.len());
        if column >= MOST_COLUMNS || cells >= MOST_CELLS || text > MOST_TEXT {
            return Err(too_large());
        }
        // Cells come in order in any workbook a program wrote; another order is no sheet.
        if self.cells.last().is_some_and(|(r, c, _)| (row, column) <= (*r, *c)) {
            return Err(Echec::from(corrupt()));
        }
        self.text.push_str(value);
        match self.rows.last_mut() {
            Some((first, end)) if self.cells[*first].0 == row => *end += 1,
            _ => self.rows.push((self.cells.len(), self.cells.len() + 1)),
        }
        self.cells.push((row, column, self.text.len()));
        Ok(())
    }

    fn row_number(&self, row: usize) -> u32 {
        self.cells[self.rows[row].0].0
    }

    fn cell_text(&self, cell: usize) -> &str {
        let start = cell.checked_sub(1).map_or(0, |before| self.cells[before].2);
        &self.text[start..self.cells[cell].2]
    }

    /// The first row whose cells name the columns of the schema; else how near the nearest came, and what it lacks.
    fn header(&self, besoin: Besoin<'_>) -> Result<Reperee, (usize, Vec<Diagnostic>)> {
        let mut best = (0, Vec::new());
        for row in 0..self.rows.len().min(HEADER_WITHIN) {
            let (first, end) = self.rows[row];
            let width = self.cells[end - 1].1 as usize + 1;
            let mut noms = vec![String::new(); width];
            for cell in first..end {
                self.cell_text(cell).clone_into(&mut noms[self.cells[cell].1 as usize]);
            }
            match Entete::resolve(besoin.schema, &noms, besoin.colonnes) {
                Ok(entete) => return Ok((row, entete, noms)),
                Err(refusals) => {
                    let known = Entete::known(besoin.schema, &noms, besoin.colonnes);
                    if known > best.0 || best.1.is_empty() {
                        best = (known, refusals);
                    }
                }
            }
        }
        Err(best)
    }
}

/// Rows under a header.
struct Lignes {
    feuille: Feuille,
    /// First cell not yet read.
    position: usize,
    /// Cell of each column of the current row.
    current: Vec<Option<usize>>,
}

impl Lecteur for Lignes {
    fn next_record(&mut self) -> Result<Option<Enregistrement>, Echec> {
        let Some((row, ..)) = self.feuille.cells.get(self.position).copied() else { return Ok(None) };
        self.current.clear();
        while let Some((_, column, _)) = self.feuille.cells.get(self.position).filter(|(r, ..)| *r == row) {
            self.current.resize(*column as usize, None);
            self.current.push(Some(self.position));
            self.position += 1;
        }
        Ok(Some(Enregistrement::Bon { ligne: u64::from(row) + 1 }))
    }

    fn field(&self, i: usize) -> &str {
        self.current.get(i).copied().flatten().map_or("", |cell| self.feuille.cell_text(cell))
    }
}

/// The sheets to look into: the one named, else those that are shown.
fn wanted(sheets: &[calamine::Sheet], besoin: Besoin<'_>) -> Result<Vec<String>, Echec> {
    if let Some(name) = besoin.feuille {
        if let Some(sheet) = sheets.iter().find(|s| s.name.trim() == name.trim()) {
            return Ok(vec![sheet.name.clone()]);
        }
        let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
        return Err(Echec::from(Diagnostic::refus(
            "B0118",
            format!("pas de feuille « {name} » dans ce classeur"),
            format!("feuilles : {}", names.join(", ")),
        )));
    }
    Ok(sheets.iter().filter(|s| s.visible == SheetVisible::Visible).map(|s| s.name.clone()).collect())
}

fn load_xlsx(path: &Path, besoin: Besoin<'_>) -> Result<Vec<Feuille>, Echec> {
    let failed = |_| Echec::from(corrupt());
    let mut workbook: Xlsx<_> = calamine::open_workbook(path).map_err(failed)?;
    let mut feuilles = Vec::new();
    for nom in wanted(workbook.sheets_metadata(), besoin)? {
        // A sheet of charts has no cells.
        let Ok(mut cells) = workbook.worksheet_cells_reader(&nom) else { continue };
        let mut feuille = Feuille::after(&feuilles, nom.clone());
        while let Some(cell) = cells.next_cell().map_err(failed)? {
            push_ref(&mut feuille, &cell)?;
        }
        feuilles.push(feuille);
    }
    Ok(feuilles)
}

fn push_ref(feuille: &mut Feuille, cell: &Cell<DataRef<'_>>) -> Result<(), Echec> {
    let (row, column) = cell.get_position();
    match cell.get_value() {
        DataRef::Empty => Ok(()),
        DataRef::SharedString(text) => feuille.push(row, column, text),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            feuille.push(row, column, text)
        }
        DataRef::Int(n) => feuille.push(row, column, &n.to_string()),
        DataRef::Float(x) => feuille.push(row, column, &number(*x)),
        DataRef::Bool(b) => feuille.push(row, column, if *b { "oui" } else { "non" }),
        DataRef::DateTime(date) => feuille.push(row, column, &day(*date)),
        DataRef::Error(error) => feuille.push(row, column, &error.to_string()),
    }
}

fn load_ods(path: &Path, besoin: Besoin<'_>) -> Result<Vec<Feuille>, Echec> {
    check_repeats(path)?;
    let failed = |_| Echec::from(corrupt());
    let mut workbook: Ods<_> = calamine::open_workbook(path).map_err(failed)?;
    let mut feuilles = Vec::new();
    for nom in wanted(workbook.sheets_metadata(), besoin)? {
        let range = workbook.worksheet_range(&nom).map_err(failed)?;
        let (top, left) = range.start().unwrap_or_default();
        let mut feuille = Feuille::after(&feuilles, nom);
        for (row, column, value) in range.used_cells() {
            let text = match value {
                Data::Empty => continue,
                Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
                Data::Int(n) => n.to_string(),
                Data::Float(x) => number(*x),
                Data::Bool(b) => if *b { "oui" } else { "non" }.to_owned(),
                Data::DateTime(date) => day(*date),
                Data::Error(error) => error.to_string(),
            };
            let at = |n: usize, start: u32| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(start);
            feuille.push(at(row, top), at(column, left), &text)?;
        }
        feuilles.push(feuille);
    }
    Ok(feuilles)
}

/// `OpenDocument` writes a run of equal cells or rows once with a count, which its reader writes out: a few bytes can ask
/// for more memory than there is, so the counts are added up first. Its reader also waits without end for the end of a
/// table that a cut file lacks: every element must be closed.
fn check_repeats(path: &Path) -> Result<(), Echec> {
    use quick_xml::events::Event;
    let failed = |_| Echec::from(corrupt());
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?)).map_err(failed)?;
    let content = archive.by_name("content.xml").map_err(failed)?.take(LARGEST);
    let mut reader = quick_xml::Reader::from_reader(BufReader::new(content));
    let mut buffer = Vec::new();
    let (mut total, mut row, mut trailing, mut rows) = (0_u64, 0_u64, 0_u64, 1_u64);
    let mut filled = false;
    let mut depth = 0_u64;
    let count = |e: &quick_xml::events::BytesStart<'_>, name: &str| -> u64 {
        e.try_get_attribute(name).ok().flatten().and_then(|a| a.value.parse().ok()).unwrap_or(1)
    };
    loop {
        let event = reader.read_event_into(&mut buffer).map_err(|_| Echec::from(corrupt()))?;
        let closed = matches!(event, Event::Empty(_));
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        match &event {
            Event::Eof if depth > 0 => return Err(Echec::from(corrupt())),
            Event::Eof => return Ok(()),
            Event::Start(e) | Event::Empty(e) => match e.local_name().as_ref() {
                "table-row" => {
                    (row, trailing, filled) = (0, 0, false);
                    rows = count(e, "table:number-rows-repeated").min(1 << 20);
                }
                "table-cell" | "covered-table-cell" => {
                    trailing = count(e, "table:number-columns-repeated").min(u64::from(MOST_COLUMNS));
                    filled = !closed || e.try_get_attribute("office:value-type").ok().flatten().is_some();
                    row += trailing;
                }
                _ => {}
            },
            Event::End(e) if e.local_name().as_ref() == "table-row" => {
                let width = if filled { row } else { row.saturating_sub(trailing) };
                total += width * rows;
                if total > MOST_CELLS as u64 {
                    return Err(too_large());
                }
            }
            _ => {}
        }
        buffer.clear();
    }
}

/// A date as ISO writes it, with its time when it has one; a duration stays a number of days.
fn day(date: ExcelDateTime) -> String {
    if date.is_duration() || date.as_f64() < 1.0 {
        return number(date.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let text = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) { text } else { format!("{text}T{hour:02}:{minute:02}:{second:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_workbook_whatever_its_epoch() {
        use calamine::ExcelDateTimeType::DateTime;
        assert_eq!(day(ExcelDateTime::new(45_717.0, DateTime, false)), "2025-03-01");
        assert_eq!(day(ExcelDateTime::new(44_255.0, DateTime, true)), "2025-03-01");
        assert_eq!(day(ExcelDateTime::new(45_717.5, DateTime, false)), "2025-03-01T12:00:00");
        assert_eq!(day(ExcelDateTime::new(59.0, DateTime, false)), "1900-02-28");
    }
}
