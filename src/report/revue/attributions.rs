//! Who is housed, by whom and where from: volume, landlords, holders of reservation rights, and households facing those
//! who ask.

use super::{Bloc, Cellule, Chapitre, Contexte, Figure, Natif, TOUS, Tableau, alternative, cartes, cotation};
use crate::chart::{self, Barre, Legende, Paire};
use crate::error::Result;
use crate::format;
use crate::report::donnees::Ligne;
use crate::report::mots;
use crate::resultats::MUTATIONS;

const CHAMP: &str = "attributions à des ménages suivies d'un bail signé, à la commune du logement";
const SOURCE: &str = "fichier des attributions et registre de la demande";

pub(super) fn chapter(c: &Contexte<'_>) -> Result<Chapitre> {
    let titre = "Attributions";
    let count = c.row("attributions", &TOUS).and_then(|l| l.int("attributions"));
    let Some(n) = count else {
        let why = "Le fichier des attributions n'est pas fourni : aucun bail n'est compté.";
        return Ok(Chapitre::new("attributions", titre, vec![Bloc::absence(why)]));
    };
    if n == 0 {
        let why = format!("Les fichiers lus ne tiennent aucun bail signé ici en {}.", c.millesime());
        return Ok(Chapitre::new("attributions", titre, vec![Bloc::absence(why)]));
    }
    let satisfied = c.satisfaction().map_or_else(String::new, |x| {
        let share = if x > 1.0 {
            "plus qu'il n'y a eu de demandes dans l'année".to_owned()
        } else {
            format!("soit {} des demandes de l'année", format::percent(x))
        };
        format!(", {share} (actives au 1er janvier ou déposées depuis)")
    });
    let mut blocs = vec![Bloc::constat(format!(
        "{} {} en {}{satisfied}.",
        format::count(n, "bail", "baux"),
        if n < 2 { "a été signé" } else { "ont été signés" },
        c.millesime()
    ))];
    blocs.extend(Bloc::figure(landlords(c)?));
    for dimension in ["taille_menage", "age", "quartile", "origine"] {
        blocs.extend(Bloc::figure(facing(c, dimension)?));
    }
    blocs.extend(cotation::blocs(c)?);
    blocs.extend(Bloc::figure(cartes::communes(c)?));
    let population = c.donnees.filled(&MUTATIONS).then_some("population");
    let others = ["categorie", "financement", "periode_construction", "zone"];
    blocs.push(Bloc::Tableau(composition(c, population.into_iter().chain(others))));
    Ok(Chapitre::new("attributions", titre, blocs))
}

fn profile<'a>(c: &Contexte<'a>, table: &str, dimension: &str) -> Vec<Ligne<'a>> {
    c.donnees.rows(table, c.lieu).into_iter().filter(|l| l.text("dimension") == dimension).collect()
}

