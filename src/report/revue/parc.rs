//! The stock: how many dwellings, of which size, vacant, moving, at what rent; and what is to be built.

use std::collections::BTreeSet;

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, TOUT, Tableau, alternative};
use crate::chart::{self, Legende, Paire};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Ligne;
use crate::report::mots;

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let titre = "Parc social";
    let mut blocs = Vec::new();
    let whole = c.row("parc", &TOUT[1..]);
    let count = whole.and_then(|l| l.int("logements"));
    match whole.zip(count) {
        None => blocs.push(Bloc::absence(
            "Le répertoire des logements locatifs sociaux (RPLS) n'est pas fourni : ni parc, ni vacance, ni loyers.",
        )),
        Some((_, 0)) => blocs.push(Bloc::absence("Les fichiers lus ne recensent aucun logement social ici.")),
        Some((l, n)) => {
            let said = |name: &str, words: &str| l.real(name).map(|x| format!("{} {words}", format::percent(x)));
            let parts: Vec<String> = [
                said("taux_vacance", "de vacance"),
                said("taux_vacance_3_mois", "de vacance de plus de trois mois"),
                said("taux_mobilite", "de mobilité"),
                said("part_qpv", "en QPV"),
            ]
            .into_iter()
            .flatten()
            .collect();
            let rest = if parts.is_empty() { String::new() } else { format!(" : {}", parts.join(", ")) };
            blocs.push(Bloc::constat(format!(
                "{} au 1er janvier {}{rest}.",
                format::count(n, "logement social", "logements sociaux"),
                c.donnees.manifeste.identite.millesime_rpls
            )));
            if let Some(x) = l.real("loyer_m2") {
                blocs.push(Bloc::constat(format!(
                    "Le loyer moyen est de {}\u{a0}€ par m² de surface habitable et par mois.",
                    format::decimal(x, 2)
                )));
            }
            blocs.extend(Bloc::figure(against_demand(c)?));
            blocs.push(Bloc::Tableau(by_typology(c)));
            blocs.push(Bloc::note(format!(
                "Logements comptés : {}. Vacance : logements proposés et vacants ÷ proposés. Mobilité : baux commencés dans l'année ÷ logements déjà en service. Loyer : somme des loyers ÷ somme des surfaces. Les taux d'un territoire sont des rapports de sommes, jamais des moyennes de taux.",
                c.donnees.plan.parc_social.words()
            )));
            blocs.extend(official(c));
        }
    }
    blocs.extend(programme(c));
    Ok(Chapitre::new("parc", titre, blocs))
}

