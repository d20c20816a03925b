//! The naive computation: records as plain structs, one loop a figure, written from the counting rules alone.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::format_push_string,
    clippy::unused_self,
    reason = "small counts of small registers, and plain code before fast code"
)]

use chrono::{Datelike, Months, NaiveDate};
use proptest::prelude::*;

pub const ANNEE: i32 = 2025;

/// commune, EPCI, département, région: facts of the geography of 2025, retyped here.
const LIEUX: [(&str, &str, &str, &str); 9] = [
    ("63113", "246300701", "63", "84"),
    ("63014", "246300701", "63", "84"),
    ("03310", "200071363", "03", "84"),
    ("03185", "200071082", "03", "84"),
    ("15014", "241500230", "15", "84"),
    ("63430", "200070712", "63", "84"),
    ("63047", "246300966", "63", "84"),
    ("43157", "200073419", "43", "84"),
    ("75056", "217500016", "75", "11"),
];
/// Amounts of 2025 (order of 3 June 2025) and informative Q2 and Q3.
const SEUILS: [(&str, i64, Option<i64>, Option<i64>); 6] = [
    ("246300701", 10_141, Some(14_400), Some(19_440)),
    ("200071363", 9_108, Some(12_828), Some(17_650)),
    ("200071082", 8_003, Some(11_600), Some(15_732)),
    ("241500230", 9_067, Some(12_966), Some(18_276)),
    ("200070712", 8_957, Some(12_372), Some(16_524)),
    ("200073419", 9_576, Some(12_900), Some(17_640)),
];
const TYPOLOGIES: [&str; 7] = ["C", "T1", "T2", "T3", "T4", "T5", "T6P"];

#[derive(Debug, Clone)]
pub struct Menage {
    pub personnes: Option<i64>,
    pub enfants: Option<i64>,
    /// Tenths.
    pub uc: Option<i64>,
    /// Cents.
    pub ressources: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Demande {
    pub numero: String,
    pub depot: NaiveDate,
    pub radiation: Option<NaiveDate>,
    pub motif: Option<&'static str>,
    pub morale: Option<bool>,
    pub menage: Menage,
    pub logement: Option<&'static str>,
    pub typologies: Vec<&'static str>,
    pub communes: Vec<usize>,
    pub categorie: Option<&'static str>,
    pub dalo: Option<&'static str>,
    pub prioritaire: Option<bool>,
    pub situation: Option<&'static str>,
    pub cotation: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Attribution {
    pub numero: String,
    pub depot: Option<NaiveDate>,
    pub bail: NaiveDate,
    pub bailleur: &'static str,
    pub rpls: Option<usize>,
    pub commune: usize,
    pub qpv: Option<bool>,
    pub categorie: Option<&'static str>,
    pub typologie: Option<&'static str>,
    pub financement: Option<&'static str>,
    pub reservataire: Option<&'static str>,
    pub dalo: Option<bool>,
    pub prioritaire: Option<bool>,
    pub relogement: Option<bool>,
    pub mutation: Option<bool>,
    pub morale: Option<bool>,
    pub menage: Menage,
    pub cotation: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Logement {
    pub commune: usize,
    pub qpv: Option<bool>,
    pub construction: Option<&'static str>,
    pub pieces: Option<i64>,
    pub mode: Option<i64>,
    pub locat: Option<i32>,
    pub bail: Option<(u32, i32)>,
    pub vacance: Option<i64>,
    /// Cents.
    pub loyer: Option<i64>,
    /// Tenths.
    pub surface: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Registre {
    pub demandes: Vec<Demande>,
    pub attributions: Vec<Attribution>,
    pub logements: Vec<Logement>,
    pub avec_demandes: bool,
    pub avec_attributions: bool,
    pub avec_rpls: bool,
    pub sans_qpv: Option<usize>,
    pub seuil_local: Option<i64>,
    /// Which typology a demand counts under: `premiere`, `cible`.
    pub typologie_demande: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Valeur {
    Compte(Option<i64>),
    Taux(Option<f64>),
}
use Valeur::{Compte, Taux};

#[derive(Debug, Clone, Copy)]
pub enum Table {
    Parc,
    Demande,
    Attributions,
    Tension,
    Choix,
    Cotation,
    Desequilibre,
    Delais,
    Quartiles,
    Priorites,
}

impl Table {
    pub const ALL: [Table; 10] = [
        Table::Parc,
        Table::Demande,
        Table::Attributions,
        Table::Tension,
        Table::Choix,
        Table::Cotation,
        Table::Desequilibre,
        Table::Delais,
        Table::Quartiles,
        Table::Priorites,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Table::Parc => "parc",
            Table::Demande => "demande",
            Table::Attributions => "attributions",
            Table::Tension => "tension",
            Table::Choix => "choix",
            Table::Cotation => "cotation",
            Table::Desequilibre => "desequilibre",
            Table::Delais => "delais",
            Table::Quartiles => "quartiles",
            Table::Priorites => "priorites",
        }
    }

    pub fn key(self) -> &'static [&'static str] {
        match self {
            Table::Parc => &["niveau", "code", "typologie", "categorie"],
            Table::Demande | Table::Attributions | Table::Desequilibre | Table::Delais => {
                &["niveau", "code", "population", "typologie"]
            }
            Table::Tension => &["niveau", "code", "population", "typologie", "categorie"],
            Table::Choix | Table::Cotation => &["niveau", "code", "typologie"],
            Table::Quartiles => &["niveau", "code", "bailleur", "zone"],
            Table::Priorites => &["niveau", "code", "reservataire"],
        }
    }
}

fn date(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).unwrap()
}

fn dans(niveau: &str, code: &str, commune: usize) -> bool {
    let (c, e, d, r) = LIEUX[commune];
    // Perimeter: départements 03 and 63, and the EPCI of Aurillac and Le Puy.
    let perimetre = ["03", "63"].contains(&d) || ["241500230", "200073419"].contains(&e);
    perimetre
        && match niveau {
            "commune" => c == code,
            "epci" => e == code,
            "departement" => d == code,
            "region" => r == code,
            _ => true,
        }
}

fn vaut(voulu: &str, valeur: Option<&str>) -> bool {
    voulu == "ensemble" || valeur == Some(voulu)
}

fn part(n: i64, d: i64) -> Valeur {
    Taux((d != 0).then(|| n as f64 / d as f64))
}

fn quantile(mut days: Vec<i64>, q: f64) -> Option<f64> {
    days.sort_unstable();
    let last = days.len().checked_sub(1)?;
    let at = q * last as f64;
    let low = at.floor() as usize;
    let high = at.ceil() as usize;
    Some(days[low] as f64 + (days[high] - days[low]) as f64 * (at - low as f64))
}

const MOIS: f64 = 30.4375;

impl Demande {
    fn menage(&self) -> bool {
        self.morale != Some(true)
    }
    fn active(&self, jour: NaiveDate) -> bool {
        self.depot <= jour && self.radiation.is_none_or(|r| r > jour)
    }
    fn population(&self) -> &'static str {
        if self.logement.is_some_and(|l| l.split('|').any(|c| c == "HLM")) { "mutation" } else { "hors_mutation" }
    }
    fn typologie(&self, demandee: &str) -> Option<&'static str> {
        let voulue = self.typologies.first().copied();
        if demandee != "cible" {
            return voulue;
        }
        let isole = matches!(self.situation, Some("C" | "D" | "S" | "V"));
        match self.menage.personnes? {
            1 if voulue == Some("C") || voulue == Some("T1") => Some("T1"),
            1 => Some("T2"),
            2 if isole || self.menage.enfants.unwrap_or(0) >= 1 => Some("T3"),
            n if n >= 6 => Some("T6P"),
            n => Some(TYPOLOGIES[n as usize]),
        }
    }
    fn categorie(&self, voulu: &str) -> bool {
        match voulu {
            "ensemble" => true,
            "collectif" => matches!(self.categorie, Some("A" | "I")),
            "individuel" => matches!(self.categorie, Some("M" | "I")),
            _ => false,
        }
    }
}

