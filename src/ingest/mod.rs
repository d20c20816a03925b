//! Raw files to the typed store: decode, scan records, type, check; every reject kept with its reason.
//!
//! Each file gives, in `.bilan/store/<schema>/`, a Parquet file of the rows kept, a CSV of the rejects and a JSON
//! account of both, all named by the content they come from: an unchanged file is never read twice.

mod apercu;
mod bloc;
mod blocs;
mod bridge;
mod brut;
mod constats;
mod lecture;
mod parallele;
mod rejets;
mod typing;
mod valeurs;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result, io_reason};
use crate::progress::Progress;
use crate::project::{Confirmation, Plan, SourcePlan};
use crate::reference::{Geographie, plages};
use crate::resultats::{Controle, Total};
use crate::schema::{Champ, Genre, Schema};
use crate::store::{self, Ecriture, Etat, FichierVu, Key, ParquetFile, Stamp};

use bloc::{Atelier, Releve};
use blocs::{Etape, Etapes};
use lecture::{Besoin, Echec, Empreinte, Ouvert, RegleMenage};
use parallele::in_order;
use rejets::Rejets;
use typing::Typer;

pub use apercu::{Apercu, apercu};
pub use bloc::{FICHIER, LIGNE, arrow_schema, uuid};
pub use lecture::{Encodage, Format, is_protected};
pub use rejets::{COLUMNS as REJECT_COLUMNS, reject_row};

/// Changes when the same file would be stored otherwise.
const CONVERSION: &str = "identifiers of sixteen bytes, bounds of places and numbers, every fault of a lease, thousands \
                          apart, faults in the order of lines, checks of absent columns, labels, spaced numbers";
/// Records handed together to typing.
const BLOCK_ROWS: usize = 65_536;

/// The account of one file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FichierLu {
    /// Schema of the source.
    pub schema: String,
    /// Path, relative to the project; with the sheet where several of one workbook are read.
    pub fichier: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// What it is, when that could be told.
    pub format: Option<Format>,
    /// Encoding of a text file.
    pub encodage: Option<Encodage>,
    /// Field separator of a text file.
    pub separateur: Option<char>,
    /// Sheet read, of a workbook.
    pub feuille: Option<String>,
    /// Rows read, header excluded: kept + refused.
    pub lignes: u64,
    /// Rows kept.
    pub gardees: u64,
    /// Rows refused.
    pub refusees: u64,
    /// Canonical columns found in the file.
    pub colonnes: Vec<String>,
    /// Checks.
    pub controles: Vec<Controle>,
    /// Totals by code and column.
    pub totaux: Vec<Total>,
    /// Outliers that the project vouches for.
    #[serde(default)]
    pub confirmees: Vec<Confirmation>,
    /// What was noticed of the file as a whole.
    pub avis: Vec<Diagnostic>,
    /// Why the whole file was refused, if it was.
    pub refus: Vec<Diagnostic>,
    /// Parquet file, relative to `.bilan`; none when the file was refused.
    pub parquet: Option<String>,
    /// CSV of the rejects, relative to `.bilan`.
    pub rejets: Option<String>,
    /// Digest of those two files and of this account, by which they are known to be what was written.
    #[serde(default)]
    pub garde: String,
}

impl FichierLu {
    /// Whether the rows are those of another account: the same sheet of a file of the same content.
    fn is_the_same(&self, other: &Self) -> bool {
        self.schema == other.schema && self.sha256 == other.sha256 && self.feuille == other.feuille
    }
}

/// What reading the sources gave.
#[derive(Debug, Default)]
pub struct Ingestion {
    /// One account a file, in the order of the project.
    pub fichiers: Vec<FichierLu>,
    /// Whether any file was read again.
    pub relus: usize,
    /// Files of the store that no longer held what was written, and were made again.
    pub abimes: Vec<Diagnostic>,
}

impl Ingestion {
    /// Whether some whole file was refused.
    #[must_use]
    pub fn any_file_refused(&self) -> bool {
        self.fichiers.iter().any(|f| f.parquet.is_none())
    }

