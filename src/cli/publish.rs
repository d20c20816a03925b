//! `bilan publish`: the edition for everyone.

use std::io::Write;

use super::args::Dossier;
use super::sortie;
use crate::error::{EXIT_DONE, Result};
use crate::format;
use crate::progress::Progress;
use crate::project::Plan;
use crate::report::PUBLIQUE;
use crate::run;

pub(super) fn execute(args: &Dossier) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let avis = run::publish(&plan, args.threads(), &Progress::stderr())?;
    let mut err = anstream::stderr();
    let files = i64::try_from(avis.fichiers.len()).unwrap_or(i64::MAX);
    let _ = writeln!(
        err,
        "Édition publique : {}, aucun effectif de moins de {}",
        format::count(files, "fichier", "fichiers"),
        format::integer(avis.seuil_diffusion.unwrap_or_default())
    );
    let _ = writeln!(err, "À ouvrir : {}", sortie::shown(&plan.sortie.join(PUBLIQUE).join("index.html")));
    Ok(EXIT_DONE)
}
