//! `bilan.toml` resolved once into a [`Plan`]: every default filled in, every code checked, every file found.

mod fichier;
mod init;
mod resolution;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::format;
use crate::reference::{Commune, Geographie, Resources};

pub use init::init_project;

/// Name of the project file.
pub const PROJECT_FILE: &str = "bilan.toml";

/// Everything a run needs to know, resolved and printable (`--json` of the manifest).
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Folder of the project.
    #[serde(skip)]
    pub racine: PathBuf,
    /// Folder of the results.
    #[serde(skip)]
    pub sortie: PathBuf,
    /// Title of the review.
    pub titre: String,
    /// Year under review, N.
    pub millesime: i32,
    /// Date of extraction: what comes after it is "in the future". Default: 31 December of N.
    pub date_extraction: NaiveDate,
    /// The project gives that date itself.
    pub extraction_donnee: bool,
    /// The register is fictitious: every page says so.
    pub fictif: bool,
    /// Communes of the perimeter (codes of 2025); `None` is the whole country.
    pub communes: Option<BTreeSet<String>>,
    /// GeoJSON file of the outlines of communes, relative to the project.
    #[serde(skip)]
    pub contours: Option<String>,
    /// EPCI declared without any priority neighbourhood.
    pub epci_sans_qpv: BTreeSet<String>,
    /// Financings left out of quartiles, priorites and verdicts.
    pub financements_exclus: Vec<String>,
    /// Which dwellings count in `parc`.
    pub parc_social: ParcSocial,
    /// Which typology a demand counts under.
    pub typologie_demande: TypologieDemande,
    /// Fewest households of a count of the public edition, where the project sets it.
    pub seuil_diffusion: Option<i64>,
    /// What the public edition tells first where an EPCI and a département cut each other.
    pub diffusion_prioritaire: Priorite,
    /// Sources, in the order of the file.
    pub sources: Vec<SourcePlan>,
    /// Targets of the project.
    pub objectifs: Vec<Objectif>,
    /// Thresholds given by the project.
    pub seuils: Vec<SeuilProjet>,
    /// Abnormally long delays.
    pub delais_anormaux: Vec<DelaiAnormal>,
    /// Outliers that someone vouches for.
    pub confirmations: Vec<Confirmation>,
}

/// Scope of the stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParcSocial {
    /// Every dwelling of the file.
    TousLogements,
    /// The ministry's: without non-conventionnés dwellings of SEM and rent-free ones.
    Ministere,
}

impl ParcSocial {
    /// Which dwellings count, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::TousLogements => "tous ceux du fichier",
            Self::Ministere => {
                "ceux du parc social au sens du ministère, sans les logements non conventionnés des SEM ni ceux sans loyer"
            }
        }
    }
}

/// Typology of a demand (DRIHL, socle de données).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TypologieDemande {
    /// The first wanted.
    Premiere,
    /// That of the household: T1 or T2 for one person, T3 for one parent and one child, else a room a person.
    Cible,
}

/// Which territory is told where telling both would give back a small part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Priorite {
    /// The EPCI, whose review it is.
    #[default]
    Epci,
    /// The département and the région.
    Departement,
}

impl TypologieDemande {
    /// Which one it is, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Premiere => "la première souhaitée",
            Self::Cible => "la typologie cible du ménage",
        }
    }
}

/// A source and its files.
#[derive(Debug, Clone, Serialize)]
pub struct SourcePlan {
    /// Name of the schema.
    pub schema: String,
    /// Files, relative to the project, sorted.
    pub fichiers: Vec<String>,
    /// Year of this source (RPLS), else the review's.
    pub millesime: i32,
    /// Sheet of a workbook.
    pub feuille: Option<String>,
    /// Canonical column → header of the file.
    pub colonnes: BTreeMap<String, String>,
    /// Column → local code → canonical code.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
}

