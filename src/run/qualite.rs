//! What was found of the sources: `rejets.csv` and `qualite.json`.

use std::collections::BTreeSet;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Int32Type, Int64Type};
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::engine::Table;
use crate::error::{Error, Result};
use crate::ingest::{Controle, Ingestion, REJECT_COLUMNS, Total, write_row};
use crate::project::Plan;
use crate::store;

#[derive(Serialize)]
struct Qualite<'a> {
    version: u32,
    millesime: i32,
    sources: Vec<Source<'a>>,
    /// Checks over the table of facts.
    controles: Vec<Controle>,
}

#[derive(Serialize)]
struct Source<'a> {
    #[serde(rename = "source")]
    schema: &'a str,
    fichier: &'a str,
    lignes: u64,
    gardees: u64,
    refusees: u64,
    controles: &'a [Controle],
    totaux: &'a [Total],
    refus: &'a [Diagnostic],
}

/// Writes both files; returns their paths relative to the results folder.
///
/// # Errors
/// [`Error::Io`]; [`Error::Resource`] when a check does not add up, which would be a fault of this program.
pub(super) fn write(plan: &Plan, ingestion: &Ingestion, facts: Option<&Table>) -> Result<BTreeSet<String>> {
    let sources: Vec<Source<'_>> = ingestion
        .fichiers
        .iter()
        .map(|f| Source {
            schema: &f.schema,
            fichier: &f.fichier,
            lignes: f.lignes,
            gardees: f.gardees,
            refusees: f.refusees,
            controles: &f.controles,
            totaux: &f.totaux,
            refus: &f.refus,
        })
        .collect();
    let findings = facts.map(facts_checks).transpose()?.unwrap_or_default();
    let controles: Vec<Controle> = findings.iter().map(|(c, _)| c.clone()).collect();
    for c in sources.iter().flat_map(|s| s.controles).chain(&controles) {
        if c.evalues + c.echecs + c.non_evaluables + c.hors_champ != c.lignes {
            return Err(Error::resource(
                "qualite.json",
                format!("le contrôle {} de {} ne fait pas le compte", c.controle, c.colonne),
            ));
        }
    }
    let qualite = Qualite { version: 1, millesime: plan.millesime, sources, controles };
    let mut text = serde_json::to_vec_pretty(&qualite)?;
    text.push(b'\n');
    store::write_atomically(&plan.sortie.join("qualite.json"), &text)?;
    write_rejects(plan, ingestion, &findings)?;
    Ok(BTreeSet::from(["qualite.json".to_owned(), "rejets.csv".to_owned()]))
}

fn write_rejects(plan: &Plan, ingestion: &Ingestion, findings: &[(Controle, Vec<Diagnostic>)]) -> Result<()> {
    let path = plan.sortie.join("rejets.csv");
    let failed = |e: csv::Error| Error::io("écrire", Path::new("rejets.csv"))(std::io::Error::other(e));
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(REJECT_COLUMNS).map_err(failed)?;
    for file in &ingestion.fichiers {
        for refusal in &file.refus {
            write_row(&mut writer, refusal).map_err(failed)?;
        }
        let Some(rejets) = &file.rejets else { continue };
        let stored = plan.cache().join(rejets);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(&stored).map_err(failed)?;
        for record in reader.records() {
            writer.write_record(&record.map_err(failed)?).map_err(failed)?;
        }
    }
    for diagnostic in findings.iter().flat_map(|(_, list)| list) {
        write_row(&mut writer, diagnostic).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|e| Error::io("écrire", &path)(std::io::Error::other(e.to_string())))?;
    store::write_atomically(&path, &bytes)
}

/// Rows listed for one check, as for the sources.
const SAMPLE: usize = 1_000;

/// Anomalies that only show once the sources meet: an allocation whose demand is unknown, or whose delay cannot be told.
fn facts_checks(facts: &Table) -> Result<Vec<(Controle, Vec<Diagnostic>)>> {
    let batch = facts.single()?;
    let column = |name: &str| {
        batch
            .column_by_name(name)
            .ok_or_else(|| Error::resource("pipelines/faits", format!("colonne « {name} » absente")))
    };
    let files = column("fichier")?.as_string::<i32>();
    let lines = column("ligne")?.as_primitive::<Int64Type>();
    let zone = column("zone")?.as_string::<i32>();
    let classe = column("classe")?.as_string::<i32>();
    let reservataire = column("reservataire")?.as_string::<i32>();
    let depot = column("date_depot")?;
    let sort = column("sort")?.as_string::<i32>();
    let contradicted = column("qpv_contredit")?.as_primitive::<Int32Type>();
    let check = |colonne: &str, code: &str, message: &str, aide: &str, fails: &dyn Fn(usize) -> bool| {
        let mut found = Vec::new();
        let mut echecs = 0;
        let mut hors_champ = 0;
        for row in 0..batch.num_rows() {
            if sort.value(row) == "personne_morale" {
                hors_champ += 1;
            } else if fails(row) {
                echecs += 1;
                if found.len() < SAMPLE {
                    let ligne = lines.value(row).unsigned_abs();
                    found.push(
                        Diagnostic::anomalie(code, message, aide)
                            .in_file(files.value(row))
                            .at_line(ligne)
                            .in_column(colonne),
                    );
                }
            }
        }
        let total = batch.num_rows() as u64;
        let account = Controle {
            colonne: format!("faits.{colonne}"),
            controle: code.to_owned(),
            lignes: total,
            evalues: total - echecs - hors_champ,
            echecs,
            non_evaluables: 0,
            hors_champ,
        };
        (account, found)
    };
    Ok(vec![
        check(
            "date_depot",
            "B0311",
            "dépôt de la demande inconnu",
            "l'attribution compte partout, sauf dans les délais ; complétez date_depot ou fournissez la demande",
            &|row| depot.is_null(row),
        ),
        check(
            "qpv",
            "B0312",
            "zone inconnue : ni déclarée, ni trouvée au RPLS",
            "l'attribution compte dans l'ensemble, ni en QPV ni hors QPV ; complétez qpv, ou listez l'EPCI dans epci_sans_qpv",
            &|row| zone.value(row) == "inconnue",
        ),
        check(
            "qpv",
            "B0315",
            "bail déclaré en QPV dans un EPCI déclaré sans QPV",
            "l'attribution compte hors QPV ; corrigez qpv, ou retirez l'EPCI de epci_sans_qpv",
            &|row| contradicted.value(row) == 1,
        ),
        check(
            "ressources_mensuelles",
            "B0313",
            "ressources ou composition du ménage inconnues",
            "l'attribution compte au dénominateur et jamais au premier quartile ; complétez ressources_mensuelles et nb_personnes ou nb_uc",
            &|row| classe.value(row) == "inconnu",
        ),
        check(
            "reservataire",
            "B0314",
            "réservataire inconnu",
            "l'attribution n'est rapportée à aucun réservataire ; complétez reservataire (AUCUN pour un logement non réservé)",
            &|row| reservataire.value(row) == "inconnu",
        ),
    ])
}
