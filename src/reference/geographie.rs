//! Communes, EPCI, départements and régions (Insee, code officiel géographique): the geography of 2025, or of another year
//! whose tables a project drops into `reference/geographie/`.
//!
//! An EPCI here is the body that holds the housing conference: in the Métropole du Grand Paris its établissements
//! publics territoriaux and the commune of Paris.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use foldhash::fast::RandomState;

use super::{Resources, csv_rows};
use crate::error::{Error, Result};
use crate::format;

/// A commune of 2025 and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// Insee code, 5 characters.
    pub code: String,
    /// Name.
    pub libelle: String,
    /// SIREN of the EPCI that holds the conference; a few islands belong to none.
    pub epci: Option<String>,
    /// Département code.
    pub departement: String,
    /// Région code.
    pub region: String,
}

impl Commune {
    /// Code of the territory of `niveau` that it belongs to, if it belongs to one.
    #[must_use]
    pub fn code_at(&self, niveau: Niveau) -> Option<&str> {
        match niveau {
            Niveau::Commune => Some(&self.code),
            Niveau::Epci => self.epci.as_deref(),
            Niveau::Departement => Some(&self.departement),
            Niveau::Region => Some(&self.region),
            Niveau::Territoire => Some("territoire"),
        }
    }

    /// What is wrong with its codes: a spreadsheet drops the zeros that begin them, and no record would be found in it.
    fn fault(&self) -> Option<String> {
        let of = |code: &str, long: usize| code.len() == long && code.bytes().all(|b| b.is_ascii_alphanumeric());
        let wrong =
            |code: &str, what: &str| Some(format!("« {code} » n'est pas {what} (un tableur ôte les zéros de tête)"));
        if !of(&self.code, 5) || !self.code.starts_with(&self.departement) || self.departement.len() < 2 {
            wrong(&self.code, &format!("un code de commune du département « {} »", self.departement))
        } else if !of(&self.region, 2) {
            wrong(&self.region, "un code de région")
        } else if let Some(epci) = self.epci.as_deref().filter(|epci| !of(epci, 9)) {
            wrong(epci, "le SIREN d'un EPCI")
        } else {
            (self.epci.as_deref() == Some(GRAND_PARIS)).then(|| {
                format!(
                    "« {} » est donnée à la Métropole du Grand Paris, qui ne tient pas de conférence : \
                     donnez le SIREN de son établissement public territorial, ou de la commune de Paris",
                    self.code
                )
            })
        }
    }
}

/// The métropole whose territories hold the conferences.
pub const GRAND_PARIS: &str = "200054781";

/// What Insee writes for the EPCI of a commune that belongs to none.
const SANS_EPCI: &str = "ZZZZZZZZZ";

/// The territorial levels of every published table, from the smallest up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Niveau {
    /// Commune.
    Commune,
    /// EPCI.
    Epci,
    /// Département.
    Departement,
    /// Région.
    Region,
    /// The whole perimeter.
    Territoire,
}

impl Niveau {
    /// All levels.
    pub const ALL: [Self; 5] = [Self::Commune, Self::Epci, Self::Departement, Self::Region, Self::Territoire];

    /// The word used in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Commune => "commune",
            Self::Epci => "epci",
            Self::Departement => "departement",
            Self::Region => "region",
            Self::Territoire => "territoire",
        }
    }
}

/// How a code found in a file became a code of 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recode {
    /// It is one already.
    Current,
    /// A former commune or an arrondissement, recoded.
    Former,
    /// A leading zero was lost, and restored.
    ZeroRestored,
}

/// The geography of one year.
#[derive(Debug)]
pub struct Geographie {
    /// Year of the communes and EPCI.
    pub annee: i32,
    communes: BTreeMap<String, Commune>,
    /// The same by hash, for the many lookups of a register.
    current: HashMap<String, Commune, RandomState>,
    former: HashMap<String, String, RandomState>,
    split: BTreeMap<String, NaiveDate>,
    epci: BTreeMap<String, String>,
    departements: BTreeMap<String, String>,
    regions: BTreeMap<String, String>,
}

