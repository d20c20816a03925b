//! What goes into the engine: the store, the parameters, the geography and the law.

use std::collections::BTreeSet;
use std::path::Path;

use super::annees::Annees;
use super::charge::{Cell, Charge, derive, fill, number, optional, sql_type};
use super::etapes::content;
use super::repetes::{self, Repetes};
use super::territoires::Territoires;
use super::{Engine, Inputs, parametres};
use crate::error::{Error, Result};
use crate::ingest::arrow_schema;
use crate::law::{Regle, Situation};
use crate::reference::{Niveau, Nomenclatures, TYPOLOGIES, csv_rows};
use crate::schema::Schema;

/// Years of construction that the schemas accept.
const YEARS: (i64, i64) = (1_000, 2_100);
/// Periods of construction.
const PERIODS: &str = "reference/periodes_construction.csv";

/// What is worked out once, before any worker is opened.
pub(super) struct Prealable<'i> {
    pub(super) repetes: Vec<Repetes>,
    pub(super) territoires: Territoires<'i>,
    pub(super) annees: Annees,
}

impl<'i> Prealable<'i> {
    /// What a run needs.
    ///
    /// # Errors
    /// As [`repetes::find`] and [`Annees::find`].
    pub(super) fn of(inputs: &Inputs<'i>, threads: usize) -> Result<Self> {
        Ok(Self {
            repetes: repetes::find(inputs, threads)?,
            territoires: Territoires::of(inputs),
            annees: Annees::find(inputs)?,
        })
    }
}

/// Loads the store, the parameters, the geography and the law.
pub(super) fn load_inputs(
    charge: &mut Charge<'_>,
    inputs: &Inputs<'_>,
    prealable: &Prealable<'_>,
    cache: &Path,
) -> Result<()> {
    load_sources(charge, inputs, &prealable.repetes, cache)?;
    prealable.annees.load(charge)?;
    load_parameters(charge, inputs)?;
    load_geography(charge, inputs, &prealable.territoires)?;
    load_law(charge, inputs)
}

/// One view a source, an empty table of the same columns where it is not given; and one of identifiers found on several rows.
fn load_sources(charge: &mut Charge<'_>, inputs: &Inputs<'_>, repetes: &[Repetes], cache: &Path) -> Result<()> {
    for schema in Schema::load_all(&inputs.plan.resources(), inputs.plan.millesime)? {
        let files = inputs.stored(&schema.nom, cache);
        let name = source(&schema.nom);
        if files.is_empty() {
            let columns = empty_source(charge.engine, &schema)?;
            charge.etapes.know(&name, columns.as_bytes());
        } else {
            charge.engine.view(&name, &files)?;
            charge.etapes.know(&name, content(&files).as_bytes());
        }
    }
    for Repetes { table, fichier, .. } in repetes {
        let files = std::slice::from_ref(fichier);
        charge.engine.view(table, files)?;
        charge.etapes.know(table, content(files).as_bytes());
        charge.etapes.keep(fichier.clone());
    }
    Ok(())
}

/// Name that statements give to a source.
pub(super) fn source(nom: &str) -> String {
    format!("source_{nom}")
}

/// A source that is not given, as a table of its columns without a row; its columns.
///
/// # Errors
/// [`Error::Engine`].
pub(super) fn empty_source(engine: &Engine, schema: &Schema) -> Result<String> {
    let stored = arrow_schema(schema);
    let columns: Vec<String> =
        stored.fields().iter().map(|f| format!("{} {}", f.name(), sql_type(f.data_type()))).collect();
    let (name, columns) = (source(&schema.nom), columns.join(", "));
    engine.execute(&name, &format!("CREATE TABLE {name} ({columns})"))?;
    Ok(columns)
}

/// `distinctions`: of each typology and category together, whether the stock, the demands and the leases read tell
/// it apart. What a register does not say is no count of none.
const DISTINCTIONS: &str = "SELECT t.typologie, c.categorie, \
    CASE WHEN p.a_rpls = 1 AND (t.numero = 0 OR p.a_typologie_rpls = 1) \
              AND (c.categorie = 'ensemble' OR p.a_categorie_rpls = 1) THEN 1 ELSE 0 END AS parc, \
    CASE WHEN p.a_demandes = 1 AND (t.numero = 0 OR p.a_typologie_demandes = 1) \
              AND (c.categorie = 'ensemble' OR p.a_categorie_demandes = 1) THEN 1 ELSE 0 END AS demandes, \
    CASE WHEN p.a_attributions = 1 AND (t.numero = 0 OR p.a_typologie_baux = 1) \
              AND (c.categorie = 'ensemble' OR p.a_categorie_baux = 1) THEN 1 ELSE 0 END AS baux \
    FROM typologies t CROSS JOIN categories c CROSS JOIN parametres p";

