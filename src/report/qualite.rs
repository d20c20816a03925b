//! `qualite.html`: what was found of the data, what it does to the figures, what to mend first; `diagnostics.html`: every
//! code explained.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Gravite};
use crate::engine::Table;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::reference::{CodeExplique, by_family};
use crate::report::liste::Entree;
use crate::resultats::{Controle, INDICATEURS, Liste, Qualite, SAMPLE, VALEUR};

/// A fault as the page prints it.
#[derive(Debug, Serialize)]
struct Faute {
    code: String,
    message: String,
    aide: String,
    ou: String,
    lignes: String,
    tables: String,
    gravite: &'static str,
}

/// Checks of one file.
#[derive(Debug, Serialize)]
struct Fichier {
    chemin: String,
    source: String,
    bilan: String,
    refus: Vec<String>,
    avis: Vec<String>,
    /// Column, check, rows checked and good, failed, not checkable, out of scope, rows.
    controles: Vec<Vec<String>>,
}

/// A table of shares: who, then a share a column.
#[derive(Debug, Serialize)]
struct Completude {
    titre: &'static str,
    acteur: &'static str,
    colonnes: Vec<String>,
    lignes: Vec<(String, String, Vec<String>)>,
}

/// Everything the page prints.
#[derive(Debug, Serialize)]
pub(super) struct PageQualite {
    /// Most rows that `rejets.csv` lists of what is not a refusal, by code and file.
    echantillon: String,
    corrections: Vec<Faute>,
    fichiers: Vec<Fichier>,
    croisements: Vec<Vec<String>>,
    completudes: Vec<Completude>,
    listes: Vec<Entree>,
    confirmations: Vec<Vec<String>>,
}

/// A family of codes: title, codes.
pub(super) type Famille<'a> = (&'static str, Vec<&'a CodeExplique>);

/// The families of codes, as the page prints them.
pub(super) fn families(codes: &[CodeExplique]) -> Vec<Famille<'_>> {
    by_family(codes)
}

/// Reads what the last run found.
pub(super) fn load(plan: &Plan, bailleurs: &BTreeMap<String, String>) -> Result<PageQualite> {
    let qualite = Qualite::load(plan)?;
    let name = |siren: &str| bailleurs.get(siren).map_or_else(|| siren.to_owned(), Clone::clone);
    let corrections = qualite
        .corrections
        .iter()
        .map(|c| Faute {
            code: c.code.clone(),
            message: format::capital(&c.message),
            aide: format::capital(&c.aide),
            ou: format!("{}, {}", c.source, c.colonne),
            lignes: count(c.nombre),
            tables: if c.tables.is_empty() { "aucune".to_owned() } else { c.tables.join(", ") },
            gravite: words(c.gravite),
        })
        .collect();
    let fichiers = qualite
        .sources
        .iter()
        .map(|s| Fichier {
            chemin: s.fichier.clone(),
            source: s.source.clone(),
            bilan: [
                (s.lignes, "ligne lue", "lignes lues"),
                (s.gardees, "gardée", "gardées"),
                (s.refusees, "refusée", "refusées"),
            ]
            .map(|(n, one, many)| format::count(n.cast_signed(), one, many))
            .join(", "),
            refus: s.refus.iter().map(sentence).collect(),
            avis: s.avis.iter().map(sentence).collect(),
            controles: s.controles.iter().map(row).collect(),
        })
        .collect();
    let croisements = qualite
        .croisements
        .iter()
        .map(|c| {
            let mut cells = row(&c.controle);
            cells[0] = format!("{}, {}", c.source, c.controle.colonne);
            cells.insert(2, format::capital(&c.message));
            cells
        })
        .collect();
    let entry = |l: &Liste| Entree {
        code: l.bailleur.clone(),
        nom: name(&l.bailleur),
        note: format::count(l.lignes.cast_signed(), "ligne", "lignes"),
        lien: l.fichier.clone(),
    };
    let mut listes: Vec<Entree> = qualite.listes.iter().map(entry).collect();
    listes.sort_by_cached_key(Entree::place);
    let confirmations = qualite
        .confirmations
        .iter()
        .map(|c| {
            let state = if c.appliquee { "en vigueur" } else { "sans objet : la valeur a changé" };
            let c = &c.confirmation;
            vec![
                match c.ligne {
                    Some(ligne) => format!("{}, ligne {ligne}, {}", c.fichier, c.colonne),
                    None => format!("résultat, {}", c.colonne),
                },
                c.code.clone(),
                c.valeur.clone(),
                c.auteur.clone(),
                c.date.format("%d/%m/%Y").to_string(),
                c.motif.clone(),
                state.to_owned(),
            ]
        })
        .collect();
    let completudes = completudes(plan, &name)?;
    let echantillon = count(SAMPLE as u64);
    Ok(PageQualite { echantillon, corrections, fichiers, croisements, completudes, listes, confirmations })
}

