//! Values in use that a reader must doubt — assumed, or too long unchecked — with every table each of them touches.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::diagnostic::Diagnostic;
use crate::engine::Indicateur;
use crate::error::Result;
use crate::law::{RegleLegale, SeuilsDeLAnnee};
use crate::project::Plan;
use crate::reference::{Confiance, Parametres};

/// A message a doubtful value; `--strict` refuses them. The manifest and every page carry them.
pub(super) fn doubts(plan: &Plan, parametres: &Parametres, seuils: &SeuilsDeLAnnee) -> Result<Vec<Diagnostic>> {
    let resources = plan.resources();
    let last_day = NaiveDate::from_ymd_opt(plan.millesime, 12, 31).unwrap_or(NaiveDate::MAX);
    let touched = tables_touched(&Indicateur::in_order(&resources)?);
    let mut values: BTreeMap<String, (Confiance, NaiveDate)> = BTreeMap::new();
    for p in parametres.iter().filter(|p| p.effectif[0] <= last_day && last_day <= p.effectif[1]) {
        values.insert(p.nom.clone(), (p.statut, p.verifie_le));
    }
    for rule in RegleLegale::load(&resources)?.into_iter().filter(|r| r.in_force(last_day)) {
        values.insert(rule.id, (rule.statut, rule.verifie_le));
    }
    let order = seuils.arretes.get(&plan.millesime).or_else(|| seuils.arretes.get(&(plan.millesime - 1)));
    if let Some(arrete) = order {
        values.insert(SEUILS.to_owned(), (arrete.statut, arrete.verifie_le));
    }
    let mut notes = Vec::new();
    for (nom, (statut, verifie_le)) in values {
        let tables = touched
            .get(&nom)
            .map_or_else(|| "verdicts".to_owned(), |set| set.iter().cloned().collect::<Vec<_>>().join(", "));
        if statut == Confiance::Assumed {
            notes.push(Diagnostic::anomalie(
                "B0303",
                format!("« {nom} » est une hypothèse : aucune source ne la tranche (tables : {tables})"),
                "les chiffres qui s'en servent sont à lire avec cette réserve ; --strict les refuse",
            ));
        }
        if parametres.is_stale(verifie_le, plan.date_extraction)? {
            notes.push(Diagnostic::anomalie(
                "B0304",
                format!("« {nom} » n'a pas été relu depuis le {} (tables : {tables})", verifie_le.format("%d/%m/%Y")),
                "relisez le texte et mettez reference/ à jour ; --strict refuse une valeur périmée",
            ));
        }
    }
    Ok(notes)
}

/// Name, in dictionary entries, of the yearly amounts.
const SEUILS: &str = "seuil_q1";

/// For each parameter, the published tables that use it, directly or through the tables they read.
fn tables_touched(indicateurs: &[Indicateur]) -> BTreeMap<String, BTreeSet<String>> {
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut touched: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for i in indicateurs {
        let mut own: BTreeSet<&str> = i.parametres.iter().map(String::as_str).collect();
        for read in &i.depend {
            own.extend(uses.get(read.as_str()).into_iter().flatten());
        }
        if !i.interne {
            for parametre in &own {
                touched.entry((*parametre).to_owned()).or_default().insert(i.nom.clone());
            }
        }
        uses.insert(&i.nom, own);
    }
    touched
}
