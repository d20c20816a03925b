//! The allocation process: visits, commissions, proposals, refusals, ranks and times.

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, Tableau, alternative, shares_of};
use crate::chart::{self, Legende};
use crate::error::Result;
use crate::format;
use crate::report::mots;

const ETAPES: [(&str, &str); 5] = [
    ("visite", "Visites"),
    ("commission", "Passages en commission"),
    ("proposition", "Propositions"),
    ("refus", "Refus du ménage"),
    ("annulation", "Annulations"),
];

#[derive(Clone, Copy)]
enum Ecriture {
    Part,
    Rapport,
    Jours,
}

/// A noun, in the singular and in the plural.
type Nom = [&'static str; 2];

const MENAGES: Nom = ["ménage", "ménages"];
const REFUS: Nom = ["refus", "refus"];
const PROPOSITIONS: Nom = ["proposition", "propositions"];
const BAUX: Nom = ["bail", "baux"];

/// What a measure is called, what its parts count, and how it is written.
const MESURES: [(&str, &str, Nom, Nom, Ecriture); 6] = [
    (
        "refus_par_menage",
        "Ménages ayant refusé au moins une fois",
        MENAGES,
        ["ménage ayant reçu ou refusé une proposition", "ménages ayant reçu ou refusé une proposition"],
        Ecriture::Part,
    ),
    ("refus_par_proposition", "Refus pour une proposition", REFUS, PROPOSITIONS, Ecriture::Part),
    ("propositions_par_bail", "Propositions pour un bail signé", PROPOSITIONS, BAUX, Ecriture::Rapport),
    (
        "baux_au_premier_rang",
        "Baux signés par le ménage de premier rang",
        BAUX,
        ["bail dont le rang est connu", "baux dont le rang est connu"],
        Ecriture::Part,
    ),
    ("jours_decision_bail", "De la décision de la commission au bail", ["jour", "jours"], BAUX, Ecriture::Jours),
    (
        "jours_vacance_bail",
        "Du début de la vacance au bail",
        ["jour", "jours"],
        ["bail d'un logement vacant au 1er janvier", "baux de logements vacants au 1er janvier"],
        Ecriture::Jours,
    ),
];

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let mut blocs = Vec::new();
    let steps = steps(c);
    if steps.lignes.is_empty() {
        blocs.push(Bloc::absence(
            "Les événements du processus (visites, commissions, propositions, refus) ne sont pas fournis : seuls les baux disent ici quelque chose du processus.",
        ));
    } else {
        let count = |code: &str| c.row("processus", &[("evenement", code)]).and_then(|l| l.int("nombre"));
        if let (Some(p), Some(r)) = (count("proposition"), count("refus")) {
            blocs.push(Bloc::constat(format!(
                "{} et {} en {}.",
                format::count(p, "proposition", "propositions"),
                format::count(r, "refus", "refus"),
                c.millesime()
            )));
        }
        blocs.push(Bloc::Tableau(steps));
    }
    let decisions = issues(c, "commission");
    if !decisions.is_empty() {
        let (_, lignes) = shares_of(&decisions);
        let columns = ["Décision", "Passages en commission#", "Part#"];
        blocs.push(Bloc::Tableau(Tableau::new("Décisions des commissions", &columns, lignes).with_total()));
    }
    blocs.extend(Bloc::figure(refusals(c)?));
    let measures = measures(c);
    if !measures.lignes.is_empty() {
        blocs.push(Bloc::Tableau(measures));
    }
    blocs.push(Bloc::note(
        "Une étape compte à la commune du logement, à défaut du bail ou du premier choix. Un refus peut répondre à une proposition de l'année précédente.",
    ));
    Ok(Chapitre::new("processus", "Processus d'attribution", blocs))
}

