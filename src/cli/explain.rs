//! `bilan explain`: the dictionary.

use std::io::Write;

use chrono::Datelike;

use super::args::Explain;
use super::sortie::write_aligned;
use crate::engine::Indicateur;
use crate::error::{EXIT_DONE, Error, Result};
use crate::law::RegleLegale;
use crate::reference::{Parametre, Resources};
use crate::report::format;

pub(super) fn execute(args: &Explain) -> Result<u8> {
    let resources = args.projet.as_deref().map_or_else(Resources::embedded, Resources::of_project);
    let indicateurs = Indicateur::in_order(&resources)?;
    let regles = RegleLegale::load(&resources)?;
    let parametres = Parametre::load(&resources)?;
    let mut out = anstream::stdout();
    let written = match args.id.as_deref() {
        None => write_list(&mut out, &indicateurs, &regles, &parametres),
        Some(id) => {
            if let Some(indicateur) = indicateurs.iter().find(|i| i.nom == id) {
                write_indicator(&mut out, indicateur)
            } else if regles.iter().any(|r| r.id == id) {
                write_rule(&mut out, regles.iter().filter(|r| r.id == id))
            } else if let Some(parametre) = parametres.iter().find(|p| p.nom == id) {
                write_parameter(&mut out, parametre)
            } else {
                return Err(Error::usage(
                    "B0402",
                    format!("« {id} » n'est ni une table, ni une règle, ni un paramètre"),
                    "`bilan explain` sans argument en donne la liste",
                ));
            }
        }
    };
    written.map_err(Error::io("écrire", std::path::Path::new("la sortie")))?;
    Ok(EXIT_DONE)
}

fn write_list(
    out: &mut dyn Write,
    indicateurs: &[Indicateur],
    regles: &[RegleLegale],
    parametres: &[Parametre],
) -> std::io::Result<()> {
    let row = |id: &str, titre: &str| vec![format!("  {id}"), titre.to_owned()];
    writeln!(out, "Tables")?;
    write_aligned(out, &indicateurs.iter().map(|i| row(&i.nom, &i.question)).collect::<Vec<_>>(), &[])?;
    writeln!(out, "\nRègles")?;
    let mut rules: Vec<_> = regles.iter().map(|r| row(&r.id, &r.question)).collect();
    rules.dedup();
    write_aligned(out, &rules, &[])?;
    writeln!(out, "\nParamètres")?;
    write_aligned(out, &parametres.iter().map(|p| row(&p.nom, &p.definition)).collect::<Vec<_>>(), &[])
}

fn write_indicator(out: &mut dyn Write, i: &Indicateur) -> std::io::Result<()> {
    writeln!(out, "{} — {}\n{}\n", i.nom, i.titre, i.question)?;
    let mut rows = vec![
        vec!["Définition".to_owned(), i.definition.clone()],
        vec!["Formule".to_owned(), i.formule.clone()],
        vec!["Unité".to_owned(), i.unite.clone()],
        vec!["Population".to_owned(), i.population.clone()],
        vec!["Sources".to_owned(), i.sources.join(", ")],
        vec!["Texte".to_owned(), i.reference.clone()],
        vec!["Clé".to_owned(), i.cle.join(", ")],
    ];
    if !i.parametres.is_empty() {
        rows.push(vec!["Paramètres".to_owned(), i.parametres.join(", ")]);
    }
    write_aligned(out, &rows, &[])?;
    writeln!(out, "\nColonnes")?;
    let columns: Vec<_> = i.colonnes.iter().map(|(name, meaning)| vec![format!("  {name}"), meaning.clone()]).collect();
    write_aligned(out, &columns, &[])?;
    if !i.pieges.is_empty() {
        writeln!(out, "\nÀ ne pas conclure")?;
        for piege in &i.pieges {
            writeln!(out, "  {piege}")?;
        }
    }
    writeln!(out, "\nSQL\n{}", i.sql.trim_end())
}

fn write_rule<'a>(out: &mut dyn Write, regles: impl Iterator<Item = &'a RegleLegale>) -> std::io::Result<()> {
    for (n, r) in regles.enumerate() {
        if n == 0 {
            writeln!(out, "{} — {}\n{}\n", r.id, r.titre, r.question)?;
        } else {
            writeln!(out)?;
        }
        let [from, to] = r.effectif.map(|d| d.format("%d/%m/%Y").to_string());
        let span =
            if r.effectif[1].year() == 9999 { format!("depuis le {from}") } else { format!("du {from} au {to}") };
        let mut rows = vec![
            vec!["Acteur".to_owned(), r.acteur.clone()],
            vec!["Zone".to_owned(), r.zone.clone()],
            vec!["Public".to_owned(), r.public.clone()],
            vec!["Cible".to_owned(), format!("{} {}", r.operateur, format::target_percent(r.cible))],
            vec!["En vigueur".to_owned(), span],
            vec!["Texte".to_owned(), r.reference.clone()],
            vec!["Statut".to_owned(), format!("{}, relu le {}", r.statut.words(), r.verifie_le.format("%d/%m/%Y"))],
        ];
        if !r.note.is_empty() {
            rows.push(vec!["Note".to_owned(), r.note.clone()]);
        }
        write_aligned(out, &rows, &[])?;
    }
    Ok(())
}

fn write_parameter(out: &mut dyn Write, p: &Parametre) -> std::io::Result<()> {
    writeln!(out, "{}\n{}\n", p.nom, p.definition)?;
    let rows = vec![
        vec!["Valeur".to_owned(), p.valeur.to_string()],
        vec!["Unité".to_owned(), p.unite.clone()],
        vec!["Source".to_owned(), p.reference.clone()],
        vec!["Statut".to_owned(), format!("{}, relu le {}", p.statut.words(), p.verifie_le)],
    ];
    write_aligned(out, &rows, &[])
}
