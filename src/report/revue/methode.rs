//! What the figures were made from and with: dates, perimeter, parameters and their sources.

use super::{Bloc, Cellule, Chapitre, Contexte, Tableau};
use crate::format;
use crate::resultats::{Manifeste, ParametreUtilise};

/// Every parameter used, with its value and its source.
pub(in crate::report) fn parameters(manifeste: &Manifeste) -> Tableau {
    let lignes = manifeste
        .parametres
        .iter()
        .map(|p| {
            let note = if p.note.is_empty() { String::new() } else { format!(" {}.", p.note) };
            vec![
                Cellule::Texte(format!("{}{note}", p.definition)),
                Cellule::Texte(value(p)),
                Cellule::Texte(format!("{} ({})", p.reference, p.statut.words())),
            ]
        })
        .collect();
    Tableau::new("Paramètres", &["Paramètre", "Valeur", "Source"], lignes)
}

/// The value of a parameter, in words.
pub(super) fn value(p: &ParametreUtilise) -> String {
    match &p.valeur {
        serde_json::Value::Array(list) => list.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
        serde_json::Value::String(text) => format::day_of_year(text).unwrap_or_else(|| text.replace('_', " ")),
        serde_json::Value::Number(n) if p.unite == "part" => format::target_percent(n.as_f64().unwrap_or(0.0)),
        serde_json::Value::Bool(flag) => if *flag { "oui" } else { "non" }.to_owned(),
        serde_json::Value::Number(n) => {
            let unit = match p.unite.as_str() {
                "euros" => " €",
                "mois" => " mois",
                "jours" => " jours",
                _ => "",
            };
            n.to_string().replace('.', ",") + unit
        }
        other => other.to_string(),
    }
}

pub(super) fn chapter(c: &Contexte<'_>) -> Chapitre {
    let plan = c.donnees.plan;
    let manifeste = &c.donnees.manifeste;
    let mut blocs = vec![
        Bloc::constat(format!("{}.", plan.portee())),
        Bloc::note(
            "Les personnes morales sont exclues de toute statistique de ménages. « n.d. » : non disponible, ou sans dénominateur. Les effectifs ne sont pas masqués : cette édition est réservée aux membres de la conférence.",
        ),
    ];
    for reserve in &manifeste.reserves {
        blocs.push(Bloc::note(format!("À revérifier : {reserve}")));
    }
    blocs.push(Bloc::Tableau(parameters(manifeste)));
    let lignes = manifeste
        .entrees
        .iter()
        .map(|e| vec![Cellule::texte(&e.fichier), Cellule::texte(e.sha256.chars().take(16).collect::<String>() + "…")])
        .collect();
    blocs.push(Bloc::Tableau(Tableau::new("Empreintes des fichiers lus", &["Fichier", "SHA-256 (début)"], lignes)));
    blocs.push(Bloc::note(format!(
        "Calculé par {}. Les paramètres complets sont dans manifeste.json, les lignes refusées dans rejets.csv, parmi les résultats complets.",
        manifeste.identite.programme
    )));
    Chapitre::new("methode", "Méthode et sources", blocs)
}