/// What came out of an event, the most frequent first, what is unknown last; nothing where nothing is known.
fn issues<'a>(c: &Contexte<'a>, evenement: &str) -> Vec<(&'a str, i64)> {
    let rows = c.donnees.rows("processus_issues", c.lieu);
    let mut found: Vec<(&str, i64)> = rows
        .iter()
        .filter(|l| l.text("evenement") == evenement && l.text("issue") != "ensemble")
        .filter_map(|l| Some((l.text("issue"), l.int("nombre")?)))
        .collect();
    found.sort_by_key(|(issue, nombre)| (*issue == "inconnu", -nombre, *issue));
    if found.first().is_none_or(|(issue, _)| *issue == "inconnu") {
        return Vec::new();
    }
    found.into_iter().map(|(issue, nombre)| (mots::issue(evenement, issue), nombre)).collect()
}

/// Why households refuse.
fn refusals(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let motifs = issues(c, "refus");
    let Some((first, most)) = motifs.first() else { return Ok(None) };
    let (barres, lignes) = shares_of(&motifs);
    let part = Cellule::Part(barres[0].valeur).shown();
    let equal = motifs.get(1).is_some_and(|(motif, n)| n == most && *motif != mots::issue("refus", "inconnu"));
    let rank = if equal { "L'un des premiers motifs" } else { "Premier motif" };
    let titre = format!("{rank} de refus, « {first} » : {part} des refus");
    let tableau = Tableau::new("Motifs des refus", &["Motif", "Refus#", "Part#"], lignes).with_total();
    let dessin = chart::bars(
        &Legende { cle: "refus", titre: &titre, alternative: &alternative("Barres par motif", &titre, &tableau) },
        &barres,
        None,
    )?;
    Ok(Some(Figure {
        cle: "refus",
        titre,
        sous_titre: format!(
            "Propositions refusées par les ménages en {} selon le motif, en % des refus",
            c.millesime()
        ),
        dessin,
        lecture: "chaque refus a un seul motif".to_owned(),
        champ: "ménages ; refus à la commune du logement proposé".to_owned(),
        source: "événements du processus d'attribution".to_owned(),
        natif: Some(Natif::Barres(vec![2])),
        tableau,
    }))
}

fn steps(c: &Contexte<'_>) -> Tableau {
    let lignes = ETAPES
        .iter()
        .filter_map(|(evenement, nom)| {
            let ligne = c.row("processus", &[("evenement", evenement)])?;
            ligne.int("nombre")?;
            Some(vec![
                Cellule::texte(*nom),
                Cellule::Nombre(ligne.int("nombre")),
                Cellule::Nombre(ligne.int("demandes_concernees")),
                Cellule::Centieme(ligne.real("par_attribution")),
            ])
        })
        .collect();
    Tableau::new("Étapes de l'année", &["Étape", "Nombre#", "Demandes concernées#", "Pour un bail signé#"], lignes)
}

fn measures(c: &Contexte<'_>) -> Tableau {
    let lignes = MESURES
        .iter()
        .filter_map(|(mesure, nom, numerateur, denominateur, ecriture)| {
            let ligne = c.row("processus_mesures", &[("mesure", mesure)])?;
            let value = ligne.real("valeur")?;
            let counted = |column: &str, [one, many]: Nom| {
                ligne.int(column).map_or_else(|| format::NONE.to_owned(), |n| format::count(n, one, many))
            };
            let (above, below) = (counted("numerateur", *numerateur), counted("denominateur", *denominateur));
            let days =
                |x: Option<f64>| x.map_or_else(|| format::NONE.to_owned(), |x| format::measure(x, 0, "jour", "jours"));
            let (shown, how) = match ecriture {
                Ecriture::Part => (Cellule::Part(Some(value)), format!("{above} ÷ {below}")),
                Ecriture::Rapport => (Cellule::Decimal(Some(value)), format!("{above} ÷ {below}")),
                Ecriture::Jours => (
                    Cellule::texte(days(ligne.real("mediane"))),
                    format!("médiane de {below} ; {} en moyenne", days(Some(value))),
                ),
            };
            Some(vec![Cellule::texte(*nom), shown, Cellule::texte(how)])
        })
        .collect();
    Tableau::new("Refus, rangs et durées", &["Mesure", "Valeur#", "Calcul"], lignes)
}
