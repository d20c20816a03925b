//! Each indicator beside its worked case, its dictionary entry and the portable subset of SQL it is written in.

use bilan::engine::{Croisement, Indicateur};
use bilan::reference::Resources;
use sqlparser::dialect::{DuckDbDialect, GenericDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::commun::{Cell, Projet, Row, worked_cases};

fn published() -> Vec<Indicateur> {
    Indicateur::in_order(&Resources::embedded()).unwrap().into_iter().filter(|i| !i.interne).collect()
}

fn written(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(t) => t.clone(),
        Cell::Int(n) => n.to_string(),
        Cell::Real(x) => format!("{x:.4}").replace('.', ","),
    }
}

/// `BILAN_REECRIRE=1 cargo test --release` writes the tables found in place of those expected: a change then shows as a
/// difference to review.
#[test]
fn every_worked_case_gives_the_table_worked_by_hand() {
    let rewrite = std::env::var("BILAN_REECRIRE").is_ok();
    let mut wrong = Vec::new();
    for (indicateur, cas, projet) in worked_cases() {
        let dir = format!("{}/pipelines/{}", env!("CARGO_MANIFEST_DIR"), indicateur.nom);
        assert!(cas.explication.len() > 60, "{}: the case must say what each row is there to catch", indicateur.nom);
        let kept = |row: &&Row| cas.filtre.iter().all(|(column, value)| row[column].text() == value);
        let mut found = cas.colonnes.join(";") + "\n";
        for row in projet.table(&indicateur.nom).iter().filter(kept) {
            found += &(cas.colonnes.iter().map(|c| written(&row[c])).collect::<Vec<_>>().join(";") + "\n");
        }
        let path = format!("{dir}/attendu.csv");
        if rewrite {
            std::fs::write(&path, &found).unwrap();
        } else if found != std::fs::read_to_string(&path).unwrap() {
            wrong.push(format!("{}:\n{found}", indicateur.nom));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_table_has_the_columns_and_the_key_its_entry_says() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n";
    let projet = Projet::new(toml, &[]);
    projet.run(1, false);
    for indicateur in published() {
        let path = projet.path().join(format!("sortie/indicateurs/{}.parquet", indicateur.nom));
        let (schema, _) = bilan::store::read_all(&path).unwrap();
        let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        assert_eq!(columns[0], "millesime", "{}", indicateur.nom);
        let described: Vec<&str> = indicateur.colonnes.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(described, columns, "{}", indicateur.nom);
        assert!(indicateur.cle.iter().all(|k| columns.contains(&k.as_str())), "{}", indicateur.nom);
        let csv = std::fs::read_to_string(path.with_extension("csv")).unwrap();
        assert_eq!(csv.lines().next().unwrap(), format!("\u{feff}{}", columns.join(";")));
    }
}

/// A sentence that reads a row names columns of the table, and the row by its key.
#[test]
fn sentences_that_read_a_row_name_what_the_table_has() {
    let mut seen = 0;
    for indicateur in published() {
        let columns = indicateur.lecture.split('{').skip(1).map(|part| part.split_once('}').unwrap().0);
        for column in columns.inspect(|_| seen += 1) {
            assert!(indicateur.meaning(column).is_some(), "{}: {column}", indicateur.nom);
        }
        assert!(indicateur.exemple.keys().all(|column| indicateur.cle.contains(column)), "{}", indicateur.nom);
    }
    assert!(seen > 30, "{seen}");
}

/// A statement of records tells counts of its table and no other, its main one among them; where one stands, it is used.
#[test]
fn records_are_told_of_counts_that_the_table_has() {
    let mut told = 0;
    // The evolution takes its figures from the others.
    let untold: Vec<String> = published().into_iter().filter(|i| i.trace.is_none()).map(|i| i.nom).collect();
    assert_eq!(untold, ["tendance"]);
    for indicateur in published() {
        let path = format!("{}/pipelines/{}/trace.sql", env!("CARGO_MANIFEST_DIR"), indicateur.nom);
        assert_eq!(indicateur.trace.is_some(), std::path::Path::new(&path).is_file(), "{}", indicateur.nom);
        let words = indicateur.enregistrements.split(|c: char| c != '_' && !c.is_alphanumeric());
        for count in words.filter_map(|word| word.strip_prefix("dans_")).inspect(|_| told += 1) {
            assert!(indicateur.meaning(count).is_some(), "{}: {count}", indicateur.nom);
        }
        let main = indicateur.trace.as_deref();
        assert!(main.is_none_or(|main| indicateur.traced().contains(&main)), "{}", indicateur.nom);
    }
    assert!(told > 50, "{told}");
}

/// The subset that other engines run too: no QUALIFY, FILTER, GROUP BY ALL, lambda, `::` or struct; one statement a file.
#[test]
fn pipelines_keep_to_the_portable_subset() {
    const FORBIDDEN: [&str; 10] =
        ["QUALIFY", "FILTER", "PIVOT", "UNPIVOT", "LIST", "STRUCT_PACK", "UNNEST", "MEDIAN", "QUANTILE_CONT", "ILIKE"];
    let resources = Resources::embedded();
    let of = |i: Indicateur| [(i.nom.clone(), i.sql), (i.nom + ", trace", i.enregistrements)];
    let pipelines =
        Indicateur::in_order(&resources).unwrap().into_iter().flat_map(of).filter(|(_, sql)| !sql.is_empty());
    let checks = Croisement::load_all(&resources).unwrap().into_iter().map(|c| (c.nom, c.sql));
    for (nom, sql) in pipelines.chain(checks) {
        assert_eq!(
            Parser::parse_sql(&GenericDialect {}, &sql).unwrap_or_else(|e| panic!("{nom}: {e}")).len(),
            1,
            "{nom}"
        );
        let tokens = Tokenizer::new(&DuckDbDialect {}, &sql).tokenize().unwrap();
        let words: Vec<String> = tokens
            .iter()
            .filter_map(|t| match t {
                Token::Word(w) => Some(w.value.to_uppercase()),
                Token::DoubleColon | Token::Arrow | Token::LBrace => Some(format!("{t}")),
                _ => None,
            })
            .collect();
        // `* EXCLUDE` and `* REPLACE`: REPLACE is a function of strings everywhere else.
        let meant: Vec<&Token> = tokens.iter().filter(|t| !matches!(t, Token::Whitespace(_))).collect();
        for pair in meant.windows(2) {
            let altered =
                |w: &sqlparser::tokenizer::Word| ["EXCLUDE", "REPLACE"].contains(&w.value.to_uppercase().as_str());
            assert!(!matches!(pair, [Token::Mul, Token::Word(w)] if altered(w)), "{nom}: a star altered");
        }
        for pair in words.windows(2) {
            assert!(!(pair[0] == "BY" && pair[1] == "ALL"), "{nom}: GROUP BY ALL");
        }
        for word in &words {
            assert!(
                !FORBIDDEN.contains(&word.as_str()) && !["::", "->", "{"].contains(&word.as_str()),
                "{nom}: {word}"
            );
        }
        assert!(sql.starts_with("--"), "{nom}: the formula and its source come first");
    }
}
