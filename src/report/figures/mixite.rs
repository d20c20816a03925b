//! Who is housed: income quartiles, landlords against the legal line, priority publics, verdicts.

use super::super::donnees::Ligne;
use super::super::{Verdict, holder_words, zone_words};
use super::{Contexte, Feuilles, Figure, alternative, legend, lignes_of, number, rate, words};
use crate::chart::{self, Barre, Palette, Pile, Point, Repere, Segment};
use crate::error::Result;
use crate::format;

pub(super) fn quartiles(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Option<Figure>> {
    let row = |zone: &str| feuilles.quartiles.find(c.niveau, c.code, &[("bailleur", "ensemble"), ("zone", zone)]);
    let zones: Vec<(&str, Ligne<'_>)> =
        ["hors_qpv", "qpv", "inconnue", "ensemble"].iter().filter_map(|z| Some((*z, row(z)?))).collect();
    let counted: Vec<(&str, Ligne<'_>)> =
        zones.into_iter().filter(|(_, l)| l.int("attributions").unwrap_or(0) > 0).collect();
    let Some((_, whole)) = counted.last() else { return Ok(None) };
    let detailed = whole.int("q2").is_some();
    let [dark, mid, light, pale] = Palette::QUARTILES;
    let segment = |nom: &str, couleur, sombre| Segment { nom: nom.to_owned(), couleur, sombre };
    let unknown = segment("inconnu", Palette::GREY, false);
    let segments = if detailed {
        vec![
            segment("1er quartile", dark, true),
            segment("2e", mid, true),
            segment("3e", light, false),
            segment("4e", pale, false),
            unknown,
        ]
    } else {
        vec![segment("1er quartile", dark, true), segment("au-dessus", light, false), unknown]
    };
    let counts = |l: &Ligne<'_>| -> Vec<i64> {
        let get = |name: &str| l.int(name).unwrap_or(0);
        let (q1, unknown, all) = (get("q1"), get("inconnu"), get("attributions"));
        if detailed {
            vec![q1, get("q2"), get("q3"), get("q4"), unknown]
        } else {
            vec![q1, all - q1 - unknown, unknown]
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
    let piles: Vec<Pile> = counted
        .iter()
        .map(|(zone, l)| {
            let all = l.int("attributions").unwrap_or(0);
            Pile {
                nom: zone_title(zone).to_owned(),
                parts: counts(l).iter().map(|n| *n as f64 / all as f64).collect(),
                etiquette: format::count(all, "bail", "baux"),
            }
        })
        .collect();
    let outside = row("hors_qpv").filter(|l| l.int("attributions").unwrap_or(0) > 0);
    let titre = match outside.and_then(|l| l.real("part_q1_ou_relogement")) {
        Some(share) => {
            format!("Hors QPV, {} des baux vont au premier quartile ou à des ménages relogés", format::percent(share))
        }
        None => "Aucun bail hors QPV cette année".to_owned(),
    };
    let mut entetes = words(&["Zone", "Baux", "1er quartile"]);
    entetes.extend(if detailed { words(&["2e", "3e", "4e"]) } else { words(&["au-dessus"]) });
    entetes.extend(words(&["Inconnu", "Relogés", "1er quartile ou relogés", "Part"]));
    let lignes: Vec<Vec<String>> = counted
        .iter()
        .map(|(zone, l)| {
            let mut cells = vec![zone_title(zone).to_owned(), number(l.int("attributions"))];
            cells.extend(counts(l).into_iter().map(format::integer));
            cells.extend([
                number(l.int("relogement")),
                number(l.int("q1_ou_relogement")),
                rate(l.real("part_q1_ou_relogement")),
            ]);
            cells
        })
        .collect();
    let lecture = outside.map_or_else(String::new, |l| {
        format!(
            "sur {} hors QPV, {} ont bénéficié à des ménages du premier quartile ou relogés",
            format::count(l.int("attributions").unwrap_or(0), "bail signé", "baux signés"),
            number(l.int("q1_ou_relogement"))
        )
    });
    let svg = chart::stacked(
        &legend("quartiles", &titre, &alternative(&entetes, &lignes_of(&lignes))),
        &segments,
        &piles,
        format::percent,
    )?;
    Ok(Some(Figure {
        id: "quartiles".to_owned(),
        titre,
        sous_titre: format!(
            "Baux signés en {} par quartile de ressources par unité de consommation, {}",
            c.millesime, c.libelle
        ),
        svg,
        lecture,
        champ: "attributions à des ménages suivies d'un bail signé, hors logement intermédiaire (PLI)".to_owned(),
        source: "fichier des attributions et registre de la demande ; montants de l'arrêté de l'année".to_owned(),
        entetes,
        lignes,
    }))
}

fn zone_title(zone: &str) -> &'static str {
    match zone {
        "hors_qpv" => "Hors QPV",
        "qpv" => "En QPV",
        "inconnue" => "Zone inconnue",
        _ => "Ensemble",
    }
}

pub(super) fn landlords(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Option<Figure>> {
    let Some(target) = c.cible_q1 else { return Ok(None) };
    let mut rows: Vec<Ligne<'_>> = feuilles
        .quartiles
        .of(c.niveau, c.code)
        .filter(|l| l.text("zone") == "hors_qpv" && l.text("bailleur") != "ensemble")
        .collect();
    if rows.len() < 2 {
        return Ok(None);
    }
    let share = |l: &Ligne<'_>| l.real("part_q1_ou_relogement").unwrap_or(0.0);
    rows.sort_by(|a, b| share(b).total_cmp(&share(a)).then_with(|| a.text("bailleur").cmp(b.text("bailleur"))));
    let kept = rows.iter().filter(|l| share(l) >= target).count();
    let name =
        |l: &Ligne<'_>| c.bailleurs.get(l.text("bailleur")).cloned().unwrap_or_else(|| l.text("bailleur").to_owned());
    let points: Vec<Point> = rows
        .iter()
        .map(|l| Point {
            nom: name(l),
            valeur: l.real("part_q1_ou_relogement"),
            etiquette: format!(
                "{} ({})",
                rate(l.real("part_q1_ou_relogement")),
                format::count(l.int("attributions").unwrap_or(0), "bail", "baux")
            ),
            atteint: share(l) >= target,
        })
        .collect();
    let titre = match kept {
        0 => format!("Aucun des {} bailleurs n'atteint {} hors QPV", rows.len(), format::target_percent(target)),
        n if n == rows.len() => format!("Les {n} bailleurs atteignent {} hors QPV", format::target_percent(target)),
        1 => format!("Un bailleur sur {} atteint {} hors QPV", rows.len(), format::target_percent(target)),
        n => format!("{n} bailleurs sur {} atteignent {} hors QPV", rows.len(), format::target_percent(target)),
    };
    let entetes = words(&["Bailleur", "Baux hors QPV", "1er quartile ou relogés", "Part"]);
    let lignes: Vec<Vec<String>> = rows
        .iter()
        .map(|l| {
            vec![
                name(l),
                number(l.int("attributions")),
                number(l.int("q1_ou_relogement")),
                rate(l.real("part_q1_ou_relogement")),
            ]
        })
        .collect();
    let line = Repere { valeur: target, nom: format!("loi : {}", format::target_percent(target)) };
    let svg = chart::dots(
        &legend("bailleurs", &titre, &alternative(&entetes, &lignes_of(&lignes))),
        &points,
        &line,
        format::target_percent,
    )?;
    Ok(Some(Figure {
        id: "bailleurs".to_owned(),
        titre,
        sous_titre: format!("Part des baux de {} hors QPV au premier quartile ou à des ménages relogés, par bailleur", c.millesime),
        svg,
        lecture: "un disque, la part est atteinte ; un losange, elle ne l'est pas. La règle s'apprécie sur l'EPCI : la part d'un bailleur est un repère".to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé hors QPV, hors PLI".to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        entetes,
        lignes,
    }))
}

pub(super) fn priority(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Option<Figure>> {
    let rows: Vec<Ligne<'_>> = feuilles
        .priorites
        .of(c.niveau, c.code)
        .filter(|l| l.text("reservataire") != "ensemble" && l.int("attributions").unwrap_or(0) > 0)
        .collect();
    let whole = feuilles.priorites.find(c.niveau, c.code, &[("reservataire", "ensemble")]);
    let Some(share) = whole.and_then(|l| l.real("part")) else { return Ok(None) };
    let target = c.cible_prioritaires;
    let held = |code: &str| matches!(code, "COLACT" | "COLTER" | "AUCUN");
    let barres: Vec<Barre> = rows
        .iter()
        .map(|l| Barre {
            nom: holder_words(l.text("reservataire")).to_owned(),
            valeur: l.real("part"),
            etiquette: format!(
                "{} ({})",
                rate(l.real("part")),
                format::count(l.int("attributions").unwrap_or(0), "bail", "baux")
            ),
            manquee: held(l.text("reservataire")) && l.real("part").zip(target).is_some_and(|(p, t)| p < t),
        })
        .collect();
    let titre = format!("{} des attributions vont à un public prioritaire", format::percent(share));
    let entetes = words(&["Réservataire", "Baux", "DALO", "DALO ou prioritaires", "Part"]);
    let lignes: Vec<Vec<String>> = rows
        .iter()
        .chain(whole.as_ref())
        .map(|l| {
            let name = holder_words(l.text("reservataire")).to_owned();
            vec![
                name,
                number(l.int("attributions")),
                number(l.int("dalo")),
                number(l.int("prioritaires")),
                rate(l.real("part")),
            ]
        })
        .collect();
    let line = target.map(|t| Repere { valeur: t, nom: format!("loi : {}", format::target_percent(t)) });
    let svg =
        chart::bars(&legend("priorites", &titre, &alternative(&entetes, &lignes_of(&lignes))), &barres, line.as_ref())?;
    Ok(Some(Figure {
        id: "priorites".to_owned(),
        titre,
        sous_titre: format!("Part des ménages DALO ou prioritaires dans les baux signés en {}, par réservataire", c.millesime),
        svg,
        lecture: "la règle s'applique à Action Logement, aux collectivités et à chaque bailleur sur ses logements hors contingent".to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé, hors PLI ; un ménage DALO et prioritaire compte une fois".to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        entetes,
        lignes,
    }))
}

/// The verdict of each EPCI outside QPV, against the legal line.
pub(in crate::report) fn verdict_dots(verdicts: &[&Verdict], millesime: i32) -> Result<Option<Figure>> {
    let mut rows: Vec<&Verdict> = verdicts.iter().copied().filter(|v| v.resultat.is_some()).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by(|a, b| {
        b.resultat.unwrap_or(0.0).total_cmp(&a.resultat.unwrap_or(0.0)).then_with(|| a.epci.cmp(&b.epci))
    });
    let target = rows[0].cible;
    let kept = rows.iter().filter(|v| v.verdict == "atteint").count();
    let percent = format::target_percent(target);
    let titre = match (kept, rows.len()) {
        (1, 1) => format!("L'EPCI atteint les {percent} hors QPV"),
        (0, 1) => format!("L'EPCI n'atteint pas les {percent} hors QPV"),
        (0, n) => format!("Aucun des {n} EPCI n'atteint les {percent} d'attributions aux plus modestes hors QPV"),
        (1, n) => format!("Un EPCI sur {n} atteint les {percent} d'attributions aux plus modestes hors QPV"),
        (k, n) if k == n => format!("Les {n} EPCI atteignent les {percent} d'attributions aux plus modestes hors QPV"),
        (k, n) => format!("{k} EPCI sur {n} atteignent les {percent} d'attributions aux plus modestes hors QPV"),
    };
    let points: Vec<Point> = rows
        .iter()
        .map(|v| Point {
            nom: v.libelle.clone(),
            valeur: v.resultat,
            etiquette: match v.manque {
                Some(n) if n > 0 => format!("{}, il manque {}", v.shown_result(), format::count(n, "bail", "baux")),
                _ => v.shown_result(),
            },
            atteint: v.verdict == "atteint",
        })
        .collect();
    let entetes = words(&["EPCI", "Baux hors QPV", "1er quartile ou relogés", "Part", "Baux manquants"]);
    let lignes: Vec<Vec<String>> = rows
        .iter()
        .map(|v| {
            vec![v.libelle.clone(), number(v.denominateur), number(v.numerateur), v.shown_result(), number(v.manque)]
        })
        .collect();
    let line = Repere { valeur: target, nom: format!("loi : {percent}") };
    let svg = chart::dots(
        &legend("verdicts", &titre, &alternative(&entetes, &lignes_of(&lignes))),
        &points,
        &line,
        format::target_percent,
    )?;
    Ok(Some(Figure {
        id: "verdicts".to_owned(),
        titre,
        sous_titre: format!(
            "Part des baux signés en {millesime} {} au premier quartile ou à des ménages relogés",
            zone_words("hors_qpv")
        ),
        svg,
        lecture: "un disque, la règle est tenue ; un losange, elle ne l'est pas".to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé hors QPV, hors PLI ; EPCI de l'arrêté de l'année"
            .to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        entetes,
        lignes,
    }))
}
