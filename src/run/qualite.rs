//! What was found of the sources: `rejets.csv`, `qualite.json`, and a list for each landlord.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Gravite};
use crate::engine::{Constatation, Croisement, Echec};
use crate::error::{Error, Result};
use crate::format;
use crate::ingest::{Ingestion, REJECT_COLUMNS, reject_row};
use crate::partage::shared_out;
use crate::project::Plan;
use crate::resultats::{
    ConfirmationLue, Controle, Correction, CroisementLu, LISTES, Liste, QUALITE, Qualite, Reserve, SAMPLE, SourceLue,
    Total,
};
use crate::schema::Schema;
use crate::store;

/// Corrections named.
const CORRECTIONS: usize = 10;
/// Territories or landlords named of a check before the rest are counted.
const NAMED: usize = 5;
/// How much more a fault weighs when a verdict depends on it.
const VERDICT_WEIGHT: u64 = 3;

/// What became of the data.
pub(super) struct Bilan {
    /// Files written, relative to the results folder.
    pub fichiers: BTreeSet<String>,
    /// What is to be said of confirmations, territories and landlords.
    pub notes: Vec<Diagnostic>,
    /// What cross-checks found of records, a total a check, the gravest and most numerous first.
    pub croises: Vec<Total>,
}

/// Whether [`write`] writes this file of the results.
pub(super) fn writes(file: &str) -> bool {
    [QUALITE, REJECTS].contains(&file) || Path::new(file).starts_with(LISTES)
}

/// Writes the files.
///
/// # Errors
/// [`Error::Io`]; [`Error::Resource`] when a check does not add up, which would be a fault of this program.
pub(super) fn write(
    plan: &Plan,
    ingestion: &Ingestion,
    constatations: Vec<Constatation>,
    bailleurs: &Landlords,
    threads: usize,
) -> Result<Bilan> {
    let mut applied: BTreeSet<usize> = BTreeSet::new();
    let position = |c| plan.confirmations.iter().position(|own| own == c);
    applied.extend(ingestion.fichiers.iter().flat_map(|f| &f.confirmees).filter_map(position));
    let crossed: Vec<Constatation> = constatations.into_iter().map(|c| confirmed(plan, c, &mut applied)).collect();
    let sources: Vec<SourceLue> = ingestion
        .fichiers
        .iter()
        .map(|f| SourceLue {
            source: f.schema.clone(),
            fichier: f.fichier.clone(),
            lignes: f.lignes,
            gardees: f.gardees,
            refusees: f.refusees,
            controles: f.controles.clone(),
            totaux: f.totaux.clone(),
            avis: f.avis.clone(),
            refus: f.refus.clone(),
        })
        .collect();
    let croisements: Vec<CroisementLu> = crossed
        .iter()
        .map(|c| CroisementLu {
            source: c.croisement.source.clone(),
            controle: c.controle.clone(),
            gravite: c.croisement.gravite,
            message: c.croisement.message.clone(),
            aide: c.croisement.aide.clone(),
        })
        .collect();
    adds_up(plan, &sources, &crossed)?;
    let confirmations: Vec<ConfirmationLue> = plan
        .confirmations
        .iter()
        .enumerate()
        .map(|(i, c)| ConfirmationLue { confirmation: c.clone(), appliquee: applied.contains(&i) })
        .collect();
    let mut notes = lapsed(&confirmations);
    notes.extend(crossed.iter().filter_map(of_no_line));
    let mut croises: Vec<Total> = crossed.iter().filter_map(of_lines).collect();
    croises.sort_by_key(Total::rang);
    let leases: BTreeSet<&str> =
        ingestion.fichiers.iter().filter(|f| f.schema == "attributions").map(|f| f.fichier.as_str()).collect();
    let mut envois = Envois::default();
    let (mut rows, mut seen) = (Vec::new(), BTreeMap::new());
    each_reject(plan, ingestion, |row| {
        if let (Some(fichier), Some(ligne)) = (row.get(0), row.get(1).and_then(|l| l.parse::<u64>().ok()))
            && leases.contains(fichier)
            && let Some(bailleur) = bailleurs.get(&(fichier.to_owned(), ligne))
        {
            envois.add(bailleur, &row);
        }
        if is_listed(&row, &mut seen) {
            rows.push(row);
        }
    })?;
    for found in crossed.iter().filter(|found| found.croisement.source == "attributions") {
        for echec in &found.echecs {
            if let Some(bailleur) = &echec.bailleur {
                envois.add(bailleur, &row(&found.croisement, echec));
            }
        }
    }
    let (listes, mut written) = envois.write(plan, threads)?;
    let corrections = corrections(plan, &sources, &croisements)?;
    let qualite = Qualite {
        version: 2,
        millesime: plan.millesime,
        sources,
        croisements,
        confirmations,
        corrections,
        reserves: reserves(&crossed),
        listes,
    };
    let mut text = serde_json::to_vec_pretty(&qualite)?;
    text.push(b'\n');
    store::write_atomically(&plan.sortie.join(QUALITE), &text)?;
    let crossing = crossed.iter().flat_map(|c| c.echecs.iter().take(SAMPLE).map(|e| row(&c.croisement, e)));
    rows.extend(crossing);
    store::write_atomically(&plan.sortie.join(REJECTS), &reject_bytes(&rows)?)?;
    written.extend([QUALITE.to_owned(), REJECTS.to_owned()]);
    Ok(Bilan { fichiers: written, notes, croises })
}

