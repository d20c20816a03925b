//! The document that a review is: chapters of findings, figures, tables and notes. The page, the PDF, the deck and the
//! workbook are all rendered from it, so that no number can differ between them.

use serde::Serialize;

use super::tableau::Tableau;
use crate::chart::Dessin;
use crate::format;

/// The review of one territory.
#[derive(Debug, Serialize)]
pub(super) struct Revue {
    /// Code of the territory, as in the tables.
    pub code: String,
    /// Name of the territory.
    pub libelle: String,
    /// Level of the territory.
    pub niveau: String,
    /// What a reader must know before anything else, if there is something.
    pub avertissement: Option<String>,
    /// Chapters, in the order of a review.
    pub chapitres: Vec<Chapitre>,
}

/// One chapter.
#[derive(Debug, Serialize)]
pub(super) struct Chapitre {
    /// Identifier, unique in the review.
    pub id: &'static str,
    /// Title.
    pub titre: &'static str,
    /// Content.
    pub blocs: Vec<Bloc>,
}

/// A piece of a chapter.
#[derive(Debug, Serialize)]
#[serde(tag = "genre", rename_all = "snake_case")]
pub(super) enum Bloc {
    /// A sentence computed from the figures.
    Constat { texte: String },
    /// Figures in large print.
    Cles { cles: Vec<Cle> },
    /// A chart or a map with its table.
    Figure(Box<Figure>),
    /// A table alone.
    Tableau(Tableau),
    /// What must be known to read what stands above.
    Note { texte: String },
    /// Why there is nothing to show.
    Absence { texte: String },
    /// Definitions: a term and its meaning.
    Definitions { definitions: Vec<(String, String)> },
}

/// A figure in large print.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Cle {
    /// What it counts.
    pub nom: String,
    /// The value.
    pub valeur: String,
    /// What stands beside it.
    pub note: String,
    /// The value of the year before and the change, where it is known.
    pub evolution: Option<String>,
}

/// A chart or a map: its finding, what it measures, how to read it, and the table behind it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figure {
    /// What it is about, the same for every territory.
    pub cle: &'static str,
    /// The finding.
    pub titre: String,
    /// Measure, area and period.
    pub sous_titre: String,
    /// The picture.
    pub dessin: Dessin,
    /// How to read one mark of it.
    pub lecture: String,
    /// Who and what is counted.
    pub champ: String,
    /// Where the figures come from.
    pub source: String,
    /// The figures.
    pub tableau: Tableau,
    /// How a spreadsheet draws it.
    #[serde(skip)]
    pub natif: Option<Natif>,
}

/// A spreadsheet's own chart of a figure: categories in the first column of its table, series in these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Natif {
    /// Bars, one group a row.
    Barres(Vec<usize>),
    /// Bars that make a whole.
    Empilees(Vec<usize>),
    /// Lines over the rows.
    Courbes(Vec<usize>),
}

impl Revue {
    /// Every figure, in order.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.chapitres.iter().flat_map(|c| &c.blocs).filter_map(|b| match b {
            Bloc::Figure(figure) => Some(figure.as_ref()),
            _ => None,
        })
    }

    /// The same, the names of its tables leading only to the pages that `stands` beside it.
    pub(super) fn linking(mut self, stands: &dyn Fn(&str) -> bool) -> Self {
        for bloc in self.chapitres.iter_mut().flat_map(|c| &mut c.blocs) {
            let tableau = match bloc {
                Bloc::Tableau(tableau) => tableau,
                Bloc::Figure(figure) => &mut figure.tableau,
                _ => continue,
            };
            *tableau = std::mem::take(tableau).linking(stands);
        }
        self
    }

    /// A chapter by its identifier.
    pub(super) fn chapter(&self, id: &str) -> Option<&Chapitre> {
        self.chapitres.iter().find(|c| c.id == id)
    }
}

impl Chapitre {
    pub(super) fn new(id: &'static str, titre: &'static str, blocs: Vec<Bloc>) -> Self {
        Self { id, titre, blocs }
    }

    /// The first sentence computed from the figures.
    pub(super) fn finding(&self) -> Option<&str> {
        self.blocs.iter().find_map(|b| match b {
            Bloc::Constat { texte } => Some(texte.as_str()),
            _ => None,
        })
    }
}

impl Bloc {
    pub(super) fn constat(texte: impl Into<String>) -> Self {
        Self::Constat { texte: texte.into() }
    }

    pub(super) fn note(texte: impl Into<String>) -> Self {
        Self::Note { texte: texte.into() }
    }

    pub(super) fn absence(texte: impl Into<String>) -> Self {
        Self::Absence { texte: texte.into() }
    }

    pub(super) fn figure(figure: Option<Figure>) -> Option<Self> {
        figure.map(|f| Self::Figure(Box::new(f)))
    }
}

/// What a picture shows, for who cannot see it: its kind, its finding, and the rows of its table while they are few.
pub(super) fn alternative(genre: &str, titre: &str, tableau: &Tableau) -> String {
    const FEW: usize = 14;
    let mut rows: Vec<String> = tableau.lignes.iter().take(FEW).map(|row| tableau.sentence(row)).collect();
    if let others @ 1.. = tableau.lignes.len().saturating_sub(FEW) {
        let others = i64::try_from(others).unwrap_or(i64::MAX);
        rows.push(format!("et {} dans le tableau", format::count(others, "autre ligne", "autres lignes")));
    }
    let rows = rows.join(" ; ");
    // « n.d. » ends the sentence too.
    format!("{genre}. {titre}. {}.", rows.trim_end_matches('.'))
}
