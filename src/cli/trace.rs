//! `bilan trace`: the records behind a figure, each with why it counts or not.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use serde::Serialize;
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer, Word};

use super::args::Trace;
use super::sortie::{Lignes, write_aligned, write_csv, write_json, write_out};
use crate::engine::trace::{NUMERO_UNIQUE, trace};
use crate::engine::{self, Table};
use crate::error::{EXIT_DONE, Error, Result};
use crate::format;
use crate::project::Plan;

/// Digits of a hash that a terminal shows: enough to tell records apart.
const SHOWN: usize = 12;

/// What `--json` writes (`docs/trace.md`).
#[derive(Serialize)]
struct Document<'t> {
    version: u32,
    table: &'t str,
    cellule: &'t BTreeMap<String, String>,
    colonne: &'t str,
    publie: Option<i64>,
    comptes: usize,
    numerateur: i64,
    enregistrements: Lignes<'t>,
}

/// Columns and values of a condition written as SQL is, one or several joined by `AND`, values between quotes or not; none
/// where it is not written so, as a value of several words.
fn equalities(condition: &str) -> Option<Vec<(String, String)>> {
    let tokens = Tokenizer::new(&GenericDialect {}, condition).tokenize().ok()?;
    let tokens: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let equality = |tokens: &[Token]| {
        let [Token::Word(column), Token::Eq, value] = tokens else { return None };
        let (Token::Word(Word { value, .. }) | Token::Number(value, _) | Token::SingleQuotedString(value)) = value
        else {
            return None;
        };
        Some((column.value.clone(), value.clone()))
    };
    let and = |token: &Token| matches!(token, Token::Word(word) if word.keyword == Keyword::AND);
    tokens.split(and).map(equality).collect()
}

pub(super) fn execute(args: &Trace) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet, args.out.as_deref())?;
    let mut key = BTreeMap::new();
    for condition in &args.ou {
        let named = equalities(condition).or_else(|| {
            let (column, value) = condition.split_once('=')?;
            Some(vec![(column.trim().to_owned(), value.trim().to_owned())])
        });
        key.extend(named.ok_or_else(|| {
            Error::usage(
                "B0411",
                format!("« {condition} » n'est pas une condition"),
                "écrivez --where COLONNE=VALEUR, autant de fois qu'il faut",
            )
        })?);
    }
    let found = trace(&engine::open_results(&plan, 2)?, &plan.resources(), &args.table, &key)?;
    if args.csv {
        let Table { schema, batches, .. } = &found.enregistrements;
        write_csv(schema, batches.iter().cloned().map(Ok))?;
    } else if args.json {
        write_json(&Document {
            version: 2,
            table: &args.table,
            cellule: &found.cle,
            colonne: &found.colonne,
            publie: found.publie,
            comptes: found.comptes,
            numerateur: found.numerateur,
            enregistrements: Lignes(&found.enregistrements),
        })?;
    } else {
        let fields = found.enregistrements.schema.fields();
        let right: Vec<bool> = fields.iter().map(|f| f.data_type().is_numeric()).collect();
        let cells = cells(&found.enregistrements)?;
        let comptes = i64::try_from(found.comptes).unwrap_or(i64::MAX);
        let counted = format::count(comptes, "enregistrement compté", "enregistrements comptés");
        let among = if found.somme { "pour un total de" } else { "dont" };
        let numerateur = format::integer(found.numerateur);
        write_out(|out| {
            write_aligned(out, &cells, &right)?;
            writeln!(out, "{counted}, {among} {numerateur} dans {}", found.colonne)
        })?;
    }
    Ok(EXIT_DONE)
}

/// The records as a terminal shows them, under the names of their columns.
fn cells(table: &Table) -> Result<Vec<Vec<String>>> {
    let fields = table.schema.fields();
    let name = |name: &String| if name == NUMERO_UNIQUE { "empreinte".to_owned() } else { name.clone() };
    let mut rows: Vec<Vec<String>> = vec![fields.iter().map(|f| name(f.name())).collect()];
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let columns = fields.iter().zip(batch.columns());
            rows.push(columns.map(|(field, column)| cell(field.name(), column, row)).collect::<Result<_>>()?);
        }
    }
    Ok(rows)
}

fn cell(name: &str, column: &dyn Array, row: usize) -> Result<String> {
    if column.is_null(row) {
        return Ok(String::new());
    }
    Ok(match column.data_type() {
        DataType::Boolean => if column.as_boolean().value(row) { "oui" } else { "non" }.to_owned(),
        DataType::Float64 => format::decimal(column.as_primitive::<Float64Type>().value(row), 2),
        _ => {
            let text = engine::text(name, column, row)?;
            if name == NUMERO_UNIQUE { text.chars().take(SHOWN).collect() } else { text }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_read_as_sql_where_it_is_written_so() {
        let pairs = |found: &[(&str, &str)]| {
            Some(found.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect::<Vec<_>>())
        };
        assert_eq!(equalities("code=01004"), pairs(&[("code", "01004")]));
        assert_eq!(equalities("typologie = T2"), pairs(&[("typologie", "T2")]));
        assert_eq!(
            equalities("code = '246300701' and zone='hors_qpv' AND bailleur = 'L''Office'"),
            pairs(&[("code", "246300701"), ("zone", "hors_qpv"), ("bailleur", "L'Office")])
        );
        for other in [
            "modalite=65 ans et plus",
            "code=2A004",
            "code = '1' OR code = '2'",
            "code > '1'",
            "rien",
            "",
            "a = AND b = 1",
        ] {
            assert_eq!(equalities(other), None, "{other}");
        }
    }
}
