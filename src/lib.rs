//! `bilan` turns the registers of French social housing into the annual allocation review.
//!
//! Data flows one way: raw files → [`ingest`] → [`store`] → [`engine`] → [`law`] → [`report`]; see ARCHITECTURE.md.

pub mod chart;
pub mod cli;
pub mod demo;
pub mod diagnostic;
pub mod diffusion;
pub mod engine;
pub mod error;
pub mod format;
pub mod ingest;
pub mod law;
mod partage;
pub mod progress;
pub mod project;
pub mod reference;
pub mod report;
pub mod resultats;
pub mod run;
pub mod schema;
mod sql;
pub mod store;
mod syntaxe;

/// The allocator of everything in the process, DuckDB included. Here rather than beside `main`, so that tests and timings run
/// with what users run with. The system's keeps what was let go of in pieces that nothing else fits into.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static MEMOIRE: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
