//! `index.html` and one page an EPCI, self-contained, from the templates of `reports/site/`.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use super::donnees::{Feuille, landlord_names};
use super::figures::{self, Contexte, Feuilles, Figure, months, number, rate, ratio};
use super::{Verdict, classeur, flux, holder_words, load_verdicts, processus, public_words, qualite, zone_words};
use crate::engine::Table;
use crate::error::{Error, Result};
use crate::format;
use crate::progress::Progress;
use crate::project::Plan;
use crate::reference::{Geographie, catalogue};
use crate::resultats::{INDICATEURS, Manifeste};
use crate::store;

/// A figure in large print.
#[derive(Debug, Serialize)]
struct Cle {
    nom: &'static str,
    valeur: String,
    note: String,
}

/// A row of the key-figures table.
#[derive(Debug, Serialize)]
struct Territoire {
    code: String,
    libelle: String,
    valeurs: Vec<String>,
}

/// A verdict as the templates print it.
#[derive(Debug, Serialize)]
struct Jugement {
    epci: String,
    libelle: String,
    titre: String,
    acteur: String,
    effectifs: String,
    resultat: String,
    cible: String,
    reponse: String,
    statut: String,
    reference: String,
    classe: &'static str,
}

/// What every page prints of the run.
#[derive(Debug, Serialize)]
struct Page<'a> {
    titre: &'a str,
    millesime: i32,
    fictif: bool,
    extraction: String,
    millesime_rpls: i32,
    style: &'a str,
    parametres: Vec<(String, String, String)>,
    entrees: Vec<Vec<String>>,
    epci_coupes: Vec<String>,
    reserves: Vec<String>,
}

