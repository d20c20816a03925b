//! Headline figures of earlier years: what a run keeps of its own, and what it reads of the two before. Figures of two years
//! are compared where they are about the same communes, counted by the same rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::Inputs;
use super::charge::{Cell, Charge, fill, sql_type};
use crate::error::{Error, Result};
use crate::project::{ParcSocial, Plan};
use crate::reference::{Geographie, Niveau};
use crate::store;

/// Columns of a year that was kept, with their types.
const HISTORIQUE: [(&str, DataType); 8] = [
    ("niveau", DataType::Utf8),
    ("code", DataType::Utf8),
    ("libelle", DataType::Utf8),
    ("indicateur", DataType::Utf8),
    ("annee", DataType::Int32),
    ("numerateur", DataType::Int64),
    ("denominateur", DataType::Int64),
    ("valeur", DataType::Float64),
];

/// Where the footer of a kept year says what its figures are about.
const CHAMP: &str = "champ";

/// What the figures of a year are about.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Champ {
    /// Communes of the perimeter by the SIREN of their EPCI, empty for those that belong to none.
    communes: BTreeMap<String, BTreeSet<String>>,
    financements_exclus: BTreeSet<String>,
    epci_sans_qpv: BTreeSet<String>,
    parc_social: ParcSocial,
    /// Years from the review's to that of its stock: a same file read by two reviews is no stock of each.
    decalage_rpls: i32,
    /// Month and day of the extraction, where the year was not over.
    #[serde(default)]
    arretee_au: Option<(u32, u32)>,
}

impl Champ {
    fn of(plan: &Plan, geographie: &Geographie) -> Self {
        let mut communes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for commune in geographie.communes().filter(|c| plan.holds(&c.code)) {
            communes.entry(commune.epci.clone().unwrap_or_default()).or_default().insert(commune.code.clone());
        }
        Self {
            communes,
            financements_exclus: plan.financements_exclus.iter().cloned().collect(),
            epci_sans_qpv: plan.epci_sans_qpv.clone(),
            parc_social: plan.parc_social,
            decalage_rpls: plan.millesime_rpls() - plan.millesime,
            arretee_au: plan.arretee_au().map(|day| (day.month(), day.day())),
        }
    }

    /// What the file of a year says of it; nothing in one that an earlier version wrote.
    fn of_file(file: &Path) -> Result<Option<Self>> {
        let said = store::footer(file)?.into_iter().find(|(name, _)| name == CHAMP);
        Ok(said.and_then(|(_, champ)| serde_json::from_str(&champ).ok()))
    }

    /// Communes that each territory counts, by the codes of `geographie`: communes that have merged since are one.
    fn territoires<'c>(&'c self, geographie: &'c Geographie) -> BTreeMap<(Niveau, &'c str), BTreeSet<&'c str>> {
        let mut counted: BTreeMap<(Niveau, &str), BTreeSet<&str>> = BTreeMap::new();
        for (epci, code) in self.communes.iter().flat_map(|(epci, codes)| codes.iter().map(move |code| (epci, code))) {
            let commune = geographie.resolve(code).map(|(commune, _)| commune);
            // The EPCI is that of its year: a commune that has joined another is no longer counted in it.
            let places = [Niveau::Departement, Niveau::Region, Niveau::Territoire]
                .into_iter()
                .filter_map(|niveau| Some((niveau, commune?.code_at(niveau)?)))
                .chain((!epci.is_empty()).then_some((Niveau::Epci, epci.as_str())));
            for place in places {
                counted.entry(place).or_default().insert(commune.map_or(code, |c| &c.code));
            }
        }
        counted
    }

    /// Indicators that another's rules count otherwise.
    fn otherwise(&self, other: &Self) -> impl Iterator<Item = &'static str> {
        let [q1, q2_q4] = ["q1_hors_qpv", "q2_q4_qpv"];
        let changed: [(bool, &[&str]); 4] = [
            (self.arretee_au != other.arretee_au, &["demandes_actives", "attributions", "tension"]),
            (self.financements_exclus != other.financements_exclus, &[q1, q2_q4, "prioritaires"]),
            (self.epci_sans_qpv != other.epci_sans_qpv, &[q1, q2_q4]),
            (
                (self.parc_social, self.decalage_rpls) != (other.parc_social, other.decalage_rpls),
                &["logements", "vacance"],
            ),
        ];
        let named: BTreeSet<&str> =
            changed.into_iter().filter(|(is, _)| *is).flat_map(|(_, named)| named).copied().collect();
        named.into_iter()
    }
}

/// The two years before, where the project has computed them.
#[derive(Debug, Default)]
pub(super) struct Annees {
    fichiers: Vec<PathBuf>,
    /// Territories that counted other communes, by year.
    champs: Vec<(i32, Niveau, String)>,
    /// Indicators that were counted by other rules, by year.
    regles: Vec<(i32, &'static str)>,
}

impl Annees {
    /// Those of a project. The year's own file, which the run will compare its figures with, must read too.
    ///
    /// # Errors
    /// [`Error::Usage`] for a year that another version kept; [`Error::Io`], [`Error::Damaged`].
    pub(super) fn find(inputs: &Inputs<'_>) -> Result<Self> {
        let Inputs { plan, geographie, .. } = inputs;
        let kept = (0..=2).map(|back| plan.millesime - back).map(|year| (year, history_file(&plan.cache(), year)));
        let kept: Vec<(i32, PathBuf)> = kept.filter(|(_, fichier)| fichier.is_file()).collect();
        kept.iter().try_for_each(|(_, fichier)| is_a_year(fichier))?;
        let mut annees = Self::default();
        let before: Vec<_> = kept.into_iter().filter(|(millesime, _)| *millesime < plan.millesime).collect();
        if before.is_empty() {
            return Ok(annees);
        }
        let today = Champ::of(plan, geographie);
        let counted = today.territoires(geographie);
        for (millesime, fichier) in before {
            if let Some(then) = Champ::of_file(&fichier)? {
                let before = then.territoires(geographie);
                let other = counted.iter().filter(|(place, communes)| before.get(*place) != Some(communes));
                annees.champs.extend(other.map(|((niveau, code), _)| (millesime, *niveau, (*code).to_owned())));
                annees.regles.extend(then.otherwise(&today).map(|indicateur| (millesime, indicateur)));
            }
            annees.fichiers.push(fichier);
        }
        Ok(annees)
    }

