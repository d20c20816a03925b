//! Where the fictitious register takes place: stock by commune, and what sets one EPCI apart from the next.

use std::collections::BTreeMap;
use std::path::Path;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::Csv;
use crate::error::{Error, Result};
use crate::law::{SeuilsDeLAnnee, Situation};
use crate::reference::{Geographie, Resources, csv_rows};

/// Stock of one commune at 1 January.
#[derive(Debug, Clone, Default)]
pub(super) struct ParcCommunal {
    pub commune: String,
    pub epci: usize,
    pub logements: u64,
    pub qpv: u64,
    pub individuels: u64,
    pub etudiants: u64,
    pub loues: u64,
    pub vacants: u64,
    pub vacants_3_mois: u64,
    pub vides: u64,
    pub association: u64,
    pub mobilite_num: u64,
    pub mobilite_den: u64,
    /// Dwellings aged 0–5, 5–10, 10–20, 20–40, 40–60, 60 and more.
    pub ages: [u64; 6],
    pub loyers: u64,
    pub surfaces: u64,
}

/// What sets an EPCI apart; shares in thousandths.
#[derive(Debug, Clone)]
pub(super) struct Profil {
    pub epci: String,
    /// Euros per UC and year.
    pub seuils: [u64; 3],
    /// Weight of a dwelling in the demand.
    pub pression: u64,
    /// Weight of turnover in the lettings.
    pub mobilite: u64,
    /// Lettings to the first quartile outside and inside QPV.
    pub q1_hors_qpv: u32,
    pub q1_qpv: u32,
    pub relogement: u32,
    /// Priority publics on the State's contingent, on the others', on non-reserved lettings.
    pub prioritaires: [u32; 3],
    /// Median wait of those housed, days.
    pub attente: u64,
    /// Landlords at work, as indices.
    pub bailleurs: Vec<usize>,
    pub communes: Vec<usize>,
}

/// A fictitious landlord.
#[derive(Debug, Clone)]
pub(super) struct Bailleur {
    pub siren: String,
    pub nom: String,
    pub famille: &'static str,
}

pub(super) struct Territoires {
    pub communes: Vec<ParcCommunal>,
    pub profils: Vec<Profil>,
    pub bailleurs: Vec<Bailleur>,
}

