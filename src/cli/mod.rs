//! The command line: one file a command; data to standard output, messages and progress to standard error.

mod args;
mod check;
mod demo;
mod explain;
mod ingest;
mod init;
mod publish;
mod query;
mod report;
mod resume;
mod run;
mod share;
mod sortie;
mod tension;
mod trace;
mod verdicts;

use std::io::Write;

use clap::{CommandFactory, FromArgMatches};

use crate::error::{EXIT_DONE, EXIT_INTERNAL, EXIT_USAGE, Error, Result};

pub use args::{Args, Commande};

/// Parses the arguments, runs the command, renders any error once; returns the exit code.
#[must_use]
pub fn main() -> u8 {
    let matches = match args::command().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return args::report(&error),
    };
    let args = match Args::from_arg_matches(&matches) {
        Ok(args) => args,
        Err(error) => return args::report(&error.format(&mut Args::command())),
    };
    std::panic::set_hook(Box::new(report_defect));
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| dispatch(args.commande))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) if error.is_closed_pipe() => EXIT_DONE,
        Ok(Err(error)) => {
            render(&error);
            error.exit_code()
        }
        Err(_) => EXIT_INTERNAL,
    }
}

/// A defect of the program: where it is, never what it held. Silent inside a reader whose panics refuse the file.
fn report_defect(panic: &std::panic::PanicHookInfo<'_>) {
    if crate::ingest::is_protected() {
        return;
    }
    let place = panic.location().map(|l| format!(" ({}, ligne {})", l.file(), l.line())).unwrap_or_default();
    let _ = writeln!(
        anstream::stderr(),
        "erreur B0900 : défaut du programme{place}\n      aide : les derniers résultats complets sont intacts ; signalez ce message"
    );
}

fn dispatch(commande: Commande) -> Result<u8> {
    match commande {
        Commande::Demo(args) => demo::execute(&args),
        Commande::Init(args) => init::execute(&args),
        Commande::Run(args) => run::execute(&args),
        Commande::Ingest(args) => ingest::execute(&args),
        Commande::Check(args) => check::execute(&args),
        Commande::Report(args) => report::execute(&args),
        Commande::Publish(args) => publish::execute(&args),
        Commande::Share(args) => share::execute(&args),
        Commande::Verdicts(args) => verdicts::execute(&args),
        Commande::Explain(args) => explain::execute(&args),
        Commande::Tension(args) => tension::execute(&args),
        Commande::Trace(args) => trace::execute(&args),
        Commande::Query(args) => query::execute(&args),
    }
}

fn render(error: &Error) {
    let mut err = anstream::stderr();
    let _ = match error {
        Error::Usage(diagnostic) => writeln!(err, "{diagnostic}"),
        other if other.exit_code() == EXIT_USAGE => writeln!(
            err,
            "refus B0007 : {other}\n      aide : corrigez ce fichier du projet, ou retirez-le : celui du programme reprend sa place"
        ),
        other => writeln!(
            err,
            "erreur B0900 : {other}\n      aide : les derniers résultats complets sont intacts ; corrigez la cause, puis relancez"
        ),
    };
}
