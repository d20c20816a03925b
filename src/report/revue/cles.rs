//! Key figures, this year against the one before, and the verdicts in one table.

use std::collections::BTreeSet;

use super::engagements::short_judgements;
use super::{Bloc, Cellule, Chapitre, Cle, Contexte, Figure, Natif, TOUS, TOUT, Tableau, alternative};
use crate::chart::{self, Legende, Palette, Serie, Trait};
use crate::diagnostic::Gravite;
use crate::error::Result;
use crate::format;
use crate::report::Verdict;
use crate::report::donnees::Ligne;
use crate::report::mots;
use crate::resultats::RESSOURCES;

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let mut blocs = vec![Bloc::constat(headline(c)), Bloc::Cles { cles: key_figures(c) }];
    let judgements = short_judgements(c);
    if judgements.lignes.is_empty() {
        blocs.push(Bloc::absence(
            "Aucune règle n'est jugée : le territoire est hors du champ de l'arrêté de l'année, ou aucun bail n'a été lu.",
        ));
    } else {
        blocs.push(Bloc::Tableau(judgements));
        blocs.push(Bloc::note(
            "Une règle légale et un objectif de convention sont deux verdicts côte à côte. Le nombre de baux manquants est celui qu'il aurait fallu signer en plus pour ce public, à nombre de baux égal.",
        ));
    }
    let doubtful = landlords_in_doubt(c, |_| true);
    if doubtful > 0 {
        blocs.push(Bloc::note(format!(
            "Les baux {} ici sont à vérifier, et ces chiffres en dépendent : le chapitre Qualité des données dit lesquels, et pourquoi.",
            of_landlords(doubtful, "bailleur qui signe", "bailleurs qui signent")
        )));
    }
    blocs.extend(Bloc::figure(trend(c)?));
    blocs.extend(set_aside(c).map(Bloc::note));
    Ok(Chapitre::new("cles", "Chiffres clés et verdicts", blocs))
}

/// The answer to the question everyone asks first, in one sentence or two.
pub(in crate::report) fn headline(c: &Contexte<'_>) -> String {
    let law = c.donnees.verdicts_of(c.lieu).iter().filter(|v| v.is_legal_q1());
    let judged: Vec<_> = law.filter(|v| v.resultat.is_some()).collect();
    let first = match judged.as_slice() {
        [_, ..] if !c.donnees.filled(&RESSOURCES) => mots::SANS_RESSOURCES.to_owned(),
        [] => "La règle des attributions au premier quartile hors QPV n'est pas évaluable ici.".to_owned(),
        [v] => {
            let share = v.resultat.map_or_else(String::new, format::percent);
            let target = format::target_percent(v.cible);
            match v.manque {
                Some(n) if n > 0 => format!(
                    "Hors QPV, {share} des baux signés vont au premier quartile ou à des ménages relogés : il en manque {} pour atteindre {target}.",
                    format::integer(n)
                ),
                _ => format!(
                    "Hors QPV, {share} des baux signés vont au premier quartile ou à des ménages relogés : les {target} sont atteints."
                ),
            }
        }
        several => {
            let kept = several.iter().filter(|v| v.verdict == "atteint").count();
            let missing: i64 = several.iter().filter_map(|v| v.manque).sum();
            let (who, single) = super::of_all(kept, several.len(), "L'EPCI", "EPCI", "EPCI");
            let verb = if single { "atteint" } else { "atteignent" };
            let target = format::target_percent(several[0].cible);
            let rest = if missing > 0 {
                format!(" ; il manque {} en tout", format::count(missing, "bail", "baux"))
            } else {
                String::new()
            };
            format!(
                "{who}{verb} les {target} d'attributions au premier quartile ou à des ménages relogés hors QPV{rest}."
            )
        }
    };
    let first = first + &reserves(c, &judged);
    let tension = c.row("tension", &TOUT);
    let median = c.row("delais", &TOUS).and_then(|l| l.real("delai_median"));
    let second = tension.and_then(|l| l.real("tension")).filter(|t| *t > 0.0).map(|t| {
        let wait = median.map_or_else(String::new, |m| {
            format!(" ; la moitié des ménages logés ont attendu moins de {}\u{a0}mois", format::decimal(m, 1))
        });
        let since = if c.donnees.plan.arretee_au().is_some() { " signée depuis janvier" } else { "" };
        format!(" On compte {}{since}{wait}.", mots::tension(t))
    });
    first + &second.unwrap_or_default()
}

