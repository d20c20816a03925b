//! `bilan verdicts`: the compliance table, and an exit code for scripts.

use std::io::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use serde_json::{Map, Value, json};

use super::args::Verdicts;
use super::resume;
use crate::engine::Table;
use crate::error::{EXIT_DONE, EXIT_MISSED, Error, Result};
use crate::project::Plan;
use crate::report::{Verdict, load_verdicts};

pub(super) fn execute(args: &Verdicts) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let verdicts = load_verdicts(&plan)?;
    if args.json {
        let path = plan.sortie.join(crate::resultats::INDICATEURS).join("verdicts.parquet");
        let table = Table::read(&path, "verdicts")?;
        let document =
            json!({ "version": 1, "millesime": plan.millesime, "fictif": plan.fictif, "verdicts": json_rows(&table)? });
        writeln!(anstream::stdout(), "{}", serde_json::to_string_pretty(&document)?)
            .map_err(Error::io("écrire", std::path::Path::new("la sortie")))?;
    } else {
        resume::print_verdicts(&plan)?;
    }
    let missed = verdicts.iter().any(Verdict::is_missed);
    Ok(if missed { EXIT_MISSED } else { EXIT_DONE })
}

/// Rows as JSON objects, columns in their order.
pub(super) fn json_rows(table: &Table) -> Result<Vec<Value>> {
    let mut rows = Vec::with_capacity(table.rows());
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let mut object = Map::new();
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                object.insert(field.name().clone(), json_cell(batch, column, row)?);
            }
            rows.push(Value::Object(object));
        }
    }
    Ok(rows)
}

fn json_cell(_batch: &RecordBatch, column: &dyn Array, row: usize) -> Result<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => json!(column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => json!(column.as_boolean().value(row)),
        _ => json!(arrow::util::display::array_value_to_string(column, row)?),
    })
}