/// Renders the site; returns the pages' paths, relative to the results folder.
///
/// # Errors
/// [`Error::Usage`] when there are no results, [`Error::Template`], [`Error::Io`].
pub fn render_site(plan: &Plan, progress: &Progress) -> Result<BTreeSet<String>> {
    let resources = plan.resources();
    let verdicts = load_verdicts(plan)?;
    let feuilles = Feuilles {
        parc: Feuille::load(plan, "parc")?,
        demande: Feuille::load(plan, "demande")?,
        attributions: Feuille::load(plan, "attributions")?,
        tension: Feuille::load(plan, "tension")?,
        delais: Feuille::load(plan, "delais")?,
        quartiles: Feuille::load(plan, "quartiles")?,
        priorites: Feuille::load(plan, "priorites")?,
        tendance: Feuille::load(plan, "tendance")?,
    };
    let (etapes, mesures) = (Feuille::load(plan, "processus")?, Feuille::load(plan, "processus_mesures")?);
    let offre = Feuille::load(plan, "programmation")?;
    let manifeste = Manifeste::load(plan)?;
    let bailleurs = landlord_names(plan)?;
    let style = resources.text("reports/site/style.css")?;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    for name in [
        "base.html",
        "index.html",
        "epci.html",
        "figure.html",
        "verdicts.html",
        "tendance.html",
        "processus.html",
        "qualite.html",
        "diagnostics.html",
    ] {
        environment.add_template_owned(name, resources.text(&format!("reports/site/{name}"))?.into_owned())?;
    }
    let page = value(&page(plan, &manifeste, &style));
    let codes = feuilles.demande.codes("epci");
    let bar = progress.steps("Pages", codes.len() as u64 + 1);
    let mut written = BTreeSet::new();
    let mut write = |path: String, html: String| -> Result<()> {
        let file = plan.sortie.join(&path);
        if std::fs::read(&file).is_ok_and(|old| old == html.as_bytes()) {
            written.insert(path);
            return Ok(());
        }
        store::write_atomically(&file, html.as_bytes())?;
        written.insert(path);
        Ok(())
    };
    let legal: Vec<&Verdict> = verdicts.iter().filter(|v| v.regle == "q1_hors_qpv" && v.base == "loi").collect();
    let territoires: Vec<Territoire> = codes
        .iter()
        .map(|code| territory_row(&feuilles, "epci", code))
        .chain([territory_row(&feuilles, "territoire", "territoire")])
        .collect();
    let figure = figures::verdict_dots(&legal, plan.millesime)?;
    let shown: Vec<Jugement> =
        verdicts.iter().filter(|v| v.is_worth_a_line()).map(|v| judgement(v, &bailleurs)).collect();
    let out_of_scope: Vec<&str> =
        legal.iter().filter(|v| v.verdict == "hors_champ").map(|v| v.libelle.as_str()).collect();
    let html = environment.get_template("index.html")?.render(context! {
        page => page.clone(),
        figure => value(&figure),
        cles => value(&keys(&feuilles, "territoire", "territoire")),
        verdicts => value(&shown),
        territoires => value(&territoires),
        hors_champ => value(&out_of_scope),
        tendance => value(&trend(&feuilles, "territoire", "territoire")),
        processus => value(&processus::of(&etapes, &mesures, "territoire", "territoire")),
        programmation => value(&processus::programmation(&offre, "territoire", "territoire")),
    })?;
    write("index.html".to_owned(), html)?;
    bar.inc(1);
    let html = environment
        .get_template("qualite.html")?
        .render(context! { page => page.clone(), q => value(&qualite::load(plan, &bailleurs)?) })?;
    write("qualite.html".to_owned(), html)?;
    let explained = catalogue(&resources)?;
    let html = environment
        .get_template("diagnostics.html")?
        .render(context! { page => page.clone(), familles => value(&qualite::families(&explained)) })?;
    write("diagnostics.html".to_owned(), html)?;
    let mut of_epci: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
    for verdict in &verdicts {
        of_epci.entry(&verdict.epci).or_default().push(verdict);
    }
    let contingents = load_contingents(plan)?;
    let template = environment.get_template("epci.html")?;
    for code in &codes {
        let libelle = feuilles.demande.of("epci", code).next().map_or("", |l| l.text("libelle"));
        let own = of_epci.get(code.as_str()).cloned().unwrap_or_default();
        let cible_q1 = own.iter().find(|v| v.regle == "q1_hors_qpv" && v.resultat.is_some()).map(|v| v.cible);
        let cible_prioritaires = own.iter().find(|v| v.regle == "prioritaires" && v.base == "loi").map(|v| v.cible);
        let contexte = Contexte {
            niveau: "epci",
            code,
            libelle,
            millesime: plan.millesime,
            bailleurs: &bailleurs,
            cible_q1,
            cible_prioritaires,
        };
        let figures: Vec<Figure> = figures::all(&feuilles, &contexte)?;
        let judgements: Vec<Jugement> = own.iter().map(|v| judgement(v, &bailleurs)).collect();
        let html = template.render(context! {
            page => page.clone(),
            code => code.as_str(),
            libelle => libelle,
            figures => value(&figures),
            verdicts => value(&judgements),
            cles => value(&keys(&feuilles, "epci", code)),
            tendance => value(&trend(&feuilles, "epci", code)),
            contingents => value(&shares_of(&contingents, code)),
            processus => value(&processus::of(&etapes, &mesures, "epci", code)),
            programmation => value(&processus::programmation(&offre, "epci", code)),
            coupe => manifeste.epci_coupes.contains(code),
        })?;
        write(format!("epci/{code}.html"), html)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    classeur::write(plan, &manifeste)?;
    written.insert(classeur::CLASSEUR.to_owned());
    written.extend(flux::write(plan, &bailleurs, &Geographie::load(&resources, plan.millesime)?)?);
    Ok(written)
}

fn value<T: Serialize>(part: &T) -> Value {
    Value::from(Serde(part))
}

fn page<'a>(plan: &'a Plan, manifeste: &Manifeste, style: &'a str) -> Page<'a> {
    let parametres = manifeste
        .parametres
        .iter()
        .map(|p| {
            let value = match &p.valeur {
                serde_json::Value::Array(list) => list.iter().filter_map(|v| v.as_str()).collect::<Vec<_>>().join(", "),
                serde_json::Value::String(text) => text.replace('_', " "),
                serde_json::Value::Number(n) if p.unite == "part" => format::target_percent(n.as_f64().unwrap_or(0.0)),
                serde_json::Value::Bool(flag) => if *flag { "oui" } else { "non" }.to_owned(),
                serde_json::Value::Number(n) => n.to_string().replace('.', ","),
                other => other.to_string(),
            };
            let note = if p.note.is_empty() { String::new() } else { format!(". {}", p.note) };
            (format!("{}{note}", p.definition), value, format!("{} ({})", p.reference, p.statut.words()))
        })
        .collect();
    let entrees = manifeste
        .entrees
        .iter()
        .map(|e| {
            let state = if e.refuse {
                "fichier refusé".to_owned()
            } else {
                format::count(e.refusees.cast_signed(), "refusée", "refusées")
            };
            vec![
                e.fichier.clone(),
                format::integer(e.lignes.cast_signed()),
                format::integer(e.gardees.cast_signed()),
                state,
                e.sha256.chars().take(12).collect(),
            ]
        })
        .collect();
    Page {
        titre: &plan.titre,
        millesime: plan.millesime,
        fictif: plan.fictif,
        extraction: plan.date_extraction.format("%d/%m/%Y").to_string(),
        millesime_rpls: plan.millesime_rpls(),
        style,
        parametres,
        entrees,
        epci_coupes: manifeste.epci_coupes.clone(),
        reserves: manifeste.reserves.clone(),
    }
}

fn keys(feuilles: &Feuilles, niveau: &str, code: &str) -> Vec<Cle> {
    let parc = feuilles.parc.find(niveau, code, &[("typologie", "ensemble"), ("categorie", "ensemble")]);
    let whole = [("population", "ensemble"), ("typologie", "ensemble")];
    let demande = feuilles.demande.find(niveau, code, &whole);
    let attribuees = feuilles.attributions.find(niveau, code, &whole);
    let tension = feuilles.tension.find(
        niveau,
        code,
        &[("population", "ensemble"), ("typologie", "ensemble"), ("categorie", "ensemble")],
    );
    let delais = feuilles.delais.find(niveau, code, &whole);
    let share = |l: Option<super::donnees::Ligne<'_>>, name: &str| rate(l.and_then(|l| l.real(name)));
    let count = |l: Option<super::donnees::Ligne<'_>>, name: &str| number(l.and_then(|l| l.int(name)));
    vec![
        Cle {
            nom: "logements sociaux",
            valeur: count(parc, "logements"),
            note: format!("{} vacants, {} en QPV", share(parc, "taux_vacance"), share(parc, "part_qpv")),
        },
        Cle {
            nom: "demandes actives",
            valeur: count(demande, "actives"),
            note: format!("{} déposées dans l'année", count(demande, "deposees")),
        },
        Cle {
            nom: "baux signés",
            valeur: count(attribuees, "attributions"),
            note: format!("{} des demandes satisfaites", share(attribuees, "taux_satisfaction")),
        },
        Cle {
            nom: "demandes pour une attribution",
            valeur: ratio(tension.and_then(|l| l.real("tension"))),
            note: "tension".to_owned(),
        },
        Cle {
            nom: "d'attente médiane",
            valeur: months(delais.and_then(|l| l.real("delai_median"))),
            note: format!("{} en moyenne", months(delais.and_then(|l| l.real("delai_moyen")))),
        },
    ]
}

/// Holders' shares of each EPCI, as the page prints them: name, lettings, share, ceiling, whether it is passed.
type Contingents = BTreeMap<String, Vec<(&'static str, String, String, String, bool)>>;

fn load_contingents(plan: &Plan) -> Result<Contingents> {
    let path = plan.sortie.join(INDICATEURS).join("contingents.parquet");
    let batch = Table::read(&path, "contingents")?.single()?;
    let column = |name: &str| {
        batch
            .column_by_name(name)
            .ok_or_else(|| Error::resource("contingents.parquet", format!("colonne « {name} » absente")))
    };
    let (epci, holder) = (column("epci")?.as_string::<i32>(), column("contingent")?.as_string::<i32>());
    let lettings = column("attributions")?.as_primitive::<Int64Type>();
    let (part, ceiling) =
        (column("part")?.as_primitive::<Float64Type>(), column("plafond")?.as_primitive::<Float64Type>());
    let mut shares = Contingents::new();
    for row in 0..batch.num_rows() {
        let nom = match holder.value(row) {
            "etat" => "État, ensemble",
            "etat_prioritaires" => "— dont publics prioritaires",
            "etat_fonctionnaires" => "— dont fonctionnaires",
            "action_logement" => "Action Logement",
            "collectivites" => "Collectivités",
            "autres" => "Autres réservataires",
            "non_reserve" => "Hors contingent",
            "inconnu" => "Inconnu",
            _ => "Ensemble",
        };
        let share = part.is_valid(row).then(|| part.value(row));
        let limit = ceiling.is_valid(row).then(|| ceiling.value(row));
        shares.entry(epci.value(row).to_owned()).or_default().push((
            nom,
            number(lettings.is_valid(row).then(|| lettings.value(row))),
            rate(share),
            limit.map_or_else(String::new, |x| format!("au plus {}", format::target_percent(x))),
            share.zip(limit).is_some_and(|(s, l)| s > l),
        ));
    }
    Ok(shares)
}

/// The holders' shares of one EPCI, the State's first and the whole last.
fn shares_of(contingents: &Contingents, code: &str) -> Vec<(&'static str, String, String, String, bool)> {
    const ORDER: [&str; 9] = [
        "État, ensemble",
        "— dont publics prioritaires",
        "— dont fonctionnaires",
        "Action Logement",
        "Collectivités",
        "Autres réservataires",
        "Hors contingent",
        "Inconnu",
        "Ensemble",
    ];
    let rows = contingents.get(code).cloned().unwrap_or_default();
    ORDER.iter().filter_map(|nom| rows.iter().find(|r| r.0 == *nom).cloned()).collect()
}

/// Headline figures over the years kept.
#[derive(Debug, Serialize)]
struct Tendance {
    annees: Vec<i64>,
    lignes: Vec<(&'static str, Vec<String>)>,
}

/// The trend of a territory, where at least two years are known.
fn trend(feuilles: &Feuilles, niveau: &str, code: &str) -> Option<Tendance> {
    const INDICATORS: [(&str, &str); 9] = [
        ("q1_hors_qpv", "Premier quartile ou relogés, hors QPV"),
        ("q2_q4_qpv", "Quartiles 2 à 4, en QPV"),
        ("prioritaires", "Publics prioritaires"),
        ("demandes_actives", "Demandes actives au 31 décembre"),
        ("attributions", "Baux signés"),
        ("tension", "Demandes pour une attribution"),
        ("delai_median", "Attente médiane des ménages logés"),
        ("logements", "Logements"),
        ("vacance", "Vacance"),
    ];
    let rows: Vec<_> = feuilles.tendance.of(niveau, code).collect();
    let annees: BTreeSet<i64> = rows.iter().filter_map(|l| l.int("annee")).collect();
    if annees.len() < 2 {
        return None;
    }
    let lignes = INDICATORS
        .into_iter()
        .map(|(indicateur, nom)| {
            let at = |annee: &i64| {
                let row = rows.iter().find(|l| l.text("indicateur") == indicateur && l.int("annee") == Some(*annee));
                let x = row.and_then(|l| l.real("valeur"));
                match indicateur {
                    "q1_hors_qpv" | "q2_q4_qpv" | "prioritaires" | "vacance" => rate(x),
                    "delai_median" => months(x),
                    "tension" => ratio(x),
                    _ => number(row.and_then(|l| l.int("numerateur"))),
                }
            };
            (nom, annees.iter().map(at).collect())
        })
        .collect();
    Some(Tendance { annees: annees.into_iter().collect(), lignes })
}

fn territory_row(feuilles: &Feuilles, niveau: &str, code: &str) -> Territoire {
    let libelle = feuilles.demande.of(niveau, code).next().map_or("", |l| l.text("libelle")).to_owned();
    let parc = feuilles.parc.find(niveau, code, &[("typologie", "ensemble"), ("categorie", "ensemble")]);
    let whole = [("population", "ensemble"), ("typologie", "ensemble")];
    let demande = feuilles.demande.find(niveau, code, &whole);
    let attribuees = feuilles.attributions.find(niveau, code, &whole);
    let tension = feuilles.tension.find(
        niveau,
        code,
        &[("population", "ensemble"), ("typologie", "ensemble"), ("categorie", "ensemble")],
    );
    let delais = feuilles.delais.find(niveau, code, &whole);
    let loyer = parc
        .and_then(|l| l.real("loyer_m2"))
        .map_or_else(|| format::NONE.to_owned(), |x| format!("{} €", format::decimal(x, 2)));
    let valeurs = vec![
        number(parc.and_then(|l| l.int("logements"))),
        rate(parc.and_then(|l| l.real("taux_vacance"))),
        rate(parc.and_then(|l| l.real("taux_mobilite"))),
        loyer,
        number(demande.and_then(|l| l.int("actives"))),
        number(attribuees.and_then(|l| l.int("attributions"))),
        ratio(tension.and_then(|l| l.real("tension"))),
        months(delais.and_then(|l| l.real("delai_median"))),
    ];
    Territoire { code: code.to_owned(), libelle, valeurs }
}

fn judgement(v: &Verdict, bailleurs: &BTreeMap<String, String>) -> Jugement {
    let acteur = match v.acteur_type.as_str() {
        "epci" => "EPCI".to_owned(),
        "bailleur" if v.agregation == "moyenne" => "Moyenne des bailleurs".to_owned(),
        "reservataire" if v.agregation == "moyenne" => "Moyenne des réservataires".to_owned(),
        "reservataire" => holder_words(&v.acteur).to_owned(),
        _ => bailleurs.get(&v.acteur).cloned().unwrap_or_else(|| v.acteur.clone()),
    };
    let base = match v.base.as_str() {
        "loi" => "Loi".to_owned(),
        "cia" => "CIA".to_owned(),
        "avenant" => "Avenant".to_owned(),
        _ => "Document cadre".to_owned(),
    };
    let zone = if v.zone == "ensemble" { String::new() } else { format!(", {}", zone_words(&v.zone)) };
    let secteur =
        if v.secteur == "ensemble" { String::new() } else { format!(", secteur {}", v.secteur.replace('|', ", ")) };
    let own = if v.acteur_type == "bailleur" && v.base == "loi" { ", logements hors contingent" } else { "" };
    Jugement {
        epci: v.epci.clone(),
        libelle: v.libelle.clone(),
        titre: format!("{base} : {}{zone}{secteur}{own}", public_words(&v.public)),
        acteur,
        effectifs: match (v.numerateur, v.denominateur) {
            (Some(n), Some(d)) => format!("{} sur {}", format::integer(n), format::integer(d)),
            (None, Some(d)) => format!("sur {}", format::integer(d)),
            _ => format::NONE.to_owned(),
        },
        resultat: v.shown_result(),
        cible: v.shown_target(),
        reponse: v.answer(),
        statut: v.shown_status(),
        reference: v.reference.clone(),
        classe: match v.verdict.as_str() {
            "atteint" => "oui",
            "non_atteint" => "non",
            _ => "sans",
        },
    }
}
