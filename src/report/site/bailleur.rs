//! The page of a landlord: its leases EPCI by EPCI against each rule, its commitments, its reservation flows.

use serde::Serialize;

use crate::chart::{self, Legende, Point, Repere};
use crate::error::Result;
use crate::format;
use crate::report::document::{Cle, Figure, Natif, alternative};
use crate::report::donnees::Donnees;
use crate::report::revue::{Contingents, Flux, judgement_table};
use crate::report::tableau::{Cellule, Tableau};
use crate::report::{Verdict, holder_words, mots};

/// What the page prints.
#[derive(Debug, Serialize)]
pub(super) struct Bailleur {
    siren: String,
    nom: String,
    constat: String,
    cles: Vec<Cle>,
    pub figures: Vec<Figure>,
    tableaux: Vec<Tableau>,
    verdicts: Tableau,
    /// Files of its own: report to holders, rows to mend.
    compte_rendu: Option<String>,
    liste: Option<String>,
}

/// A landlord in one EPCI.
struct Presence {
    epci: String,
    libelle: String,
    attributions: i64,
    q1_ou_relogement: i64,
    part: Option<f64>,
    cible: Option<f64>,
    manque: Option<i64>,
}

/// Builds the page.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub(super) fn build(donnees: &Donnees<'_>, contingents: &Contingents, siren: &str) -> Result<Bailleur> {
    let nom = donnees.landlord(siren);
    let presences = presences(donnees, contingents, siren);
    let leases: i64 = presences.iter().map(|p| p.attributions).sum();
    let housed: i64 = presences.iter().map(|p| p.q1_ou_relogement).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
    let share = (leases > 0).then(|| housed as f64 / leases as f64);
    let missing: i64 = presences.iter().filter_map(|p| p.manque).sum();
    let all: i64 = contingents.detail(siren, "reservataire").iter().map(|(_, f)| f.attributions).sum();
    let year = donnees.plan.millesime;
    let constat = if all == 0 {
        format!("Aucun logement attribué en {year} dans le périmètre.")
    } else if leases == 0 {
        format!(
            "{} en {year} ; aucun n'entre dans la règle hors QPV.",
            format::count(all, "logement attribué", "logements attribués")
        )
    } else {
        format!(
            "{} en {year} ; hors QPV, {} des baux vont au premier quartile ou à des ménages relogés.",
            format::count(all, "logement attribué", "logements attribués"),
            Cellule::Part(share).shown()
        )
    };
    let cle = |nom: &str, valeur: String, note: &str| Cle {
        nom: nom.to_owned(),
        valeur,
        note: note.to_owned(),
        evolution: None,
    };
    let cles = vec![
        cle(
            format::noun(all, "logement attribué", "logements attribués"),
            format::integer(all),
            "personnes morales comprises",
        ),
        cle(format::noun(leases, "bail hors QPV", "baux hors QPV"), format::integer(leases), "ménages, dans la règle"),
        cle("premier quartile ou relogés", Cellule::Part(share).shown(), "hors QPV, tous EPCI"),
        cle(
            format::noun(missing, "bail manquant", "baux manquants"),
            format::integer(missing),
            "au taux de chaque EPCI",
        ),
    ];
    let own: Vec<&Verdict> =
        donnees.verdicts.iter().filter(|v| v.acteur_type == "bailleur" && v.acteur == siren).collect();
    let lignes = presences
        .iter()
        .map(|p| {
            vec![
                Cellule::Lien(p.libelle.clone(), format!("epci/{}.html", p.epci)),
                Cellule::Nombre(Some(p.attributions)),
                Cellule::Nombre(Some(p.q1_ou_relogement)),
                Cellule::Part(p.part),
                Cellule::Cible(p.cible),
                Cellule::Nombre(p.manque),
            ]
        })
        .collect();
    let by_epci = Tableau::new(
        "Baux hors QPV, EPCI par EPCI",
        &["EPCI", "Baux hors QPV#", "1er quartile ou relogés#", "Part#", "Repère#", "Baux manquants#"],
        lignes,
    );
    let figures = dots(&presences, &by_epci, year)?.into_iter().collect();
    let mut tableaux = Vec::new();
    for (dimension, titre, heading) in [
        ("reservataire", "Logements par réservataire", "Réservataire"),
        ("typologie", "Logements par typologie", "Typologie"),
        ("financement", "Logements par financement", "Financement"),
        ("zone", "Logements par zone", "Zone"),
        ("periode_construction", "Logements par période de construction", "Période"),
    ] {
        let mut rows = contingents.detail(siren, dimension);
        rows.sort_by(|a, b| mots::order(dimension, &a.0).cmp(&mots::order(dimension, &b.0)));
        if !rows.is_empty() {
            tableaux.push(flows(donnees, dimension, titre, heading, &rows));
        }
    }
    let report = format!("flux/{siren}.xlsx");
    let liste = donnees.qualite.listes.iter().find(|l| l.bailleur == siren).map(|l| l.fichier.clone());
    Ok(Bailleur {
        siren: siren.to_owned(),
        nom,
        constat,
        cles,
        figures,
        tableaux,
        verdicts: judgement_table(donnees, "Règles et engagements", &own, true).without(&["Acteur"]),
        compte_rendu: (all > 0).then_some(report),
        liste,
    })
}

