//! Pages from the results: everything here reads the tables of the last run and nothing before them.

mod classeur;
mod donnees;
mod figures;
mod flux;
mod processus;
mod qualite;
mod site;
mod verdict;

pub use site::render_site;
pub use verdict::{Verdict, holder_words, load_verdicts, public_words, zone_words};
