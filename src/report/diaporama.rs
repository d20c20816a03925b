//! The deck of the meeting: the findings of the review that a conference discusses, one a slide, on about ten slides.

use serde::Serialize;

use super::revue::{Bloc, Cle, Contexte, Figure, Revue, Tableau, key_figures, short_judgements};
use crate::chart::Dessin;

/// One slide.
#[derive(Debug, Serialize)]
pub(super) struct Vue {
    titre: String,
    sous_titre: String,
    cles: Option<Vec<Cle>>,
    figure: Option<Dessin>,
    tableau: Option<Tableau>,
    points: Vec<String>,
    note: String,
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
pub(super) fn vues(c: &Contexte<'_>, revue: &Revue) -> Vec<Vue> {
    let mut vues = vec![overview(c, revue)];
    let mut judgements = short_judgements(c);
    if !judgements.lignes.is_empty() {
        let left = judgements.lignes.len().saturating_sub(VERDICTS);
        judgements.lignes.truncate(VERDICTS);
        judgements.colonnes.pop();
        for row in &mut judgements.lignes {
            row.pop();
        }
        vues.push(Vue {
            titre: "Règles et objectifs de l'année".to_owned(),
            sous_titre: String::new(),
            cles: None,
            figure: None,
            tableau: Some(judgements),
            points: Vec::new(),
            note: if left > 0 { format!("et {left} autres lignes dans le bilan") } else { String::new() },
        });
    }
    for cle in FIGURES {
        vues.extend(revue.figures().find(|f| f.cle == cle).map(slide));
    }
    vues.push(to_decide(revue));
    vues
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
        points: vec![finding.to_owned()],
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
                Bloc::Constat { texte } | Bloc::Absence { texte } => Some(format!("{} : {}", chapter.titre, texte)),
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
