//! The fictitious steps of the allocation process: commissions, proposals, visits, refusals.

use std::path::Path;

use chrono::{Days, NaiveDate};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::Csv;
use super::logements::Logement;
use super::tirage::draw;
use crate::error::Result;

const HEADER: &str = "numero_unique;type;date;bailleur;id_rpls;rang;decision;motif";

/// The file of events, and what was let in the commune being written.
pub(super) struct Evenements {
    csv: Csv,
    /// Draws of the events alone.
    tirage: ChaCha8Rng,
    /// Dwellings let: identifier, landlord, day of the decision.
    loues: Vec<(String, String, NaiveDate)>,
}

impl Evenements {
    pub(super) fn create(donnees: &Path, tirage: ChaCha8Rng) -> Result<Self> {
        Ok(Self { csv: Csv::create(&donnees.join("evenements.csv"), HEADER)?, tirage, loues: Vec::new() })
    }

    pub(super) fn next_commune(&mut self) {
        self.loues.clear();
    }

    pub(super) fn finish(self) -> Result<()> {
        self.csv.finish()
    }

    /// The steps that led to a lease: a visit half the time, the commission, the proposal.
    pub(super) fn accepted_proposal(
        &mut self,
        id: &str,
        logement: &Logement,
        bailleur: &str,
        decision: NaiveDate,
        bail: NaiveDate,
        rang: &str,
    ) -> Result<()> {
        let dwelling = &logement.id;
        self.csv.row(format_args!("{id};commission;{decision};{bailleur};{dwelling};{rang};attribution;"))?;
        let proposed = (decision + Days::new(2)).min(bail);
        self.csv.row(format_args!("{id};proposition;{proposed};{bailleur};{dwelling};;;"))?;
        if self.tirage.random_range(0..2) == 0 {
            let visited = (proposed + Days::new(self.tirage.random_range(1..6))).min(bail);
            self.csv.row(format_args!("{id};visite;{visited};{bailleur};{dwelling};;;"))?;
        }
        self.loues.push((dwelling.clone(), bailleur.to_owned(), decision));
        Ok(())
    }

    /// One waiting household in five was examined for a dwelling that another then took.
    pub(super) fn examined(&mut self, id: &str) -> Result<()> {
        if self.loues.is_empty() || self.tirage.random_range(0..5) != 0 {
            return Ok(());
        }
        let (dwelling, bailleur, decision) = &self.loues[self.tirage.random_range(0..self.loues.len())];
        let (rank, answer) = match self.tirage.random_range(0..20) {
            0..14 => (self.tirage.random_range(2..4).to_string(), "rang_suivant"),
            14..18 => (String::new(), "non_attribution"),
            _ => (String::new(), "ajournement"),
        };
        self.csv.row(format_args!("{id};commission;{decision};{bailleur};{dwelling};{rank};{answer};"))
    }

    /// One waiting household in seven had a dwelling proposed that another then took.
    pub(super) fn refused_proposal(&mut self, id: &str) -> Result<()> {
        if self.loues.is_empty() || self.tirage.random_range(0..7) != 0 {
            return Ok(());
        }
        let (dwelling, bailleur, decision) = &self.loues[self.tirage.random_range(0..self.loues.len())];
        let before = decision.checked_sub_days(Days::new(self.tirage.random_range(5..25))).unwrap_or(*decision);
        self.csv.row(format_args!("{id};commission;{before};{bailleur};{dwelling};1;attribution;"))?;
        let proposed = before + Days::new(2);
        self.csv.row(format_args!("{id};proposition;{proposed};{bailleur};{dwelling};;;"))?;
        let answered = proposed + Days::new(self.tirage.random_range(1..10));
        let reasons = [("localisation", 320), ("typologie", 140), ("loyer", 180), ("etat", 90), ("sans_reponse", 270)];
        let (kind, reason) = match self.tirage.random_range(0..20) {
            0 => ("annulation", ""),
            _ => ("refus", draw(&reasons, &mut self.tirage)),
        };
        self.csv.row(format_args!("{id};{kind};{answered};{bailleur};{dwelling};;;{reason}"))
    }
}