/// Consumption units in hundredths.
fn unites(m: &Menage) -> Option<i64> {
    if let Some(uc) = m.uc.filter(|u| *u > 0) {
        return Some(uc * 10);
    }
    let enfants = m.enfants.unwrap_or(0);
    let personnes = m.personnes.filter(|p| enfants < *p)?;
    Some(100 + 50 * (personnes - 1 - enfants) + 30 * enfants)
}

impl Registre {
    pub fn empty() -> Self {
        Self {
            demandes: Vec::new(),
            attributions: Vec::new(),
            logements: Vec::new(),
            avec_demandes: true,
            avec_attributions: true,
            avec_rpls: true,
            sans_qpv: None,
            seuil_local: None,
            typologie_demande: "premiere",
        }
    }

    fn demande(&self, numero: &str) -> Option<&Demande> {
        self.demandes.iter().filter(|_| self.avec_demandes).find(|d| d.numero == numero)
    }

    /// Points of an allocation: its own, else its demand's if it asks for the same EPCI first.
    fn cotation(&self, a: &Attribution) -> Option<i64> {
        let same = |d: &&Demande| LIEUX[d.communes[0]].1 == LIEUX[a.commune].1;
        a.cotation.or_else(|| self.demande(&a.numero).filter(same).and_then(|d| d.cotation))
    }

    /// Allocations of the year to households.
    fn baux(&self) -> impl Iterator<Item = &Attribution> {
        self.attributions.iter().filter(|a| self.avec_attributions && a.bail.year() == ANNEE && a.morale != Some(true))
    }

