//! DuckDB over the store: small tables of parameters and geography in, `pipelines/*.sql` run in order, indicator tables
//! out. Whatever only DuckDB can do stays in this module.

mod annees;
mod attentes;
mod charge;
mod consultation;
mod controle;
mod decoupe;
mod etapes;
mod indicateur;
mod ordre;
mod ouvrier;
mod parametres;
mod releve;
mod repetes;
mod surcharge;
mod tables;
mod tableur;
mod territoires;
pub mod trace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use duckdb::{Config, Connection};

use crate::error::{Error, Result};
use crate::ingest::Ingestion;
use crate::law::{Regle, SeuilsDeLAnnee};
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::Geographie;
use crate::store;

pub use annees::{history_file, is_of_another_scope, keep_year};
use attentes::{read_by_checks, waits};
pub use consultation::{Consultation, is_remembered, listed_landlords, open_results};
pub use controle::{Constatation, Croisement};
use decoupe::Etendue;
use etapes::Etapes;
pub use indicateur::Indicateur;
use ouvrier::Ouvrier;
pub use releve::Echec;
use surcharge::Surcharges;
use tables::Prealable;
pub use tableur::{text, write_csv};

/// A result: its name, schema and rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name, as in `OUT/indicateurs/<nom>.parquet`.
    pub nom: String,
    /// Arrow schema.
    pub schema: SchemaRef,
    /// Rows, in the order of the pipeline.
    pub batches: Vec<RecordBatch>,
}

/// Batches of a result, one after the other.
pub type Batches<'b> = &'b mut dyn Iterator<Item = Result<RecordBatch>>;

/// A DuckDB connection that reaches only the project's folders.
pub struct Engine {
    connection: Connection,
}

/// Where the engine may read and spill.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Worker threads.
    pub threads: usize,
    /// Memory, in DuckDB's words.
    pub memory: String,
    /// Folders it may read.
    pub folders: Vec<PathBuf>,
    /// Folder it may spill into.
    pub spill: PathBuf,
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Engine {
    /// Opens an in-memory engine that can reach nothing but `limits`.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn open(limits: &Limits) -> Result<Self> {
        let failed = || Error::engine("ouverture");
        let config = Config::default()
            .enable_autoload_extension(false)
            .and_then(|c| c.with("autoinstall_known_extensions", "false"))
            .and_then(|c| c.threads(i64::try_from(limits.threads).unwrap_or(1)))
            .and_then(|c| c.max_memory(&limits.memory))
            .map_err(failed())?;
        let connection = Connection::open_in_memory_with_flags(config).map_err(failed())?;
        let folders: Vec<String> =
            limits.folders.iter().chain([&limits.spill]).map(|p| quoted(&p.to_string_lossy())).collect();
        let settings = format!(
            "SET allowed_directories = [{}]; SET temp_directory = {}; SET enable_external_access = false; \
             SET preserve_insertion_order = true; SET lock_configuration = true;",
            folders.join(", "),
            quoted(&limits.spill.to_string_lossy())
        );
        connection.execute_batch(&settings).map_err(failed())?;
        Ok(Self { connection })
    }

    /// Runs statements that give no rows.
    ///
    /// # Errors
    /// [`Error::Engine`], naming `step`.
    pub fn execute(&self, step: &str, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(Error::engine(step))
    }

    /// Runs one query.
    ///
    /// # Errors
    /// [`Error::Engine`], naming `step`.
    pub fn query(&self, step: &str, sql: &str) -> Result<Table> {
        self.stream(step, sql, |schema, batches| {
            Ok(Table { nom: step.to_owned(), schema: Arc::clone(schema), batches: batches.collect::<Result<_>>()? })
        })
    }

    /// Runs one query and hands its batches to `take` as they are made.
    ///
    /// # Errors
    /// [`Error::Engine`], naming `step`; what `take` met.
    pub fn stream<T>(
        &self,
        step: &str,
        sql: &str,
        take: impl FnOnce(&SchemaRef, Batches<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut statement = self.connection.prepare(sql).map_err(Error::engine(step))?;
        let stream = statement.stream_arrow([]).map_err(Error::engine(step))?;
        let schema = stream.get_schema();
        take(&schema, &mut stream.map(|batch| batch.map_err(Error::engine(step))))
    }

    /// A view over Parquet files.
    ///
    /// # Errors
    /// [`Error::Engine`].
    pub fn view(&self, name: &str, files: &[PathBuf]) -> Result<()> {
        let files: Vec<String> = files.iter().map(|f| quoted(&f.to_string_lossy())).collect();
        self.execute(name, &format!("CREATE VIEW {name} AS SELECT * FROM read_parquet([{}])", files.join(", ")))
    }

    /// A table that is published, unless its file is there: written row after row in the order of its statements, in
    /// batches of one size, so that its bytes are the same whatever the threads and the parts.
    fn keep(&self, name: &str, prevue: &Prevue<'_>) -> Result<()> {
        let Some(file) = prevue.fichiers.first().filter(|file| !store::is_whole(file)) else { return Ok(()) };
        let ecriture = store::Ecriture { groupe: Some(GROUPE), ..store::Ecriture::default() };
        let mut opened = None;
        for sql in &prevue.enonces {
            self.stream(name, sql, |schema, made| {
                let (parquet, batches) = match &mut opened {
                    Some(opened) => opened,
                    None => opened.insert((
                        store::ParquetFile::create(file, Arc::clone(schema), &ecriture)?,
                        BatchCoalescer::new(Arc::clone(schema), ROWS),
                    )),
                };
                for batch in made {
                    batches.push_batch(batch?)?;
                    while let Some(batch) = batches.next_completed_batch() {
                        parquet.write(&batch)?;
                    }
                }
                Ok(())
            })?;
        }
        let Some((mut parquet, mut batches)) = opened else { return Ok(()) };
        batches.finish_buffered_batch()?;
        while let Some(batch) = batches.next_completed_batch() {
            parquet.write(&batch)?;
        }
        parquet.finish(&[]).map(|_| ())
    }

    /// A step with a row a record goes to a file and is read from there by those that need it: kept in memory, those of
    /// a whole country would not leave room to compute.
    fn spill(&self, name: &str, sql: &str, file: &Path) -> Result<()> {
        let partial = store::temporary(file);
        let to = quoted(&partial.to_string_lossy());
        self.execute(
            name,
            &format!("COPY ({sql}) TO {to} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {GROUPE})"),
        )?;
        store::publish(&partial, file)
    }

    fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// What the engine reads.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// The project.
    pub plan: &'a Plan,
    /// The store.
    pub ingestion: &'a Ingestion,
    /// The year's geography.
    pub geographie: &'a Geographie,
    /// The year's amounts.
    pub seuils: &'a SeuilsDeLAnnee,
    /// Rules in force.
    pub regles: &'a [Regle],
}

