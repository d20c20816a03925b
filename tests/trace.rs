//! What `bilan trace` lists adds up to the published figure, for every cell of the demonstration.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod commun;

use std::collections::BTreeMap;
use std::process::Command;

use bilan::engine::trace::{Cellule, records};
use bilan::engine::{Engine, open_results};
use bilan::project::Plan;
use commun::Row;

fn check(engine: &Engine, table: &str, row: &Row, key: &[&str], columns: &[(&str, &str)]) -> usize {
    let given: BTreeMap<String, String> = key.iter().map(|k| ((*k).to_owned(), row[*k].text().to_owned())).collect();
    let mut checked = 0;
    for (colonne, column) in columns {
        let Some(expected) = row[*column].int() else { continue };
        let mut given = given.clone();
        if !colonne.is_empty() {
            given.insert("colonne".to_owned(), (*colonne).to_owned());
        }
        let trace = records(engine, &Cellule::new(table, &given).unwrap()).unwrap();
        assert_eq!(trace.numerator(), expected, "{table} {given:?} {column}");
        let total = if table == "verdicts" { "denominateur" } else { "attributions" };
        assert_eq!(Some(trace.counted()), row[total].int(), "{table} {given:?}");
        assert!(trace.lines.iter().all(|l| !l.numerateur || l.compte == "oui"));
        checked += 1;
    }
    checked
}

#[test]
fn every_cell_of_the_demonstration_is_the_sum_of_its_records() {
    let dir = tempfile::tempdir().unwrap();
    let progress = bilan::progress::Progress::hidden();
    bilan::demo::write_demo(dir.path(), bilan::demo::Options { seed: 2025, communes: None }, &progress).unwrap();
    let (plan, notes) = Plan::load(dir.path(), None).unwrap();
    bilan::run::run(&plan, notes, bilan::run::Options { threads: 2, verifier: false, report: false }, &progress)
        .unwrap();
    let engine = open_results(&plan, 2).unwrap();
    let rows = |table: &str| commun::read_table(&dir.path().join(format!("sortie/indicateurs/{table}.parquet")));
    let mut checked = 0;
    let same = |names: &'static [&'static str]| names.iter().map(|n| (*n, *n)).collect::<Vec<_>>();
    for row in rows("quartiles") {
        let columns = same(&["q1", "q2", "q3", "q4", "inconnu", "relogement", "q1_ou_relogement", "attributions"]);
        checked += check(&engine, "quartiles", &row, &["niveau", "code", "bailleur", "zone"], &columns);
    }
    for row in rows("priorites") {
        let columns = same(&["dalo", "prioritaires", "attributions"]);
        checked += check(&engine, "priorites", &row, &["niveau", "code", "reservataire"], &columns);
    }
    let verdicts = rows("verdicts");
    for row in &verdicts {
        let key = ["epci", "regle", "acteur_type", "acteur", "zone", "secteur"];
        checked += check(&engine, "verdicts", row, &key, &[("", "numerateur")]);
    }
    assert!(checked > 5_000, "only {checked} cells checked");

    let path = dir.path().to_string_lossy().into_owned();
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_bilan")).args(args).args(["--projet", &path]).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) =
        run(&["trace", "verdicts", "--where", "epci=246300701", "--where", "regle=q1_hors_qpv", "--json"]);
    assert_eq!(code, 0);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let first =
        verdicts.iter().find(|r| r["epci"].text() == "246300701" && r["regle"].text() == "q1_hors_qpv").unwrap();
    assert_eq!(document["numerateur"].as_i64(), first["numerateur"].int());
    assert_eq!(document["enregistrements"][0]["numero_unique"].as_str().unwrap().len(), 32);
    for wrong in [
        &["trace", "parc"][..],
        &["trace", "quartiles", "--where", "niveau=epci"],
        &["trace", "quartiles", "--where", "niveau=planete", "--where", "code=x"],
        &["trace", "quartiles", "--where", "rien"],
        &["trace", "verdicts", "--where", "epci=x' OR '1'='1", "--where", "regle=y"],
    ] {
        assert_eq!(run(wrong).0, 2, "{wrong:?}");
    }
}
