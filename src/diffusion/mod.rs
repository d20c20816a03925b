//! The public edition: what may be told to everyone of the last results. Counts below a threshold are kept secret, and so is
//! what would give them back ([`secret`]); nothing is told but what [`Ventilation`] lists.

pub mod secret;
mod synthese;
mod tables;
mod ventilations;

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use chrono::NaiveDate;

use self::secret::{Carte, Niveau, Place};
use crate::engine::{self, Engine, Table};
use crate::error::{Error, Result};
use crate::project::Plan;
use crate::reference::{Parametres, Resources};
use crate::resultats::{Manifeste, Qualite};

pub use synthese::{Synthese, Valeur};
pub use tables::SECRET;
pub use ventilations::{Detail, Groupe, Ventilation};

/// Statement of the counts.
const EFFECTIFS: &str = "pipelines/diffusion/effectifs.sql";
/// Statement of what stands beside them.
const MESURES: &str = "pipelines/diffusion/mesures.sql";
/// Where communes stand.
const PLACES: &str = "SELECT commune, COALESCE(epci, '') AS epci, departement, region FROM communes WHERE perimetre = 1 \
                      ORDER BY commune";

/// What may be told.
#[derive(Debug)]
pub struct Edition {
    /// Fewest households of a count.
    pub seuil: i64,
    /// What is counted.
    pub ventilations: Vec<Ventilation>,
    /// The whole, every EPCI, and the other territories with something in them; the widest level first, then by code.
    pub lieux: Vec<Lieu>,
}

/// A territory of the edition.
#[derive(Debug)]
pub struct Lieu {
    /// Level.
    pub niveau: Niveau,
    /// Code, as in the tables.
    pub code: String,
    /// Name.
    pub libelle: String,
    /// SIREN of the EPCI of a commune.
    pub epci: Option<String>,
    /// What is told of each breakdown, in the order of [`Edition::ventilations`].
    pub effectifs: Vec<Effectifs>,
    /// Months that demands have waited, over those told.
    pub anciennete: Attente,
    /// Months from deposit to lease, over the leases told.
    pub delai: Attente,
}

/// A time, in months: its mean and its median.
#[derive(Debug, Clone, Copy)]
pub struct Attente {
    /// Mean.
    pub moyenne: Valeur<f64>,
    /// Median.
    pub mediane: Valeur<f64>,
}

impl Attente {
    const SECRETE: Self = Self { moyenne: Valeur::Secrete, mediane: Valeur::Secrete };
    const ABSENTE: Self = Self { moyenne: Valeur::Absente, mediane: Valeur::Absente };
}

/// What is told of a breakdown in a territory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effectifs {
    /// The count of each group of this detail.
    Dits {
        /// Place of the detail in the breakdown.
        detail: usize,
        /// A count a group.
        comptes: Vec<i64>,
    },
    /// Not told.
    Secret,
    /// Its source was not given, or tells nothing of it.
    Absent,
}

impl Edition {
    /// What may be told of the last results.
    ///
    /// # Errors
    /// [`Error::Usage`] when there are none; [`Error::Resource`] when a statement counts a cell that no breakdown knows.
    pub fn of_results(plan: &Plan, threads: usize) -> Result<Self> {
        let resources = plan.resources();
        let engine = engine::open_results(plan, threads)?;
        let ventilations = Ventilation::load(&resources)?;
        let (manifeste, qualite) = (Manifeste::load(plan)?, Qualite::load(plan)?);
        let given = |source: &str| manifeste.entrees.iter().any(|e| e.source == source && !e.refuse);
        let carte = Carte::new(&places(&engine)?, plan.diffusion_prioritaire);
        let comptes = Comptes::load(&engine, &resources, &carte, &ventilations)?;
        let seuil = threshold(plan)?;
        let mut edition = Self { seuil, lieux: lieux(&engine, &resources, ventilations.len(), seuil)?, ventilations };
        let n = carte.lieux.len();
        let mut told: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
        for (rang, ventilation) in edition.ventilations.iter().enumerate() {
            let cells = &comptes.cellules[rang];
            let filled = ventilation.colonnes.is_empty() || ventilation.colonnes.iter().any(|c| qualite.donne(c));
            let known =
                given(&ventilation.source) && filled && !comptes.nuls[rang] && ventilation.tells_something(cells);
            let parent = ventilation.parent.as_deref().map(|parent| told.get(parent).cloned());
            let eligible = parent.map_or_else(|| vec![true; n], |told| told.unwrap_or_else(|| vec![false; n]));
            let (finest, first) = ventilation.told(&carte, cells, eligible, seuil);
            told.insert(&ventilation.nom, first);
            for lieu in &mut edition.lieux {
                lieu.effectifs[rang] = match carte.rang(lieu.niveau, &lieu.code) {
                    Some(place) if known => finest[place].clone(),
                    _ => Effectifs::Absent,
                };
            }
        }
        edition.settle();
        Ok(edition)
    }

