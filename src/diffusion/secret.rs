//! Which territories a public edition may tell a breakdown of, so that nothing smaller than the threshold stands in it nor can
//! be computed from it.
//!
//! A count is safe when it is 0 or at least the threshold: a true zero is no secret. Territories told hold one another or are
//! apart: what can be computed by difference from their counts is what each of them has outside those told within it — its
//! *reste* — and sums of these. So it is enough that every reste be safe, whatever the number of subtractions. Where one is
//! not, the smallest territory told within is kept back and joins it, until it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::project::Priorite;

/// Levels of the territories that counts are known for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Niveau {
    /// The whole perimeter.
    Territoire,
    /// Région.
    Region,
    /// Département.
    Departement,
    /// EPCI.
    Epci,
    /// The part of an EPCI in a département, never told by itself.
    Bloc,
    /// Commune.
    Commune,
}

impl Niveau {
    /// Every level, the widest first.
    pub const ALL: [Self; 6] =
        [Self::Territoire, Self::Region, Self::Departement, Self::Epci, Self::Bloc, Self::Commune];

    /// As tables write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Territoire => "territoire",
            Self::Region => "region",
            Self::Departement => "departement",
            Self::Epci => "epci",
            Self::Bloc => "bloc",
            Self::Commune => "commune",
        }
    }
}

/// A territory, by its place in [`Carte::lieux`].
type Lieu = usize;

/// Where a commune stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// Code of the commune.
    pub commune: String,
    /// SIREN of its EPCI; empty where it has none.
    pub epci: String,
    /// Its département.
    pub departement: String,
    /// Its région.
    pub region: String,
}

/// The territories of the perimeter, and how they hold one another.
#[derive(Debug, Default)]
pub struct Carte {
    /// Level and code, in their order: the widest level first.
    pub lieux: Vec<(Niveau, String)>,
    rangs: BTreeMap<(Niveau, String), Lieu>,
    /// Each bloc with its EPCI, its département and its région.
    blocs: Vec<(Lieu, Lieu, Lieu, Lieu)>,
    /// Each commune with its bloc.
    communes: Vec<(Lieu, Lieu)>,
    /// Blocs of each EPCI.
    epci: BTreeMap<Lieu, Vec<Lieu>>,
    priorite: Priorite,
}

/// Whether every count is 0 or at least the threshold.
fn safe(effectifs: &[i64], seuil: i64) -> bool {
    effectifs.iter().all(|n| *n == 0 || *n >= seuil)
}

fn add(to: &mut [i64], other: &[i64], sign: i64) {
    for (a, b) in to.iter_mut().zip(other) {
        *a += sign * b;
    }
}

impl Carte {
    /// The territories that these communes make.
    #[must_use]
    pub fn new(places: &[Place], priorite: Priorite) -> Self {
        let mut rangs = BTreeMap::new();
        rangs.insert((Niveau::Territoire, "territoire".to_owned()), 0);
        for place in places {
            for key in keys(place) {
                rangs.insert(key, 0);
            }
        }
        for (rang, place) in rangs.values_mut().zip(0..) {
            *rang = place;
        }
        let lieux = rangs.keys().cloned().collect();
        let mut carte = Self { lieux, rangs, priorite, ..Self::default() };
        let mut blocs = BTreeMap::new();
        for place in places {
            let [region, departement, epci, bloc, commune] = keys(place).map(|key| carte.rangs[&key]);
            blocs.insert(bloc, (epci, departement, region));
            carte.communes.push((commune, bloc));
        }
        for (bloc, (epci, departement, region)) in blocs {
            carte.blocs.push((bloc, epci, departement, region));
            carte.epci.entry(epci).or_default().push(bloc);
        }
        carte
    }

    /// Place of a territory in [`Carte::lieux`].
    #[must_use]
    pub fn rang(&self, niveau: Niveau, code: &str) -> Option<usize> {
        self.rangs.get(&(niveau, code.to_owned())).copied()
    }

    /// Which territories to tell, of those that are `eligible`, given the counts of each.
    ///
    /// An EPCI over several départements is told as the sum of its parts where each is safe. Where one is not, those that the
    /// project puts first are told: the EPCI, which then stands whole, or the départements and régions that cut it.
    #[must_use]
    pub fn told(&self, effectifs: &[Vec<i64>], eligible: &[bool], seuil: i64) -> Vec<bool> {
        let foret = self.forest(effectifs, seuil);
        let mut told: Vec<bool> = (0..self.lieux.len())
            .map(|lieu| foret.parents.contains_key(&lieu) && eligible[lieu] && safe(&effectifs[lieu], seuil))
            .collect();
        self.keep_back(&foret.parents, effectifs, &mut told, seuil);
        for (epci, blocs) in &self.epci {
            if !foret.entiers.contains(epci) {
                told[*epci] = blocs.iter().all(|bloc| told[*bloc]);
            }
        }
        told
    }

