//! What each step waits for, and which of them cross-checks need.

use std::collections::BTreeMap;

use super::surcharge::Surcharges;
use super::{Prevue, Travail, etapes};

/// For each step, those before it that it names, or that the statement it replaces does.
pub(super) fn waits(prevues: &[Prevue<'_>], surcharges: &Surcharges) -> Vec<Vec<usize>> {
    let place: BTreeMap<&str, usize> = prevues.iter().zip(0..).map(|(prevue, i)| (prevue.nom(), i)).collect();
    let of = |(i, prevue): (usize, &Prevue<'_>)| {
        let statements = prevue.enonces.iter().map(String::as_str);
        let named = statements.chain(surcharges.replaced(&prevue.travail)).map(etapes::names);
        // A statement that cannot be cut into words may name anything.
        let named = named.map(|names| names.unwrap_or_else(|| place.keys().map(|nom| (*nom).to_owned()).collect()));
        let base = match prevue.travail {
            Travail::Controle { check, .. } => Some(check.base.clone()),
            Travail::Table(_) => None,
        };
        let before = named.flatten().chain(base).filter_map(|nom| place.get(nom.as_str()).copied());
        before.filter(|before| *before < i).collect()
    };
    prevues.iter().enumerate().map(of).collect()
}

/// Whether each step is a cross-check, or is waited for by one.
pub(super) fn read_by_checks(prevues: &[Prevue<'_>], attend: &[Vec<usize>]) -> Vec<bool> {
    let mut read: Vec<bool> = prevues.iter().map(|p| matches!(p.travail, Travail::Controle { .. })).collect();
    // Steps wait for those before them alone.
    for (step, before) in attend.iter().enumerate().rev() {
        if read[step] {
            for &before in before {
                read[before] = true;
            }
        }
    }
    read
}
