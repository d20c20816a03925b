//! Who asks, and how long they wait: tension, delays, seniority.

use super::super::donnees::Ligne;
use super::{Contexte, Feuilles, Figure, alternative, legend, lignes_of, months, number, ratio, words};
use crate::chart::{self, Barre};
use crate::error::Result;
use crate::format;

const TYPOLOGIES: [&str; 7] = ["C", "T1", "T2", "T3", "T4", "T5", "T6P"];

fn typology_words(code: &str) -> &str {
    match code {
        "C" => "Chambre",
        "T6P" => "T6 et plus",
        "ensemble" => "Ensemble",
        other => other,
    }
}

pub(super) fn tension(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Option<Figure>> {
    let find = |t: &str| {
        feuilles.tension.find(
            c.niveau,
            c.code,
            &[("population", "ensemble"), ("typologie", t), ("categorie", "ensemble")],
        )
    };
    let rows: Vec<Ligne<'_>> = TYPOLOGIES.iter().filter_map(|t| find(t)).collect();
    let Some(whole) = find("ensemble") else { return Ok(None) };
    let shown: Vec<&Ligne<'_>> =
        rows.iter().filter(|l| l.int("demandes").unwrap_or(0) + l.int("attributions").unwrap_or(0) > 0).collect();
    if shown.is_empty() {
        return Ok(None);
    }
    let barres: Vec<Barre> = shown
        .iter()
        .map(|l| Barre {
            nom: typology_words(l.text("typologie")).to_owned(),
            valeur: l.real("tension"),
            etiquette: match (l.real("tension"), l.int("demandes")) {
                (Some(t), _) => format::decimal(t, 1),
                (None, Some(n)) => format!("{}, aucune attribution", format::count(n, "demande", "demandes")),
                _ => format::NONE.to_owned(),
            },
            manquee: false,
        })
        .collect();
    let most = shown
        .iter()
        .filter(|l| l.real("tension").is_some())
        .max_by(|a, b| a.real("tension").unwrap_or(0.0).total_cmp(&b.real("tension").unwrap_or(0.0)));
    let titre = match (whole.real("tension"), most) {
        (Some(t), Some(l)) => format!(
            "{} demandes pour une attribution ; {} en {}",
            format::decimal(t, 1),
            ratio(l.real("tension")),
            typology_words(l.text("typologie"))
        ),
        _ => "Des demandes, et aucune attribution".to_owned(),
    };
    let entetes =
        words(&["Typologie", "Logements", "Demandes actives", "Baux signés", "Demandes pour une attribution"]);
    let lignes: Vec<Vec<String>> = shown
        .iter()
        .copied()
        .chain([&whole])
        .map(|l| {
            let name = typology_words(l.text("typologie")).to_owned();
            vec![
                name,
                number(l.int("logements")),
                number(l.int("demandes")),
                number(l.int("attributions")),
                ratio(l.real("tension")),
            ]
        })
        .collect();
    let svg = chart::bars(&legend("tension", &titre, &alternative(&entetes, &lignes_of(&lignes))), &barres, None)?;
    Ok(Some(Figure {
        id: "tension".to_owned(),
        titre,
        sous_titre: format!(
            "Demandes actives au 31 décembre {0} pour une attribution de {0}, par typologie",
            c.millesime
        ),
        svg,
        lecture: format!(
            "{} demandes étaient actives fin {} pour {} attributions",
            number(whole.int("demandes")),
            c.millesime,
            number(whole.int("attributions"))
        ),
        champ: "ménages ; demandes au premier choix de commune, attributions à la commune du logement".to_owned(),
        source: "registre de la demande, fichier des attributions, RPLS".to_owned(),
        entetes,
        lignes,
    }))
}

pub(super) fn delays(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Option<Figure>> {
    let find = |t: &str| feuilles.delais.find(c.niveau, c.code, &[("population", "ensemble"), ("typologie", t)]);
    let rows: Vec<Ligne<'_>> = TYPOLOGIES.iter().filter_map(|t| find(t)).collect();
    let Some(whole) = find("ensemble") else { return Ok(None) };
    let Some(median) = whole.real("delai_median") else { return Ok(None) };
    let barres: Vec<Barre> = rows
        .iter()
        .map(|l| Barre {
            nom: typology_words(l.text("typologie")).to_owned(),
            valeur: l.real("delai_median"),
            etiquette: months(l.real("delai_median")),
            manquee: false,
        })
        .collect();
    let titre = format!("La moitié des ménages logés ont attendu moins de {} mois", format::decimal(median, 1));
    let entetes = words(&["Typologie", "Baux", "Moyenne", "Premier quart", "Médiane", "Dernier quart"]);
    let lignes: Vec<Vec<String>> = rows
        .iter()
        .chain([&whole])
        .map(|l| {
            let mut cells = vec![typology_words(l.text("typologie")).to_owned(), number(l.int("attributions"))];
            cells.extend(["delai_moyen", "delai_q1", "delai_median", "delai_q3"].map(|name| months(l.real(name))));
            cells
        })
        .collect();
    let svg = chart::bars(&legend("delais", &titre, &alternative(&entetes, &lignes_of(&lignes))), &barres, None)?;
    Ok(Some(Figure {
        id: "delais".to_owned(),
        titre,
        sous_titre: format!("Délai médian du dépôt au bail, en mois, baux signés en {}, par typologie", c.millesime),
        svg,
        lecture: format!(
            "en moyenne {} ; un quart des ménages logés ont attendu plus de {}",
            months(whole.real("delai_moyen")),
            months(whole.real("delai_q3"))
        ),
        champ: "attributions à des ménages dont le dépôt est connu et antérieur au bail ; ceux qui attendent encore n'y sont pas".to_owned(),
        source: "fichier des attributions et registre de la demande".to_owned(),
        entetes,
        lignes,
    }))
}

pub(super) fn seniority(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Option<Figure>> {
    const CLASSES: [(&str, &str); 5] = [
        ("moins_1_an", "Moins d'un an"),
        ("de_1_a_2_ans", "1 à 2 ans"),
        ("de_2_a_3_ans", "2 à 3 ans"),
        ("de_3_a_5_ans", "3 à 5 ans"),
        ("plus_5_ans", "5 ans et plus"),
    ];
    let Some(row) = feuilles.demande.find(c.niveau, c.code, &[("population", "ensemble"), ("typologie", "ensemble")])
    else {
        return Ok(None);
    };
    let actives = row.int("actives").unwrap_or(0);
    if actives == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of demands are far below 2^52")]
    let share = |n: i64| n as f64 / actives as f64;
    let counted = CLASSES.map(|(column, name)| (name, row.int(column).unwrap_or(0)));
    let barres: Vec<Barre> = counted
        .iter()
        .map(|(name, n)| Barre {
            nom: (*name).to_owned(),
            valeur: Some(share(*n)),
            etiquette: format!("{} ({})", format::percent(share(*n)), format::integer(*n)),
            manquee: false,
        })
        .collect();
    let old: i64 = counted[2..].iter().map(|(_, n)| n).sum();
    let titre = format!("{} des demandes attendent depuis deux ans ou plus", format::percent(share(old)));
    let entetes = words(&["Ancienneté", "Demandes", "Part"]);
    let lignes: Vec<Vec<String>> = counted
        .iter()
        .map(|(name, n)| vec![(*name).to_owned(), format::integer(*n), format::percent(share(*n))])
        .chain([vec!["Ensemble".to_owned(), format::integer(actives), format::percent(1.0)]])
        .collect();
    let svg = chart::bars(&legend("anciennete", &titre, &alternative(&entetes, &lignes_of(&lignes))), &barres, None)?;
    Ok(Some(Figure {
        id: "anciennete".to_owned(),
        titre,
        sous_titre: format!("Demandes actives au 31 décembre {} selon leur ancienneté", c.millesime),
        svg,
        lecture: format!(
            "l'ancienneté moyenne est de {}, la médiane de {}",
            months(row.real("anciennete_moyenne")),
            months(row.real("anciennete_mediane"))
        ),
        champ: "demandes de ménages actives, premier choix de commune".to_owned(),
        source: "registre de la demande".to_owned(),
        entetes,
        lignes,
    }))
}
