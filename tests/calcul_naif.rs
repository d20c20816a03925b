//! A second, naive computation of every indicator, row by row and without a query engine, against the program's own on
//! random registers: empty EPCI, missing sources, unknown incomes, odd dates, lists, associations, split zones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::format_push_string,
    clippy::unused_self,
    reason = "small counts of small registers, and plain code before fast code"
)]

mod commun;
mod naif;

use commun::{Projet, Row};
use naif::{Registre, Table};
use proptest::prelude::*;

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