/// A target signed by the EPCI.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Objectif {
    /// Identifier, unique in the project.
    pub id: String,
    /// SIREN of the EPCI.
    pub epci: String,
    /// cia, document_cadre or avenant.
    pub base: String,
    /// Date of signature.
    pub signature: Option<NaiveDate>,
    /// First day in force.
    pub debut: NaiveDate,
    /// Last day in force.
    pub fin: Option<NaiveDate>,
    /// Whom the target is about.
    pub public: String,
    /// hors_qpv, qpv or ensemble.
    pub zone: String,
    /// Communes of the sector; empty is the whole EPCI.
    pub communes: BTreeSet<String>,
    /// Who is held to it.
    pub acteur: String,
    /// part or nombre.
    pub metrique: String,
    /// `>=` or `<=`.
    pub operateur: String,
    /// ensemble (the lettings of all actors together) or moyenne (the mean of their rates).
    pub agregation: String,
    /// A fraction of 1 (part) or a number of lettings (nombre), six decimals at most.
    pub cible: f64,
    /// Where it is written.
    pub reference: String,
}

impl Objectif {
    /// Whether another target says the same, on a day at least.
    fn repeats(&self, other: &Self) -> bool {
        let same = |o: &Self| Self {
            id: String::new(),
            signature: None,
            reference: String::new(),
            fin: None,
            debut: NaiveDate::MIN,
            ..o.clone()
        };
        let ends_before = |a: &Self, b: &Self| a.fin.is_some_and(|fin| fin < b.debut);
        same(self) == same(other) && !ends_before(self, other) && !ends_before(other, self)
    }
}

/// A first-quartile threshold given by the project, in euros per UC per year.
#[derive(Debug, Clone, Serialize)]
pub struct SeuilProjet {
    /// SIREN of the EPCI.
    pub epci: String,
    /// Year in force.
    pub millesime: i32,
    /// First-quartile amount.
    pub montant: i64,
    /// Second-quartile amount.
    pub q2: Option<i64>,
    /// Third-quartile amount.
    pub q3: Option<i64>,
    /// Where it comes from.
    pub reference: String,
}

/// The préfet's delay past which a demand is abnormally old (CCH L441-1-4), in months.
#[derive(Debug, Clone, Serialize)]
pub struct DelaiAnormal {
    /// Where it holds.
    pub zone: Zone,
    /// Months.
    pub mois: i32,
    /// Typology, or all of them.
    pub typologie: Option<String>,
    /// Where it comes from.
    pub reference: String,
}

/// Where a préfet's delay holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Zone {
    /// Code of a département.
    Departement(String),
    /// SIREN of an EPCI.
    Epci(String),
    /// Codes of communes.
    Communes(BTreeSet<String>),
}

impl Zone {
    fn holds(&self, commune: &Commune) -> bool {
        match self {
            Self::Departement(code) => commune.departement == *code,
            Self::Epci(siren) => commune.epci.as_ref() == Some(siren),
            Self::Communes(codes) => codes.contains(&commune.code),
        }
    }

    /// How narrow it is.
    fn rank(&self) -> u8 {
        match self {
            Self::Departement(_) => 0,
            Self::Epci(_) => 1,
            Self::Communes(_) => 2,
        }
    }

    /// Its places by their codes.
    fn places(&self) -> Vec<&str> {
        match self {
            Self::Departement(code) | Self::Epci(code) => vec![code],
            Self::Communes(codes) => codes.iter().map(String::as_str).collect(),
        }
    }
}

impl Plan {
    /// The préfet's delay in a commune, in months, for a typology or for all: that of the narrowest zone that has one, and
    /// there the typology's own.
    #[must_use]
    pub fn delai_anormal(&self, commune: &Commune, typologie: Option<&str>) -> Option<i32> {
        let own = |d: &&DelaiAnormal| d.typologie.is_none() || d.typologie.as_deref() == typologie;
        let held = self.delais_anormaux.iter().filter(|d| d.zone.holds(commune)).filter(own);
        held.max_by_key(|d| (d.zone.rank(), d.typologie.is_some())).map(|d| d.mois)
    }
}

