//! `bilan check`.

use std::io::{self, Write};
use std::path::Path;

use super::args::Check;
use super::sortie::{shown, write_aligned};
use super::{ingest, resume};
use crate::error::{EXIT_DONE, EXIT_REFUSED, Error, Result};
use crate::ingest::{Apercu, Encodage, apercu};
use crate::reference::Resources;
use crate::run;

pub(super) fn execute(args: &Check) -> Result<u8> {
    if let Some(fichier) = &args.apercu {
        let resources = Resources::of_project(&args.etape.projet.projet);
        return preview(&resources, fichier, args.source.as_deref(), args.feuille.as_deref());
    }
    let code = ingest::read(&args.etape, run::check)?;
    let _ = writeln!(anstream::stderr(), "Détail : rejets.csv et qualite.json, dans le dossier des résultats");
    Ok(code)
}

fn preview(resources: &Resources, fichier: &Path, source: Option<&str>, feuille: Option<&str>) -> Result<u8> {
    if let Some(source) = source {
        let known = resources.list("schemas");
        let names: Vec<&str> = known.iter().filter_map(|p| p.strip_prefix("schemas/")?.strip_suffix(".toml")).collect();
        if !names.contains(&source) {
            return Err(Error::usage(
                "B0008",
                format!("--source : « {source} » n'est pas une source"),
                format!("sources : {}", names.join(", ")),
            ));
        }
    }
    if !fichier.is_file() {
        return Err(Error::usage(
            "B0113",
            format!("fichier « {} » introuvable", fichier.display()),
            "vérifiez le chemin",
        ));
    }
    match apercu(resources, fichier, source, feuille)? {
        Ok(apercu) => {
            print(&mut anstream::stdout(), fichier, &apercu).map_err(Error::io("écrire", Path::new("la sortie")))?;
            resume::print_notices(&apercu.avis);
            Ok(EXIT_DONE)
        }
        Err(refusals) => {
            resume::print_notices(&refusals);
            Ok(EXIT_REFUSED)
        }
    }
}

fn print(out: &mut dyn Write, fichier: &Path, a: &Apercu) -> io::Result<()> {
    let separator = a.separateur.map(|c| match c {
        '\t' => "séparateur tabulation".to_owned(),
        c => format!("séparateur « {c} »"),
    });
    let header = (a.ligne_entete > 0).then(|| format!("en-tête ligne {}", a.ligne_entete));
    let parts = [
        Some(a.format.name().to_owned()),
        a.encodage.map(Encodage::name).map(str::to_owned),
        separator,
        a.feuille.as_ref().map(|f| format!("feuille « {f} »")),
        header,
    ];
    writeln!(out, "{} : {}", shown(fichier), parts.into_iter().flatten().collect::<Vec<_>>().join(", "))?;
    writeln!(out, "Source reconnue : {} ({})\n", a.schema.nom, a.schema.titre)?;
    let samples = a.colonnes.iter().map(|(_, _, values)| values.len()).max().unwrap_or(0);
    let mut head = vec!["Colonne".to_owned(), "Dans le fichier".to_owned()];
    head.extend((1..=samples).map(|n| format!("Ligne {n}")));
    let mut rows = vec![head];
    for (canonical, names, values) in a.colonnes.iter().filter(|(_, names, _)| !names.is_empty()) {
        let mut row = vec![canonical.clone(), names.join(", ")];
        row.extend(values.iter().map(|v| v.chars().take(18).collect()));
        rows.push(row);
    }
    write_aligned(out, &rows, &[])?;
    let absent: Vec<&str> =
        a.colonnes.iter().filter(|(_, names, _)| names.is_empty()).map(|(c, ..)| c.as_str()).collect();
    if !absent.is_empty() {
        writeln!(out, "\nAbsentes, et vides dans le bilan : {}", absent.join(", "))?;
    }
    if !a.ignorees.is_empty() {
        writeln!(out, "\nNon déclarées, jamais lues : {}", a.ignorees.join(", "))?;
    }
    writeln!(out, "\nÀ coller dans bilan.toml :\n\n[[source]]\nschema = \"{}\"", a.schema.nom)?;
    writeln!(out, "fichiers = [\"{}\"]", shown(fichier))?;
    if let Some(feuille) = &a.feuille {
        writeln!(out, "feuille = \"{feuille}\"")?;
    }
    if !a.proches.is_empty() {
        let pairs: Vec<String> =
            a.proches.iter().map(|(canonical, name)| format!("{canonical} = \"{name}\"")).collect();
        writeln!(out, "colonnes = {{ {} }}   # à vérifier : ces noms sont proches", pairs.join(", "))?;
    }
    Ok(())
}
