//! `bilan demo`: a fictitious register on a real map.
//!
//! The stock reproduces, commune by commune, the ministry's counts of 2025 for the nine EPCI of Auvergne that are held
//! to a housing conference; that of a whole country, its open file of 2019. Households, lettings and landlords are drawn at
//! random from a seed. Draws are of integers only, so the same seed gives the same bytes on every machine.

mod evenements;
mod fiche;
mod logements;
mod menages;
mod territoires;
mod tirage;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::error::{Error, Result};
use crate::format;
use crate::progress::Progress;
use crate::project::PROJECT_FILE;
use crate::reference::{Geographie, Resources};
use crate::store;

use fiche::Fiches;
use logements::{Logement, write_stock};
use menages::Registre;
use territoires::{Profil, Territoires, share_out};

/// What to write.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Seed of every draw.
    pub seed: u64,
    /// Number of communes of the whole country; none is the nine EPCI of Auvergne.
    pub communes: Option<usize>,
}

/// Year under review of the demonstration.
pub const MILLESIME: i32 = 2025;
/// Active demands and allocations of the nine EPCI, as the territory's activity report of 2019 gives them.
const DEMANDES: u64 = 19_357;
const ATTRIBUTIONS: u64 = 7_189;
/// The whole country, to the same proportions.
const DEMANDES_FRANCE: u64 = 3_000_000;
const ATTRIBUTIONS_FRANCE: u64 = 500_000;

/// Numbers of dwellings in a block.
const BLOC: u64 = 100_000;

/// Writes the demonstration project in `dir`, replacing the one that stands there.
///
/// # Errors
/// [`Error::Usage`] when `dir` holds a project that is not a demonstration, [`Error::Io`].
pub fn write_demo(dir: &Path, options: Options, progress: &Progress) -> Result<()> {
    let project = dir.join(PROJECT_FILE);
    if let Ok(text) = std::fs::read_to_string(&project)
        && !text.contains(DEMO_MARK)
    {
        return Err(Error::usage(
            "B0501",
            format!("« {} » contient un projet qui n'est pas une démonstration", dir.display()),
            "choisissez un autre dossier : bilan demo --out AUTRE_DOSSIER",
        ));
    }
    let resources = Resources::embedded();
    let geographie = Geographie::load(&resources, MILLESIME)?;
    let all = geographie.communes().count();
    if let Some(n) = options.communes.filter(|n| !(1..=all).contains(n)) {
        return Err(Error::usage(
            "B0008",
            format!("--communes <N> : « {n} » n'est pas une valeur possible"),
            format!("un nombre de 1 à {all}, les communes de {MILLESIME}"),
        ));
    }
    let territoires = match options.communes {
        None => Territoires::auvergne(&resources, &geographie)?,
        Some(n) => Territoires::country(&resources, &geographie, n, &mut rng(options.seed, 0))?,
    };
    let (demandes, attributions) = if options.communes.is_none() {
        (DEMANDES, ATTRIBUTIONS)
    } else {
        let (all, n) = (all as u64, territoires.communes.len() as u64);
        (DEMANDES_FRANCE * n / all, ATTRIBUTIONS_FRANCE * n / all)
    };
    let weights: Vec<u64> =
        territoires.communes.iter().map(|c| c.loues * (60 + territoires.profile(c).mobilite)).collect();
    let lettings = share_out(attributions, &weights);
    // In the whole country some ask for a commune that has no social dwelling.
    let least = u64::from(options.communes.is_some());
    let weights: Vec<u64> =
        territoires.communes.iter().map(|c| c.logements.max(least) * territoires.profile(c).pression).collect();
    let wishes = share_out(demandes, &weights);

    let donnees = dir.join("donnees");
    let mut stock = Csv::create(&donnees.join("rpls.csv"), &logements::header())?;
    let mut registre = Registre::create(&donnees, &geographie, &territoires, rng(options.seed, EVENTS_STREAM))?;
    let bar = progress.steps("Registre fictif", territoires.communes.len() as u64);
    // Numbers of dwellings come by blocks; a city takes several.
    let mut bloc = 1;
    for (i, commune) in territoires.communes.iter().enumerate() {
        let mut rng = rng(options.seed, 1 + i as u64);
        let mut fiches =
            Fiches::of(&geographie, &commune.commune, i, self::rng(options.seed, FICHES_STREAM + i as u64));
        let let_out: Vec<Logement> = write_stock(&mut stock, commune, bloc, lettings[i], &mut fiches, &mut rng)?;
        bloc += commune.logements.div_ceil(BLOC).max(1);
        registre.write_commune(commune, i, &let_out, wishes[i], &mut rng)?;
        bar.inc(1);
    }
    stock.finish()?;
    registre.finish()?;
    bar.finish_and_clear();
    if options.communes.is_none() {
        write_programmation(&donnees.join("programmation.csv"), &territoires)?;
    }
    territoires::write_landlords(&donnees.join("bailleurs.csv"), &territoires)?;
    // A fixed key: the demonstration's store must be the same everywhere, and nothing in it is personal.
    store::write_key(&dir.join(".bilan"), &seed_key(options.seed))?;
    let text = match options.communes {
        None => resources.text("reports/init/demo.toml")?.into_owned(),
        Some(n) => format!("{DEMO_MARK}\n{}", country_project(n, &perimeter(&territoires, all))),
    };
    store::write_atomically(&project, text.as_bytes())
}

