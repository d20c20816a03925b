//! The fictitious households: demands and allocations, drawn so that EPCI differ and some rules are kept, others missed.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{Days, NaiveDate};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::evenements::Evenements;
use super::logements::Logement;
use super::territoires::{ParcCommunal, Profil, Territoires};
use super::tirage::draw;
use super::{Csv, MILLESIME};
use crate::error::Result;
use crate::reference::{Commune, Geographie};

const DEMANDS: &str = "numero_unique;date_depot;date_renouvellement;date_radiation;motif_radiation;personne_morale;\
nb_personnes;nb_moins_14;nb_uc;ressources_mensuelles;logement_actuel;motif_demande;typologies;communes;categorie;\
annee_naissance;situation_familiale;dalo;prioritaire;commune_residence;date_extraction;guichet;cotation";
const LETTINGS: &str = "numero_unique;date_depot;date_decision;date_bail;bailleur;id_rpls;commune;qpv;categorie;typologie;\
financement;annee_construction;reservataire;dalo;prioritaire;relogement;mutation;personne_morale;nb_personnes;\
nb_moins_14;nb_uc;ressources_mensuelles;rang;commune_origine";
const EXTRACTION: &str = "2026-01-31";

pub(super) struct Registre<'a> {
    demandes: Csv,
    attributions: Csv,
    evenements: Evenements,
    territoires: &'a Territoires,
    neighbours: BTreeMap<String, Vec<String>>,
    geographie: &'a Geographie,
}

/// A household as drawn.
struct Menage {
    personnes: u64,
    enfants: u64,
    /// Cents a month; none when the file does not say.
    ressources: Option<u64>,
    naissance: i32,
    situation: char,
    hlm: bool,
    logement: &'static str,
    motif: u32,
}