/// SIREN, pressure, turnover, Q1 outside and inside QPV, rehousing, priority publics (State, others, own), wait.
type Row = (&'static str, u64, u64, u32, u32, u32, [u32; 3], u64);
const AUVERGNE: [Row; 9] = [
    ("246300701", 135, 40, 176, 322, 30, [880, 245, 262], 420),
    ("200071363", 95, 60, 330, 401, 12, [910, 281, 266], 300),
    ("200071140", 62, 75, 243, 388, 8, [860, 232, 241], 190),
    ("200071082", 45, 90, 287, 424, 26, [840, 262, 288], 140),
    ("241500230", 88, 62, 221, 365, 0, [870, 236, 255], 270),
    ("200073419", 74, 58, 259, 377, 0, [900, 274, 231], 230),
    ("200070712", 52, 70, 196, 430, 0, [820, 221, 273], 170),
    ("200070407", 90, 52, 233, 300, 0, [850, 254, 218], 310),
    ("200070753", 128, 44, 158, 300, 0, [890, 229, 247], 460),
];

const AUVERGNE_SPREAD: [&[usize]; 9] = [
    &[0, 1, 2, 9, 10, 11, 12, 13, 16],
    &[3, 9, 11, 14, 17],
    &[4, 3, 12, 15],
    &[5, 9, 14, 15],
    &[6, 10, 13],
    &[7, 10, 12, 18],
    &[1, 8, 11],
    &[1, 8, 10, 17],
    &[0, 1, 9, 16],
];

const LANDLORDS: [(&str, &str); 19] = [
    ("Office fictif de Clermont", "OPH"),
    ("Office fictif du Puy-de-Dôme", "OPH"),
    ("Société fictive des Dômes", "ESH"),
    ("Office fictif de Vichy", "OPH"),
    ("Office fictif de Moulins", "OPH"),
    ("Office fictif de Montluçon", "OPH"),
    ("Office fictif du Cantal", "OPH"),
    ("Office fictif du Velay", "OPH"),
    ("Société fictive Livradois", "ESH"),
    ("Société fictive Habitat Centre", "ESH"),
    ("Société fictive Massif", "ESH"),
    ("Société fictive Allier-Sioule", "ESH"),
    ("Société fictive Loire-Amont", "ESH"),
    ("Société fictive des Volcans", "ESH"),
    ("Société fictive Bourbonnais", "ESH"),
    ("Coopérative fictive du Centre", "COOP"),
    ("SEM fictive de Limagne", "SEM"),
    ("Coopérative fictive d'Allier", "COOP"),
    ("SACICAP fictive du Velay", "SACICAP"),
];

impl Territoires {
    /// The nine EPCI, with the ministry's counts of 2025.
    pub(super) fn auvergne(resources: &Resources, geographie: &Geographie) -> Result<Self> {
        const PATH: &str = "reference/demo/parc_2025.csv";
        let columns = [
            "commune",
            "epci",
            "nb_ls_actif",
            "nb_ls_qpv",
            "nb_ls_ind",
            "nb_ls_etu",
            "nb_ls_loue",
            "nb_ls_vacant",
            "nb_ls_vacant_3",
            "nb_ls_vide",
            "nb_ls_association",
            "num_mob",
            "denom_mob",
            "nb_ls_age_0_5",
            "nb_ls_age_5_10",
            "nb_ls_age_10_20",
            "nb_ls_age_20_40",
            "nb_ls_age_40_60",
            "nb_ls_age_60_plus",
            "somme_loyer",
            "somme_surface",
        ];
        let seuils = SeuilsDeLAnnee::embedded(resources, super::MILLESIME)?;
        let mut profils = Vec::new();
        for ((epci, pression, mobilite, q1_hors_qpv, q1_qpv, relogement, prioritaires, attente), spread) in
            AUVERGNE.into_iter().zip(AUVERGNE_SPREAD)
        {
            profils.push(Profil {
                epci: epci.to_owned(),
                seuils: amounts(&seuils, epci),
                pression,
                mobilite,
                q1_hors_qpv,
                q1_qpv,
                relogement,
                prioritaires,
                attente,
                bailleurs: spread.to_vec(),
                communes: Vec::new(),
            });
        }
        let mut communes = Vec::new();
        for row in csv_rows(resources, PATH, &columns)? {
            let n = |i: usize| row[i].parse::<u64>().map_err(|_| Error::resource(PATH, "effectif illisible"));
            let code = geographie.resolve(&row[0]).map_or(row[0].clone(), |(c, _)| c.code.clone());
            let epci = profils
                .iter()
                .position(|p| p.epci == row[1])
                .ok_or_else(|| Error::resource(PATH, format!("EPCI {} inattendu", row[1])))?;
            profils[epci].communes.push(communes.len());
            communes.push(ParcCommunal {
                commune: code,
                epci,
                logements: n(2)?,
                qpv: n(3)?,
                individuels: n(4)?,
                etudiants: n(5)?,
                loues: n(6)?,
                vacants: n(7)?,
                vacants_3_mois: n(8)?,
                vides: n(9)?,
                association: n(10)?,
                mobilite_num: n(11)?,
                mobilite_den: n(12)?,
                ages: [n(13)?, n(14)?, n(15)?, n(16)?, n(17)?, n(18)?],
                loyers: n(19)?,
                surfaces: n(20)?,
            });
        }
        let bailleurs = LANDLORDS
            .iter()
            .enumerate()
            .map(|(i, (nom, famille))| Bailleur { siren: siren(i), nom: (*nom).to_owned(), famille })
            .collect();
        Ok(Self { communes, profils, bailleurs })
    }

    /// `n` communes of the whole country, evenly spread over the list of communes, which share out 146 dwellings each as the
    /// stock of 2019 stands in them: none in half of them, most of it in a few.
    pub(super) fn country(
        resources: &Resources,
        geographie: &Geographie,
        n: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self> {
        let all: Vec<_> = geographie.communes().collect();
        let n = n.clamp(1, all.len());
        let real = stock_of_2019(resources, geographie)?;
        let chosen: Vec<_> = (0..n).map(|i| all[i * all.len() / n]).collect();
        let none = Parc2019::default();
        let of = |code: &str| real.get(code).unwrap_or(&none);
        let weights: Vec<u64> = chosen.iter().map(|c| of(&c.code).logements).collect();
        let stocks = share_out(LOGEMENTS_FRANCE * n as u64 / all.len() as u64, &weights);
        let seuils = SeuilsDeLAnnee::embedded(resources, super::MILLESIME)?;
        let mut profils: Vec<Profil> = Vec::new();
        let mut index = BTreeMap::new();
        let mut communes = Vec::with_capacity(n);
        for (i, (commune, stock)) in chosen.into_iter().zip(stocks).enumerate() {
            // Islands that belong to no EPCI are drawn as those of one.
            let siren = commune.epci.clone().unwrap_or_default();
            let epci = *index.entry(siren.clone()).or_insert_with(|| {
                let number = profils.len();
                let first = number * 3;
                profils.push(Profil {
                    seuils: amounts(&seuils, &siren),
                    epci: siren,
                    pression: rng.random_range(40..160),
                    mobilite: rng.random_range(40..90),
                    q1_hors_qpv: rng.random_range(140..310),
                    q1_qpv: rng.random_range(280..480),
                    relogement: rng.random_range(0..30),
                    prioritaires: [rng.random_range(800..950), rng.random_range(200..300), rng.random_range(200..300)],
                    attente: rng.random_range(140..700),
                    bailleurs: (0..5).map(|k| (first + k * 7) % 600).collect(),
                    communes: Vec::new(),
                });
                number
            });
            profils[epci].communes.push(i);
            communes.push(drawn_stock(&commune.code, epci, stock, of(&commune.code), rng));
        }
        let families = ["OPH", "ESH", "ESH", "COOP", "SEM"];
        let bailleurs = (0..600)
            .map(|i| Bailleur {
                siren: siren(i),
                nom: format!("Bailleur fictif n° {}", i + 1),
                famille: families[i % 5],
            })
            .collect();
        Ok(Self { communes, profils, bailleurs })
    }

    pub(super) fn profile(&self, commune: &ParcCommunal) -> &Profil {
        &self.profils[commune.epci]
    }
}

/// Dwellings of the whole country.
const LOGEMENTS_FRANCE: u64 = 5_100_000;
const DEFAULT_AMOUNTS: [u64; 3] = [9_500, 13_800, 18_800];

fn amounts(seuils: &SeuilsDeLAnnee, epci: &str) -> [u64; 3] {
    match seuils.situation(epci) {
        Situation::Seuil(s) => {
            let q1 = s.q1.unsigned_abs();
            [q1, s.q2.map_or(q1 * 7 / 5, i64::unsigned_abs), s.q3.map_or(q1 * 19 / 10, i64::unsigned_abs)]
        }
        _ => DEFAULT_AMOUNTS,
    }
}

/// No real body has a SIREN in this range.
fn siren(i: usize) -> String {
    format!("{:09}", 900_000_001 + i * 1_017)
}

/// Stock of a commune in 2019: dwellings, and those of them in priority neighbourhoods, individual, and by age.
#[derive(Debug, Clone, Default)]
struct Parc2019 {
    logements: u64,
    qpv: u64,
    individuels: u64,
    ages: [u64; 6],
}

/// The ministry's open file of 2019 (SDES, RPLS), by commune of today.
fn stock_of_2019(resources: &Resources, geographie: &Geographie) -> Result<BTreeMap<String, Parc2019>> {
    const PATH: &str = "reference/demo/parc_2019.csv";
    let columns = [
        "commune",
        "logements",
        "qpv",
        "individuels",
        "age_0_5",
        "age_5_10",
        "age_10_20",
        "age_20_40",
        "age_40_60",
        "age_60_plus",
    ];
    let mut stock: BTreeMap<String, Parc2019> = BTreeMap::new();
    for row in csv_rows(resources, PATH, &columns)? {
        let Some((commune, _)) = geographie.resolve(&row[0]) else { continue };
        let parc = stock.entry(commune.code.clone()).or_default();
        let counts = [&mut parc.logements, &mut parc.qpv, &mut parc.individuels].into_iter().chain(&mut parc.ages);
        for (count, cell) in counts.zip(&row[1..]) {
            *count += cell.parse::<u64>().map_err(|_| Error::resource(PATH, "effectif illisible"))?;
        }
    }
    Ok(stock)
}

/// `logements` dwellings of a commune, as those of 2019 are; what the open file does not say is drawn.
fn drawn_stock(commune: &str, epci: usize, logements: u64, real: &Parc2019, rng: &mut ChaCha8Rng) -> ParcCommunal {
    let mut part = |of: u64, low: u64, high: u64| of * rng.random_range(low..=high) / 1_000;
    let as_in_2019 = |count: u64| logements * count / real.logements.max(1);
    let vacants = part(logements, 5, 40);
    let vides = part(logements, 5, 40);
    let association = part(logements, 0, 20);
    let autres = part(logements, 0, 20);
    let loues = logements - vacants - vides - association - autres;
    let mobilite_den = part(loues + vacants, 940, 990);
    let surfaces = part(loues, 62_000, 72_000);
    ParcCommunal {
        commune: commune.to_owned(),
        epci,
        logements,
        qpv: as_in_2019(real.qpv),
        individuels: as_in_2019(real.individuels),
        etudiants: 0,
        loues,
        vacants,
        vacants_3_mois: part(vacants, 300, 800),
        vides,
        association,
        mobilite_num: part(mobilite_den.min(loues), 60, 120),
        mobilite_den,
        ages: real.ages,
        loyers: part(surfaces, 5_600, 7_400),
        surfaces,
    }
}

/// Shares `total` out in proportion to weights, whole and exact (largest remainders, ties to the first).
pub(super) fn share_out(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |w: u64| u128::from(total) * u128::from(w);
    let mut shares: Vec<u64> = weights.iter().map(|w| u64::try_from(exact(*w) / sum).unwrap_or(0)).collect();
    let left = total - shares.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(exact(weights[i]) % sum), i));
    for i in order.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[i] += 1;
    }
    shares
}

