//! Verdicts as tables, and the commitments of the convention: target and result by landlord (CCH L441-1-6).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Bloc, Cadre, Cellule, Chapitre, Contexte, Figure, Natif, Tableau, alternative, furthest};
use crate::chart::{self, Ecart, Legende};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Donnees;
use crate::report::{Verdict, holder_words, public_words, zone_words};

/// Who a verdict is about.
pub(super) fn actor(donnees: &Donnees<'_>, v: &Verdict) -> String {
    match v.acteur_type.as_str() {
        "epci" => "EPCI".to_owned(),
        "bailleur" if v.agregation == "moyenne" => "Moyenne des parts des bailleurs".to_owned(),
        "reservataire" if v.agregation == "moyenne" => "Moyenne des parts des réservataires".to_owned(),
        "reservataire" => holder_words(&v.acteur).to_owned(),
        _ => donnees.landlord(&v.acteur),
    }
}

/// What a verdict rests on, in words.
fn base(v: &Verdict) -> &'static str {
    match v.base.as_str() {
        "loi" => "Loi",
        "cia" => "CIA",
        "avenant" => "Avenant",
        _ => "Document cadre",
    }
}

/// Whom a verdict is about and where, in words.
fn aim(donnees: &Donnees<'_>, v: &Verdict) -> String {
    let zone = if v.zone == "ensemble" { String::new() } else { format!(", {}", zone_words(&v.zone)) };
    let secteur = donnees.secteurs.get(&v.secteur).map_or_else(String::new, |names| format!(", secteur {names}"));
    let own = if v.acteur_type == "bailleur" && v.base == "loi" { ", logements hors contingent" } else { "" };
    format!("{}{zone}{secteur}{own}", public_words(&v.public))
}

/// What a verdict found, in its own unit.
fn result(v: &Verdict) -> Cellule {
    if v.metrique == "part" { Cellule::Part(v.resultat) } else { Cellule::Nombre(v.numerateur) }
}

/// What it asks, in its own unit; a ceiling says so.
pub(super) fn target(v: &Verdict) -> Cellule {
    match (v.metrique.as_str(), v.operateur.as_str()) {
        ("part", "<=") => Cellule::Plafond(Some(v.cible)),
        ("part", _) => Cellule::Cible(Some(v.cible)),
        (_, "<=") => Cellule::texte(v.shown_target()),
        #[expect(clippy::cast_possible_truncation, reason = "a number of lettings is small and whole")]
        _ => Cellule::Nombre(Some(v.cible.round() as i64)),
    }
}

/// Verdicts row by row; with the name of the EPCI where they are of several.
pub(in crate::report) fn judgement_table(
    donnees: &Donnees<'_>,
    titre: &str,
    verdicts: &[&Verdict],
    avec_epci: bool,
) -> Tableau {
    let mut headings = vec!["Règle", "Acteur", "Au public visé#", "Baux#", "Résultat#", "Cible#", "Verdict", "Statut"];
    if avec_epci {
        headings.insert(0, "EPCI");
    }
    let lignes = verdicts
        .iter()
        .map(|v| {
            let kept = match v.verdict.as_str() {
                "atteint" => Some(true),
                "non_atteint" => Some(false),
                _ => None,
            };
            let mut row = vec![
                Cellule::texte(format!("{} : {}", base(v), aim(donnees, v))),
                Cellule::texte(actor(donnees, v)),
                Cellule::Nombre(v.numerateur),
                Cellule::Nombre(v.denominateur),
                result(v),
                target(v),
                Cellule::Reponse(v.answer(), kept),
                Cellule::texte(v.shown_status()),
            ];
            if avec_epci {
                row.insert(0, Cellule::Lien(v.libelle.clone(), format!("epci/{}.html", v.epci)));
            }
            row
        })
        .collect();
    Tableau { style: "verdicts", ..Tableau::new(titre, &headings, lignes) }
}

