//! The dictionary of published tables, and what the method rests on.

use serde::Serialize;

use crate::engine::Indicateur;
use crate::error::Result;
use crate::format;
use crate::reference::Resources;
use crate::report::donnees::Donnees;
use crate::report::revue::parameters;
use crate::report::tableau::{Cellule, Tableau};

/// An entry of the dictionary.
#[derive(Debug, Serialize)]
pub(super) struct Entree {
    nom: String,
    titre: String,
    question: String,
    definition: String,
    formule: String,
    unite: String,
    population: String,
    sources: String,
    reference: String,
    pieges: Vec<String>,
    colonnes: Vec<(String, String)>,
}

/// Published tables in the order of their titles.
///
/// # Errors
/// [`crate::error::Error::Resource`].
pub(super) fn load(resources: &Resources) -> Result<Vec<Entree>> {
    let mut entries: Vec<Entree> = Indicateur::in_order(resources)?
        .into_iter()
        .filter(|i| !i.interne)
        .map(|i| Entree {
            nom: i.nom,
            titre: i.titre,
            question: i.question,
            definition: i.definition,
            formule: i.formule,
            unite: i.unite,
            population: i.population,
            sources: i.sources.join(", "),
            reference: i.reference,
            pieges: i.pieges,
            colonnes: i.colonnes,
        })
        .collect();
    entries.sort_by_cached_key(|e| (format::plain(&e.titre), e.nom.clone()));
    Ok(entries)
}

/// What the method rests on.
#[derive(Debug, Serialize)]
pub(super) struct Methode {
    reserves: Vec<String>,
    notes: Vec<String>,
    parametres: Tableau,
    fichiers: Tableau,
    seuils: Tableau,
    surcharges: Vec<String>,
    programme: String,
}

/// What the manifest of the last run says.
pub(super) fn method(donnees: &Donnees<'_>) -> Methode {
    let m = &donnees.manifeste;
    let fichiers = m
        .entrees
        .iter()
        .map(|e| {
            vec![
                Cellule::texte(&e.fichier),
                Cellule::texte(&e.source),
                Cellule::Nombre(Some(e.lignes.cast_signed())),
                Cellule::Nombre(Some(e.gardees.cast_signed())),
                if e.refuse {
                    Cellule::Reponse("fichier refusé".to_owned(), Some(false))
                } else {
                    Cellule::Nombre(Some(e.refusees.cast_signed()))
                },
                Cellule::texte(e.sha256.chars().take(12).collect::<String>() + "…"),
            ]
        })
        .collect();
    let seuils = donnees
        .verdicts
        .iter()
        .filter(|v| v.regle == "q1_hors_qpv" && v.base == "loi" && v.seuil_q1.is_some())
        .map(|v| {
            vec![
                Cellule::Lien(v.libelle.clone(), format!("epci/{}.html", v.epci)),
                Cellule::Nombre(v.seuil_q1),
                Cellule::Annee(v.millesime_seuil.unwrap_or_default()),
                Cellule::texte(&v.reference),
            ]
        })
        .collect();
    Methode {
        reserves: m.reserves.clone(),
        notes: m.notes.clone(),
        parametres: parameters(donnees),
        fichiers: Tableau::new(
            "Fichiers lus",
            &["Fichier", "Source", "Lignes#", "Gardées#", "Refusées#", "SHA-256 (début)"],
            fichiers,
        ),
        seuils: Tableau::new(
            "Montants du premier quartile",
            &["EPCI", "Montant (€ par UC et par an)#", "Année du montant#", "Référence"],
            seuils,
        ),
        surcharges: m.surcharges.clone(),
        programme: m.programme.clone(),
    }
}