/// What verdicts rest on that a reader must know with their results.
fn reserves(c: &Contexte<'_>, judged: &[&Verdict]) -> String {
    if !c.donnees.filled(&RESSOURCES) {
        return String::new();
    }
    let reserved: Vec<String> = judged.iter().filter_map(|v| v.reserve()).collect();
    let told = match (reserved.as_slice(), judged.len()) {
        ([], _) => String::new(),
        ([only], 1) => format!(" Sous réserve : {only}."),
        (some, all) => format!(" Sous réserve pour {} EPCI sur {all} : voir le statut de chaque verdict.", some.len()),
    };
    let wrong = landlords_in_doubt(c, |gravite| gravite < Gravite::AConfirmer);
    let landlords = if wrong == 0 || judged.is_empty() {
        String::new()
    } else {
        format!(
            " Les baux {} sont en doute : voir la qualité des données.",
            of_landlords(wrong, "bailleur", "bailleurs")
        )
    };
    told + &landlords
}

/// Whose leases: of one landlord, or of so many.
fn of_landlords(n: i64, one: &str, many: &str) -> String {
    if n == 1 { format!("d'un {one}") } else { format!("de {}", format::count(n, one, many)) }
}

/// Landlords that sign here and whose leases as a whole are in doubt, by how grave that is.
fn landlords_in_doubt(c: &Contexte<'_>, grave: impl Fn(Gravite) -> bool) -> i64 {
    let reserves = c.donnees.reserves(c.lieu).into_iter().filter(|r| grave(r.gravite));
    let landlords: BTreeSet<&str> = reserves.map(|r| r.bailleur.as_str()).collect();
    i64::try_from(landlords.len()).unwrap_or(i64::MAX)
}

