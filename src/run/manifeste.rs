//! `manifeste.json`: what the figures were made from and with, so that anyone can make them again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::ingest::Ingestion;
use crate::law::{RegleLegale, SeuilsDeLAnnee, Situation};
use crate::project::Plan;
use crate::reference::{Geographie, Parametre};
use crate::store;

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifeste {
    /// Version of this file's shape.
    pub version: u32,
    /// Program and version.
    pub programme: String,
    /// Title of the review.
    pub titre: String,
    /// Year under review.
    pub millesime: i32,
    /// Year of the stock.
    pub millesime_rpls: i32,
    /// Date of extraction.
    pub date_extraction: String,
    /// Fictitious register.
    pub fictif: bool,
    /// Input files.
    pub entrees: Vec<Entree>,
    /// Parameters used, with their trust.
    pub parametres: Vec<ParametreUtilise>,
    /// Amounts used, by EPCI.
    pub seuils: BTreeMap<String, serde_json::Value>,
    /// EPCI that the perimeter cuts: counted on the part inside.
    pub epci_coupes: Vec<String>,
    /// Files of the project that override the program's own.
    pub surcharges: Vec<String>,
    /// Messages about the project.
    pub notes: Vec<String>,
}

/// An input file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entree {
    /// Source.
    pub source: String,
    /// Path, relative to the project.
    pub fichier: String,
    /// SHA-256.
    pub sha256: String,
    /// Encoding.
    pub encodage: Option<String>,
    /// Rows read.
    pub lignes: u64,
    /// Rows kept.
    pub gardees: u64,
    /// Rows refused.
    pub refusees: u64,
    /// Whether the whole file was refused.
    pub refuse: bool,
}

/// A parameter and how far it can be trusted.
#[derive(Debug, Serialize, Deserialize)]
pub struct ParametreUtilise {
    /// Name.
    pub nom: String,
    /// Value used.
    pub valeur: serde_json::Value,
    /// What it does.
    pub definition: String,
    /// Where it comes from.
    pub reference: String,
    /// verified, secondary or assumed.
    pub statut: String,
}

/// Writes the manifest; returns its path relative to the results folder.
pub(super) fn write(
    plan: &Plan,
    ingestion: &Ingestion,
    geographie: &Geographie,
    seuils: &SeuilsDeLAnnee,
    notes: &[Diagnostic],
) -> Result<BTreeSet<String>> {
    let resources = plan.resources();
    let entrees = ingestion.fichiers.iter().map(|f| Entree {
        source: f.schema.clone(),
        fichier: f.fichier.clone(),
        sha256: f.sha256.clone(),
        encodage: f.encodage.map(|e| e.name().to_owned()),
        lignes: f.lignes,
        gardees: f.gardees,
        refusees: f.refusees,
        refuse: f.parquet.is_none(),
    });
    let inside = |code: &str| plan.communes.as_ref().is_none_or(|set| set.contains(code));
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for commune in geographie.communes() {
        let entry = counts.entry(&commune.epci).or_default();
        entry.0 += 1;
        entry.1 += usize::from(inside(&commune.code));
    }
    let cut =
        counts.iter().filter(|(_, (all, within))| *within > 0 && within < all).map(|(epci, _)| (*epci).to_owned());
    let mut used = BTreeMap::new();
    for (epci, (_, within)) in &counts {
        if *within > 0
            && let Situation::Seuil(seuil) = seuils.situation(epci)
        {
            used.insert((*epci).to_owned(), serde_json::to_value(seuil)?);
        }
    }
    let manifeste = Manifeste {
        version: 1,
        programme: format!("bilan {}", env!("CARGO_PKG_VERSION")),
        titre: plan.titre.clone(),
        millesime: plan.millesime,
        millesime_rpls: plan.millesime_rpls(),
        date_extraction: plan.date_extraction.to_string(),
        fictif: plan.fictif,
        entrees: entrees.collect(),
        parametres: parameters(plan)?,
        seuils: used,
        epci_coupes: cut.collect(),
        surcharges: resources.overridden(),
        notes: notes.iter().map(ToString::to_string).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&manifeste)?;
    text.push(b'\n');
    store::write_atomically(&plan.sortie.join("manifeste.json"), &text)?;
    Ok(BTreeSet::from(["manifeste.json".to_owned()]))
}

/// The parameters as this project uses them, then the legal rules' targets.
fn parameters(plan: &Plan) -> Result<Vec<ParametreUtilise>> {
    let resources = plan.resources();
    let mut list = Vec::new();
    for d in Parametre::load(&resources)? {
        let valeur = match d.nom.as_str() {
            "financements_exclus" => serde_json::to_value(&plan.financements_exclus)?,
            "parc_social" => serde_json::to_value(plan.parc_social)?,
            _ => serde_json::to_value(&d.valeur)?,
        };
        list.push(ParametreUtilise {
            nom: d.nom,
            valeur,
            definition: d.definition,
            reference: d.reference,
            statut: d.statut,
        });
    }
    for rule in RegleLegale::load(&resources)? {
        list.push(ParametreUtilise {
            nom: format!("{} ({})", rule.id, rule.acteur),
            valeur: serde_json::to_value(rule.cible)?,
            definition: rule.question.clone(),
            reference: rule.reference.clone(),
            statut: serde_json::to_value(rule.statut)?.as_str().unwrap_or_default().to_owned(),
        });
    }
    Ok(list)
}
