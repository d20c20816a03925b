//! Who asks: the stock of demands, its seniority, what came in and went out month by month, and why.

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, TOUS, Tableau, alternative, shares_of};
use crate::chart::{self, Barre, Legende, Palette, Serie, Trait};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Ligne;
use crate::report::mots;

const CHAMP: &str = "demandes de ménages, au premier choix de commune";
const SOURCE: &str = "registre de la demande";

/// Classes of seniority: column, name.
const CLASSES: [(&str, &str); 5] = [
    ("moins_1_an", "Moins d'un an"),
    ("de_1_a_2_ans", "1 à 2 ans"),
    ("de_2_a_3_ans", "2 à 3 ans"),
    ("de_3_a_5_ans", "3 à 5 ans"),
    ("plus_5_ans", "5 ans et plus"),
];

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let titre = "Demande";
    let whole = c.row("demande", &TOUS);
    let actives = whole.and_then(|l| l.int("actives"));
    let Some((l, n)) = whole.zip(actives) else {
        let why = "Le registre de la demande n'est pas fourni : ni demandes, ni ancienneté, ni radiations.";
        return Ok(Chapitre::new("demande", titre, vec![Bloc::absence(why)]));
    };
    let plan = c.donnees.plan;
    let mut blocs = vec![Bloc::constat(format!(
        "Au {}, {} {} ; dans l'année, {} et {}.",
        plan.jour_des_demandes(),
        format::count(n, "demande", "demandes"),
        if n < 2 { "est active" } else { "sont actives" },
        format::count(l.int("deposees").unwrap_or(0), "demande déposée", "demandes déposées"),
        format::count(l.int("radiees").unwrap_or(0), "radiée", "radiées")
    ))];
    blocs.extend(c.lacune().map(Bloc::absence));
    let moves = c.row("demande", &[("population", "mutation"), ("typologie", "ensemble")]);
    let moves = moves.filter(|_| c.donnees.filled(&["demandes.logement_actuel"]));
    if let Some(m) = moves.and_then(|l| l.int("actives")).filter(|_| n > 0) {
        #[expect(clippy::cast_precision_loss, reason = "counts of demands are far below 2^52")]
        let share = m as f64 / n as f64;
        blocs.push(Bloc::constat(format!(
            "{} des demandes viennent de ménages déjà locataires HLM (mutations).",
            format::percent(share)
        )));
    }
    // A register that keeps the first choice alone, or a perimeter that nobody asks for from elsewhere, has nothing to add.
    if let Some(any) = c.row("choix", &[("typologie", "ensemble")])
        && let Some((cited, share)) = any.int("tout_choix").zip(any.real("part_premier_choix"))
        && cited > n
    {
        blocs.push(Bloc::constat(format!(
            "{} {} une commune du territoire, à un rang quelconque ; {} l'ont en premier choix.",
            format::count(cited, "demande", "demandes"),
            if cited < 2 { "cite" } else { "citent" },
            format::percent(share)
        )));
    }
    blocs.extend(Bloc::figure(seniority(c)?));
    blocs.extend(Bloc::figure(calendar(c)?));
    blocs.extend(Bloc::figure(exits(c)?));
    blocs.extend(Bloc::figure(motives(c)?));
    blocs.push(Bloc::Tableau(by_typology(c)));
    let stock = if plan.arretee_au().is_some() {
        "L'ancienneté des demandes est celle qu'elles auraient au 31 décembre."
    } else {
        "Le stock au 31 décembre bouge encore plusieurs mois : la date d'extraction est celle du chapitre Méthode."
    };
    blocs.push(Bloc::note(format!(
        "Une demande compte à la commune de son premier choix ; « tout choix » compte celles qui citent le territoire à un rang quelconque, et ne s'additionne pas d'un territoire à l'autre. La typologie d'une demande est {}. {stock}",
        plan.typologie_demande.words()
    )));
    Ok(Chapitre::new("demande", titre, blocs))
}

fn seniority(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let Some(row) = c.row("demande", &TOUS) else { return Ok(None) };
    let actives = row.int("actives").unwrap_or(0);
    if actives == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of demands are far below 2^52")]
    let share = |n: i64| n as f64 / actives as f64;
    let counted = CLASSES.map(|(column, name)| (name, row.int(column).unwrap_or(0)));
    let (barres, lignes) = shares_of(&counted);
    let old: i64 = counted[2..].iter().map(|(_, n)| n).sum();
    let titre = format!("{} des demandes attendent depuis deux ans ou plus", format::percent(share(old)));
    let tableau = Tableau::new("Demandes par ancienneté", &["Ancienneté", "Demandes#", "Part#"], lignes).with_total();
    let dessin = chart::bars(
        &Legende {
            cle: "anciennete",
            titre: &titre,
            alternative: &alternative("Barres par classe d'ancienneté", &titre, &tableau),
        },
        &barres,
        None,
    )?;
    let months = |name: &str| {
        row.real(name).map_or_else(|| format::NONE.to_owned(), |x| format!("{}\u{a0}mois", format::decimal(x, 1)))
    };
    Ok(Some(Figure {
        cle: "anciennete",
        titre,
        sous_titre: format!(
            "Demandes actives au {} selon leur ancienneté{}",
            c.donnees.plan.jour_des_demandes(),
            if c.donnees.plan.arretee_au().is_some() { " au 31 décembre" } else { "" }
        ),
        dessin,
        lecture: format!(
            "l'ancienneté moyenne est de {}, la médiane de {}",
            months("anciennete_moyenne"),
            months("anciennete_mediane")
        ),
        champ: CHAMP.to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![2])),
        tableau,
    }))
}

