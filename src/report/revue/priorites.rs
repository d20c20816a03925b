//! Priority publics by holder of reservation rights, and the holders' shares of the year's lettings.

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, Tableau, alternative, judgement_table};
use crate::chart::{self, Barre, Legende, Repere};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Ligne;
use crate::report::{Verdict, holder_words, mots};
use crate::resultats::PRIORITES;

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let titre = "Publics prioritaires";
    let whole = c.row("priorites", &[("reservataire", "ensemble")]);
    let Some((l, share)) = whole.and_then(|l| Some((l, l.real("part")?))) else {
        let why = if c.donnees.given("attributions") {
            "Aucun bail de l'année n'entre dans le calcul : rien à dire des publics prioritaires."
        } else {
            "Le fichier des attributions n'est pas fourni : les publics prioritaires ne peuvent pas être comptés."
        };
        return Ok(Chapitre::new("priorites", titre, vec![Bloc::absence(why)]));
    };
    let mut blocs = Vec::new();
    if c.donnees.filled(&PRIORITES) {
        blocs.push(Bloc::constat(format!(
            "{} sur {} {} bénéficié à un ménage DALO ou prioritaire, soit {} ; {} à un ménage DALO.",
            format::count(l.int("prioritaires").unwrap_or(0), "bail", "baux"),
            format::integer(l.int("attributions").unwrap_or(0)),
            format::noun(l.int("prioritaires").unwrap_or(0), "a", "ont"),
            format::percent(share),
            format::integer(l.int("dalo").unwrap_or(0))
        )));
        blocs.extend(Bloc::figure(by_holder(c)?));
    } else {
        blocs.push(Bloc::absence(mots::SANS_PRIORITES));
    }
    blocs.extend(c.contingents.shares(c));
    if c.lieu.is_epci() {
        let own: Vec<&Verdict> = c
            .donnees
            .verdicts_of(c.lieu)
            .iter()
            .filter(|v| v.regle == "prioritaires" && v.base == "loi" && v.acteur_type == "bailleur")
            .collect();
        if !own.is_empty() {
            let titre = "Chaque bailleur sur ses logements non réservés";
            blocs.push(Bloc::Tableau(judgement_table(c.donnees, titre, &own, false).without(&["Règle"])));
        }
    }
    blocs.push(Bloc::note(
        "La règle des 25 % (CCH L441-1) s'applique à Action Logement, aux collectivités et à chaque bailleur sur ses logements hors contingent. Un ménage DALO et prioritaire compte une fois.",
    ));
    Ok(Chapitre::new("priorites", titre, blocs))
}

fn by_holder(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let all = c.donnees.rows("priorites", c.lieu);
    let mut rows: Vec<&Ligne<'_>> =
        all.iter().filter(|l| l.text("reservataire") != "ensemble" && l.int("attributions").unwrap_or(0) > 0).collect();
    rows.sort_by_key(|l| mots::order("reservataire", l.text("reservataire")));
    let whole = all.iter().find(|l| l.text("reservataire") == "ensemble");
    let Some(share) = whole.and_then(|l| l.real("part")) else { return Ok(None) };
    let rule = c.donnees.verdicts_of(c.lieu).iter().find(|v| v.regle == "prioritaires" && v.base == "loi");
    let target = rule.map(|v| v.cible);
    let held = |code: &str| matches!(code, "COLACT" | "COLTER" | "AUCUN");
    let barres: Vec<Barre> = rows
        .iter()
        .map(|l| Barre {
            nom: holder_words(l.text("reservataire")).to_owned(),
            valeur: l.real("part"),
            etiquette: format!(
                "{} ({})",
                Cellule::Part(l.real("part")).shown(),
                format::count(l.int("attributions").unwrap_or(0), "bail", "baux")
            ),
            manquee: held(l.text("reservataire")) && l.real("part").zip(target).is_some_and(|(p, t)| p < t),
        })
        .collect();
    let titre = format!("{} des attributions vont à un public prioritaire", format::percent(share));
    let lignes = rows
        .iter()
        .copied()
        .chain(whole)
        .map(|l| {
            vec![
                Cellule::texte(holder_words(l.text("reservataire"))),
                Cellule::Nombre(l.int("attributions")),
                Cellule::Nombre(l.int("dalo")),
                Cellule::Nombre(l.int("prioritaires")),
                Cellule::Part(l.real("part")),
            ]
        })
        .collect();
    let tableau = Tableau::new(
        "Publics prioritaires par réservataire",
        &["Réservataire", "Baux#", "DALO#", "DALO ou prioritaires#", "Part#"],
        lignes,
    )
    .with_total();
    let line = target.map(|t| Repere { valeur: t, nom: format!("loi : {}", format::target_percent(t)) });
    let dessin = chart::bars(
        &Legende {
            cle: "priorites",
            titre: &titre,
            alternative: &alternative("Barres par réservataire", &titre, &tableau),
        },
        &barres,
        line.as_ref(),
    )?;
    Ok(Some(Figure {
        cle: "priorites",
        titre,
        sous_titre: format!(
            "Part des ménages DALO ou prioritaires dans les baux signés en {}, par réservataire",
            c.millesime()
        ),
        dessin,
        lecture:
            "en rouge, un réservataire que la règle oblige et qui reste sous la ligne ; les autres n'y sont pas tenus"
                .to_owned(),
        champ: "attributions à des ménages suivies d'un bail signé, hors financements exclus".to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        natif: Some(Natif::Barres(vec![4])),
        tableau,
    }))
}