fn count(n: u64) -> String {
    format::integer(n.cast_signed())
}

fn words(gravite: Gravite) -> &'static str {
    match gravite {
        Gravite::Refus => "refus",
        Gravite::Anomalie => "anomalie",
        Gravite::AConfirmer => "à confirmer",
    }
}

fn sentence(d: &Diagnostic) -> String {
    format!("{} : {} ; {}", d.code, d.message, d.aide)
}

fn row(c: &Controle) -> Vec<String> {
    let check = match c.controle.as_str() {
        "forme" => "forme de la ligne".to_owned(),
        VALEUR => "valeur possible".to_owned(),
        code => code.to_owned(),
    };
    let counts = [c.evalues, c.echecs, c.non_evaluables, c.hors_champ, c.lignes].map(count);
    [vec![c.colonne.clone(), check], counts.to_vec()].concat()
}

/// Column → rows whose value is known, rows.
type Remplissage<'a> = BTreeMap<&'a str, (i64, i64)>;

/// One table for landlords, one for registration offices where the register names them.
fn completudes(plan: &Plan, name: &dyn Fn(&str) -> String) -> Result<Vec<Completude>> {
    let path = plan.sortie.join(INDICATEURS).join("completude.parquet");
    let batch = Table::read(&path, "completude")?.single()?;
    let column = |nom: &str| batch.column_by_name(nom).ok_or_else(|| Error::outdated("completude", nom));
    let [kinds, actors, columns] =
        [column("acteur_type")?, column("acteur")?, column("colonne")?].map(AsArray::as_string::<i32>);
    let [rows, known] = [column("lignes")?, column("renseignees")?].map(AsArray::as_primitive::<Int64Type>);
    let mut tables: BTreeMap<&str, BTreeMap<&str, Remplissage<'_>>> = BTreeMap::new();
    for i in 0..batch.num_rows() {
        let cell = (known.value(i), rows.value(i));
        tables.entry(kinds.value(i)).or_default().entry(actors.value(i)).or_default().insert(columns.value(i), cell);
    }
    let mut found = Vec::new();
    for (kind, titre, acteur) in
        [("bailleur", "Attributions, par bailleur", "Bailleur"), ("guichet", "Demandes, par guichet", "Guichet")]
    {
        let Some(actors) = tables.get(kind) else { continue };
        let colonnes: Vec<String> =
            actors.values().next().into_iter().flat_map(|c| c.keys()).map(|c| (*c).to_owned()).collect();
        let line = |actor: &str, cells: &Remplissage<'_>| {
            let shown = match actor {
                "ensemble" => "Ensemble".to_owned(),
                "inconnu" => "Guichet inconnu".to_owned(),
                other => name(other),
            };
            let total = cells.values().next().map_or(0, |(_, rows)| *rows);
            let share = |(known, rows): &(i64, i64)| share(*known, *rows);
            (shown, format::integer(total), cells.values().map(share).collect())
        };
        let mut lignes: Vec<_> =
            actors.iter().filter(|(a, _)| **a != "ensemble").map(|(a, cells)| line(a, cells)).collect();
        lignes.extend(actors.get("ensemble").map(|cells| line("ensemble", cells)));
        found.push(Completude { titre, acteur, colonnes, lignes });
    }
    Ok(found)
}

/// A share that never rounds to all or nothing when it is neither.
fn share(known: i64, rows: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    let part = if rows == 0 { return format::NONE.to_owned() } else { known as f64 / rows as f64 };
    let text = format::decimal(part * 100.0, 0);
    match (text.as_str(), known) {
        ("100", k) if k < rows => "> 99 %".to_owned(),
        ("0", k) if k > 0 => "< 1 %".to_owned(),
        _ => format!("{text} %"),
    }
}
