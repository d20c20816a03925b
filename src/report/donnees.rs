//! The tables of the last run, as the review reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use super::verdict::{Verdict, load_verdicts};
use crate::engine;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::reference::{Geographie, Niveau, Nomenclatures};
use crate::resultats::{INDICATEURS, Manifeste, Qualite, Reserve};
use crate::store;

/// One table, its rows found by territory; of communes, only the rows that count everything.
#[derive(Debug)]
pub(super) struct Feuille {
    batch: RecordBatch,
    columns: BTreeMap<String, usize>,
    places: BTreeMap<(String, String), Range<usize>>,
}

/// A row of a [`Feuille`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Ligne<'a> {
    feuille: &'a Feuille,
    row: usize,
}

/// Columns that a row counting everything holds at `ensemble`.
const DIMENSIONS: [&str; 7] = ["population", "typologie", "categorie", "zone", "bailleur", "reservataire", "dimension"];

impl Feuille {
    /// Reads a table of the last run whose rows are in the order of their territories.
    pub(super) fn load(plan: &Plan, nom: &str) -> Result<Self> {
        Self::select(plan, nom, |batch, row| {
            let text = |name: &str| batch.column_by_name(name).map(|c| c.as_string::<i32>().value(row));
            text("niveau") != Some("commune")
                || DIMENSIONS.iter().all(|d| text(d).is_none_or(|v| v == "ensemble"))
                || (text("zone") == Some("hors_qpv") && text("bailleur") == Some("ensemble"))
        })
    }

    /// Reads every row of a table.
    pub(super) fn load_whole(plan: &Plan, nom: &str) -> Result<Self> {
        Self::select(plan, nom, |_, _| true)
    }

    fn select(plan: &Plan, nom: &str, keeps: impl Fn(&RecordBatch, usize) -> bool) -> Result<Self> {
        let path = plan.sortie.join(INDICATEURS).join(format!("{nom}.parquet"));
        let (schema, batches) = store::batches(&path)?;
        let mut kept = Vec::new();
        for batch in batches {
            let batch = batch?;
            let mask: BooleanArray = (0..batch.num_rows()).map(|row| Some(keeps(&batch, row))).collect();
            kept.push(arrow::compute::filter_record_batch(&batch, &mask)?);
        }
        let batch = arrow::compute::concat_batches(&schema, &kept)?;
        let columns: BTreeMap<String, usize> =
            schema.fields().iter().enumerate().map(|(i, f)| (f.name().clone(), i)).collect();
        let text = |name: &str, row: usize| batch.column_by_name(name).map_or("", |c| c.as_string::<i32>().value(row));
        let mut places: BTreeMap<(String, String), Range<usize>> = BTreeMap::new();
        let mut start = 0;
        for row in 0..batch.num_rows() {
            let here = (text("niveau", row), text("code", row));
            let next = row + 1;
            if next == batch.num_rows() || here != (text("niveau", next), text("code", next)) {
                places.insert((here.0.to_owned(), here.1.to_owned()), start..next);
                start = next;
            }
        }
        Ok(Self { batch, columns, places })
    }

    /// Rows of a territory, in the table's order.
    pub(super) fn of<'a>(&'a self, niveau: &str, code: &str) -> impl Iterator<Item = Ligne<'a>> + use<'a> {
        let rows = self.places.get(&(niveau.to_owned(), code.to_owned())).cloned().unwrap_or_default();
        rows.map(|row| Ligne { feuille: self, row })
    }

    /// The row of a territory whose dimensions have these values.
    pub(super) fn find<'a>(&'a self, niveau: &str, code: &str, dimensions: &[(&str, &str)]) -> Option<Ligne<'a>> {
        self.of(niveau, code).find(|l| dimensions.iter().all(|(name, value)| l.text(name) == *value))
    }

    /// Codes of a level, sorted.
    pub(super) fn codes(&self, niveau: &str) -> Vec<String> {
        self.places.keys().filter(|(n, _)| n == niveau).map(|(_, c)| c.clone()).collect()
    }
}

impl<'a> Ligne<'a> {
    fn column(&self, name: &str) -> Option<&'a dyn Array> {
        let column = self.feuille.columns.get(name).map(|i| self.feuille.batch.column(*i))?;
        column.is_valid(self.row).then_some(column.as_ref())
    }

    /// Text of a column, empty when there is none.
    pub(super) fn text(&self, column: &str) -> &'a str {
        self.column(column).and_then(|c| c.as_string_opt::<i32>()).map_or("", |c| c.value(self.row))
    }

    /// Whole number of a column.
    pub(super) fn int(&self, column: &str) -> Option<i64> {
        let column = self.column(column)?;
        match column.data_type() {
            DataType::Int32 => Some(i64::from(column.as_primitive::<Int32Type>().value(self.row))),
            DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(self.row)),
            _ => None,
        }
    }

    /// Real number of a column.
    pub(super) fn real(&self, column: &str) -> Option<f64> {
        self.column(column)?.as_primitive_opt::<Float64Type>().map(|c| c.value(self.row))
    }
}

