//! `bilan verdicts`: the compliance table, and an exit code for scripts.

use serde::Serialize;

use super::args::Verdicts;
use super::resume;
use super::sortie::{Lignes, write_json};
use crate::engine::Table;
use crate::error::{EXIT_DONE, EXIT_MISSED, Result};
use crate::project::Plan;
use crate::report::{Verdict, load_verdicts};

/// What `--json` writes (`docs/verdicts.md`).
#[derive(Serialize)]
struct Document<'t> {
    version: u32,
    millesime: i32,
    fictif: bool,
    verdicts: Lignes<'t>,
}

pub(super) fn execute(args: &Verdicts) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let verdicts = load_verdicts(&plan)?;
    if args.json {
        let path = plan.sortie.join(crate::resultats::INDICATEURS).join("verdicts.parquet");
        let table = Table::read(&path, "verdicts")?;
        let Plan { millesime, fictif, .. } = plan;
        write_json(&Document { version: 1, millesime, fictif, verdicts: Lignes(&table) })?;
    } else {
        resume::print_verdicts(&plan)?;
    }
    let missed = verdicts.iter().any(Verdict::is_missed);
    Ok(if missed { EXIT_MISSED } else { EXIT_DONE })
}
