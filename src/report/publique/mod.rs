//! The edition for everyone: the same pages, documents and workbook as the review's, of what may be told alone.

mod revue;

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::context;

use self::revue::Contexte;
use super::atelier::Document;
use super::classeur;
use super::depot::{Avis, Depot};
use super::document::Revue;
use super::donnees::communes_of;
use super::fond::Fond;
use super::pdf::Imprimerie;
use super::site::{Exploration, Gabarits, Lectorat, Sortie, csv_links, value};
use super::sortie::Mention;
use super::verdict::{Verdict, load_verdicts};
use crate::diffusion::secret::Niveau;
use crate::diffusion::{Edition, Lieu, Synthese, Valeur};
use crate::engine;
use crate::error::{Error, Result};
use crate::partage::shared_out;
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::Geographie;
use crate::resultats::Manifeste;
use crate::store;

/// Folder of the edition, among the results.
pub const PUBLIQUE: &str = "publique";

/// Everything that the documents of the edition are made with.
struct Atelier<'a> {
    plan: &'a Plan,
    manifeste: &'a Manifeste,
    mention: Mention,
    gabarits: Gabarits,
    imprimerie: Imprimerie,
    /// Digest of the templates.
    modele: String,
}

/// Writes the edition in its folder, and takes from it what an earlier one left there; `avant` is what that one said of its costly
/// files, and what this one says of its own comes beside its notice.
///
/// # Errors
/// What a template, a chart, a document or a file met.
pub fn publish(
    plan: &Plan,
    edition: &Edition,
    avant: &BTreeMap<String, String>,
    threads: usize,
    progress: &Progress,
) -> Result<(Avis, BTreeMap<String, String>)> {
    let manifeste = Manifeste::load(plan)?;
    let mention = Mention::publique(plan, edition.seuil);
    let sortie = Sortie { mention: mention.clone(), edition: Lectorat::Publique, explorateur: Exploration::Aucune };
    let atelier = Atelier {
        plan,
        manifeste: &manifeste,
        mention,
        gabarits: Gabarits::load(plan, sortie)?,
        imprimerie: Imprimerie::new(&plan.resources())?,
        modele: plan.resources().fingerprint(&["reports"])?,
    };
    let verdicts = judgements(edition, load_verdicts(plan)?);
    let geographie = Geographie::load(&plan.resources(), plan.millesime)?;
    let fond = Fond::load(plan, &geographie)?;
    let (communes, _) = communes_of(plan, &geographie);
    let lieux: Vec<&Lieu> =
        edition.lieux.iter().filter(|lieu| matches!(lieu.niveau, Niveau::Territoire | Niveau::Epci)).collect();
    let depot = Depot::open(plan, PUBLIQUE, avant)?;
    let bar = progress.steps("Édition publique", lieux.len() as u64 + 1);
    shared_out(threads, lieux.len(), |i| {
        let (manifeste, verdicts, fond, communes) = (&manifeste, &verdicts, &fond, &communes);
        let contexte = Contexte { plan, edition, manifeste, verdicts, fond, communes, lieu: lieux[i] };
        atelier.write_territory(&contexte, &depot)?;
        bar.inc(1);
        Ok(())
    })?;
    for table in edition.tables(plan.millesime)? {
        let mut csv = Vec::new();
        let path = format!("{}.csv", table.nom);
        engine::write_csv(&table.schema, table.batches.iter().cloned().map(Ok), &mut csv, Path::new(&path))?;
        depot.keep(path, &csv)?;
        let path = format!("{}.parquet", table.nom);
        let file = plan.sortie.join(PUBLIQUE).join(&path);
        store::write_table(&file, &table.schema, &table.batches)?;
        let bytes = std::fs::read(&file).map_err(Error::io("lire", &file))?;
        depot.keep(path, &bytes)?;
    }
    bar.finish_and_clear();
    depot.close(manifeste.identite.clone(), Some(edition.seuil))
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
        match part {
            // Its breakdown is not told, for no file tells this public.
            Valeur::Absente if v.resultat.is_some() => {
                "non_evaluable".clone_into(&mut v.verdict);
                v.motif = v.alerte.take();
            }
            Valeur::Dite(_) | Valeur::Absente => return Some(v),
            Valeur::Secrete if v.resultat.is_some() && v.denominateur.is_none_or(|n| n < edition.seuil) => {
                SECRET.clone_into(&mut v.verdict);
            }
            Valeur::Secrete => {}
        }
        (v.numerateur, v.denominateur, v.resultat) = (None, None, None);
        (v.manque, v.avance) = (None, None);
        Some(v)
    };
    verdicts.into_iter().filter_map(told).collect()
}

impl Atelier<'_> {
    fn write_territory(&self, c: &Contexte<'_>, depot: &Depot<'_>) -> Result<()> {
        let revue = revue::build(c)?;
        let whole = c.lieu.niveau == Niveau::Territoire;
        let code = &c.lieu.code;
        let page = self.page(&revue, whole)?;
        depot.keep(if whole { "index.html".to_owned() } else { format!("epci/{code}.html") }, page.as_bytes())?;
        let document = self.document(c, &revue);
        depot
            .keep_costly(format!("pdf/{code}.pdf"), document.empreinte(&self.modele)?, || self.pdf(code, &document))?;
        if whole {
            depot.keep(
                "bilan-public.xlsx".to_owned(),
                &classeur::public(self.plan, self.manifeste, self.mention.clone(), &revue)?,
            )?;
        }
        Ok(())
    }

    fn page(&self, revue: &Revue, whole: bool) -> Result<String> {
        let racine = if whole { "" } else { "../" };
        let csv = csv_links(revue.figures(), &revue.code);
        self.gabarits
            .render("revue.html", context! { racine, revue => value(revue), csv => value(&csv), territoire => whole })
    }

    fn document<'r>(&self, c: &Contexte<'_>, revue: &'r Revue) -> Document<'r> {
        let titre = format!("{} — bilan {}, édition publique", revue.libelle, self.plan.millesime);
        Document::new(self.plan, self.mention.clone(), titre, revue::headline(c), revue)
    }

    fn pdf(&self, code: &str, document: &Document<'_>) -> Result<Vec<u8>> {
        let year = self.plan.millesime;
        self.imprimerie.print("revue.typ", &format!("édition publique {code} {year}"), year, document)
    }
}
