//! What a household of a national message adds up to: persons, children under 14, consumption units.

use chrono::NaiveDate;

use crate::error::Result;
use crate::reference::{Parametres, Resources};

/// How a household of a message adds up: dated parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegleMenage {
    /// Weight of a child in alternating custody, in ten-thousandths (parameter `garde_alternee`).
    pub garde_alternee: i64,
    /// An unborn child counts as one under 14 (parameter `enfants_a_naitre`).
    pub enfants_a_naitre: bool,
    /// Pensions paid are taken off the resources (parameter `ressources_versees`).
    pub ressources_versees: bool,
}

impl RegleMenage {
    /// The rules in force on the last day of `year`.
    ///
    /// # Errors
    /// [`crate::error::Error::Resource`] when a parameter is missing or is not what it must be.
    pub fn load(resources: &Resources, year: i32) -> Result<Self> {
        let day = chrono::NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(chrono::NaiveDate::MAX);
        let parametres = Parametres::load(resources)?;
        #[expect(clippy::cast_possible_truncation, reason = "a weight of a few digits")]
        let weight = (parametres.number("garde_alternee", day)? * 10_000.0).round() as i64;
        Ok(Self {
            garde_alternee: weight,
            enfants_a_naitre: parametres.flag("enfants_a_naitre", day)?,
            ressources_versees: parametres.flag("ressources_versees", day)?,
        })
    }
}

/// Who lives in the household of the record being read.
#[derive(Default)]
pub(super) struct Menage {
    /// The message is about a household.
    pub(super) known: bool,
    pub(super) titulaires: i64,
    /// Dates of birth of persons in charge, as written.
    pub(super) a_charge: Vec<String>,
    /// Dates of birth of children in custody, and whether it alternates.
    pub(super) en_garde: Vec<(String, bool)>,
    pub(super) a_naitre: String,
}

impl Menage {
    /// Persons, children under 14 and consumption units, as text; empty where a date of birth that decides is missing.
    ///
    /// Every titulaire is an adult (1, then 0.5); persons in charge weigh 0.5 from 14 years on and 0.3 before; an unborn
    /// child counts as one under 14, a child in alternating custody for part of one, as the parameters say; one under a right
    /// of visit for nothing.
    pub(super) fn counted(self, date: NaiveDate, regle: RegleMenage) -> (String, String, String) {
        if !self.known || self.titulaires == 0 {
            return Default::default();
        }
        let young = |birth: &str| -> Option<bool> {
            let born: NaiveDate = birth.get(..10).unwrap_or(birth).parse().ok()?;
            (born <= date).then(|| date.years_since(born).is_none_or(|years| years < 14))
        };
        let unborn = if self.a_naitre.is_empty() || !regle.enfants_a_naitre {
            Some(0)
        } else {
            self.a_naitre.parse::<i64>().ok()
        };
        let Some(unborn) = unborn.filter(|n| (0..=10).contains(n)) else { return Default::default() };
        let shared: Vec<&str> =
            self.en_garde.iter().filter(|(_, alternates)| *alternates).map(|(b, _)| b.as_str()).collect();
        let persons = self.titulaires + unborn + i64::try_from(self.a_charge.len() + shared.len()).unwrap_or(0);
        let mut children = unborn;
        let mut units = 10_000 + 5_000 * (self.titulaires - 1) + 3_000 * unborn;
        let weighed = self
            .a_charge
            .iter()
            .map(|b| (b.as_str(), 10_000))
            .chain(shared.into_iter().map(|b| (b, regle.garde_alternee)));
        for (birth, weight) in weighed {
            let Some(young) = young(birth) else { return (persons.to_string(), String::new(), String::new()) };
            children += i64::from(young);
            units += if young { 3_000 } else { 5_000 } * weight / 10_000;
        }
        (persons.to_string(), children.to_string(), ten_thousandths(units))
    }
}

/// An amount held in ten-thousandths, as text.
pub(super) fn ten_thousandths(n: i64) -> String {
    format!("{}{}.{:04}", if n < 0 { "-" } else { "" }, (n / 10_000).abs(), (n % 10_000).abs())
}
