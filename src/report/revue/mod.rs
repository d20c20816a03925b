//! The review of a territory: what each chapter finds in the tables of the last run, written as one document.

mod annexe;
mod attributions;
mod cartes;
mod cles;
mod cotation;
mod demande;
mod engagements;
mod flux;
mod methode;
mod mixite;
mod parc;
mod priorites;
mod processus;
mod qualite;
mod tension;
mod territoires;

use super::document::{Bloc, Chapitre, Cle, Figure, Natif, Revue, alternative};
use super::donnees::{Donnees, Lieu};
use super::fond::Fond;
use super::mots;
use super::tableau::{Cellule, Tableau};
use super::verdict::Verdict;
use crate::chart::{self, Barre};
use crate::error::Result;
use crate::resultats::RESSOURCES;

pub(super) use cartes::{Etendue, Place, q1 as map_of_rule, rule as map_of_shares, tension as map_of_tension};
pub(super) use cles::{headline, key_figures};
pub(super) use engagements::{commitments, judgement_table, short_judgements};
pub(super) use flux::{Contingents, Flux};
pub(super) use methode::parameters;
pub(super) use mixite::{landlord_shares, verdict_dots};
pub(super) use qualite::doubts;
pub(super) use territoires::{gaps, nothing_judged};

/// Where the review is about, and what it reads.
#[derive(Clone, Copy)]
pub(super) struct Contexte<'a> {
    pub donnees: &'a Donnees<'a>,
    pub lieu: &'a Lieu,
    pub contingents: &'a Contingents,
    pub fond: &'a Fond,
    pub cadre: Cadre,
}

/// What charts have room for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cadre {
    /// Rows of a chart of EPCI or landlords: beyond, some alone are drawn, and the subtitle says which.
    pub rangs: usize,
    /// Height of a map.
    pub carte: f64,
}

impl Cadre {
    /// A page.
    pub const PAGE: Self = Self { rangs: 60, carte: chart::MAP_HEIGHT };
    /// A slide, whose names are read from afar.
    pub const DIAPOSITIVE: Self = Self { rangs: 15, carte: 380.0 };
}

/// What a subtitle adds where a chart does not draw `all` of its rows.
pub(super) fn largest(all: usize, drawn: usize, which: &str) -> String {
    if all > drawn { format!(" ; les {drawn} {which} le plus de baux") } else { String::new() }
}

/// The same for a chart of distances, the furthest behind first, of which `behind` are short of the line.
fn furthest(all: usize, drawn: usize, behind: usize, (who, whom): (&str, &str)) -> String {
    match drawn {
        n if n == all => String::new(),
        n if n > behind => format!(" ; les {n} {who} les plus en retard ou le moins en avance"),
        n => format!(" ; les {n} {who} {whom} il manque le plus de baux"),
    }
}

impl<'a> Contexte<'a> {
    /// Year under review.
    fn millesime(&self) -> i32 {
        self.donnees.plan.millesime
    }

    /// Verdicts on the legal rule outside priority neighbourhoods that have a result: none to draw or to compare where no file
    /// gives resources, since those housed are then in no quartile.
    fn judged(&self) -> Vec<&'a Verdict> {
        let legal = |v: &&Verdict| v.is_legal_q1() && v.resultat.is_some();
        let told = self.donnees.filled(&RESSOURCES);
        self.donnees.verdicts_of(self.lieu).iter().filter(|_| told).filter(legal).collect()
    }

    /// What the legal rule outside priority neighbourhoods asks of this EPCI, if it is held to it.
    fn cible_q1(&self) -> Option<f64> {
        self.judged().first().map(|v| v.cible)
    }

    /// Why the register's counts are not to be trusted here, where leases are signed and it counts no demand, or none that left.
    fn lacune(&self) -> Option<&'static str> {
        let leases = self.row("attributions", &TOUS)?.int("attributions")?;
        let demandes = self.row("demande", &TOUS)?;
        let none = |column: &str| demandes.int(column) == Some(0);
        if leases < mots::PEU_DE_BAUX || !none("radiees") {
            None
        } else if none("actives") && none("deposees") {
            Some(
                "Des baux sont signés ici et le registre n'y compte aucune demande : les fichiers lus ne couvrent sans doute pas ce territoire. Ces 0 ne sont pas des comptes.",
            )
        } else if self.donnees.keeps_the_housed() {
            Some(
                "Des baux sont signés ici et aucune demande n'est radiée : celles des ménages logés sont encore actives dans les fichiers lus. La demande active, son ancienneté et la tension sont surévaluées, et le taux de satisfaction n'est pas donné.",
            )
        } else {
            Some(
                "Des baux sont signés ici et aucune demande n'est radiée : les fichiers lus ne tiennent sans doute que les demandes actives. Les demandes déposées sont plus nombreuses, et le taux de satisfaction n'est pas donné.",
            )
        }
    }

    /// Leases over the demands of the year, where the register holds those that left.
    fn satisfaction(&self) -> Option<f64> {
        self.row("attributions", &TOUS)?.real("taux_satisfaction").filter(|_| self.lacune().is_none())
    }

    /// EPCI of the territory.
    fn epci(&self) -> &'a [Lieu] {
        self.donnees.epci_of(self.lieu)
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
    let mut chapitres = vec![cles::chapter(c)?];
    if !c.lieu.is_epci() {
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
        processus::chapter(c)?,
        flux::chapter(c),
        qualite::chapter(c),
        methode::chapter(c),
        annexe::chapter(c),
    ]);
    Ok(Revue {
        code: c.lieu.code.clone(),
        libelle: if c.lieu.is_territoire() { c.donnees.plan.titre.clone() } else { c.lieu.libelle.clone() },
        niveau: c.lieu.niveau.clone(),
        avertissement: warning(c),
        chapitres,
    })
}

/// What a reader must know before the figures.
fn warning(c: &Contexte<'_>) -> Option<String> {
    let coupe = if c.donnees.manifeste.epci_coupes.contains(&c.lieu.code) {
        Some("Cet EPCI")
    } else {
        c.donnees.departement(c.lieu).filter(|departement| departement.coupe).map(|_| "Ce département")
    };
    mots::avertissement(c.donnees.plan, coupe)
}

/// Counts that make a whole, as bars and as rows: each with its share, and the whole last.
pub(super) fn shares_of(counted: &[(&str, i64)]) -> (Vec<Barre>, Vec<Vec<Cellule>>) {
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
