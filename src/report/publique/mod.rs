//! The edition for everyone: the same pages, documents and workbook as the review's, of what may be told alone.

mod revue;

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::context;
use serde::{Deserialize, Serialize};

use self::revue::Contexte;
use super::atelier::Document;
use super::classeur;
use super::document::Revue;
use super::donnees::communes_of;
use super::fond::Fond;
use super::pdf::Imprimerie;
use super::site::{Gabarits, Sortie, csv_links, value};
use super::sortie::{Mention, write};
use super::verdict::{Verdict, load_verdicts};
use crate::diffusion::secret::Niveau;
use crate::diffusion::{Edition, Lieu, Synthese, Valeur};
use crate::engine;
use crate::error::{Error, Result};
use crate::partage::shared_out;
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::Geographie;
use crate::resultats::{MANIFESTE, Manifeste};
use crate::store;

/// Folder of the edition, among the results.
pub const PUBLIQUE: &str = "publique";

/// What the edition says of itself and of its files.
#[derive(Debug, Serialize, Deserialize)]
pub struct Avis {
    /// Version of this file's shape.
    pub version: u32,
    /// Program and version.
    pub programme: String,
    /// Title of the review.
    pub titre: String,
    /// Year under review.
    pub millesime: i32,
    /// Year of the stock.
    pub millesime_rpls: i32,
    /// Date of extraction of the demands.
    pub date_extraction: String,
    /// Fictitious register.
    pub fictif: bool,
    /// Fewest households of a count that is not 0.
    pub seuil_diffusion: i64,
    /// Digest of the results that it tells: of their manifest, and of the definitions that they rest on.
    pub resultats: String,
    /// SHA-256 of every other file, by path relative to the edition's folder.
    pub fichiers: BTreeMap<String, String>,
}

