//! Figures of a territory: each a finding, a picture, how to read it, and the table behind it.

mod demande;
mod mixite;

use std::collections::BTreeMap;

use serde::Serialize;

use super::donnees::Feuille;
use crate::chart::Legende;
use crate::error::Result;
use crate::format;

pub(super) use mixite::verdict_dots;

/// A figure as the templates print it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Figure {
    pub id: String,
    pub titre: String,
    pub sous_titre: String,
    pub svg: String,
    pub lecture: String,
    pub champ: String,
    pub source: String,
    pub entetes: Vec<String>,
    pub lignes: Vec<Vec<String>>,
}

/// Tables that the figures read.
pub(super) struct Feuilles {
    pub parc: Feuille,
    pub demande: Feuille,
    pub attributions: Feuille,
    pub tension: Feuille,
    pub delais: Feuille,
    pub quartiles: Feuille,
    pub priorites: Feuille,
    pub tendance: Feuille,
}

/// Where and when a figure is about.
pub(super) struct Contexte<'a> {
    pub niveau: &'a str,
    pub code: &'a str,
    pub libelle: &'a str,
    pub millesime: i32,
    pub bailleurs: &'a BTreeMap<String, String>,
    /// Legal share outside QPV, if the EPCI is held to it.
    pub cible_q1: Option<f64>,
    /// Legal share of priority publics, where a rule sets one.
    pub cible_prioritaires: Option<f64>,
}

pub(super) fn number(n: Option<i64>) -> String {
    n.map_or_else(|| format::NONE.to_owned(), format::integer)
}

pub(super) fn rate(x: Option<f64>) -> String {
    x.map_or_else(|| format::NONE.to_owned(), format::percent)
}

pub(super) fn months(x: Option<f64>) -> String {
    x.map_or_else(|| format::NONE.to_owned(), |x| format!("{} mois", format::decimal(x, 1)))
}

pub(super) fn ratio(x: Option<f64>) -> String {
    x.map_or_else(|| format::NONE.to_owned(), |x| format::decimal(x, 1))
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|w| (*w).to_owned()).collect()
}

/// Every figure of one territory; those with nothing to show are left out.
pub(super) fn all(feuilles: &Feuilles, c: &Contexte<'_>) -> Result<Vec<Figure>> {
    let figures = [
        mixite::quartiles(feuilles, c)?,
        mixite::landlords(feuilles, c)?,
        mixite::priority(feuilles, c)?,
        demande::tension(feuilles, c)?,
        demande::delays(feuilles, c)?,
        demande::seniority(feuilles, c)?,
    ];
    Ok(figures.into_iter().flatten().collect())
}

fn legend<'a>(id: &'a str, titre: &'a str, alternative: &'a str) -> Legende<'a> {
    Legende { id, titre, alternative }
}

fn lignes_of(lignes: &[Vec<String>]) -> Vec<&[String]> {
    lignes.iter().map(Vec::as_slice).collect()
}

/// The table in a sentence a row, for who cannot see the picture.
fn alternative(entetes: &[String], lignes: &[&[String]]) -> String {
    let rows: Vec<String> = lignes
        .iter()
        .map(|row| {
            let cells: Vec<String> = entetes.iter().zip(*row).skip(1).map(|(h, v)| format!("{h} {v}")).collect();
            format!("{} : {}", row.first().map_or("", String::as_str), cells.join(", "))
        })
        .collect();
    rows.join(" ; ")
}