    /// Place of a breakdown in the edition.
    #[must_use]
    pub fn rang(&self, nom: &str) -> Option<usize> {
        self.ventilations.iter().position(|v| v.nom == nom)
    }

    /// Whether the source of a breakdown was given: its whole is counted in a territory, told or not.
    #[must_use]
    pub fn is_given(&self, lieu: &Lieu, ventilation: &Ventilation) -> bool {
        let whole = self.whole_of(ventilation);
        self.rang(&whole.nom).is_some_and(|rang| lieu.effectifs[rang] != Effectifs::Absent)
    }

    /// The breakdown that shares out nothing, which this one and its parents share out.
    fn whole_of<'a>(&'a self, ventilation: &'a Ventilation) -> &'a Ventilation {
        let parent = ventilation.parent.as_deref().and_then(|nom| self.rang(nom));
        // A parent stands before: the search ends.
        parent.map_or(ventilation, |rang| self.whole_of(&self.ventilations[rang]))
    }

    /// Lets go of what stands over counts that are not told, and of territories with nothing in them.
    fn settle(&mut self) {
        let [demandes, baux] = ["demandes", "baux"].map(|nom| self.rang(nom));
        for lieu in &mut self.lieux {
            // Over a count that is not told, no time is.
            let over = |rang: Option<usize>, attente: Attente| match rang.map(|rang| &lieu.effectifs[rang]) {
                Some(Effectifs::Dits { .. }) => attente,
                Some(Effectifs::Secret) => Attente::SECRETE,
                Some(Effectifs::Absent) | None => Attente::ABSENTE,
            };
            (lieu.anciennete, lieu.delai) = (over(demandes, lieu.anciennete), over(baux, lieu.delai));
        }
        let nothing = |effectifs: &Effectifs| match effectifs {
            Effectifs::Dits { comptes, .. } => comptes.iter().all(|n| *n == 0),
            Effectifs::Secret => false,
            Effectifs::Absent => true,
        };
        let asked = |niveau: Niveau| matches!(niveau, Niveau::Territoire | Niveau::Epci);
        self.lieux.retain(|lieu| asked(lieu.niveau) || !lieu.effectifs.iter().all(nothing));
    }
}

impl Ventilation {
    /// Whether some count stands in a cell of what is known, or there is none at all.
    fn tells_something(&self, cells: &[Vec<i64>]) -> bool {
        let known: Vec<bool> = self.cells().iter().map(|cell| !self.inconnues.iter().any(|i| i == cell)).collect();
        let counted = |own: &Vec<i64>, among: bool| own.iter().zip(&known).any(|(n, known)| *n != 0 && *known == among);
        cells.iter().any(|own| counted(own, true)) || !cells.iter().any(|own| counted(own, false))
    }

    /// What is told of each territory, given the counts of its cells and which territories are `eligible`: the finest detail
    /// that each can have, a detail going only where those coarser do. Also which territories have the first.
    #[must_use]
    pub fn told(
        &self,
        carte: &Carte,
        cells: &[Vec<i64>],
        eligible: Vec<bool>,
        seuil: i64,
    ) -> (Vec<Effectifs>, Vec<bool>) {
        let mut finest: Vec<Effectifs> = vec![Effectifs::Secret; carte.lieux.len()];
        let mut details = Vec::new();
        let mut told = eligible;
        for (detail, grouped) in self.detail.iter().enumerate() {
            let comptes = grouped.counts(cells, self);
            told = carte.told(if self.par_cellule { cells } else { &comptes }, &told, seuil);
            for (lieu, comptes) in comptes.into_iter().enumerate().filter(|(lieu, _)| told[*lieu]) {
                finest[lieu] = Effectifs::Dits { detail, comptes };
            }
            details.push(told.clone());
        }
        (finest, details.into_iter().next().unwrap_or_default())
    }
}

impl Detail {
    /// Counts of its groups in each territory, from those of the cells of its breakdown.
    fn counts(&self, cells: &[Vec<i64>], ventilation: &Ventilation) -> Vec<Vec<i64>> {
        let names = ventilation.cells();
        let within = |groupe: &Groupe| -> Vec<usize> {
            (0..names.len()).filter(|i| groupe.cellules.iter().any(|cell| cell == names[*i])).collect()
        };
        let groupes: Vec<Vec<usize>> = self.groupes.iter().map(within).collect();
        cells.iter().map(|own| groupes.iter().map(|places| places.iter().map(|i| own[*i]).sum()).collect()).collect()
    }
}

/// Counts of the cells of each breakdown, territory by territory.
struct Comptes {
    cellules: Vec<Vec<Vec<i64>>>,
    /// A column of the breakdown was not given.
    nuls: Vec<bool>,
}