const REJECTS: &str = "rejets.csv";

/// Rows refused or set aside, as [`REJECT_COLUMNS`].
type Row = csv::StringRecord;

/// Whether a row that reading set aside is one of those listed: every refusal, a sample of the rest by file, column and code.
fn is_listed(row: &Row, seen: &mut BTreeMap<[String; 3], usize>) -> bool {
    let part = |name: &str| REJECT_COLUMNS.iter().position(|c| *c == name).and_then(|i| row.get(i)).unwrap_or_default();
    if part("gravite") == Gravite::Refus.word() {
        return true;
    }
    let met = seen.entry(["fichier", "colonne", "code"].map(|name| part(name).to_owned())).or_default();
    *met += 1;
    *met <= SAMPLE
}

/// A failure of a check as a row.
fn row(check: &Croisement, echec: &Echec) -> Row {
    Row::from(&reject_row(&check.diagnostic(echec))[..])
}

/// Landlord of a lease, by file and line.
type Landlords = BTreeMap<(String, u64), String>;

/// Takes out of a check's failures those that the project vouches for.
fn confirmed(plan: &Plan, mut found: Constatation, applied: &mut BTreeSet<usize>) -> Constatation {
    if plan.confirmations.is_empty() {
        return found;
    }
    if found.croisement.gravite != Gravite::AConfirmer {
        return found;
    }
    let croisement = &found.croisement;
    let before = found.echecs.len();
    found.echecs.retain(|echec| {
        let diagnostic = croisement.diagnostic(echec);
        let hit = plan.confirmations.iter().position(|c| c.covers(&diagnostic));
        applied.extend(hit);
        hit.is_none()
    });
    // Failures that were not listed, beyond the sample, stay failures.
    let vouched = (before - found.echecs.len()) as u64;
    found.controle.evalues += vouched;
    found.controle.echecs -= vouched;
    found
}

/// Confirmations of values that are no longer there.
fn lapsed(confirmations: &[ConfirmationLue]) -> Vec<Diagnostic> {
    confirmations
        .iter()
        .filter(|c| !c.appliquee)
        .map(|c| {
            let c = &c.confirmation;
            let mut note = Diagnostic::anomalie(
                "B0307",
                format!("confirmation de {} sans objet : cette ligne n'a plus cette valeur à confirmer", c.code),
                "retirez-la de bilan.toml, ou mettez-la à jour d'après rejets.csv",
            )
            .in_column(c.colonne.clone());
            note.lieu.fichier = Some(c.fichier.clone()).filter(|f| !f.is_empty());
            note.lieu.ligne = c.ligne;
            note.lieu.valeur = Some(c.valeur.clone());
            note
        })
        .collect()
}

/// What a check found of territories or landlords, which no line of a file bears: one note a check, for whoever runs it.
fn of_no_line(found: &Constatation) -> Option<Diagnostic> {
    let told = found.echecs.iter().filter(|e| e.fichier.is_none()).filter_map(|e| e.valeur.as_deref());
    let told: Vec<&str> = told.take(NAMED).collect();
    let Croisement { code, message, aide, gravite, .. } = &found.croisement;
    let others = found.controle.echecs.saturating_sub(told.len() as u64);
    let others = match others {
        0 => String::new(),
        n => format!(" ; {} dans rejets.csv", format::count(n.cast_signed(), "autre", "autres")),
    };
    let message = format!("{message} : {}{others}", told.join(" ; "));
    (!told.is_empty()).then(|| Diagnostic { gravite: *gravite, ..Diagnostic::refus(code, message, aide) })
}