impl Inputs<'_> {
    /// Whether a commune is in the perimeter.
    fn inside(&self, commune: &str) -> bool {
        self.plan.holds(commune)
    }

    /// Files of the store that a source was read into.
    fn stored(&self, source: &str, cache: &Path) -> Vec<PathBuf> {
        let read = self.ingestion.fichiers.iter().filter(|f| f.schema == source);
        read.filter_map(|f| f.parquet.as_ref()).map(|p| cache.join(p)).collect()
    }
}

/// Absolute form of a folder of the project, made if it is missing, as the engine's list of allowed folders wants it.
///
/// # Errors
/// [`Error::Io`].
pub fn reachable(folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).map_err(Error::io("créer le dossier", folder))?;
    folder.canonicalize().map_err(Error::io("ouvrir", folder))
}

/// A step done, now or before.
#[derive(Debug, Clone)]
pub struct Etape {
    /// Name of the table.
    pub nom: String,
    /// Digest of all it was made from.
    pub cle: String,
    /// Where its rows are.
    pub fichier: PathBuf,
}

/// What the engine gives.
#[derive(Debug)]
pub struct Resultats {
    /// Published tables.
    pub tables: Vec<Etape>,
    /// The files of the table of facts, one after the other.
    pub faits: Vec<PathBuf>,
    /// What the cross-checks found, by code.
    pub constatations: Vec<Constatation>,
    /// Landlord of each lease that reading set something aside of, by file and line.
    pub bailleurs: BTreeMap<(String, u64), String>,
    /// What questions asked later need.
    pub consultation: Consultation,
}

/// A step to do, or to find done.
struct Prevue<'a> {
    travail: Travail<'a>,
    /// Those after it read through it: it is never written.
    vue: bool,
    /// Its statements, one or one a part.
    enonces: Vec<String>,
    /// Files of what they give: one each for a step of the computation, one for all where the table is published. A view never
    /// writes its own.
    fichiers: Vec<PathBuf>,
    cle: String,
}

/// What a step is for.
enum Travail<'a> {
    /// A table that others may name.
    Table(&'a Indicateur),
    /// A cross-check.
    Controle {
        /// The check.
        check: &'a Croisement,
        /// Whether every failure is needed, not a sample of them.
        entier: bool,
    },
}

