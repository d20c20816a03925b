//! First-quartile amounts (CCH L441-1): euros per consumption unit and per year, strictly below.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Statut;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::reference::{Confiance, Resources, csv_rows, toml_date, toml_file, toml_interval};

/// A yearly order.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Arrete {
    /// Year in force.
    pub millesime: i32,
    /// The text.
    pub reference: String,
    /// Date of publication.
    #[serde(deserialize_with = "toml_date")]
    pub publie_le: NaiveDate,
    /// Date of the demands it was computed on.
    #[serde(deserialize_with = "toml_date")]
    pub donnees_au: NaiveDate,
    /// First and last day in force.
    #[serde(deserialize_with = "toml_interval")]
    pub effectif: [NaiveDate; 2],
    /// Whether every EPCI of the order is in the table.
    pub complet: bool,
    /// Trust.
    pub statut: Confiance,
    /// Day of the last check.
    #[serde(deserialize_with = "toml_date")]
    pub verifie_le: NaiveDate,
    /// Remark.
    #[serde(default)]
    pub note: String,
}

/// Amounts of one EPCI for one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seuil {
    /// Year the amounts were set for.
    pub millesime: i32,
    /// First quartile.
    pub q1: i64,
    /// Second quartile, informative.
    pub q2: Option<i64>,
    /// Third quartile, informative.
    pub q3: Option<i64>,
    /// What a verdict that uses it rests on.
    pub statut: Statut,
    /// The text.
    pub reference: String,
    /// Day of the last check; none for the project's own amounts.
    pub verifie_le: Option<NaiveDate>,
}

/// What the year's orders say of an EPCI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Situation {
    /// It has an amount.
    Seuil(Seuil),
    /// A complete order does not list it: the quartile rules do not bind it.
    HorsChamp(String),
    /// No amount is known, and no complete order rules it out.
    SansSeuil(String),
}

/// First-quartile amount, then the informative second and third.
type Montants = (i64, Option<i64>, Option<i64>);

/// How far an amount goes from one year to the next, in hundredths, before it is taken for a typing error.
const SAUT_MAX: i64 = 15;

