//! Many landlords, many years: what the demonstration has few of.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::lecteurs::{breakable, tables};

use crate::commun;

const PROJET: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n";

fn source(schema: &str) -> String {
    format!("\n[[source]]\nschema = \"{schema}\"\nfichiers = [\"{schema}.csv\"]\n")
}

fn page_of(projet: &commun::Projet) -> String {
    projet.run(2, true);
    projet.text("epci/246300701.html")
}

/// Seventy landlords whose names begin alike, as those of one family do: charts draw as many as a page has room for, each with
/// a name of its own, and say which; tables have them all, by name.
#[test]
fn seventy_landlords_are_told_apart() {
    const ALL: usize = 70;
    let mut toml = PROJET.to_owned() + &source("attributions") + &source("bailleurs");
    for public in ["q1_ou_relogement", "prioritaire"] {
        let _ = write!(
            toml,
            "\n[[objectif]]\nepci = \"246300701\"\nbase = \"cia\"\ndebut = 2019-07-01\nacteur = \"chaque_bailleur\"\n\
             public = \"{public}\"\nzone = \"ensemble\"\ncible = 0.25\nreference = \"essai\"\n"
        );
    }
    let mut bailleurs = "siren;nom\n".to_owned();
    let mut leases =
        "numero_unique;date_depot;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\n".to_owned();
    for i in 0..ALL {
        // In the order of SIREN, names go backwards.
        let _ = writeln!(
            bailleurs,
            "{};Société anonyme d'habitations à loyer modéré du quartier {:02}",
            900_000_001 + i,
            ALL - i
        );
        // One landlord in seven houses the poorest, the others none of them.
        let income = if i % 7 == 0 { 500 } else { 2_500 };
        for n in 0..=i % 6 {
            let _ = writeln!(
                leases,
                "A{i}-{n};2024-03-01;2025-03-02;{};63113;{};{income};1",
                900_000_001 + i,
                if n == 1 { "oui" } else { "non" }
            );
        }
    }
    let files = [("attributions.csv", leases.as_bytes()), ("bailleurs.csv", bailleurs.as_bytes())];
    let page = page_of(&commun::Projet::new(&toml, &files));
    let figures: Vec<&str> =
        page.split("<figure").skip(1).filter_map(|f| f.split_once("</figure>")).map(|(within, _)| within).collect();
    let of = |cle: &str| -> Vec<&&str> {
        figures.iter().filter(|f| f.contains(&format!("aria-labelledby=\"{cle}-"))).collect()
    };
    // Names are on one line, shortened, or on two of which the second ends the name.
    let names = |figure: &str| -> Vec<String> {
        let texts = figure.split("<text").skip(1).filter_map(|t| t.split_once('>')?.1.split_once('<'));
        let texts = texts.map(|(text, _)| breakable(text.trim()));
        let number = |text: &str| text.len() > 2 && text.bytes().rev().take(2).all(|b| b.is_ascii_digit());
        texts.filter(|text| text.contains("quartier") && number(text)).collect()
    };
    for (cle, drawn, said) in [
        ("bailleurs", 60, "les 60 qui ont signé le plus de baux"),
        ("manques", 60, "les 60 bailleurs à qui il manque le plus de baux"),
        ("engagements", 60, "les 60 engagements où il manque le plus de baux"),
        ("quartiles-bailleurs", 40, "les 20 qui, dans chaque zone, ont signé le plus de baux"),
    ] {
        let found = of(cle);
        assert_eq!(found.len(), if cle == "engagements" { 2 } else { 1 }, "{cle}");
        for figure in found {
            assert!(breakable(figure).contains(said), "{cle}");
            let names = names(figure);
            assert_eq!(names.len(), drawn, "{cle}");
            // Quartiles are of two zones, one after the other, where a landlord may stand in both.
            for of_a_zone in names.chunks(if cle == "quartiles-bailleurs" { 20 } else { drawn }) {
                let apart: BTreeSet<&str> = of_a_zone.iter().map(|name| &name[name.len() - 2..]).collect();
                assert_eq!(apart.len(), of_a_zone.len(), "{cle}");
            }
        }
    }
    let saved: Vec<&str> =
        page.split("download=\"engagements-").skip(1).filter_map(|l| l.split_once('"')).map(|(name, _)| name).collect();
    assert_eq!(saved, ["246300701.csv", "2-246300701.csv"]);
    let by_name: Vec<String> = (1..=ALL).map(|n| format!("quartier {n:02}")).collect();
    let mut in_order = 0;
    for (headings, rows) in tables(&page) {
        let actors: Vec<&String> = rows.iter().flatten().filter(|cell| cell.contains("modéré du quartier")).collect();
        if !actors.is_empty() {
            assert!(by_name.iter().all(|name| actors.iter().any(|cell| cell.ends_with(name.as_str()))), "{headings:?}");
            in_order += usize::from(actors.iter().zip(&by_name).all(|(cell, name)| cell.ends_with(name.as_str())));
        }
    }
    // Dwellings let by each (CCH R441-5-1), its lettings that are not reserved, its commitments: the others go by their figures.
    assert_eq!(in_order, 3);
}

/// What is programmed for the years to come is not the year's: the finding is of the year under review, else of the last before.
#[test]
fn new_supply_is_that_of_the_year() {
    let toml = PROJET.to_owned() + &source("programmation");
    let supply = |rows: &str| {
        let csv = format!("annee;epci;financement;logements\n{rows}");
        page_of(&commun::Projet::new(&toml, &[("programmation.csv", csv.as_bytes())]))
    };
    let page = supply(
        "2024;246300701;PLUS;10\n2025;246300701;PLAI;3\n2025;246300701;PLUS;1\n2026;246300701;PLAI;40\n2026;246300701;PLS;5\n",
    );
    assert!(breakable(&page).contains("4 logements programmés en 2025, dont 75,0 % en PLAI."));
    let table = tables(&page).into_iter().find(|(headings, _)| headings[0] == "Financement").unwrap();
    assert_eq!(table.0, ["Financement", "2024", "2025", "2026"]);
    assert_eq!(
        table.1,
        [["PLAI", "0", "3", "40"], ["PLUS", "10", "1", "0"], ["PLS", "0", "0", "5"], ["Ensemble", "10", "4", "45"]]
    );
    let page = supply("2023;246300701;PLUS;10\n2024;246300701;PLAI;1\n2027;246300701;PLAI;40\n");
    assert!(breakable(&page).contains("1 logement programmé en 2024, dont 100,0 % en PLAI."));
}