impl Prevue<'_> {
    fn nom(&self) -> &str {
        match self.travail {
            Travail::Table(indicateur) => &indicateur.nom,
            Travail::Controle { check, .. } => &check.nom,
        }
    }

    /// The step as a published table, if it makes one.
    fn published(&self) -> Option<Etape> {
        let Travail::Table(indicateur) = self.travail else { return None };
        let fichier = self.fichiers.first().filter(|_| !indicateur.interne)?;
        Some(Etape { nom: indicateur.nom.clone(), cle: self.cle.clone(), fichier: fichier.clone() })
    }
}

/// Folder of the cache where the results of steps are kept.
const ETAPES: &str = "etapes";

/// Removes what earlier runs kept of their steps: all is to be computed again.
///
/// # Errors
/// [`Error::Io`].
pub fn forget_steps(cache: &Path) -> Result<()> {
    let folder = cache.join(ETAPES);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("supprimer", &folder)(error)),
        _ => Ok(()),
    }
}

/// Steps at work at once: while one waits for what another reads, the cores are busy.
const ENSEMBLE: usize = 2;

/// What is to be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voulu {
    /// Every table and every cross-check.
    Tout,
    /// Cross-checks, and the tables that they read.
    Controles,
}

/// Computes what is wanted, each table or cross-check once the tables it names are there; `made` is told of each published
/// table by the worker that has made it.
///
/// # Errors
/// [`Error::Engine`] with the pipeline's name; what `made` met.
pub fn compute(
    inputs: &Inputs<'_>,
    voulu: Voulu,
    threads: usize,
    progress: &Progress,
    made: impl Fn(&Etape) -> Result<()> + Sync,
) -> Result<Resultats> {
    let folder = reachable(&inputs.plan.cache().join(ETAPES))?;
    let resources = inputs.plan.resources();
    let pipelines = Indicateur::in_order(&resources)?;
    let checks = Croisement::load_all(&resources)?;
    let surcharges = Surcharges::load(&resources)?;
    let workers = threads.clamp(1, ENSEMBLE);
    let prealable = Prealable::of(inputs, threads)?;
    let (mut ouvriers, mut etapes) = Ouvrier::open_several(inputs, &prealable, workers, threads)?;
    let etendue = Etendue::of(inputs, &prealable, ouvriers[0].engine())?;
    let whole = |check: &Croisement| {
        check.source == "attributions" || inputs.plan.confirmations.iter().any(|c| c.code == check.code)
    };
    let mut prevues: Vec<Prevue<'_>> = pipelines.iter().map(|i| etapes.plan(i, &etendue, &folder)).collect();
    prevues.extend(checks.iter().map(|check| etapes.plan_check(check, whole(check), &etendue, &folder)));
    let mut attend = waits(&prevues, &surcharges);
    if voulu == Voulu::Controles {
        let read = read_by_checks(&prevues, &attend);
        prevues = prevues.into_iter().zip(read).filter_map(|(prevue, read)| read.then_some(prevue)).collect();
        attend = waits(&prevues, &surcharges);
    }
    let given = |source: &str| inputs.ingestion.fichiers.iter().any(|f| f.schema == source && f.parquet.is_some());
    let bar = progress.steps("Indicateurs", prevues.len() as u64);
    let done = ordre::in_turn(
        &mut ouvriers,
        &attend,
        |ouvrier, step, seule| {
            let prevue = &prevues[step];
            bar.set_message(match prevue.travail {
                Travail::Table(indicateur) => format!("Indicateurs : {}", indicateur.nom),
                Travail::Controle { check, .. } => format!("Contrôles : {}", check.nom),
            });
            let mut roomy = if seule { Some(Ouvrier::open_alone(inputs, &prealable, threads)?) } else { None };
            let ouvrier = roomy.as_mut().unwrap_or(ouvrier);
            let engine = ouvrier.with_tables(&prevues, &attend, step)?;
            let found = match prevue.travail {
                Travail::Table(indicateur) => {
                    engine.step(indicateur, prevue, surcharges.replaced(&prevue.travail)).map(|()| None)
                }
                Travail::Controle { check, entier } => engine.check(check, given, entier, prevue).map(Some),
            };
            let published = |found| prevue.published().as_ref().map_or(Ok(()), &made).map(|()| found);
            let found = found.and_then(published).map_err(|error| surcharges.told(&prevue.travail, error))?;
            bar.inc(1);
            Ok(found)
        },
        Error::is_out_of_memory,
    )?;
    bar.finish_and_clear();
    let consultation = Consultation::of(ouvriers[0].engine(), &prevues)?;
    let (mut tables, mut faits) = (Vec::new(), Vec::new());
    for prevue in prevues {
        if prevue.nom() == FACTS {
            faits.extend(prevue.fichiers);
        } else {
            tables.extend(prevue.published());
        }
    }
    let bailleurs = ouvriers[0].engine().landlords(inputs)?;
    etapes.sweep(&folder);
    Ok(Resultats { tables, faits, constatations: done.into_iter().flatten().collect(), bailleurs, consultation })
}

