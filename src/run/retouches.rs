//! Results that somebody has changed since they were written, in a spreadsheet most often: those of the program never pass for
//! them, nor they for those of the program.

use std::ffi::OsStr;

use super::is_rendered;
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::store::{Etat, Resultats};

/// Files named in a message.
const NAMED: usize = 3;

/// Size in bytes of each of these files of the results.
pub(super) fn sizes(plan: &Plan, files: impl IntoIterator<Item = String>) -> impl Iterator<Item = (String, u64)> {
    files.into_iter().map(|file| {
        let size = std::fs::metadata(plan.sortie.join(&file)).map_or(0, |m| m.len());
        (file, size)
    })
}

/// Files that somebody has changed since they were written whole: their size says so, wherever they were copied.
fn altered<'e>(plan: &Plan, etat: &'e Etat) -> Vec<&'e str> {
    let Resultats { calcul, rapport, sorties, .. } = &etat.resultats;
    let whole = |file: &str| if is_rendered(file) { rapport.is_some() } else { calcul.is_some() };
    let other = |(file, size): &(&String, &u64)| {
        whole(file) && std::fs::metadata(plan.sortie.join(file)).is_ok_and(|m| m.len() != **size)
    };
    sorties.iter().filter(other).map(|(file, _)| file.as_str()).collect()
}

/// What was changed, in a sentence.
fn told(files: &[&str]) -> String {
    let shown: Vec<String> = files.iter().take(NAMED).map(|file| format!("« {file} »")).collect();
    let others = match files.len() - shown.len() {
        0 => String::new(),
        n => format!(" et {}", format::count(i64::try_from(n).unwrap_or(i64::MAX), "autre", "autres")),
    };
    format!("fichiers des résultats modifiés depuis leur calcul : {}{others}", shown.join(", "))
}

/// Results that somebody has changed, of those `written` again, leave their place to those of the program, and stay beside them.
///
/// # Errors
/// [`Error::Io`] when one cannot be renamed.
pub(super) fn set_aside(plan: &Plan, etat: &Etat, written: impl Fn(&str) -> bool) -> Result<Option<Diagnostic>> {
    let mut files = altered(plan, etat);
    files.retain(|file| written(file));
    for file in &files {
        let path = plan.sortie.join(file);
        let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, extension) = (part(path.file_stem()), part(path.extension()));
        let mut names = std::iter::once(format!("{stem} (modifié).{extension}"))
            .chain((2..).map(|n| format!("{stem} (modifié {n}).{extension}")))
            .map(|name| path.with_file_name(name));
        let Some(free) = names.find(|name| !name.exists()) else { continue };
        std::fs::rename(&path, free).map_err(Error::io("renommer", &path))?;
    }
    let diagnostic = || {
        Diagnostic::anomalie(
            "B0384",
            told(&files),
            "ils sont écrits de nouveau, et les vôtres gardés à côté, suivis de « (modifié) » ; travaillez sur des copies",
        )
    };
    Ok((!files.is_empty()).then(diagnostic))
}

/// Nothing is made of results that somebody has changed.
///
/// # Errors
/// [`Error::Usage`], naming them.
pub(super) fn refuse(plan: &Plan, etat: &Etat) -> Result<()> {
    let files = altered(plan, etat);
    let remedy = "lancez d'abord `bilan run` : il les écrit de nouveau, et garde les vôtres à côté";
    if files.is_empty() { Ok(()) } else { Err(Error::usage("B0401", told(&files), remedy)) }
}