fn presences(donnees: &Donnees<'_>, contingents: &Contingents, siren: &str) -> Vec<Presence> {
    let Some(table) = donnees.table("quartiles") else { return Vec::new() };
    donnees
        .epci
        .iter()
        .filter_map(|lieu| {
            let row = table.find("epci", &lieu.code, &[("bailleur", siren), ("zone", "hors_qpv")])?;
            let attributions = row.int("attributions").filter(|n| *n > 0)?;
            let law = donnees
                .verdicts_of(lieu)
                .iter()
                .find(|v| v.regle == "q1_hors_qpv" && v.base == "loi" && v.resultat.is_some());
            let gap = contingents.gaps_of(&lieu.code).into_iter().find(|m| m.bailleur == siren);
            Some(Presence {
                epci: lieu.code.clone(),
                libelle: lieu.libelle.clone(),
                attributions,
                q1_ou_relogement: row.int("q1_ou_relogement").unwrap_or(0),
                part: row.real("part_q1_ou_relogement"),
                cible: law.map(|v| v.cible),
                manque: gap.map(|m| m.manque),
            })
        })
        .collect()
}

fn dots(presences: &[Presence], tableau: &Tableau, year: i32) -> Result<Option<Figure>> {
    let mut judged: Vec<&Presence> = presences.iter().filter(|p| p.cible.is_some()).collect();
    let Some(target) = judged.first().and_then(|p| p.cible) else { return Ok(None) };
    judged.sort_by(|a, b| b.part.unwrap_or(0.0).total_cmp(&a.part.unwrap_or(0.0)).then_with(|| a.epci.cmp(&b.epci)));
    judged.truncate(60);
    let kept = judged.iter().filter(|p| p.part.is_some_and(|x| x >= target)).count();
    let percent = format::target_percent(target);
    let titre = match (kept, judged.len()) {
        (0, 1) => format!("Le repère de {percent} n'est pas atteint dans le seul EPCI jugé"),
        (1, 1) => format!("Le repère de {percent} est atteint dans le seul EPCI jugé"),
        (0, n) => format!("Le repère de {percent} n'est atteint dans aucun des {n} EPCI"),
        (k, n) if k == n => format!("Le repère de {percent} est atteint dans les {n} EPCI"),
        (k, n) => format!("Le repère de {percent} est atteint dans {k} EPCI sur {n}"),
    };
    let points: Vec<Point> = judged
        .iter()
        .map(|p| Point {
            nom: p.libelle.clone(),
            valeur: p.part,
            etiquette: format!("{} ({})", Cellule::Part(p.part).shown(), format::count(p.attributions, "bail", "baux")),
            atteint: p.part.is_some_and(|x| x >= target),
        })
        .collect();
    let line = Repere { valeur: target, nom: format!("loi : {percent}") };
    let alternative = alternative("Points par EPCI", &titre, tableau);
    let dessin = chart::dots(
        &Legende { cle: "presences", titre: &titre, alternative: &alternative },
        &points,
        &line,
        format::target_percent,
    )?;
    Ok(Some(Figure {
        cle: "presences",
        titre,
        sous_titre: format!(
            "Part des baux du bailleur signés en {year} hors QPV au premier quartile ou à des ménages relogés, par EPCI"
        ),
        dessin,
        lecture: "la règle s'apprécie sur l'EPCI : la part d'un bailleur est un repère".to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé hors QPV, hors financements exclus".to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        natif: Some(Natif::Barres(vec![3])),
        tableau: tableau.clone(),
    }))
}

fn flows(donnees: &Donnees<'_>, dimension: &str, titre: &str, heading: &str, rows: &[(String, Flux)]) -> Tableau {
    let words = |code: &str| match dimension {
        "reservataire" => holder_words(code).to_owned(),
        _ => mots::modality(donnees, dimension, code),
    };
    let mut whole = (None::<i64>, 0);
    let mut lignes: Vec<Vec<Cellule>> = rows
        .iter()
        .map(|(code, f)| {
            whole = (whole.0.map_or(f.proposes, |n| Some(n + f.proposes.unwrap_or(0))), whole.1 + f.attributions);
            vec![Cellule::Texte(words(code)), Cellule::Nombre(f.proposes), Cellule::Nombre(Some(f.attributions))]
        })
        .collect();
    lignes.push(vec![Cellule::texte("Ensemble"), Cellule::Nombre(whole.0), Cellule::Nombre(Some(whole.1))]);
    Tableau::new(titre, &[heading, "Logements proposés#", "Logements attribués#"], lignes).with_total()
}
