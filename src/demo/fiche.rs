//! What "RPLS loi" says of a dwelling besides what the program reads: territory, address, ownership, energy. Fictitious, of
//! the width of a real file, and left unread: the store must hold none of it.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::reference::{Commune, Geographie, Niveau};

/// Columns before `QPV`, in the order of the ministry's dictionary.
pub(super) const TERRITOIRE: &str = "REG;LIBREG;DEP;LIBDEP;EPCI;LIBEPCI;DEPCOM;CODEPOSTAL;LIBCOM;NUMVOIE;INDREP;TYPVOIE;\
NOMVOIE;ETAGE;COMPLGEO;LIEUDIT";
/// Columns after `CONV`.
pub(super) const CONVENTION: &str = "NUMCONV;DATCONV;NEWLOGT;CUS;DPEDATE;DPEENERGIE;DPESERRE;SRU_EXPIR;SRU_ALINEA;\
CODSEGPATRIM;LIBSEGPATRIM;PMR";

/// Dwellings of one address, at most.
const PAR_RESIDENCE: u64 = 24;
const PAR_ETAGE: u64 = 4;

const VOIES: [(&str, &str); 12] = [
    ("RUE", "DES LILAS"),
    ("RUE", "DU MOULIN"),
    ("AV", "DE LA GARE"),
    ("RUE", "JEAN JAURES"),
    ("ALL", "DES TILLEULS"),
    ("IMP", "DES ACACIAS"),
    ("RUE", "DE LA REPUBLIQUE"),
    ("PL", "DE LA MAIRIE"),
    ("BD", "VICTOR HUGO"),
    ("CHE", "DES VIGNES"),
    ("RUE", "DES ECOLES"),
    ("SQ", "DES CERISIERS"),
];
const RESIDENCES: [&str; 6] =
    ["", "RESIDENCE LES GLYCINES", "BAT A", "BAT B", "RESIDENCE DU PARC", "LE CLOS DES ORMES"];

/// Dwellings by energy and greenhouse label, in ten-thousandths of the stock of 2019 (ministry's open file).
const ENERGIE: [(&str, u32); 8] =
    [("A", 272), ("B", 713), ("C", 2364), ("D", 3044), ("E", 1225), ("F", 317), ("G", 67), ("", 1998)];
const SERRE: [(&str, u32); 8] =
    [("A", 288), ("B", 554), ("C", 1418), ("D", 2501), ("E", 2288), ("F", 697), ("G", 176), ("", 2078)];

/// Writes the fiches of one commune.
pub(super) struct Fiches {
    territoire: String,
    departement: String,
    rng: ChaCha8Rng,
    /// Dwellings left at the address.
    reste: u64,
    rang: u64,
    adresse: String,
    convention: u32,
}

impl Fiches {
    pub(super) fn of(geographie: &Geographie, code: &str, number: usize, rng: ChaCha8Rng) -> Self {
        let commune = geographie.commune(code);
        let name = |c: &Commune, niveau| {
            let (code, libelle) = geographie.territory(c, niveau).unwrap_or_default();
            format!("{code};{libelle}")
        };
        let departement = commune.map_or("", |c| c.departement.as_str()).to_owned();
        let territoire = commune.map_or_else(
            || format!(";;;;;;{code};;"),
            |c| {
                format!(
                    "{};{};{};{code};{:.2}{:03};{}",
                    name(c, Niveau::Region),
                    name(c, Niveau::Departement),
                    name(c, Niveau::Epci),
                    departement.replace(['A', 'B'], "0"),
                    number % 1_000,
                    c.libelle
                )
            },
        );
        Self { territoire, departement, rng, reste: 0, rang: 0, adresse: String::new(), convention: 0 }
    }

    /// Values of [`TERRITOIRE`] for the next dwelling.
    pub(super) fn territoire(&mut self) -> String {
        if self.reste == 0 {
            let (kind, name) = VOIES[self.rng.random_range(0..VOIES.len())];
            let residence = RESIDENCES[self.rng.random_range(0..RESIDENCES.len())];
            let number = self.rng.random_range(1..=180_u32);
            self.adresse = format!("{number:04};;{kind};{name};{{}};{residence};");
            self.reste = self.rng.random_range(1..=PAR_RESIDENCE);
            self.rang = 0;
            self.convention = self.rng.random_range(1..=9_999);
        }
        let etage = self.rang / PAR_ETAGE;
        self.reste -= 1;
        self.rang += 1;
        format!("{};{}", self.territoire, self.adresse.replace("{}", &format!("{etage:02}")))
    }

    /// Values of [`CONVENTION`] for the same dwelling, built in `construit`.
    pub(super) fn convention(&mut self, construit: i32) -> String {
        let effet = construit.max(1978) + 1;
        let diagnostic = draw(&ENERGIE, &mut self.rng);
        let (mois, annee) = (self.rng.random_range(1..=12_u32), self.rng.random_range(2013..=2024_u32));
        let date = if diagnostic.is_empty() { "01/1900".to_owned() } else { format!("{mois:02}/{annee}") };
        let serre = draw(&SERRE, &mut self.rng);
        let recent = construit >= 2000;
        let (segment, libelle) = if recent { ("02", "Patrimoine récent") } else { ("01", "Patrimoine ancien") };
        let plafond = ["PLUS", "PLUS", "PLAI", "PLS"][self.rng.random_range(0..4)];
        format!(
            "{}/1/{mois:02}-{effet}/78-1046/{:04};01/{mois:02}/{effet};2;{plafond};{date};{diagnostic};{serre};{};1;{segment};\
             {libelle};{}",
            self.departement,
            self.convention,
            effet + 40,
            u32::from(recent) + 1
        )
    }
}

fn draw(shares: &[(&'static str, u32)], rng: &mut ChaCha8Rng) -> &'static str {
    let mut draw = rng.random_range(0..10_000_u32);
    for (label, share) in shares {
        if draw < *share {
            return label;
        }
        draw -= share;
    }
    ""
}
