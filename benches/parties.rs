//! Timings of the parts, on the demonstration: `cargo bench --bench parties`. What is timed is checked: a part that fails, or
//! gives nothing, stops the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use bilan::engine::{Croisement, Indicateur};
use bilan::progress::Progress;
use bilan::project::Plan;
use bilan::reference::Resources;
use bilan::report;
use bilan::run::{self, Options};
use divan::Bencher;
use divan::counter::BytesCount;

/// A project that the demonstration wrote, its results in it.
static DEMO: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let folder = dir.path().join("demo");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_bilan")).args(["demo", "--out"]).arg(&folder).output();
    assert!(done.expect("the program").status.success(), "the demonstration failed");
    (dir, folder)
});

fn plan() -> Plan {
    Plan::load(&DEMO.1, None).expect("the demonstration's project").0
}

fn options(threads: usize) -> Options {
    Options { threads, verifier: false, report: false }
}

fn forget(parts: &[&str]) {
    for part in parts {
        let _ = std::fs::remove_dir_all(DEMO.1.join(part));
        let _ = std::fs::remove_file(DEMO.1.join(part));
    }
}

/// From the files to the store, every check done.
#[divan::bench(args = [1, 2], sample_count = 5)]
fn ingest(bencher: Bencher, threads: usize) {
    let plan = plan();
    let size: u64 = ["demandes", "attributions", "rpls", "evenements"]
        .iter()
        .filter_map(|f| std::fs::metadata(DEMO.1.join(format!("donnees/{f}.csv"))).ok())
        .map(|m| m.len())
        .sum();
    bencher.counter(BytesCount::new(size)).with_inputs(|| forget(&[".bilan/store", ".bilan/etat.json"])).bench_values(
        |()| {
            let read = run::ingest(&plan, options(threads), &Progress::hidden()).expect("ingest");
            assert!(!read.ingestion.any_refusal());
        },
    );
}

/// From the store to the tables, verdicts and cross-checks, nothing kept of an earlier run.
#[divan::bench(args = [1, 2], sample_count = 5)]
fn compute(bencher: Bencher, threads: usize) {
    let plan = plan();
    bencher.with_inputs(|| forget(&[".bilan/etapes", "sortie/indicateurs"])).bench_values(|()| {
        let done = run::run(&plan, Vec::new(), options(threads), &Progress::hidden()).expect("run");
        assert!(done.computed);
    });
}

/// Steps of the computation and cross-checks, after none of them.
fn steps() -> Vec<String> {
    let resources = Resources::embedded();
    let pipelines =
        Indicateur::in_order(&resources).expect("the pipelines").into_iter().filter(|i| !i.vue).map(|i| i.nom);
    let checks = Croisement::load_all(&resources).expect("the checks").into_iter().map(|c| c.nom);
    std::iter::once("aucun".to_owned()).chain(pipelines).chain(checks).collect()
}

/// One step done again, the others kept; `aucun` is what such a run takes besides: loading tables, writing results.
#[divan::bench(args = steps(), sample_count = 5)]
fn step(bencher: Bencher, nom: &String) {
    let plan = plan();
    let forget_step = || {
        let kept = std::fs::read_dir(DEMO.1.join(".bilan/etapes")).expect("the steps kept");
        for file in kept.flatten().filter(|f| f.file_name().to_string_lossy().starts_with(&format!("{nom}-"))) {
            let _ = std::fs::remove_file(file.path());
        }
        forget(&["sortie/indicateurs"]);
    };
    bencher.with_inputs(forget_step).bench_values(|()| {
        let done = run::run(&plan, Vec::new(), options(2), &Progress::hidden()).expect("run");
        assert!(done.computed);
    });
}

/// A run when nothing has changed.
#[divan::bench(sample_count = 10)]
fn unchanged(bencher: Bencher) {
    let plan = plan();
    let again = || run::run(&plan, Vec::new(), options(2), &Progress::hidden()).expect("run");
    again();
    bencher.bench(|| assert!(!again().computed));
}

/// The documents of the largest EPCI, one after the other, warm.
#[divan::bench(args = ["review", "page", "pdf", "deck", "workbook"], sample_count = 20)]
fn document(bencher: Bencher, kind: &str) {
    let plan = plan();
    let made = report::with_atelier(&plan, &BTreeMap::new(), |atelier| {
        let dossier = atelier.dossier("246300701")?;
        bencher.bench(|| {
            let size = match kind {
                "review" => atelier.dossier("246300701").map(|_| 1),
                "page" => atelier.page(&dossier).map(|p| p.len()),
                "pdf" => atelier.pdf(&dossier).map(|p| p.len()),
                "deck" => atelier.deck(&dossier).map(|p| p.len()),
                _ => atelier.workbook(&dossier).map(|p| p.len()),
            };
            assert!(size.expect(kind) > 0);
        });
        Ok(())
    });
    made.expect("the results of the demonstration");
}

/// The project whose pages and PDFs are timed: that of `BILAN_PROJET`, run already, else the demonstration.
fn rendered() -> Plan {
    let named = std::env::var_os("BILAN_PROJET");
    named.map_or_else(plan, |folder| Plan::load(Path::new(&folder), None).expect("the project of BILAN_PROJET").0)
}

/// Works on that project's results.
fn with_rendered<T>(work: impl FnOnce(&report::Atelier<'_>) -> bilan::error::Result<T>) -> T {
    report::with_atelier(&rendered(), &BTreeMap::new(), work).expect("the results of the project")
}

/// EPCI of a project, about a hundred of them where there are more.
fn epci() -> Vec<String> {
    with_rendered(|atelier| {
        let all = atelier.epci();
        let step = (all.len() / 100).max(1);
        Ok(all.into_iter().step_by(step).collect())
    })
}

/// The same, each with the pages of its PDF.
fn documents() -> Vec<String> {
    let codes = epci();
    with_rendered(|atelier| {
        let pages = |code: &String| {
            let pdf = atelier.pdf(&atelier.dossier(code)?)?;
            let pages = hayro_syntax::Pdf::new(pdf).expect("a PDF").pages().len();
            Ok(format!("{code}, {pages:02} pages"))
        };
        codes.iter().map(pages).collect()
    })
}

/// The page of each EPCI, its review built each time, warm: 50 ms.
#[divan::bench(args = epci(), sample_count = 5)]
fn page(bencher: Bencher, epci: &str) {
    with_rendered(|atelier| {
        bencher.bench(|| {
            let page = atelier.dossier(epci).and_then(|dossier| atelier.page(&dossier));
            assert!(!page.expect("a page").is_empty());
        });
        Ok(())
    });
}

/// The PDF of each EPCI, warm: 150 ms up to eight pages, 20 ms a page beyond.
#[divan::bench(args = documents(), sample_count = 5)]
fn pdf(bencher: Bencher, epci: &str) {
    let code = epci.split(',').next().unwrap_or_default();
    with_rendered(|atelier| {
        let dossier = atelier.dossier(code)?;
        bencher.bench(|| assert!(!atelier.pdf(&dossier).expect("a PDF").is_empty()));
        Ok(())
    });
}

fn main() {
    divan::main();
}
