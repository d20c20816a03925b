//! `bilan query`: one question to the results and the store, read-only.

use arrow::array::Array;
use arrow::datatypes::{DataType, SchemaRef};
use sqlparser::ast::Statement;
use sqlparser::dialect::DuckDbDialect;
use sqlparser::parser::Parser;

use super::args::Query;
use super::sortie::{Lignes, write_aligned, write_csv, write_json, write_out};
use crate::engine::{self, Batches, Table};
use crate::error::{EXIT_DONE, Error, Result};
use crate::project::Plan;
use crate::sql;

pub(super) fn execute(args: &Query) -> Result<u8> {
    check_read_only(&args.sql)?;
    let (plan, _) = Plan::load(&args.projet, args.out.as_deref())?;
    let engine = engine::open_results(&plan, 2)?;
    let refused = |error: Error| match error.refused_statement() {
        Some(reason) => Error::usage(
            "B0404",
            format!("requête refusée : {reason}"),
            "les tables sont les indicateurs (bilan explain), faits_attributions, demandes et source_* (une par source)",
        ),
        None => error,
    };
    if args.csv {
        let write = |schema: &SchemaRef, batches: Batches<'_>| write_csv(schema, batches);
        engine.stream("requête", &args.sql, write).map_err(refused)?;
        return Ok(EXIT_DONE);
    }
    let table = engine.query("requête", &args.sql).map_err(refused)?;
    if args.json {
        check_written(&table).map_err(refused)?;
        write_json(&Lignes(&table))?;
    } else {
        let cells = cells(&table).map_err(refused)?;
        write_out(|out| write_aligned(out, &cells, &numbers(&table)))?;
    }
    Ok(EXIT_DONE)
}

/// Exactly one query: no statement that writes, no second statement behind the first.
fn check_read_only(sql: &str) -> Result<()> {
    let refused = |message: String| {
        Error::usage("B0403", message, "écrivez une seule requête de lecture : SELECT …, ou WITH … SELECT …")
    };
    let statements = Parser::parse_sql(&DuckDbDialect {}, sql)
        .map_err(|e| refused(format!("SQL illisible : {}", sql::refusal(&e.to_string()))))?;
    match statements.as_slice() {
        [Statement::Query(_)] => Ok(()),
        [_] => Err(refused("cette commande ne fait que lire".to_owned())),
        _ => Err(refused(format!("{} instructions au lieu d'une", statements.len()))),
    }
}

/// Which columns hold numbers.
fn numbers(table: &Table) -> Vec<bool> {
    table.schema.fields().iter().map(|f| f.data_type().is_numeric()).collect()
}

fn cells(table: &Table) -> Result<Vec<Vec<String>>> {
    let mut rows = vec![table.schema.fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>()];
    for batch in &table.batches {
        let columns = table.schema.fields().iter().zip(batch.columns());
        let cells = |row| columns.clone().map(move |(field, column)| engine::text(field.name(), column, row)).collect();
        rows.extend((0..batch.num_rows()).map(cells).collect::<Result<Vec<_>>>()?);
    }
    Ok(rows)
}

/// Every value has a written form: a document is refused before its first line, not in the middle.
fn check_written(table: &Table) -> Result<()> {
    let written = |kind: &DataType| kind.is_numeric() || matches!(kind, DataType::Utf8 | DataType::Boolean);
    for batch in &table.batches {
        for (field, column) in
            table.schema.fields().iter().zip(batch.columns()).filter(|(f, _)| !written(f.data_type()))
        {
            (0..column.len()).try_for_each(|row| engine::text(field.name(), column, row).map(drop))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_read_only;

    #[test]
    fn only_one_reading_statement_passes() {
        assert!(check_read_only("SELECT 1").is_ok());
        assert!(check_read_only("WITH a AS (SELECT 1) SELECT * FROM a").is_ok());
        for sql in
            ["COPY (SELECT 1) TO 'x.csv'", "SELECT 1; DROP TABLE parc", "DROP TABLE parc", "ATTACH 'x'", "", "SELEC 1"]
        {
            assert!(check_read_only(sql).is_err(), "{sql}");
        }
    }
}