/// Everything that the review of any territory reads, loaded once and shared.
pub(super) struct Donnees<'a> {
    pub plan: &'a Plan,
    pub manifeste: Manifeste,
    pub qualite: Qualite,
    pub nomenclatures: Nomenclatures,
    /// Names of the landlords of the list, by SIREN.
    pub bailleurs: BTreeMap<String, String>,
    /// Those of the list that sign no lease of the year, here or elsewhere.
    pub sans_bail: BTreeSet<String>,
    /// By name of EPCI.
    pub verdicts: Vec<Verdict>,
    /// Names of the communes of each sector that a verdict is about, by its codes.
    pub secteurs: BTreeMap<String, String>,
    /// EPCI of the perimeter, by name.
    pub epci: Vec<Lieu>,
    /// Départements by code, where the perimeter holds several.
    pub departements: BTreeMap<String, Departement>,
    feuilles: BTreeMap<&'static str, Feuille>,
    /// Codes of the communes of each EPCI and of each of these départements, those of the perimeter.
    pub communes: BTreeMap<String, Vec<String>>,
    /// Names of the communes of the perimeter that belong to no EPCI.
    pub sans_epci: Vec<String>,
    verdicts_of: BTreeMap<String, Range<usize>>,
}

/// Tables with a territory in their key, in the order `niveau`, `code`.
const TABLES: [&str; 21] = [
    "attributions",
    "attributions_profil",
    "calendrier",
    "choix",
    "cotation",
    "delai_anormal",
    "delais",
    "demande",
    "demande_profil",
    "desequilibre",
    "parc",
    "priorites",
    "processus",
    "processus_issues",
    "processus_mesures",
    "programmation",
    "quartiles",
    "radiations",
    "rpls_officiel",
    "tendance",
    "tension",
];

impl<'a> Donnees<'a> {
    /// Reads the results of the last run.
    ///
    /// # Errors
    /// [`Error::Usage`] when there are none.
    pub(super) fn load(plan: &'a Plan, geographie: &Geographie) -> Result<Self> {
        let (bailleurs, sans_bail) = listed_landlords(plan)?;
        let mut verdicts = load_verdicts(plan)?;
        verdicts.sort_by_cached_key(|v| (format::plain(&v.libelle), v.epci.clone()));
        let of_one_rule =
            |a: &Verdict, b: &Verdict| (&a.epci, &a.regle, &a.acteur_type) == (&b.epci, &b.regle, &b.acteur_type);
        for actors in verdicts.chunk_by_mut(of_one_rule).filter(|actors| actors[0].acteur_type == "bailleur") {
            actors.sort_by_cached_key(|v| format::plain(bailleurs.get(&v.acteur).unwrap_or(&v.acteur)));
        }
        let mut verdicts_of: BTreeMap<String, Range<usize>> = BTreeMap::new();
        for (i, v) in verdicts.iter().enumerate() {
            verdicts_of.entry(v.epci.clone()).or_insert(i..i).end = i + 1;
        }
        let mut feuilles = BTreeMap::new();
        for nom in TABLES {
            feuilles.insert(nom, Feuille::load(plan, nom)?);
        }
        let epci = feuilles.get("demande").map(epci_of).unwrap_or_default();
        let (mut communes, sans_epci) = communes_of(plan, geographie);
        let departements = departements_of(plan, geographie, &epci, &verdicts);
        communes.extend(departements.iter().map(|(code, d)| (code.clone(), d.communes.clone())));
        Ok(Self {
            plan,
            manifeste: Manifeste::load(plan)?,
            qualite: Qualite::load(plan)?,
            nomenclatures: Nomenclatures::load(&plan.resources(), plan.millesime)?,
            bailleurs,
            sans_bail,
            secteurs: sectors(geographie, &verdicts),
            verdicts,
            epci,
            departements,
            feuilles,
            communes,
            sans_epci,
            verdicts_of,
        })
    }

    /// A table of the run.
    pub(super) fn table(&self, nom: &str) -> Option<&Feuille> {
        self.feuilles.get(nom)
    }