/// Sizes of the dwellings facing the sizes wanted.
fn against_demand(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let find = |t: &str| c.row("tension", &[("population", "ensemble"), ("typologie", t), ("categorie", "ensemble")]);
    let rows: Vec<(&str, Ligne<'_>)> = mots::TYPOLOGIES.iter().filter_map(|t| Some((*t, find(t)?))).collect();
    let total = |name: &str| rows.iter().filter_map(|(_, l)| l.int(name)).sum::<i64>();
    let (stock, wanted) = (total("logements"), total("demandes"));
    if stock == 0 || wanted == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of dwellings are far below 2^52")]
    let share = |n: Option<i64>, all: i64| n.map(|n| n as f64 / all as f64);
    let paires: Vec<Paire> = rows
        .iter()
        .map(|(t, l)| {
            let (left, right) = (share(l.int("logements"), stock), share(l.int("demandes"), wanted));
            Paire {
                nom: mots::typology(t).to_owned(),
                gauche: (left, Cellule::Part(left).shown()),
                droite: (right, Cellule::Part(right).shown()),
            }
        })
        .collect();
    let small = |name: &str| {
        rows.iter().filter(|(t, _)| matches!(*t, "C" | "T1" | "T2")).filter_map(|(_, l)| l.int(name)).sum::<i64>()
    };
    let titre = format!(
        "Une ou deux pièces : {} des logements, {} des demandes",
        Cellule::Part(share(Some(small("logements")), stock)).shown(),
        Cellule::Part(share(Some(small("demandes")), wanted)).shown()
    );
    let lignes = rows
        .iter()
        .map(|(t, l)| {
            vec![
                Cellule::texte(mots::typology(t)),
                Cellule::Nombre(l.int("logements")),
                Cellule::Part(share(l.int("logements"), stock)),
                Cellule::Nombre(l.int("demandes")),
                Cellule::Part(share(l.int("demandes"), wanted)),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Parc et demande par typologie",
        &["Typologie", "Logements#", "Part du parc#", "Demandes actives#", "Part des demandes#"],
        lignes,
    );
    let dessin = chart::facing(
        &Legende {
            cle: "parc-demande",
            titre: &titre,
            alternative: &alternative("Barres face à face", &titre, &tableau),
        },
        ["Logements", "Demandes actives"],
        &paires,
    )?;
    Ok(Some(Figure {
        cle: "parc-demande",
        titre,
        sous_titre: format!(
            "Logements au 1er janvier {} et demandes actives au {}, par typologie, en % de chaque ensemble",
            c.donnees.manifeste.identite.millesime_rpls,
            c.donnees.plan.jour_des_demandes()
        ),
        dessin,
        lecture: "les deux côtés ont la même échelle ; typologies connues seulement".to_owned(),
        champ: format!(
            "logements du RPLS ; demandes de ménages, dont la typologie est {}",
            c.donnees.plan.typologie_demande.words()
        ),
        source: "RPLS, registre de la demande".to_owned(),
        natif: Some(Natif::Barres(vec![2, 4])),
        tableau,
    }))
}

fn by_typology(c: &Contexte<'_>) -> Tableau {
    let lignes = mots::TYPOLOGIES
        .iter()
        .chain(&["ensemble"])
        .filter_map(|t| {
            let l = c.row("parc", &[("typologie", t), ("categorie", "ensemble")])?;
            Some(vec![
                Cellule::texte(mots::typology(t)),
                Cellule::Nombre(l.int("logements")),
                Cellule::Part(l.real("part_qpv")),
                Cellule::Part(l.real("taux_vacance")),
                Cellule::Part(l.real("taux_mobilite")),
                Cellule::Centieme(l.real("loyer_m2")),
            ])
        })
        .collect();
    Tableau::new(
        "Parc par typologie",
        &["Typologie", "Logements#", "En QPV#", "Vacance#", "Mobilité#", "Loyer (€ par m²)#"],
        lignes,
    )
    .with_total()
}

/// What the ministry publishes of the same stock, where the project gives it.
fn official(c: &Contexte<'_>) -> Option<Bloc> {
    let rows = c.donnees.rows("rpls_officiel", c.lieu);
    if rows.is_empty() {
        return None;
    }
    let name = |mesure: &str| match mesure {
        "logements" => "Logements",
        "logements_qpv" => "Logements en QPV",
        "loues" => "Logements loués",
        "vacants" => "Logements vacants",
        "vides" => "Logements vides",
        "association" => "Pris en charge par une association",
        _ => "Autre mesure",
    };
    let lignes = rows
        .iter()
        .map(|l| {
            vec![
                Cellule::texte(name(l.text("mesure"))),
                Cellule::Nombre(l.int("officiel")),
                Cellule::Nombre(l.int("calcule")),
                Cellule::Nombre(l.int("ecart")),
                Cellule::Part(l.real("ecart_relatif")),
            ]
        })
        .collect();
    Some(Bloc::Tableau(Tableau::new(
        "Ce parc et celui que publie le ministère",
        &["Mesure", "Publié#", "Calculé#", "Écart#", "Écart relatif#"],
        lignes,
    )))
}

/// New supply by financing, the whole last: of one year with its shares, of several side by side.
fn programme(c: &Contexte<'_>) -> Vec<Bloc> {
    const ORDER: [&str; 6] = ["PLAI", "PLUS", "PLS", "PLI", "AUTRE", "inconnu"];
    /// Years that stand side by side; the table of the workbook has all of them.
    const MOST: usize = 6;
    let rows = c.donnees.rows("programmation", c.lieu);
    let years: BTreeSet<i64> = rows.iter().filter_map(|l| l.int("annee")).collect();
    let under_review = i64::from(c.millesime());
    // What is programmed for later is not this year's: the year under review, else the last before it.
    let Some(year) = years.range(..=under_review).next_back().or_else(|| years.first()).copied() else {
        return vec![Bloc::absence(if c.donnees.departement(c.lieu).is_some() && c.donnees.given("programmation") {
            "La programmation de logements est fournie par EPCI : elle est dans le bilan de chacun."
        } else {
            "Aucune programmation de logements n'est fournie pour ce territoire."
        })];
    };
    let of = |financing: &str, year: i64| {
        rows.iter().find(|l| l.int("annee") == Some(year) && l.text("financement") == financing)
    };
    let dwellings = |financing: &str, year: i64| of(financing, year).and_then(|l| l.int("logements"));
    let plai = of("PLAI", year)
        .and_then(|l| l.real("part"))
        .map_or_else(String::new, |x| format!(", dont {} en PLAI", format::percent(x)));
    let all = dwellings("ensemble", year).unwrap_or(0);
    let constat =
        Bloc::constat(format!("{} en {year}{plai}.", format::count(all, "logement programmé", "logements programmés")));
    let mut financings: Vec<&str> = rows.iter().map(|l| l.text("financement")).collect();
    financings
        .sort_by_key(|f| (*f == "ensemble", ORDER.iter().position(|known| known == f).unwrap_or(ORDER.len()), *f));
    financings.dedup();
    let financings = financings.into_iter();
    let tableau = if years.len() == 1 {
        let lignes = financings.map(|f| {
            vec![
                Cellule::texte(mots::financing(f)),
                Cellule::Annee(year),
                Cellule::Nombre(dwellings(f, year)),
                Cellule::Part(of(f, year).and_then(|l| l.real("part"))),
            ]
        });
        let headings = ["Financement", "Année#", "Logements#", "Part de l'année#"];
        Tableau::new("Offre nouvelle programmée", &headings, lignes.collect())
    } else {
        let mut shown: Vec<i64> = years.into_iter().rev().take(MOST).collect();
        shown.reverse();
        let lignes = financings.map(|f| {
            let counts = shown.iter().map(|year| Cellule::Nombre(Some(dwellings(f, *year).unwrap_or(0))));
            [Cellule::texte(mots::financing(f))].into_iter().chain(counts).collect()
        });
        let headings: Vec<String> = shown.iter().map(|year| format!("{year}#")).collect();
        let headings: Vec<&str> = ["Financement"].into_iter().chain(headings.iter().map(String::as_str)).collect();
        Tableau::new("Offre nouvelle programmée, en logements", &headings, lignes.collect())
    };
    vec![constat, Bloc::Tableau(tableau.with_total())]
}