    fn population(&self, a: &Attribution) -> &'static str {
        match a.mutation {
            Some(true) => "mutation",
            Some(false) => "hors_mutation",
            None => self.demande(&a.numero).map_or("hors_mutation", Demande::population),
        }
    }

    fn delai(&self, a: &Attribution) -> Option<i64> {
        let depot = a.depot.or_else(|| self.demande(&a.numero).map(|d| d.depot))?;
        Some((a.bail - depot).num_days()).filter(|d| *d >= 0)
    }

    fn zone(&self, a: &Attribution) -> &'static str {
        if self.sans_qpv.is_some_and(|c| LIEUX[c].1 == LIEUX[a.commune].1) {
            return "hors_qpv";
        }
        let stock = a.rpls.filter(|_| self.avec_rpls).and_then(|i| self.logements.get(i)).and_then(|l| l.qpv);
        match a.qpv.or(stock) {
            Some(true) => "qpv",
            Some(false) => "hors_qpv",
            None => "inconnue",
        }
    }

    fn seuil(&self, commune: usize) -> Option<(i64, Option<i64>, Option<i64>)> {
        let epci = LIEUX[commune].1;
        if epci == "246300966" {
            return self.seuil_local.map(|m| (m, None, None));
        }
        SEUILS.iter().find(|s| s.0 == epci).map(|s| (s.1, s.2, s.3))
    }

    fn classe(&self, a: &Attribution) -> &'static str {
        let d = self.demande(&a.numero);
        let ressources = a.menage.ressources.or_else(|| d.and_then(|d| d.menage.ressources));
        let uc = unites(&a.menage).or_else(|| d.and_then(|d| unites(&d.menage)));
        let (Some(ressources), Some(uc)) = (ressources.filter(|r| *r > 0), uc) else { return "inconnu" };
        let (q1, q2, q3) = self.seuil(a.commune).unwrap();
        // cents × 12 against euros × hundredths of UC: both in ten-thousandths.
        let revenu = 12 * ressources;
        let sous = |seuil: i64| revenu < seuil * uc;
        match (q2, q3) {
            _ if sous(q1) => "q1",
            (Some(q2), _) if sous(q2) => "q2",
            (Some(_), Some(q3)) if sous(q3) => "q3",
            (Some(_), Some(_)) => "q4",
            _ => "q2_q4",
        }
    }

    pub fn expected(&self, table: Table, key: &[String]) -> Vec<(&'static str, Valeur)> {
        let k = |i: usize| key[i].as_str();
        match table {
            Table::Parc => self.parc(k(0), k(1), k(2), k(3)),
            Table::Demande => self.demande_row(k(0), k(1), k(2), k(3)),
            Table::Attributions => {
                let (n, d) =
                    (self.nombre(k(0), k(1), k(2), k(3), "ensemble"), self.stock_et_flux(k(0), k(1), k(2), k(3)));
                vec![
                    ("attributions", Compte(self.avec_attributions.then_some(n))),
                    (
                        "taux_satisfaction",
                        if self.leases_tell(k(3), "ensemble") && self.demands_tell(k(3), "ensemble") {
                            part(n, d)
                        } else {
                            Taux(None)
                        },
                    ),
                ]
            }
            Table::Tension => {
                let fin = date(ANNEE, 12, 31);
                let demandes = self
                    .demandes
                    .iter()
                    .filter(|d| self.avec_demandes && d.menage() && d.active(fin) && dans(k(0), k(1), d.communes[0]))
                    .filter(|d| {
                        vaut(k(2), Some(d.population()))
                            && vaut(k(3), d.typologie(self.typologie_demande))
                            && d.categorie(k(4))
                    })
                    .count() as i64;
                let n = self.nombre(k(0), k(1), k(2), k(3), k(4));
                let Valeur::Compte(logements) = self.parc(k(0), k(1), k(3), k(4))[0].1.clone() else { unreachable!() };
                vec![
                    ("logements", Compte(logements)),
                    ("demandes", Compte(self.avec_demandes.then_some(demandes))),
                    ("attributions", Compte(self.avec_attributions.then_some(n))),
                    (
                        "tension",
                        if self.demands_tell(k(3), k(4)) && self.leases_tell(k(3), k(4)) {
                            part(demandes, n)
                        } else {
                            Taux(None)
                        },
                    ),
                ]
            }
            Table::Choix => {
                let actives: Vec<&Demande> = self
                    .demandes
                    .iter()
                    .filter(|d| self.avec_demandes && d.menage() && d.active(date(ANNEE, 12, 31)))
                    .filter(|d| vaut(k(2), d.typologie(self.typologie_demande)))
                    .collect();
                let premier = actives.iter().filter(|d| dans(k(0), k(1), d.communes[0])).count() as i64;
                let tout = actives.iter().filter(|d| d.communes.iter().any(|c| dans(k(0), k(1), *c))).count() as i64;
                let n = self.nombre(k(0), k(1), "ensemble", k(2), "ensemble");
                let demandees = self.demands_tell(k(2), "ensemble");
                let louees = self.leases_tell(k(2), "ensemble");
                let c = |n: i64| Compte(demandees.then_some(n));
                vec![
                    ("premier_choix", c(premier)),
                    ("tout_choix", c(tout)),
                    ("part_premier_choix", if demandees { part(premier, tout) } else { Taux(None) }),
                    ("attributions", Compte(louees.then_some(n))),
                    ("tension_tout_choix", if demandees && louees { part(tout, n) } else { Taux(None) }),
                ]
            }
            Table::Cotation => {
                let actives: Vec<&Demande> = self
                    .demandes
                    .iter()
                    .filter(|d| self.avec_demandes && d.menage() && d.active(date(ANNEE, 12, 31)))
                    .filter(|d| dans(k(0), k(1), d.communes[0]) && vaut(k(2), d.typologie(self.typologie_demande)))
                    .collect();
                let baux: Vec<&Attribution> =
                    self.baux().filter(|a| dans(k(0), k(1), a.commune) && vaut(k(2), a.typologie)).collect();
                let points: Vec<i64> = actives.iter().filter_map(|d| d.cotation).collect();
                let loges: Vec<i64> = baux.iter().filter_map(|a| self.cotation(a)).collect();
                let mediane = quantile(points.clone(), 0.5);
                let c = |n: usize| Compte(self.demands_tell(k(2), "ensemble").then_some(n as i64));
                let b = |n: usize| Compte(self.leases_tell(k(2), "ensemble").then_some(n as i64));
                let (du_registre, des_baux) = (self.scores_of_demands(), self.scores_of_leases());
                let si = |dit: bool, valeur: Valeur| match valeur {
                    Compte(_) if !dit => Compte(None),
                    Taux(_) if !dit => Taux(None),
                    dite => dite,
                };
                let au_dela = mediane.map(|m| loges.iter().filter(|p| **p as f64 > m).count());
                vec![
                    ("demandes", c(actives.len())),
                    ("demandes_cotees", si(du_registre, c(points.len()))),
                    ("part_cotees", si(du_registre, part(points.len() as i64, actives.len() as i64))),
                    ("cotation_q1", Taux(quantile(points.clone(), 0.25))),
                    ("cotation_mediane", Taux(mediane)),
                    ("cotation_q3", Taux(quantile(points, 0.75))),
                    ("attributions", b(baux.len())),
                    ("attributions_cotees", si(du_registre || des_baux, b(loges.len()))),
                    ("cotation_mediane_baux", Taux(quantile(loges.clone(), 0.5))),
                    ("au_dela", au_dela.map_or(Compte(None), b)),
                    ("part_au_dela", au_dela.map_or(Taux(None), |n| part(n as i64, loges.len() as i64))),
                ]
            }
            Table::Desequilibre => {
                let de = |typologie: &str| {
                    let cle = [k(0), k(1), k(2), typologie, "ensemble"].map(str::to_owned);
                    self.expected(Table::Tension, &cle).pop().unwrap().1
                };
                let (tension, ensemble) = (de(k(3)), de("ensemble"));
                let rapport = match (&tension, &ensemble) {
                    (Taux(Some(t)), Taux(Some(e))) if *e > 0.0 => Taux(Some(t / e)),
                    _ => Taux(None),
                };
                vec![("tension", tension), ("tension_ensemble", ensemble), ("desequilibre", rapport)]
            }
            Table::Delais => {
                let jours: Vec<i64> = self
                    .baux()
                    .filter(|a| {
                        dans(k(0), k(1), a.commune) && vaut(k(2), Some(self.population(a))) && vaut(k(3), a.typologie)
                    })
                    .filter_map(|a| self.delai(a))
                    .collect();
                let n = jours.len() as i64;
                let q = |q: f64| Taux(quantile(jours.clone(), q).map(|j| j / MOIS));
                vec![
                    ("attributions", Compte(self.avec_attributions.then_some(n))),
                    ("delai_moyen", Taux((n > 0).then(|| jours.iter().sum::<i64>() as f64 / n as f64 / MOIS))),
                    ("delai_q1", q(0.25)),
                    ("delai_median", q(0.5)),
                    ("delai_q3", q(0.75)),
                ]
            }
            Table::Quartiles => self.quartiles(k(0), k(1), k(2), k(3)),
            Table::Priorites => {
                let retenus: Vec<&Attribution> = self
                    .baux()
                    .filter(|a| a.financement != Some("PLI") && dans(k(0), k(1), a.commune))
                    .filter(|a| vaut(k(2), Some(a.reservataire.unwrap_or("inconnu"))))
                    .collect();
                let est = |a: &Attribution| {
                    let d = self.demande(&a.numero);
                    let dalo = a
                        .dalo
                        .or_else(|| d.and_then(|d| d.dalo).map(|s| s == "ACTIF" || s == "ACTREL"))
                        .unwrap_or(false);
                    let prio = a.prioritaire.or_else(|| d.and_then(|d| d.prioritaire)).unwrap_or(false);
                    (dalo, dalo || prio)
                };
                let n = retenus.len() as i64;
                let dalo = retenus.iter().filter(|a| est(a).0).count() as i64;
                let prio = retenus.iter().filter(|a| est(a).1).count() as i64;
                let c = |n: i64| Compte(self.avec_attributions.then_some(n));
                vec![("attributions", c(n)), ("dalo", c(dalo)), ("prioritaires", c(prio)), ("part", part(prio, n))]
            }
        }
    }

    /// Lettings of a territory, population, typology, category.
    fn nombre(&self, niveau: &str, code: &str, population: &str, typologie: &str, categorie: &str) -> i64 {
        self.baux()
            .filter(|a| dans(niveau, code, a.commune) && vaut(population, Some(self.population(a))))
            .filter(|a| vaut(typologie, a.typologie) && vaut(categorie, a.categorie))
            .count() as i64
    }

    fn stock_et_flux(&self, niveau: &str, code: &str, population: &str, typologie: &str) -> i64 {
        let debut = date(ANNEE - 1, 12, 31);
        self.demandes
            .iter()
            .filter(|d| self.avec_demandes && d.menage() && dans(niveau, code, d.communes[0]))
            .filter(|d| vaut(population, Some(d.population())) && vaut(typologie, d.typologie(self.typologie_demande)))
            .map(|d| i64::from(d.active(debut)) + i64::from(d.depot.year() == ANNEE))
            .sum()
    }

    fn demande_row(&self, niveau: &str, code: &str, population: &str, typologie: &str) -> Vec<(&'static str, Valeur)> {
        let fin = date(ANNEE, 12, 31);
        let ici: Vec<&Demande> = self
            .demandes
            .iter()
            .filter(|d| self.avec_demandes && d.menage() && dans(niveau, code, d.communes[0]))
            .filter(|d| vaut(population, Some(d.population())) && vaut(typologie, d.typologie(self.typologie_demande)))
            .collect();
        let actives: Vec<&&Demande> = ici.iter().filter(|d| d.active(fin)).collect();
        let jours: Vec<i64> = actives.iter().map(|d| (fin - d.depot).num_days()).collect();
        let c = |n: usize| Compte(self.avec_demandes.then_some(n as i64));
        let age = |d: &Demande, ans: u32| d.depot + Months::new(12 * ans) <= fin;
        let entre = |bas: u32, haut: u32| {
            c(actives.iter().filter(|d| (bas == 0 || age(d, bas)) && (haut == 0 || !age(d, haut))).count())
        };
        let radiees = || ici.iter().filter(|d| d.radiation.is_some_and(|r| r.year() == ANNEE));
        let n = jours.len();
        vec![
            ("actives", c(n)),
            ("deposees", c(ici.iter().filter(|d| d.depot.year() == ANNEE).count())),
            ("radiees", c(radiees().count())),
            ("radiees_attribution", c(radiees().filter(|d| d.motif == Some("RADATT")).count())),
            ("actives_1er_janvier", c(ici.iter().filter(|d| d.active(date(ANNEE - 1, 12, 31))).count())),
            ("anciennete_moyenne", Taux((n > 0).then(|| jours.iter().sum::<i64>() as f64 / n as f64 / MOIS))),
            ("anciennete_mediane", Taux(quantile(jours.clone(), 0.5).map(|j| j / MOIS))),
            ("moins_1_an", entre(0, 1)),
            ("de_1_a_2_ans", entre(1, 2)),
            ("de_2_a_3_ans", entre(2, 3)),
            ("de_3_a_5_ans", entre(3, 5)),
            ("plus_5_ans", entre(5, 0)),
        ]
    }

    /// Whether the register says scores: those that no row gives are not known to be none.
    fn scores_of_demands(&self) -> bool {
        self.avec_demandes && (self.demandes.is_empty() || self.demandes.iter().any(|d| d.cotation.is_some()))
    }

    fn scores_of_leases(&self) -> bool {
        let leases = &self.attributions;
        self.avec_attributions && (leases.is_empty() || leases.iter().any(|a| a.cotation.is_some()))
    }

    /// Whether demands are given, and told apart by what is asked of them: those that no row tells are not known to be none.
    fn demands_tell(&self, typologie: &str, categorie: &str) -> bool {
        let some = |known: &dyn Fn(&Demande) -> bool| self.demandes.is_empty() || self.demandes.iter().any(known);
        let sized = |d: &Demande| match self.typologie_demande {
            "cible" => d.menage.personnes.is_some(),
            _ => !d.typologies.is_empty(),
        };
        self.avec_demandes
            && (typologie == "ensemble" || some(&sized))
            && (categorie == "ensemble" || some(&|d| d.categorie.is_some()))
    }

    /// The same of leases.
    fn leases_tell(&self, typologie: &str, categorie: &str) -> bool {
        let some =
            |known: &dyn Fn(&Attribution) -> bool| self.attributions.is_empty() || self.attributions.iter().any(known);
        self.avec_attributions
            && (typologie == "ensemble" || some(&|a| a.typologie.is_some()))
            && (categorie == "ensemble" || some(&|a| a.categorie.is_some()))
    }

    fn parc(&self, niveau: &str, code: &str, typologie: &str, categorie: &str) -> Vec<(&'static str, Valeur)> {
        let ici: Vec<&Logement> = self
            .logements
            .iter()
            .filter(|l| self.avec_rpls && l.mode != Some(9) && dans(niveau, code, l.commune))
            .filter(|l| {
                let t = l.pieces.map(|p| if p >= 6 { "T6P".to_owned() } else { format!("T{p}") });
                let g = match l.construction {
                    Some("C") => Some("collectif"),
                    Some("I") => Some("individuel"),
                    Some("E") => Some("etudiant"),
                    _ => None,
                };
                vaut(typologie, t.as_deref()) && vaut(categorie, g)
            })
            .collect();
        let compte = |f: &dyn Fn(&Logement) -> bool| ici.iter().filter(|l| f(l)).count() as i64;
        let c = |n: i64| Compte(self.avec_rpls.then_some(n));
        let n = ici.len() as i64;
        let qpv = compte(&|l| l.qpv == Some(true));
        let loues = compte(&|l| l.mode == Some(1));
        let vacants = compte(&|l| l.mode == Some(2));
        let longs = compte(&|l| l.mode == Some(2) && l.vacance.is_some_and(|v| v > 3));
        let mobile = |l: &Logement| matches!(l.mode, Some(1 | 2)) && l.locat.is_some_and(|y| y < ANNEE - 1);
        let den = compte(&|l| mobile(l));
        let num = compte(&|l| mobile(l) && l.mode == Some(1) && l.bail.is_some_and(|(_, y)| y >= ANNEE - 1));
        let reel = |l: &&&Logement| {
            let vrai = |x: Option<i64>, sentinelle: i64| x.is_some_and(|v| v > 0 && v != sentinelle);
            l.mode == Some(1) && vrai(l.loyer, 999_900) && vrai(l.surface, 99_990)
        };
        let loyer: i64 = ici.iter().filter(reel).filter_map(|l| l.loyer).sum();
        let surface: i64 = ici.iter().filter(reel).filter_map(|l| l.surface).sum();
        // A column that no dwelling of the file fills is one that is not there.
        let dit = |f: &dyn Fn(&Logement) -> bool| self.logements.is_empty() || self.logements.iter().any(f);
        let zone = dit(&|l| l.qpv.is_some());
        let mode = dit(&|l| l.mode.is_some());
        let duree = mode && dit(&|l| l.vacance.is_some());
        let bail = mode && dit(&|l| l.locat.is_some()) && dit(&|l| l.bail.is_some());
        let prix =
            mode && dit(&|l| l.loyer.is_some_and(|x| x != 999_900)) && dit(&|l| l.surface.is_some_and(|x| x != 99_990));
        let si = |dit: bool, n: i64| Compte((self.avec_rpls && dit).then_some(n));
        let taux = |dit: bool, num: i64, den: i64| if dit { part(num, den) } else { Taux(None) };
        let somme = |x: f64| Taux((self.avec_rpls && prix).then_some(x));
        vec![
            ("logements", c(n)),
            ("logements_qpv", si(zone, qpv)),
            ("loues", si(mode, loues)),
            ("vacants", si(mode, vacants)),
            ("vacants_plus_3_mois", si(duree, longs)),
            ("vides", si(mode, compte(&|l| l.mode == Some(3)))),
            ("association", si(mode, compte(&|l| l.mode == Some(4)))),
            ("autres", si(mode, compte(&|l| matches!(l.mode, Some(5 | 6))))),
            ("mobilite_num", si(bail, num)),
            ("mobilite_den", si(bail, den)),
            ("somme_loyer", somme(loyer as f64 / 100.0)),
            ("somme_surface", somme(surface as f64 / 10.0)),
            ("taux_vacance", taux(mode, vacants, loues + vacants)),
            ("taux_vacance_3_mois", taux(duree, longs, loues + vacants)),
            ("taux_mobilite", taux(bail, num, den)),
            ("loyer_m2", Taux((surface > 0).then(|| loyer as f64 / 100.0 / (surface as f64 / 10.0)))),
            ("part_qpv", taux(zone, qpv, n)),
        ]
    }

    fn quartiles(&self, niveau: &str, code: &str, bailleur: &str, zone: &str) -> Vec<(&'static str, Valeur)> {
        let retenus: Vec<&Attribution> = self
            .baux()
            .filter(|a| {
                a.financement != Some("PLI") && self.seuil(a.commune).is_some() && dans(niveau, code, a.commune)
            })
            .filter(|a| vaut(bailleur, Some(a.bailleur)) && vaut(zone, Some(self.zone(a))))
            .collect();
        let classe = |c: &str| retenus.iter().filter(|a| self.classe(a) == c).count() as i64;
        let n = retenus.len() as i64;
        let (q1, inconnu) = (classe("q1"), classe("inconnu"));
        let ou = retenus.iter().filter(|a| self.classe(a) == "q1" || a.relogement == Some(true)).count() as i64;
        let relogement = retenus.iter().filter(|a| a.relogement == Some(true)).count() as i64;
        // Q2 to Q4 are unknown as soon as an allocation lacks its amounts; with none, as soon as an EPCI does, as some of
        // Allier and Puy-de-Dôme do: there only Moulins, Issoire and Riom have amounts besides those used here.
        let lacking = if n > 0 {
            retenus.iter().any(|a| self.seuil(a.commune).unwrap().1.is_none())
        } else {
            (0..LIEUX.len()).filter(|c| dans(niveau, code, *c)).any(|c| self.seuil(c).and_then(|s| s.1).is_none())
                || (niveau == "epci"
                    && LIEUX.iter().all(|l| l.1 != code)
                    && !["200071140", "200070407", "200070753"].contains(&code))
                || ["region", "territoire"].contains(&niveau)
                || (niveau == "departement" && ["03", "63"].contains(&code))
        };
        let c = |n: i64| Compte(self.avec_attributions.then_some(n));
        let detail = |n: i64| Compte((self.avec_attributions && !lacking).then_some(n));
        vec![
            ("attributions", c(n)),
            ("q1", c(q1)),
            ("q2", detail(classe("q2"))),
            ("q3", detail(classe("q3"))),
            ("q4", detail(classe("q4"))),
            ("inconnu", c(inconnu)),
            ("relogement", c(relogement)),
            ("q1_ou_relogement", c(ou)),
            ("part_q1", part(q1, n)),
            ("part_q1_ou_relogement", part(ou, n)),
            ("part_q2_q4", part(n - q1 - inconnu, n)),
        ]
    }

    /// EPCI of the perimeter among the places used here.
    pub fn epcis(&self) -> Vec<&'static str> {
        let mut list: Vec<&str> = LIEUX[..8].iter().map(|l| l.1).collect();
        list.dedup();
        list
    }

    /// Every key that could hold something.
    pub fn keys(&self, table: Table) -> Vec<Vec<String>> {
        let mut places: Vec<(&str, &str)> = vec![("territoire", "territoire")];
        for (c, e, d, r) in LIEUX {
            places.extend([("commune", c), ("epci", e), ("departement", d), ("region", r)]);
        }
        places.sort_unstable();
        places.dedup();
        let with = |list: &[&'static str]| [&["ensemble"], list].concat();
        let mut keys = Vec::new();
        // Scales are each EPCI's own: no wider territory has points; where nobody has any, there is nothing to tell.
        let scored = self.scores_of_demands() || self.scores_of_leases();
        places.retain(|(niveau, _)| {
            !matches!(table, Table::Cotation) || (scored && ["commune", "epci"].contains(niveau))
        });
        for (niveau, code) in places {
            let dimensions: Vec<Vec<&str>> = match table {
                Table::Parc => vec![with(&TYPOLOGIES), with(&["collectif", "individuel", "etudiant"])],
                Table::Tension => {
                    vec![with(&["mutation", "hors_mutation"]), with(&TYPOLOGIES), with(&["collectif", "individuel"])]
                }
                Table::Choix | Table::Cotation => vec![with(&TYPOLOGIES)],
                Table::Quartiles if niveau == "epci" => vec![with(&BAILLEURS), with(&["hors_qpv", "qpv", "inconnue"])],
                Table::Quartiles => vec![with(&[]), with(&["hors_qpv", "qpv", "inconnue"])],
                Table::Priorites => vec![with(&RESERVATAIRES), vec![]],
                _ => vec![with(&["mutation", "hors_mutation"]), with(&TYPOLOGIES)],
            };
            let mut product = vec![vec![niveau.to_owned(), code.to_owned()]];
            for values in dimensions.into_iter().filter(|d| !d.is_empty()) {
                product = product
                    .into_iter()
                    .flat_map(|p| {
                        values.iter().map(move |v| [p.clone(), vec![(*v).to_owned()]].concat()).collect::<Vec<_>>()
                    })
                    .collect();
            }
            keys.extend(product);
        }
        keys
    }
}

