//! What the tests share: a project in a temporary folder, a run of it, its tables as rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};
use bilan::engine::{Indicateur, Table};
use bilan::progress::Progress;
use bilan::project::Plan;
use bilan::reference::Resources;
use bilan::run::{self, Options, Outcome};
use serde::Deserialize;
use serde_json::Value;

/// A cell of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Int(i64),
    Real(f64),
}

impl Cell {
    pub fn int(&self) -> Option<i64> {
        match self {
            Cell::Int(n) => Some(*n),
            Cell::Null => None,
            other => panic!("{other:?} is not a count"),
        }
    }

    pub fn real(&self) -> Option<f64> {
        match self {
            Cell::Real(x) => Some(*x),
            Cell::Null => None,
            other => panic!("{other:?} is not a rate"),
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Cell::Text(t) => t,
            Cell::Null => "",
            other => panic!("{other:?} is not text"),
        }
    }
}

pub type Row = BTreeMap<String, Cell>;

/// The worked case beside an indicator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cas {
    pub explication: String,
    pub colonnes: Vec<String>,
    pub filtre: BTreeMap<String, String>,
    fichiers: BTreeMap<String, String>,
}

impl Cas {
    pub fn load(nom: &str) -> Self {
        let path = format!("{}/pipelines/{nom}/cas.toml", env!("CARGO_MANIFEST_DIR"));
        toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// A project of its files.
    pub fn projet(&self) -> Projet {
        let files: Vec<(&str, &[u8])> =
            self.fichiers.iter().map(|(n, t)| (n.as_str(), t.trim_start().as_bytes())).collect();
        Projet::new(&self.fichiers["bilan.toml"], &files)
    }
}

/// A project being tested.
pub struct Projet {
    pub dir: tempfile::TempDir,
}

impl Projet {
    /// A project with this `bilan.toml` and these files.
    pub fn new(toml: &str, files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("bilan.toml"), toml).unwrap();
        for (name, bytes) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        if let Some(overrides) = std::env::var_os("BILAN_SURCHARGE") {
            copy(Path::new(&overrides), dir.path());
        }
        Self { dir }
    }

    /// A project of Clermont Auvergne Métropole in 2025, `more` in its `bilan.toml`, of these sources, each a file or two of a line
    /// a record.
    pub fn clermont(more: &str, sources: &[(&str, &[(&str, &str)])]) -> Self {
        let mut toml =
            format!("[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n{more}");
        let mut files = Vec::new();
        for (schema, given) in sources {
            toml = format!("{toml}[[source]]\nschema = \"{schema}\"\nfichiers = [\"{schema}*.csv\"]\n");
            files.extend(given.iter().map(|(name, text)| (*name, text.as_bytes())));
        }
        Self::new(&toml, &files)
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs the chain, pages or not.
    pub fn run(&self, threads: usize, report: bool) -> Outcome {
        let (plan, notes) = Plan::load(self.path(), None).unwrap();
        let options = Options { threads, verifier: false, report };
        run::run(&plan, notes, options, &Progress::hidden()).unwrap()
    }

    /// A table of the last run.
    pub fn table(&self, name: &str) -> Vec<Row> {
        read_table(&self.path().join("sortie/indicateurs").join(format!("{name}.parquet")))
    }

    /// A file of the last run, as text.
    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join("sortie").join(name)).unwrap()
    }

    /// What the last run found of the data.
    pub fn quality(&self) -> Value {
        serde_json::from_str(&self.text("qualite.json")).unwrap()
    }

    /// Lines of `rejets.csv` under each code, as file and line.
    pub fn listed(&self) -> BTreeMap<String, BTreeSet<String>> {
        let text = self.text("rejets.csv");
        let mut reader =
            csv::ReaderBuilder::new().delimiter(b';').from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for record in reader.records() {
            let r = record.unwrap();
            found.entry(r[3].to_owned()).or_default().insert(format!("{} {}", r[0].trim_end_matches(".csv"), &r[1]));
        }
        found
    }

    /// Values of `rejets.csv` under a code, in its order.
    pub fn told(&self, code: &str) -> Vec<String> {
        let text = self.text("rejets.csv");
        let of_code = text.lines().filter(|line| line.split(';').nth(3) == Some(code));
        of_code.map(|line| line.split(';').nth(5).unwrap().to_owned()).collect()
    }

    /// The four counts of a cross-check: as it should be, failing, not to be judged, out of scope.
    pub fn controle(&self, code: &str) -> [u64; 4] {
        let quality = self.quality();
        let crossings = quality["croisements"].as_array().unwrap();
        let check = &crossings.iter().find(|c| c["controle"]["controle"] == code).unwrap()["controle"];
        ["evalues", "echecs", "non_evaluables", "hors_champ"].map(|key| check[key].as_u64().unwrap())
    }
}