    /// Rows of a territory in a table.
    pub(super) fn rows<'b>(&'b self, nom: &str, lieu: &Lieu) -> Vec<Ligne<'b>> {
        self.table(nom).map(|t| t.of(&lieu.niveau, &lieu.code).collect()).unwrap_or_default()
    }

    /// The row of a territory whose dimensions have these values.
    pub(super) fn row<'b>(&'b self, nom: &str, lieu: &Lieu, dimensions: &[(&str, &str)]) -> Option<Ligne<'b>> {
        self.table(nom)?.find(&lieu.niveau, &lieu.code, dimensions)
    }

    /// Verdicts of a territory: an EPCI's own, those of a département's EPCI, or all of them.
    pub(super) fn verdicts_of(&self, lieu: &Lieu) -> &[Verdict] {
        if lieu.is_epci() {
            self.verdicts_of.get(&lieu.code).map_or(&[], |range| &self.verdicts[range.clone()])
        } else {
            self.departement(lieu).map_or(&self.verdicts, |d| &d.verdicts)
        }
    }

    /// EPCI of a territory, by name: itself, those of a département, or all of them.
    pub(super) fn epci_of<'b>(&'b self, lieu: &'b Lieu) -> &'b [Lieu] {
        if lieu.is_epci() { std::slice::from_ref(lieu) } else { self.departement(lieu).map_or(&self.epci, |d| &d.epci) }
    }

    /// What a territory is, where it is a département.
    pub(super) fn departement(&self, lieu: &Lieu) -> Option<&Departement> {
        self.departements.get(&lieu.code)
    }

    /// Whether files of a source were read.
    pub(super) fn given(&self, source: &str) -> bool {
        self.manifeste.entrees.iter().any(|e| e.source == source && !e.refuse)
    }

    /// Whether some row of one of these columns, each `source.colonne`, has a value.
    pub(super) fn filled(&self, colonnes: &[&str]) -> bool {
        colonnes.iter().any(|colonne| self.qualite.donne(colonne))
    }

    /// Whether most leases whose demand is known leave it active: the register read does not tell who has left it.
    pub(super) fn keeps_the_housed(&self) -> bool {
        let controles = self.qualite.croisements.iter().map(|c| &c.controle);
        controles.filter(|c| c.controle == "B0328").any(|c| c.echecs > c.evalues)
    }

    /// What is in doubt of the leases of landlords that sign in a territory.
    pub(super) fn reserves(&self, lieu: &Lieu) -> Vec<&Reserve> {
        let of_landlord = |l: &Ligne<'_>| l.text("dimension") == "bailleur";
        let leases = self.rows("attributions_profil", lieu).into_iter().filter(of_landlord);
        let here: BTreeSet<&str> = leases.map(|l| l.text("modalite")).collect();
        self.qualite.reserves.iter().filter(|r| here.contains(r.bailleur.as_str())).collect()
    }

    /// What is in doubt of a landlord's leases.
    pub(super) fn reserves_of(&self, siren: &str) -> Vec<&Reserve> {
        self.qualite.reserves.iter().filter(|r| r.bailleur == siren).collect()
    }

    /// Name of a landlord, or its SIREN.
    pub(super) fn landlord(&self, siren: &str) -> String {
        self.bailleurs.get(siren).cloned().unwrap_or_else(|| siren.to_owned())
    }
}

/// Communes of a sector that are named before the rest are counted.
const NAMED: usize = 4;

fn sectors(geographie: &Geographie, verdicts: &[Verdict]) -> BTreeMap<String, String> {
    let name = |code: &str| geographie.commune(code).map_or_else(|| code.to_owned(), |c| c.libelle.clone());
    let words = |codes: &str| {
        let mut names: Vec<String> = codes.split('|').map(name).collect();
        if names.len() > NAMED + 1 {
            let others = names.split_off(NAMED).len();
            return format!("{} et {others} autres communes", names.join(", "));
        }
        names.join(", ")
    };
    let sectors = verdicts.iter().map(|v| v.secteur.as_str()).filter(|secteur| *secteur != "ensemble");
    sectors.map(|codes| (codes.to_owned(), words(codes))).collect()
}

/// A territory of the review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lieu {
    pub niveau: String,
    pub code: String,
    pub libelle: String,
}

impl Lieu {
    /// The whole perimeter.
    pub(super) fn territoire() -> Self {
        Self { niveau: "territoire".to_owned(), code: "territoire".to_owned(), libelle: "Ensemble".to_owned() }
    }

    /// An EPCI.
    pub(super) fn epci(code: &str, libelle: &str) -> Self {
        Self { niveau: "epci".to_owned(), code: code.to_owned(), libelle: libelle.to_owned() }
    }

    /// A commune.
    pub(super) fn commune(code: &str) -> Self {
        Self { niveau: "commune".to_owned(), code: code.to_owned(), libelle: String::new() }
    }

    /// Whether this is an EPCI: a département or the whole perimeter gathers several.
    pub(super) fn is_epci(&self) -> bool {
        self.niveau == "epci"
    }

