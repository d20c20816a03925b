//! The first reading, in the terminal: what was read, what was refused, which rules are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::sortie::write_aligned;
use crate::diagnostic::{Diagnostic, Gravite};
use crate::error::{Error, Result};
use crate::format;
use crate::ingest::Ingestion;
use crate::project::Plan;
use crate::report::{Verdict, load_verdicts};
use crate::resultats::Total;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Kinds of reject shown for one file; the others are in `rejets.csv`.
const SHOWN: usize = 8;

/// Says what was noticed or refused, on standard error.
pub(super) fn print_notices(notices: &[Diagnostic]) {
    let mut err = anstream::stderr();
    for notice in notices {
        let _ = writeln!(err, "{notice}");
    }
}

/// Says what was read, what was set aside and what sources say against one another, on standard error.
pub(super) fn print_sources(ingestion: &Ingestion, notes: &[Diagnostic], croises: &[Total]) {
    let mut err = anstream::stderr();
    print_notices(notes);
    print_notices(&ingestion.abimes);
    for file in &ingestion.fichiers {
        print_notices(&file.refus);
        print_notices(&file.avis);
        if file.parquet.is_none() {
            continue;
        }
        let refused = match file.refusees {
            0 => String::new(),
            n => format!(", {}", format::count(n.cast_signed(), "refusée", "refusées")),
        };
        let kept = format::count(file.gardees.cast_signed(), "ligne gardée", "lignes gardées");
        let _ = writeln!(err, "lu     {} : {kept}{refused}", file.fichier);
        let mut totals: Vec<_> = file.totaux.iter().collect();
        totals.sort_by_key(|t| t.rang());
        for total in totals.iter().take(SHOWN) {
            print_total(&mut err, total);
        }
        if totals.len() > SHOWN {
            let others: u64 = totals[SHOWN..].iter().map(|t| t.nombre).sum();
            let _ = writeln!(
                err,
                "      (et {} : voir rejets.csv)",
                format::count(others.cast_signed(), "autre constat", "autres constats")
            );
        }
    }
    if !croises.is_empty() {
        let checks =
            format::count(i64::try_from(croises.len()).unwrap_or(i64::MAX), "contrôle trouve", "contrôles trouvent");
        let _ = writeln!(err, "croisé sources entre elles : {checks} des lignes à revoir");
        for total in croises {
            print_total(&mut err, total);
        }
    }
    if ingestion.fichiers.iter().any(|f| f.totaux.iter().any(|t| t.gravite == Gravite::Refus)) {
        let _ = writeln!(err, "Les lignes refusées ne sont pas comptées : corrigez-les, puis relancez");
    }
}

/// One kind of fault: its first line, and how many others there are.
fn print_total(err: &mut impl Write, total: &Total) {
    let _ = writeln!(err, "{}", total.exemple);
    if total.nombre > 1 {
        let others = format::count((total.nombre - 1).cast_signed(), "autre ligne", "autres lignes");
        let _ = writeln!(err, "      ({others} du même genre : voir rejets.csv)");
    }
}

/// EPCI whose verdicts a run says one by one, as many as a few départements have; those of a région or of the country it counts.
const UN_A_UN: usize = 60;

