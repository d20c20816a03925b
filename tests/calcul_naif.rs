//! A second, naive computation of every indicator, row by row and without a query engine, against the program's own on
//! random registers: empty EPCI, missing sources, unknown incomes, odd dates, lists, associations, split zones.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::format_push_string,
    reason = "small counts of small registers, and plain code before fast code"
)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::commun::{self, Projet, Row};
use crate::naif::{self, Registre, Table};

fn compare(registre: &Registre) -> Result<(), TestCaseError> {
    let files = registre.files();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (n.as_str(), b.as_bytes())).collect();
    let projet = Projet::new(&registre.toml(), &files);
    let outcome = projet.run(1, false);
    prop_assert!(
        !outcome.any_refusal(),
        "{:?}",
        outcome.ingestion.fichiers.iter().map(|f| &f.totaux).collect::<Vec<_>>()
    );
    for table in Table::ALL {
        let rows = projet.table(table.name());
        let places: Vec<(&str, &str)> = rows.iter().map(|r| (r["niveau"].text(), r["code"].text())).collect();
        prop_assert!(places.is_sorted(), "{}: levels and codes are not in order", table.name());
        let mut seen = std::collections::BTreeSet::new();
        for row in &rows {
            let key: Vec<String> = table.key().iter().map(|k| row[*k].text().to_owned()).collect();
            let expected = registre.expected(table, &key);
            for (column, value) in &expected {
                prop_assert!(
                    same(&row[*column], value),
                    "{} {key:?} {column}: program {:?}, naive {value:?}\n{registre:?}",
                    table.name(),
                    row[*column]
                );
            }
            prop_assert!(seen.insert(key.clone()), "{} {key:?} twice", table.name());
        }
        for key in registre.keys(table) {
            let expected = registre.expected(table, &key);
            let counted = expected.iter().any(|(_, v)| matches!(v, naif::Valeur::Compte(Some(n)) if *n != 0));
            prop_assert!(!counted || seen.contains(&key), "{} {key:?} is missing", table.name());
        }
        for epci in registre.epcis() {
            let mut key = vec!["epci".to_owned(), epci.to_owned()];
            key.resize(table.key().len(), "ensemble".to_owned());
            prop_assert!(seen.contains(&key), "{}: no whole row for EPCI {epci}", table.name());
        }
    }
    Ok(())
}