impl Registre<'_> {
    pub(super) fn create<'a>(
        donnees: &Path,
        geographie: &'a Geographie,
        territoires: &'a Territoires,
        tirage: ChaCha8Rng,
    ) -> Result<Registre<'a>> {
        let mut neighbours: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for commune in geographie.communes() {
            neighbours.entry(commune.epci.clone().unwrap_or_default()).or_default().push(commune.code.clone());
        }
        Ok(Registre {
            demandes: Csv::create(&donnees.join("demandes.csv"), DEMANDS)?,
            attributions: Csv::create(&donnees.join("attributions.csv"), LETTINGS)?,
            evenements: Evenements::create(donnees, tirage)?,
            territoires,
            neighbours,
            geographie,
        })
    }

    pub(super) fn finish(self) -> Result<()> {
        self.demandes.finish()?;
        self.attributions.finish()?;
        self.evenements.finish()
    }

    /// Writes the commune's lettings and their demands, then other demands up to `wishes` active ones.
    pub(super) fn write_commune(
        &mut self,
        commune: &ParcCommunal,
        number: usize,
        lettings: &[Logement],
        wishes: u64,
        rng: &mut ChaCha8Rng,
    ) -> Result<()> {
        self.evenements.next_commune();
        let mut serial = 0_u64;
        let mut active = 0_u64;
        let mut numero = |departement: &str| {
            serial += 1;
            format!("{departement:0>3}{:02}{number:05}{serial:06}11", MILLESIME % 100)
        };
        let departement = self.geographie.commune(&commune.commune).map_or("", |c| c.departement.as_str());
        let number_for = &mut numero;
        for logement in lettings {
            let id = number_for(departement);
            active += u64::from(self.letting(commune, logement, &id, active < wishes, rng)?);
        }
        for _ in active..wishes {
            let id = number_for(departement);
            self.waiting(commune, &id, true, rng)?;
            self.evenements.refused_proposal(&id)?;
            self.evenements.examined(&id)?;
        }
        for _ in 0..wishes * 9 / 20 {
            let id = number_for(departement);
            self.waiting(commune, &id, false, rng)?;
        }
        // Associations ask and are housed too: about one in a hundred.
        if rng.random_range(0..100) < lettings.len() % 100
            && let Some(logement) = lettings.first()
        {
            let id = number_for(departement);
            self.association(commune, logement, &id, rng)?;
        }
        Ok(())
    }

    /// Writes a letting and its demand; says whether the demand still counts as active at the end of the year, which
    /// `may_stay` allows: struck off in January, or, one time in ten, forgotten, as registers have it.
    fn letting(
        &mut self,
        commune: &ParcCommunal,
        logement: &Logement,
        id: &str,
        may_stay: bool,
        rng: &mut ChaCha8Rng,
    ) -> Result<bool> {
        let last = day(MILLESIME, 12, 31);
        let profil = self.territoires.profile(commune);
        let q1 = if logement.qpv { profil.q1_qpv } else { profil.q1_hors_qpv };
        let rehoused = rng.random_range(0..1_000) < profil.relogement;
        let class = draw_class(q1, rng);
        let unknown = rng.random_range(0..1_000) < 22;
        let menage = draw_household(profil, class, unknown, Some(logement.pieces), rng);
        let bail = day(MILLESIME, 1, 1) + Days::new(rng.random_range(0..365));
        // Waits: short for most, long for a few; larger dwellings wait longer.
        let spread = rng.random_range(5_u64..=100) * rng.random_range(5_u64..=100) * rng.random_range(20_u64..=100);
        let wait = 5 + profil.attente * (9 + logement.pieces) / 12 * spread / 130_000;
        let mut depot = bail - Days::new(wait.min(5_500));
        if rng.random_range(0..2_500) == 0 {
            depot = bail + Days::new(12);
        }
        let reservataire = draw(
            &[("AUCUN", 430), ("COLACT", 185), ("COLTER", 150), ("PPRIOR", 155), ("PFONCT", 40), ("AUTRES", 40)],
            rng,
        );
        let chance = match reservataire {
            "PPRIOR" => profil.prioritaires[0],
            "AUCUN" => profil.prioritaires[2],
            _ => profil.prioritaires[1],
        };
        // The poorest are more often priority publics.
        let chance = if class == 0 { chance + chance / 8 } else { chance };
        let prioritaire = rng.random_range(0..1_000) < chance;
        let dalo = prioritaire && rng.random_range(0..100) < 9;
        let origine = self.place_of_origin(commune, rng);
        let bailleur = &self.territoires.bailleurs[Self::pick_landlord(profil, rng)].siren;
        // One letting in twenty does not say its zone: the stock does.
        let qpv = if rng.random_range(0..20) == 0 {
            ""
        } else if logement.qpv {
            "oui"
        } else {
            "non"
        };
        let decision = bail - Days::new(rng.random_range(3..45));
        let blank_income = rng.random_range(0..10) == 0;
        let resources = money(if blank_income { None } else { menage.ressources });
        let financement = logement.financement;
        let place = draw(&[("1", 760), ("2", 170), ("3", 70)], rng);
        self.attributions.row(format_args!(
            "{id};{depot};{decision};{bail};{bailleur};{};{};{qpv};{};{};{financement};{};{reservataire};{};{};{};{};non;{};{};;{resources};{};{origine}",
            logement.id,
            commune.commune,
            if logement.individuel { "individuel" } else { "collectif" },
            typology(logement.pieces),
            logement.construit,
            yes(dalo),
            yes(prioritaire),
            yes(rehoused),
            yes(menage.hlm),
            menage.personnes,
            menage.enfants,
            place,
        ))?;
        self.evenements.accepted_proposal(id, logement, bailleur, decision, bail, place)?;
        let forgotten = rng.random_range(0..10) == 0 && may_stay;
        let mut end = bail + Days::new(rng.random_range(0..30));
        if !may_stay {
            end = end.min(last);
        }
        let radiation = if forgotten { String::new() } else { end.to_string() };
        let wish = Wish {
            commune: &commune.commune,
            pieces: logement.pieces,
            categorie: if logement.individuel { "M" } else { "A" },
        };
        self.demand(
            id,
            depot,
            &radiation,
            if forgotten { "" } else { "RADATT" },
            &menage,
            &wish,
            dalo,
            prioritaire,
            &origine,
        )?;
        Ok(forgotten || end > last)
    }

    /// A demand not satisfied in the year: active at its end, or struck off for another reason.
    fn waiting(&mut self, commune: &ParcCommunal, id: &str, active: bool, rng: &mut ChaCha8Rng) -> Result<()> {
        let profil = self.territoires.profile(commune);
        let class = draw_class(250, rng);
        let unknown = rng.random_range(0..1_000) < 55;
        let menage = draw_household(profil, class, unknown, None, rng);
        let last = day(MILLESIME, 12, 31);
        // Age of the demand, in days: half under ten months, one in twenty past five years.
        let t = rng.random_range(0_u64..=1_000);
        let fourth = (t * t / 1_000).pow(2) / 1_000;
        let tail = (fourth * fourth / 1_000).pow(2) / 1_000;
        let age = 1 + (478 * t + 3_600 * tail) / 1_000 * (profil.attente + 200) / 520;
        let mut depot = last - Days::new(age.min(4_400));
        let (radiation, motif) = if active {
            (String::new(), "")
        } else {
            let end = day(MILLESIME, 1, 1) + Days::new(rng.random_range(0..365));
            depot = end - Days::new(40 + age.min(4_000));
            (end.to_string(), draw(&[("RADREN", 720), ("RADABA", 160), ("RADCON", 70), ("RADIRR", 50)], rng))
        };
        let pieces = (menage.personnes + rng.random_range(0..=1)).clamp(1, 6);
        let categorie = draw(&[("A", 520), ("M", 130), ("I", 350)], rng);
        let prioritaire = rng.random_range(0..1_000) < 190;
        let dalo = prioritaire && rng.random_range(0..100) < 7;
        let origine = self.place_of_origin(commune, rng);
        let wish = Wish { commune: &commune.commune, pieces, categorie };
        self.demand(id, depot, &radiation, motif, &menage, &wish, dalo, prioritaire, &origine)
    }

    #[expect(clippy::too_many_arguments, reason = "a row of the register, field by field")]
    fn demand(
        &mut self,
        id: &str,
        depot: NaiveDate,
        radiation: &str,
        motif: &str,
        menage: &Menage,
        wish: &Wish<'_>,
        dalo: bool,
        prioritaire: bool,
        origine: &str,
    ) -> Result<()> {
        let others = self.other_wishes(wish.commune, menage.naissance);
        let renewal = if depot < day(MILLESIME, 1, 1) && radiation.is_empty() {
            format!("{}{}", MILLESIME, &depot.to_string()[4..].replace("-02-29", "-02-28"))
        } else {
            String::new()
        };
        let second = if wish.pieces > 1 && menage.naissance % 3 == 0 {
            format!("|{}", typology(wish.pieces - 1))
        } else {
            String::new()
        };
        self.demandes.row(format_args!(
            "{id};{depot};{renewal};{radiation};{motif};non;{};{};;{};{}{};{:02};{}{second};{}{others};{};{};{};{};{};{origine};{EXTRACTION};{}{:02};{}",
            menage.personnes,
            menage.enfants,
            money(menage.ressources),
            menage.logement,
            if menage.hlm { "" } else if menage.naissance % 17 == 0 { "|LTG" } else { "" },
            menage.motif,
            typology(wish.pieces),
            wish.commune,
            wish.categorie,
            menage.naissance,
            menage.situation,
            if dalo { "ACTIF" } else { "NON" },
            yes(prioritaire),
            &id[..3],
            1 + menage.naissance % 4,
            points(menage, depot, origine == wish.commune, dalo, prioritaire),
        ))
    }

    fn association(
        &mut self,
        commune: &ParcCommunal,
        logement: &Logement,
        id: &str,
        rng: &mut ChaCha8Rng,
    ) -> Result<()> {
        let profil = self.territoires.profile(commune);
        let bail = day(MILLESIME, 1, 15) + Days::new(rng.random_range(0..330));
        let depot = bail - Days::new(rng.random_range(30..200));
        let bailleur = &self.territoires.bailleurs[Self::pick_landlord(profil, rng)].siren;
        let type_ = typology(logement.pieces);
        self.attributions.row(format_args!(
            "{id};{depot};{bail};{bail};{bailleur};;{};{};collectif;{type_};{};{};AUTRES;non;non;non;non;oui;;;;;1;",
            commune.commune,
            yes(logement.qpv),
            logement.financement,
            logement.construit
        ))?;
        self.demandes.row(format_args!(
            "{id};{depot};;{bail};RADATT;oui;;;;;;;{type_};{};I;;;NON;non;;{EXTRACTION};;",
            commune.commune
        ))
    }

    /// The first landlord of an EPCI houses most.
    fn pick_landlord(profil: &Profil, rng: &mut ChaCha8Rng) -> usize {
        let n = profil.bailleurs.len();
        let a = rng.random_range(0..n);
        let b = rng.random_range(0..n);
        profil.bailleurs[a.min(b)]
    }

    fn place_of_origin(&self, commune: &ParcCommunal, rng: &mut ChaCha8Rng) -> String {
        let draw = rng.random_range(0..100);
        let profil = self.territoires.profile(commune);
        let near = self.neighbours.get(&profil.epci);
        match (draw, near) {
            (0..60, _) | (_, None) => commune.commune.clone(),
            (60..82, Some(list)) => list[rng.random_range(0..list.len())].clone(),
            (82..97, _) => {
                let other = &self.territoires.communes[rng.random_range(0..self.territoires.communes.len())];
                other.commune.clone()
            }
            _ => String::new(),
        }
    }

    fn other_wishes(&self, commune: &str, naissance: i32) -> String {
        let count = usize::try_from(naissance % 4).unwrap_or(0);
        let epci = |c: &Commune| c.epci.clone().unwrap_or_default();
        let Some(near) = self.geographie.commune(commune).and_then(|c| self.neighbours.get(&epci(c))) else {
            return String::new();
        };
        let start = usize::try_from(naissance).unwrap_or(0);
        // One applicant in eleven would live elsewhere too.
        let all = &self.territoires.communes;
        let drawn = commune.bytes().fold(start, |n, b| n * 31 + usize::from(b));
        let far = (naissance % 11 == 0).then(|| &all[drawn % all.len()].commune);
        (0..count)
            .map(|k| &near[(start + k * 5) % near.len()])
            .chain(far)
            .filter(|c| c.as_str() != commune)
            .fold(String::new(), |text, c| text + "|" + c)
    }
}

