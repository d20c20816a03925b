//! Dated parameters: each a value over a closed span of days, what it does, and where it comes from.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Resources, toml_file};
use crate::error::{Error, Result};

const PATH: &str = "reference/parametres.toml";

/// How far a value can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confiance {
    /// The text itself was read.
    Verified,
    /// A source that quotes the text.
    Secondary,
    /// A choice of this program: no source settles it.
    Assumed,
}

impl Confiance {
    /// The words printed beside a value.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Verified => "vérifié",
            Self::Secondary => "source secondaire",
            Self::Assumed => "hypothèse",
        }
    }
}

/// A value over a span of days.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parametre {
    /// Name; one name may have several values, over spans that do not meet.
    pub nom: String,
    /// A number, a word, a flag or a list of words.
    pub valeur: toml::Value,
    /// First and last day in force, both included.
    #[serde(deserialize_with = "toml_interval")]
    pub effectif: [NaiveDate; 2],
    /// Publication of the text.
    #[serde(default, deserialize_with = "optional_toml_date")]
    pub publie_le: Option<NaiveDate>,
    /// Unit.
    pub unite: String,
    /// What it does.
    pub definition: String,
    /// Where it comes from.
    pub reference: String,
    /// Trust.
    pub statut: Confiance,
    /// Day of the last check.
    #[serde(deserialize_with = "toml_date")]
    pub verifie_le: NaiveDate,
    /// Remark.
    #[serde(default)]
    pub note: String,
}

/// A date of TOML.
///
/// # Errors
/// When it is not a day.
pub(crate) fn toml_date<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<NaiveDate, D::Error> {
    let value = toml::value::Datetime::deserialize(deserializer)?;
    to_date(&value).ok_or_else(|| serde::de::Error::custom("date attendue"))
}

fn optional_toml_date<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<NaiveDate>, D::Error> {
    toml_date(deserializer).map(Some)
}

/// Two dates of TOML.
///
/// # Errors
/// When they are not two days.
pub(crate) fn toml_interval<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<[NaiveDate; 2], D::Error> {
    let [from, to] = <[toml::value::Datetime; 2]>::deserialize(deserializer)?;
    match (to_date(&from), to_date(&to)) {
        (Some(from), Some(to)) => Ok([from, to]),
        _ => Err(serde::de::Error::custom("deux dates attendues")),
    }
}