/// The amounts in force in one year.
#[derive(Debug)]
pub struct SeuilsDeLAnnee {
    millesime: i32,
    /// Orders known, by year.
    pub arretes: BTreeMap<i32, Arrete>,
    amounts: BTreeMap<(i32, String), Montants>,
    own: BTreeMap<(i32, String), (Montants, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arretes {
    arrete: Vec<Arrete>,
}

impl SeuilsDeLAnnee {
    /// Loads the embedded orders and the project's own amounts.
    ///
    /// # Errors
    /// [`Error::Resource`] when a table does not hold what it must.
    pub fn load(plan: &Plan) -> Result<Self> {
        let resources = plan.resources();
        let mut seuils = Self::embedded(&resources, plan.millesime)?;
        for s in &plan.seuils {
            let embedded = seuils.amounts.get(&(s.millesime, s.epci.clone())).copied();
            let (q2, q3) = match (s.q2, s.q3, embedded) {
                (None, None, Some((_, q2, q3))) => (q2.filter(|q| *q >= s.montant), q3),
                (q2, q3, _) => (q2, q3),
            };
            let reference = if s.reference.is_empty() { "montant donné par le projet" } else { &s.reference };
            seuils.own.insert((s.millesime, s.epci.clone()), ((s.montant, q2, q3), reference.to_owned()));
        }
        Ok(seuils)
    }

    /// The embedded orders alone.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn embedded(resources: &Resources, millesime: i32) -> Result<Self> {
        const Q1: &str = "reference/seuils/q1.csv";
        const Q2_Q3: &str = "reference/seuils/q2_q3.csv";
        let number = |path: &'static str, text: &str| -> Result<i64> {
            text.parse().map_err(|_| Error::resource(path, format!("« {text} » n'est pas un montant")))
        };
        let year = |path: &'static str, text: &str| -> Result<i32> {
            text.parse().map_err(|_| Error::resource(path, format!("« {text} » n'est pas une année")))
        };
        let arretes: Arretes = toml_file(resources, "reference/seuils/arretes.toml")?;
        let mut amounts = BTreeMap::new();
        for row in csv_rows(resources, Q1, &["millesime", "epci", "montant"])? {
            let key = (year(Q1, &row[0])?, row[1].clone());
            if amounts.insert(key, (number(Q1, &row[2])?, None, None)).is_some() {
                return Err(Error::resource(Q1, format!("EPCI {} deux fois en {}", row[1], row[0])));
            }
        }
        for row in csv_rows(resources, Q2_Q3, &["millesime", "epci", "q2", "q3"])? {
            if let Some(amount) = amounts.get_mut(&(year(Q2_Q3, &row[0])?, row[1].clone())) {
                amount.1 = Some(number(Q2_Q3, &row[2])?);
                amount.2 = Some(number(Q2_Q3, &row[3])?);
            }
        }
        let arretes = arretes.arrete.into_iter().map(|a| (a.millesime, a)).collect();
        Ok(Self { millesime, arretes, amounts, own: BTreeMap::new() })
    }

    /// Every embedded amount: year, EPCI, first quartile.
    pub fn amounts(&self) -> impl Iterator<Item = (i32, &str, i64)> {
        self.amounts.iter().map(|((year, epci), (q1, _, _))| (*year, epci.as_str(), *q1))
    }

    /// Why the project's own amount is to be looked at again: the order of that year says otherwise, or it is further from the
    /// nearest amount known of that EPCI, or from those of all where it has none, than amounts go in as many years.
    pub(super) fn doubt(&self, millesime: i32, epci: &str) -> Option<String> {
        let ((own, _, _), _) = self.own.get(&(millesime, epci.to_owned()))?;
        let euros = |n: i64| format!("{}\u{a0}€", format::integer(n));
        let given = format!("montant du projet ({})", euros(*own));
        let known: Vec<(i32, i64)> = self.amounts().filter(|(_, e, _)| *e == epci).map(|(y, _, q1)| (y, q1)).collect();
        if let Some(order) = self.arretes.get(&millesime) {
            match known.iter().find(|(year, _)| *year == millesime) {
                Some((_, q1)) if q1 == own => return None,
                Some((_, q1)) => return Some(format!("{given} au lieu de {} ({})", euros(*q1), order.reference)),
                None if order.complet => {
                    return Some(format!("{given} d'un EPCI absent de l'arrêté de {millesime} ({})", order.reference));
                }
                None => {}
            }
        }
        let alone = !known.is_empty();
        let known = if alone { known } else { self.amounts().map(|(year, _, q1)| (year, q1)).collect() };
        let far = known.iter().map(|(year, _)| (year - millesime).abs()).min()?;
        let near = known.iter().filter(|(year, _)| (year - millesime).abs() == far);
        let (year, least) = near.clone().min_by_key(|(_, q1)| q1)?;
        let (_, most) = near.max_by_key(|(_, q1)| q1)?;
        let margin = SAUT_MAX * i64::from(far.max(1));
        if own * 100 >= least * (100 - margin) && own * 100 <= most * (100 + margin) {
            return None;
        }
        let whose = if alone {
            format!("celui de {year} ({})", euros(*least))
        } else {
            format!("ceux des autres EPCI en {year} ({} à {})", euros(*least), euros(*most))
        };
        Some(format!("{given} loin de {whose}"))
    }

    fn amount(&self, millesime: i32, epci: &str, statut: Statut) -> Option<Seuil> {
        let key = (millesime, epci.to_owned());
        if let Some(((q1, q2, q3), reference)) = self.own.get(&key) {
            let reference = reference.clone();
            return Some(Seuil { millesime, q1: *q1, q2: *q2, q3: *q3, statut, reference, verifie_le: None });
        }
        let (q1, q2, q3) = *self.amounts.get(&key)?;
        let arrete = self.arretes.get(&millesime)?;
        let statut = if arrete.statut == Confiance::Assumed { Statut::Hypothese } else { statut };
        Some(Seuil {
            millesime,
            q1,
            q2,
            q3,
            statut,
            reference: arrete.reference.clone(),
            verifie_le: Some(arrete.verifie_le),
        })
    }

    /// What the year's orders say of this EPCI: its own amount; else, while the year's order is not out or only partly
    /// known, that of the year before.
    #[must_use]
    pub fn situation(&self, epci: &str) -> Situation {
        let year = self.millesime;
        if let Some(seuil) = self.amount(year, epci, Statut::Definitif) {
            return Situation::Seuil(seuil);
        }
        if let Some(arrete) = self.arretes.get(&year).filter(|a| a.complet) {
            return Situation::HorsChamp(format!("EPCI absent de l'arrêté de {year} ({})", arrete.reference));
        }
        if let Some(seuil) = self.amount(year - 1, epci, Statut::Provisoire) {
            return Situation::Seuil(seuil);
        }
        Situation::SansSeuil(format!(
            "aucun montant connu pour {year} ni pour {} ; ajoutez-le dans bilan.toml ([[seuil_q1]])",
            year - 1
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation(year: i32, epci: &str) -> Situation {
        SeuilsDeLAnnee::embedded(&Resources::embedded(), year).unwrap().situation(epci)
    }

    /// Clermont Auvergne Métropole, order of 3 June 2025.
    #[test]
    fn the_years_own_amount_is_definitive() {
        let Situation::Seuil(seuil) = situation(2025, "246300701") else { panic!("no amount") };
        assert_eq!(
            (seuil.q1, seuil.q2, seuil.q3, seuil.statut),
            (10_141, Some(14_400), Some(19_440), Statut::Definitif)
        );
    }

    #[test]
    fn an_order_not_out_yet_leaves_the_year_before_provisionally() {
        let Situation::Seuil(seuil) = situation(2027, "246300701") else { panic!("no amount") };
        assert_eq!((seuil.millesime, seuil.statut), (2026, Statut::Provisoire));
        // 2020 is an extract: Vichy is in it, Clermont is not, and that says nothing of Clermont.
        let Situation::Seuil(seuil) = situation(2021, "200071363") else { panic!("no amount") };
        assert_eq!((seuil.q1, seuil.statut), (6_488, Statut::Provisoire));
        assert!(matches!(situation(2020, "246300701"), Situation::SansSeuil(_)));
        assert!(matches!(situation(2018, "246300701"), Situation::SansSeuil(_)));
    }

    #[test]
    fn an_epci_absent_from_a_complete_order_is_out_of_scope() {
        // CC du Massif du Sancy (246300966): not listed in the order of 3 June 2025.
        assert!(matches!(situation(2025, "246300966"), Situation::HorsChamp(_)));
    }

    /// Clermont: 10 141 € by the order of 2025, 10 083 in 2024; an EPCI that the order leaves out, one that no order has.
    #[test]
    fn an_amount_of_the_project_that_no_order_bears_out_is_doubted() {
        let doubt = |year: i32, epci: &str, montant: i64| {
            let mut seuils = SeuilsDeLAnnee::embedded(&Resources::embedded(), year).unwrap();
            seuils.own.insert((year, epci.to_owned()), ((montant, None, None), String::new()));
            seuils.doubt(year, epci).map(|told| told.replace(['\u{a0}', '\u{202f}'], " "))
        };
        let (clermont, sancy) = ("246300701", "246300966");
        assert_eq!(doubt(2025, clermont, 10_141), None);
        assert_eq!(
            doubt(2025, clermont, 845).unwrap(),
            "montant du projet (845 €) au lieu de 10 141 € (Arrêté du 3 juin 2025)"
        );
        assert!(doubt(2025, sancy, 9_000).unwrap().contains("absent de l'arrêté de 2025"));
        let known = SeuilsDeLAnnee::embedded(&Resources::embedded(), 2024).unwrap();
        let of_2024 = known.amounts().find(|(year, epci, _)| (*year, *epci) == (2024, clermont)).unwrap().2;
        // Two years from the nearest known: 30 %, either way.
        let (low, high) = (of_2024 * 70 / 100 + 1, of_2024 * 130 / 100);
        assert_eq!((doubt(2022, clermont, low), doubt(2022, clermont, high)), (None, None));
        for montant in [low - 2, high + 1] {
            assert!(doubt(2022, clermont, montant).unwrap().contains("loin de celui de 2024"), "{montant}");
        }
        assert_eq!(doubt(2023, sancy, 8_000), None);
        assert!(doubt(2023, sancy, 700).unwrap().contains("loin de ceux des autres EPCI en 2024"));
    }

    #[derive(serde::Deserialize)]
    struct Derogations {
        derogation: Vec<Derogation>,
    }

    #[derive(serde::Deserialize)]
    struct Derogation {
        millesime: i32,
        epci: String,
        avant: i64,
        apres: i64,
        motif: String,
    }

    /// A typing error does not pass for an amount: a jump above 15 % from one year to the next needs a written waiver.
    #[test]
    fn a_large_jump_needs_a_written_waiver() {
        let resources = Resources::embedded();
        let waivers: Derogations = toml_file(&resources, "reference/seuils/derogations.toml").unwrap();
        let seuils = SeuilsDeLAnnee::embedded(&resources, 0).unwrap();
        let amounts: BTreeMap<(i32, &str), i64> = seuils.amounts().map(|(year, epci, q1)| ((year, epci), q1)).collect();
        let mut jumps = Vec::new();
        for ((year, epci), now) in &amounts {
            if let Some(before) = amounts.get(&(year - 1, *epci))
                && (now - before).abs() * 100 > SAUT_MAX * before
            {
                jumps.push((*year, (*epci).to_owned(), *before, *now));
            }
        }
        let waived: Vec<_> =
            waivers.derogation.iter().map(|d| (d.millesime, d.epci.clone(), d.avant, d.apres)).collect();
        assert_eq!(jumps, waived);
        assert!(waivers.derogation.iter().all(|d| d.motif.len() > 20));
    }

    /// Each order covers its whole year once, comes out after the demands it was computed on, and lists whom it says.
    #[test]
    fn orders_cover_their_year_and_name_their_text() {
        let seuils = SeuilsDeLAnnee::embedded(&Resources::embedded(), 0).unwrap();
        for (year, arrete) in &seuils.arretes {
            let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
            assert_eq!(arrete.effectif, [day(*year, 1, 1), day(*year, 12, 31)]);
            assert!(arrete.donnees_au == day(year - 1, 12, 31) && arrete.publie_le > arrete.donnees_au);
            assert!(!arrete.reference.is_empty() && arrete.verifie_le > arrete.publie_le);
            let listed = seuils.amounts().filter(|(y, _, _)| y == year).count();
            assert_eq!(arrete.complet, listed > 400, "{year}: {listed}");
        }
        assert!(
            seuils.amounts().all(|(year, _, q1)| seuils.arretes.contains_key(&year) && (3_000..20_000).contains(&q1))
        );
    }
}
