//! `bilan init`.

use std::io::Write;

use super::args::Init;
use super::sortie;
use crate::error::{EXIT_DONE, Result};
use crate::project::init_project;

pub(super) fn execute(args: &Init) -> Result<u8> {
    let written = init_project(&args.dossier)?;
    let mut err = anstream::stderr();
    for path in written {
        let _ = writeln!(err, "écrit  {}", sortie::shown(&path));
    }
    let _ = writeln!(
        err,
        "Déposez vos extraits dans {}, complétez bilan.toml, puis lancez : bilan run {}",
        sortie::shown(&args.dossier.join("donnees")),
        sortie::shown(&args.dossier)
    );
    Ok(EXIT_DONE)
}
