//! `bilan demo`.

use std::io::Write;

use super::args::Demo;
use super::{run, sortie};
use crate::demo;
use crate::error::Result;
use crate::progress::Progress;
use crate::project::Plan;
use crate::run::Options;

pub(super) fn execute(args: &Demo) -> Result<u8> {
    let progress = Progress::stderr();
    demo::write_demo(&args.out, demo::Options { seed: args.seed, communes: args.communes }, &progress)?;
    let _ = writeln!(anstream::stderr(), "Registre fictif écrit dans {}", sortie::shown(&args.out));
    let (plan, notes) = Plan::load(&args.out, None)?;
    let options = Options { threads: args.commun.threads(), verifier: args.commun.verifier, report: true };
    let outcome = crate::run::run(&plan, notes, options, &progress)?;
    run::finish(&plan, &outcome, false, true)
}
