//! `bilan run`.

use std::io::Write;

use super::args::Run;
use super::{resume, sortie};
use crate::error::{EXIT_DONE, EXIT_REFUSED, Result};
use crate::progress::Progress;
use crate::project::Plan;
use crate::resultats;
use crate::run::{self, Options, Outcome};

pub(super) fn execute(args: &Run) -> Result<u8> {
    let (plan, notes) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let options = Options { threads: args.commun.threads(), verifier: args.commun.verifier, report: !args.no_report };
    let outcome = run::run(&plan, notes, options, &Progress::stderr())?;
    finish(&plan, &outcome, args.strict, options.report)
}

/// Says what was done, shows the verdicts, and gives the exit code.
pub(super) fn finish(plan: &Plan, outcome: &Outcome, strict: bool, report: bool) -> Result<u8> {
    resume::print_sources(&outcome.ingestion, &outcome.notes, &outcome.croises);
    resume::print_outcome(plan)?;
    let mut err = anstream::stderr();
    let done = match (outcome.computed, outcome.rendered) {
        (true, _) => format!("Tables écrites dans {}", sortie::shown(&plan.sortie.join(resultats::INDICATEURS))),
        (false, true) => "Résultats inchangés ; pages refaites".to_owned(),
        (false, false) => "Rien n'a changé depuis le dernier calcul : rien à refaire".to_owned(),
    };
    let _ = writeln!(err, "{done}");
    if report {
        let _ = writeln!(err, "À ouvrir : {}", sortie::shown(&plan.sortie.join("index.html")));
    }
    let refused = outcome.any_file_refused() || (strict && outcome.any_refusal());
    Ok(if refused { EXIT_REFUSED } else { EXIT_DONE })
}
