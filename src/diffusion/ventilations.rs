//! What a public edition counts and how finely: `pipelines/diffusion/ventilations.toml`, checked.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::reference::{Resources, toml_file};

const PATH: &str = "pipelines/diffusion/ventilations.toml";

/// A breakdown of a population into cells that do not overlap.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ventilation {
    /// Name, as `effectifs.sql` gives it.
    pub nom: String,
    /// What it shows.
    pub titre: String,
    /// What it counts.
    pub unite: String,
    /// The source that it comes from.
    pub source: String,
    /// Columns, as `source.colonne`, by which it is known: where files fill none of them, it is not told.
    #[serde(default)]
    pub colonnes: Vec<String>,
    /// Cells of what is not known: where they hold every count of the results, it is not told.
    #[serde(default)]
    pub inconnues: Vec<String>,
    /// The breakdown without which it is not told: its cells share out the groups of that one's first detail.
    #[serde(default)]
    pub parent: Option<String>,
    /// Its groups overlap: secrecy is checked cell by cell.
    #[serde(default)]
    pub par_cellule: bool,
    /// From the coarsest to the finest.
    pub detail: Vec<Detail>,
}

/// One way to group the cells.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Groups, in the order they are read.
    pub groupes: Vec<Groupe>,
}

/// Cells told together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groupe {
    /// Its name.
    pub nom: String,
    /// Its cells.
    pub cellules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fichier {
    ventilation: Vec<Ventilation>,
}

impl Ventilation {
    /// Every breakdown, each after its parent.
    ///
    /// # Errors
    /// [`Error::Resource`] when a detail leaves out a cell or tells it twice, when a finer one does not share out the groups of
    /// the coarser, or when a parent does not stand before.
    pub fn load(resources: &Resources) -> Result<Vec<Self>> {
        let list = toml_file::<Fichier>(resources, PATH)?.ventilation;
        let mut before: BTreeSet<&str> = BTreeSet::new();
        for ventilation in &list {
            ventilation.check(&before).map_err(|why| Error::resource(PATH, format!("{} : {why}", ventilation.nom)))?;
            before.insert(&ventilation.nom);
        }
        Ok(list)
    }

    fn check(&self, before: &BTreeSet<&str>) -> std::result::Result<(), String> {
        if before.contains(self.nom.as_str()) {
            return Err("nom déjà pris".to_owned());
        }
        if let Some(parent) = self.parent.as_deref().filter(|parent| !before.contains(parent)) {
            return Err(format!("parent « {parent} » absent, ou écrit après"));
        }
        let cells = self.cells();
        if cells.is_empty() {
            return Err("aucune cellule".to_owned());
        }
        if let Some(stray) = self.inconnues.iter().find(|cell| !cells.contains(&cell.as_str())) {
            return Err(format!("cellule inconnue « {stray} » qu'aucun groupe ne tient"));
        }
        if self.par_cellule {
            return if self.detail.len() == 1 { Ok(()) } else { Err("un seul détail attendu".to_owned()) };
        }
        for (finer, detail) in self.detail.iter().enumerate() {
            let told: Vec<&str> = detail.cells().collect();
            if told.len() != cells.len() || told.iter().any(|cell| !cells.contains(cell)) {
                return Err(format!("le détail {} ne partage pas toutes les cellules, chacune une fois", finer + 1));
            }
            let coarser = finer.checked_sub(1).and_then(|i| self.detail.get(i));
            let within = |groupe: &Groupe, wide: &Groupe| groupe.cellules.iter().all(|c| wide.cellules.contains(c));
            let shared = |coarser: &Detail| {
                detail.groupes.iter().all(|groupe| coarser.groupes.iter().any(|wide| within(groupe, wide)))
            };
            if coarser.is_some_and(|coarser| !shared(coarser)) {
                return Err(format!("le détail {} ne partage pas les groupes du précédent", finer + 1));
            }
        }
        Ok(())
    }

    /// Its cells, in the order of their names.
    #[must_use]
    pub fn cells(&self) -> Vec<&str> {
        let cells: BTreeSet<&str> = self.detail.iter().flat_map(Detail::cells).collect();
        cells.into_iter().collect()
    }
}

impl Detail {
    fn cells(&self) -> impl Iterator<Item = &str> {
        self.groupes.iter().flat_map(|groupe| groupe.cellules.iter().map(String::as_str))
    }
}