pub(super) fn write_landlords(path: &Path, territoires: &Territoires) -> Result<()> {
    let mut csv = Csv::create(path, "siren;nom;famille")?;
    for b in &territoires.bailleurs {
        csv.row(format_args!("{};{};{}", b.siren, b.nom, b.famille))?;
    }
    csv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_add_up() {
        assert_eq!(share_out(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(share_out(7, &[0, 3, 4]), [0, 3, 4]);
        assert_eq!(share_out(5, &[0, 0]), [0, 0]);
    }

    /// Paris had 231 472 of the 5 089 834 dwellings of 2019, three in ten stood in priority neighbourhoods, and 18 000 communes
    /// of today have none.
    #[test]
    fn the_country_stands_as_the_stock_of_2019_does() {
        use rand::SeedableRng;
        let resources = Resources::embedded();
        let geographie = Geographie::load(&resources, super::super::MILLESIME).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let country = Territoires::country(&resources, &geographie, usize::MAX, &mut rng).unwrap();
        let total: u64 = country.communes.iter().map(|c| c.logements).sum();
        assert_eq!((country.communes.len(), total), (34_875, LOGEMENTS_FRANCE));
        let paris = country.communes.iter().find(|c| c.commune == "75056").unwrap();
        assert_eq!(paris.logements, 231_472 * LOGEMENTS_FRANCE / 5_089_834);
        let quarters: u64 = country.communes.iter().map(|c| c.qpv).sum();
        assert_eq!(quarters * 100 / total, 1_529_781 * 100 / 5_089_834);
        let none = country.communes.iter().filter(|c| c.logements == 0).count();
        assert!((18_000..19_000).contains(&none), "{none}");
    }
}