    /// `historique`: their figures, or nothing. `champs_modifies` and `regles_modifiees`: those that are not compared with
    /// the year's.
    pub(super) fn load(&self, charge: &mut Charge<'_>) -> Result<()> {
        if self.fichiers.is_empty() {
            let columns = HISTORIQUE.map(|(name, kind)| format!("{name} {}", sql_type(&kind))).join(", ");
            charge.etapes.know("historique", columns.as_bytes());
            charge.engine.execute("historique", &format!("CREATE TABLE historique ({columns})"))?;
        } else {
            let mut content = Vec::new();
            for file in &self.fichiers {
                content.extend(std::fs::read(file).map_err(Error::io("lire", file))?);
            }
            charge.etapes.know("historique", &content);
            charge.engine.view("historique", &self.fichiers)?;
        }
        let champs = self.champs.iter().map(|(annee, niveau, code)| {
            vec![Cell::Int(i64::from(*annee)), Cell::Text(niveau.word()), Cell::Text(code)]
        });
        fill(charge, "champs_modifies", "annee INTEGER, niveau VARCHAR, code VARCHAR", champs)?;
        let regles =
            self.regles.iter().map(|(annee, indicateur)| vec![Cell::Int(i64::from(*annee)), Cell::Text(indicateur)]);
        fill(charge, "regles_modifiees", "annee INTEGER, indicateur VARCHAR", regles)
    }
}

/// Refuses the file of a year that another version kept with other columns, or that no longer reads to its end: no source
/// can make it again.
fn is_a_year(file: &Path) -> Result<()> {
    let (schema, _) = store::read_all(file)?;
    let has = |name: &str, kind: &DataType| schema.field_with_name(name).is_ok_and(|field| field.data_type() == kind);
    match HISTORIQUE.into_iter().find(|(name, kind)| !has(name, kind)) {
        None => Ok(()),
        Some((name, kind)) => Err(Error::usage(
            "B0415",
            format!(
                "année gardée par une autre version : « {} » n'a pas de colonne « {name} » de type {}",
                file.display(),
                sql_type(&kind)
            ),
            "calculez de nouveau cette année avec cette version, ou supprimez ce fichier : l'évolution s'en passera",
        )),
    }
}

/// Where a year's headline figures are kept.
#[must_use]
pub fn history_file(cache: &Path, millesime: i32) -> PathBuf {
    cache.join("historique").join(format!("{millesime}.parquet"))
}

/// Whether what was kept of a year is about other communes than the project's, or was counted by other rules.
///
/// # Errors
/// [`Error::Io`], [`Error::Damaged`].
pub fn is_of_another_scope(plan: &Plan, geographie: &Geographie, file: &Path) -> Result<bool> {
    Ok(Champ::of_file(file)?.is_some_and(|champ| champ != Champ::of(plan, geographie)))
}

/// Keeps the figures of a year, and what they are about.
///
/// # Errors
/// [`Error::Io`], [`Error::Parquet`].
pub fn keep_year(plan: &Plan, geographie: &Geographie, figures: &RecordBatch) -> Result<()> {
    let file = history_file(&plan.cache(), plan.millesime);
    let mut parquet = store::ParquetFile::create(&file, figures.schema(), &store::Ecriture::default())?;
    parquet.write(figures)?;
    let champ = serde_json::to_string(&Champ::of(plan, geographie))?;
    parquet.finish(&[(CHAMP, champ)]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::Resources;

    /// 01003 (Ain) has joined 01165; a commune that leaves an EPCI is no longer counted in it.
    #[test]
    fn communes_that_merged_are_those_that_they_were() {
        let geographie = Geographie::load(&Resources::embedded(), 2025).unwrap();
        let champ = |epci: &str, codes: &[&str]| Champ {
            communes: BTreeMap::from([(epci.to_owned(), codes.iter().map(|code| (*code).to_owned()).collect())]),
            financements_exclus: BTreeSet::new(),
            epci_sans_qpv: BTreeSet::new(),
            parc_social: ParcSocial::TousLogements,
            decalage_rpls: 0,
            arretee_au: None,
        };
        let (before, now) = (champ("200000001", &["01003", "01165"]), champ("200000001", &["01165"]));
        assert_eq!(before.territoires(&geographie), now.territoires(&geographie));
        let elsewhere = champ("200000002", &["01165"]);
        let (there, here) = (elsewhere.territoires(&geographie), now.territoires(&geographie));
        assert_eq!(there[&(Niveau::Departement, "01")], here[&(Niveau::Departement, "01")]);
        assert!(!there.contains_key(&(Niveau::Epci, "200000001")));
        // The stock of the year after, for want of the year's own.
        let later = Champ { decalage_rpls: 1, ..champ("200000001", &["01165"]) };
        assert_eq!(later.otherwise(&now).collect::<Vec<_>>(), ["logements", "vacance"]);
        assert_eq!(before.otherwise(&now).count(), 0);
    }
}
