//! The arguments, their help in French, and what is said of wrong ones.

use std::io::Write;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args as ClapArgs, Command, CommandFactory, Parser, Subcommand};

use crate::diagnostic::Diagnostic;
use crate::error::{EXIT_DONE, EXIT_USAGE};

const TEMPLATE: &str = "{about-with-newline}\nUsage : {usage}\n\n{all-args}\n";

/// Le bilan annuel des attributions de logements sociaux, des extraits de registres aux verdicts.
#[derive(Debug, Parser)]
#[command(name = "bilan", version, help_template = TEMPLATE, disable_help_subcommand = true)]
#[command(subcommand_help_heading = "Commandes\u{a0}", subcommand_value_name = "COMMANDE")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub commande: Commande,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Commande {
    /// Écrit un registre fictif sur une carte réelle et en fait le bilan complet
    Demo(Demo),
    /// Crée un projet : un bilan.toml commenté et un modèle vide de chaque source
    Init(Init),
    /// Lit les sources, contrôle, calcule, juge et met en pages ; seulement ce qui a changé
    Run(Run),
    /// Lit les sources dans le magasin du projet
    Ingest(Etape),
    /// Lit et contrôle les sources : rejets.csv et qualite.json
    Check(Check),
    /// Remet en pages les derniers résultats, sans recalculer
    Report(Etape),
    /// Écrit l'édition publique des derniers résultats : aucun effectif trop petit, ni ce qui en révélerait un
    Publish(Dossier),
    /// Prépare un dossier par partenaire : ce que son niveau d'accès lui ouvre, et rien d'autre
    Share(Dossier),
    /// Affiche les règles tenues et manquées ; code de sortie 4 si une règle est manquée
    Verdicts(Verdicts),
    /// Explique un indicateur, une règle ou un paramètre : définition, formule, SQL, texte
    Explain(Explain),
    /// Répond à un demandeur : logements, demandes semblables, baux de l'année, délais
    Tension(Tension),
    /// Liste les enregistrements derrière un chiffre, et pourquoi chacun compte ou non
    Trace(Trace),
    /// Interroge les résultats et le magasin en SQL, en lecture seule
    Query(Query),
}

#[derive(Debug, ClapArgs)]
pub struct Demo {
    /// Dossier du projet (par défaut bilan-demo)
    #[arg(long, value_name = "DOSSIER", default_value = "bilan-demo", hide_default_value = true)]
    pub out: PathBuf,
    /// Graine du tirage : même graine, mêmes octets (par défaut 2025)
    #[arg(long, value_name = "N", default_value_t = 2025, hide_default_value = true)]
    pub seed: u64,
    /// Répartit le registre sur N communes de toute la France, 34875 au plus
    #[arg(long, value_name = "N")]
    pub communes: Option<usize>,
    #[command(flatten)]
    pub commun: Commun,
}

