//! `manifeste.json`: what the figures were made from and with, so that anyone can make them again.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::ingest::Ingestion;
use crate::law::{SeuilsDeLAnnee, Situation};
use crate::project::Plan;
use crate::reference::{Geographie, Parametres};
use crate::resultats::{Entree, Identite, MANIFESTE, Manifeste, ParametreUtilise};
use crate::store;

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
        format: f.format.map(|x| x.name().to_owned()),
        feuille: f.feuille.clone(),
        encodage: f.encodage.map(|e| e.name().to_owned()),
        lignes: f.lignes,
        gardees: f.gardees,
        refusees: f.refusees,
        refuse: f.parquet.is_none(),
    });
    let reached = geographie.reached(plan.communes.as_ref());
    let cut = reached.iter().filter(|(_, (within, all))| within < all).map(|(epci, _)| (*epci).to_owned());
    let mut used = BTreeMap::new();
    for epci in reached.keys() {
        if let Situation::Seuil(seuil) = seuils.situation(epci) {
            used.insert((*epci).to_owned(), serde_json::to_value(seuil)?);
        }
    }
    let manifeste = Manifeste {
        version: 1,
        identite: Identite {
            programme: format!("bilan {}", env!("CARGO_PKG_VERSION")),
            titre: plan.titre.clone(),
            millesime: plan.millesime,
            millesime_rpls: plan.millesime_rpls(),
            date_extraction: plan.date_extraction.to_string(),
            fictif: plan.fictif,
        },
        entrees: entrees.collect(),
        parametres: parameters(plan)?,
        seuils: used,
        epci_coupes: cut.collect(),
        surcharges: resources.overridden(),
        reserves: notes
            .iter()
            .filter(|d| ["B0303", "B0304"].contains(&d.code.as_str()))
            .map(|d| d.message.clone())
            .collect(),
        notes: notes.iter().map(ToString::to_string).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&manifeste)?;
    text.push(b'\n');
    store::write_atomically(&plan.sortie.join(MANIFESTE), &text)?;
    Ok(BTreeSet::from([MANIFESTE.to_owned()]))
}

/// The parameters in force on the last day of the year, as this project uses them.
fn parameters(plan: &Plan) -> Result<Vec<ParametreUtilise>> {
    let last_day = chrono::NaiveDate::from_ymd_opt(plan.millesime, 12, 31).unwrap_or(chrono::NaiveDate::MAX);
    let parametres = Parametres::load(&plan.resources())?;
    let mut list = Vec::new();
    for p in parametres.iter().filter(|p| p.effectif[0] <= last_day && last_day <= p.effectif[1]) {
        let valeur = match p.nom.as_str() {
            "financements_exclus" => serde_json::to_value(&plan.financements_exclus)?,
            "typologie_demande" => serde_json::to_value(plan.typologie_demande)?,
            "seuil_diffusion" if plan.seuil_diffusion.is_some() => serde_json::to_value(plan.seuil_diffusion)?,
            "diffusion_prioritaire" => serde_json::to_value(plan.diffusion_prioritaire)?,
            "parc_social" => serde_json::to_value(plan.parc_social)?,
            _ => serde_json::to_value(&p.valeur)?,
        };
        list.push(ParametreUtilise {
            nom: p.nom.clone(),
            valeur,
            unite: p.unite.clone(),
            definition: p.definition.clone(),
            reference: p.reference.clone(),
            statut: p.statut,
            note: p.note.clone(),
        });
    }
    Ok(list)
}