const BAILLEURS: [&str; 3] = ["900000001", "900001018", "900002035"];
const RESERVATAIRES: [&str; 7] = ["COLTER", "COLACT", "PPRIOR", "PFONCT", "AUTRES", "AUCUN", "inconnu"];

// Writing the register as canonical files.

fn opt<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn oui(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "oui",
        Some(false) => "non",
        None => "",
    }
}

fn decimal(value: Option<i64>, scale: i64, comma: char) -> String {
    value.map_or_else(String::new, |v| {
        let sign = if v < 0 { "-" } else { "" };
        let width = if scale == 100 { 2 } else { 1 };
        format!("{sign}{}{comma}{:0width$}", v.abs() / scale, v.abs() % scale)
    })
}

impl Registre {
    pub fn toml(&self) -> String {
        let mut text = format!(
            "[bilan]\nmillesime = {ANNEE}\ndepartements = [\"03\", \"63\"]\nepci = [\"241500230\", \"200073419\"]\ndate_extraction = 2026-01-31\n"
        );
        if let Some(c) = self.sans_qpv {
            text += &format!("epci_sans_qpv = [\"{}\"]\n", LIEUX[c].1);
        }
        text += &format!("typologie_demande = \"{}\"\n", self.typologie_demande);
        let mut source = |given: bool, schema: &str| {
            if given {
                text += &format!("[[source]]\nschema = \"{schema}\"\nfichiers = [\"{schema}.csv\"]\n");
            }
        };
        source(self.avec_demandes, "demandes");
        source(self.avec_attributions, "attributions");
        source(self.avec_rpls, "rpls");
        if let Some(montant) = self.seuil_local {
            text += &format!("[[seuil_q1]]\nepci = \"246300966\"\nmillesime = {ANNEE}\nmontant = {montant}\n");
        }
        text
    }