fn landlords(c: &Contexte<'_>) -> Result<Option<Figure>> {
    const DRAWN: usize = 25;
    let mut rows = profile(c, "attributions_profil", "bailleur");
    if rows.is_empty() {
        return Ok(None);
    }
    rows.sort_by(|a, b| {
        b.int("attributions").cmp(&a.int("attributions")).then_with(|| a.text("modalite").cmp(b.text("modalite")))
    });
    let barres: Vec<Barre> = rows
        .iter()
        .take(DRAWN)
        .map(|l| Barre {
            nom: c.donnees.landlord(l.text("modalite")),
            valeur: l.real("part"),
            etiquette: format!(
                "{} ({})",
                format::integer(l.int("attributions").unwrap_or(0)),
                Cellule::Part(l.real("part")).shown()
            ),
            manquee: false,
        })
        .collect();
    let first = &rows[0];
    let share = Cellule::Part(first.real("part")).shown();
    let titre = match rows.len() {
        1 => format!("{} signe tous les baux", c.donnees.landlord(first.text("modalite"))),
        n => {
            format!("{} signe {share} des baux ; {n} bailleurs attribuent", c.donnees.landlord(first.text("modalite")))
        }
    };
    let lignes = rows
        .iter()
        .map(|l| {
            let siren = l.text("modalite");
            vec![
                Cellule::Lien(c.donnees.landlord(siren), format!("bailleurs/{siren}.html")),
                Cellule::Nombre(l.int("attributions")),
                Cellule::Part(l.real("part")),
            ]
        })
        .collect();
    let tableau = Tableau::new("Baux par bailleur", &["Bailleur", "Baux#", "Part#"], lignes);
    let dessin = chart::bars(
        &Legende {
            cle: "baux-bailleurs",
            titre: &titre,
            alternative: &alternative("Barres par bailleur", &titre, &tableau),
        },
        &barres,
        None,
    )?;
    let which = if rows.len() > DRAWN { format!(" ; les {DRAWN} premiers sur {}", rows.len()) } else { String::new() };
    Ok(Some(Figure {
        cle: "baux-bailleurs",
        titre,
        sous_titre: format!("Baux signés en {} par bailleur{which}", c.millesime()),
        dessin,
        lecture: "entre parenthèses, la part du bailleur dans les baux".to_owned(),
        champ: CHAMP.to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))
}

/// Who asks facing who is housed, by one characteristic; unknown values are left to the table.
fn facing(c: &Contexte<'_>, dimension: &'static str) -> Result<Option<Figure>> {
    let demandes = profile(c, "demande_profil", dimension);
    let baux = profile(c, "attributions_profil", dimension);
    let mut codes: Vec<&str> = demandes.iter().chain(&baux).map(|l| l.text("modalite")).collect();
    codes.sort_by_key(|code| mots::order(dimension, code));
    codes.dedup();
    let find = |rows: &[Ligne<'_>], code: &str, column: &str| {
        let row = rows.iter().find(|l| l.text("modalite") == code);
        (row.and_then(|l| l.int(column)), row.and_then(|l| l.real("part")))
    };
    let unknown = |code: &str| matches!(code, "inconnu" | "inconnue" | "sans_seuil");
    let known: Vec<&str> = codes.iter().copied().filter(|code| !unknown(code)).collect();
    // Of a side where nothing is known there is nothing to compare.
    let silent = |rows: &[Ligne<'_>]| rows.iter().all(|l| unknown(l.text("modalite")));
    if known.len() < 2 || silent(&demandes) || silent(&baux) {
        return Ok(None);
    }
    let side = |rows: &[Ligne<'_>], code: &str, column: &str| {
        let (_, part) = find(rows, code, column);
        let part = part.or(Some(0.0));
        (part, Cellule::Part(part).shown())
    };
    let paires: Vec<Paire> = known
        .iter()
        .map(|code| Paire {
            nom: mots::modality(c.donnees, dimension, code),
            gauche: side(&demandes, code, "demandes"),
            droite: side(&baux, code, "attributions"),
        })
        .collect();
    let widest = known
        .iter()
        .map(|code| {
            let d = side(&demandes, code, "demandes").0.unwrap_or(0.0);
            let a = side(&baux, code, "attributions").0.unwrap_or(0.0);
            (*code, d, a)
        })
        .max_by(|x, y| (x.1 - x.2).abs().total_cmp(&(y.1 - y.2).abs()).then_with(|| y.0.cmp(x.0)));
    let titre = widest.map_or_else(String::new, |(code, d, a)| {
        let name = mots::modality(c.donnees, dimension, code);
        format!("{name} : {} des demandes, {} des baux", format::percent(d), format::percent(a))
    });
    let lignes = codes
        .iter()
        .map(|code| {
            let (asked, part_demandes) = find(&demandes, code, "demandes");
            let (housed, part_baux) = find(&baux, code, "attributions");
            vec![
                Cellule::Texte(mots::modality(c.donnees, dimension, code)),
                Cellule::Nombre(asked.or(Some(0))),
                Cellule::Part(part_demandes.or(Some(0.0))),
                Cellule::Nombre(housed.or(Some(0))),
                Cellule::Part(part_baux.or(Some(0.0))),
            ]
        })
        .collect();
    let name = mots::dimension(dimension);
    let tableau = Tableau::new(
        format!("{name} : demandes et baux"),
        &[name, "Demandes actives#", "Part des demandes#", "Baux signés#", "Part des baux#"],
        lignes,
    );
    let cle = match dimension {
        "taille_menage" => "profil-menage",
        "age" => "profil-age",
        "quartile" => "profil-quartile",
        _ => "profil-origine",
    };
    let dessin = chart::facing(
        &Legende { cle, titre: &titre, alternative: &alternative("Barres face à face", &titre, &tableau) },
        ["Demandes actives", "Baux signés"],
        &paires,
    )?;
    Ok(Some(Figure {
        cle,
        titre,
        sous_titre: format!(
            "{name} : demandes actives au {} face aux baux signés en {}, en % de chaque population",
            c.donnees.plan.jour_des_demandes(),
            c.millesime()
        ),
        dessin,
        lecture: "les deux côtés ont la même échelle ; les valeurs inconnues sont dans le tableau, et comptent dans les parts".to_owned(),
        champ: "ménages ; demandes au premier choix de commune, baux à la commune du logement".to_owned(),
        source: SOURCE.to_owned(),
        natif: Some(Natif::Barres(vec![2, 4])),
        tableau,
    }))
}

/// Leases by several characteristics, one under the other.
fn composition<'a>(c: &Contexte<'_>, dimensions: impl Iterator<Item = &'a str>) -> Tableau {
    let lignes = dimensions
        .flat_map(|dimension| {
            let mut rows = profile(c, "attributions_profil", dimension);
            rows.sort_by_key(|l| mots::order(dimension, l.text("modalite")));
            rows.into_iter().map(|l| {
                vec![
                    Cellule::texte(mots::dimension(dimension)),
                    Cellule::Texte(mots::modality(c.donnees, dimension, l.text("modalite"))),
                    Cellule::Nombre(l.int("attributions")),
                    Cellule::Part(l.real("part")),
                ]
            })
        })
        .collect();
    Tableau::new("Baux selon le logement et le ménage", &["Caractéristique", "Valeur", "Baux#", "Part#"], lignes)
}
