//! Social mix: the first quartile outside priority neighbourhoods, quartiles 2 to 4 inside, by landlord and by month.

mod bailleurs;

pub(in crate::report) use bailleurs::shares as landlord_shares;

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, Tableau, alternative, largest, of_all};
use crate::chart::{self, Legende, Palette, Pile, Point, Repere, Segment, Serie, Trait};
use crate::error::Result;
use crate::format;
use crate::report::Verdict;
use crate::report::donnees::Ligne;
use crate::report::mots;
use crate::resultats::RESSOURCES;

const CHAMP: &str = "attributions à des ménages suivies d'un bail signé, hors financements exclus (PLI par défaut)";
const SOURCE: &str =
    "fichier des attributions et registre de la demande ; montants de l'arrêté de l'année ; CCH L441-1";

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let outside = zone(c, "hors_qpv").filter(|l| l.int("attributions").unwrap_or(0) > 0);
    let inside = zone(c, "qpv").filter(|l| l.int("attributions").unwrap_or(0) > 0);
    let mut blocs = Vec::new();
    let none = zone(c, "ensemble").is_none_or(|l| l.int("attributions").unwrap_or(0) == 0);
    if none || !c.donnees.filled(&RESSOURCES) {
        blocs.push(Bloc::absence(if none {
            why_nothing(c)
        } else {
            "Les fichiers lus ne donnent pas les ressources des ménages : les quartiles ne peuvent pas être calculés."
                .to_owned()
        }));
        return Ok(Chapitre::new("mixite", "Mixité sociale", blocs));
    }
    if let Some(l) = outside {
        blocs.push(Bloc::constat(format!(
            "Hors QPV, {} sur {} {} bénéficié à des ménages du premier quartile ou relogés, soit {}.",
            format::count(l.int("q1_ou_relogement").unwrap_or(0), "bail", "baux"),
            format::integer(l.int("attributions").unwrap_or(0)),
            format::noun(l.int("q1_ou_relogement").unwrap_or(0), "a", "ont"),
            Cellule::Part(l.real("part_q1_ou_relogement")).shown()
        )));
    }
    if let Some(l) = inside {
        blocs.push(Bloc::constat(format!(
            "En QPV, {} des baux ont bénéficié à des ménages des quartiles 2 à 4.",
            Cellule::Part(l.real("part_q2_q4")).shown()
        )));
    } else {
        blocs.push(Bloc::note("Aucun bail en QPV cette année : la règle des quartiles 2 à 4 n'a rien à juger."));
    }
    blocs.extend(Bloc::figure(quartiles(c)?));
    blocs.extend(Bloc::figure(path(c)?));
    if c.lieu.is_epci() {
        blocs.extend(Bloc::figure(bailleurs::shares(c)?));
        blocs.extend(Bloc::figure(bailleurs::gaps(c)?));
        blocs.extend(Bloc::figure(bailleurs::quartiles(c)?));
    }
    blocs.push(Bloc::note(
        "Premier quartile : ressources par unité de consommation strictement inférieures au montant de l'arrêté. Des ressources inconnues ne sont dans aucun quartile et restent au dénominateur.",
    ));
    Ok(Chapitre::new("mixite", "Mixité sociale", blocs))
}

fn why_nothing(c: &Contexte<'_>) -> String {
    let judged = c.donnees.verdicts_of(c.lieu).iter().find(|v| v.is_legal_q1());
    match judged {
        _ if !c.donnees.given("attributions") => {
            "Le fichier des attributions n'est pas fourni : les quartiles ne peuvent pas être calculés.".to_owned()
        }
        Some(v) if v.verdict == "hors_champ" => {
            "Cet EPCI n'est pas dans l'arrêté de l'année : il n'a pas de montant de premier quartile, et la règle ne s'y applique pas.".to_owned()
        }
        Some(v) => v.motif.as_ref().map_or_else(
            || "Aucun bail de l'année n'entre dans le calcul.".to_owned(),
            |motif| format!("Rien à calculer : {motif}."),
        ),
        None => "Aucun bail de l'année n'entre dans le calcul.".to_owned(),
    }
}

