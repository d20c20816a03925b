//! Over the years, and out to the landlords: the trend that earlier runs leave, and the reports of CCH R441-5-1.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::DataType;

use crate::commun::{Projet, files};

fn toml(year: i32) -> String {
    format!(
        "[bilan]\nmillesime = {year}\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n\
         [[source]]\nschema = \"bailleurs\"\nfichiers = [\"b.csv\"]\n"
    )
}

const HEADER: &str =
    "numero_unique;date_bail;bailleur;commune;qpv;nb_personnes;ressources_mensuelles;reservataire;typologie\n";

/// 2024: one of four to Q1; 2025: two of four; 2026: three of four.
fn leases() -> String {
    let mut csv = HEADER.to_owned();
    for (year, poor) in [(2024, 1), (2025, 2), (2026, 3)] {
        for i in 0..4 {
            let income = if i < poor { 500 } else { 2000 };
            let holder = if i == 0 { "COLACT" } else { "AUCUN" };
            let landlord = 1 + i % 2;
            writeln!(csv, "A{year}{i};{year}-03-02;90000000{landlord};63113;non;1;{income};{holder};T2").unwrap();
        }
    }
    csv
}

fn projet() -> Projet {
    Projet::new(
        &toml(2024),
        &[("a.csv", leases().as_bytes()), ("b.csv", b"siren;nom\n900000001;Office A\n900000002;Office B\n")],
    )
}

fn shares(projet: &Projet) -> BTreeMap<i64, f64> {
    projet
        .table("tendance")
        .iter()
        .filter(|r| r["niveau"].text() == "epci" && r["indicateur"].text() == "q1_hors_qpv")
        .map(|r| (r["annee"].int().unwrap(), r["valeur"].real().unwrap()))
        .collect()
}

#[test]
fn each_year_stands_beside_the_two_before_it() {
    let projet = projet();
    projet.run(1, true);
    assert_eq!(shares(&projet), BTreeMap::from([(2024, 0.25)]));
    assert!(!projet.text("epci/246300701.html").contains("Évolution"));
    for (year, expected) in
        [(2025, vec![(2024, 0.25), (2025, 0.5)]), (2026, vec![(2024, 0.25), (2025, 0.5), (2026, 0.75)])]
    {
        fs::write(projet.path().join("bilan.toml"), toml(year)).unwrap();
        projet.run(1, true);
        assert_eq!(shares(&projet), expected.into_iter().collect());
    }
    let page = projet.text("epci/246300701.html");
    assert!(page.contains("Évolution") && page.contains("25,0\u{a0}%") && page.contains("75,0\u{a0}%"));
}

/// A perimeter that grows: the whole, and the EPCI that it cut the year before, no longer count the same communes. What they
/// counted stays in the table, and is compared with nothing.
#[test]
fn years_about_other_communes_are_not_compared() {
    let mut leases = leases();
    for (year, lease) in [(2024, "R0"), (2025, "R1"), (2026, "R2")] {
        writeln!(leases, "{lease};{year}-03-02;900000001;63300;non;1;500;AUCUN;T2").unwrap();
    }
    let wider = |year: i32, more: &str| toml(year).replace("epci = [\"246300701\"]", more);
    let projet =
        Projet::new(&toml(2024), &[("a.csv", leases.as_bytes()), ("b.csv", b"siren;nom\n900000001;Office A\n")]);
    projet.run(1, false);
    let compared = |year: i64, code: &str| -> Vec<i64> {
        let rows = projet.table("tendance");
        let of = rows.iter().filter(|r| {
            r["code"].text() == code && r["annee"].int() == Some(year) && r["indicateur"].text() == "attributions"
        });
        of.map(|r| r["comparable"].int().unwrap()).collect()
    };
    fs::write(projet.path().join("bilan.toml"), wider(2025, "epci = [\"246300701\"]\ncommunes = [\"63300\"]")).unwrap();
    projet.run(1, true);
    for (code, expected) in [("territoire", vec![0]), ("63", vec![0]), ("246300701", vec![1]), ("200070753", vec![])] {
        assert_eq!(compared(2024, code), expected, "{code}");
    }
    let note = "Des chiffres de 2024 portent sur d'autres communes";
    let whole = projet.text("territoire.html").replace("&#x27;", "'");
    assert!(
        whole.contains(note) && !whole.contains("4 en 2024"),
        "five leases are not beside the four of another perimeter"
    );
    let own = projet.text("epci/246300701.html").replace("&#x27;", "'");
    assert!(!own.contains(note) && own.contains("4 en 2024"));
    // The same year again, on the first perimeter.
    fs::write(projet.path().join("bilan.toml"), toml(2025)).unwrap();
    let notes = projet.run(1, false).notes;
    let restated = notes.iter().find(|d| d.code == "B0305").unwrap();
    assert!(restated.message.contains("sur un autre périmètre ou par d'autres règles"), "{restated}");
    fs::write(projet.path().join("bilan.toml"), wider(2025, "epci = [\"246300701\"]\ncommunes = [\"63300\"]")).unwrap();
    projet.run(1, false);
    let told: Vec<String> = projet.listed().get("B0378").into_iter().flatten().cloned().collect();
    assert!(!told.is_empty(), "{:?}", projet.listed().keys());

    fs::write(projet.path().join("bilan.toml"), wider(2026, "epci = [\"246300701\", \"200070753\"]")).unwrap();
    projet.run(1, false);
    assert_eq!(compared(2025, "200070753"), [0], "one commune of Riom's, then all");
    assert_eq!(compared(2025, "246300701"), [1]);
}

