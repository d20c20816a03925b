//! The first quartile landlord by landlord: shares, distances to the line, quartiles in and out of priority neighbourhoods.

use std::cmp::Reverse;

use super::super::{Cellule, Contexte, Figure, Natif, Tableau, alternative, furthest, largest, of_all};
use super::{CHAMP, SOURCE, cells, headings, pile, segments};
use crate::chart::{self, Ecart, Legende, Pile, Point, Repere};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Ligne;
use crate::report::mots;

/// Landlords of the EPCI that have leases in a zone, the highest `part` first.
fn by_landlord<'a>(c: &Contexte<'a>, zone: &str, part: &str) -> Vec<Ligne<'a>> {
    let mut rows: Vec<Ligne<'_>> = c
        .donnees
        .rows("quartiles", c.lieu)
        .into_iter()
        .filter(|l| {
            l.text("zone") == zone && l.text("bailleur") != "ensemble" && l.int("attributions").unwrap_or(0) > 0
        })
        .collect();
    let share = |l: &Ligne<'_>| l.real(part).unwrap_or(0.0);
    rows.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.text("bailleur").cmp(b.text("bailleur"))));
    rows
}

/// Those that have the most leases, in the order given; of two with as many, the first.
fn with_most_leases<'l, 'a>(rows: &'l [Ligne<'a>], most: usize) -> Vec<&'l Ligne<'a>> {
    let mut drawn: Vec<(usize, &Ligne<'_>)> = rows.iter().enumerate().collect();
    drawn.sort_by_key(|(_, l)| Reverse(l.int("attributions")));
    drawn.truncate(most);
    drawn.sort_by_key(|(place, _)| *place);
    drawn.into_iter().map(|(_, l)| l).collect()
}

pub(in crate::report) fn shares(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let Some(target) = c.cible_q1() else { return Ok(None) };
    let rows = by_landlord(c, "hors_qpv", "part_q1_ou_relogement");
    if rows.is_empty() {
        return Ok(None);
    }
    let reached = |l: &Ligne<'_>| l.real("part_q1_ou_relogement").is_some_and(|p| p >= target);
    let kept = rows.iter().filter(|l| reached(l)).count();
    let percent = format::target_percent(target);
    let (who, single) = of_all(kept, rows.len(), "Le seul bailleur", "bailleur", "bailleurs");
    let titre = format!("{who}{} {percent} hors QPV", if single { "atteint" } else { "atteignent" });
    let drawn = with_most_leases(&rows, c.cadre.rangs);
    let points: Vec<Point> = drawn
        .iter()
        .map(|l| Point {
            nom: c.donnees.landlord(l.text("bailleur")),
            valeur: l.real("part_q1_ou_relogement"),
            etiquette: format!(
                "{} ({})",
                Cellule::Part(l.real("part_q1_ou_relogement")).shown(),
                format::count(l.int("attributions").unwrap_or(0), "bail", "baux")
            ),
            atteint: reached(l),
        })
        .collect();
    let lignes = rows
        .iter()
        .map(|l| {
            let siren = l.text("bailleur");
            vec![
                Cellule::Lien(c.donnees.landlord(siren), format!("bailleurs/{siren}.html")),
                Cellule::Nombre(l.int("attributions")),
                Cellule::Nombre(l.int("q1_ou_relogement")),
                Cellule::Part(l.real("part_q1_ou_relogement")),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Baux hors QPV par bailleur",
        &["Bailleur", "Baux hors QPV#", "1er quartile ou relogés#", "Part#"],
        lignes,
    );
    let line = Repere { valeur: target, nom: format!("loi : {percent}") };
    let dessin = chart::dots(
        &Legende {
            cle: "bailleurs",
            titre: &titre,
            alternative: &alternative("Points par bailleur", &titre, &tableau),
        },
        &points,
        &line,
        format::target_percent,
    )?;
    Ok(Some(Figure {
        cle: "bailleurs",
        titre,
        sous_titre: format!(
            "Part des baux de {} hors QPV au premier quartile ou à des ménages relogés, par bailleur{}",
            c.millesime(),
            largest(rows.len(), drawn.len(), "qui ont signé")
        ),
        dessin,
        lecture: "un disque, la part est atteinte ; un losange, elle ne l'est pas. La règle s'apprécie sur l'EPCI : la part d'un bailleur est un repère".to_owned(),
        champ: format!("{CHAMP}, hors QPV"),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![3])),
        tableau,
    }))
}

/// What each landlord lacks, or has ahead, to reach the EPCI's line alone, in lettings.
pub(super) fn gaps(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let rows = c.contingents.gaps_of(&c.lieu.code);
    if rows.is_empty() {
        return Ok(None);
    }
    let missing: i64 = rows.iter().map(|m| m.manque).sum();
    let spread: i64 = rows.iter().map(|m| m.part_du_manque).sum();
    let short = rows.iter().filter(|m| m.manque > 0).count();
    let titre = match (short, missing) {
        (0, _) => "Aucun bailleur n'est en deçà du repère hors QPV".to_owned(),
        (1, n) => format!("Un bailleur est en deçà du repère, de {}", format::count(n, "bail", "baux")),
        (k, n) => format!("{k} bailleurs sont en deçà du repère, de {} en tout", format::count(n, "bail", "baux")),
    };
    let drawn = rows.len().min(c.cadre.rangs);
    let which = furthest(rows.len(), drawn, short, ("bailleurs", "à qui"));
    let ecarts: Vec<Ecart> = rows[..drawn]
        .iter()
        .map(|m| {
            let valeur = if m.manque > 0 { -m.manque } else { m.avance };
            let etiquette = match valeur {
                0 => "juste atteint".to_owned(),
                n if n > 0 => format!("{} d'avance", format::count(n, "bail", "baux")),
                n => format!("il manque {}", format::count(-n, "bail", "baux")),
            };
            Ecart { nom: c.donnees.landlord(&m.bailleur), valeur, etiquette }
        })
        .collect();
    let lignes = rows
        .iter()
        .map(|m| {
            vec![
                Cellule::texte(c.donnees.landlord(&m.bailleur)),
                Cellule::Nombre(Some(m.attributions)),
                Cellule::Nombre(Some(m.numerateur)),
                Cellule::Nombre(Some(m.manque)),
                Cellule::Nombre(Some(m.avance)),
                Cellule::Nombre(Some(m.part_du_manque)),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Baux qui manquent, par bailleur",
        &["Bailleur", "Baux hors QPV#", "1er quartile ou relogés#", "Manque#", "Avance#", "Part du manque de l'EPCI#"],
        lignes,
    );
    let dessin = chart::gaps(
        &Legende {
            cle: "manques",
            titre: &titre,
            alternative: &alternative("Barres d'écart par bailleur", &titre, &tableau),
        },
        &ecarts,
        "repère de la loi",
    )?;
    Ok(Some(Figure {
        cle: "manques",
        titre,
        sous_titre: format!(
            "Écart de chaque bailleur au taux de la loi hors QPV, en baux signés en {}{which}",
            c.millesime()
        ),
        dessin,
        lecture: if spread > 0 {
            format!(
                "l'EPCI manque sa règle de {} ; la dernière colonne les répartit entre les bailleurs selon leur écart",
                format::count(spread, "bail", "baux")
            )
        } else {
            "la règle de l'EPCI est tenue : les avances des uns couvrent les manques des autres".to_owned()
        },
        champ: format!("{CHAMP}, hors QPV"),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![3, 4])),
        tableau,
    }))
}

/// Quartiles of each landlord, outside then inside priority neighbourhoods.
pub(super) fn quartiles(c: &Contexte<'_>) -> Result<Option<Figure>> {
    // A bar takes the room of three rows of points, and there are two zones.
    let most = c.cadre.rangs / 3;
    let zones = ["hors_qpv", "qpv"].map(|zone| (zone, by_landlord(c, zone, "part_q1")));
    let Some(first) = zones.iter().find_map(|(_, rows)| rows.first()) else { return Ok(None) };
    let detailed = first.int("q2").is_some();
    let mut piles: Vec<Pile> = Vec::new();
    for (zone, rows) in &zones {
        let mut groupe = Some(mots::zone_title(zone).to_owned());
        for l in with_most_leases(rows, most) {
            piles.push(pile(c.donnees.landlord(l.text("bailleur")), groupe.take(), l, detailed));
        }
    }
    let several = zones.iter().map(|(_, rows)| rows.len()).max().unwrap_or(0);
    let which = largest(several, several.min(most), "qui, dans chaque zone, ont signé");
    let shares: Vec<f64> = zones[0].1.iter().filter_map(|l| l.real("part_q1")).collect();
    let titre = match shares.as_slice() {
        [] => "Tous les baux sont en QPV".to_owned(),
        [one] => format!("Hors QPV, {} des baux vont au premier quartile strict", format::percent(*one)),
        several => format!(
            "Hors QPV, la part du premier quartile strict va de {} à {} selon le bailleur",
            format::percent(several.iter().copied().fold(f64::MAX, f64::min)),
            format::percent(several.iter().copied().fold(0.0, f64::max))
        ),
    };
    let mut head = headings("Bailleur", detailed);
    head.insert(1, "Zone".to_owned());
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let in_zones = zones.iter().flat_map(|(zone, rows)| rows.iter().map(move |l| (zone, l)));
    let lignes = in_zones
        .map(|(zone, l)| {
            let mut row = cells(c.donnees.landlord(l.text("bailleur")), l, detailed);
            row.insert(1, Cellule::texte(mots::zone_title(zone)));
            row
        })
        .collect();
    let tableau = Tableau::new("Quartiles par bailleur et par zone", &head, lignes);
    let dessin = chart::stacked(
        &Legende {
            cle: "quartiles-bailleurs",
            titre: &titre,
            alternative: &alternative("Barres empilées par bailleur, hors QPV puis en QPV", &titre, &tableau),
        },
        &segments(detailed),
        &piles,
        format::percent,
    )?;
    Ok(Some(Figure {
        cle: "quartiles-bailleurs",
        titre,
        sous_titre: format!(
            "Baux signés en {} par quartile de ressources, en % des baux du bailleur dans la zone{which}",
            c.millesime()
        ),
        dessin,
        lecture: "chaque barre fait 100 % des baux du bailleur dans la zone".to_owned(),
        champ: CHAMP.to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Empilees((3..if detailed { 8 } else { 6 }).collect())),
        tableau,
    }))
}