fn same(cell: &commun::Cell, value: &naif::Valeur) -> bool {
    match value {
        naif::Valeur::Compte(n) => cell.int() == *n,
        naif::Valeur::Taux(x) => match (cell.real(), x) {
            (None, None) => true,
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
            _ => false,
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("BILAN_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24), max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_equals_the_naive_computation(registre in naif::registre()) {
        compare(&registre)?;
    }
}

#[test]
fn a_register_with_nothing_in_it_gives_whole_rows_of_zeros_and_no_rate() {
    let registre = Registre::empty();
    compare(&registre).unwrap();
}

#[test]
fn missing_sources_give_nulls_and_not_zeros() {
    let registre = Registre { avec_demandes: false, avec_rpls: false, ..Registre::empty() };
    compare(&registre).unwrap();
    let projet = Projet::new(&registre.toml(), &[("attributions.csv", registre.attributions_csv().as_bytes())]);
    projet.run(1, false);
    assert_eq!(projet.table("calendrier")[0]["renouvelees"], commun::Cell::Null);
    let row: &Row = &projet.table("demande")[0];
    assert_eq!(row["actives"], commun::Cell::Null);
    assert_eq!(projet.table("parc")[0]["logements"], commun::Cell::Null);
    assert_eq!(projet.table("attributions")[0]["attributions"], commun::Cell::Int(0));
}

#[test]
fn unknown_incomes_stay_in_the_denominator_and_never_in_the_first_quartile() {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut registre = naif::registre().new_tree(&mut runner).unwrap().current();
    for menage in registre
        .demandes
        .iter_mut()
        .map(|d| &mut d.menage)
        .chain(registre.attributions.iter_mut().map(|a| &mut a.menage))
    {
        menage.ressources = None;
    }
    registre.avec_attributions = true;
    compare(&registre).unwrap();
}

/// Households met in several communes are counted once in each territory above them, whatever the steps they met there.
#[test]
fn steps_of_the_process_equal_a_count_of_each_household_apart() {
    const TYPES: [&str; 5] = ["visite", "proposition", "commission", "refus", "annulation"];
    // What an event may bear, wherever it stands: a motive means nothing of a visit.
    const DECISIONS: [&str; 4] = ["attribution", "rang_suivant", "ajournement", ""];
    const MOTIFS: [&str; 3] = ["loyer", "etage", ""];
    // Commune, EPCI, département and région of four dwellings, each placed by its lease.
    const LIEUX: [[&str; 4]; 4] = [
        ["63113", "246300701", "63", "84"],
        ["63014", "246300701", "63", "84"],
        ["03185", "200071082", "03", "84"],
        ["03310", "200071363", "03", "84"],
    ];
    let niveaux = ["commune", "epci", "departement", "region"];
    let mut baux = "numero_unique;date_bail;bailleur;commune;id_rpls\n".to_owned();
    for (i, lieu) in LIEUX.iter().enumerate() {
        baux += &format!("B{i};2025-03-01;900000001;{};L{i}\n", lieu[0]);
    }
    let mut evenements = "numero_unique;type;date;id_rpls;decision;motif\n".to_owned();
    let mut found: BTreeMap<(String, String, String), (i64, BTreeSet<usize>)> = BTreeMap::new();
    let mut issues: BTreeMap<[String; 4], i64> = BTreeMap::new();
    let mut draw = 20_251_231_u64;
    for _ in 0..400 {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [menage, evenement, lieu] = [(17, 90), (33, 5), (47, 4)].map(|(shift, n)| (draw >> shift) as usize % n);
        // A third of them are met in one place alone.
        let lieu = LIEUX[if menage % 3 == 0 { menage / 3 % 4 } else { lieu }];
        let place = LIEUX.iter().position(|l| *l == lieu).unwrap();
        let (decision, motif) = (DECISIONS[(draw >> 20) as usize % 4], MOTIFS[(draw >> 40) as usize % 3]);
        evenements += &format!("H{menage};{};2025-05-01;L{place};{decision};{motif}\n", TYPES[evenement]);
        let sollicite = ["proposition", "refus"].contains(&TYPES[evenement]).then_some("proposition_ou_refus");
        for (niveau, code) in niveaux.iter().zip(lieu) {
            if let Some(issue) = match TYPES[evenement] {
                "commission" => Some(decision),
                "refus" => Some(motif),
                _ => None,
            } {
                for issue in ["ensemble", if issue.is_empty() { "inconnu" } else { issue }] {
                    *issues.entry([niveau, code, TYPES[evenement], issue].map(str::to_owned)).or_default() += 1;
                }
            }
            for evenement in [TYPES[evenement]].into_iter().chain(sollicite) {
                let (nombre, menages) =
                    found.entry((niveau.to_string(), code.to_owned(), evenement.to_owned())).or_default();
                *nombre += 1;
                menages.insert(menage);
            }
        }
    }
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\", \"200071082\", \"200071363\"]\n\
                [[source]]\nschema = \"attributions\"\nfichiers = [\"baux.csv\"]\n\
                [[source]]\nschema = \"evenements\"\nfichiers = [\"evenements.csv\"]\n";
    let projet = Projet::new(toml, &[("baux.csv", baux.as_bytes()), ("evenements.csv", evenements.as_bytes())]);
    projet.run(1, false);
    let lines = |table: &str| -> Vec<Vec<String>> {
        let text = projet.text(&format!("indicateurs/{table}.csv"));
        text.lines().skip(1).map(|l| l.split(';').map(str::to_owned).collect()).collect()
    };
    let of = |niveau: &str, code: &str, evenement: &str| {
        let key = (niveau.to_owned(), code.to_owned(), evenement.to_owned());
        found.get(&key).map_or((0, 0), |(nombre, menages)| (*nombre, menages.len() as i64))
    };
    let mut compared = 0;
    for line in lines("processus").iter().filter(|l| niveaux.contains(&l[1].as_str())) {
        let expected = of(&line[1], &line[2], &line[4]);
        assert_eq!((line[5].parse().unwrap(), line[6].parse().unwrap()), expected, "{line:?}");
        compared += i64::from(expected.0 > 0);
    }
    assert!(compared > 40, "{compared}");
    let mut seen = 0;
    for line in lines("processus_issues").iter().filter(|l| niveaux.contains(&l[1].as_str())) {
        let key = [&line[1], &line[2], &line[4], &line[5]].map(Clone::clone);
        let expected = issues.get(&key).copied().unwrap_or(0);
        assert_eq!(line[6].parse::<i64>().unwrap(), expected, "{line:?}");
        seen += usize::from(expected > 0);
    }
    assert_eq!(seen, issues.len());
    let mut compared = 0;
    for line in
        lines("processus_mesures").iter().filter(|l| niveaux.contains(&l[1].as_str()) && l[4] == "refus_par_menage")
    {
        let expected = (of(&line[1], &line[2], "refus").1, of(&line[1], &line[2], "proposition_ou_refus").1);
        assert_eq!((line[5].parse().unwrap(), line[6].parse().unwrap()), expected, "{line:?}");
        compared += i64::from(expected.1 > 0);
    }
    assert!(compared >= 8, "{compared}");
}

/// Classes of age and of delay at their bounds, by hand: an age is that reached in the year, a delay goes by calendar
/// anniversaries of the deposit.
#[test]
fn classes_of_leases_change_on_the_day_they_say() {
    let leases = [
        ("2025-04-16", 2001, "moins_3_mois", "moins_de_25"),
        ("2025-04-15", 2000, "3_a_6_mois", "25_29"),
        ("2025-01-16", 1996, "3_a_6_mois", "25_29"),
        ("2025-01-15", 1995, "6_a_12_mois", "30_39"),
        ("2024-07-15", 1986, "12_a_18_mois", "30_39"),
        ("2024-01-15", 1985, "18_a_24_mois", "40_49"),
        ("2023-07-15", 1976, "2_a_3_ans", "40_49"),
        ("2022-07-15", 1975, "3_a_5_ans", "50_64"),
        ("2020-07-16", 1961, "3_a_5_ans", "50_64"),
        ("2020-07-15", 1960, "plus_5_ans", "65_et_plus"),
    ];
    let (mut demands, mut lettings) = (
        "numero_unique;date_depot;communes;annee_naissance\n".to_owned(),
        "numero_unique;date_bail;bailleur;commune\n".to_owned(),
    );
    let mut expected: BTreeMap<(String, String), i64> = BTreeMap::new();
    for ((depot, naissance, delai, age), i) in leases.into_iter().zip(1..) {
        demands += &format!("D{i};{depot};63113;{naissance}\n");
        lettings += &format!("D{i};2025-07-15;900000001;63113\n");
        for (dimension, modalite) in [("delai", delai), ("age", age)] {
            *expected.entry((dimension.to_owned(), modalite.to_owned())).or_default() += 1;
        }
    }
    let source = |nom: &str| format!("[[source]]\nschema = \"{nom}\"\nfichiers = [\"{nom}.csv\"]\n");
    let toml = format!(
        "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n{}{}",
        source("demandes"),
        source("attributions")
    );
    let projet = Projet::new(&toml, &[("demandes.csv", demands.as_bytes()), ("attributions.csv", lettings.as_bytes())]);
    projet.run(2, false);
    let rows = projet.table("attributions_profil");
    let found: BTreeMap<(String, String), i64> = rows
        .iter()
        .filter(|r| r["niveau"].text() == "commune" && ["delai", "age"].contains(&r["dimension"].text()))
        .map(|r| {
            ((r["dimension"].text().to_owned(), r["modalite"].text().to_owned()), r["attributions"].int().unwrap())
        })
        .collect();
    assert_eq!(found, expected);
}