/// The short table: every rule that applies to an EPCI and to each holder; landlords stand in the chapters. Of a large
/// perimeter, the legal rule alone, where the most lettings are missing; or all of them where no EPCI is held to that one.
pub(in crate::report) fn short_judgements(c: &Contexte<'_>) -> Tableau {
    let mut all: Vec<&Verdict> = c.donnees.verdicts_of(c.lieu).iter().filter(|v| v.is_worth_a_line()).collect();
    if all.len() <= Cadre::PAGE.rangs || c.lieu.is_epci() {
        return judgement_table(c.donnees, "Règles et objectifs de l'année", &all, !c.lieu.is_epci());
    }
    let most = c.cadre.rangs;
    // By name where as many are missing.
    all.sort_by_key(|v| Reverse(v.manque));
    let of_the_rule = |v: &&Verdict| v.acteur_type == "epci" && v.public == "q1_ou_relogement" && v.base == "loi";
    if !all.iter().any(of_the_rule) {
        let titre = format!("Règles et objectifs de l'année : {most} lignes sur {}", all.len());
        all.truncate(most);
        return judgement_table(c.donnees, &titre, &all, true);
    }
    all.retain(of_the_rule);
    let judged = all.iter().filter(|v| v.resultat.is_some()).count();
    let missed = all.iter().filter(|v| v.manque > Some(0)).count();
    let shown = |n: usize| format::integer(i64::try_from(n).unwrap_or(i64::MAX));
    let of_judged = format!("sur {} {}", shown(judged), if judged > 1 { "jugés" } else { "jugé" });
    let titre = match missed {
        0 if judged == 0 => "La règle hors QPV, évaluable nulle part".to_owned(),
        0 if judged == 1 => "La règle hors QPV, atteinte par le seul EPCI jugé".to_owned(),
        0 => format!("La règle hors QPV, atteinte par les {} EPCI jugés", shown(judged)),
        1 => format!("La règle hors QPV : un EPCI ne l'atteint pas, {of_judged}"),
        n if n <= most => {
            format!("La règle hors QPV : les {n} EPCI qui ne l'atteignent pas, {of_judged}")
        }
        n => format!(
            "La règle hors QPV : les {most} EPCI où il manque le plus de baux, sur {} qui ne l'atteignent pas",
            shown(n)
        ),
    };
    all.truncate(if missed > 0 { missed.min(most) } else { most });
    judgement_table(c.donnees, &titre, &all, true).without(&["Règle", "Acteur"])
}

/// Verdicts on what the territory has signed.
fn signed<'a>(c: &Contexte<'a>) -> Vec<&'a Verdict> {
    c.donnees.verdicts_of(c.lieu).iter().filter(|v| v.base != "loi").collect()
}

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let signed = signed(c);
    let mut blocs = Vec::new();
    if signed.is_empty() {
        blocs.push(Bloc::absence(if c.lieu.is_epci() {
            "Aucun objectif de convention (CIA, avenant, document cadre) n'est inscrit dans le projet pour cet EPCI : seules les règles légales sont jugées."
        } else {
            "Aucun objectif de convention n'est inscrit dans le projet : seules les règles légales sont jugées."
        }));
        return Ok(Chapitre::new("engagements", "Engagements de la convention", blocs));
    }
    let judged = signed.iter().filter(|v| matches!(v.verdict.as_str(), "atteint" | "non_atteint")).count();
    let kept = signed.iter().filter(|v| v.verdict == "atteint").count();
    blocs.push(Bloc::constat(match (kept, judged) {
        (_, 0) => "Aucun engagement de la convention n'est évaluable cette année.".to_owned(),
        (k, j) => {
            let (who, single) =
                super::of_all(k, j, "L'engagement de la convention", "engagement", "engagements de la convention");
            format!("{who}{}.", if single { "est tenu" } else { "sont tenus" })
        }
    }));
    blocs.push(Bloc::Tableau(judgement_table(c.donnees, "Engagements de la convention", &signed, !c.lieu.is_epci())));
    for figure in commitments(c)? {
        blocs.push(Bloc::Figure(Box::new(figure)));
    }
    // A reference names its texts, of which several verdicts share some.
    let mut references: Vec<&str> = Vec::new();
    for text in signed.iter().flat_map(|v| v.reference.split(" ; ")).filter(|text| !text.is_empty()) {
        if !references.contains(&text) {
            references.push(text);
        }
    }
    if !references.is_empty() {
        blocs.push(Bloc::note(format!("Références : {}.", references.join(" ; "))));
    }
    Ok(Chapitre::new("engagements", "Engagements de la convention", blocs))
}

