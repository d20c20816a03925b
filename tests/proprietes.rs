//! Whatever a file holds, every row read was kept or refused, and no value kept differs from what the file says.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int32Type, Int64Type};
use bilan::store::read_all;
use proptest::prelude::*;

use crate::commun::Projet;

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
const HEADER: &str = "numero_unique;date_bail;bailleur;commune;nb_personnes;ressources_mensuelles;typologie\n";

/// A line as its author wrote it, good or bad.
#[derive(Debug, Clone)]
struct Ligne {
    date: String,
    siren: String,
    commune: String,
    personnes: String,
    ressources: String,
    typologie: String,
    brute: Option<String>,
}

fn ligne() -> impl Strategy<Value = Ligne> {
    let date = prop_oneof![
        6 => (2020..2027_i32, 1..13_u32, 1..29_u32, any::<bool>()).prop_map(|(y, m, d, iso)| {
            if iso { format!("{y}-{m:02}-{d:02}") } else { format!("{d:02}/{m:02}/{y}") }
        }),
        1 => prop_oneof![Just("31/02/2025".to_owned()), Just(String::new()), Just("bientôt".to_owned())],
    ];
    let siren = prop_oneof![6 => "[0-9]{9}", 1 => "[0-9]{3}", 1 => Just("DUPONT".to_owned())];
    let commune =
        prop_oneof![4 => Just("63113".to_owned()), 1 => Just("3310".to_owned()), 1 => Just("99999".to_owned())];
    let personnes =
        prop_oneof![4 => (1..20_u32).prop_map(|n| n.to_string()), 1 => "[a-z\"]{0,4}", 1 => Just("-3".to_owned())];
    let ressources = prop_oneof![
        4 => (0..2_000_000_u32, any::<bool>()).prop_map(|(cents, comma)| {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            if comma { text.replace('.', ",") } else { text }
        }),
        1 => "[0-9]{1,4},[0-9]{5}",
        1 => "[ -~é]{0,8}",
    ];
    let typologie = prop_oneof![3 => "T[1-6]", 1 => "[A-Z]{2}", 1 => Just(String::new())];
    let brute = prop_oneof![6 => Just(None), 1 => "[a-z;\"\n\t ]{0,30}".prop_map(Some)];
    (date, siren, commune, personnes, ressources, typologie, brute).prop_map(
        |(date, siren, commune, personnes, ressources, typologie, brute)| Ligne {
            date,
            siren,
            commune,
            personnes,
            ressources,
            typologie,
            brute,
        },
    )
}

/// The ten-thousandths of euro that a number written in a file means, worked out apart from the program: a sign, spaces between
/// thousands, a comma or a point, the power of ten that a spreadsheet leaves.
fn ten_thousandths(text: &str) -> Option<i128> {
    let text = text.trim().replace(',', ".");
    let (mantissa, power) = match text.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i32>().ok()?),
        None => (text.as_str(), 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let sign = if mantissa.starts_with('-') { -1 } else { 1 };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let groups: Vec<&str> = whole.split(' ').collect();
    let grouped = groups.len() == 1 || (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|g| g.len() == 3);
    let digits = format!("{}{fraction}", groups.concat());
    if !grouped || !whole.starts_with(|c: char| c.is_ascii_digit()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let places = i32::try_from(fraction.len()).ok()?;
    let shift = power + 4 - places;
    let (n, scale) = (digits.parse::<i128>().ok()?, 10_i128.checked_pow(shift.unsigned_abs())?);
    let n = if shift < 0 { (n % scale == 0).then_some(n / scale) } else { n.checked_mul(scale) };
    n.map(|n| sign * n)
}

#[test]
fn the_reading_apart_knows_the_forms_of_a_number() {
    for (text, n) in [("12,5", 125_000), ("+0", 0), ("-3", -30_000), ("1 234.50", 12_345_000), ("1.2e3", 12_000_000)] {
        assert_eq!(ten_thousandths(text), Some(n), "{text}");
    }
    for text in ["", ".5", "1,23456", "x", "1.2.3", "2e", "12 50", "1234 567"] {
        assert_eq!(ten_thousandths(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("BILAN_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24)
    ))]

    #[test]
    fn rows_add_up_and_values_are_those_of_the_file(lignes in proptest::collection::vec(ligne(), 0..60)) {
        let mut text = HEADER.to_owned();
        let mut truth: BTreeMap<i64, Ligne> = BTreeMap::new();
        for l in &lignes {
            if let Some(brute) = &l.brute {
                text += brute;
                text += "\n";
            }
            let number = i64::try_from(text.matches('\n').count()).unwrap() + 1;
            let (persons, income) = (l.personnes.replace('"', "x"), l.ressources.replace([';', '"'], "x"));
            let id = format!("N{number}");
            text += &[&id, &l.date, &l.siren, &l.commune, &persons, &income, &l.typologie].map(String::as_str).join(";");
            text += "\n";
            truth.insert(number, l.clone());
        }
        let projet = Projet::new(TOML, &[("a.csv", text.as_bytes())]);
        let outcome = projet.run(2, false);
        let file = &outcome.ingestion.fichiers[0];
        prop_assert!(file.refus.is_empty());
        prop_assert_eq!(file.lignes, file.gardees + file.refusees);
        for c in &file.controles {
            prop_assert_eq!(c.evalues + c.echecs + c.non_evaluables + c.hors_champ, c.lignes);
        }
        // Every line below the header is a row read, but for those that quotes of a stray line join into one value.
        let refused: u64 = projet.text("rejets.csv").lines().filter(|l| l.contains(";refus;")).map(|l| l.split(';').nth(1).unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>().len() as u64;
        prop_assert_eq!(refused, file.refusees);
        let stored = projet.path().join(".bilan").join(file.parquet.as_ref().unwrap());
        let (schema, batches) = read_all(&stored).unwrap();
        let at = |name: &str| schema.index_of(name).unwrap();
        let mut kept = 0;
        for batch in &batches {
            let lines = batch.column(at("ligne")).as_primitive::<Int64Type>();
            let dates = batch.column(at("date_bail")).as_primitive::<Date32Type>();
            let sirens = batch.column(at("bailleur")).as_string::<i32>();
            let persons = batch.column(at("nb_personnes")).as_primitive::<Int32Type>();
            let incomes = batch.column(at("ressources_mensuelles")).as_primitive::<Decimal128Type>();
            let types = batch.column(at("typologie")).as_string::<i32>();
            for row in 0..batch.num_rows() {
                kept += 1;
                // A stray line can be a record of its own; only the author's lines are known.
                let Some(l) = truth.get(&lines.value(row)) else { continue };
                let date = dates.value_as_date(row).unwrap();
                prop_assert!(l.date == date.to_string() || l.date == date.format("%d/%m/%Y").to_string(), "{} {date}", l.date);
                prop_assert_eq!(sirens.value(row), &l.siren);
                if persons.is_valid(row) {
                    prop_assert_eq!(persons.value(row).to_string(), l.personnes.clone());
                }
                if incomes.is_valid(row) {
                    prop_assert_eq!(Some(incomes.value(row)), ten_thousandths(&l.ressources), "{}", l.ressources);
                }
                if types.is_valid(row) && types.value(row) != "inconnu" {
                    prop_assert!(types.value(row) == l.typologie || (l.typologie == "T6" && types.value(row) == "T6P"));
                }
            }
        }
        prop_assert_eq!(kept, file.gardees);
    }
}
