//! All that is tried on the program from outside, in one binary: its tests share the demonstration and the cores to the end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod annees;
mod calcul_naif;
mod cas_juridiques;
mod classeur;
mod colonnes_vides;
mod commandes;
mod commun;
mod confidentialite;
mod constance;
mod contradictions;
mod controles;
mod deguisements;
mod diagnostics;
mod edition_publique;
mod etapes;
mod extractions;
mod fichiers_casses;
mod formes;
mod guide;
mod lecteurs;
mod naif;
mod nombreux;
mod officiel;
mod pannes;
mod parquet_abime;
mod partenaires;
mod perimetres;
mod pipelines;
mod projet;
mod proprietes;
mod remplissage;
mod revue;
mod rpls;
mod surcharges;
mod trace;