impl Etapes {
    /// The step that makes a table; those after it may name it.
    fn plan<'a>(&mut self, indicateur: &'a Indicateur, etendue: &Etendue, folder: &Path) -> Prevue<'a> {
        let lone = indicateur.un_par_identifiant.as_deref().filter(|source| etendue.is_one_each(source));
        let enonces = lone.map_or_else(
            || indicateur.statements(etendue),
            |source| vec![format!("SELECT * FROM {}", tables::source(source))],
        );
        let keys: Vec<String> = enonces.iter().map(|sql| self.key(sql)).collect();
        let cle = keys.join(" ");
        self.know(&indicateur.nom, cle.as_bytes());
        let keys = if indicateur.interne || keys.len() == 1 { keys } else { vec![store::sha256(cle.as_bytes())] };
        let fichiers = keys.iter().map(|key| self.file(folder, &indicateur.nom, key)).collect();
        Prevue { travail: Travail::Table(indicateur), vue: indicateur.vue || lone.is_some(), enonces, fichiers, cle }
    }

    /// A cross-check, read once; whether all its failures are needed.
    fn plan_check<'a>(&mut self, check: &'a Croisement, entier: bool, etendue: &Etendue, folder: &Path) -> Prevue<'a> {
        let enonces = check.statements(etendue);
        let keys: Vec<String> = enonces.iter().map(|sql| self.key(sql)).collect();
        let cle = store::sha256(format!("{entier} {}", keys.join(" ")).as_bytes());
        let fichier = self.file(folder, &check.nom, &cle);
        Prevue { travail: Travail::Controle { check, entier }, vue: false, enonces, fichiers: vec![fichier], cle }
    }
}

impl Engine {
    /// Does a step, or finds it done; its statement keeps the columns of the one that it replaces, if it does.
    fn step(&self, indicateur: &Indicateur, prevue: &Prevue<'_>, remplacee: Option<&str>) -> Result<()> {
        let Prevue { vue, enonces, fichiers, .. } = prevue;
        if let (Some(remplacee), Some(sql)) = (remplacee, enonces.first()) {
            self.keeps_columns(&prevue.travail, sql, remplacee)?;
        }
        if *vue {
            // Tried here, so that what is wrong with it is not said of those that read it.
            return enonces.iter().try_for_each(|sql| self.columns(&indicateur.nom, sql).map(|_| ()));
        }
        if indicateur.interne {
            let mut missing = enonces.iter().zip(fichiers).filter(|(_, file)| !store::is_whole(file));
            return missing.try_for_each(|(sql, file)| self.spill(&indicateur.nom, sql, file));
        }
        self.keep(&indicateur.nom, prevue)
    }

    /// Lets statements name the table of a step that is done.
    fn show(&self, indicateur: &Indicateur, prevue: &Prevue<'_>) -> Result<()> {
        let nom = &indicateur.nom;
        if prevue.vue {
            let mut views = prevue.enonces.iter().map(|sql| format!("CREATE VIEW {nom} AS {sql}"));
            return views.try_for_each(|sql| self.execute(nom, &sql));
        }
        self.view(nom, &prevue.fichiers)
    }
}

/// Rows written at a time.
const ROWS: usize = 8_192;
/// Rows of a group of a step's file: what is held of it before it is written.
const GROUPE: usize = 40_960;

/// Name of the table of facts, which is kept in the project and never among the results.
pub const FACTS: &str = "faits";

impl Table {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Reads a result back from its Parquet file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(path: &Path, nom: &str) -> Result<Self> {
        let (schema, batches) = crate::store::read_all(path)?;
        Ok(Self { nom: nom.to_owned(), schema, batches })
    }

    /// All rows as one batch.
    ///
    /// # Errors
    /// When the batches do not fit together.
    pub fn single(&self) -> Result<RecordBatch> {
        Ok(arrow::compute::concat_batches(&Arc::clone(&self.schema), &self.batches)?)
    }
}
