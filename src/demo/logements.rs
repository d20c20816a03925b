//! The fictitious stock: one row a dwelling, whose counts by commune are the ministry's own.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::fiche::{CONVENTION, Fiches, TERRITOIRE};
use super::territoires::{ParcCommunal, share_out};
use super::{BLOC, Csv, MILLESIME};
use crate::error::Result;

/// Header of "RPLS loi".
pub(super) fn header() -> String {
    format!(
        "{TERRITOIRE};QPV;DROIT;TYPECONST;NBPIECE;SURFHAB;CONSTRUCT;LOCAT;PATRIMOINE;ORIGINE;FINAN;FINANAUTRE;CONV;\
         {CONVENTION};IDENT_REP;MODE;BAIL;duree_vacance;LOYERPRINC"
    )
}

/// A dwelling let in the year.
#[derive(Debug, Clone)]
pub(super) struct Logement {
    pub id: String,
    pub qpv: bool,
    pub individuel: bool,
    pub pieces: u64,
    pub construit: i32,
    pub financement: &'static str,
}

impl Logement {
    /// What a lease says of it besides its age.
    fn kind(&self) -> (bool, bool, u64, &'static str) {
        (self.qpv, self.individuel, self.pieces, self.financement)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Loue,
    Vacant,
    Vide,
    Association,
    Autre,
}

/// Year that ends at the stock's 1 January.
const LAST_YEAR: i32 = MILLESIME - 1;

/// Writes the commune's dwellings, numbered from the block on; returns the `lettings` of them that are let in the year under review.
pub(super) fn write_stock(
    csv: &mut Csv,
    commune: &ParcCommunal,
    bloc: u64,
    lettings: u64,
    fiches: &mut Fiches,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<Logement>> {
    let n = usize::try_from(commune.logements).unwrap_or(0);
    if n == 0 {
        return Ok(Vec::new());
    }
    let modes = modes(commune, n, rng);
    let types = flags(n, &[(commune.individuels, 'I'), (commune.etudiants, 'E')], 'C', rng);
    let qpv = flags(n, &[(commune.qpv, true)], false, rng);
    let mobility = Mobility::of(commune);
    let rooms: Vec<u64> = types.iter().map(|t| draw_rooms(*t, rng)).collect();
    let size = |pieces: u64, rng: &mut ChaCha8Rng| {
        let base = [0, 28, 46, 63, 78, 94, 112][usize::try_from(pieces).unwrap_or(6).min(6)];
        base * rng.random_range(90_u64..=110)
    };
    let sizes: Vec<u64> = rooms.iter().map(|p| size(*p, rng)).collect();
    let let_index: Vec<usize> = (0..n).filter(|&i| modes[i] == Mode::Loue).collect();
    let surfaces = share_out(commune.surfaces, &let_index.iter().map(|&i| sizes[i]).collect::<Vec<_>>());
    let weights: Vec<u64> = surfaces.iter().map(|s| s * rng.random_range(85_u64..=115)).collect();
    let rents = share_out(commune.loyers * 100, &weights);

    let mut dwellings = Vec::with_capacity(let_index.len());
    let mut vacant = Vec::new();
    let (mut seen_let, mut seen_vacant) = (0_u64, 0_u64);
    for i in 0..n {
        let mode = modes[i];
        let recent = mobility.is_recent(mode, seen_let, seen_vacant);
        let (construit, locat) = years(commune, recent, rng);
        let mut bail = String::new();
        let mut vacance: Option<i32> = None;
        let mut rent = String::new();
        let mut surface = sizes[i] / 100;
        match mode {
            Mode::Loue => {
                let k = usize::try_from(seen_let).unwrap_or(0);
                let moved = !recent && mobility.is_moved(seen_let);
                let year =
                    if recent || moved { LAST_YEAR } else { rng.random_range(locat.max(LAST_YEAR - 25)..LAST_YEAR) };
                bail = format!("{:02}/{year}", rng.random_range(1..=12));
                rent = format!("{},{:02}", rents[k] / 100, rents[k] % 100);
                surface = surfaces[k];
                seen_let += 1;
            }
            Mode::Vacant => {
                let long = seen_vacant < commune.vacants_3_mois;
                vacance = Some(if long { rng.random_range(4..=48) } else { rng.random_range(0..=3) });
                seen_vacant += 1;
            }
            _ => {}
        }
        let finan = financing(construit, rng);
        let code = match mode {
            Mode::Loue => 1,
            Mode::Vacant => 2,
            Mode::Vide => 3,
            Mode::Association => 4,
            Mode::Autre => 5,
        };
        let id = format!("{:010}", bloc * BLOC + i as u64 + 1);
        let zone = if qpv[i] { 1 } else { 2 };
        let territoire = fiches.territoire();
        let convention = fiches.convention(construit);
        let vacance_mois = vacance.map_or_else(String::new, |months| months.to_string());
        csv.row(format_args!(
            "{territoire};{zone};1;{};{};{surface};{construit};{locat};{locat};1;{finan};;1;{convention};{id};{code};{bail};\
             {vacance_mois};{rent}",
            types[i], rooms[i]
        ))?;
        let logement = Logement {
            id,
            qpv: qpv[i],
            individuel: types[i] == 'I',
            pieces: rooms[i],
            construit,
            financement: family(finan),
        };
        match mode {
            Mode::Loue => dwellings.push(logement),
            Mode::Vacant if vacance.is_some_and(|months| months <= 12) => vacant.push(logement),
            _ => {}
        }
    }
    let wanted = usize::try_from(lettings).unwrap_or(0);
    if dwellings.is_empty() || wanted == 0 {
        return Ok(Vec::new());
    }
    dwellings.shuffle(rng);
    let mut lettings: Vec<Logement> = dwellings.iter().cycle().take(wanted).cloned().collect();
    // Of those let in the year some stood vacant on 1 January: each takes the place of a like one.
    let mut like: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (i, logement) in lettings.iter().enumerate() {
        like.entry(logement.kind()).or_default().push(i);
    }
    for logement in vacant {
        if let Some(i) = like.get_mut(&logement.kind()).and_then(Vec::pop) {
            lettings[i] = logement;
        }
    }
    Ok(lettings)
}

fn modes(commune: &ParcCommunal, n: usize, rng: &mut ChaCha8Rng) -> Vec<Mode> {
    let counts = [
        (commune.loues, Mode::Loue),
        (commune.vacants, Mode::Vacant),
        (commune.vides, Mode::Vide),
        (commune.association, Mode::Association),
    ];
    flags(n, &counts, Mode::Autre, rng)
}

/// `n` values in random order: so many of each, the rest of the last.
fn flags<T: Copy>(n: usize, counts: &[(u64, T)], rest: T, rng: &mut ChaCha8Rng) -> Vec<T> {
    let mut values: Vec<T> = counts
        .iter()
        .flat_map(|(count, value)| std::iter::repeat_n(*value, usize::try_from(*count).unwrap_or(0)))
        .collect();
    values.resize(n, rest);
    values.shuffle(rng);
    values
}

/// Which dwellings of MODE 1 and 2 were first let in the last year, and so stand outside mobility; which of the others
/// changed tenants.
struct Mobility {
    recent_let: u64,
    recent_vacant: u64,
    moved: u64,
}

impl Mobility {
    fn of(commune: &ParcCommunal) -> Self {
        let outside = (commune.loues + commune.vacants).saturating_sub(commune.mobilite_den);
        let recent_let = outside.min(commune.loues.saturating_sub(commune.mobilite_num));
        Self { recent_let, recent_vacant: outside - recent_let, moved: commune.mobilite_num }
    }

    fn is_recent(&self, mode: Mode, seen_let: u64, seen_vacant: u64) -> bool {
        match mode {
            Mode::Loue => seen_let < self.recent_let,
            Mode::Vacant => seen_vacant < self.recent_vacant,
            _ => false,
        }
    }

    fn is_moved(&self, seen_let: u64) -> bool {
        seen_let >= self.recent_let && seen_let < self.recent_let + self.moved
    }
}

fn draw_rooms(kind: char, rng: &mut ChaCha8Rng) -> u64 {
    let shares: [u32; 6] = match kind {
        'E' => [850, 120, 30, 0, 0, 0],
        'I' => [5, 60, 290, 430, 185, 30],
        _ => [65, 215, 385, 265, 62, 8],
    };
    let mut draw = rng.random_range(0..1_000_u32);
    for (rooms, share) in (1..).zip(shares) {
        if draw < share {
            return rooms;
        }
        draw -= share;
    }
    3
}

/// Ages of the six classes of the ministry's counts, the oldest closed.
const SPANS: [(i32, i32); 6] = [(1, 5), (5, 10), (10, 20), (20, 40), (40, 60), (60, 110)];

/// Years of completion and of first letting.
fn years(commune: &ParcCommunal, recent: bool, rng: &mut ChaCha8Rng) -> (i32, i32) {
    if recent {
        return (LAST_YEAR - rng.random_range(0..=1), LAST_YEAR);
    }
    let total: u64 = commune.ages.iter().sum();
    let mut draw = rng.random_range(0..total.max(1));
    let mut span = SPANS[4];
    for (count, s) in commune.ages.iter().zip(SPANS) {
        if draw < *count {
            span = s;
            break;
        }
        draw -= count;
    }
    let built = (MILLESIME - rng.random_range(span.0..span.1)).min(LAST_YEAR - 1);
    (built, (built + rng.random_range(0..=1)).min(LAST_YEAR - 1))
}

fn financing(built: i32, rng: &mut ChaCha8Rng) -> u32 {
    let draw = rng.random_range(0..100_u32);
    match built {
        ..1949 => 50,
        1949..1977 => [52, 51, 53, 99][usize::try_from(draw / 30).unwrap_or(0).min(3)],
        1977..1990 => {
            if draw < 92 {
                12
            } else {
                49
            }
        }
        1990..2001 => {
            if draw < 80 {
                12
            } else {
                11
            }
        }
        _ => match draw {
            0..66 => 13,
            66..88 => 10,
            88..97 => 14,
            _ => 16,
        },
    }
}

fn family(finan: u32) -> &'static str {
    match finan {
        10 | 11 => "PLAI",
        12 | 13 | 50..=53 | 99 => "PLUS",
        14 => "PLS",
        16 | 17 | 54 | 55 => "PLI",
        _ => "AUTRE",
    }
}