fn load_parameters(charge: &mut Charge<'_>, inputs: &Inputs<'_>) -> Result<()> {
    let plan = inputs.plan;
    let select = parametres::columns(inputs)?.join(", ");
    charge.engine.execute("parametres", &format!("CREATE TABLE parametres AS SELECT {select}"))?;
    charge.etapes.know("parametres", select.as_bytes());
    let categories = ["ensemble", "collectif", "individuel"].map(|c| vec![Cell::Text(c)]);
    fill(charge, "categories", "categorie VARCHAR", categories)?;
    let populations = ["ensemble", "hors_mutation", "mutation"].map(|p| vec![Cell::Text(p)]);
    fill(charge, "populations", "population VARCHAR", populations)?;
    // Numbers stand for words where many rows are grouped by them.
    let typologies = ["ensemble"].into_iter().chain(TYPOLOGIES).zip(0..);
    let typologies = typologies.map(|(typologie, numero)| vec![Cell::Int(numero), Cell::Text(typologie)]);
    fill(charge, "typologies", "numero INTEGER, typologie VARCHAR", typologies)?;
    derive(charge, "distinctions", DISTINCTIONS)?;
    fill(charge, "mois", "mois INTEGER", (1..=12).map(|m| vec![Cell::Int(m)]))?;
    let excluded = plan.financements_exclus.iter().map(|f| vec![Cell::Text(f)]);
    fill(charge, "financements_exclus", "financement VARCHAR", excluded)?;
    let without = plan.epci_sans_qpv.iter().map(|e| vec![Cell::Text(e)]);
    fill(charge, "epci_sans_qpv", "epci VARCHAR", without)?;
    let apart: BTreeSet<&str> = plan.delais_anormaux.iter().filter_map(|d| d.typologie.as_deref()).collect();
    let delays = inputs.geographie.communes().filter(|c| inputs.inside(&c.code)).flat_map(|c| {
        let all = [("ensemble", plan.delai_anormal(c, None))];
        let own = apart.iter().map(|typologie| (*typologie, plan.delai_anormal(c, Some(typologie))));
        let row = |(typologie, mois): (_, Option<i32>)| {
            Some(vec![Cell::Text(&c.code), Cell::Text(typologie), Cell::Int(i64::from(mois?))])
        };
        all.into_iter().chain(own).filter_map(row)
    });
    fill(charge, "delais_anormaux", "commune VARCHAR, typologie VARCHAR, mois INTEGER", delays)?;
    let events = ["visite", "proposition", "commission", "refus", "annulation"].map(|e| vec![Cell::Text(e)]);
    fill(charge, "types_evenements", "evenement VARCHAR", events)?;
    let measures = [
        "refus_par_menage",
        "refus_par_proposition",
        "propositions_par_bail",
        "baux_au_premier_rang",
        "jours_decision_bail",
        "jours_vacance_bail",
    ];
    fill(charge, "mesures_processus", "mesure VARCHAR", measures.map(|m| vec![Cell::Text(m)]))?;
    let resources = plan.resources();
    let periods = csv_rows(&resources, PERIODS, &["libelle", "debut", "fin"])?;
    // Years as schemas accept them, each with its period.
    let mut years = Vec::new();
    for period in &periods {
        let bound = |i: usize| {
            let wrong = |_| Error::resource(PERIODS, format!("« {} » n'est pas une année", period[i]));
            period[i].parse::<i64>().map_err(wrong)
        };
        let (from, to) = (bound(1)?.max(YEARS.0), bound(2)?.min(YEARS.1));
        years.extend((from..=to).map(|year| vec![Cell::Int(year), Cell::Text(&period[0])]));
    }
    fill(charge, "annees_construction", "annee INTEGER, libelle VARCHAR", years)?;
    let factors = csv_rows(&resources, "reference/rsa_facteurs.csv", &["nb_personnes", "facteur"])?;
    let rows = factors.iter().map(|r| r.iter().map(|cell| Cell::Text(cell)).collect());
    fill(charge, "rsa_facteurs", "nb_personnes INTEGER, facteur DECIMAL(6, 3)", rows)?;
    let nomenclatures = Nomenclatures::load(&plan.resources(), plan.millesime)?;
    let lists = [("logement_actuel", "modele_logement_actuel"), ("motif_demande", "motif_demande")];
    let codes = lists.iter().flat_map(|(dimension, list)| {
        nomenclatures
            .list(list)
            .into_iter()
            .flatten()
            .map(move |(code, label)| vec![Cell::Text(dimension), Cell::Text(code), Cell::Text(label)])
    });
    fill(charge, "modalites", "dimension VARCHAR, code VARCHAR, libelle VARCHAR", codes)
}

