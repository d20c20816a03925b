//! The dictionary of published tables, and what the method rests on.

use serde::Serialize;

use crate::engine::Indicateur;
use crate::error::Result;
use crate::format;
use crate::law::RegleLegale;
use crate::report::Verdict;
use crate::report::donnees::{Donnees, Ligne};
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
    trace: Vec<String>,
    effectifs: String,
    lecture: String,
    pieges: Vec<String>,
    colonnes: Vec<(String, String)>,
}

/// Published tables in the order of their titles, each read on a row of this run.
///
/// # Errors
/// [`crate::error::Error::Resource`].
pub(super) fn load(donnees: &Donnees<'_>) -> Result<Vec<Entree>> {
    let mut entries: Vec<Entree> = Indicateur::in_order(&donnees.plan.resources())?
        .into_iter()
        .filter(|i| !i.interne)
        .map(|i| Entree {
            lecture: reading(donnees, &i).unwrap_or_default(),
            trace: i.trace_command(),
            effectifs: i.traced().join(", "),
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

/// The sentence that reads a row, on that of the EPCI with the largest counts; none where no EPCI has all it says.
fn reading(donnees: &Donnees<'_>, i: &Indicateur) -> Option<String> {
    if !i.lecture.contains('{') {
        return Some(i.lecture.clone());
    }
    let table = donnees.table(&i.nom)?;
    let wanted = |column: &str| i.exemple.get(column).map_or("ensemble", String::as_str);
    let read = |l: &Ligne<'_>| {
        i.cle
            .iter()
            .filter(|c| !["niveau", "code"].contains(&c.as_str()))
            .all(|c| l.text(c) == wanted(c) || l.int(c).is_some_and(|n| n.to_string() == wanted(c)))
    };
    let counts =
        |l: &Ligne<'_>| i.colonnes.iter().filter(|(c, _)| c != "millesime").filter_map(|(c, _)| l.int(c)).max();
    let rows = donnees.epci.iter().filter_map(|epci| table.of("epci", &epci.code).find(read));
    let told = rows.filter_map(|l| Some((counts(&l), filled(&i.lecture, &l)?)));
    // The first of those that are as large.
    told.reduce(|most, other| if other.0 > most.0 { other } else { most }).map(|(_, sentence)| sentence)
}

/// A sentence with the values of a row; none where one is missing.
fn filled(sentence: &str, l: &Ligne<'_>) -> Option<String> {
    let mut parts = sentence.split('{');
    let mut text = parts.next()?.to_owned();
    for part in parts {
        let (column, rest) = part.split_once('}')?;
        let value = match (l.int(column), l.real(column), l.text(column)) {
            (Some(n), ..) if column == "millesime" => n.to_string(),
            (Some(n), ..) => format::integer(n),
            (_, Some(x), _) if column.starts_with("part") || column.starts_with("taux") => format::percent(x),
            (_, Some(x), _) if column == "desequilibre" => format::decimal(x, 2),
            (_, Some(x), _) => format::decimal(x, 1),
            (.., "") => return None,
            (.., words) => words.to_owned(),
        };
        text = text + &value + rest;
    }
    Some(text)
}

/// What the method rests on.
#[derive(Debug, Serialize)]
pub(super) struct Methode {
    reserves: Vec<String>,
    notes: Vec<String>,
    parametres: Tableau,
    fichiers: Tableau,
    /// What the amounts are for.
    loi: String,
    seuils: Tableau,
    surcharges: Vec<String>,
    programme: String,
}

impl Methode {
    /// The same, the names of its tables leading nowhere.
    pub(super) fn without_links(mut self) -> Self {
        self.seuils = self.seuils.linking(&|_| false);
        self
    }
}

/// What the manifest of the last run says.
///
/// # Errors
/// [`crate::error::Error::Resource`].
pub(super) fn method(donnees: &Donnees<'_>) -> Result<Methode> {
    let m = &donnees.manifeste;
    let rules = RegleLegale::load(&donnees.plan.resources())?;
    let loi = rules.into_iter().find(|r| r.id == "q1_hors_qpv").map(|r| r.reference).unwrap_or_default();
    // The law stands once above the table, not before the order of each EPCI.
    let order = |v: &Verdict| {
        v.reference.strip_prefix(&loi).map_or(v.reference.clone(), |own| own.trim_start_matches(" ; ").to_owned())
    };
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
        .filter(|v| v.is_legal_q1() && v.seuil_q1.is_some())
        .map(|v| {
            vec![
                Cellule::Lien(v.libelle.clone(), format!("epci/{}.html", v.epci)),
                Cellule::Nombre(v.seuil_q1),
                Cellule::Annee(v.millesime_seuil.unwrap_or_default()),
                Cellule::texte(order(v)),
            ]
        })
        .collect();
    Ok(Methode {
        reserves: m.reserves.clone(),
        notes: m.notes.clone(),
        parametres: parameters(&donnees.manifeste),
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
        programme: m.identite.programme.clone(),
        loi,
    })
}
