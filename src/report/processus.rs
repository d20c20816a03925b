//! The allocation process and the new supply of a territory, as pages print them.

use serde::Serialize;

use super::donnees::{Feuille, Ligne};
use super::figures::{number, rate, ratio};
use crate::format;

/// Steps and measures of a territory; empty when nothing was given to count.
#[derive(Debug, Default, Serialize)]
pub(super) struct Processus {
    etapes: Vec<[String; 4]>,
    mesures: Vec<[String; 3]>,
}

const ETAPES: [(&str, &str); 5] = [
    ("visite", "Visites"),
    ("commission", "Passages en commission"),
    ("proposition", "Propositions"),
    ("refus", "Refus du ménage"),
    ("annulation", "Annulations"),
];

/// What a measure is called, what its parts are, and how it is written.
const MESURES: [(&str, &str, &str, &str, Ecriture); 6] = [
    (
        "refus_par_menage",
        "Ménages ayant refusé au moins une fois",
        "ménages",
        "ménages ayant reçu une proposition",
        Ecriture::Part,
    ),
    ("refus_par_proposition", "Refus pour une proposition", "refus", "propositions", Ecriture::Part),
    ("propositions_par_bail", "Propositions pour un bail signé", "propositions", "baux", Ecriture::Rapport),
    (
        "baux_au_premier_rang",
        "Baux signés par le ménage de premier rang",
        "baux",
        "baux dont le rang est connu",
        Ecriture::Part,
    ),
    ("jours_decision_bail", "De la décision de la commission au bail", "", "baux", Ecriture::Jours),
    (
        "jours_vacance_bail",
        "Du début de la vacance au bail",
        "",
        "baux de logements vacants au 1er janvier",
        Ecriture::Jours,
    ),
];

#[derive(Clone, Copy)]
enum Ecriture {
    Part,
    Rapport,
    Jours,
}

/// Reads the two tables of the process.
pub(super) fn of(processus: &Feuille, mesures: &Feuille, niveau: &str, code: &str) -> Processus {
    let etapes = ETAPES
        .iter()
        .filter_map(|(evenement, nom)| {
            let ligne = processus.find(niveau, code, &[("evenement", evenement)])?;
            ligne.int("nombre")?;
            Some([
                (*nom).to_owned(),
                number(ligne.int("nombre")),
                number(ligne.int("demandes_concernees")),
                ligne.real("par_attribution").map_or_else(|| format::NONE.to_owned(), |x| format::decimal(x, 2)),
            ])
        })
        .collect();
    let mesures = MESURES
        .iter()
        .filter_map(|(mesure, nom, numerateur, denominateur, ecriture)| {
            let ligne = mesures.find(niveau, code, &[("mesure", mesure)])?;
            let value = ligne.real("valeur")?;
            let below = format!("{} {denominateur}", number(ligne.int("denominateur")));
            let days = |x: Option<f64>| {
                x.map_or_else(|| format::NONE.to_owned(), |x| format!("{} jours", format::decimal(x, 0)))
            };
            let above = format!("{} {numerateur}", number(ligne.int("numerateur")));
            Some(match ecriture {
                Ecriture::Part => [(*nom).to_owned(), rate(Some(value)), format!("{above} ÷ {below}")],
                Ecriture::Rapport => [(*nom).to_owned(), ratio(Some(value)), format!("{above} ÷ {below}")],
                Ecriture::Jours => [
                    (*nom).to_owned(),
                    days(ligne.real("mediane")),
                    format!("médiane de {below} ; {} en moyenne", days(Some(value))),
                ],
            })
        })
        .collect();
    Processus { etapes, mesures }
}

/// Year, financing, dwellings and share; the whole of a year last.
pub(super) fn programmation(feuille: &Feuille, niveau: &str, code: &str) -> Vec<[String; 4]> {
    let mut lignes: Vec<Ligne<'_>> = feuille.of(niveau, code).collect();
    let order =
        |financement: &str| ["PLAI", "PLUS", "PLS", "PLI", "AUTRE", "inconnu"].iter().position(|f| *f == financement);
    lignes.sort_by_key(|l| {
        let place = order(l.text("financement"));
        (l.int("annee"), place.is_none(), place)
    });
    lignes
        .into_iter()
        .map(|l| {
            let financement = match l.text("financement") {
                "ensemble" => "Ensemble",
                "AUTRE" => "Autre",
                "inconnu" => "Inconnu",
                code => code,
            };
            let annee = l.int("annee").map_or_else(String::new, |a| a.to_string());
            [annee, financement.to_owned(), number(l.int("logements")), rate(l.real("part"))]
        })
        .collect()
}
