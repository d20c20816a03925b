//! A column left empty, as in a model filled in part, says no more than one that is not there: no count of none is made of it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bilan::demo::{Options, write_demo};
use bilan::progress::Progress;
use bilan::reference::Resources;
use bilan::schema::Schema;

use crate::commun::{Projet, files};

/// The five communes of a small fictitious country.
const TOML: &str = "[bilan]\nmillesime = 2025\ncommunes = [\"01001\", \"31409\", \"48146\", \"61241\", \"81288\"]\n\
                    date_extraction = 2026-01-31\n";
const SOURCES: [&str; 4] = ["demandes", "attributions", "rpls", "evenements"];

/// Header and rows of a file of the project.
type Feuille = Vec<Vec<String>>;

fn small_country() -> BTreeMap<&'static str, Feuille> {
    let dir = tempfile::tempdir().unwrap();
    write_demo(dir.path(), Options { seed: 2025, communes: Some(12) }, &Progress::hidden()).unwrap();
    SOURCES
        .into_iter()
        .map(|source| {
            let text = std::fs::read_to_string(dir.path().join(format!("donnees/{source}.csv"))).unwrap();
            let mut reader = csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_reader(text.as_bytes());
            (source, reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect())
        })
        .collect()
}

/// What is published of these files.
fn tables(sources: &BTreeMap<&str, Feuille>) -> BTreeMap<PathBuf, Vec<u8>> {
    let declared = sources.keys().map(|s| format!("[[source]]\nschema = \"{s}\"\nfichiers = [\"{s}.csv\"]\n"));
    let toml = TOML.to_owned() + &declared.collect::<Vec<_>>().concat();
    let text = |rows: &Feuille| rows.iter().map(|row| row.join(";") + "\n").collect::<Vec<_>>().concat();
    let texts: Vec<_> = sources.iter().map(|(source, rows)| (format!("{source}.csv"), text(rows))).collect();
    let given: Vec<(&str, &[u8])> = texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let projet = Projet::new(&toml, &given);
    projet.run(1, false);
    let mut tables = files(&projet.path().join("sortie/indicateurs"));
    tables.retain(|path, _| path.extension().is_some_and(|e| e == "csv"));
    tables
}

/// Columns tried together: what one of them changes is seen all the same.
const TOGETHER: usize = 3;

/// Tables of a project without some optional columns of a source, and with them left empty.
fn without_and_empty(source: &str) {
    let whole = small_country();
    let schema = Schema::load(&Resources::embedded(), source, 2025).unwrap();
    let header = &whole[source][0];
    let optional = |i: &usize| schema.colonnes.iter().any(|c| c.nom == header[*i] && !c.obligatoire);
    let columns: Vec<usize> = (0..header.len()).filter(optional).collect();
    assert!(columns.len() > TOGETHER);
    let with = |change: &dyn Fn(usize, &mut Vec<String>)| {
        let mut sources = whole.clone();
        let rows = sources.get_mut(source).unwrap().iter_mut().enumerate();
        rows.for_each(|(line, row)| change(line, row));
        tables(&sources)
    };
    for group in columns.chunks(TOGETHER) {
        let absent = with(&|_, row| group.iter().rev().for_each(|column| drop(row.remove(*column))));
        let empty = with(&|line, row| group.iter().filter(|_| line > 0).for_each(|column| row[*column].clear()));
        let names: Vec<&String> = group.iter().map(|column| &header[*column]).collect();
        for (path, bytes) in &absent {
            assert!(empty.get(path) == Some(bytes), "{source}, {names:?} : {}", path.display());
        }
    }
}

#[test]
fn a_column_of_demands_left_empty_is_a_column_that_is_not_there() {
    without_and_empty("demandes");
}

#[test]
fn a_column_of_leases_left_empty_is_a_column_that_is_not_there() {
    without_and_empty("attributions");
}

#[test]
fn a_column_of_the_stock_left_empty_is_a_column_that_is_not_there() {
    without_and_empty("rpls");
}

#[test]
fn a_column_of_events_left_empty_is_a_column_that_is_not_there() {
    without_and_empty("evenements");
}
