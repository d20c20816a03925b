//! A table of the review: what each cell is, so that a page writes it in French and a workbook keeps it a number.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::diffusion::SECRET;
use crate::format;

/// A table.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Tableau {
    /// What it shows.
    pub titre: String,
    /// Columns, the first naming the rows.
    pub colonnes: Vec<Colonne>,
    /// Rows, as long as the columns.
    pub lignes: Vec<Vec<Cellule>>,
    /// The last row is the whole.
    pub total: bool,
    /// How a page sets it, where it is not as the others.
    pub style: &'static str,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Colonne {
    /// Heading, with its unit.
    pub titre: String,
    /// Numbers, set to the right.
    pub nombre: bool,
}

/// A cell; nothing known is `n.d.` on a page and an empty cell in a workbook, what is kept secret `s` everywhere.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cellule {
    /// Words.
    Texte(String),
    /// A name that leads to a page, given relative to the results folder.
    Lien(String, String),
    /// A verdict: its words, and whether the rule is kept.
    Reponse(String, Option<bool>),
    /// A year.
    Annee(i64),
    /// A count.
    Nombre(Option<i64>),
    /// A fraction of 1, in per cent.
    Part(Option<f64>),
    /// A fraction of 1 set by a text, in per cent without useless decimals.
    Cible(Option<f64>),
    /// A fraction of 1 that must not be passed.
    Plafond(Option<f64>),
    /// Months, or a ratio: one decimal.
    Decimal(Option<f64>),
    /// Euros, or a ratio near one: two decimals.
    Centieme(Option<f64>),
    /// A figure that a public edition does not tell.
    Secret,
}

impl Cellule {
    pub(super) fn texte(text: impl Into<String>) -> Self {
        Self::Texte(text.into())
    }

    /// The cell as a reader meets it.
    pub(super) fn shown(&self) -> String {
        let real = |x: &Option<f64>, write: &dyn Fn(f64) -> String| x.map_or_else(|| format::NONE.to_owned(), write);
        match self {
            Self::Texte(text) | Self::Lien(text, _) | Self::Reponse(text, _) => text.clone(),
            Self::Secret => SECRET.to_owned(),
            Self::Annee(year) => year.to_string(),
            Self::Nombre(n) => n.map_or_else(|| format::NONE.to_owned(), format::integer),
            Self::Part(x) => real(x, &format::percent),
            Self::Cible(x) => real(x, &format::target_percent),
            Self::Plafond(x) => real(x, &|x| format!("≤\u{a0}{}", format::target_percent(x))),
            Self::Decimal(x) => real(x, &|x| format::decimal(x, 1)),
            Self::Centieme(x) => real(x, &|x| format::decimal(x, 2)),
        }
    }

    /// The cell as a spreadsheet's comma-separated file wants it: plain digits, decimal comma, nothing where nothing is known.
    pub(super) fn plain(&self) -> String {
        let real = |x: &Option<f64>| x.map_or_else(String::new, |x| x.to_string().replace('.', ","));
        match self {
            Self::Nombre(n) => n.map_or_else(String::new, |n| n.to_string()),
            Self::Part(x) | Self::Cible(x) | Self::Plafond(x) | Self::Decimal(x) | Self::Centieme(x) => real(x),
            other => other.shown(),
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Reponse(_, Some(true)) => "oui",
            Self::Reponse(_, Some(false)) => "non",
            Self::Reponse(_, None) => "sans",
            _ => "",
        }
    }
}

impl Serialize for Cellule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = serializer.serialize_struct("Cellule", 3)?;
        state.serialize_field("texte", &self.shown())?;
        state.serialize_field("classe", self.class())?;
        let lien = if let Self::Lien(_, to) = self { to.as_str() } else { "" };
        state.serialize_field("lien", lien)?;
        state.end()
    }
}

impl Tableau {
    /// A table of these headings; a heading that ends with `#` is of numbers.
    pub(super) fn new(titre: impl Into<String>, headings: &[&str], lignes: Vec<Vec<Cellule>>) -> Self {
        let colonnes = headings
            .iter()
            .map(|h| match h.strip_suffix('#') {
                Some(titre) => Colonne { titre: titre.to_owned(), nombre: true },
                None => Colonne { titre: (*h).to_owned(), nombre: false },
            })
            .collect();
        Self { titre: titre.into(), colonnes, lignes, total: false, style: "" }
    }

    /// The same, its last row being the whole.
    pub(super) fn with_total(mut self) -> Self {
        self.total = true;
        self
    }

    /// The same without the columns of these headings.
    pub(super) fn without(mut self, titres: &[&str]) -> Self {
        while let Some(at) = self.colonnes.iter().position(|c| titres.contains(&c.titre.as_str())) {
            self.colonnes.remove(at);
            for row in &mut self.lignes {
                row.remove(at);
            }
        }
        self
    }

    /// The same, its names leading only to the pages that `stands` beside it.
    pub(super) fn linking(mut self, stands: &dyn Fn(&str) -> bool) -> Self {
        for cell in self.lignes.iter_mut().flatten() {
            if let Cellule::Lien(text, to) = cell
                && !stands(to)
            {
                *cell = Cellule::Texte(std::mem::take(text));
            }
        }
        self
    }

    /// A row in a sentence: its name, then each heading with its value.
    pub(super) fn sentence(&self, row: &[Cellule]) -> String {
        let cells = self.colonnes.iter().zip(row).skip(1).map(|(h, v)| format!("{} {}", h.titre, v.shown()));
        format!("{} : {}", row.first().map_or_else(String::new, Cellule::shown), cells.collect::<Vec<_>>().join(", "))
    }

    /// The table as a file for spreadsheets: UTF-8 with its mark, semicolons, decimal commas.
    pub(super) fn csv(&self) -> String {
        let quoted = |text: &str| {
            if text.contains([';', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
        };
        let line = |cells: Vec<String>| cells.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(";") + "\r\n";
        let head = line(self.colonnes.iter().map(|c| c.titre.clone()).collect());
        let body: String = self.lignes.iter().map(|row| line(row.iter().map(Cellule::plain).collect())).collect();
        format!("\u{feff}{head}{body}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_french_on_a_page_and_plain_in_a_file() {
        assert_eq!(Cellule::Part(Some(0.2533)).shown(), "25,3\u{a0}%");
        assert_eq!(Cellule::Part(Some(0.2533)).plain(), "0,2533");
        assert_eq!(Cellule::Nombre(Some(19_357)).shown(), "19\u{202f}357");
        assert_eq!(Cellule::Nombre(Some(19_357)).plain(), "19357");
        assert_eq!(Cellule::Decimal(None).shown(), "n.d.");
        assert_eq!(Cellule::Decimal(None).plain(), "");
    }

    #[test]
    fn a_file_keeps_separators_inside_quotes() {
        let table =
            Tableau::new("", &["Nom", "Baux#"], vec![vec![Cellule::texte("a;\"b\""), Cellule::Nombre(Some(1))]]);
        assert_eq!(table.csv(), "\u{feff}Nom;Baux\r\n\"a;\"\"b\"\"\";1\r\n");
        assert!(table.colonnes[1].nombre && table.colonnes[1].titre == "Baux");
    }
}
