//! Every code that the program can give is explained, and nothing else is; the page of the docs is the one generated.

use std::collections::BTreeSet;
use std::path::Path;

use bilan::reference::{Resources, catalogue, markdown};
use bilan::schema::Schema;

fn codes_in(dir: &Path, extension: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_in(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            let text = std::fs::read_to_string(&path).unwrap();
            for (i, _) in text.match_indices("B0") {
                let code = text.get(i..i + 5).unwrap_or_default();
                if code.bytes().skip(1).all(|b| b.is_ascii_digit()) && code.len() == 5 {
                    found.insert(code.to_owned());
                }
            }
        }
    }
}

#[test]
fn every_code_is_explained_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut used = BTreeSet::new();
    codes_in(&root.join("src"), "rs", &mut used);
    codes_in(&root.join("schemas"), "toml", &mut used);
    codes_in(&root.join("pipelines/controles"), "toml", &mut used);
    let explained: BTreeSet<String> = catalogue(&Resources::embedded()).unwrap().into_iter().map(|c| c.code).collect();
    assert_eq!(used, explained);
}

/// `BILAN_REECRIRE=1 cargo test --release` writes the page anew.
#[test]
fn the_page_of_the_docs_is_the_one_generated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnostics.md");
    let page = markdown(&catalogue(&Resources::embedded()).unwrap());
    if std::env::var("BILAN_REECRIRE").is_ok() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page);
}

#[test]
fn every_column_serves_tables_that_exist() {
    let resources = Resources::embedded();
    let tables: BTreeSet<String> = bilan::engine::Indicateur::in_order(&resources)
        .unwrap()
        .into_iter()
        .filter(|i| !i.interne)
        .map(|i| i.nom)
        .collect();
    for schema in Schema::load_all(&resources, 2025).unwrap() {
        for colonne in &schema.colonnes {
            for table in &colonne.sert {
                assert!(tables.contains(table), "{}.{}: {table}", schema.nom, colonne.nom);
            }
        }
    }
}
