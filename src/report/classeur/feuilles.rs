//! The review in a workbook: a sheet a figure or a table, its numbers as numbers, and the spreadsheet's own chart beside.

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    Chart, ChartFormat, ChartLegendPosition, ChartLine, ChartSolidFill, ChartType, Format, FormatAlign, FormatBorder,
    Workbook, Worksheet, XlsxError,
};

use super::super::document::{Bloc, Figure, Natif, Revue};
use super::super::tableau::{Cellule, Tableau};
use super::{Entree, bold};

/// Row of the headings.
const TOP: u32 = 4;
/// Widest column, in characters.
const WIDEST: usize = 46;
/// Longest name that a spreadsheet takes for a sheet.
const LONGEST: usize = 31;
/// Colours of the series, in order; they stay apart for colour-blind readers and in grey print.
const COLOURS: [u32; 6] = [0x001a_5a96, 0x00a8_6a00, 0x003c_7a5a, 0x007f_b0d8, 0x008a_929e, 0x0012_3f6d];
/// Longest text alternative that a spreadsheet takes.
const ALTERNATIVE: usize = 255;
/// Rows that a chart draws; beyond, its names could not be read.
const DRAWN: usize = 40;

/// Adds the sheets of a review; what the contents say of each.
pub(super) fn of_review(book: &mut Workbook, revue: &Revue) -> Result<Vec<Entree>, XlsxError> {
    let mut names = BTreeSet::new();
    let mut entries = Vec::new();
    for (number, chapitre) in (1..).zip(&revue.chapitres) {
        for bloc in &chapitre.blocs {
            let (tableau, figure) = match bloc {
                Bloc::Figure(figure) => (&figure.tableau, Some(figure.as_ref())),
                Bloc::Tableau(tableau) => (tableau, None),
                _ => continue,
            };
            if tableau.lignes.is_empty() {
                continue;
            }
            let feuille = sheet_name(&mut names, number, &tableau.titre);
            let sheet = book.add_worksheet();
            sheet.set_name(&feuille)?;
            fill(sheet, &feuille, &revue.libelle, tableau, figure)?;
            entries.push(Entree {
                feuille,
                titre: tableau.titre.clone(),
                contenu: figure.map_or_else(|| chapitre.titre.to_owned(), |f| f.titre.clone()),
                lignes: tableau.lignes.len(),
            });
        }
    }
    Ok(entries)
}

/// Chapter number and title, as short as a spreadsheet wants it, unlike any other. It is cut between two words, and never ends
/// on one that calls for the next.
fn sheet_name(names: &mut BTreeSet<String>, number: usize, titre: &str) -> String {
    let clean = titre.replace(" : ", ", ");
    let clean: String = clean.chars().filter(|c| !"[]:*?/\\".contains(*c)).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    for tried in 1.. {
        let suffix = if tried == 1 { String::new() } else { format!(" ({tried})") };
        let room = LONGEST - suffix.chars().count();
        let name = format!("{}{suffix}", shortened(&format!("{number} {clean}"), room));
        if names.insert(name.to_lowercase()) {
            return name;
        }
    }
    String::new()
}

/// Words that call for another after them.
const LIENS: [&str; 18] = [
    "à", "au", "aux", "d'un", "de", "des", "du", "en", "et", "la", "le", "les", "par", "selon", "ses", "son", "sur",
    "un",
];

/// The first words of a text that fit in so many characters.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.trim_matches('\'').to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        if kept.iter().map(|w| w.chars().count() + 1).sum::<usize>() + word.chars().count() > room {
            break;
        }
        kept.push(word);
    }
    // What stands in brackets stays whole or goes.
    if let Some(open) = kept.iter().rposition(|word| word.starts_with('('))
        && !kept[open..].iter().any(|word| word.ends_with(')'))
    {
        kept.truncate(open);
    }
    while kept.len() > 2 && kept.last().is_some_and(|last| LIENS.contains(last)) {
        kept.pop();
    }
    // A first word that is too long by itself is cut all the same.
    let name = if kept.len() < 2 { text.chars().take(room).collect() } else { kept.join(" ") };
    name.trim_matches([' ', ',', ';', '\'']).to_owned()
}

