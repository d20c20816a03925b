//! The deck of the meeting: the findings of the review that a conference discusses, one a slide, on about ten slides.

use std::borrow::Cow;

use serde::Serialize;

use super::document::{Bloc, Cle, Figure, Revue};
use super::revue::{
    Cadre, Contexte, commitments, gaps, key_figures, landlord_shares, map_of_rule, short_judgements, verdict_dots,
};
use super::tableau::{Cellule, Tableau};
use crate::chart::Dessin;
use crate::error::Result;
use crate::format;

/// One slide.
#[derive(Debug, Serialize)]
pub(super) struct Vue {
    titre: String,
    sous_titre: String,
    cles: Option<Vec<Cle>>,
    figure: Option<Dessin>,
    tableau: Option<Tableau>,
    points: Vec<Point>,
    note: String,
}

/// A sentence of a slide.
#[derive(Debug, Serialize)]
struct Point {
    /// What it is about; empty where the slide says so.
    sujet: &'static str,
    texte: String,
}

/// Figures shown, in the order of the discussion; those that a territory lacks are left out.
const FIGURES: [&str; 10] = [
    "verdicts",
    "carte-q1",
    "ecarts",
    "quartiles",
    "bailleurs",
    "chemin",
    "priorites",
    "engagements",
    "tension",
    "anciennete",
];
/// Rows of verdicts on a slide.
const VERDICTS: usize = 9;

/// The slides of a territory, its cover apart.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub(super) fn vues(c: &Contexte<'_>, revue: &Revue) -> Result<Vec<Vue>> {
    let mut vues = vec![overview(c, revue)];
    vues.extend(judgements(c));
    for cle in FIGURES {
        for (rang, figure) in revue.figures().filter(|f| f.cle == cle).enumerate() {
            let figure = fitted(c, figure, rang)?;
            vues.push(slide(&figure));
        }
    }
    vues.push(to_decide(revue));
    Ok(vues)
}

/// A figure as a slide has room for it: a map is drawn again wider than tall, a chart of many rows with fewer; `rang` is its
/// place among those of its kind.
fn fitted<'f>(c: &Contexte<'_>, figure: &'f Figure, rang: usize) -> Result<Cow<'f, Figure>> {
    let c = Contexte { cadre: Cadre::DIAPOSITIVE, ..*c };
    let many = figure.tableau.lignes.len() > c.cadre.rangs;
    let again = match figure.cle {
        "carte-q1" => map_of_rule(&c)?,
        "verdicts" if many => verdict_dots(&c)?,
        "ecarts" if many => gaps(&c)?,
        "bailleurs" if many => landlord_shares(&c)?,
        "engagements" if many => commitments(&c)?.into_iter().nth(rang),
        _ => None,
    };
    Ok(again.map_or(Cow::Borrowed(figure), Cow::Owned))
}

/// The rules on one slide: where they do not all fit, those that are not kept come first.
fn judgements(c: &Contexte<'_>) -> Option<Vue> {
    let missed = |row: &Vec<Cellule>| row.iter().any(|cell| matches!(cell, Cellule::Reponse(_, Some(false))));
    let mut table = short_judgements(&Contexte { cadre: Cadre { rangs: VERDICTS, ..c.cadre }, ..*c });
    let (mut sous_titre, mut note) = (String::new(), String::new());
    if table.lignes.len() > VERDICTS {
        table.lignes.sort_by_key(|row| !missed(row));
        let left = table.lignes.split_off(VERDICTS);
        if table.lignes.iter().any(missed) {
            "D'abord ceux qui ne sont pas tenus".clone_into(&mut sous_titre);
        }
        let counted = |n: usize, one, many| format::count(i64::try_from(n).unwrap_or(i64::MAX), one, many);
        note = format!("et {} dans le bilan", counted(left.len(), "autre ligne", "autres lignes"));
        let missed = left.iter().filter(|row| missed(row)).count();
        if missed > 0 {
            note = format!("{note}, dont {}", counted(missed, "non tenue", "non tenues"));
        }
    }
    table.colonnes.pop();
    for row in &mut table.lignes {
        row.pop();
    }
    (!table.lignes.is_empty()).then(|| Vue {
        titre: table.titre.clone(),
        sous_titre,
        cles: None,
        figure: None,
        tableau: Some(table),
        points: Vec::new(),
        note,
    })
}

fn slide(f: &Figure) -> Vue {
    Vue {
        titre: f.titre.clone(),
        sous_titre: f.sous_titre.clone(),
        cles: None,
        figure: Some(f.dessin.clone()),
        tableau: None,
        points: Vec::new(),
        note: format!("Champ : {}. Source : {}", f.champ, f.source),
    }
}

fn overview(c: &Contexte<'_>, revue: &Revue) -> Vue {
    let finding = revue.chapter("cles").and_then(|chapter| chapter.finding()).unwrap_or_default();
    Vue {
        titre: "L'année en cinq chiffres".to_owned(),
        sous_titre: String::new(),
        cles: Some(key_figures(c)),
        figure: None,
        tableau: None,
        points: vec![Point { sujet: "", texte: finding.to_owned() }],
        note: String::new(),
    }
}

/// What each chapter found, on the last slide: what the meeting may decide on.
fn to_decide(revue: &Revue) -> Vue {
    let points = ["mixite", "priorites", "engagements", "tension", "qualite"]
        .into_iter()
        .filter_map(|id| revue.chapter(id))
        .filter_map(|chapter| {
            chapter.blocs.iter().find_map(|b| match b {
                Bloc::Constat { texte } | Bloc::Absence { texte } => {
                    Some(Point { sujet: chapter.titre, texte: texte.clone() })
                }
                _ => None,
            })
        })
        .collect();
    Vue {
        titre: "À retenir".to_owned(),
        sous_titre: String::new(),
        cles: None,
        figure: None,
        tableau: None,
        points,
        note: "Le bilan complet, ses tableaux et sa méthode sont dans le document joint".to_owned(),
    }
}