fn calendar(c: &Contexte<'_>) -> Result<Option<Figure>> {
    const FLUX: [(&str, &str); 4] = [
        ("deposees", "demandes déposées"),
        ("renouvelees", "renouvellements"),
        ("radiees", "radiations"),
        ("attributions", "baux signés"),
    ];
    let rows = c.donnees.rows("calendrier", c.lieu);
    let sum = |column: &str| rows.iter().filter_map(|l| l.int(column)).sum::<i64>();
    let known = |column: &str| rows.iter().any(|l| l.int(column).is_some());
    if sum("deposees") + sum("radiees") + sum("attributions") == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of demands are far below 2^52")]
    let series: Vec<Serie> = FLUX
        .iter()
        .zip([Palette::BLUE, Palette::SOFT, Palette::OCHRE, Palette::GREEN])
        .filter(|((column, _), _)| known(column))
        .map(|((column, nom), couleur)| Serie {
            nom: (*nom).to_owned(),
            valeurs: rows.iter().map(|l| l.int(column).map(|n| n as f64)).collect(),
            couleur,
            dessin: Trait::Plein,
        })
        .collect();
    let deposits = |l: &Ligne<'_>| l.int("deposees").unwrap_or(0);
    let most = rows.iter().map(deposits).max().unwrap_or(0);
    let mut busiest = rows.iter().zip(format::MONTHS).filter(|(l, _)| most > 0 && deposits(l) == most);
    let titre = match (busiest.next(), busiest.next()) {
        (Some((_, month)), other) => format!(
            "{} pour {} dans l'année ; {}",
            format::count(sum("deposees"), "dépôt", "dépôts"),
            format::count(sum("attributions"), "bail signé", "baux signés"),
            match other {
                None => format!("le mois le plus chargé est {month}"),
                Some(_) => format!("{month} est l'un des mois les plus chargés"),
            }
        ),
        _ => format!("{} dans l'année", format::count(sum("attributions"), "bail signé", "baux signés")),
    };
    let lignes = rows
        .iter()
        .zip(mots::MONTHS)
        .map(|(l, mois)| {
            [Cellule::texte(mois)].into_iter().chain(FLUX.map(|(column, _)| Cellule::Nombre(l.int(column)))).collect()
        })
        .collect();
    let mut tableau = Tableau::new(
        "L'année mois par mois",
        &["Mois", "Demandes déposées#", "Renouvellements#", "Radiations#", "Baux signés#"],
        lignes,
    );
    // A register that dates no renewal is not said to lack them.
    let mut flux = "Dépôts, derniers renouvellements, radiations";
    if !known("renouvelees") {
        tableau = tableau.without(&["Renouvellements"]);
        flux = "Dépôts, radiations";
    }
    let dessin = chart::lines(
        &Legende { cle: "calendrier", titre: &titre, alternative: &alternative("Courbes par mois", &titre, &tableau) },
        &mots::months(rows.len()),
        &series,
        |x| format::decimal(x, 0),
    )?;
    Ok(Some(Figure {
        cle: "calendrier",
        titre,
        sous_titre: format!("{flux} et baux signés chaque mois de {}", c.millesime()),
        dessin,
        lecture: format!("en tout, {}", format::count(sum("radiees"), "radiation", "radiations")),
        champ: "ménages ; demandes au premier choix de commune, baux à la commune du logement".to_owned(),
        source: "registre de la demande, fichier des attributions".to_owned(),
        natif: Some(Natif::Courbes((1..tableau.colonnes.len()).collect())),
        tableau,
    }))
}