    pub fn files(&self) -> Vec<(String, String)> {
        vec![
            ("demandes.csv".to_owned(), self.demandes_csv()),
            ("attributions.csv".to_owned(), self.attributions_csv()),
            ("rpls.csv".to_owned(), self.rpls_csv()),
        ]
    }

    fn demandes_csv(&self) -> String {
        let mut text = "numero_unique;date_depot;date_radiation;motif_radiation;personne_morale;nb_personnes;nb_moins_14;nb_uc;ressources_mensuelles;logement_actuel;typologies;communes;categorie;dalo;prioritaire;situation_familiale;cotation\n".to_owned();
        for d in &self.demandes {
            let communes: Vec<&str> = d.communes.iter().map(|c| LIEUX[*c].0).collect();
            text += &format!(
                "{};{};{};{};{};{};{};{};{};{};{};{};{};{};{};{};{}\n",
                d.numero,
                d.depot.format("%d/%m/%Y"),
                opt(d.radiation),
                opt(d.motif),
                oui(d.morale),
                opt(d.menage.personnes),
                opt(d.menage.enfants),
                decimal(d.menage.uc, 10, ','),
                decimal(d.menage.ressources, 100, ','),
                opt(d.logement),
                d.typologies.join("|"),
                communes.join("|"),
                opt(d.categorie),
                opt(d.dalo),
                oui(d.prioritaire),
                opt(d.situation),
                opt(d.cotation)
            );
        }
        text
    }

