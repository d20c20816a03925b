//! The workbook holds the tables: read back by another program's reader, every cell equals that of the Parquet file.

use std::collections::BTreeMap;

use calamine::{Data, DataType, Reader, Xlsx};

use crate::commun::{self, Cell};

#[test]
fn every_cell_of_the_workbook_is_that_of_its_table() {
    let project = commun::demonstration();
    let mut book: Xlsx<_> = calamine::open_workbook(project.join("sortie/bilan.xlsx")).unwrap();
    let names = book.sheet_names();
    assert_eq!(names[0], "Sommaire");
    assert!(names.len() >= 20, "{names:?}");
    // Sheets of the review begin with the number of their chapter; those of tables bear their table's name.
    let tables: Vec<&String> = names[1..].iter().filter(|n| !n.starts_with(|c: char| c.is_ascii_digit())).collect();
    assert!(tables.len() >= 23 && names.len() > tables.len() + 20, "{names:?}");
    for name in tables {
        let sheet = book.worksheet_range(name).unwrap();
        let path = project.join(format!("sortie/indicateurs/{name}.parquet"));
        let rows = commun::read_table(&path);
        let (schema, _) = bilan::store::read_all(&path).unwrap();
        let header: Vec<String> = (0..64)
            .map_while(|c| sheet.get_value((4, c)).map(|v| v.to_string().replace(' ', "_")))
            .filter(|n| !n.is_empty())
            .collect();
        assert!(schema.fields().iter().map(|f| f.name()).eq(&header), "{name}: {header:?}");
        for (i, row) in rows.iter().enumerate() {
            for (column, nom) in (0_u32..).zip(&header) {
                let cell = sheet.get_value((5 + u32::try_from(i).unwrap(), column)).unwrap_or(&Data::Empty);
                let same = match (&row[nom], cell) {
                    (Cell::Null, Data::Empty) => true,
                    (Cell::Text(t), Data::String(s)) => t == s,
                    (Cell::Text(t), Data::Empty) => t.is_empty(),
                    (Cell::Int(n), Data::Float(x)) => n.to_string() == x.to_string(),
                    (Cell::Real(a), Data::Float(b)) => (a - b).abs() <= 1e-12 * a.abs(),
                    _ => false,
                };
                assert!(same, "{name}, row {i}, {nom}: {:?} {cell:?}", row[nom]);
            }
        }
        let beyond = sheet.get_value((5 + u32::try_from(rows.len()).unwrap(), 0));
        assert!(beyond.is_none_or(|v| *v == Data::Empty), "{name}");
    }
    landlords_reports_add_up_to_the_table(project);
}

/// Each landlord's report has a sheet a holder, in the order of every page, which ends with the totals of its two counts.
fn landlords_reports_add_up_to_the_table(project: &std::path::Path) {
    const HOLDERS: [(&str, &str); 6] = [
        ("PPRIOR", "Préfet, prioritaires"),
        ("PFONCT", "Préfet, fonctionnaires"),
        ("COLACT", "Action Logement"),
        ("COLTER", "Collectivités"),
        ("AUTRES", "Autres réservataires"),
        ("AUCUN", "Hors contingent"),
    ];
    let mut expected: BTreeMap<String, BTreeMap<usize, (i64, i64)>> = BTreeMap::new();
    for row in commun::read_table(&project.join("sortie/indicateurs/flux.parquet")) {
        let holder = HOLDERS.iter().position(|(code, _)| *code == row["reservataire"].text()).unwrap();
        let total = expected.entry(row["bailleur"].text().to_owned()).or_default().entry(holder).or_default();
        total.0 += row["proposes"].int().unwrap();
        total.1 += row["attributions"].int().unwrap();
    }
    assert!(expected.len() > 10);
    for (siren, holders) in &expected {
        let mut book: Xlsx<_> = calamine::open_workbook(project.join(format!("sortie/flux/{siren}.xlsx"))).unwrap();
        let names = book.sheet_names();
        assert!(holders.keys().map(|h| HOLDERS[*h].1).eq(names.iter().map(String::as_str)), "{siren}: {names:?}");
        for (name, total) in names.iter().zip(holders.values()) {
            let sheet = book.worksheet_range(name).unwrap();
            let last = sheet.end().unwrap().0;
            let count = |column| sheet.get_value((last, column)).and_then(DataType::as_i64).unwrap();
            assert_eq!(sheet.get_value((last, 0)).unwrap().to_string(), "Total");
            assert_eq!((count(7), count(8)), *total, "{siren} {name}");
        }
    }
}