/// Verdicts, each with its distance to the target, in lettings.
type Distances<'v> = Vec<(&'v Verdict, i64)>;

/// Distance of each landlord to its commitment, in lettings: a figure for each public, zone and sector, of which the law asks
/// two at least (CCH L441-1-6).
pub(in crate::report) fn commitments(c: &Contexte<'_>) -> Result<Vec<Figure>> {
    let mut engagements: BTreeMap<(&str, String, &str), Distances<'_>> = BTreeMap::new();
    let own = |v: &&&Verdict| v.acteur_type == "bailleur" && v.agregation != "moyenne" && v.resultat.is_some();
    for v in signed(c).iter().filter(own).filter(|_| c.lieu.is_epci()) {
        if let Some(distance) = v.distance() {
            engagements.entry((base(v), aim(c.donnees, v), &v.secteur)).or_default().push((v, distance));
        }
    }
    for rows in engagements.values_mut() {
        rows.sort_by_key(|(_, distance)| *distance);
    }
    engagements.iter().map(|((base, aim, _), rows)| commitment(c, base, aim, rows)).collect()
}

/// One of them, the landlord furthest behind first.
fn commitment(c: &Contexte<'_>, base: &str, aim: &str, rows: &[(&Verdict, i64)]) -> Result<Figure> {
    let kept = rows.iter().filter(|(v, _)| v.verdict == "atteint").count();
    let (who, single) = super::of_all(kept, rows.len(), "L'engagement", "engagement", "engagements");
    let kept = if single { "est tenu" } else { "sont tenus" };
    let titre = format!("{who}{kept} par {} : {aim}", if rows.len() == 1 { "le bailleur" } else { "les bailleurs" });
    // A landlord that has signed two targets, one of them a mean to aim at, has two bars.
    let name = |v: &Verdict| {
        let own = actor(c.donnees, v);
        let several = rows.iter().filter(|(other, _)| other.acteur == v.acteur).count() > 1;
        if several { format!("{own} ({})", v.shown_target()) } else { own }
    };
    let drawn = rows.len().min(c.cadre.rangs);
    let behind = rows.iter().filter(|(_, distance)| *distance < 0).count();
    let which = furthest(rows.len(), drawn, behind, ("engagements", "où"));
    let ecarts: Vec<Ecart> =
        rows[..drawn].iter().map(|(v, d)| Ecart { nom: name(v), valeur: *d, etiquette: v.distance_words() }).collect();
    let lignes = rows
        .iter()
        .map(|(v, d)| {
            vec![
                Cellule::texte(actor(c.donnees, v)),
                Cellule::Nombre(v.denominateur),
                Cellule::Nombre(v.numerateur),
                target(v),
                Cellule::Nombre(Some(*d)),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        format!("{} : engagements par bailleur", format::capital(aim)),
        &["Bailleur", "Baux#", "Au public visé#", "Cible#", "Écart en baux#"],
        lignes,
    );
    let dessin = chart::gaps(
        &Legende {
            cle: "engagements",
            titre: &titre,
            alternative: &alternative("Barres d'écart à la cible", &titre, &tableau),
        },
        &ecarts,
        "cible de chaque bailleur",
    )?;
    Ok(Figure {
        cle: "engagements",
        titre,
        sous_titre: format!(
            "{base} : écart de chaque bailleur à son engagement, en baux signés en {}{which}",
            c.millesime()
        ),
        dessin,
        lecture: "à gauche de la cible, les baux qui manquent ; à droite, les baux d'avance".to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé, hors financements exclus".to_owned(),
        source: "fichier des attributions et registre de la demande ; convention intercommunale d'attribution"
            .to_owned(),
        natif: Some(Natif::Barres(vec![4])),
        tableau,
    })
}
