//! `bilan check`.

use std::io::Write;

use super::args::Etape;
use super::ingest;
use crate::error::Result;
use crate::run;

pub(super) fn execute(args: &Etape) -> Result<u8> {
    let code = ingest::read(args, run::check)?;
    let _ = writeln!(anstream::stderr(), "Détail : rejets.csv et qualite.json, dans le dossier des résultats");
    Ok(code)
}