/// What checks found of landlords, each with its leases.
fn reserves(crossed: &[Constatation]) -> Vec<Reserve> {
    let mut reserves: Vec<Reserve> = Vec::new();
    for Constatation { croisement: Croisement { code, gravite, message, .. }, echecs, .. } in crossed {
        let of_landlords = echecs.iter().filter(|e| e.fichier.is_none());
        reserves.extend(of_landlords.filter_map(|e| {
            let (bailleur, valeur) = (e.bailleur.clone()?, e.valeur.clone().unwrap_or_default());
            Some(Reserve { bailleur, code: code.clone(), gravite: *gravite, message: message.clone(), valeur })
        }));
    }
    reserves.sort_by(|a, b| (a.gravite, &a.code, &a.valeur).cmp(&(b.gravite, &b.code, &b.valeur)));
    reserves
}

/// What a check found of records: how many, and the first of them.
fn of_lines(found: &Constatation) -> Option<Total> {
    let Croisement { code, colonne, gravite, .. } = &found.croisement;
    let exemple = found.croisement.diagnostic(found.echecs.iter().find(|e| e.fichier.is_some())?);
    let (code, colonne) = (code.clone(), Some(colonne.clone()));
    Some(Total { code, colonne, gravite: *gravite, nombre: found.controle.echecs, exemple })
}

/// Every row read was kept or refused, and every check says what became of every row. What does not add up is for the project
/// to mend where statements are its own; the program's lost nothing when they were made, so that what they read has changed.
fn adds_up(plan: &Plan, sources: &[SourceLue], crossed: &[Constatation]) -> Result<()> {
    for s in sources.iter().filter(|s| s.refus.is_empty()) {
        if s.lignes != s.gardees + s.refusees {
            return Err(Error::Incoherent(format!("{} : lignes gardées et refusées ne font pas le compte", s.fichier)));
        }
    }
    let read = sources.iter().flat_map(|s| &s.controles).map(|c| (None, c));
    let checks = read.chain(crossed.iter().map(|c| (Some(Croisement::path(&c.croisement.nom)), &c.controle)));
    for (check, Controle { colonne, controle, lignes, evalues, echecs, non_evaluables, hors_champ }) in checks {
        let seen = evalues + echecs + non_evaluables + hors_champ;
        if seen != *lignes {
            let told = format!("le contrôle {controle} de {colonne} ne fait pas le compte : {seen} sur {lignes}");
            let Some(check) = check else { return Err(Error::Incoherent(told)) };
            let mut own = plan.resources().overridden();
            own.retain(|path| Path::new(path).extension().is_some_and(|e| e == "sql"));
            return Err(if own.contains(&check) {
                Error::resource(check, told)
            } else if own.is_empty() {
                Error::Incoherent(told)
            } else {
                Error::resource(own.join(", "), told)
            });
        }
    }
    Ok(())
}

/// The faults of the whole project, the most useful to mend first.
fn corrections(plan: &Plan, sources: &[SourceLue], croisements: &[CroisementLu]) -> Result<Vec<Correction>> {
    let resources = plan.resources();
    let mut touched: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for schema in Schema::load_all(&resources, plan.millesime)? {
        for colonne in schema.colonnes {
            touched.insert((schema.nom.clone(), colonne.nom), colonne.sert);
        }
    }
    let mut faults: BTreeMap<(String, String, String), Correction> = BTreeMap::new();
    let mut add = |source: &str, colonne: &str, code: &str, gravite, nombre: u64, message: &str, aide: &str| {
        if nombre == 0 {
            return;
        }
        let tables = touched.get(&(source.to_owned(), colonne.to_owned())).cloned().unwrap_or_default();
        let weight = if tables.iter().any(|t| t == "verdicts") { VERDICT_WEIGHT } else { 1 };
        let entry =
            faults.entry((source.to_owned(), colonne.to_owned(), code.to_owned())).or_insert_with(|| Correction {
                source: source.to_owned(),
                colonne: colonne.to_owned(),
                code: code.to_owned(),
                gravite,
                nombre: 0,
                tables,
                utilite: 0,
                message: message.to_owned(),
                aide: aide.to_owned(),
            });
        entry.nombre += nombre;
        entry.utilite += nombre * weight;
    };
    for s in sources {
        for t in &s.totaux {
            let colonne = t.colonne.as_deref().unwrap_or_default();
            add(&s.source, colonne, &t.code, t.gravite, t.nombre, &t.exemple.message, &t.exemple.aide);
        }
    }
    for c in croisements {
        let k = &c.controle;
        add(&c.source, &k.colonne, &k.controle, c.gravite, k.echecs, &c.message, &c.aide);
    }
    let mut list: Vec<Correction> = faults.into_values().collect();
    // What is wrong comes before what may be.
    let later = |c: &Correction| c.gravite == Gravite::AConfirmer;
    list.sort_by(|a, b| (later(a), b.utilite, &a.code, &a.source).cmp(&(later(b), a.utilite, &b.code, &b.source)));
    list.truncate(CORRECTIONS);
    Ok(list)
}

