//! EPCI by EPCI: where the legal rule is kept, by how many lettings it is missed, how the year went, and the figures side
//! by side.

use super::{
    Bloc, Cellule, Chapitre, Contexte, Figure, Natif, TOUS, TOUT, Tableau, alternative, cartes, furthest, largest,
    mixite,
};
use crate::chart::{self, Ecart, Legende, Repere, Vignette};
use crate::error::Result;
use crate::format;
use crate::report::mots;
use crate::resultats::RESSOURCES;

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let mut blocs = Vec::new();
    blocs.extend(Bloc::figure(mixite::verdict_dots(c)?));
    blocs.extend(Bloc::figure(cartes::q1(c)?));
    blocs.extend(Bloc::figure(gaps(c)?));
    blocs.extend(Bloc::figure(year(c)?));
    blocs.extend(Bloc::figure(cartes::demandes(c)?));
    if blocs.is_empty() {
        blocs.push(Bloc::absence(nothing_judged(c)));
    }
    let mut outside: Vec<&str> = c
        .donnees
        .verdicts_of(c.lieu)
        .iter()
        .filter(|v| v.is_legal_q1() && v.verdict == "hors_champ")
        .map(|v| v.libelle.as_str())
        .collect();
    outside.sort_by_cached_key(|nom| format::plain(nom));
    if !outside.is_empty() {
        const LISTED: usize = 40;
        let names: Vec<&str> = outside.iter().copied().take(LISTED).collect();
        let rest = match i64::try_from(outside.len() - names.len()).unwrap_or(i64::MAX) {
            0 => String::new(),
            others => format!(" et {}", format::count(others, "autre", "autres")),
        };
        blocs.push(Bloc::note(format!(
            "Hors du champ de l'arrêté de l'année, {} EPCI : {}{rest}.",
            outside.len(),
            names.join(", ")
        )));
    }
    blocs.push(Bloc::Tableau(side_by_side(c)));
    let cut = &c.donnees.manifeste.epci_coupes;
    let names: Vec<&str> = c.epci().iter().filter(|e| cut.contains(&e.code)).map(|e| e.libelle.as_str()).collect();
    if !names.is_empty() {
        blocs.push(Bloc::note(format!(
            "EPCI coupés par le périmètre, comptés sur leur partie intérieure : {}.",
            names.join(", ")
        )));
    }
    let departement = c.donnees.departement(c.lieu);
    if let Some(shared) = departement.map(|d| &d.partages).filter(|shared| !shared.is_empty()) {
        blocs.push(Bloc::note(format!(
            "EPCI qui débordent du département, jugés et comptés ici en entier, quand l'ensemble ne compte que leur part du département : {}.",
            shared.join(", ")
        )));
    }
    match departement.map_or(&c.donnees.sans_epci, |d| &d.sans_epci).as_slice() {
        [] => {}
        [one] => blocs.push(Bloc::note(format!("Sans EPCI, comptée dans l'ensemble du territoire seulement : {one}."))),
        several => {
            blocs.push(Bloc::note(format!(
                "Sans EPCI, comptées dans l'ensemble du territoire seulement : {}.",
                several.join(", ")
            )));
        }
    }
    Ok(Chapitre::new("territoires", "EPCI par EPCI", blocs))
}

