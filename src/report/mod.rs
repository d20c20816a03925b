//! The review of each territory ([`revue`]) as one document ([`document`]), and its renderings: pages, PDF, deck, workbooks. Everything
//! here reads the tables of the last run and nothing before them.

mod atelier;
mod classeur;
mod depot;
mod diaporama;
mod document;
mod donnees;
mod flux;
mod fond;
mod liste;
mod mots;
mod partenaires;
mod pdf;
mod publique;
mod qualite;
mod revue;
mod site;
mod sortie;
mod tableau;
mod verdict;

pub use atelier::{Atelier, Dossier, Rendu, render, with_atelier};
pub use depot::{Avis, is_outdated};
pub use fond::check_outlines;
pub use mots::PEU_DE_BAUX;
pub use partenaires::{Genre, PARTENAIRES, Partenaire, share};
pub use publique::{PUBLIQUE, publish};
pub use verdict::{Verdict, holder_words, load_verdicts, public_words, zone_words};