    pub fn attributions_csv(&self) -> String {
        let mut text = "numero_unique,date_depot,date_bail,bailleur,id_rpls,commune,qpv,categorie,typologie,financement,reservataire,dalo,prioritaire,relogement,mutation,personne_morale,nb_personnes,nb_moins_14,nb_uc,ressources_mensuelles,cotation\n".to_owned();
        for a in &self.attributions {
            text += &format!(
                "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                a.numero,
                opt(a.depot),
                a.bail,
                a.bailleur,
                opt(a.rpls.map(|i| format!("L{i:09}"))),
                LIEUX[a.commune].0,
                oui(a.qpv),
                opt(a.categorie),
                opt(a.typologie),
                opt(a.financement),
                opt(a.reservataire),
                oui(a.dalo),
                oui(a.prioritaire),
                oui(a.relogement),
                oui(a.mutation),
                oui(a.morale),
                opt(a.menage.personnes),
                opt(a.menage.enfants),
                decimal(a.menage.uc, 10, '.'),
                decimal(a.menage.ressources, 100, '.'),
                opt(a.cotation)
            );
        }
        text
    }

    fn rpls_csv(&self) -> String {
        let mut text =
            "IDENT_REP;depcom_red;QPV;TYPECONST;NBPIECE;SURFHAB;LOCAT;MODE;BAIL;duree_vacance;loyerprinc_red\n"
                .to_owned();
        for (i, l) in self.logements.iter().enumerate() {
            text += &format!(
                "L{i:09};{};{};{};{};{};{};{};{};{};{}\n",
                LIEUX[l.commune].0,
                opt(l.qpv.map(|q| if q { 1 } else { 2 })),
                opt(l.construction),
                opt(l.pieces),
                decimal(l.surface, 10, ','),
                opt(l.locat),
                opt(l.mode),
                opt(l.bail.map(|(m, y)| format!("{m:02}/{y}"))),
                opt(l.vacance),
                decimal(l.loyer, 100, ',')
            );
        }
        text
    }
}

