//! How many ask for one letting, and how long those who were housed had waited.

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, TOUS, TOUT, Tableau, alternative, shares_of};
use crate::chart::{self, Jumelles, Legende};
use crate::error::Result;
use crate::format;
use crate::project::TypologieDemande;
use crate::report::donnees::Ligne;
use crate::report::mots;

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let mut blocs = Vec::new();
    let whole = c.row("tension", &TOUT);
    let (demandes, baux) = (whole.and_then(|l| l.int("demandes")), whole.and_then(|l| l.int("attributions")));
    match (demandes, baux, whole.and_then(|l| l.real("tension"))) {
        (Some(d), Some(a), Some(t)) => blocs.push(Bloc::constat(format!(
            "{} pour {} : {}.",
            format::count(d, "demande active", "demandes actives"),
            format::count(a, "attribution", "attributions"),
            mots::tension(t)
        ))),
        (Some(d), Some(0), None) if d > 0 => blocs.push(Bloc::constat(format!(
            "{} et aucune attribution : la tension n'a pas de valeur.",
            format::count(d, "demande active", "demandes actives")
        ))),
        (Some(0), Some(0), None) => blocs.push(Bloc::absence("Ni demande active, ni attribution : rien à rapporter.")),
        _ => blocs.push(Bloc::absence(
            "La tension rapporte les demandes aux attributions : il faut le registre de la demande et le fichier des attributions.",
        )),
    }
    if let Some(l) = c.row("delais", &TOUS).filter(|l| l.real("delai_median").is_some()) {
        let months = |name: &str| l.real(name).map_or_else(|| format::NONE.to_owned(), |x| format::decimal(x, 1));
        blocs.push(Bloc::constat(format!(
            "Les ménages logés ont attendu {}\u{a0}mois en moyenne ; la moitié d'entre eux, moins de {}\u{a0}mois, et un quart, plus de {}.",
            months("delai_moyen"),
            months("delai_median"),
            months("delai_q3")
        )));
    }
    match sans_typologie(c) {
        None => blocs.extend(Bloc::figure(by_typology(c)?)),
        Some(desquels) => blocs.push(Bloc::absence(format!(
            "Les fichiers lus ne donnent pas la typologie {desquels} : ni tension, ni déséquilibre par typologie."
        ))),
    }
    blocs.extend(Bloc::figure(distribution(c)?));
    blocs.push(abnormal(c));
    blocs.push(Bloc::note(
        "Déséquilibre : tension d'une typologie ÷ tension de l'ensemble ; au-dessus de 1, cette taille est plus demandée que les autres. Le délai est celui des ménages logés : ceux qui attendent encore n'y sont pas. Une attribution dont le dépôt est inconnu, ou postérieur au bail, n'entre pas dans les délais.",
    ));
    Ok(Chapitre::new("tension", "Tension et délais", blocs))
}

