//! The review of a territory as one document: chapters of findings, figures, tables and notes. The page, the PDF, the deck
//! and the workbook are all rendered from it, so that no number can differ between them.

mod annexe;
mod attributions;
mod cles;
mod demande;
mod engagements;
mod flux;
mod methode;
mod mixite;
mod parc;
mod priorites;
mod processus;
mod qualite;
mod tableau;
mod tension;
mod territoires;

use serde::Serialize;

use super::cartes::Fond;
use super::donnees::{Donnees, Lieu};
use crate::chart::{Barre, Dessin};
use crate::error::Result;

pub(super) use cles::{headline, key_figures};
pub(super) use engagements::{judgement_table, short_judgements};
pub(super) use flux::{Contingents, Flux};
pub(super) use methode::parameters;
pub(super) use tableau::{Cellule, Tableau};

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

/// Where the review is about, and what it reads.
#[derive(Clone, Copy)]
pub(super) struct Contexte<'a> {
    pub donnees: &'a Donnees<'a>,
    pub lieu: &'a Lieu,
    pub contingents: &'a Contingents,
    pub fond: &'a Fond,
}

impl<'a> Contexte<'a> {
    /// Year under review.
    fn millesime(&self) -> i32 {
        self.donnees.plan.millesime
    }

    /// What the legal rule outside priority neighbourhoods asks of this EPCI, if it is held to it.
    fn cible_q1(&self) -> Option<f64> {
        let legal = |v: &&super::Verdict| v.regle == "q1_hors_qpv" && v.base == "loi" && v.resultat.is_some();
        self.donnees.verdicts_of(self.lieu).iter().find(legal).map(|v| v.cible)
    }

    /// EPCI of the territory: itself, or all of them.
    fn epci(&self) -> Vec<Lieu> {
        if self.lieu.is_territoire() { self.donnees.epci() } else { vec![self.lieu.clone()] }
    }

    /// The row of this territory in a table whose dimensions have these values.
    fn row(&self, table: &str, dimensions: &[(&str, &str)]) -> Option<super::donnees::Ligne<'a>> {
        self.donnees.row(table, self.lieu, dimensions)
    }
}

/// Row of a table that counts every household and typology.
const TOUS: [(&str, &str); 2] = [("population", "ensemble"), ("typologie", "ensemble")];
/// Row of a table that counts every household, typology and category.
const TOUT: [(&str, &str); 3] = [("population", "ensemble"), ("typologie", "ensemble"), ("categorie", "ensemble")];

/// Builds the review of a territory.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub(super) fn build(c: &Contexte<'_>) -> Result<Revue> {
    let coupe = c.donnees.manifeste.epci_coupes.contains(&c.lieu.code);
    let mut chapitres = vec![cles::chapter(c)?];
    if c.lieu.is_territoire() {
        chapitres.push(territoires::chapter(c)?);
    }
    chapitres.extend([
        parc::chapter(c)?,
        demande::chapter(c)?,
        attributions::chapter(c)?,
        tension::chapter(c)?,
        mixite::chapter(c)?,
        priorites::chapter(c)?,
        engagements::chapter(c)?,
        processus::chapter(c),
        flux::chapter(c),
        qualite::chapter(c),
        methode::chapter(c),
        annexe::chapter(c),
    ]);
    Ok(Revue {
        code: c.lieu.code.clone(),
        libelle: if c.lieu.is_territoire() { c.donnees.plan.titre.clone() } else { c.lieu.libelle.clone() },
        niveau: c.lieu.niveau.clone(),
        avertissement: coupe.then(|| {
            "Cet EPCI est coupé par le périmètre du bilan : tout est compté sur sa partie intérieure.".to_owned()
        }),
        chapitres,
    })
}

impl Revue {
    /// Every figure, in order.
    pub(super) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.chapitres.iter().flat_map(|c| &c.blocs).filter_map(|b| match b {
            Bloc::Figure(figure) => Some(figure.as_ref()),
            _ => None,
        })
    }

    /// A chapter by its identifier.
    pub(super) fn chapter(&self, id: &str) -> Option<&Chapitre> {
        self.chapitres.iter().find(|c| c.id == id)
    }
}

impl Chapitre {
    fn new(id: &'static str, titre: &'static str, blocs: Vec<Bloc>) -> Self {
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
    fn constat(texte: impl Into<String>) -> Self {
        Self::Constat { texte: texte.into() }
    }

    fn note(texte: impl Into<String>) -> Self {
        Self::Note { texte: texte.into() }
    }

    fn absence(texte: impl Into<String>) -> Self {
        Self::Absence { texte: texte.into() }
    }

    fn figure(figure: Option<Figure>) -> Option<Self> {
        figure.map(|f| Self::Figure(Box::new(f)))
    }
}

/// What a picture shows, for who cannot see it: its kind, its finding, and the rows of its table while they are few.
pub(super) fn alternative(genre: &str, titre: &str, tableau: &Tableau) -> String {
    const FEW: usize = 14;
    let mut rows: Vec<String> = tableau.lignes.iter().take(FEW).map(|row| tableau.sentence(row)).collect();
    if tableau.lignes.len() > FEW {
        rows.push(format!("et {} autres lignes dans le tableau", tableau.lignes.len() - FEW));
    }
    format!("{genre}. {titre}. {}.", rows.join(" ; "))
}

/// Counts that make a whole, as bars and as rows: each with its share, and the whole last.
fn shares_of(counted: &[(&str, i64)]) -> (Vec<Barre>, Vec<Vec<Cellule>>) {
    let whole: i64 = counted.iter().map(|(_, n)| n).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let share = |n: i64| (whole > 0).then(|| n as f64 / whole as f64);
    let bars = counted
        .iter()
        .map(|(name, n)| Barre {
            nom: (*name).to_owned(),
            valeur: share(*n),
            etiquette: format!("{} ({})", Cellule::Part(share(*n)).shown(), crate::format::integer(*n)),
            manquee: false,
        })
        .collect();
    let rows = counted
        .iter()
        .copied()
        .chain([("Ensemble", whole)])
        .map(|(name, n)| vec![Cellule::texte(name), Cellule::Nombre(Some(n)), Cellule::Part(share(n))])
        .collect();
    (bars, rows)
}

/// How many of a whole, as a finding begins, and whether its verb is singular: « Un EPCI sur 9 », « Les 9 EPCI »,
/// « Aucun des 9 EPCI n' »; `one` is the noun with its article.
fn of_all(kept: usize, all: usize, one: &str, noun: &str, many: &str) -> (String, bool) {
    match (kept, all) {
        (0, 1) => (format!("{one} n'"), true),
        (1, 1) => (format!("{one} "), true),
        (0, n) => (format!("Aucun des {n} {many} n'"), true),
        (k, n) if k == n => (format!("Les {n} {many} "), false),
        (1, n) => (format!("Un {noun} sur {n} "), true),
        (k, n) => (format!("{k} {many} sur {n} "), false),
    }
}

#[cfg(test)]
mod tests {
    use super::of_all;

    #[test]
    fn a_finding_begins_as_french_counts() {
        let epci = |kept, all| of_all(kept, all, "L'EPCI", "EPCI", "EPCI").0;
        assert_eq!(epci(0, 1), "L'EPCI n'");
        assert_eq!(epci(1, 1), "L'EPCI ");
        assert_eq!(epci(0, 9), "Aucun des 9 EPCI n'");
        assert_eq!(epci(1, 9), "Un EPCI sur 9 ");
        assert_eq!(epci(4, 9), "4 EPCI sur 9 ");
        assert_eq!(epci(9, 9), "Les 9 EPCI ");
    }
}
