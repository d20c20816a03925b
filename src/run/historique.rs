//! The headline figures of each year computed, kept as aggregates: registers are erased, results must not be.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Float64Type, Int32Type};

use crate::diagnostic::Diagnostic;
use crate::engine::{Table, history_file, is_of_another_scope, keep_year};
use crate::error::{Error, Result};
use crate::project::Plan;
use crate::reference::Geographie;
use crate::store;

/// Keeps the year's rows of `tendance`. A year computed before with other figures is not silently replaced: the earlier
/// file stays beside the new one under the hash of its content, and the message says how many figures changed.
pub(super) fn keep(plan: &Plan, geographie: &Geographie, tendance: &Table) -> Result<Option<Diagnostic>> {
    let millesime = plan.millesime;
    let path = history_file(&plan.cache(), millesime);
    let mut batch = tendance.single()?;
    // Said of each year by those that come after it.
    if let Some(column) = batch.schema_ref().column_with_name("comparable").map(|(column, _)| column) {
        batch.remove_column(column);
    }
    let years = batch
        .column_by_name("annee")
        .ok_or_else(|| Error::resource("pipelines/tendance", "colonne « annee » absente"))?
        .as_primitive::<Int32Type>()
        .clone();
    let own: BooleanArray = years.iter().map(|y| Some(y == Some(millesime))).collect();
    let own = filter_record_batch(&batch, &own)?;
    let mut restated = None;
    if path.is_file() {
        let before = figures(&Table::read(&path, "historique")?)?;
        let now = figures(&Table { nom: String::new(), schema: own.schema(), batches: vec![own.clone()] })?;
        let changed = before.iter().filter(|(key, value)| now.get(*key).is_some_and(|v| v != *value)).count();
        if changed > 0 {
            let bytes = std::fs::read(&path).map_err(Error::io("lire", &path))?;
            let kept = path.with_file_name(format!("{millesime}.{}.parquet", &store::sha256(&bytes)[..12]));
            store::write_atomically(&kept, &bytes)?;
            restated = Some(Diagnostic::anomalie(
                "B0305",
                format!(
                    "l'année {millesime} avait déjà été calculée{} : {} de l'évolution",
                    if is_of_another_scope(plan, geographie, &path)? {
                        ", sur un autre périmètre ou par d'autres règles, ou avant la fin de l'année"
                    } else {
                        ""
                    },
                    crate::format::count(
                        i64::try_from(changed).unwrap_or(i64::MAX),
                        "chiffre change",
                        "chiffres changent"
                    )
                ),
                format!(
                    "l'ancienne version est gardée dans .bilan/historique/{}",
                    kept.file_name().unwrap_or_default().to_string_lossy()
                ),
            ));
        }
    }
    keep_year(plan, geographie, &own)?;
    Ok(restated)
}

/// Level, code and indicator → value.
fn figures(table: &Table) -> Result<BTreeMap<[String; 3], Option<String>>> {
    let batch = table.single()?;
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| Error::resource("historique", format!("colonne « {name} » absente")))
    };
    let keys = [column("niveau")?, column("code")?, column("indicateur")?].map(AsArray::as_string::<i32>);
    let values = column("valeur")?.as_primitive::<Float64Type>();
    Ok((0..batch.num_rows())
        .map(|row| {
            let key = keys.map(|k| k.value(row).to_owned());
            (key, values.is_valid(row).then(|| values.value(row).to_string()))
        })
        .collect())
}