/// Rows of a Parquet file.
pub fn read_table(path: &Path) -> Vec<Row> {
    let table = Table::read(path, "t").unwrap();
    let mut rows = Vec::new();
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let cells = batch
                .schema()
                .fields()
                .iter()
                .zip(batch.columns())
                .map(|(f, c)| (f.name().clone(), cell(c, row)))
                .collect();
            rows.push(cells);
        }
    }
    rows
}

fn cell(column: &dyn Array, row: usize) -> Cell {
    if column.is_null(row) {
        return Cell::Null;
    }
    match column.data_type() {
        DataType::Utf8 => Cell::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::Int32 => Cell::Int(i64::from(column.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => Cell::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Cell::Real(column.as_primitive::<Float64Type>().value(row)),
        other => panic!("unexpected type {other}"),
    }
}

/// Copies a folder into another: with `BILAN_SURCHARGE` set, every test project runs with these files in place of the
/// embedded ones, so that a rule broken on purpose is tried without building anything.
pub fn copy(from: &Path, to: &Path) {
    for (name, bytes) in files(from) {
        fs::create_dir_all(to.join(&name).parent().unwrap()).unwrap();
        fs::write(to.join(&name), bytes).unwrap();
    }
}

/// Every file under a folder, with its bytes.
pub fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, dir: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(dir, dir, &mut found);
    found
}

/// Runs a command: its exit code, and what it says.
pub fn bilan(args: &[&str]) -> (i32, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_bilan")).args(args).output().unwrap();
    (done.status.code().unwrap(), String::from_utf8(done.stderr).unwrap())
}

/// The demonstration, run once by two threads for all the tests that read it.
pub fn demonstration() -> &'static Path {
    static FAITE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FAITE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo");
        let demo = ["demo", "--threads", "2", "--out", &path.to_string_lossy()];
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).args(demo).output().unwrap();
        let [out, said] = [done.stdout, done.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(done.status.success() && out.contains("données fictives"), "{out}{said}");
        assert!(said.contains("À ouvrir") && said.contains("index.html"), "{said}");
        (dir, path)
    });
    path
}

/// A copy of the demonstration, to be changed.
pub fn demo() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("demo");
    copy(demonstration(), &out);
    (dir, out.to_string_lossy().into_owned())
}

/// Each published table with its worked case, run once for all the tests that read them.
pub fn worked_cases() -> &'static [(Indicateur, Cas, Projet)] {
    static FAITS: OnceLock<Vec<(Indicateur, Cas, Projet)>> = OnceLock::new();
    FAITS.get_or_init(|| {
        let published = Indicateur::in_order(&Resources::embedded()).unwrap().into_iter().filter(|i| !i.interne);
        let run = |indicateur: Indicateur| {
            let cas = Cas::load(&indicateur.nom);
            let projet = cas.projet();
            let outcome = projet.run(1, false);
            assert!(!outcome.any_refusal(), "{}: {:?}", indicateur.nom, outcome.ingestion.fichiers);
            (indicateur, cas, projet)
        };
        published.map(run).collect()
    })
}

/// Links of the pages of a folder that lead to no file of it.
pub fn astray(folder: &Path) -> Vec<String> {
    let own = folder.canonicalize().unwrap();
    let mut found = Vec::new();
    for (name, bytes) in files(folder).into_iter().filter(|(name, _)| name.extension().is_some_and(|e| e == "html")) {
        let content = String::from_utf8(bytes).unwrap();
        for link in content.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let link = link.replace("&#x2f;", "/");
            let (path, _) = link.split_once('#').unwrap_or((&link, ""));
            if link.starts_with("data:") || path.is_empty() {
                continue;
            }
            let target = folder.join(name.parent().unwrap()).join(path);
            if !target.canonicalize().is_ok_and(|target| target.is_file() && target.starts_with(&own)) {
                found.push(format!("{} : {link}", name.display()));
            }
        }
    }
    found
}
