//! `bilan.toml` resolved once into a [`Plan`]: every default filled in, every code checked, every file found.

mod fichier;
mod init;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::reference::{Geographie, Resources};

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
    /// EPCI declared without any priority neighbourhood.
    pub epci_sans_qpv: BTreeSet<String>,
    /// Financings left out of quartiles, priorites and verdicts.
    pub financements_exclus: Vec<String>,
    /// Which dwellings count in `parc`.
    pub parc_social: ParcSocial,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParcSocial {
    /// Every dwelling of the file.
    TousLogements,
    /// The ministry's: without non-conventionnés dwellings of SEM and rent-free ones.
    Ministere,
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
#[derive(Debug, Clone, Serialize)]
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
    /// Département code.
    pub departement: String,
    /// Months.
    pub mois: i32,
    /// Typology, or all of them.
    pub typologie: Option<String>,
    /// Where it comes from.
    pub reference: String,
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
const ZONES: [&str; 3] = ["hors_qpv", "qpv", "ensemble"];
const BASES: [&str; 3] = ["cia", "document_cadre", "avenant"];
const TYPOLOGIES: [&str; 7] = ["C", "T1", "T2", "T3", "T4", "T5", "T6P"];

impl Plan {
    /// Reads and resolves the project at `path` (its folder, or the file itself).
    ///
    /// # Errors
    /// [`Error::Usage`] with the diagnostic when the file cannot be used.
    pub fn load(path: &Path, sortie: Option<&Path>) -> Result<(Self, Vec<Diagnostic>)> {
        let file = if path.is_dir() { path.join(PROJECT_FILE) } else { path.to_owned() };
        let text = std::fs::read_to_string(&file).map_err(|e| {
            Error::usage(
                "B0001",
                format!("projet « {} » illisible : {}", file.display(), crate::error::io_reason(&e)),
                "indiquez un dossier qui contient bilan.toml ; `bilan init DOSSIER` en crée un, `bilan demo` aussi",
            )
        })?;
        let racine = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let written = fichier::parse(&file, &text)?;
        let geographie = Geographie::load(&Resources::of_project(&racine), written.bilan.millesime)?;
        Resolver { racine: &racine, geographie: &geographie, notes: Vec::new() }.resolve(written, sortie)
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

struct Resolver<'a> {
    racine: &'a Path,
    geographie: &'a Geographie,
    notes: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn resolve(mut self, written: fichier::Fichier, sortie: Option<&Path>) -> Result<(Plan, Vec<Diagnostic>)> {
        let bilan = written.bilan;
        if !(2017..=2100).contains(&bilan.millesime) {
            return Err(invalid(
                "millesime",
                &bilan.millesime.to_string(),
                "une année à partir de 2017, première année de la loi",
            ));
        }
        let communes = self.perimeter(&bilan)?;
        for epci in &bilan.epci_sans_qpv {
            self.check_epci(epci, "epci_sans_qpv")?;
        }
        let parc_social = match bilan.parc_social.as_deref() {
            None | Some("tous_logements") => ParcSocial::TousLogements,
            Some("ministere") => ParcSocial::Ministere,
            Some(other) => return Err(invalid("parc_social", other, "tous_logements ou ministere")),
        };
        let last_day = NaiveDate::from_ymd_opt(bilan.millesime, 12, 31)
            .ok_or_else(|| invalid("millesime", &bilan.millesime.to_string(), "une année"))?;
        let sources = self.sources(written.source, bilan.millesime)?;
        let objectifs = self.objectifs(written.objectif)?;
        let mut seuils = Vec::new();
        let mut seen = BTreeSet::new();
        for s in written.seuil_q1 {
            self.check_epci(&s.epci, "seuil_q1.epci")?;
            let ordered =
                s.q2.is_none_or(|q2| q2 >= s.montant) && s.q3.is_none_or(|q3| s.q2.is_some_and(|q2| q3 >= q2));
            if s.montant <= 0 || !ordered {
                return Err(invalid(
                    "seuil_q1.montant",
                    &s.montant.to_string(),
                    "des euros par UC et par an, q1 ≤ q2 ≤ q3",
                ));
            }
            if !seen.insert((s.epci.clone(), s.millesime)) {
                return Err(invalid("seuil_q1", &s.epci, "un seul montant par EPCI et par millésime"));
            }
            let (epci, millesime, montant) = (s.epci, s.millesime, s.montant);
            seuils.push(SeuilProjet { epci, millesime, montant, q2: s.q2, q3: s.q3, reference: s.reference });
        }
        let mut delais_anormaux = Vec::new();
        let mut seen = BTreeSet::new();
        for d in written.delai_anormal {
            if !self.geographie.has_departement(&d.departement) {
                return Err(invalid(
                    "delai_anormal.departement",
                    &d.departement,
                    "un code de département, comme \"63\"",
                ));
            }
            if !(1..=600).contains(&d.mois) {
                return Err(invalid("delai_anormal.mois", &d.mois.to_string(), "un nombre de mois"));
            }
            check_word("delai_anormal.typologie", d.typologie.as_deref().unwrap_or("T1"), &TYPOLOGIES)?;
            if !seen.insert((d.departement.clone(), d.typologie.clone())) {
                return Err(invalid("delai_anormal", &d.departement, "une seule valeur par département et typologie"));
            }
            let (departement, mois, typologie) = (d.departement, d.mois, d.typologie);
            delais_anormaux.push(DelaiAnormal { departement, mois, typologie, reference: d.reference });
        }
        if self.geographie.annee != bilan.millesime {
            self.notes.push(Diagnostic::anomalie(
                "B0306",
                format!("géographie de {} appliquée au bilan de {}", self.geographie.annee, bilan.millesime),
                format!(
                    "les EPCI sont ceux de {} ; pour une autre année, déposez reference/geographie/communes_{}.csv dans le projet",
                    self.geographie.annee, bilan.millesime
                ),
            ));
        }
        let plan = Plan {
            racine: self.racine.to_owned(),
            sortie: sortie.map_or_else(|| self.racine.join("sortie"), Path::to_owned),
            titre: bilan.titre,
            millesime: bilan.millesime,
            date_extraction: bilan.date_extraction.unwrap_or(last_day),
            extraction_donnee: bilan.date_extraction.is_some(),
            fictif: bilan.fictif,
            communes,
            epci_sans_qpv: bilan.epci_sans_qpv.into_iter().collect(),
            financements_exclus: bilan.financements_exclus.unwrap_or_else(|| vec!["PLI".to_owned()]),
            parc_social,
            sources,
            objectifs,
            seuils,
            delais_anormaux,
            confirmations: confirmations(written.confirmation)?,
        };
        for f in &plan.financements_exclus {
            check_word("financements_exclus", f, &["PLAI", "PLUS", "PLS", "PLI", "AUTRE"])?;
        }
        Ok((plan, self.notes))
    }

    fn perimeter(&self, bilan: &fichier::Bilan) -> Result<Option<BTreeSet<String>>> {
        if bilan.departements.is_empty() && bilan.epci.is_empty() && bilan.communes.is_empty() {
            return Ok(None);
        }
        for code in &bilan.departements {
            if !self.geographie.has_departement(code) {
                return Err(invalid("departements", code, "des codes de département entre guillemets, comme \"03\""));
            }
        }
        for siren in &bilan.epci {
            self.check_epci(siren, "epci")?;
        }
        let mut communes = self.communes(&bilan.communes, "communes")?;
        for commune in self.geographie.communes() {
            if bilan.departements.contains(&commune.departement) || bilan.epci.contains(&commune.epci) {
                communes.insert(commune.code.clone());
            }
        }
        Ok(Some(communes))
    }

    fn communes(&self, codes: &[String], key: &str) -> Result<BTreeSet<String>> {
        codes
            .iter()
            .map(|code| match self.geographie.resolve(code) {
                Some((commune, _)) => Ok(commune.code.clone()),
                None => Err(invalid(key, code, "des codes Insee de communes, comme \"63113\"")),
            })
            .collect()
    }

    fn check_epci(&self, siren: &str, key: &str) -> Result<()> {
        if self.geographie.has_epci(siren) {
            return Ok(());
        }
        Err(invalid(key, siren, "le SIREN (9 chiffres) d'un EPCI de 2025"))
    }

    fn sources(&mut self, written: Vec<fichier::Source>, millesime: i32) -> Result<Vec<SourcePlan>> {
        let known: Vec<String> = Resources::of_project(self.racine)
            .list("schemas")
            .iter()
            .filter_map(|p| Some(p.strip_prefix("schemas/")?.strip_suffix(".toml")?.to_owned()))
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut sources = Vec::new();
        for source in written {
            check_word("source.schema", &source.schema, &known)?;
            let mut files = BTreeSet::new();
            for pattern in &source.fichiers {
                let found = self.expand(pattern)?;
                if found.is_empty() {
                    self.notes.push(
                        Diagnostic::refus(
                            "B0101",
                            format!("aucun fichier pour « {pattern} » (source {})", source.schema),
                            "vérifiez le chemin, relatif au dossier de bilan.toml, ou retirez cette source",
                        )
                        .in_file(pattern.clone()),
                    );
                }
                files.extend(found);
            }
            sources.push(SourcePlan {
                schema: source.schema,
                fichiers: files.into_iter().collect(),
                millesime: source.millesime.unwrap_or(millesime),
                feuille: source.feuille,
                colonnes: source.colonnes,
                codes: source.codes,
            });
        }
        Ok(sources)
    }

    fn expand(&self, pattern: &str) -> Result<Vec<String>> {
        let absolute = self.racine.join(pattern);
        let bad = |_| invalid("source.fichiers", pattern, "un chemin, où * remplace une partie de nom");
        let root = glob::Pattern::escape(&self.racine.to_string_lossy());
        let full = if Path::new(pattern).is_absolute() {
            absolute.to_string_lossy().into_owned()
        } else {
            format!("{root}/{pattern}")
        };
        let mut found = Vec::new();
        for path in glob::glob(&full).map_err(bad)?.flatten() {
            if path.is_file() {
                let relative = path.strip_prefix(self.racine).unwrap_or(&path);
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(found)
    }

    fn objectifs(&self, written: Vec<fichier::Objectif>) -> Result<Vec<Objectif>> {
        let mut used: BTreeMap<String, u32> = BTreeMap::new();
        let mut objectifs = Vec::new();
        for o in written {
            self.check_epci(&o.epci, "objectif.epci")?;
            check_word("objectif.base", &o.base, &BASES)?;
            check_word("objectif.public", &o.public, &PUBLICS)?;
            check_word("objectif.zone", &o.zone, &ZONES)?;
            check_word("objectif.metrique", &o.metrique, &["part", "nombre"])?;
            check_word("objectif.operateur", &o.operateur, &[">=", "<="])?;
            check_actor(&o.acteur)?;
            check_word("objectif.agregation", &o.agregation, &["ensemble", "moyenne"])?;
            if o.agregation == "moyenne" && (!o.acteur.starts_with("chaque_") || o.metrique != "part") {
                return Err(invalid(
                    "objectif.agregation",
                    &o.agregation,
                    "une moyenne de parts, avec acteur = chaque_bailleur ou chaque_reservataire",
                ));
            }
            let in_range =
                if o.metrique == "part" { (0.0..=1.0).contains(&o.cible) } else { (0.0..=1e6).contains(&o.cible) };
            if !in_range {
                return Err(invalid(
                    "objectif.cible",
                    &o.cible.to_string(),
                    "une part entre 0 et 1 (0.25 pour 25 %), ou un nombre de baux",
                ));
            }
            let communes = self.communes(&o.communes, "objectif.communes")?;
            for code in &communes {
                if self.geographie.commune(code).is_none_or(|c| c.epci != o.epci) {
                    return Err(invalid("objectif.communes", code, "des communes de l'EPCI de l'objectif"));
                }
            }
            let stem = o.id.unwrap_or_else(|| format!("{}_{}_{}", o.base, o.public, o.zone));
            let count = used.entry(format!("{} {stem}", o.epci)).or_insert(0);
            *count += 1;
            let id = if *count == 1 { stem } else { format!("{stem}_{count}") };
            objectifs.push(Objectif {
                id,
                epci: o.epci,
                base: o.base,
                signature: o.signature,
                debut: o.debut,
                fin: o.fin,
                public: o.public,
                zone: o.zone,
                communes,
                acteur: o.acteur,
                metrique: o.metrique,
                operateur: o.operateur,
                agregation: o.agregation,
                cible: o.cible,
                reference: o.reference,
            });
        }
        Ok(objectifs)
    }
}

fn confirmations(written: Vec<fichier::Confirmation>) -> Result<Vec<Confirmation>> {
    written
        .into_iter()
        .map(|c| {
            if c.auteur.trim().is_empty() {
                return Err(invalid("confirmation.auteur", &c.auteur, "qui confirme la valeur"));
            }
            Ok(Confirmation {
                code: c.code,
                fichier: c.fichier,
                ligne: c.ligne,
                colonne: c.colonne,
                valeur: c.valeur,
                auteur: c.auteur,
                date: c.date,
                motif: c.motif,
            })
        })
        .collect()
}

fn check_actor(acteur: &str) -> Result<()> {
    let named = |prefix: &str| acteur.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty());
    if ["tous", "chaque_bailleur", "chaque_reservataire"].contains(&acteur)
        || named("bailleur:")
        || named("reservataire:")
    {
        return Ok(());
    }
    Err(invalid(
        "objectif.acteur",
        acteur,
        "tous, chaque_bailleur, chaque_reservataire, bailleur:<siren> ou reservataire:<code>",
    ))
}

fn check_word(key: &str, value: &str, allowed: &[&str]) -> Result<()> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(invalid(key, value, &allowed.join(", ")))
}

fn invalid(key: &str, value: &str, expected: &str) -> Error {
    Error::Usage(Box::new(
        Diagnostic::refus(
            "B0003",
            format!("{key} : « {value} » n'est pas une valeur possible"),
            format!("attendu : {expected}"),
        )
        .in_file(PROJECT_FILE),
    ))
}
