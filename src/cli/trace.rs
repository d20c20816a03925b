//! `bilan trace`: the records behind a figure, each with why it counts or not.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::json;

use super::args::Trace;
use super::sortie::write_aligned;
use crate::engine;
use crate::engine::trace::{Cellule, records};
use crate::error::{EXIT_DONE, Error, Result};
use crate::format;
use crate::project::Plan;

pub(super) fn execute(args: &Trace) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet, args.out.as_deref())?;
    let mut key = BTreeMap::new();
    for condition in &args.ou {
        let Some((column, value)) = condition.split_once('=') else {
            return Err(Error::usage(
                "B0411",
                format!("« {condition} » n'est pas une condition"),
                "écrivez --where COLONNE=VALEUR, autant de fois qu'il faut",
            ));
        };
        key.insert(column.trim().to_owned(), value.trim().to_owned());
    }
    let cellule = Cellule::new(&args.table, &key)?;
    let trace = records(&engine::open_results(&plan, 2)?, &cellule)?;
    let mut out = anstream::stdout();
    let written = if args.json {
        let document = json!({
            "version": 1,
            "table": args.table,
            "cellule": cellule.key,
            "attributions": trace.counted(),
            "numerateur": trace.numerator(),
            "enregistrements": trace.lines,
        });
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)
    } else {
        let header = [
            "fichier",
            "ligne",
            "empreinte",
            "bail",
            "bailleur",
            "zone",
            "classe",
            "ressources/UC/an",
            "compte",
            "numérateur",
        ];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(trace.lines.iter().map(|l| {
            vec![
                l.fichier.clone(),
                l.ligne.to_string(),
                l.numero_unique.chars().take(12).collect(),
                l.date_bail.clone(),
                l.bailleur.clone(),
                l.zone.clone(),
                l.classe.clone(),
                l.revenu_par_uc.map_or_else(|| format::NONE.to_owned(), |x| format::decimal(x, 2)),
                l.compte.clone(),
                if l.numerateur { "oui" } else { "non" }.to_owned(),
            ]
        }));
        write_aligned(&mut out, &rows, &[false, true, false, false, false, false, false, true, false, false]).and_then(
            |()| {
                writeln!(
                    out,
                    "{}, dont {} au numérateur",
                    format::count(trace.counted(), "attribution comptée", "attributions comptées"),
                    format::integer(trace.numerator())
                )
            },
        )
    };
    written.map_err(Error::io("écrire", std::path::Path::new("la sortie")))?;
    Ok(EXIT_DONE)
}