fn zone<'a>(c: &Contexte<'a>, zone: &str) -> Option<Ligne<'a>> {
    c.row("quartiles", &[("bailleur", "ensemble"), ("zone", zone)])
}

fn segments(detailed: bool) -> Vec<Segment> {
    let [dark, mid, light, pale] = Palette::QUARTILES;
    let segment = |nom: &str, couleur, sombre| Segment { nom: nom.to_owned(), couleur, sombre };
    let unknown = segment("ressources inconnues", Palette::GREY, false);
    if detailed {
        vec![
            segment("1er quartile", dark, true),
            segment("2e", mid, true),
            segment("3e", light, false),
            segment("4e", pale, false),
            unknown,
        ]
    } else {
        vec![segment("1er quartile", dark, true), segment("au-dessus", light, false), unknown]
    }
}

fn counts(l: &Ligne<'_>, detailed: bool) -> Vec<i64> {
    let get = |name: &str| l.int(name).unwrap_or(0);
    let (q1, unknown, all) = (get("q1"), get("inconnu"), get("attributions"));
    if detailed { vec![q1, get("q2"), get("q3"), get("q4"), unknown] } else { vec![q1, all - q1 - unknown, unknown] }
}

fn pile(nom: String, groupe: Option<String>, l: &Ligne<'_>, detailed: bool) -> Pile {
    let all = l.int("attributions").unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
    let share = |n: &i64| if all > 0 { *n as f64 / all as f64 } else { 0.0 };
    Pile {
        groupe,
        nom,
        parts: counts(l, detailed).iter().map(share).collect(),
        etiquette: format::count(all, "bail", "baux"),
    }
}

/// Headings and cells of a row of quartiles.
fn headings(first: &str, detailed: bool) -> Vec<String> {
    let mut names = vec![first.to_owned(), "Baux#".to_owned(), "1er quartile#".to_owned()];
    names.extend(if detailed { vec!["2e#", "3e#", "4e#"] } else { vec!["au-dessus#"] }.into_iter().map(str::to_owned));
    names.extend(["Ressources inconnues#", "Relogés#", "1er quartile ou relogés#", "Part#"].map(str::to_owned));
    names
}

fn cells(nom: String, l: &Ligne<'_>, detailed: bool) -> Vec<Cellule> {
    let mut row = vec![Cellule::Texte(nom), Cellule::Nombre(l.int("attributions"))];
    row.extend(counts(l, detailed).into_iter().map(|n| Cellule::Nombre(Some(n))));
    row.extend([
        Cellule::Nombre(l.int("relogement")),
        Cellule::Nombre(l.int("q1_ou_relogement")),
        Cellule::Part(l.real("part_q1_ou_relogement")),
    ]);
    row
}