/// A list for each landlord of what concerns its leases, to be sent to it. A country's faults may be millions, and say the
/// same few things: each text is held once.
#[derive(Default)]
struct Envois {
    textes: Vec<Arc<str>>,
    rangs: HashMap<Arc<str>, usize>,
    of_landlord: BTreeMap<String, Vec<[usize; REJECT_COLUMNS.len()]>>,
}

impl Envois {
    fn add(&mut self, bailleur: &str, row: &Row) {
        let texts = std::array::from_fn(|i| self.rang(row.get(i).unwrap_or_default()));
        match self.of_landlord.get_mut(bailleur) {
            Some(rows) => rows.push(texts),
            None => drop(self.of_landlord.insert(bailleur.to_owned(), vec![texts])),
        }
    }

    fn rang(&mut self, text: &str) -> usize {
        if let Some(rang) = self.rangs.get(text) {
            return *rang;
        }
        let (text, rang) = (Arc::<str>::from(text), self.textes.len());
        self.textes.push(Arc::clone(&text));
        self.rangs.insert(text, rang);
        rang
    }

    /// Writes the lists, each in the order of its files and lines; what they are, and their paths.
    fn write(self, plan: &Plan, threads: usize) -> Result<(Vec<Liste>, BTreeSet<String>)> {
        let of_landlord: Vec<_> = self.of_landlord.into_iter().collect();
        let path = |bailleur: &str| format!("{LISTES}/{bailleur}.csv");
        shared_out(threads, of_landlord.len(), |i| {
            let (bailleur, rows) = &of_landlord[i];
            let mut rows: Vec<_> = rows.iter().map(|row| row.map(|rang| self.textes[rang].as_ref())).collect();
            rows.sort_by_key(|row| (row[0], row[1].parse::<u64>().ok()));
            store::write_atomically(&plan.sortie.join(path(bailleur)), &reject_bytes(rows)?)
        })?;
        let listes: Vec<Liste> = of_landlord
            .iter()
            .map(|(bailleur, rows)| Liste {
                bailleur: bailleur.clone(),
                fichier: path(bailleur),
                lignes: rows.len() as u64,
            })
            .collect();
        let written = listes.iter().map(|l| l.fichier.clone()).collect();
        Ok((listes, written))
    }
}

/// What reading the files set aside: refusals of whole files, then the rows that the store lists, one at a time.
fn each_reject(plan: &Plan, ingestion: &Ingestion, mut take: impl FnMut(Row)) -> Result<()> {
    for file in &ingestion.fichiers {
        file.refus.iter().chain(&file.avis).for_each(|notice| take(Row::from(&reject_row(notice)[..])));
        let Some(rejets) = &file.rejets else { continue };
        let path = plan.cache().join(rejets);
        let failed = Error::csv("lire", &path);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&path).map_err(&failed)?;
        for record in reader.records() {
            take(record.map_err(&failed)?);
        }
    }
    Ok(())
}

fn reject_bytes(rows: impl IntoIterator<Item: IntoIterator<Item: AsRef<[u8]>>>) -> Result<Vec<u8>> {
    let failed = Error::csv("écrire", Path::new(REJECTS));
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(REJECT_COLUMNS).map_err(&failed)?;
    for row in rows {
        writer.write_record(row).map_err(&failed)?;
    }
    writer.into_inner().map_err(|e| failed(e.into_error().into()))
}