    /// Whether some row fills a column, `source.colonne`; of a source without rows, whether it is there.
    #[must_use]
    pub fn donne(&self, colonne: &str) -> bool {
        let Some((source, colonne)) = colonne.split_once('.') else { return false };
        let files = || self.fichiers.iter().filter(|f| f.schema == source && f.parquet.is_some());
        let empty = files().all(|f| f.gardees == 0);
        let there = || files().flat_map(|f| &f.colonnes).any(|c| c == colonne);
        files().flat_map(|f| &f.controles).any(|c| c.donne(colonne)) || (empty && there())
    }

    /// Rows kept of a source, in all its files.
    #[must_use]
    pub fn rows(&self, source: &str) -> u64 {
        self.fichiers.iter().filter(|f| f.schema == source).map(|f| f.gardees).sum()
    }

    /// Whether anything at all was refused.
    #[must_use]
    pub fn any_refusal(&self) -> bool {
        self.any_file_refused() || self.fichiers.iter().any(|f| f.refusees > 0)
    }
}

/// Reads every source of the plan into the store.
///
/// # Errors
/// [`Error::Io`] when the store cannot be written; a source that cannot be read is refused, not an error.
pub fn ingest(
    plan: &Plan,
    geographie: &Geographie,
    key: &Key,
    etat: &mut Etat,
    options: Options,
    progress: &Progress,
) -> Result<Ingestion> {
    let resources = plan.resources();
    let context = resources.fingerprint(&["schemas", "reference"])?;
    let load = |source: &SourcePlan| Schema::load(&resources, &source.schema, plan.millesime);
    let schemas = plan.sources.iter().map(load).collect::<Result<Vec<_>>>()?;
    let context = context.as_str();
    let mut ingestion = Ingestion::default();
    let mut accounts: Vec<(usize, FichierLu)> = Vec::new();
    let mut seen = BTreeMap::new();
    let known = &etat.fichiers;
    let files = plan.sources.iter().zip(&schemas).flat_map(|(source, schema)| {
        let reader = FileReader { plan, source, schema, geographie, key, context, options };
        source.fichiers.iter().map(move |fichier| (reader, reader.given(fichier)))
    });
    let mut files: Vec<(usize, (FileReader<'_>, Donne))> = files.enumerate().collect();
    // While a file is read, the next one is hashed: with the smallest first, little is hashed while nothing is there to read.
    files.sort_by_cached_key(|(_, (_, donne))| std::fs::metadata(&donne.chemin).map_or(0, |file| file.len()));
    let looks = files.into_iter().map(|(place, (reader, donne))| {
        let regard = reader.look(&donne, known.get(&donne.nom));
        (place, reader, donne, regard)
    });
    parallele::ahead(options.threads, looks, |(place, reader, donne, regard)| {
        if let Regard::ALire(_, _, Some(abime)) = &regard {
            ingestion.abimes.push(abime.clone());
        }
        let (mut account, vu, read) = reader.read(&donne, regard, progress)?;
        ingestion.relus += usize::from(read);
        // Files of one content are of one size, and so in the order of the project.
        let mut before = accounts.iter().map(|(_, before)| before).filter(|before| before.parquet.is_some());
        if let Some(twin) = before.find(|before| account.parquet.is_some() && before.is_the_same(&account)) {
            let (told, remedy) = if twin.fichier == account.fichier {
                ("fichier déjà donné à une autre source de ce schéma".to_owned(), "nommez-le dans une seule")
            } else {
                (format!("même contenu, à l'octet près, que {}", twin.fichier), "retirez l'un des deux")
            };
            let remedy = format!("{remedy} : ses lignes auraient compté deux fois");
            account = reader.refused(&donne.nom, &account.sha256, vec![Diagnostic::refus("B0132", told, remedy)]);
        }
        accounts.push((place, account));
        if let Some(vu) = vu {
            seen.insert(donne.nom, vu);
        }
        Ok(())
    })?;
    etat.fichiers = seen;
    accounts.sort_by_key(|(place, _)| *place);
    ingestion.fichiers = accounts.into_iter().map(|(_, account)| account).collect();
    Ok(ingestion)
}

/// How to read.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Hash files again even when their size, time and inode are unchanged, and what the store keeps of them.
    pub verifier: bool,
    /// Threads at work.
    pub threads: usize,
}

/// What can be told of a file before it is read.
enum Regard {
    /// It cannot be read.
    Refuse(FichierLu),
    /// It was read before.
    Lu(FichierLu, FichierVu),
    /// It is to be read; what is to be said of what the store kept of it, if that is no longer what was written.
    ALire(Empreinte, FichierVu, Option<Diagnostic>),
}

/// A file that a source of the project names.
struct Donne {
    chemin: PathBuf,
    /// What its rows and what is said of them bear: its path in the project, and its sheet where several are read.
    nom: String,
}

#[derive(Clone, Copy)]
struct FileReader<'a> {
    plan: &'a Plan,
    source: &'a SourcePlan,
    schema: &'a Schema,
    geographie: &'a Geographie,
    key: &'a Key,
    context: &'a str,
    options: Options,
}

