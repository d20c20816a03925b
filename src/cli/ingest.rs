//! `bilan ingest`.

use super::args::Etape;
use super::resume;
use crate::error::{EXIT_DONE, EXIT_REFUSED, Result};
use crate::progress::Progress;
use crate::project::Plan;
use crate::run::{self, Checked, Options};

pub(super) fn execute(args: &Etape) -> Result<u8> {
    read(args, run::ingest)
}

/// Reads the sources by `stage`, says what was found, and gives the exit code.
pub(super) fn read(args: &Etape, stage: impl Fn(&Plan, Options, &Progress) -> Result<Checked>) -> Result<u8> {
    let (plan, mut notes) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let options = Options { threads: args.commun.threads(), verifier: args.commun.verifier, report: false };
    let Checked { ingestion, notes: found, croises } = stage(&plan, options, &Progress::stderr())?;
    notes.extend(found);
    resume::print_sources(&ingestion, &notes, &croises);
    let refused = ingestion.any_file_refused()
        || notes.iter().any(|d| d.gravite == crate::diagnostic::Gravite::Refus)
        || (args.strict && ingestion.any_refusal());
    Ok(if refused { EXIT_REFUSED } else { EXIT_DONE })
}