/// `communes`: every commune, flagged when in the perimeter; `territoires`: every territory. Both with ranks. From them, `lieux`:
/// the territories each commune of the perimeter belongs to; `cadre`: those above communes, which have a row in every table
/// even with nothing in them.
fn load_geography(charge: &mut Charge<'_>, inputs: &Inputs<'_>, territoires: &Territoires<'_>) -> Result<()> {
    let rows = territoires.rows().map(|(rang, niveau, code, libelle)| {
        vec![Cell::Int(rang), Cell::Text(niveau), Cell::Text(code), Cell::Text(libelle)]
    });
    fill(charge, "territoires", "rang INTEGER, niveau VARCHAR, code VARCHAR, libelle VARCHAR", rows)?;
    let communes = territoires.communes().map(|(c, ranks)| {
        let known = [
            Cell::Text(&c.code),
            Cell::Text(&c.libelle),
            optional(c.epci.as_deref()),
            Cell::Text(&c.departement),
            Cell::Text(&c.region),
            Cell::Int(i64::from(inputs.inside(&c.code))),
        ];
        known.into_iter().chain(ranks.map(number)).collect()
    });
    let ranks = Niveau::ALL.map(|niveau| format!("rang_{} INTEGER", niveau.word())).join(", ");
    let columns = format!(
        "commune VARCHAR, libelle VARCHAR, epci VARCHAR, departement VARCHAR, region VARCHAR, perimetre INTEGER, {ranks}"
    );
    fill(charge, "communes", &columns, communes)?;
    derive(charge, LIEUX, &lieux())?;
    let frame = "SELECT t.rang, t.niveau, t.code, t.libelle, 'ensemble' AS ensemble FROM territoires t \
                 JOIN (SELECT DISTINCT l.rang FROM lieux l WHERE l.niveau <> 'commune') l ON l.rang = t.rang";
    derive(charge, "cadre", frame)
}

/// The table of the territories that each commune of the perimeter belongs to.
pub(super) const LIEUX: &str = "lieux";

/// Its statement.
pub(super) fn lieux() -> String {
    let places = Niveau::ALL.map(|niveau| {
        format!(
            "SELECT c.commune, t.niveau, t.code, t.libelle, c.rang_commune, t.rang \
             FROM communes c JOIN territoires t ON t.rang = c.rang_{} WHERE c.perimetre = 1",
            niveau.word()
        )
    });
    places.join(" UNION ALL ")
}

fn load_law(charge: &mut Charge<'_>, inputs: &Inputs<'_>) -> Result<()> {
    let epcis: BTreeSet<&str> = inputs.geographie.communes().filter_map(|c| c.epci.as_deref()).collect();
    let mut amounts = Vec::new();
    for epci in epcis {
        if let Situation::Seuil(s) = inputs.seuils.situation(epci) {
            let millesime = Cell::Int(i64::from(s.millesime));
            amounts.push(vec![Cell::Text(epci), millesime, Cell::Int(s.q1), number(s.q2), number(s.q3)]);
        }
    }
    let columns = "epci VARCHAR, millesime_seuil INTEGER, q1 INTEGER, q2 INTEGER, q3 INTEGER";
    fill(charge, "seuils", columns, amounts)?;
    load_rules(charge, inputs.regles)
}

/// `regles`: every rule, one for one EPCI. `portees`: what each is about and nothing of what it asks, so that another rate counts
/// no lease again.
fn load_rules(charge: &mut Charge<'_>, regles: &[Regle]) -> Result<()> {
    let scopes = regles.iter().zip(0_i64..).map(|(r, numero)| {
        let named =
            [&r.epci, &r.zone, &r.secteur, &r.agregation, &r.public, &r.acteur_type].map(|word| Cell::Text(word));
        let actors = [optional(r.acteur.as_deref()), optional(r.contingent.as_deref())];
        [Cell::Int(numero)].into_iter().chain(named).chain(actors).collect()
    });
    let columns = "numero INTEGER, epci VARCHAR, zone VARCHAR, secteur VARCHAR, agregation VARCHAR, public VARCHAR, \
                   acteur_type VARCHAR, acteur VARCHAR, contingent VARCHAR";
    fill(charge, "portees", columns, scopes)?;
    let rules = regles.iter().zip(0_i64..).map(|(r, numero)| {
        vec![
            Cell::Int(numero),
            Cell::Text(&r.regle),
            Cell::Text(&r.base),
            Cell::Text(&r.epci),
            Cell::Text(&r.libelle),
            Cell::Text(&r.zone),
            Cell::Text(&r.secteur),
            Cell::Text(&r.agregation),
            Cell::Text(&r.public),
            Cell::Text(&r.acteur_type),
            optional(r.acteur.as_deref()),
            optional(r.contingent.as_deref()),
            Cell::Text(&r.metrique),
            Cell::Text(&r.operateur),
            Cell::Real(r.cible),
            optional(r.blocage),
            optional(r.motif.as_deref()),
            Cell::Text(r.statut.word()),
            Cell::Text(&r.reference),
            number(r.seuil_q1),
            number(r.millesime_seuil.map(i64::from)),
            optional(r.alerte.as_deref()),
        ]
    });
    let columns = "numero INTEGER, regle VARCHAR, base VARCHAR, epci VARCHAR, libelle VARCHAR, zone VARCHAR, \
                   secteur VARCHAR, agregation VARCHAR, public VARCHAR, acteur_type VARCHAR, acteur VARCHAR, \
                   contingent VARCHAR, metrique VARCHAR, operateur VARCHAR, cible DECIMAL(18, 6), blocage VARCHAR, \
                   motif VARCHAR, statut VARCHAR, reference VARCHAR, seuil_q1 INTEGER, millesime_seuil INTEGER, alerte VARCHAR";
    fill(charge, "regles", columns, rules)
}