impl FileReader<'_> {
    /// A file of the source. Two sheets of one workbook have lines of the same numbers: their names tell them apart.
    fn given(&self, fichier: &str) -> Donne {
        let readers = self.plan.sources.iter().filter(|source| source.schema == self.source.schema);
        let several = readers.filter(|source| source.fichiers.iter().any(|f| f == fichier)).count() > 1;
        let nom = match &self.source.feuille {
            Some(feuille) if several => format!("{fichier} (feuille {feuille})"),
            _ => fichier.to_owned(),
        };
        Donne { chemin: self.plan.racine.join(fichier), nom }
    }

    /// What can be told of a file before it is read, as the last run left it.
    fn look(&self, donne: &Donne, last: Option<&FichierVu>) -> Regard {
        let Donne { chemin, nom: fichier } = donne;
        let stamp = match Stamp::of(chemin) {
            Ok(stamp) => stamp,
            Err(error) => return Regard::Refuse(self.unreadable(fichier, &error)),
        };
        if let Some(vu) = last.filter(|vu| vu.stamp == stamp && !self.options.verifier)
            && let Some(account) = self.stored(fichier, &vu.sha256)
        {
            return Regard::Lu(account, vu.clone());
        }
        let empreinte = match lecture::inspect(chemin, self.options.threads) {
            Err(error) => return Regard::Refuse(self.unreadable(fichier, &error)),
            Ok(Err(diagnostic)) => return Regard::Refuse(self.refused(fichier, "", vec![diagnostic])),
            Ok(Ok(empreinte)) => empreinte,
        };
        let vu = FichierVu { stamp, sha256: empreinte.sha256.clone() };
        match self.stored(fichier, &vu.sha256) {
            Some(account) => match self.damage(fichier, &account) {
                None => Regard::Lu(account, vu),
                damage => Regard::ALire(empreinte, vu, damage),
            },
            None => Regard::ALire(empreinte, vu, None),
        }
    }

    /// What is to be said of a conversion that was kept, where asked and it is no longer what was written.
    fn damage(&self, fichier: &str, account: &FichierLu) -> Option<Diagnostic> {
        let (parquet, rejets) = (account.parquet.as_ref()?, account.rejets.as_ref()?);
        if !self.options.verifier {
            return None;
        }
        let digest = |file: &String| store::file_sha256(&self.plan.cache().join(file));
        let held = digest(parquet).and_then(|parquet| kept(&parquet, &digest(rejets)?, account));
        let altered = || {
            let message = format!(
                "la conversion gardée dans « .bilan/{parquet} » n'est plus celle qui fut écrite : elle est refaite"
            );
            let remedy = "comparez ce qui fut publié d'après elle à ce bilan, et vérifiez le disque";
            Diagnostic::anomalie("B0309", message, remedy).in_file(fichier)
        };
        held.map_or(true, |held| held != account.garde).then(altered)
    }

    /// The account of a file, read now if it has to be.
    fn read(&self, donne: &Donne, regard: Regard, progress: &Progress) -> Result<(FichierLu, Option<FichierVu>, bool)> {
        let Donne { chemin, nom: fichier } = donne;
        let (empreinte, vu) = match regard {
            Regard::Refuse(account) => return Ok((account, None, false)),
            Regard::Lu(account, vu) => return Ok((account, Some(vu), false)),
            Regard::ALire(empreinte, vu, _) => (empreinte, vu),
        };
        let bar = progress.bytes(fichier.clone(), vu.stamp.taille);
        let account = self.convert(fichier, chemin, &empreinte, &bar);
        bar.finish_and_clear();
        let account = match account {
            Err(Error::Io { action: "lire", source, .. }) => self.unreadable(fichier, &source),
            other => other?,
        };
        if account.parquet.is_some() {
            let text = serde_json::to_vec_pretty(&account)?;
            store::write_atomically(
                &self.plan.cache().join(self.stem(fichier, &vu.sha256)).with_extension("json"),
                &text,
            )?;
        }
        Ok((account, Some(vu), true))
    }

    /// Path of a file's conversion, without extension, relative to `.bilan`.
    fn stem(&self, fichier: &str, sha256: &str) -> PathBuf {
        let parts = [
            env!("CARGO_PKG_VERSION"),
            CONVERSION,
            self.context,
            &self.key.fingerprint(),
            fichier,
            sha256,
            &format!("{:?} {:?}", self.source.colonnes, self.source.codes),
            &format!("{} {} {:?}", self.source.millesime, self.plan.date_extraction, self.source.feuille),
            &format!("{} {:?}", self.plan.millesime, self.confirmations(fichier)),
        ];
        let name = store::sha256(parts.join("\n").as_bytes());
        Path::new("store").join(&self.schema.nom).join(&name[..24])
    }

    fn confirmations(&self, fichier: &str) -> Vec<Confirmation> {
        self.plan.confirmations.iter().filter(|c| c.fichier == fichier).cloned().collect()
    }

    fn stored(&self, fichier: &str, sha256: &str) -> Option<FichierLu> {
        let cache = self.plan.cache();
        let stem = cache.join(self.stem(fichier, sha256));
        let account: FichierLu = serde_json::from_slice(&std::fs::read(stem.with_extension("json")).ok()?).ok()?;
        let parquet = account.parquet.as_ref().is_some_and(|f| store::is_whole(&cache.join(f)));
        let rejets = account.rejets.as_ref().is_some_and(|f| cache.join(f).is_file());
        (parquet && rejets).then_some(account)
    }

    fn unreadable(&self, fichier: &str, error: &io::Error) -> FichierLu {
        let diagnostic = Diagnostic::refus(
            "B0113",
            format!("fichier illisible : {}", io_reason(error)),
            "vérifiez le fichier et les droits de lecture",
        );
        self.refused(fichier, "", vec![diagnostic])
    }

    fn refused(&self, fichier: &str, sha256: &str, refus: Vec<Diagnostic>) -> FichierLu {
        FichierLu {
            schema: self.schema.nom.clone(),
            fichier: fichier.to_owned(),
            sha256: sha256.to_owned(),
            format: None,
            encodage: None,
            separateur: None,
            feuille: None,
            lignes: 0,
            gardees: 0,
            refusees: 0,
            colonnes: Vec::new(),
            controles: Vec::new(),
            totaux: Vec::new(),
            confirmees: Vec::new(),
            avis: Vec::new(),
            refus: refus.into_iter().map(|d| d.in_file(fichier)).collect(),
            parquet: None,
            rejets: None,
            garde: String::new(),
        }
    }

    fn convert(&self, fichier: &str, path: &Path, empreinte: &Empreinte, bar: &ProgressBar) -> Result<FichierLu> {
        let besoin = Besoin {
            schema: self.schema,
            colonnes: &self.source.colonnes,
            feuille: self.source.feuille.as_deref(),
            date: self.plan.date_extraction,
            menage: RegleMenage::load(&self.plan.resources(), self.plan.millesime)?,
        };
        match lecture::open(path, empreinte, besoin, bar) {
            Ok(ouvert) => self.convert_records(fichier, path, empreinte, ouvert),
            Err(Echec::Systeme(error)) => Err(Error::io("lire", path)(error)),
            Err(Echec::Refus(refusals)) => Ok(self.refused(fichier, &empreinte.sha256, refusals)),
        }
    }

    fn convert_records(&self, fichier: &str, path: &Path, empreinte: &Empreinte, ouvert: Ouvert) -> Result<FichierLu> {
        let Ouvert { lecteur, entete, avis, separateur, feuille, .. } = ouvert;
        let stem = self.stem(fichier, &empreinte.sha256);
        let cache = self.plan.cache();
        // Each landlord is sent all that was found of its leases.
        let tous = self.schema.nom == "attributions";
        let mut rejets = Rejets::create(&cache.join(stem.with_extension("csv")), fichier, tous)?;
        let typer =
            Typer::new(&self.schema.colonnes, &self.source.codes, self.geographie, self.key, self.source.millesime);
        let plages = plages(&self.plan.resources(), &self.schema.nom, self.plan.millesime)?;
        let confirmations = self.confirmations(fichier);
        let extraction = self.plan.date_extraction;
        let atelier = Atelier::new(self.schema, &entete, typer, fichier, extraction, plages, confirmations);
        let stored = cache.join(stem.with_extension("parquet"));
        let arrow = std::sync::Arc::clone(atelier.arrow_schema());
        let mut parquet = ParquetFile::create(&stored, arrow, &ecriture(self.schema))?;
        let mut releve = Releve::default();
        let etapes = Etapes { lecteur, schema: self.schema, entete: &entete, most: BLOCK_ROWS };
        let read = in_order(
            self.options.threads,
            etapes,
            |etape: Etape| {
                let (bloc, mauvais) = etape.cut(self.schema, &entete);
                atelier.process(&bloc, mauvais)
            },
            |typed| {
                let batch = releve.add(typed?, &mut rejets)?;
                if batch.num_rows() > 0 { parquet.write(&batch) } else { Ok(()) }
            },
        )?;
        match read {
            None => {}
            Some(Echec::Systeme(error)) => return Err(Error::io("lire", path)(error)),
            Some(Echec::Refus(refusals)) => return Ok(self.refused(fichier, &empreinte.sha256, refusals)),
        }
        let controles = atelier.controls(&releve);
        let lignes = releve.lignes();
        let Releve { gardees, confirmees, .. } = releve;
        let totaux = rejets.finish()?;
        let sha256 = parquet.finish(&[
            ("bilan.source", fichier.to_owned()),
            ("bilan.sha256", empreinte.sha256.clone()),
            ("bilan.format", empreinte.format.name().to_owned()),
            ("bilan.encodage", empreinte.encodage.map_or("", Encodage::name).to_owned()),
            ("bilan.lignes", lignes.to_string()),
            ("bilan.lignes_gardees", gardees.to_string()),
            ("bilan.schema", self.schema.nom.clone()),
            ("bilan.schema_version", self.schema.version.to_string()),
        ])?;
        let present = self.schema.colonnes.iter().zip(&entete.champs).filter(|(_, c)| **c != Champ::Absent);
        let relative = |extension: &str| stem.with_extension(extension).to_string_lossy().replace('\\', "/");
        let (parquet, rejets) = (relative("parquet"), relative("csv"));
        let rejets_sha256 = store::file_sha256(&cache.join(&rejets))?;
        let account = FichierLu {
            schema: self.schema.nom.clone(),
            fichier: fichier.to_owned(),
            sha256: empreinte.sha256.clone(),
            format: Some(empreinte.format),
            encodage: empreinte.encodage,
            separateur,
            feuille,
            lignes,
            gardees,
            refusees: lignes - gardees,
            colonnes: present.map(|(c, _)| c.nom.clone()).collect(),
            controles,
            totaux,
            confirmees,
            avis: avis.into_iter().map(|d| d.in_file(fichier)).collect(),
            refus: Vec::new(),
            parquet: Some(parquet),
            rejets: Some(rejets),
            garde: String::new(),
        };
        Ok(FichierLu { garde: kept(&sha256, &rejets_sha256, &account)?, ..account })
    }
}

/// Digest of all that the store keeps of a source file, from those of its two files and from its account.
fn kept(parquet: &str, rejets: &str, account: &FichierLu) -> Result<String> {
    let account = FichierLu { garde: String::new(), ..account.clone() };
    Ok(store::sha256(format!("{parquet} {rejets} {}", serde_json::to_string(&account)?).as_bytes()))
}

/// Words are written once a row group, identifiers and amounts as they come; bounds are kept of places, days and numbers,
/// which questions are asked by.
fn ecriture(schema: &Schema) -> Ecriture<'_> {
    let of = |wanted: fn(Genre) -> bool| {
        schema.colonnes.iter().filter(move |c| wanted(c.genre)).map(|c| c.nom.as_str()).collect::<Vec<_>>()
    };
    Ecriture {
        uniques: of(|g| matches!(g, Genre::Identifiant | Genre::Communes | Genre::Decimal)),
        sequences: vec![LIGNE],
        mots: of(|g| matches!(g, Genre::Texte | Genre::Code | Genre::Service | Genre::Liste)),
        ..Ecriture::default()
    }
}