/// The figures in large print, each beside last year's where an earlier run kept it.
pub(in crate::report) fn key_figures(c: &Contexte<'_>) -> Vec<Cle> {
    let parc = c.row("parc", &TOUT[1..]);
    let demande = c.row("demande", &TOUS);
    let attributions = c.row("attributions", &TOUS);
    let tension = c.row("tension", &TOUT);
    let delais = c.row("delais", &TOUS);
    let number = |n: Option<i64>| Cellule::Nombre(n).shown();
    let named = |n: Option<i64>, one, many| format::noun(n.unwrap_or(2), one, many).to_owned();
    let share = |x: Option<f64>| Cellule::Part(x).shown();
    let months =
        |x: Option<f64>| x.map_or_else(|| format::NONE.to_owned(), |x| format!("{}\u{a0}mois", format::decimal(x, 1)));
    let before = |indicateur: &str| {
        comparable(c).into_iter().find_map(|l| {
            let last_year = l.int("annee") == Some(i64::from(c.millesime()) - 1) && l.text("indicateur") == indicateur;
            if last_year { l.real("valeur") } else { None }
        })
    };
    let change = |now: Option<f64>, indicateur: &str, places: usize, unit: &str| {
        let (now, then) = (now?, before(indicateur)?);
        let year = c.millesime() - 1;
        let value = format!("{}{unit}", format::decimal(then, places));
        Some(if then > 0.0 {
            format!("{value} en {year} ({})", format::signed_percent(now / then - 1.0))
        } else {
            format!("{value} en {year}")
        })
    };
    let count = |n: Option<i64>| n.map(as_real);
    vec![
        Cle {
            nom: named(parc.and_then(|l| l.int("logements")), "logement social", "logements sociaux"),
            valeur: number(parc.and_then(|l| l.int("logements"))),
            note: format!(
                "{} vacants, {} en QPV",
                share(parc.and_then(|l| l.real("taux_vacance"))),
                share(parc.and_then(|l| l.real("part_qpv")))
            ),
            evolution: change(count(parc.and_then(|l| l.int("logements"))), "logements", 0, ""),
        },
        Cle {
            nom: named(demande.and_then(|l| l.int("actives")), "demande active", "demandes actives"),
            valeur: number(demande.and_then(|l| l.int("actives"))),
            note: demande.and_then(|l| l.int("deposees")).map_or_else(
                || format!("déposées dans l'année : {}", format::NONE),
                |n| format!("{} dans l'année", format::count(n, "déposée", "déposées")),
            ),
            evolution: change(count(demande.and_then(|l| l.int("actives"))), "demandes_actives", 0, ""),
        },
        Cle {
            nom: named(attributions.and_then(|l| l.int("attributions")), "bail signé", "baux signés"),
            valeur: number(attributions.and_then(|l| l.int("attributions"))),
            note: mots::satisfaction(c.satisfaction(), &share(c.satisfaction())),
            evolution: change(count(attributions.and_then(|l| l.int("attributions"))), "attributions", 0, ""),
        },
        Cle {
            nom: mots::of_tension(tension.and_then(|l| l.real("tension"))).to_owned(),
            valeur: Cellule::Decimal(tension.and_then(|l| l.real("tension"))).shown(),
            note: "tension".to_owned(),
            evolution: change(tension.and_then(|l| l.real("tension")), "tension", 1, ""),
        },
        Cle {
            nom: "d'attente médiane".to_owned(),
            valeur: months(delais.and_then(|l| l.real("delai_median"))),
            note: format!("{} en moyenne", months(delais.and_then(|l| l.real("delai_moyen")))),
            evolution: change(delais.and_then(|l| l.real("delai_median")), "delai_median", 1, "\u{a0}mois"),
        },
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn as_real(n: i64) -> f64 {
    n as f64
}

/// What the trend follows: indicator, name, whether it is a share.
const INDICATORS: [(&str, &str, bool); 9] = [
    ("q1_hors_qpv", "Premier quartile ou relogés, hors QPV", true),
    ("q2_q4_qpv", "Quartiles 2 à 4, en QPV", true),
    ("prioritaires", "Publics prioritaires", true),
    ("vacance", "Vacance", true),
    ("demandes_actives", "Demandes actives au 31 décembre", false),
    ("attributions", "Baux signés", false),
    ("tension", "Demandes pour une attribution", false),
    ("delai_median", "Attente médiane (mois)", false),
    ("logements", "Logements", false),
];

/// Figures of the year and of those kept that stand beside it: others are about other communes, or counted otherwise.
fn comparable<'c>(c: &'c Contexte<'_>) -> Vec<Ligne<'c>> {
    let rows = c.donnees.rows("tendance", c.lieu).into_iter();
    rows.filter(|l| l.int("comparable") != Some(0)).collect()
}

/// The years kept of which some figures are not compared.
fn set_aside(c: &Contexte<'_>) -> Option<String> {
    let rows = c.donnees.rows("tendance", c.lieu).into_iter();
    let years: BTreeSet<i64> = rows.filter(|l| l.int("comparable") == Some(0)).filter_map(|l| l.int("annee")).collect();
    let years: Vec<String> = years.iter().map(ToString::to_string).collect();
    (!years.is_empty()).then(|| {
        format!(
            "Des chiffres de {} portent sur d'autres communes ou une autre partie de l'année, ou suivent d'autres règles du projet : ils ne sont pas comparés à ceux de {}.",
            years.join(" et "),
            c.millesime()
        )
    })
}

/// The headline figures over the years kept, where there are at least two.
fn trend(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let rows = comparable(c);
    let mut annees: Vec<i64> = rows.iter().filter_map(|l| l.int("annee")).collect();
    annees.sort_unstable();
    annees.dedup();
    if annees.len() < 2 {
        return Ok(None);
    }
    let at = |indicateur: &str, annee: i64| {
        rows.iter().find(|l| l.text("indicateur") == indicateur && l.int("annee") == Some(annee))
    };
    let colours = [Palette::BLUE, Palette::GREEN, Palette::OCHRE, Palette::GREY];
    let series: Vec<Serie> = INDICATORS
        .iter()
        .filter(|i| i.2)
        .zip(colours)
        .map(|((indicateur, nom, _), couleur)| Serie {
            nom: nom.split(',').next().unwrap_or(nom).to_owned(),
            valeurs: annees.iter().map(|a| at(indicateur, *a).and_then(|l| l.real("valeur"))).collect(),
            couleur,
            dessin: Trait::Plein,
        })
        .filter(|s| s.valeurs.iter().any(Option::is_some))
        .collect();
    let names: Vec<String> = annees.iter().map(ToString::to_string).collect();
    let headings: Vec<String> =
        ["Indicateur".to_owned()].into_iter().chain(names.iter().map(|a| format!("{a}#"))).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let lignes = INDICATORS
        .iter()
        .map(|(indicateur, nom, part)| {
            let cells = annees.iter().map(|a| {
                let row = at(indicateur, *a);
                match *indicateur {
                    _ if *part => Cellule::Part(row.and_then(|l| l.real("valeur"))),
                    "tension" | "delai_median" => Cellule::Decimal(row.and_then(|l| l.real("valeur"))),
                    _ => Cellule::Nombre(row.and_then(|l| l.int("numerateur"))),
                }
            });
            // Those of a year that was not over are not of that day.
            let nom = match (*indicateur, c.donnees.plan.arretee_au()) {
                ("demandes_actives", Some(_)) => "Demandes actives",
                _ => nom,
            };
            [Cellule::texte(nom)].into_iter().chain(cells).collect()
        })
        .collect();
    let tableau = Tableau::new("Évolution", &headings, lignes);
    let (first, last) = (annees[0], annees[annees.len() - 1]);
    let value = |a| at("q1_hors_qpv", a).and_then(|l| l.real("valeur"));
    let titre = match (value(first), value(last)) {
        (Some(then), Some(now)) => {
            let points = (now - then) * 100.0;
            let move_ = if points.abs() < 0.05 {
                "reste stable".to_owned()
            } else if points > 0.0 {
                format!("gagne {}", points_words(points))
            } else {
                format!("perd {}", points_words(-points))
            };
            format!("La part du premier quartile hors QPV {move_} de {first} à {last}")
        }
        _ => format!("Les chiffres de {first} à {last}"),
    };
    let dessin = chart::lines(
        &Legende { cle: "tendance", titre: &titre, alternative: &alternative("Courbes par année", &titre, &tableau) },
        &names,
        &series,
        format::target_percent,
    )?;
    Ok(Some(Figure {
        cle: "tendance",
        titre,
        sous_titre: format!("Parts, de {first} à {last} ; les effectifs sont dans le tableau"),
        dessin,
        lecture: "chaque part est rapportée aux baux, ou aux logements, de sa propre année".to_owned(),
        champ: "ménages ; parc au 1er janvier".to_owned(),
        source: "bilans de ce projet, année par année".to_owned(),
        natif: Some(Natif::Courbes((1..=annees.len()).collect())),
        tableau,
    }))
}

fn points_words(points: f64) -> String {
    let text = format::decimal(points, 1);
    format!("{text}\u{a0}{}", if points < 2.0 { "point" } else { "points" })
}
