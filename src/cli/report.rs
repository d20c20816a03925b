//! `bilan report`.

use std::io::Write;

use super::args::Etape;
use super::{resume, sortie};
use crate::error::{EXIT_DONE, Result};
use crate::progress::Progress;
use crate::project::Plan;
use crate::run;

pub(super) fn execute(args: &Etape) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let notes = run::render_again(&plan, args.commun.threads(), &Progress::stderr())?;
    resume::print_notices(&notes);
    let _ = writeln!(anstream::stderr(), "À ouvrir : {}", sortie::shown(&plan.sortie.join("index.html")));
    Ok(EXIT_DONE)
}