/// Rules that the project sets count what follows them otherwise, and nothing else.
#[test]
fn years_counted_by_other_rules_are_not_compared() {
    let projet = projet();
    projet.run(1, false);
    let rules = toml(2025).replace("epci =", "financements_exclus = [\"PLI\", \"PLS\"]\nepci =");
    fs::write(projet.path().join("bilan.toml"), rules).unwrap();
    projet.run(1, false);
    let compared: BTreeMap<String, i64> = projet
        .table("tendance")
        .iter()
        .filter(|r| r["niveau"].text() == "epci" && r["annee"].int() == Some(2024))
        .map(|r| (r["indicateur"].text().to_owned(), r["comparable"].int().unwrap()))
        .collect();
    assert_eq!(compared["q1_hors_qpv"], 0);
    assert_eq!(compared["attributions"], 1);
}

/// A year that was not over when its register was extracted: its counts stand beside no whole year's, shares and stock do; no
/// month that had not begun is one without anything; every document says so.
#[test]
fn a_year_that_was_not_over_is_told_and_not_compared() {
    let mut leases = leases().into_bytes();
    // Signed after the month of the extraction: an anomaly, and counted as any lease.
    leases.extend_from_slice(b"L2026;2026-08-05;900000001;63113;non;1;500;AUCUN;T2\n");
    let demands = b"numero_unique;date_depot;communes;typologies\n\
        A;2026-02-01;63113;T2\nB;2025-08-15;63113;T2\nC;2025-04-15;63113;T2\n";
    let bilan = |year: i32, day: &str| {
        let dated = toml(year).replace("epci =", &format!("date_extraction = {day}\nepci ="));
        dated + "[[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n"
    };
    let projet = Projet::new(
        &bilan(2025, "2026-01-31"),
        &[("a.csv", &leases), ("b.csv", b"siren;nom\n900000001;Office A\n"), ("d.csv", demands)],
    );
    projet.run(1, true);
    assert!(!projet.text("epci/246300701.html").contains("en cours"));
    fs::write(projet.path().join("bilan.toml"), bilan(2026, "2026-06-30")).unwrap();
    let notes = projet.run(1, true).notes;
    assert!(notes.iter().any(|d| d.code == "B0383" && d.message.contains("30/06/2026")), "{notes:?}");
    let compared: BTreeMap<String, i64> = projet
        .table("tendance")
        .iter()
        .filter(|r| r["niveau"].text() == "epci" && r["annee"].int() == Some(2025))
        .map(|r| (r["indicateur"].text().to_owned(), r["comparable"].int().unwrap()))
        .collect();
    for (indicateur, expected) in [("attributions", 0), ("demandes_actives", 0), ("tension", 0), ("q1_hors_qpv", 1)] {
        assert_eq!(compared[indicateur], expected, "{indicateur}");
    }
    let months: Vec<i64> = projet
        .table("calendrier")
        .iter()
        .filter(|r| r["niveau"].text() == "epci")
        .map(|r| r["mois"].int().unwrap())
        .collect();
    assert_eq!(months, (1..=8).collect::<Vec<_>>(), "the lease of August is not lost");
    let page = projet.text("epci/246300701.html").replace("&#x27;", "'").replace("&#x2f;", "/");
    for told in [
        "Année 2026 en cours, arrêtée au 30/06/2026",
        "L'année 2026 n'était pas finie à l'extraction, le 30 juin 2026",
        "Au 30 juin 2026, 3\u{a0}demandes sont actives",
        "signée depuis janvier",
        // Four of the five leases of the year.
        "Fin août, le cumul est à 80,0\u{a0}%, au-dessus des 25\u{a0}%",
        "Des chiffres de 2025 portent sur d'autres communes ou une autre partie de l'année",
    ] {
        assert!(page.contains(told), "{told}");
    }
    assert!(!page.contains("31 décembre 2026"), "no count is of a day that had not come");
    // The year after, on the same day: half a year stands beside half a year.
    fs::write(projet.path().join("bilan.toml"), bilan(2027, "2027-06-30")).unwrap();
    projet.run(1, false);
    let before = projet.table("tendance");
    let of = |annee: i64| {
        let rows = before.iter().filter(|r| r["niveau"].text() == "epci" && r["annee"].int() == Some(annee));
        rows.filter(|r| r["indicateur"].text() == "attributions")
            .map(|r| r["comparable"].int().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!((of(2026), of(2025)), (vec![1], vec![0]));
}

#[test]
fn a_restated_year_is_announced_and_its_earlier_figures_are_kept() {
    let projet = projet();
    // The geography is that of 2025, and said so; nothing else is.
    assert!(projet.run(1, false).notes.iter().all(|d| d.code == "B0306"));
    let kept = projet.path().join(".bilan/historique");
    let before = fs::read(kept.join("2024.parquet")).unwrap();
    let restated =
        leases().replace("A20241;2024-03-02;900000002;63113;non;1;2000", "A20241;2024-03-02;900000002;63113;non;1;500");
    fs::write(projet.path().join("a.csv"), restated).unwrap();
    let outcome = projet.run(1, false);
    assert!(outcome.notes.iter().any(|d| d.code == "B0305"), "{:?}", outcome.notes);
    assert_eq!(shares(&projet), BTreeMap::from([(2024, 0.5)]));
    assert!(files(&kept).values().any(|bytes| *bytes == before), "the earlier file stays");
}

/// What an earlier version kept may have other columns: said by name, and never a defect of the program.
#[test]
fn a_kept_year_of_other_columns_is_refused_by_name() {
    let projet = projet();
    projet.run(1, false);
    let kept = projet.path().join(".bilan/historique");
    let other: [(&str, ArrayRef); 2] =
        [("niveau", Arc::new(StringArray::from(vec!["epci"]))), ("annee", Arc::new(StringArray::from(vec!["2023"])))];
    let lacking = RecordBatch::try_from_iter(other).unwrap();
    // Every column, the words of the first in another form.
    let (schema, all) = bilan::store::read_all(&kept.join("2024.parquet")).unwrap();
    let all = arrow::compute::concat_batches(&schema, &all).unwrap();
    let columns = schema.fields().iter().zip(all.columns()).map(|(field, column)| {
        let other = if field.name() == "niveau" { &DataType::Binary } else { field.data_type() };
        (field.name(), arrow::compute::cast(column, other).unwrap())
    });
    let other_words = RecordBatch::try_from_iter(columns).unwrap();
    for (year, batch, column) in [
        (2023, &lacking, "code"),
        (2024, &lacking, "code"),
        (2023, &other_words, "niveau"),
        (2024, &other_words, "niveau"),
    ] {
        let path = kept.join(format!("{year}.parquet"));
        let before = fs::read(&path).ok();
        bilan::store::write_table(&path, &batch.schema(), std::slice::from_ref(batch)).unwrap();
        fs::remove_dir_all(projet.path().join("sortie")).unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_bilan")).arg("run").arg(projet.path()).output().unwrap();
        let told = String::from_utf8_lossy(&run.stderr);
        assert_eq!(run.status.code(), Some(2), "{told}");
        assert!(told.contains("B0415") && told.contains(&format!("{year}.parquet")), "{told}");
        assert!(told.contains(&format!("« {column} » de type VARCHAR")), "{told}");
        match before {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        projet.run(1, false);
    }
}

#[test]
fn each_landlord_has_a_workbook_and_a_csv_a_holder_that_add_up_to_the_table() {
    let projet = projet();
    projet.run(1, true);
    let mut expected: BTreeMap<String, i64> = BTreeMap::new();
    for row in projet.table("flux") {
        *expected.entry(format!("{}_{}", row["bailleur"].text(), row["reservataire"].text())).or_default() +=
            row["attributions"].int().unwrap();
    }
    assert_eq!(expected.len(), 3);
    for (name, total) in &expected {
        let csv = projet.text(&format!("flux/{name}.csv"));
        let sum: i64 = csv.lines().skip(1).map(|l| l.rsplit(';').next().unwrap().parse::<i64>().unwrap()).sum();
        assert_eq!(sum, *total, "{name}");
    }
    let dir = projet.path().join("sortie/flux");
    let before = files(&dir);
    assert!(
        before.iter().filter(|(p, _)| p.extension().is_some_and(|e| e == "xlsx")).all(|(_, b)| b.starts_with(b"PK"))
    );
    fs::remove_dir_all(projet.path().join("sortie")).unwrap();
    projet.run(2, true);
    assert_eq!(before, files(&dir), "same inputs, same bytes");
}

/// Pages of other figures never stay beside newer tables.
#[test]
fn tables_computed_without_pages_leave_no_older_page() {
    let projet = projet();
    projet.run(1, true);
    fs::write(projet.path().join("bilan.toml"), toml(2025)).unwrap();
    projet.run(1, false);
    assert!(!projet.path().join("sortie/index.html").exists());
    projet.run(1, true);
    assert!(projet.path().join("sortie/index.html").exists());
}