fn to_date(value: &toml::value::Datetime) -> Option<NaiveDate> {
    let date = value.date.filter(|_| value.time.is_none())?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

/// Every parameter, found by name and day.
#[derive(Debug, Clone)]
pub struct Parametres {
    list: Vec<Parametre>,
}

#[derive(Deserialize)]
struct Fichier {
    parametre: Vec<Parametre>,
}

impl Parametres {
    /// Loads them, in the order of the file.
    ///
    /// # Errors
    /// [`Error::Resource`] when the file does not hold what it must, or when spans of one name meet or leave a gap.
    pub fn load(resources: &Resources) -> Result<Self> {
        let parametres = Self { list: toml_file::<Fichier>(resources, PATH)?.parametre };
        let faults = parametres.faults();
        if faults.is_empty() { Ok(parametres) } else { Err(Error::resource(PATH, faults.join(" ; "))) }
    }

    /// Every value, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Parametre> {
        self.list.iter()
    }

    /// The value in force on a day.
    ///
    /// # Errors
    /// [`Error::Resource`] when there is none.
    pub fn at(&self, nom: &str, day: NaiveDate) -> Result<&Parametre> {
        let found = self.list.iter().find(|p| p.nom == nom && p.effectif[0] <= day && day <= p.effectif[1]);
        found.ok_or_else(|| Error::resource(PATH, format!("aucune valeur de « {nom} » au {day}")))
    }

    /// The number in force on a day.
    ///
    /// # Errors
    /// [`Error::Resource`] when there is none.
    pub fn number(&self, nom: &str, day: NaiveDate) -> Result<f64> {
        match &self.at(nom, day)?.valeur {
            toml::Value::Float(x) => Ok(*x),
            #[expect(clippy::cast_precision_loss, reason = "parameters are small numbers")]
            toml::Value::Integer(n) => Ok(*n as f64),
            _ => Err(Error::resource(PATH, format!("« {nom} » n'est pas un nombre"))),
        }
    }

    /// Whether a flag is set on a day.
    ///
    /// # Errors
    /// [`Error::Resource`] when there is none.
    pub fn flag(&self, nom: &str, day: NaiveDate) -> Result<bool> {
        self.at(nom, day)?
            .valeur
            .as_bool()
            .ok_or_else(|| Error::resource(PATH, format!("« {nom} » n'est pas oui ou non")))
    }

    /// A number of months on a day.
    ///
    /// # Errors
    /// [`Error::Resource`] when there is none, or it is no number of months.
    pub fn months(&self, nom: &str, day: NaiveDate) -> Result<Months> {
        let months = self.at(nom, day)?.valeur.as_integer().and_then(|n| u32::try_from(n).ok());
        months.map(Months::new).ok_or_else(|| Error::resource(PATH, format!("« {nom} » n'est pas un nombre de mois")))
    }

    /// The month and day, in the year after `millesime`, that a parameter such as `"01-31"` names.
    ///
    /// # Errors
    /// [`Error::Resource`] when it names none.
    pub fn day_after(&self, nom: &str, millesime: i32) -> Result<NaiveDate> {
        let last_day = NaiveDate::from_ymd_opt(millesime, 12, 31).unwrap_or(NaiveDate::MAX);
        let text = self.at(nom, last_day)?.valeur.as_str().unwrap_or_default();
        format!("{}-{text}", millesime + 1)
            .parse()
            .map_err(|_| Error::resource(PATH, format!("« {nom} » n'est pas un mois et un jour")))
    }

    /// First day from which a list holds a word that it did not hold before, or the far past.
    #[must_use]
    pub fn since(&self, nom: &str, word: &str) -> NaiveDate {
        let holds = |p: &&Parametre| {
            p.nom == nom && p.valeur.as_array().is_some_and(|list| list.iter().any(|v| v.as_str() == Some(word)))
        };
        self.list.iter().filter(holds).map(|p| p.effectif[0]).min().unwrap_or(NaiveDate::MAX)
    }

    /// Spans that meet, leave a gap or end before they start; `verified` values without a text.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut spans: BTreeMap<&str, Vec<[NaiveDate; 2]>> = BTreeMap::new();
        for p in &self.list {
            if p.effectif[0] > p.effectif[1] {
                faults.push(format!("{} : période à l'envers", p.nom));
            }
            if p.reference.trim().is_empty() {
                faults.push(format!("{} : sans référence", p.nom));
            }
            spans.entry(&p.nom).or_default().push(p.effectif);
        }
        for (nom, mut list) in spans {
            list.sort_unstable();
            for pair in list.windows(2) {
                if pair[0][1].checked_add_days(Days::new(1)) != Some(pair[1][0]) {
                    faults.push(format!("{nom} : trou ou recouvrement au {}", pair[1][0]));
                }
            }
        }
        faults
    }

    /// Whether a value last checked on `verifie_le` is too old to be relied on for an extraction of `extraction`: never
    /// against the clock, so that the same inputs give the same bytes on any day.
    ///
    /// # Errors
    /// [`Error::Resource`] when the limit itself is missing.
    pub fn is_stale(&self, verifie_le: NaiveDate, extraction: NaiveDate) -> Result<bool> {
        let limit = self.months("peremption_mois", extraction)?;
        Ok(verifie_le.checked_add_months(limit).is_some_and(|end| end < extraction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn every_parameter_covers_its_span_once_and_names_its_text() {
        let parametres = Parametres::load(&Resources::embedded()).unwrap();
        assert!(parametres.faults().is_empty());
        // The law's first day, ELAN's eve and first day, today.
        for date in [day(2017, 1, 29), day(2018, 11, 24), day(2018, 11, 25), day(2026, 11, 24)] {
            for nom in parametres.iter().map(|p| p.nom.clone()).collect::<Vec<_>>() {
                assert!(parametres.at(&nom, date).is_ok(), "{nom} on {date}");
            }
        }
    }

    #[test]
    fn a_gap_or_an_overlap_is_found() {
        let mut parametres = Parametres::load(&Resources::embedded()).unwrap();
        let at = parametres.list.iter().position(|p| p.effectif[1] == day(2018, 11, 24)).unwrap();
        for end in [day(2018, 11, 23), day(2018, 11, 25)] {
            parametres.list[at].effectif[1] = end;
            assert_eq!(parametres.faults().len(), 1, "{end}");
        }
    }

    /// Loi 2018-1021 of 23 November 2018, in force on the 25th.
    #[test]
    fn elan_changes_what_counts_and_what_a_convention_may_do() {
        let parametres = Parametres::load(&Resources::embedded()).unwrap();
        assert_eq!(parametres.since("relogement_compte", "ORCOD"), day(2018, 11, 25));
        assert!(parametres.flag("cia_module_le_taux", day(2018, 11, 24)).unwrap());
        assert!(!parametres.flag("cia_module_le_taux", day(2018, 11, 25)).unwrap());
        assert_eq!(parametres.day_after("gel_des_donnees", 2025).unwrap(), day(2026, 1, 31));
    }

    #[test]
    fn a_value_grows_stale_against_the_extraction_and_never_the_clock() {
        let parametres = Parametres::load(&Resources::embedded()).unwrap();
        assert!(!parametres.is_stale(day(2026, 11, 24), day(2026, 1, 31)).unwrap());
        assert!(!parametres.is_stale(day(2026, 11, 24), day(2029, 11, 24)).unwrap());
        assert!(parametres.is_stale(day(2026, 11, 24), day(2029, 11, 25)).unwrap());
    }
}