/// An outlier that someone looked at and vouches for: it is no longer listed while its value stays the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// Code of the check.
    pub code: String,
    /// File, as in `rejets.csv`; empty where a result is in doubt, and not a row.
    pub fichier: String,
    /// Line, as in `rejets.csv`; none where a result is in doubt.
    pub ligne: Option<u64>,
    /// Column, as in `rejets.csv`.
    pub colonne: String,
    /// Value, as in `rejets.csv`.
    pub valeur: String,
    /// Who vouches for it.
    pub auteur: String,
    /// Since when.
    pub date: NaiveDate,
    /// Why it is right.
    pub motif: String,
}

impl Confirmation {
    /// Whether it is about this row of the rejects.
    #[must_use]
    pub fn covers(&self, diagnostic: &Diagnostic) -> bool {
        let lieu = &diagnostic.lieu;
        self.code == diagnostic.code
            && lieu.fichier.as_deref().unwrap_or_default() == self.fichier
            && lieu.ligne == self.ligne
            && lieu.colonne.as_ref() == Some(&self.colonne)
            && lieu.valeur.as_deref().unwrap_or_default() == self.valeur
    }
}

/// Words allowed for `public`.
pub const PUBLICS: [&str; 7] = ["q1", "q1_ou_relogement", "q2_q4", "dalo", "prioritaire", "relogement", "mutation"];
impl Plan {
    /// Reads and resolves the project at `path` (its folder, or the file itself).
    ///
    /// # Errors
    /// [`Error::Usage`] with the diagnostic when the file cannot be used.
    pub fn load(path: &Path, sortie: Option<&Path>) -> Result<(Self, Vec<Diagnostic>)> {
        let file = if path.is_dir() { path.join(PROJECT_FILE) } else { path.to_owned() };
        let bytes = std::fs::read(&file).map_err(|e| {
            // A text editor adds an ending that the file manager does not show.
            let remedy = if path.join(format!("{PROJECT_FILE}.txt")).is_file() {
                "renommez bilan.toml.txt en bilan.toml, une fois affichées les extensions de noms de fichiers"
            } else {
                "indiquez un dossier qui contient bilan.toml ; `bilan init DOSSIER` en crée un, `bilan demo` aussi"
            };
            let reason = crate::error::io_reason(&e);
            Error::usage("B0001", format!("projet « {} » illisible : {reason}", file.display()), remedy)
        })?;
        let text = fichier::decode(&file, bytes)?;
        let racine = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let written = fichier::parse(&file, &text)?;
        let geographie = Geographie::load(&Resources::of_project(&racine), written.bilan.millesime)?;
        resolution::resolve(&racine, &geographie, written, sortie)
    }

    /// Whether a commune is in the perimeter.
    #[must_use]
    pub fn holds(&self, commune: &str) -> bool {
        self.communes.as_ref().is_none_or(|set| set.contains(commune))
    }

    /// What its figures are of, as a French sentence without its full stop: the leases, demands and stock that it gives.
    #[must_use]
    pub fn portee(&self) -> String {
        let extraites = if self.extraction_donnee {
            format!("extraites le {}", self.date_extraction.format("%d/%m/%Y"))
        } else {
            "extraites à une date non précisée".to_owned()
        };
        let parts = [
            ("attributions", format!("baux signés en {}", self.annee_des_baux())),
            ("demandes", format!("demandes actives au {}, {extraites}", self.jour_des_demandes())),
            ("rpls", format!("parc au 1er janvier {} (RPLS)", self.millesime_rpls())),
        ];
        let given: Vec<String> =
            parts.into_iter().filter(|(source, _)| self.has_source(source)).map(|(_, words)| words).collect();
        if given.is_empty() { "Ni baux, ni demandes, ni parc".to_owned() } else { format::capital(&given.join(" ; ")) }
    }