struct Wish<'a> {
    commune: &'a str,
    pieces: u64,
    categorie: &'static str,
}

fn draw_class(q1: u32, rng: &mut ChaCha8Rng) -> usize {
    let draw = rng.random_range(0..1_000_u32);
    let rest = 1_000 - q1;
    match draw {
        d if d < q1 => 0,
        d if d < q1 + rest * 39 / 100 => 1,
        d if d < q1 + rest * 75 / 100 => 2,
        _ => 3,
    }
}

fn draw_household(profil: &Profil, class: usize, unknown: bool, pieces: Option<u64>, rng: &mut ChaCha8Rng) -> Menage {
    let personnes = match pieces {
        None => draw(&[(1, 445), (2, 225), (3, 150), (4, 110), (5, 48), (6, 17), (7, 5)], rng),
        Some(1) => 1,
        Some(2) => draw(&[(1, 780), (2, 220)], rng),
        Some(3) => draw(&[(1, 220), (2, 430), (3, 300), (4, 50)], rng),
        Some(4) => draw(&[(2, 160), (3, 330), (4, 370), (5, 140)], rng),
        Some(_) => draw(&[(3, 90), (4, 290), (5, 380), (6, 180), (7, 60)], rng),
    };
    let enfants = if personnes > 1 { rng.random_range(0..personnes) } else { 0 };
    let uc = 10 + 5 * (personnes - 1 - enfants) + 3 * enfants;
    let [q1, q2, q3] = profil.seuils;
    // Euros per UC and year within the class; never on the threshold itself.
    let (low, high) = [(q1 / 3, q1), (q1 + 1, q2), (q2 + 1, q3), (q3 + 1, q3 * 8 / 5)][class];
    let yearly = rng.random_range(low..high.max(low + 1));
    // Cents a month, rounded so that the class drawn is kept: down for a ceiling, up for a floor.
    let cents = yearly * uc * 10;
    let monthly = if class == 0 { cents / 12 } else { cents.div_ceil(12) };
    let ressources = (!unknown).then_some(monthly);
    let hlm = rng.random_range(0..100) < 34;
    let logement = if hlm {
        "HLM"
    } else {
        draw(
            &[
                ("LP", 400),
                ("CP", 130),
                ("CPE", 130),
                ("SH", 70),
                ("RS", 70),
                ("SLHT", 50),
                ("POCC", 60),
                ("SD", 40),
                ("HOT", 20),
                ("RE", 30),
            ],
            rng,
        )
    };
    let couple = personnes > 1 && personnes > enfants + 1;
    Menage {
        personnes,
        enfants,
        ressources,
        naissance: MILLESIME
            - i32::try_from(rng.random_range(19_u32..=45) + rng.random_range(0_u32..=35)).unwrap_or(40),
        situation: if couple {
            ['M', 'P', 'U'][rng.random_range(0..3)]
        } else {
            ['C', 'C', 'D', 'S', 'V'][rng.random_range(0..5)]
        },
        hlm,
        logement,
        motif: rng.random_range(1..=23),
    }
}

/// Points of a demand by a scale of this register's own: one in thirteen is not scored.
fn points(menage: &Menage, depot: NaiveDate, lives_there: bool, dalo: bool, prioritaire: bool) -> String {
    if menage.naissance % 13 == 0 {
        return String::new();
    }
    let years = u64::try_from((day(MILLESIME, 12, 31) - depot).num_days() / 365).unwrap_or(0);
    let housing = match menage.logement {
        "SD" | "HOT" => 25,
        "SH" | "SLHT" | "CP" => 15,
        "HLM" => 0,
        _ => 5,
    };
    let public = if dalo {
        40
    } else if prioritaire {
        25
    } else {
        0
    };
    let waited = 4 * years.min(6);
    (10 + housing + public + waited + 3 * menage.enfants + if lives_there { 10 } else { 0 }).to_string()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN)
}

fn yes(flag: bool) -> &'static str {
    if flag { "oui" } else { "non" }
}

fn money(cents: Option<u64>) -> String {
    cents.map_or_else(String::new, |c| format!("{},{:02}", c / 100, c % 100))
}

fn typology(pieces: u64) -> String {
    if pieces >= 6 { "T6P".to_owned() } else { format!("T{pieces}") }
}