impl Geographie {
    /// Loads the geography of `year` where there is a table of it; else of the nearest year before, else of the first
    /// after.
    ///
    /// # Errors
    /// [`Error::Resource`] when a table does not hold what it must.
    pub fn load(resources: &Resources, year: i32) -> Result<Self> {
        let annee = table_year(resources, "communes_", year)
            .ok_or_else(|| Error::resource("reference/geographie", "aucune table communes_<année>.csv"))?;
        let at = |name: &str| match table_year(resources, &format!("{name}_"), annee) {
            Some(year) => format!("reference/geographie/{name}_{year}.csv"),
            None => format!("reference/geographie/{name}.csv"),
        };
        let pairs = |name: &str, columns: &[&str]| -> Result<BTreeMap<String, String>> {
            let rows = csv_rows(resources, &at(name), columns)?;
            Ok(rows.into_iter().filter_map(|r| <[String; 2]>::try_from(r).ok()).map(|[a, b]| (a, b)).collect())
        };
        let columns = ["commune", "libelle", "epci", "departement", "region"];
        let rows = csv_rows(resources, &at("communes"), &columns)?.into_iter().zip(2..);
        let communes: BTreeMap<String, Commune> = rows
            .filter_map(|(row, line)| Some((<[String; 5]>::try_from(row).ok()?, line)))
            .map(|([code, libelle, epci, departement, region], line)| {
                let epci = Some(epci).filter(|epci| !epci.is_empty() && epci != SANS_EPCI);
                let commune = Commune { code, libelle, epci, departement, region };
                match commune.fault() {
                    None => Ok((commune.code.clone(), commune)),
                    Some(fault) => Err(Error::resource(at("communes"), format!("ligne {line} : {fault}"))),
                }
            })
            .collect::<Result<_>>()?;
        let mut split = BTreeMap::new();
        for (code, date) in pairs("communes_scindees", &["ancienne", "date"])? {
            let date = date.parse().map_err(|_| Error::resource(at("communes_scindees"), "date illisible"))?;
            split.insert(code, date);
        }
        Ok(Self {
            annee,
            current: communes.clone().into_iter().collect(),
            communes,
            former: pairs("communes_anciennes_vers", &["ancien_code", "commune"])?.into_iter().collect(),
            split,
            epci: pairs("epci", &["epci", "libelle"])?,
            departements: pairs("departements", &["DEP", "NOM_DEP"])?,
            regions: pairs("regions", &["REG", "NOM_REG"])?,
        })
    }

    /// Of each EPCI that a perimeter reaches (none: the whole country), how many communes are in it, and how many it has.
    #[must_use]
    pub fn reached(&self, perimeter: Option<&BTreeSet<String>>) -> BTreeMap<&str, (usize, usize)> {
        let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for commune in self.communes() {
            let Some(epci) = &commune.epci else { continue };
            let (within, all) = counts.entry(epci).or_default();
            *within += usize::from(perimeter.is_none_or(|set| set.contains(&commune.code)));
            *all += 1;
        }
        counts.retain(|_, (within, _)| *within > 0);
        counts
    }

    /// Every commune, by code.
    pub fn communes(&self) -> impl Iterator<Item = &Commune> {
        self.communes.values()
    }

    /// The commune of this code of 2025.
    #[must_use]
    pub fn commune(&self, code: &str) -> Option<&Commune> {
        self.communes.get(code)
    }

    /// The commune meant by a code as files carry it: of 2025, former, an arrondissement, or short of its leading zero.
    #[must_use]
    pub fn resolve(&self, code: &str) -> Option<(&Commune, Recode)> {
        if let Some(commune) = self.current.get(code) {
            return Some((commune, Recode::Current));
        }
        if let Some(commune) = self.former.get(code).and_then(|c| self.communes.get(c)) {
            return Some((commune, Recode::Former));
        }
        if code.len() == 4 && code.bytes().all(|b| b.is_ascii_digit()) {
            let (commune, _) = self.resolve(&format!("0{code}"))?;
            return Some((commune, Recode::ZeroRestored));
        }
        None
    }

    /// The date on which part of this commune was split off, if it was and its code still lives.
    #[must_use]
    pub fn split_on(&self, code: &str) -> Option<NaiveDate> {
        self.split.get(code).copied().filter(|_| self.current.contains_key(code))
    }

    /// Name of an EPCI, or its SIREN where the table has none.
    #[must_use]
    pub fn epci_name<'a>(&'a self, siren: &'a str) -> &'a str {
        self.epci.get(siren).map_or(siren, String::as_str)
    }

    /// Whether any commune belongs to this EPCI.
    #[must_use]
    pub fn has_epci(&self, siren: &str) -> bool {
        self.communes.values().any(|c| c.epci.as_deref() == Some(siren))
    }

    /// Whether this département exists.
    #[must_use]
    pub fn has_departement(&self, code: &str) -> bool {
        self.departements.contains_key(code)
    }

    /// Places of `niveau`, of the communes that `within` holds, whose names come nearest to one, each as its code and its name, three
    /// at most: first those that begin with it, Clermont-Ferrand for Clermont, then those that hold its words, CA Vichy Communauté
    /// for Vichy, then slips of the pen.
    pub fn near(&self, niveau: Niveau, name: &str, within: impl Fn(&Commune) -> bool) -> Vec<(&str, &str)> {
        let wanted = format::plain(name);
        let begun = format!("{wanted}_");
        let likeness = |name: &str| {
            let own = format::plain(name);
            let holds = || wanted.split('_').all(|word| own.split('_').any(|w| w == word));
            if own == wanted || own.starts_with(&begun) {
                Some(2.0)
            } else if holds() {
                Some(1.0)
            } else {
                format::likeness(&wanted, &own)
            }
        };
        let places = self.communes().filter(|c| within(c)).filter_map(|c| self.territory(c, niveau));
        let places: BTreeMap<&str, &str> = places.collect();
        let mut near: Vec<_> =
            places.into_iter().filter_map(|(code, name)| Some((likeness(name)?, code, name))).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        near.into_iter().take(3).map(|(_, code, name)| (code, name)).collect()
    }