/// Whose typology no file gives, demands' or leases', where the source is there: nothing is counted of theirs by typology.
fn sans_typologie(c: &Contexte<'_>) -> Option<&'static str> {
    let silent = |source, column| c.donnees.given(source) && !tells_typologies(c, column);
    if silent("demandes", "demandes") {
        Some("des demandes")
    } else if silent("attributions", "attributions") {
        Some("des baux")
    } else {
        None
    }
}

/// Whether some file tells the typologies that a column of `tension` counts.
fn tells_typologies(c: &Contexte<'_>, column: &str) -> bool {
    let told = match (column, c.donnees.plan.typologie_demande) {
        ("logements", _) => "rpls.NBPIECE",
        ("attributions", _) => "attributions.typologie",
        (_, TypologieDemande::Premiere) => "demandes.typologies",
        (_, TypologieDemande::Cible) => "demandes.nb_personnes",
    };
    c.donnees.filled(&[told])
}

/// A count of a row of `tension`: that of a typology which no file tells is 0 there, and is not shown.
pub(super) fn counted(c: &Contexte<'_>, tension: Option<Ligne<'_>>, column: &str) -> Option<i64> {
    tension.filter(|l| l.text("typologie") == "ensemble" || tells_typologies(c, column))?.int(column)
}

fn by_typology(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let pair = |t: &str| {
        let tension = c.row("tension", &[("population", "ensemble"), ("typologie", t), ("categorie", "ensemble")]);
        let delai = c.row("delais", &[("population", "ensemble"), ("typologie", t)]);
        (tension, delai)
    };
    let imbalance =
        |t: &str| c.row("desequilibre", &[("population", "ensemble"), ("typologie", t)])?.real("desequilibre");
    let rows: Vec<_> = mots::TYPOLOGIES
        .iter()
        .map(|t| (*t, pair(t)))
        .filter(|(_, (tension, _))| {
            tension.is_some_and(|l| l.int("demandes").unwrap_or(0) + l.int("attributions").unwrap_or(0) > 0)
        })
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let rangs: Vec<Jumelles> = rows
        .iter()
        .map(|(t, (tension, delai))| {
            let ratio = tension.and_then(|l| l.real("tension"));
            let median = delai.and_then(|l| l.real("delai_median"));
            let few = tension.and_then(few_leases);
            let shown = |x| {
                let ratio = format::decimal(x, 1);
                few.map_or_else(|| ratio.clone(), |n| format!("{ratio} ({})", format::count(n, "bail", "baux")))
            };
            Jumelles {
                nom: mots::typology(t).to_owned(),
                gauche: (ratio, ratio.map_or_else(|| "aucun bail".to_owned(), shown)),
                droite: (
                    median,
                    median.map_or_else(|| format::NONE.to_owned(), |x| format!("{}\u{a0}mois", format::decimal(x, 1))),
                ),
            }
        })
        .collect();
    let told: Vec<_> =
        rows.iter().filter_map(|(t, (tension, _))| tension.and_then(|l| Some((*t, l.real("tension")?, l)))).collect();
    let most = told.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0)));
    let titre = match most {
        Some((t, ratio, row)) => {
            let asked = match few_leases(row) {
                None => mots::tension(ratio),
                Some(few) => format!(
                    "{} pour {} seulement",
                    format::count(row.int("demandes").unwrap_or(0), "demande", "demandes"),
                    format::count(few, "bail", "baux")
                ),
            };
            let typologie = if t == "C" { "chambre" } else { mots::typology(t) };
            let equal = told.iter().filter(|(_, other, _)| other.total_cmp(&ratio).is_eq()).count() > 1;
            let claim = if equal { "aucune tension n'est plus forte qu'en" } else { "la tension est la plus forte en" };
            // A size that is asked for and was let to nobody has no tension, which is no low one.
            let none_given = |tension: &Option<Ligne<'_>>| {
                tension.is_some_and(|l| l.int("demandes") > Some(0) && l.int("attributions") == Some(0))
            };
            let claim = if rows.iter().any(|(_, (tension, _))| none_given(tension)) {
                format!("Parmi les tailles attribuées, {claim}")
            } else {
                format::capital(claim)
            };
            format!("{claim} {typologie} : {asked}")
        }
        None => "Des demandes, et aucune attribution".to_owned(),
    };
    let lignes = rows
        .iter()
        .map(|(t, pair)| (*t, mots::typology(t), *pair))
        .chain([("ensemble", "Ensemble", pair("ensemble"))])
        .map(|(t, name, (tension, delai))| {
            vec![
                Cellule::texte(name),
                Cellule::Nombre(counted(c, tension, "logements")),
                Cellule::Nombre(counted(c, tension, "demandes")),
                Cellule::Nombre(counted(c, tension, "attributions")),
                Cellule::Decimal(tension.and_then(|l| l.real("tension"))),
                Cellule::Centieme(imbalance(t)),
                Cellule::Decimal(delai.and_then(|l| l.real("delai_moyen"))),
                Cellule::Decimal(delai.and_then(|l| l.real("delai_median"))),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Tension et délais par typologie",
        &[
            "Typologie",
            "Logements#",
            "Demandes#",
            "Baux#",
            "Tension#",
            "Déséquilibre#",
            "Délai moyen (mois)#",
            "Délai médian (mois)#",
        ],
        lignes,
    )
    .with_total();
    let dessin = chart::twin_bars(
        &Legende {
            cle: "tension",
            titre: &titre,
            alternative: &alternative("Barres par typologie, tension puis délai médian", &titre, &tableau),
        },
        ["Demandes pour une attribution", "Délai médian du dépôt au bail"],
        &rangs,
    )?;
    Ok(Some(Figure {
        cle: "tension",
        titre,
        sous_titre: format!(
            "Demandes actives au {0} pour une attribution de {1}, et délai médian des baux de {1}, par typologie",
            c.donnees.plan.jour_des_demandes(),
            c.millesime()
        ),
        dessin,
        lecture: format!(
            "la typologie d'une demande est {} ; celle d'un bail, celle du logement",
            c.donnees.plan.typologie_demande.words()
        ),
        champ: "ménages ; demandes au premier choix de commune, attributions à la commune du logement".to_owned(),
        source: "registre de la demande, fichier des attributions, RPLS".to_owned(),
        natif: Some(Natif::Barres(vec![4])),
        tableau,
    }))
}

/// Leases of a row, when they are too few for their ratio to be told without them.
fn few_leases(tension: Ligne<'_>) -> Option<i64> {
    tension.int("attributions").filter(|n| *n < mots::PEU_DE_BAUX)
}

fn distribution(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let rows: Vec<_> =
        c.donnees.rows("attributions_profil", c.lieu).into_iter().filter(|l| l.text("dimension") == "delai").collect();
    let counted: Vec<(&str, i64)> = mots::DELAYS
        .iter()
        .map(|(code, name)| {
            (*name, rows.iter().find(|l| l.text("modalite") == *code).and_then(|l| l.int("attributions")).unwrap_or(0))
        })
        .collect();
    let known: i64 = counted.iter().map(|(_, n)| n).sum();
    if known == 0 {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
    let share = |n: i64| n as f64 / known as f64;
    let year: i64 = counted[..3].iter().map(|(_, n)| n).sum();
    let titre = format!("{} des ménages logés ont attendu moins d'un an", format::percent(share(year)));
    let (barres, lignes) = shares_of(&counted);
    let tableau = Tableau::new("Baux par délai", &["Délai du dépôt au bail", "Baux#", "Part#"], lignes).with_total();
    let dessin = chart::bars(
        &Legende {
            cle: "delais",
            titre: &titre,
            alternative: &alternative("Barres par classe de délai", &titre, &tableau),
        },
        &barres,
        None,
    )?;
    let unknown =
        rows.iter().find(|l| l.text("modalite") == "inconnu").and_then(|l| l.int("attributions")).unwrap_or(0);
    Ok(Some(Figure {
        cle: "delais",
        titre,
        sous_titre: format!("Baux signés en {} selon le délai du dépôt au bail, en % des délais connus", c.millesime()),
        dessin,
        lecture: if unknown > 0 {
            format!("{} sans délai connu, hors des parts", format::count(unknown, "bail", "baux"))
        } else {
            "tous les délais sont connus".to_owned()
        },
        champ: "attributions à des ménages dont le dépôt est connu et antérieur au bail".to_owned(),
        source: "fichier des attributions et registre de la demande".to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))
}

/// Households past the delay that the préfet sets (CCH L441-1-4), or why nothing says so.
fn abnormal(c: &Contexte<'_>) -> Bloc {
    let rows: Vec<_> = c
        .donnees
        .rows("delai_anormal", c.lieu)
        .into_iter()
        .filter(|l| l.int("seuil_mois").is_some() || l.int("au_dela").is_some())
        .collect();
    if rows.is_empty() {
        return Bloc::absence(
            "Délai anormalement long (CCH L441-1-4) : aucun délai du préfet n'est inscrit dans le projet pour ce territoire.",
        );
    }
    let lignes = rows
        .iter()
        .filter(|l| l.text("typologie") != "ensemble")
        .chain(rows.iter().filter(|l| l.text("typologie") == "ensemble"))
        .map(|l| {
            vec![
                Cellule::texte(mots::typology(l.text("typologie"))),
                l.int("seuil_mois").map_or_else(|| Cellule::texte("selon le lieu"), |n| Cellule::Nombre(Some(n))),
                Cellule::Nombre(l.int("actives")),
                Cellule::Nombre(l.int("au_dela")),
                Cellule::Part(l.real("part")),
            ]
        })
        .collect();
    Bloc::Tableau(
        Tableau::new(
            "Demandes au-delà du délai anormalement long (CCH L441-1-4)",
            &["Typologie", "Délai (mois)#", "Demandes actives#", "Au-delà#", "Part#"],
            lignes,
        )
        .with_total(),
    )
}