/// Why no EPCI has a verdict to draw.
pub(in crate::report) fn nothing_judged(c: &Contexte<'_>) -> &'static str {
    if c.donnees.given("attributions") && !c.donnees.filled(&RESSOURCES) {
        mots::SANS_RESSOURCES
    } else {
        "Aucun EPCI du périmètre ne peut être jugé : pas d'attribution hors QPV, ou pas de montant connu pour l'année."
    }
}

/// Distance of each EPCI to the legal target, in lettings.
pub(in crate::report) fn gaps(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let (mut all, _) = mixite::judged(c, 0);
    if all.len() < 2 {
        return Ok(None);
    }
    all.sort_by(|a, b| a.distance().cmp(&b.distance()).then_with(|| a.epci.cmp(&b.epci)));
    let missing: i64 = all.iter().filter_map(|v| v.manque).sum();
    let behind = all.iter().filter(|v| v.manque.is_some_and(|m| m > 0)).count();
    let titre = match behind {
        0 => "Aucun bail ne manque : la règle est tenue partout".to_owned(),
        1 => format!("Il manque {} à un EPCI", format::count(missing, "bail", "baux")),
        n => format!("Il manque {} en tout, dans {n} EPCI", format::count(missing, "bail", "baux")),
    };
    let drawn = all.len().min(c.cadre.rangs);
    let which = furthest(all.len(), drawn, behind, ("EPCI", "où"));
    let ecarts: Vec<Ecart> = all[..drawn]
        .iter()
        .filter_map(|v| Some(Ecart { nom: v.libelle.clone(), valeur: v.distance()?, etiquette: v.distance_words() }))
        .collect();
    let lignes = all
        .iter()
        .map(|v| {
            vec![
                Cellule::texte(&v.libelle),
                Cellule::Nombre(v.denominateur),
                Cellule::Nombre(v.numerateur),
                Cellule::Nombre(v.manque),
                Cellule::Nombre(v.avance),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Écart à la règle, en baux",
        &["EPCI", "Baux hors QPV#", "1er quartile ou relogés#", "Manque#", "Avance#"],
        lignes,
    );
    let dessin = chart::gaps(
        &Legende {
            cle: "ecarts",
            titre: &titre,
            alternative: &alternative("Barres d'écart par EPCI", &titre, &tableau),
        },
        &ecarts,
        "taux de la loi",
    )?;
    Ok(Some(Figure {
        cle: "ecarts",
        titre,
        sous_titre: format!("Écart de chaque EPCI à la règle hors QPV, en baux signés en {}{which}", c.millesime()),
        dessin,
        lecture: "à gauche de la ligne, les baux qui manquent ; à droite, les baux d'avance. Le préfet peut attribuer ce qui manque (CCH L441-1)".to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé hors QPV, hors financements exclus".to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        natif: Some(Natif::Barres(vec![3, 4])),
        tableau,
    }))
}

/// The share of each EPCI added up month after month, side by side.
fn year(c: &Contexte<'_>) -> Result<Option<Figure>> {
    const MOST: usize = 45;
    let (all, drawn) = mixite::judged(c, MOST);
    if all.len() < 2 {
        return Ok(None);
    }
    let target = all[0].cible;
    let months = |code: &str| -> Vec<Option<f64>> {
        let rows = c.donnees.table("calendrier").map(|t| t.of("epci", code).collect::<Vec<_>>()).unwrap_or_default();
        rows.iter().map(|l| l.real("part_cumulee")).collect()
    };
    let vignettes: Vec<Vignette> = drawn
        .iter()
        .map(|v| Vignette {
            nom: v.libelle.clone(),
            valeurs: months(&v.epci),
            etiquette: v.shown_result(),
            atteint: v.verdict == "atteint",
        })
        .collect();
    let mid = |code: &str| months(code).get(5).copied().flatten();
    let turned = all.iter().filter(|v| mid(&v.epci).is_some_and(|p| (p >= target) != (v.verdict == "atteint"))).count();
    // Months that had begun when the register was extracted.
    let known = all.iter().map(|v| months(&v.epci).len()).max().unwrap_or(0);
    let titre = match turned {
        _ if known < 12 => {
            let kept = all.iter().filter(|v| v.verdict == "atteint").count();
            let fin = format::MONTHS[known.clamp(1, 12) - 1];
            format!("Fin {fin}, {kept} EPCI sur {} à la ligne ou au-dessus", all.len())
        }
        0 => "Fin juin annonçait déjà le verdict de l'année dans chaque EPCI".to_owned(),
        1 => "Un EPCI a changé de côté de la ligne entre juin et décembre".to_owned(),
        n => format!("{n} EPCI ont changé de côté de la ligne entre juin et décembre"),
    };
    let lignes = all
        .iter()
        .map(|v| {
            let at = months(&v.epci);
            let month = |i: usize| Cellule::Part(at.get(i).copied().flatten());
            vec![Cellule::texte(&v.libelle), month(2), month(5), month(8), month(11)]
        })
        .collect();
    let tableau = Tableau::new(
        "Part cumulée depuis janvier",
        &["EPCI", "Fin mars#", "Fin juin#", "Fin septembre#", "Fin décembre#"],
        lignes,
    );
    let line = Repere { valeur: target, nom: format!("loi : {}", format::target_percent(target)) };
    let dessin = chart::small_multiples(
        &Legende {
            cle: "annee",
            titre: &titre,
            alternative: &alternative("Petites courbes par EPCI", &titre, &tableau),
        },
        &vignettes,
        &line,
    )?;
    let which = largest(all.len(), vignettes.len(), "EPCI où l'on a signé");
    Ok(Some(Figure {
        cle: "annee",
        titre,
        sous_titre: format!(
            "Part cumulée depuis janvier {} des baux hors QPV au premier quartile ou à des relogés{which}",
            c.millesime()
        ),
        dessin,
        lecture: format!(
            "de gauche à droite, de janvier à {}, à la même échelle ; le tireté est le taux de la loi",
            format::MONTHS[known.clamp(1, 12) - 1]
        ),
        champ: "attributions à des ménages suivies d'un bail signé hors QPV, hors financements exclus".to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        natif: Some(Natif::Barres(vec![4])),
        tableau,
    }))
}

/// The figures of each EPCI side by side; the whole last.
fn side_by_side(c: &Contexte<'_>) -> Tableau {
    let lignes = c
        .epci()
        .iter()
        .chain([c.lieu])
        .map(|lieu| {
            let row = |table: &str, dimensions: &[(&str, &str)]| c.donnees.row(table, lieu, dimensions);
            let parc = row("parc", &TOUT[1..]);
            let tension = row("tension", &TOUT);
            let name = if lieu.is_epci() {
                Cellule::Lien(lieu.libelle.clone(), format!("epci/{}.html", lieu.code))
            } else {
                Cellule::texte("Ensemble")
            };
            vec![
                name,
                Cellule::Nombre(parc.and_then(|l| l.int("logements"))),
                Cellule::Part(parc.and_then(|l| l.real("taux_vacance"))),
                Cellule::Part(parc.and_then(|l| l.real("taux_mobilite"))),
                Cellule::Centieme(parc.and_then(|l| l.real("loyer_m2"))),
                Cellule::Nombre(tension.and_then(|l| l.int("demandes"))),
                Cellule::Nombre(tension.and_then(|l| l.int("attributions"))),
                Cellule::Decimal(tension.and_then(|l| l.real("tension"))),
                Cellule::Decimal(row("delais", &TOUS).and_then(|l| l.real("delai_median"))),
            ]
        })
        .collect();
    Tableau::new(
        "Chiffres de chaque EPCI",
        &[
            "EPCI",
            "Logements#",
            "Vacance#",
            "Mobilité#",
            "Loyer (€ par m²)#",
            "Demandes#",
            "Baux#",
            "Tension#",
            "Attente médiane (mois)#",
        ],
        lignes,
    )
    .with_total()
}
