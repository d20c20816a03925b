//! `manifeste.json`: what the figures were made from and with, so that anyone can make them again.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::ingest::Ingestion;
use crate::law::{RegleLegale, SeuilsDeLAnnee, Situation};
use crate::project::Plan;
use crate::reference::{Geographie, Parametre};
use crate::resultats::{Entree, MANIFESTE, Manifeste, ParametreUtilise};
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
    store::write_atomically(&plan.sortie.join(MANIFESTE), &text)?;
    Ok(BTreeSet::from([MANIFESTE.to_owned()]))
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
            statut: rule.statut,
        });
    }
    Ok(list)
}