    /// Whether this is the whole perimeter.
    pub(super) fn is_territoire(&self) -> bool {
        self.niveau == "territoire"
    }
}

/// A département of a perimeter that holds several.
#[derive(Debug)]
pub(super) struct Departement {
    /// Itself.
    pub lieu: Lieu,
    /// Its EPCI, those that overflow it included, by name.
    pub epci: Vec<Lieu>,
    /// Names of those that overflow it: each is judged and counted whole.
    pub partages: Vec<String>,
    /// Verdicts of its EPCI.
    pub verdicts: Vec<Verdict>,
    /// Names of its communes that belong to no EPCI.
    pub sans_epci: Vec<String>,
    /// The perimeter holds a part of it only.
    pub coupe: bool,
    communes: Vec<String>,
}

fn departements_of(
    plan: &Plan,
    geographie: &Geographie,
    epci: &[Lieu],
    verdicts: &[Verdict],
) -> BTreeMap<String, Departement> {
    let mut found: BTreeMap<String, Departement> = BTreeMap::new();
    // Départements of each EPCI.
    let mut over: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for commune in geographie.communes() {
        let Some((code, libelle)) = geographie.territory(commune, Niveau::Departement) else { continue };
        let departement = found.entry(code.to_owned()).or_insert_with(|| Departement {
            lieu: Lieu { niveau: "departement".to_owned(), code: code.to_owned(), libelle: libelle.to_owned() },
            epci: Vec::new(),
            partages: Vec::new(),
            verdicts: Vec::new(),
            sans_epci: Vec::new(),
            coupe: false,
            communes: Vec::new(),
        });
        if plan.communes.as_ref().is_some_and(|set| !set.contains(&commune.code)) {
            departement.coupe = true;
            continue;
        }
        departement.communes.push(commune.code.clone());
        match &commune.epci {
            Some(epci) => {
                over.entry(epci).or_default().insert(code);
            }
            None => departement.sans_epci.push(commune.libelle.clone()),
        }
    }
    found.retain(|_, departement| !departement.communes.is_empty());
    if found.len() < 2 {
        return BTreeMap::new();
    }
    let lies_in = |epci: &str, code: &str| over.get(epci).is_some_and(|codes| codes.contains(code));
    for (code, departement) in &mut found {
        departement.epci = epci.iter().filter(|lieu| lies_in(&lieu.code, code)).cloned().collect();
        let shared = |lieu: &&Lieu| over.get(lieu.code.as_str()).is_some_and(|codes| codes.len() > 1);
        departement.partages = departement.epci.iter().filter(shared).map(|lieu| lieu.libelle.clone()).collect();
        departement.verdicts = verdicts.iter().filter(|v| lies_in(&v.epci, code)).cloned().collect();
    }
    found
}

/// Codes of the communes of each EPCI, those of the perimeter, and names of those that belong to none.
pub(super) fn communes_of(plan: &Plan, geographie: &Geographie) -> (BTreeMap<String, Vec<String>>, Vec<String>) {
    let mut communes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut sans_epci = Vec::new();
    for commune in geographie.communes() {
        if plan.holds(&commune.code) {
            match &commune.epci {
                Some(epci) => communes.entry(epci.clone()).or_default().push(commune.code.clone()),
                None => sans_epci.push(commune.libelle.clone()),
            }
        }
    }
    (communes, sans_epci)
}

/// EPCI of a table, by name.
fn epci_of(table: &Feuille) -> Vec<Lieu> {
    let mut epci: Vec<Lieu> = table
        .codes("epci")
        .into_iter()
        .map(|code| {
            let libelle = table.of("epci", &code).next().map_or("", |l| l.text("libelle"));
            Lieu::epci(&code, libelle)
        })
        .collect();
    epci.sort_by_cached_key(|lieu| (format::plain(&lieu.libelle), lieu.code.clone()));
    epci
}

/// Landlords of the list: their names by SIREN, and those of them that sign no lease of the year.
fn listed_landlords(plan: &Plan) -> Result<(BTreeMap<String, String>, BTreeSet<String>)> {
    let table = engine::listed_landlords(plan)?;
    let batch = table.single()?;
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| Error::outdated(&table.nom, name));
    let (sirens, noms) = (column("siren")?.as_string::<i32>(), column("nom")?.as_string::<i32>());
    let signe = column("signe")?.as_primitive::<Int32Type>();
    let sirens = || sirens.iter().flatten().map(str::to_owned);
    let bailleurs = sirens().zip(noms.iter().flatten().map(str::to_owned)).collect();
    let sans_bail = sirens().zip(signe.values()).filter(|(_, signe)| **signe == 0).map(|(siren, _)| siren).collect();
    Ok((bailleurs, sans_bail))
}
