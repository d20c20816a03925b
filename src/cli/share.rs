//! `bilan share`: a folder for each partner.

use std::io::Write;

use super::args::Dossier;
use super::sortie;
use crate::error::{EXIT_DONE, Result};
use crate::format;
use crate::progress::Progress;
use crate::project::Plan;
use crate::report::{Genre, PARTENAIRES};
use crate::run;

pub(super) fn execute(args: &Dossier) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet.projet, args.projet.out.as_deref())?;
    let partenaires = run::share(&plan, args.threads(), &Progress::stderr())?;
    let counted = Genre::TOUS.map(|genre| {
        let number = partenaires.iter().filter(|p| p.genre == genre).count();
        let [one, several] = genre.nom();
        format::count(i64::try_from(number).unwrap_or(i64::MAX), one, several)
    });
    let mut err = anstream::stderr();
    let _ = writeln!(err, "Dossiers des partenaires : {}", counted.join(", "));
    let _ = writeln!(err, "À envoyer, un dossier à chacun : {}", sortie::shown(&plan.sortie.join(PARTENAIRES)));
    Ok(EXIT_DONE)
}