/// What a run says of the rules, on standard output: the compliance table, or its counts where a screen cannot hold it.
pub(super) fn print_outcome(plan: &Plan) -> Result<()> {
    let verdicts = load_verdicts(plan)?;
    let judged: Vec<&Verdict> = verdicts.iter().filter(|v| v.is_worth_a_line()).collect();
    let epcis: BTreeSet<&str> = judged.iter().map(|v| v.epci.as_str()).collect();
    if epcis.len() <= UN_A_UN {
        return print_verdicts(plan);
    }
    let mut rules: BTreeMap<String, Vec<&Verdict>> = BTreeMap::new();
    for v in judged {
        rules.entry(v.short_title()).or_default().push(v);
    }
    let header =
        ["", "atteint", "non atteint", "baux manquants ou de trop", "non évaluable"].map(str::to_owned).to_vec();
    let line = |(rule, verdicts): (&String, &Vec<&Verdict>)| {
        let of = |word: &str| verdicts.iter().filter(|v| v.verdict == word).count();
        let number = |n: usize| format::integer(i64::try_from(n).unwrap_or(i64::MAX));
        let distance = verdicts.iter().filter_map(|v| v.manque).sum();
        let counts =
            [number(of("atteint")), number(of("non_atteint")), format::integer(distance), number(of("non_evaluable"))];
        [rule.clone()].into_iter().chain(counts).collect()
    };
    let rows: Vec<Vec<String>> = [header].into_iter().chain(rules.iter().map(line)).collect();
    let failed = || Error::io("écrire", std::path::Path::new("la sortie"));
    let mut out = anstream::stdout();
    writeln!(out, "{}", title(plan)).map_err(failed())?;
    write_aligned(&mut out, &rows, &[false, true, true, true, true]).map_err(failed())?;
    let epcis = format::count(i64::try_from(epcis.len()).unwrap_or(i64::MAX), "EPCI", "EPCI");
    writeln!(out, "{DIM}({epcis} ; un à un : bilan verdicts){DIM:#}").map_err(failed())
}

fn title(plan: &Plan) -> String {
    let unfinished = plan.arretee_au().map(|day| format!(", année en cours arrêtée au {}", day.format("%d/%m/%Y")));
    let fictif = if plan.fictif { " — données fictives" } else { "" };
    format!("Bilan {}{}{fictif}", plan.millesime, unfinished.unwrap_or_default())
}

/// The compliance table on standard output: the answer first, an EPCI a block, by name.
pub(super) fn print_verdicts(plan: &Plan) -> Result<()> {
    let verdicts = load_verdicts(plan)?;
    let mut out = anstream::stdout();
    let failed = |e| Error::io("écrire", std::path::Path::new("la sortie"))(e);
    writeln!(out, "{}", title(plan)).map_err(failed)?;
    let width = |pick: &dyn Fn(&Verdict) -> String| verdicts.iter().map(|v| pick(v).chars().count()).max().unwrap_or(0);
    let mut shown: Vec<&Verdict> = verdicts.iter().filter(|v| v.is_worth_a_line()).collect();
    shown.sort_by_cached_key(|v| (format::plain(&v.libelle), v.epci.clone()));
    let epci_width = width(&|v| v.libelle.clone()).min(34);
    let rule_width = shown.iter().map(|v| v.short_title().chars().count()).max().unwrap_or(0);
    let mut last = "";
    for v in &shown {
        let name = if v.epci == last { "" } else { v.libelle.as_str() };
        last = &v.epci;
        let name = if name.chars().count() > epci_width {
            name.chars().take(epci_width - 1).chain(['…']).collect()
        } else {
            name.to_owned()
        };
        let style = match v.verdict.as_str() {
            "atteint" => GOOD,
            "non_atteint" => BAD,
            _ => DIM,
        };
        writeln!(
            out,
            "{name:<epci_width$}  {:<rule_width$}  {:>8} / {:<6}  {style}{:<26}{style:#}  {DIM}{}{DIM:#}",
            v.short_title(),
            v.shown_result(),
            v.shown_target(),
            v.answer_with_margin(),
            v.shown_status(),
        )
        .map_err(failed)?;
    }
    let hidden = verdicts.len() - shown.len();
    if hidden > 0 {
        writeln!(
            out,
            "{DIM}({} : voir verdicts.csv){DIM:#}",
            format::count(
                i64::try_from(hidden).unwrap_or(i64::MAX),
                "autre ligne, par bailleur ou hors champ",
                "autres lignes, par bailleur ou hors champ"
            )
        )
        .map_err(failed)?;
    }
    Ok(())
}