/// Dwellings programmed in the year, by financing: 1 433, of which a third of PLAI (activity report of 2019).
const PROGRAMMES: [(&str, u64); 3] = [("PLAI", 473), ("PLUS", 702), ("PLS", 258)];
/// Stream of the draws of events, far from those of the communes.
const EVENTS_STREAM: u64 = 1 << 40;
/// First stream of the draws of addresses, one a commune.
const FICHES_STREAM: u64 = 1 << 41;

/// New supply, shared out among the EPCI as their stock is.
fn write_programmation(path: &Path, territoires: &Territoires) -> Result<()> {
    let mut stock: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for commune in &territoires.communes {
        *stock.entry(&territoires.profile(commune).epci).or_default() += commune.logements;
    }
    let weights: Vec<u64> = stock.values().copied().collect();
    let mut csv = Csv::create(path, "annee;epci;financement;logements")?;
    for (financement, total) in PROGRAMMES {
        for (epci, logements) in stock.keys().zip(share_out(total, &weights)) {
            csv.row(format_args!("{MILLESIME};{epci};{financement};{logements}"))?;
        }
    }
    csv.finish()
}

/// First words of a demonstration's project file: such a folder may be written again.
const DEMO_MARK: &str = "# Registre fictif écrit par bilan demo";

/// Lines of the project that keep it to the territories drawn: the EPCI of its communes, and those that belong to none. The whole
/// country needs none.
fn perimeter(territoires: &Territoires, all: usize) -> String {
    if territoires.communes.len() == all {
        return String::new();
    }
    let listed = |key: &str, codes: Vec<&str>| match codes.as_slice() {
        [] => String::new(),
        codes => format!("{key} = [\n    \"{}\",\n]\n", codes.join("\",\n    \"")),
    };
    let (alone, epci): (Vec<&Profil>, Vec<&Profil>) = territoires.profils.iter().partition(|p| p.epci.is_empty());
    let alone = alone.iter().flat_map(|p| &p.communes).map(|i| territoires.communes[*i].commune.as_str());
    listed("epci", epci.iter().map(|p| p.epci.as_str()).collect()) + &listed("communes", alone.collect())
}

fn country_project(communes: usize, perimeter: &str) -> String {
    let communes = format::count(i64::try_from(communes).unwrap_or(i64::MAX), "commune", "communes");
    format!(
        "[bilan]\ntitre = \"Bilan fictif, {communes}\"\nmillesime = {MILLESIME}\n{perimeter}\
         date_extraction = 2026-01-31\nfictif = true\n\n\
         [[source]]\nschema = \"demandes\"\nfichiers = [\"donnees/demandes.csv\"]\n\n\
         [[source]]\nschema = \"attributions\"\nfichiers = [\"donnees/attributions.csv\"]\n\n\
         [[source]]\nschema = \"rpls\"\nfichiers = [\"donnees/rpls.csv\"]\n\n\
         [[source]]\nschema = \"evenements\"\nfichiers = [\"donnees/evenements.csv\"]\n\n\
         [[source]]\nschema = \"bailleurs\"\nfichiers = [\"donnees/bailleurs.csv\"]\n"
    )
}

fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

fn seed_key(seed: u64) -> [u8; 32] {
    let mut key = [0x5A_u8; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key
}

/// A CSV file of the register, written beside its place.
struct Csv {
    path: std::path::PathBuf,
    out: BufWriter<File>,
}

impl Csv {
    fn create(path: &Path, header: &str) -> Result<Self> {
        store::make_parent(path)?;
        let file = File::create(store::temporary(path)).map_err(Error::io("écrire", path))?;
        let mut csv = Self { path: path.to_owned(), out: BufWriter::with_capacity(1 << 18, file) };
        csv.row(format_args!("{header}"))?;
        Ok(csv)
    }

    fn row(&mut self, row: std::fmt::Arguments<'_>) -> Result<()> {
        self.out.write_fmt(row).and_then(|()| self.out.write_all(b"\n")).map_err(Error::io("écrire", &self.path))
    }

    fn finish(self) -> Result<()> {
        let Self { path, out } = self;
        out.into_inner().map_err(|e| Error::io("écrire", &path)(e.into_error()))?;
        store::publish(&store::temporary(&path), &path)
    }
}