    /// Code and name of the territory of `niveau` that `commune` belongs to, if it belongs to one.
    #[must_use]
    pub fn territory<'a>(&'a self, commune: &'a Commune, niveau: Niveau) -> Option<(&'a str, &'a str)> {
        let code = commune.code_at(niveau)?;
        let name = |table: &'a BTreeMap<String, String>| table.get(code).map_or(code, String::as_str);
        let libelle = match niveau {
            Niveau::Commune => &commune.libelle,
            Niveau::Epci => self.epci_name(code),
            Niveau::Departement => name(&self.departements),
            Niveau::Region => name(&self.regions),
            Niveau::Territoire => "Ensemble du territoire",
        };
        Some((code, libelle))
    }
}

/// Year of the table `<prefix><year>.csv` that serves for `year`.
fn table_year(resources: &Resources, prefix: &str, year: i32) -> Option<i32> {
    let years: Vec<i32> = resources
        .list("reference/geographie")
        .iter()
        .filter_map(|p| {
            p.strip_prefix("reference/geographie/")?.strip_prefix(prefix)?.strip_suffix(".csv")?.parse().ok()
        })
        .collect();
    years.iter().copied().filter(|y| *y <= year).max().or_else(|| years.iter().copied().min())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_files_resolve_to_communes_of_2025() {
        let geo = Geographie::load(&Resources::embedded(), 2025).unwrap();
        let resolve = |code: &str| geo.resolve(code).map(|(c, how)| (c.code.as_str(), how));
        assert_eq!(resolve("63113"), Some(("63113", Recode::Current)));
        assert_eq!(resolve("75113"), Some(("75056", Recode::Former)));
        assert_eq!(resolve("1004"), Some(("01004", Recode::ZeroRestored)));
        assert_eq!(resolve("99999"), None);
        assert_eq!(geo.communes().count(), 34_875);
        assert!(geo.split_on("15141").is_some());
        assert_eq!(geo.commune("75056").unwrap().epci.as_deref(), Some("217500016"));
        // Ouessant.
        assert_eq!(geo.commune("29155").unwrap().epci, None);
    }

    /// A table that went through a spreadsheet has lost the zeros of nine départements.
    #[test]
    fn a_table_without_its_leading_zeros_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("reference/geographie");
        std::fs::create_dir_all(&folder).unwrap();
        for (row, told) in [
            ("1001,X,200069193,1,84", "ligne 2 : « 1001 » n'est pas un code de commune du département « 1 »"),
            ("01001,X,200069193,1,84", "« 01001 » n'est pas un code de commune du département « 1 »"),
            ("97105,X,249710062,971,1", "« 1 » n'est pas un code de région"),
            ("01001,X,69193,01,84", "« 69193 » n'est pas le SIREN d'un EPCI"),
            ("93066,X,200054781,93,11", "donnez le SIREN de son établissement public territorial"),
        ] {
            let table = format!("commune,libelle,epci,departement,region\n{row}\n");
            std::fs::write(folder.join("communes_2026.csv"), table).unwrap();
            let refused = Geographie::load(&Resources::of_project(dir.path()), 2026).unwrap_err().to_string();
            assert!(refused.contains(told), "{refused}");
        }
        std::fs::write(folder.join("communes_2026.csv"), "commune,libelle,epci,departement,region\n63113,X\n").unwrap();
        let refused = Geographie::load(&Resources::of_project(dir.path()), 2026).unwrap_err().to_string();
        assert!(refused.contains("ligne 2 : colonnes séparées par des virgules, 2 au lieu de 5"), "{refused}");
    }

    #[test]
    fn a_table_of_another_year_serves_that_year_and_those_after() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("reference/geographie");
        std::fs::create_dir_all(&folder).unwrap();
        let table = "commune,libelle,epci,departement,region\n63113,Clermont-Ferrand,200070753,63,84\n";
        std::fs::write(folder.join("communes_2026.csv"), table).unwrap();
        let resources = Resources::of_project(dir.path());
        let epci = |year: i32| {
            let geo = Geographie::load(&resources, year).unwrap();
            (geo.annee, geo.commune("63113").unwrap().epci.clone().unwrap())
        };
        assert_eq!(epci(2025), (2025, "246300701".to_owned()));
        assert_eq!(epci(2026), (2026, "200070753".to_owned()));
        assert_eq!(epci(2027), (2026, "200070753".to_owned()));
        assert_eq!(epci(2019), (2025, "246300701".to_owned()));
    }
}