fn exits(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let rows = c.donnees.rows("radiations", c.lieu);
    let all = rows.iter().find(|l| l.text("motif") == "ensemble").and_then(|l| l.int("radiees")).unwrap_or(0);
    let mut motifs: Vec<_> = rows.iter().filter(|l| l.text("motif") != "ensemble").collect();
    if all == 0 || motifs.iter().all(|l| l.text("motif") == "inconnu") {
        return Ok(None);
    }
    motifs.sort_by(|a, b| b.int("radiees").cmp(&a.int("radiees")).then_with(|| a.text("motif").cmp(b.text("motif"))));
    let named: Vec<(String, i64)> = motifs
        .iter()
        .map(|l| (mots::modality(c.donnees, "motif_radiation", l.text("motif")), l.int("radiees").unwrap_or(0)))
        .collect();
    let counted: Vec<(&str, i64)> = named.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    let (barres, lignes) = shares_of(&counted);
    let housed = motifs.iter().find(|l| l.text("motif") == "RADATT").and_then(|l| l.real("part"));
    let titre = match housed {
        Some(share) => format!("{} des radiations suivent une attribution", format::percent(share)),
        None => "Aucune radiation ne suit une attribution".to_owned(),
    };
    let tableau = Tableau::new("Radiations par motif", &["Motif", "Demandes radiées#", "Part#"], lignes).with_total();
    let dessin = chart::bars(
        &Legende { cle: "radiations", titre: &titre, alternative: &alternative("Barres par motif", &titre, &tableau) },
        &barres,
        None,
    )?;
    let leases = c.row("attributions", &TOUS).and_then(|l| l.int("attributions"));
    Ok(Some(Figure {
        cle: "radiations",
        titre,
        sous_titre: format!("Demandes radiées en {} selon le motif, en % des radiations", c.millesime()),
        dessin,
        lecture: leases.map_or_else(
            || "chaque radiation a un seul motif".to_owned(),
            |n| format!("à comparer aux {} de l'année", format::count(n, "bail signé", "baux signés")),
        ),
        champ: CHAMP.to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))
}

/// Why households ask, the most frequent reasons first.
fn motives(c: &Contexte<'_>) -> Result<Option<Figure>> {
    const DRAWN: usize = 10;
    let rows = c.donnees.rows("demande_profil", c.lieu);
    let mut motifs: Vec<_> =
        rows.iter().filter(|l| l.text("dimension") == "motif_demande" && l.text("modalite") != "inconnu").collect();
    if motifs.is_empty() {
        return Ok(None);
    }
    motifs.sort_by(|a, b| {
        b.int("demandes").cmp(&a.int("demandes")).then_with(|| a.text("modalite").cmp(b.text("modalite")))
    });
    let name = |l: &&Ligne<'_>| mots::modality(c.donnees, "motif_demande", l.text("modalite"));
    let barres: Vec<Barre> = motifs
        .iter()
        .take(DRAWN)
        .map(|l| Barre {
            nom: name(l),
            valeur: l.real("part"),
            etiquette: format!(
                "{} ({})",
                Cellule::Part(l.real("part")).shown(),
                format::integer(l.int("demandes").unwrap_or(0))
            ),
            manquee: false,
        })
        .collect();
    let equal = motifs.get(1).is_some_and(|l| l.int("demandes") == motifs[0].int("demandes"));
    let titre = format!(
        "{}, « {} » : {} des demandes",
        if equal { "L'un des premiers motifs" } else { "Premier motif" },
        name(&motifs[0]).trim_end_matches('.'),
        Cellule::Part(motifs[0].real("part")).shown()
    );
    let lignes = motifs
        .iter()
        .map(|l| vec![Cellule::Texte(name(l)), Cellule::Nombre(l.int("demandes")), Cellule::Part(l.real("part"))])
        .collect();
    let tableau = Tableau::new("Motifs de la demande", &["Motif", "Demandes#", "Part des demandes#"], lignes);
    let dessin = chart::bars(
        &Legende { cle: "motifs", titre: &titre, alternative: &alternative("Barres par motif", &titre, &tableau) },
        &barres,
        None,
    )?;
    Ok(Some(Figure {
        cle: "motifs",
        titre,
        sous_titre: format!("Motifs des demandes actives au {}, en % des demandes", c.donnees.plan.jour_des_demandes()),
        dessin,
        lecture: "plusieurs motifs peuvent figurer sur une demande : les parts ne s'additionnent pas".to_owned(),
        champ: CHAMP.to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))
}

fn by_typology(c: &Contexte<'_>) -> Tableau {
    let lignes = mots::TYPOLOGIES
        .iter()
        .chain(&["ensemble"])
        .filter_map(|t| {
            let row = c.row("demande", &[("population", "ensemble"), ("typologie", t)]);
            let moves = c.row("demande", &[("population", "mutation"), ("typologie", t)]);
            let choix = c.row("choix", &[("typologie", t)]).filter(|l| l.int("tout_choix").is_some_and(|n| n > 0));
            let count = |row: Option<Ligne<'_>>, name: &str| Cellule::Nombre(row.map_or(Some(0), |l| l.int(name)));
            row.or(choix)?;
            Some(vec![
                Cellule::texte(mots::typology(t)),
                count(row, "actives"),
                count(moves, "actives"),
                count(choix, "tout_choix"),
                count(row, "deposees"),
                count(row, "radiees"),
                count(row, "radiees_attribution"),
                Cellule::Decimal(row.and_then(|l| l.real("anciennete_mediane"))),
            ])
        })
        .collect();
    let tableau = Tableau::new(
        "Demande par typologie",
        &[
            "Typologie",
            "Actives#",
            "dont mutations#",
            "Tout choix#",
            "Déposées#",
            "Radiées#",
            "dont attribution#",
            "Ancienneté médiane (mois)#",
        ],
        lignes,
    )
    .with_total();
    let mut unknown = Vec::new();
    if !c.donnees.filled(&["demandes.logement_actuel"]) {
        unknown.push("dont mutations");
    }
    if !c.donnees.filled(&["demandes.motif_radiation"]) {
        unknown.push("dont attribution");
    }
    tableau.without(&unknown)
}
