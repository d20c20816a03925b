//! Scores of demands (CCH L441-2-8): those that wait, those that were housed. A scale is its EPCI's own: only an EPCI has points.

use super::{Bloc, Cellule, Contexte, Figure, Natif, Tableau, alternative};
use crate::chart::{self, Barre, Legende, Repere};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Ligne;
use crate::report::mots;

/// Row of an EPCI that counts every typology.
const ENSEMBLE: [(&str, &str); 1] = [("typologie", "ensemble")];

/// What is said of scores: a finding and a figure of an EPCI, a table of several; a sentence where no file gives any.
pub(super) fn blocs(c: &Contexte<'_>) -> Result<Vec<Bloc>> {
    let scored = |l: &Ligne<'_>| l.int("demandes_cotees").unwrap_or(0) + l.int("attributions_cotees").unwrap_or(0) > 0;
    let whole = |epci| c.donnees.row("cotation", epci, &ENSEMBLE).filter(scored);
    if c.epci().iter().all(|epci| whole(epci).is_none()) {
        return Ok(vec![Bloc::note(
            "Aucune cotation des demandes n'est donnée (colonne « cotation » du registre ou des attributions) : rien n'est dit des demandes les mieux cotées.",
        )]);
    }
    if !c.lieu.is_epci() {
        let rows = c.epci().iter().filter_map(|epci| {
            let l = whole(epci)?;
            Some(vec![
                Cellule::Lien(epci.libelle.clone(), format!("epci/{}.html", epci.code)),
                Cellule::Part(l.real("part_cotees")),
                Cellule::Decimal(l.real("cotation_mediane")),
                Cellule::Nombre(l.int("attributions_cotees")),
                Cellule::Decimal(l.real("cotation_mediane_baux")),
                Cellule::Part(l.real("part_au_dela")),
            ])
        });
        let headings = [
            "EPCI",
            "Demandes cotées#",
            "Médiane#",
            "Baux cotés#",
            "Médiane des baux#",
            "Baux au-dessus de la médiane#",
        ];
        return Ok(vec![
            Bloc::Tableau(Tableau::new("Cotation, EPCI par EPCI", &headings, rows.collect())),
            Bloc::note(
                "Chaque EPCI a sa grille (CCH L441-2-8) : les points de deux EPCI ne se comparent pas. La dernière colonne est la part des baux dont la demande a plus de points que la médiane des demandes actives de l'EPCI.",
            ),
        ]);
    }
    let Some(l) = whole(c.lieu) else { return Ok(Vec::new()) };
    let mut blocs = Vec::new();
    blocs.extend(l.real("part_cotees").zip(l.real("cotation_mediane")).map(|(share, median)| {
        let housed = l.real("part_au_dela").map_or_else(String::new, |part| {
            format!(" ; {} des baux cotés vont à une demande qui en a davantage", format::percent(part))
        });
        Bloc::constat(format!(
            "{} des demandes actives sont cotées, avec une médiane de {}{housed}.",
            format::percent(share),
            format::measure(median, 1, "point", "points")
        ))
    }));
    let tableau = by_typology(c);
    match figure(c, &l, &tableau)? {
        Some(figure) => blocs.push(Bloc::Figure(Box::new(figure))),
        None => blocs.push(Bloc::Tableau(tableau)),
    }
    Ok(blocs)
}

/// Rows of the EPCI, typology by typology, all of them last.
fn rows<'a>(c: &Contexte<'a>) -> Vec<(&'static str, Ligne<'a>)> {
    let typologies = mots::TYPOLOGIES.into_iter().chain(["ensemble"]);
    typologies.filter_map(|t| Some((t, c.row("cotation", &[("typologie", t)])?))).collect()
}

fn by_typology(c: &Contexte<'_>) -> Tableau {
    let lignes = rows(c).into_iter().map(|(t, l)| {
        vec![
            Cellule::texte(mots::typology(t)),
            Cellule::Nombre(l.int("demandes_cotees")),
            Cellule::Decimal(l.real("cotation_q1")),
            Cellule::Decimal(l.real("cotation_mediane")),
            Cellule::Decimal(l.real("cotation_q3")),
            Cellule::Nombre(l.int("attributions_cotees")),
            Cellule::Decimal(l.real("cotation_mediane_baux")),
            Cellule::Nombre(l.int("au_dela")),
            Cellule::Part(l.real("part_au_dela")),
        ]
    });
    Tableau::new(
        "Points des demandes actives et des baux",
        &[
            "Typologie",
            "Demandes cotées#",
            "1er quartile#",
            "Médiane#",
            "3e quartile#",
            "Baux cotés#",
            "Médiane des baux#",
            "Baux au-dessus de la médiane#",
            "Part#",
        ],
        lignes.collect(),
    )
    .with_total()
}

fn figure(c: &Contexte<'_>, whole: &Ligne<'_>, tableau: &Tableau) -> Result<Option<Figure>> {
    let Some(share) = whole.real("part_au_dela") else { return Ok(None) };
    let compared = rows(c).into_iter().filter(|(_, l)| l.real("part_au_dela").is_some());
    let barres: Vec<Barre> = compared
        .map(|(t, l)| Barre {
            nom: mots::typology(t).to_owned(),
            valeur: l.real("part_au_dela"),
            etiquette: format!(
                "{} ({})",
                Cellule::Part(l.real("part_au_dela")).shown(),
                format::count(l.int("attributions_cotees").unwrap_or(0), "bail", "baux")
            ),
            manquee: false,
        })
        .collect();
    let titre = format!("{} des baux vont à une demande mieux cotée que la médiane", format::percent(share));
    let dessin = chart::bars(
        &Legende { cle: "cotation", titre: &titre, alternative: &alternative("Barres par typologie", &titre, tableau) },
        &barres,
        Some(&Repere { valeur: 0.5, nom: "la moitié".to_owned() }),
    )?;
    Ok(Some(Figure {
        cle: "cotation",
        titre,
        sous_titre: format!(
            "Part des baux signés en {} dont la demande a plus de points que la médiane des demandes actives de l'EPCI, par typologie",
            c.millesime()
        ),
        dessin,
        lecture:
            "à la ligne, la cotation ne départage pas ; au-delà, les demandes les mieux cotées sont logées plus souvent"
                .to_owned(),
        champ: "ménages dont la cotation est connue ; chaque EPCI a sa grille".to_owned(),
        source: "registre de la demande, fichier des attributions ; CCH L441-2-8".to_owned(),
        natif: Some(Natif::Barres(vec![8])),
        tableau: tableau.clone(),
    }))
}