// Drawing registers.

fn some_date(from: i32, to: i32) -> impl Strategy<Value = NaiveDate> {
    let usual = (from..=to, 1..=12_u32, 1..=28_u32).prop_map(|(y, m, d)| date(y, m, d));
    let edges = prop::sample::select(vec![
        date(2025, 12, 31),
        date(2025, 1, 1),
        date(2024, 12, 31),
        date(2026, 1, 1),
        date(2024, 2, 29),
        date(2023, 12, 31),
        date(2022, 12, 31),
        date(2020, 12, 31),
        date(2021, 1, 1),
    ]);
    prop_oneof![3 => usual, 1 => edges]
}

fn among(values: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.8, prop::sample::select(values))
}

fn menage() -> impl Strategy<Value = Menage> {
    let income = prop_oneof![
        6 => (10_000_i64..400_000).prop_map(Some),
        // Around the thresholds: 10 141 ÷ 12 = 845.08…, and exact twelfths of 12 000.
        2 => prop::sample::select(vec![Some(84_508), Some(84_509), Some(66_666), Some(66_667), Some(100_000), Some(74_366), Some(74_367)]),
        1 => Just(Some(0)),
        1 => Just(Some(-5_000)),
        3 => Just(None),
    ];
    let children = prop::option::weighted(0.6, 0_i64..4);
    (
        prop::option::weighted(0.7, 1_i64..7),
        children,
        prop::option::weighted(0.3, prop_oneof![Just(0_i64), 10_i64..45]),
        income,
    )
        .prop_map(|(personnes, enfants, uc, ressources)| Menage { personnes, enfants, uc, ressources })
}