#[derive(Debug, ClapArgs)]
pub struct Init {
    /// Dossier à créer
    #[arg(value_name = "DOSSIER")]
    pub dossier: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct Projet {
    /// Dossier qui contient bilan.toml, ou ce fichier (par défaut le dossier courant)
    #[arg(value_name = "PROJET", default_value = ".", hide_default_value = true)]
    pub projet: PathBuf,
    /// Dossier des résultats (par défaut PROJET/sortie)
    #[arg(long, value_name = "DOSSIER")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Commun {
    /// Nombre de fils d'exécution (par défaut ceux de la machine)
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Ne se fie à rien de gardé : vérifie sources et dépôt à l'octet près, et refait tous les calculs
    #[arg(long)]
    pub verifier: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Run {
    #[command(flatten)]
    pub projet: Projet,
    /// Sort avec le code 1 au moindre refus
    #[arg(long)]
    pub strict: bool,
    /// Ne met rien en pages
    #[arg(long)]
    pub no_report: bool,
    #[command(flatten)]
    pub commun: Commun,
}

#[derive(Debug, ClapArgs)]
pub struct Etape {
    #[command(flatten)]
    pub projet: Projet,
    /// Sort avec le code 1 au moindre refus
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub commun: Commun,
}

#[derive(Debug, ClapArgs)]
pub struct Check {
    #[command(flatten)]
    pub etape: Etape,
    /// Montre comment un fichier serait lu, et le bloc [[source]] à coller dans bilan.toml
    #[arg(long, value_name = "FICHIER")]
    pub apercu: Option<PathBuf>,
    /// Avec --apercu : la source que c'est (par défaut, celle qui ressemble le plus)
    #[arg(long, value_name = "SOURCE", requires = "apercu")]
    pub source: Option<String>,
    /// Avec --apercu : la feuille d'un classeur
    #[arg(long, value_name = "FEUILLE", requires = "apercu")]
    pub feuille: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Dossier {
    #[command(flatten)]
    pub projet: Projet,
    /// Nombre de fils d'exécution (par défaut ceux de la machine)
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

#[derive(Debug, ClapArgs)]
pub struct Verdicts {
    #[command(flatten)]
    pub projet: Projet,
    /// Écrit les verdicts en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Explain {
    /// Table, règle, paramètre, code de diagnostic, seuil_q1 ou SIREN d'un EPCI ; sans lui, la liste
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// Écrit du JSON
    #[arg(long)]
    pub json: bool,
    /// Dossier du projet dont les définitions surchargent celles du programme
    #[arg(long, value_name = "DOSSIER")]
    pub projet: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Tension {
    /// Commune : code Insee ou nom
    #[arg(value_name = "COMMUNE")]
    pub commune: String,
    /// Typologie souhaitée : C, T1, T2, T3, T4, T5, T6P
    #[arg(long, value_name = "T")]
    pub typologie: Option<String>,
    /// Catégorie souhaitée : collectif (appartement) ou individuel (maison)
    #[arg(long, value_name = "C")]
    pub categorie: Option<String>,
    /// Projet dont les résultats sont lus (par défaut le dossier courant)
    #[arg(long, value_name = "PROJET", default_value = ".", hide_default_value = true)]
    pub projet: PathBuf,
    /// Dossier des résultats (par défaut PROJET/sortie)
    #[arg(long, value_name = "DOSSIER")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct Trace {
    /// Table dont un chiffre est à expliquer (bilan explain dit lesquelles se tracent)
    #[arg(value_name = "TABLE")]
    pub table: String,
    /// Case à expliquer, colonne par colonne : --where code=246300701 --where zone=hors_qpv, ou comme en SQL --where
    /// "code = '246300701' AND zone = 'hors_qpv'" ; --where colonne=q1 pour l'effectif à expliquer
    #[arg(long = "where", value_name = "COLONNE=VALEUR")]
    pub ou: Vec<String>,
    /// Projet dont les résultats sont lus (par défaut le dossier courant)
    #[arg(long, value_name = "PROJET", default_value = ".", hide_default_value = true)]
    pub projet: PathBuf,
    /// Dossier des résultats (par défaut PROJET/sortie)
    #[arg(long, value_name = "DOSSIER")]
    pub out: Option<PathBuf>,
    /// Écrit du CSV, que lit un tableur
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Écrit du JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Query {
    /// Une requête SQL (SELECT) ; les tables sont les indicateurs, faits_attributions, demandes et source_*
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// Projet dont les résultats sont lus (par défaut le dossier courant)
    #[arg(long, value_name = "PROJET", default_value = ".", hide_default_value = true)]
    pub projet: PathBuf,
    /// Dossier des résultats (par défaut PROJET/sortie)
    #[arg(long, value_name = "DOSSIER")]
    pub out: Option<PathBuf>,
    /// Écrit du CSV, que lit un tableur
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Écrit du JSON
    #[arg(long)]
    pub json: bool,
}

impl Commun {
    /// Threads asked for, else the machine's.
    #[must_use]
    pub fn threads(&self) -> usize {
        threads(self.threads)
    }
}

impl Dossier {
    /// Threads asked for, else the machine's.
    #[must_use]
    pub fn threads(&self) -> usize {
        threads(self.threads)
    }
}

fn threads(asked: Option<usize>) -> usize {
    let machine = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    asked.filter(|n| *n > 0).unwrap_or_else(machine)
}

/// The command with every word of its help in French.
#[must_use]
pub fn command() -> Command {
    in_french(Args::command())
}

fn in_french(command: Command) -> Command {
    let is_root = command.get_name() == "bilan";
    let mut command = command
        .help_template(TEMPLATE)
        .disable_help_flag(true)
        .arg(clap::Arg::new("help").short('h').long("help").help("Affiche cette aide").action(clap::ArgAction::Help));
    if is_root {
        command = command.disable_version_flag(true).arg(
            clap::Arg::new("version")
                .short('V')
                .long("version")
                .help("Affiche la version")
                .action(clap::ArgAction::Version),
        );
    }
    command
        .mut_args(|arg| {
            let heading = if arg.is_positional() { "Arguments\u{a0}" } else { "Options\u{a0}" };
            arg.help_heading(heading)
        })
        .mut_subcommands(in_french)
}

/// Says what is wrong with the arguments, or prints the help asked for.
#[must_use]
pub fn report(error: &clap::Error) -> u8 {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        let _ = error.print();
        return EXIT_DONE;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = writeln!(anstream::stderr(), "{}", command().render_help());
        return EXIT_USAGE;
    }
    let part = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(list)) => list.join(", "),
        _ => String::new(),
    };
    let argument = part(ContextKind::InvalidArg);
    let message = match error.kind() {
        ErrorKind::InvalidSubcommand => format!("commande « {} » inconnue", part(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => "aucune commande donnée".to_owned(),
        ErrorKind::UnknownArgument if argument.starts_with('-') => format!("option « {argument} » inconnue"),
        ErrorKind::UnknownArgument => format!("« {argument} » est en trop"),
        ErrorKind::MissingRequiredArgument => format!("argument obligatoire absent : {argument}"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = part(ContextKind::InvalidValue);
            if value.is_empty() {
                format!("{argument} attend une valeur")
            } else {
                format!("{argument} : « {value} » n'est pas une valeur possible")
            }
        }
        ErrorKind::ArgumentConflict => format!("{argument} ne va pas avec {}", part(ContextKind::PriorArg)),
        _ => format!("arguments incorrects ({argument})"),
    };
    let suggestion =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg].iter().map(|k| part(*k)).find(|s| !s.is_empty());
    let aide = suggestion.map_or_else(
        || "`bilan --help` liste les commandes, `bilan COMMANDE --help` leurs options".to_owned(),
        |s| format!("vouliez-vous dire « {s} » ?"),
    );
    let _ = writeln!(anstream::stderr(), "{}", Diagnostic::refus("B0008", message, aide));
    EXIT_USAGE
}