fn quartiles(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let zones: Vec<(&str, Ligne<'_>)> = ["hors_qpv", "qpv", "inconnue", "ensemble"]
        .into_iter()
        .filter_map(|z| Some((z, zone(c, z)?)))
        .filter(|(_, l)| l.int("attributions").unwrap_or(0) > 0)
        .collect();
    let Some((_, whole)) = zones.last() else { return Ok(None) };
    let detailed = whole.int("q2").is_some();
    let outside = zone(c, "hors_qpv").filter(|l| l.int("attributions").unwrap_or(0) > 0);
    let titre = match outside.and_then(|l| l.real("part_q1_ou_relogement")) {
        Some(share) => {
            format!("Hors QPV, {} des baux vont au premier quartile ou à des ménages relogés", format::percent(share))
        }
        None => "Aucun bail hors QPV cette année".to_owned(),
    };
    let head = headings("Zone", detailed);
    let head: Vec<&str> = head.iter().map(String::as_str).collect();
    let rows = zones.iter().map(|(z, l)| cells(mots::zone_title(z).to_owned(), l, detailed)).collect();
    let tableau = Tableau::new("Baux par quartile et par zone", &head, rows).with_total();
    let piles: Vec<Pile> = zones.iter().map(|(z, l)| pile(mots::zone_title(z).to_owned(), None, l, detailed)).collect();
    let dessin = chart::stacked(
        &Legende {
            cle: "quartiles",
            titre: &titre,
            alternative: &alternative("Barres empilées par zone", &titre, &tableau),
        },
        &segments(detailed),
        &piles,
        format::percent,
    )?;
    Ok(Some(Figure {
        cle: "quartiles",
        titre,
        sous_titre: format!(
            "Baux signés en {} par quartile de ressources par unité de consommation, en % des baux de la zone",
            c.millesime()
        ),
        dessin,
        lecture: outside.map_or_else(
            || "chaque barre fait 100 % des baux de sa zone".to_owned(),
            |l| {
                format!(
                    "sur {} hors QPV, {} au premier quartile strict",
                    format::count(l.int("attributions").unwrap_or(0), "bail signé", "baux signés"),
                    format::count(l.int("q1").unwrap_or(0), "est allé", "sont allés")
                )
            },
        ),
        champ: CHAMP.to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Empilees((2..if detailed { 7 } else { 5 }).collect())),
        tableau,
    }))
}

/// Leases added up month after month, against the path to the target.
fn path(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let rows = c.donnees.rows("calendrier", c.lieu);
    let Some(last) = rows.last() else { return Ok(None) };
    let (Some(all), Some(housed)) = (last.int("cumul_hors_qpv"), last.int("cumul_q1_hors_qpv")) else {
        return Ok(None);
    };
    let Some(cible) = c.cible_q1().filter(|_| all > 0) else { return Ok(None) };
    #[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
    let real = |n: i64| n as f64;
    let measured: Vec<Option<f64>> = rows.iter().map(|l| l.int("cumul_q1_hors_qpv").map(real)).collect();
    let wanted: Vec<Option<f64>> = rows.iter().map(|l| l.int("cumul_hors_qpv").map(|n| real(n) * cible)).collect();
    let target = format::target_percent(cible);
    let share = last.real("part_cumulee").map_or_else(String::new, format::percent);
    let above = rows.iter().filter(|l| l.real("part_cumulee").is_some_and(|p| p >= cible)).count();
    let kept = last.real("part_cumulee").is_some_and(|p| p >= cible);
    let fin = format::MONTHS[rows.len().clamp(1, 12) - 1];
    let titre = match (kept, above) {
        _ if rows.len() < 12 => {
            format!("Fin {fin}, le cumul est à {share}, {} {target}", if kept { "au-dessus des" } else { "sous les" })
        }
        (true, 12) => format!("Le cumul de l'année tient les {target} chaque mois et finit à {share}"),
        (true, _) => format!("Le cumul de l'année finit à {share}, au-dessus des {target}"),
        (false, 0) => format!("Le cumul n'atteint les {target} aucun mois et finit à {share}"),
        (false, _) => format!("Le cumul de l'année finit à {share}, sous les {target}"),
    };
    let lignes = rows
        .iter()
        .zip(mots::MONTHS)
        .map(|(l, mois)| {
            vec![
                Cellule::texte(mois),
                Cellule::Nombre(l.int("cumul_hors_qpv")),
                Cellule::Nombre(l.int("cumul_q1_hors_qpv")),
                Cellule::Part(l.real("part_cumulee")),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Baux hors QPV cumulés",
        &["Mois", "Baux cumulés#", "Au 1er quartile ou relogés#", "Part cumulée#"],
        lignes,
    );
    let serie = |nom: &str, valeurs, couleur, dessin| Serie { nom: nom.to_owned(), valeurs, couleur, dessin };
    let series = [
        serie("baux au public visé", measured, Palette::BLUE, Trait::Plein),
        serie(&format!("chemin vers {target}"), wanted, Palette::LAW, Trait::Tirets),
    ];
    let dessin = chart::lines(
        &Legende { cle: "chemin", titre: &titre, alternative: &alternative("Courbes par mois", &titre, &tableau) },
        &mots::months(rows.len()),
        &series,
        |x| format::decimal(x, 0),
    )?;
    Ok(Some(Figure {
        cle: "chemin",
        titre,
        sous_titre: format!(
            "Baux signés hors QPV depuis janvier {} au premier quartile ou à des relogés, et {target} de tous les baux hors QPV",
            c.millesime()
        ),
        dessin,
        lecture: format!(
            "fin {fin}, {} sur {} ; la règle ne se juge que sur l'année entière",
            format::count(housed, "bail", "baux"),
            format::integer(all)
        ),
        champ: format!("{CHAMP}, hors QPV"),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Courbes(vec![2])),
        tableau,
    }))
}

/// Verdicts on the legal rule, the highest result first; and those drawn, `most` at most.
pub(super) fn judged<'a>(c: &Contexte<'a>, most: usize) -> (Vec<&'a Verdict>, Vec<&'a Verdict>) {
    let order = |a: &&Verdict, b: &&Verdict| {
        b.resultat.unwrap_or(0.0).total_cmp(&a.resultat.unwrap_or(0.0)).then_with(|| a.epci.cmp(&b.epci))
    };
    let mut all = c.judged();
    all.sort_by(order);
    let mut drawn = all.clone();
    drawn.sort_by(|a, b| b.denominateur.cmp(&a.denominateur).then_with(|| a.epci.cmp(&b.epci)));
    drawn.truncate(most);
    drawn.sort_by(order);
    (all, drawn)
}