impl Comptes {
    fn load(engine: &Engine, resources: &Resources, carte: &Carte, ventilations: &[Ventilation]) -> Result<Self> {
        let mut comptes = Self {
            cellules: ventilations.iter().map(|v| vec![vec![0; v.cells().len()]; carte.lieux.len()]).collect(),
            nuls: vec![false; ventilations.len()],
        };
        let names: Vec<(&str, Vec<&str>)> = ventilations.iter().map(|v| (v.nom.as_str(), v.cells())).collect();
        let table = statement(engine, resources, EFFECTIFS)?;
        for batch in &table.batches {
            let [ventilation, cellule, niveau, code] =
                ["ventilation", "cellule", "niveau", "code"].map(|name| text(batch, name));
            let (ventilation, cellule, niveau, code) = (ventilation?, cellule?, niveau?, code?);
            let effectif = column(batch, "effectif")?.as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let Some(rang) = names.iter().position(|(nom, _)| *nom == ventilation.value(row)) else { continue };
                let Some(cell) = names[rang].1.iter().position(|c| *c == cellule.value(row)) else {
                    let unknown = format!("{} : cellule « {} » inconnue", ventilation.value(row), cellule.value(row));
                    return Err(Error::resource(EFFECTIFS, unknown));
                };
                let level = Niveau::ALL.into_iter().find(|level| level.word() == niveau.value(row));
                let Some(place) = level.and_then(|level| carte.rang(level, code.value(row))) else { continue };
                if effectif.is_null(row) {
                    comptes.nuls[rang] = true;
                } else {
                    comptes.cellules[rang][place][cell] = effectif.value(row);
                }
            }
        }
        Ok(comptes)
    }
}

/// Territories of the perimeter, nothing yet said of them.
fn lieux(engine: &Engine, resources: &Resources, ventilations: usize, seuil: i64) -> Result<Vec<Lieu>> {
    let mut lieux = Vec::new();
    for batch in &statement(engine, resources, MESURES)?.batches {
        let [niveau, code, libelle, epci] = ["niveau", "code", "libelle", "epci"].map(|name| text(batch, name));
        let (niveau, code, libelle, epci) = (niveau?, code?, libelle?, epci?);
        let delais = column(batch, "delais")?.as_primitive::<Int64Type>();
        let real = |name: &str, row: usize| -> Result<Option<f64>> {
            let column = column(batch, name)?.as_primitive::<Float64Type>();
            Ok(column.is_valid(row).then(|| column.value(row)))
        };
        for row in 0..batch.num_rows() {
            let Some(level) = Niveau::ALL.into_iter().find(|level| level.word() == niveau.value(row)) else { continue };
            let attente = |moyenne: &str, mediane: &str| -> Result<Attente> {
                let told = |time: Option<f64>| time.map_or(Valeur::Absente, Valeur::Dite);
                Ok(Attente { moyenne: told(real(moyenne, row)?), mediane: told(real(mediane, row)?) })
            };
            // Leases without a known deposit have no time: fewer may have one than were signed.
            let few = delais.is_valid(row) && (1..seuil).contains(&delais.value(row));
            lieux.push(Lieu {
                niveau: level,
                code: code.value(row).to_owned(),
                libelle: libelle.value(row).to_owned(),
                epci: epci.is_valid(row).then(|| epci.value(row).to_owned()),
                effectifs: vec![Effectifs::Absent; ventilations],
                anciennete: attente("anciennete_moyenne", "anciennete_mediane")?,
                delai: if few { Attente::SECRETE } else { attente("delai_moyen", "delai_median")? },
            });
        }
    }
    lieux.sort_by(|a, b| (a.niveau, &a.code).cmp(&(b.niveau, &b.code)));
    Ok(lieux)
}

fn places(engine: &Engine) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    for batch in &engine.query("communes", PLACES)?.batches {
        let [commune, epci, departement, region] =
            ["commune", "epci", "departement", "region"].map(|name| text(batch, name));
        let (commune, epci, departement, region) = (commune?, epci?, departement?, region?);
        places.extend((0..batch.num_rows()).map(|row| Place {
            commune: commune.value(row).to_owned(),
            epci: epci.value(row).to_owned(),
            departement: departement.value(row).to_owned(),
            region: region.value(row).to_owned(),
        }));
    }
    Ok(places)
}

/// Fewest households of a count that may be told: the project's, else the program's.
fn threshold(plan: &Plan) -> Result<i64> {
    if let Some(own) = plan.seuil_diffusion {
        return Ok(own);
    }
    let last_day = NaiveDate::from_ymd_opt(plan.millesime, 12, 31).unwrap_or(NaiveDate::MAX);
    let number = Parametres::load(&plan.resources())?.number("seuil_diffusion", last_day)?;
    #[expect(clippy::cast_possible_truncation, reason = "a few households")]
    Ok(number as i64)
}

fn statement(engine: &Engine, resources: &Resources, path: &str) -> Result<Table> {
    engine.query(path, resources.text(path)?.trim_end().trim_end_matches(';'))
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(|| Error::outdated("diffusion", name))
}

fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a arrow::array::StringArray> {
    column(batch, name)?.as_string_opt::<i32>().ok_or_else(|| Error::outdated("diffusion", name))
}