impl Avis {
    /// What the edition that stands beside the results says, if there is one.
    #[must_use]
    pub fn load(plan: &Plan) -> Option<Self> {
        let bytes = std::fs::read(plan.sortie.join(PUBLIQUE).join(MANIFESTE)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Whether it tells the results that stand beside it.
    #[must_use]
    pub fn is_current(&self, plan: &Plan) -> bool {
        results_digest(plan).is_ok_and(|digest| digest == self.resultats)
    }
}

fn results_digest(plan: &Plan) -> Result<String> {
    let path = plan.sortie.join(MANIFESTE);
    let mut content = std::fs::read(&path).map_err(Error::io("lire", &path))?;
    // The manifest names the files that a project puts in the place of the program's, and not what they hold.
    content.extend(plan.resources().fingerprint(&["pipelines", "schemas", "reference"])?.bytes());
    Ok(store::sha256(&content))
}

/// Everything that the documents of the edition are made with.
struct Atelier<'a> {
    plan: &'a Plan,
    manifeste: &'a Manifeste,
    mention: Mention,
    gabarits: Gabarits,
    imprimerie: Imprimerie,
}

/// Writes the edition in its folder, and takes from it what an earlier one left there.
///
/// # Errors
/// What a template, a chart, a document or a file met.
pub fn publish(plan: &Plan, edition: &Edition, threads: usize, progress: &Progress) -> Result<Avis> {
    let before = Avis::load(plan).map(|avis| avis.fichiers).unwrap_or_default();
    let manifeste = Manifeste::load(plan)?;
    let mention = Mention::publique(plan, edition.seuil);
    let sortie =
        Sortie { mention: mention.clone(), millesime_rpls: manifeste.millesime_rpls, publique: true, etendu: false };
    let atelier = Atelier {
        plan,
        manifeste: &manifeste,
        mention,
        gabarits: Gabarits::load(plan, sortie)?,
        imprimerie: Imprimerie::new(&plan.resources())?,
    };
    let verdicts = judgements(edition, load_verdicts(plan)?);
    let geographie = Geographie::load(&plan.resources(), plan.millesime)?;
    let fond = Fond::load(plan, &geographie)?;
    let (communes, _) = communes_of(plan, &geographie);
    let lieux: Vec<&Lieu> =
        edition.lieux.iter().filter(|lieu| matches!(lieu.niveau, Niveau::Territoire | Niveau::Epci)).collect();
    let bar = progress.steps("Édition publique", lieux.len() as u64 + 1);
    let written = std::sync::Mutex::new(BTreeMap::new());
    let keep = |path: String, bytes: &[u8]| -> Result<()> {
        write(plan, &format!("{PUBLIQUE}/{path}"), bytes)?;
        if let Ok(mut written) = written.lock() {
            written.insert(path, store::sha256(bytes));
        }
        Ok(())
    };
    shared_out(threads, lieux.len(), |i| {
        let (manifeste, verdicts, fond, communes) = (&manifeste, &verdicts, &fond, &communes);
        atelier
            .write_territory(&Contexte { plan, edition, manifeste, verdicts, fond, communes, lieu: lieux[i] }, keep)?;
        bar.inc(1);
        Ok(())
    })?;
    for table in edition.tables(plan.millesime)? {
        let mut csv = Vec::new();
        let path = format!("{}.csv", table.nom);
        engine::write_csv(&table.schema, table.batches.iter().cloned().map(Ok), &mut csv, Path::new(&path))?;
        keep(path, &csv)?;
        let path = format!("{}.parquet", table.nom);
        let file = plan.sortie.join(PUBLIQUE).join(&path);
        store::write_table(&file, &table.schema, &table.batches)?;
        let bytes = std::fs::read(&file).map_err(Error::io("lire", &file))?;
        keep(path, &bytes)?;
    }
    bar.finish_and_clear();
    let avis = Avis {
        version: 1,
        programme: manifeste.programme.clone(),
        titre: plan.titre.clone(),
        millesime: plan.millesime,
        millesime_rpls: manifeste.millesime_rpls,
        date_extraction: plan.date_extraction.to_string(),
        fictif: plan.fictif,
        seuil_diffusion: edition.seuil,
        resultats: results_digest(plan)?,
        fichiers: written.into_inner().unwrap_or_default(),
    };
    let mut text = serde_json::to_vec_pretty(&avis)?;
    text.push(b'\n');
    write(plan, &format!("{PUBLIQUE}/{MANIFESTE}"), &text)?;
    for gone in before.keys().filter(|path| !avis.fichiers.contains_key(*path)) {
        let _ = std::fs::remove_file(plan.sortie.join(PUBLIQUE).join(gone));
    }
    Ok(avis)
}

/// Verdict of a rule that is kept secret.
const SECRET: &str = "secret";

/// What may be told of the legal rules on the whole of an EPCI's lettings. Where the counts of one are secret, its number of
/// lettings missing would give them back: it is kept or missed, over enough of them, and nothing else.
fn judgements(edition: &Edition, verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let epci: BTreeMap<&str, Synthese> = edition
        .lieux
        .iter()
        .filter(|lieu| lieu.niveau == Niveau::Epci)
        .map(|lieu| (lieu.code.as_str(), edition.synthese(lieu)))
        .collect();
    let told = |mut v: Verdict| {
        let figures = epci.get(v.epci.as_str()).filter(|_| v.base == "loi" && v.verdict != "hors_champ")?;
        let part = match v.regle.as_str() {
            "q1_hors_qpv" => figures.part_q1_hors_qpv,
            "q2_q4_qpv" => figures.part_q2_q4_qpv,
            _ => return None,
        };
        if part == Valeur::Secrete {
            if v.resultat.is_some() && v.denominateur.is_none_or(|n| n < edition.seuil) {
                SECRET.clone_into(&mut v.verdict);
            }
            (v.numerateur, v.denominateur, v.resultat) = (None, None, None);
            (v.manque, v.avance) = (None, None);
        }
        Some(v)
    };
    verdicts.into_iter().filter_map(told).collect()
}

impl Atelier<'_> {
    fn write_territory(&self, c: &Contexte<'_>, keep: impl Fn(String, &[u8]) -> Result<()>) -> Result<()> {
        let revue = revue::build(c)?;
        let whole = c.lieu.niveau == Niveau::Territoire;
        let code = &c.lieu.code;
        let page = self.page(&revue, whole)?;
        keep(if whole { "index.html".to_owned() } else { format!("epci/{code}.html") }, page.as_bytes())?;
        keep(format!("pdf/{code}.pdf"), &self.pdf(c, &revue)?)?;
        if whole {
            keep(
                "bilan-public.xlsx".to_owned(),
                &classeur::public(self.plan, self.manifeste, self.mention.clone(), &revue)?,
            )?;
        }
        Ok(())
    }

    fn page(&self, revue: &Revue, whole: bool) -> Result<String> {
        let racine = if whole { "" } else { "../" };
        let csv = csv_links(revue.figures());
        self.gabarits
            .render("revue.html", context! { racine, revue => value(revue), csv => value(&csv), territoire => whole })
    }

    fn pdf(&self, c: &Contexte<'_>, revue: &Revue) -> Result<Vec<u8>> {
        let (code, year) = (&revue.code, self.plan.millesime);
        let titre = format!("{} — bilan {year}, édition publique", revue.libelle);
        let document = Document::new(self.plan, self.manifeste, self.mention.clone(), titre, revue::headline(c), revue);
        self.imprimerie.print("revue.typ", &format!("édition publique {code} {year}"), year, &document)
    }
}