/// The verdict of each EPCI outside priority neighbourhoods, against the legal line.
pub(in crate::report) fn verdict_dots(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let (all, drawn) = judged(c, c.cadre.rangs);
    let Some(first) = all.first() else { return Ok(None) };
    let target = first.cible;
    let kept = all.iter().filter(|v| v.verdict == "atteint").count();
    let percent = format::target_percent(target);
    let (who, single) = of_all(kept, all.len(), "L'EPCI", "EPCI", "EPCI");
    let verb = if single { "atteint" } else { "atteignent" };
    let titre = format!("{who}{verb} les {percent} d'attributions aux plus modestes hors QPV");
    let points: Vec<Point> = drawn
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
    let lignes = all
        .iter()
        .map(|v| {
            vec![
                Cellule::Lien(v.libelle.clone(), format!("epci/{}.html", v.epci)),
                Cellule::Nombre(v.denominateur),
                Cellule::Nombre(v.numerateur),
                Cellule::Part(v.resultat),
                Cellule::Nombre(v.manque),
                Cellule::Reponse(v.answer(), Some(v.verdict == "atteint")),
                Cellule::texte(v.shown_status()),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "La règle hors QPV, EPCI par EPCI",
        &["EPCI", "Baux hors QPV#", "1er quartile ou relogés#", "Part#", "Baux manquants#", "Verdict", "Statut"],
        lignes,
    );
    let line = Repere { valeur: target, nom: format!("loi : {percent}") };
    let dessin = chart::dots(
        &Legende { cle: "verdicts", titre: &titre, alternative: &alternative("Points par EPCI", &titre, &tableau) },
        &points,
        &line,
        format::target_percent,
    )?;
    let which = largest(all.len(), drawn.len(), "EPCI où l'on a signé");
    Ok(Some(Figure {
        cle: "verdicts",
        titre,
        sous_titre: format!(
            "Part des baux signés en {} hors QPV au premier quartile ou à des ménages relogés{which}",
            c.millesime()
        ),
        dessin,
        lecture: "un disque, la règle est tenue ; un losange, elle ne l'est pas".to_owned(),
        champ: format!("{CHAMP}, hors QPV ; EPCI de l'arrêté de l'année"),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![3])),
        tableau,
    }))
}