    /// Last day that the year is known of, where it was not over when the demands were extracted.
    #[must_use]
    pub fn arretee_au(&self) -> Option<NaiveDate> {
        let fin = NaiveDate::from_ymd_opt(self.millesime, 12, 31)?;
        Some(self.date_extraction).filter(|day| *day < fin)
    }

    /// The year that leases are of, and the day that they are known up to where it was not over.
    #[must_use]
    pub fn annee_des_baux(&self) -> String {
        let until = self.arretee_au().map(|day| format!(", jusqu'au {}", day.format("%d/%m/%Y")));
        format!("{}{}", self.millesime, until.unwrap_or_default())
    }

    /// Day on which the demands told as active are so, in words: 31 December of N, or that of the extraction of a year that was
    /// not over.
    #[must_use]
    pub fn jour_des_demandes(&self) -> String {
        self.arretee_au().map_or_else(|| format!("31 décembre {}", self.millesime), format::date)
    }

    /// What its date of extraction keeps the review from telling.
    fn of_extraction(&self) -> Option<Diagnostic> {
        if !self.extraction_donnee {
            return self.has_source("demandes").then(|| {
                Diagnostic::anomalie(
                    "B0379",
                    format!("date d'extraction non donnée : celle du 31/12/{} est supposée", self.millesime),
                    "donnez date_extraction sous [bilan] : le registre bouge encore après le 31 décembre, et toute date qui la suit est signalée",
                )
            });
        }
        self.arretee_au().map(|day| {
            Diagnostic::anomalie(
                "B0383",
                format!("l'année {} n'était pas finie à l'extraction ({})", self.millesime, day.format("%d/%m/%Y")),
                "baux, dépôts et radiations n'en comptent qu'une partie, et la tension en est grossie ; refaites le bilan sur une extraction d'après le 31 décembre",
            )
        })
    }

    /// Folder of the store and cache.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.racine.join(".bilan")
    }

    /// Embedded resources as this project overrides them.
    #[must_use]
    pub fn resources(&self) -> Resources {
        Resources::of_project(&self.racine)
    }

    /// Whether a source of this schema is given.
    #[must_use]
    pub fn has_source(&self, schema: &str) -> bool {
        self.sources.iter().any(|s| s.schema == schema)
    }

    /// Year of the RPLS given, or the review's.
    #[must_use]
    pub fn millesime_rpls(&self) -> i32 {
        self.sources.iter().find(|s| s.schema == "rpls").map_or(self.millesime, |s| s.millesime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zone of the order prevails over the département around it; in it, a typology's own delay over that of all.
    #[test]
    fn the_narrowest_zone_gives_the_delay() {
        let folder = tempfile::tempdir().unwrap();
        let delay = |place: &str, own: &str, mois: i32| format!("[[delai_anormal]]\n{place}\n{own}\nmois = {mois}\n");
        let t1 = "typologie = \"T1\"";
        let toml = [
            "[bilan]\nmillesime = 2025\n".to_owned(),
            delay("departement = \"63\"", "", 12),
            delay("departement = \"63\"", t1, 6),
            delay("epci = \"246300701\"", "", 24),
            delay("communes = [\"63014\"]", "", 36),
            delay("communes = [\"63014\"]", t1, 48),
        ];
        std::fs::write(folder.path().join(PROJECT_FILE), toml.concat()).unwrap();
        let (plan, _) = Plan::load(folder.path(), None).unwrap();
        let geographie = Geographie::load(&plan.resources(), 2025).unwrap();
        // Thiers, Clermont-Ferrand, Aubière, Vichy.
        for (code, all, t1) in [
            ("63430", Some(12), Some(6)),
            ("63113", Some(24), Some(24)),
            ("63014", Some(36), Some(48)),
            ("03310", None, None),
        ] {
            let commune = geographie.commune(code).unwrap();
            assert_eq!(
                (plan.delai_anormal(commune, None), plan.delai_anormal(commune, Some("T1"))),
                (all, t1),
                "{code}"
            );
        }
    }
}