fn fill(
    sheet: &mut Worksheet,
    nom: &str,
    libelle: &str,
    tableau: &Tableau,
    figure: Option<&Figure>,
) -> Result<(), XlsxError> {
    let soft = Format::new().set_font_color(0x0052_5966);
    sheet.write_with_format(0, 0, figure.map_or(tableau.titre.as_str(), |f| f.titre.as_str()), &bold(13.0))?;
    sheet.write_with_format(1, 0, figure.map_or(libelle, |f| f.sous_titre.as_str()), &soft)?;
    if let Some(f) = figure {
        sheet.write_with_format(2, 0, format!("Champ : {}. Source : {}. {libelle}.", f.champ, f.source), &soft)?;
    }
    let head = bold(11.0).set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Medium);
    let last = tableau.lignes.len().saturating_sub(1);
    for (column, heading) in (0_u16..).zip(&tableau.colonnes) {
        let head = if heading.nombre { head.clone().set_align(FormatAlign::Right) } else { head.clone() };
        sheet.write_with_format(TOP, column, &heading.titre, &head)?;
        let mut widest = heading.titre.chars().count().min(16);
        for (row, (i, cells)) in (TOP + 1..).zip(tableau.lignes.iter().enumerate()) {
            let Some(cell) = cells.get(usize::from(column)) else { continue };
            write(sheet, row, column, cell, tableau.total && i == last)?;
            widest = widest.max(cell.shown().chars().count());
        }
        sheet.set_column_width(column, f64::from(u16::try_from(widest.min(WIDEST)).unwrap_or(10)) + 2.0)?;
    }
    let rows = u32::try_from(tableau.lignes.len()).unwrap_or(0);
    let columns = u16::try_from(tableau.colonnes.len()).unwrap_or(1);
    sheet.set_row_height(TOP, 34.0)?;
    sheet.autofilter(TOP, 0, TOP + rows.max(1), columns.max(1) - 1)?;
    sheet.set_freeze_panes(TOP + 1, 1)?;
    sheet.set_repeat_rows(TOP, TOP)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0);
    if let Some((f, natif)) = figure.and_then(|f| Some((f, f.natif.as_ref()?))) {
        let chart = chart(nom, f, natif);
        sheet.insert_chart(TOP, columns + 1, &chart)?;
    }
    Ok(())
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cellule, whole: bool) -> Result<(), XlsxError> {
    let shape = |code: &str| {
        let format = Format::new().set_num_format(code).set_align(FormatAlign::Top);
        if whole { format.set_bold().set_border_top(FormatBorder::Thin) } else { format }
    };
    let real = |sheet: &mut Worksheet, x: Option<f64>, code: &str| -> Result<(), XlsxError> {
        match x {
            Some(x) => sheet.write_with_format(row, column, x, &shape(code)).map(|_| ()),
            None => sheet.write_blank(row, column, &shape(code)).map(|_| ()),
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    match cell {
        Cellule::Annee(n) => real(sheet, Some(*n as f64), "0"),
        Cellule::Nombre(n) => real(sheet, n.map(|n| n as f64), "#,##0"),
        Cellule::Part(x) => real(sheet, *x, "0.0%"),
        Cellule::Cible(x) => real(sheet, *x, percent(*x)),
        Cellule::Plafond(x) => real(sheet, *x, &format!("\"≤ \"{}", percent(*x))),
        Cellule::Decimal(x) => real(sheet, *x, "#,##0.0"),
        Cellule::Centieme(x) => real(sheet, *x, "#,##0.00"),
        Cellule::Secret => {
            sheet.write_with_format(row, column, cell.shown(), &shape("@").set_align(FormatAlign::Right)).map(|_| ())
        }
        Cellule::Texte(_) | Cellule::Lien(..) | Cellule::Reponse(..) => {
            sheet.write_with_format(row, column, cell.shown(), &shape("@").set_text_wrap()).map(|_| ())
        }
    }
}

/// A series in the colours of the review: a bar is filled, a line drawn.
fn painted(natif: &Natif, colour: u32) -> ChartFormat {
    let mut format = ChartFormat::new();
    if matches!(natif, Natif::Courbes(_)) {
        format.set_line(ChartLine::new().set_color(colour).set_width(2.25));
    } else {
        format.set_solid_fill(ChartSolidFill::new().set_color(colour));
    }
    format
}

/// A target without a useless decimal.
fn percent(x: Option<f64>) -> &'static str {
    let hundredths = x.unwrap_or(0.0) * 100.0;
    if (hundredths - hundredths.round()).abs() < 1e-6 { "0%" } else { "0.0%" }
}

fn chart(nom: &str, figure: &Figure, natif: &Natif) -> Chart {
    let (kind, columns) = match natif {
        Natif::Barres(columns) => (ChartType::Bar, columns),
        Natif::Empilees(columns) => (ChartType::BarPercentStacked, columns),
        Natif::Courbes(columns) => (ChartType::Line, columns),
    };
    let whole = usize::from(figure.tableau.total && !matches!(natif, Natif::Empilees(_)));
    let rows = (figure.tableau.lignes.len() - whole).clamp(1, DRAWN);
    let (first, last) = (TOP + 1, TOP + u32::try_from(rows).unwrap_or(1));
    let mut chart = Chart::new(kind);
    for (column, colour) in columns.iter().zip(COLOURS.iter().cycle()) {
        let at = u16::try_from(*column).unwrap_or(1);
        let heading = figure.tableau.colonnes.get(*column).map_or("", |c| c.titre.as_str());
        chart
            .add_series()
            .set_name(heading)
            .set_categories((nom, first, 0, last, 0))
            .set_values((nom, first, at, last, at))
            .set_format(&mut painted(natif, *colour));
    }
    chart.title().set_name(&figure.titre);
    if matches!(natif, Natif::Courbes(_)) || columns.len() > 1 {
        chart.legend().set_position(ChartLegendPosition::Bottom);
    } else {
        chart.legend().set_hidden();
    }
    if !matches!(natif, Natif::Courbes(_)) {
        // The first row of the table stands at the top of the bars.
        chart.y_axis().set_reverse();
    }
    let shares =
        columns.iter().all(|c| figure.tableau.lignes.iter().any(|row| matches!(row.get(*c), Some(Cellule::Part(_)))));
    if shares && !matches!(natif, Natif::Courbes(_)) {
        chart.x_axis().set_num_format("0%");
    } else if shares {
        chart.y_axis().set_num_format("0%");
    }
    let height = if matches!(natif, Natif::Courbes(_)) { 380 } else { 220 + 22 * u32::try_from(rows).unwrap_or(1) };
    chart.set_width(760).set_height(height.min(1_000));
    // The figures are in the cells beside: the chart says what it shows, as short as a spreadsheet wants it.
    let said = format!("{}. {}", figure.titre, figure.sous_titre);
    chart.set_alt_text(said.chars().take(ALTERNATIVE).collect::<String>());
    chart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_named_in_whole_words_unlike_any_other() {
        let mut names = BTreeSet::new();
        for (titre, name) in [
            ("Baux par délai", "4 Baux par délai"),
            ("L'année mois par mois", "4 L'année mois par mois"),
            ("Taille du ménage : demandes et baux", "4 Taille du ménage, demandes"),
            ("Contingents de réservation (CCH R441-5)", "4 Contingents de réservation"),
            ("Logements par bailleur (CCH R441-5-1)", "4 Logements par bailleur"),
            ("Quartiles par bailleur et par zone", "4 Quartiles par bailleur"),
            ("Quartiles par bailleur et par région", "4 Quartiles par bailleur (2)"),
            ("Part [a:b] * c/d ?", "4 Part ab cd"),
            ("Anticonstitutionnellement-long-mot", "4 Anticonstitutionnellement-lon"),
        ] {
            assert_eq!(sheet_name(&mut names, 4, titre), name);
        }
    }
}