    /// Territories that hold one another or are apart, each with the one that holds it.
    fn forest(&self, effectifs: &[Vec<i64>], seuil: i64) -> Foret {
        // Communes of no EPCI make none together.
        let is_one = |epci: Lieu| !self.lieux[epci].1.is_empty();
        let whole_first = self.priorite == Priorite::Epci;
        let cut =
            |blocs: &[Lieu]| whole_first && blocs.len() > 1 && !blocs.iter().all(|bloc| safe(&effectifs[*bloc], seuil));
        let entiers: BTreeSet<Lieu> =
            self.epci.iter().filter(|(epci, blocs)| is_one(**epci) && cut(blocs)).map(|(epci, _)| *epci).collect();
        let mut crossed = vec![false; self.lieux.len()];
        let mut regions: BTreeMap<Lieu, Vec<Lieu>> = BTreeMap::new();
        for (_, epci, departement, region) in &self.blocs {
            if entiers.contains(epci) {
                crossed[*departement] = true;
                regions.entry(*epci).or_default().push(*region);
            }
        }
        for several in regions.values().filter(|list| list.iter().any(|region| *region != list[0])) {
            for region in several {
                crossed[*region] = true;
            }
        }
        let whole = self.rangs[&(Niveau::Territoire, "territoire".to_owned())];
        let above = |candidates: &[Lieu]| candidates.iter().copied().find(|lieu| !crossed[*lieu]).unwrap_or(whole);
        let mut parents = BTreeMap::from([(whole, whole)]);
        let mut standing = BTreeMap::new();
        for (bloc, epci, departement, region) in &self.blocs {
            if !crossed[*region] {
                parents.insert(*region, whole);
            }
            if !crossed[*departement] {
                parents.insert(*departement, above(&[*region]));
            }
            if entiers.contains(epci) {
                parents.insert(*epci, above(&[*region]));
                standing.insert(*bloc, *epci);
            } else {
                parents.insert(*bloc, above(&[*departement, *region]));
                standing.insert(*bloc, *bloc);
            }
        }
        for (commune, bloc) in &self.communes {
            parents.insert(*commune, standing[bloc]);
        }
        Foret { parents, entiers }
    }

    /// Takes territories off the told until what each holds outside those told within it is safe.
    fn keep_back(&self, parents: &BTreeMap<Lieu, Lieu>, effectifs: &[Vec<i64>], told: &mut [bool], seuil: i64) {
        let mut restes: BTreeMap<Lieu, Vec<i64>> = BTreeMap::new();
        let mut within: BTreeMap<Lieu, Vec<Lieu>> = BTreeMap::new();
        for lieu in parents.keys().filter(|lieu| told[**lieu]) {
            restes.insert(*lieu, effectifs[*lieu].clone());
        }
        for lieu in parents.keys().filter(|lieu| told[**lieu]) {
            let mut above = *lieu;
            while parents[&above] != above {
                above = parents[&above];
                if let Some(reste) = restes.get_mut(&above) {
                    add(reste, &effectifs[*lieu], -1);
                    within.entry(above).or_default().push(*lieu);
                    break;
                }
            }
        }
        let total = |lieu: &Lieu| effectifs[*lieu].iter().sum::<i64>();
        // Places go from the widest to the smallest: the deepest are settled first.
        for lieu in (0..self.lieux.len()).rev() {
            let Some(mut reste) = restes.get(&lieu).cloned() else { continue };
            let mut inner = within.remove(&lieu).unwrap_or_default();
            inner.sort_by_key(|other| (total(other), *other));
            while !safe(&reste, seuil) {
                let mends = |other: &&Lieu| {
                    let mut both = reste.clone();
                    add(&mut both, &restes[*other], 1);
                    safe(&both, seuil)
                };
                let lacking = |n: i64| n != 0 && n < seuil;
                let helps = |other: &&Lieu| reste.iter().zip(&restes[*other]).any(|(n, more)| lacking(*n) && *more > 0);
                let Some(other) =
                    inner.iter().find(mends).or_else(|| inner.iter().find(helps)).or(inner.first()).copied()
                else {
                    break;
                };
                inner.retain(|kept| *kept != other);
                if let Some(joined) = restes.remove(&other) {
                    add(&mut reste, &joined, 1);
                }
                told[other] = false;
                inner.extend(within.remove(&other).unwrap_or_default());
                inner.sort_by_key(|other| (total(other), *other));
            }
            within.insert(lieu, inner);
            restes.insert(lieu, reste);
        }
    }
}

/// What [`Carte::forest`] gives.
struct Foret {
    parents: BTreeMap<Lieu, Lieu>,
    /// EPCI that stand whole.
    entiers: BTreeSet<Lieu>,
}

/// The territories of a commune, from its région to itself.
fn keys(place: &Place) -> [(Niveau, String); 5] {
    [
        (Niveau::Region, place.region.clone()),
        (Niveau::Departement, place.departement.clone()),
        (Niveau::Epci, place.epci.clone()),
        (Niveau::Bloc, format!("{}-{}", place.epci, place.departement)),
        (Niveau::Commune, place.commune.clone()),
    ]
}