fn demande() -> impl Strategy<Value = Demande> {
    (
        (
            some_date(2018, 2026),
            prop::option::weighted(0.4, some_date(2023, 2026)),
            among(&["RADATT", "RADREN", "RADABA"]),
            prop::option::weighted(0.5, prop::bool::weighted(0.15)),
        ),
        menage(),
        among(&["HLM", "LP", "CP|HLM", "LP|LTG", "RHVS"]),
        prop::collection::vec(prop::sample::select(&TYPOLOGIES[..]), 0..3),
        prop::collection::vec(0..LIEUX.len(), 1..4),
        among(&["A", "M", "I"]),
        among(&["ACTIF", "ACTREL", "CADUC", "NON"]),
        prop::option::of(any::<bool>()),
        (among(&["C", "M", "D", "S", "P", "U", "V"]), prop::option::weighted(0.7, -5_i64..60)),
    )
        .prop_map(
            |(
                (depot, radiation, motif, morale),
                menage,
                logement,
                typologies,
                communes,
                categorie,
                dalo,
                prioritaire,
                (situation, cotation),
            )| Demande {
                numero: String::new(),
                depot,
                radiation,
                motif,
                morale,
                menage,
                logement,
                typologies,
                communes,
                categorie,
                dalo,
                prioritaire,
                situation,
                cotation,
            },
        )
}

fn attribution() -> impl Strategy<Value = Attribution> {
    (
        (
            0..40_usize,
            prop::option::weighted(0.6, some_date(2019, 2026)),
            some_date(2024, 2026),
            prop::sample::select(&BAILLEURS[..]),
        ),
        (prop::option::of(0..30_usize), 0..LIEUX.len(), prop::option::weighted(0.7, any::<bool>())),
        (
            among(&["collectif", "individuel"]),
            prop::option::weighted(0.8, prop::sample::select(&TYPOLOGIES[..])),
            among(&["PLAI", "PLUS", "PLS", "PLI", "AUTRE"]),
            among(&["COLTER", "COLACT", "PPRIOR", "PFONCT", "AUTRES", "AUCUN"]),
        ),
        (
            prop::option::of(any::<bool>()),
            prop::option::of(any::<bool>()),
            prop::option::of(prop::bool::weighted(0.2)),
            prop::option::of(any::<bool>()),
            prop::option::weighted(0.5, prop::bool::weighted(0.15)),
        ),
        (menage(), prop::option::weighted(0.3, -5_i64..60)),
    )
        .prop_map(
            |(
                (n, depot, bail, bailleur),
                (rpls, commune, qpv),
                (categorie, typologie, financement, reservataire),
                (dalo, prioritaire, relogement, mutation, morale),
                (menage, cotation),
            )| {
                // Most lettings fall in the year under review.
                let bail = if n % 4 == 0 { bail } else { bail.with_year(ANNEE).unwrap_or(bail) };
                Attribution {
                    numero: format!("D{n:04}"),
                    depot,
                    bail,
                    bailleur,
                    rpls,
                    commune,
                    qpv,
                    categorie,
                    typologie,
                    financement,
                    reservataire,
                    dalo,
                    prioritaire,
                    relogement,
                    mutation,
                    morale,
                    menage,
                    cotation,
                }
            },
        )
}

fn logement() -> impl Strategy<Value = Logement> {
    (
        0..LIEUX.len(),
        prop::option::weighted(0.9, any::<bool>()),
        among(&["C", "I", "E"]),
        prop::option::weighted(0.9, 1_i64..9),
        prop::option::weighted(0.9, prop::sample::select(vec![1_i64, 1, 1, 2, 2, 3, 4, 5, 6, 9])),
        prop::option::weighted(0.9, 2015..2026_i32),
        prop::option::weighted(0.8, (1..=12_u32, 2019..2026_i32)),
        prop::option::weighted(0.8, 0_i64..24),
        prop::option::weighted(0.9, prop_oneof![4 => 20_000_i64..90_000, 1 => Just(0), 1 => Just(999_900)]),
        prop::option::weighted(0.9, prop_oneof![4 => 150_i64..1_200, 1 => Just(0), 1 => Just(99_990)]),
    )
        .prop_map(|(commune, qpv, construction, pieces, mode, locat, bail, vacance, loyer, surface)| Logement {
            commune,
            qpv,
            construction,
            pieces,
            mode,
            locat,
            bail,
            vacance,
            loyer,
            surface,
        })
}

pub fn registre() -> impl Strategy<Value = Registre> {
    (
        prop::collection::vec(demande(), 0..40),
        prop::collection::vec(attribution(), 0..60),
        prop::collection::vec(logement(), 0..40),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.85),
        prop::option::weighted(0.4, 0..8_usize),
        prop::option::weighted(0.4, 6_000_i64..12_000),
        prop::sample::select(vec!["premiere", "premiere", "cible"]),
    )
        .prop_map(
            |(
                mut demandes,
                attributions,
                logements,
                avec_demandes,
                avec_attributions,
                avec_rpls,
                sans_qpv,
                seuil_local,
                typologie_demande,
            )| {
                for (i, d) in demandes.iter_mut().enumerate() {
                    d.numero = format!("D{i:04}");
                }
                Registre {
                    demandes,
                    attributions,
                    logements,
                    avec_demandes,
                    avec_attributions,
                    avec_rpls,
                    sans_qpv,
                    seuil_local,
                    typologie_demande,
                }
            },
        )
}
