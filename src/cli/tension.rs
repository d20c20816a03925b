//! `bilan tension`: what an applicant may ask (CCH R441-2-10, R441-2-17).

use std::io::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int64Type};

use super::args::Tension;
use super::sortie::write_aligned;
use crate::engine;
use crate::error::{EXIT_DONE, Error, Result};
use crate::format;
use crate::project::{Plan, TypologieDemande};
use crate::reference::{Commune, Geographie, Niveau, TYPOLOGIES};
use crate::report::PEU_DE_BAUX;

pub(super) fn execute(args: &Tension) -> Result<u8> {
    let (plan, _) = Plan::load(&args.projet, args.out.as_deref())?;
    let geographie = Geographie::load(&plan.resources(), plan.millesime)?;
    let inside = |c: &Commune| plan.communes.as_ref().is_none_or(|set| set.contains(&c.code));
    let commune = find_commune(&geographie, &args.commune, inside)?;
    let typologie = args.typologie.as_deref().map_or(Ok("ensemble".to_owned()), |t| {
        let upper = t.to_uppercase();
        let upper = if upper == "T6" || upper == "T6+" { "T6P".to_owned() } else { upper };
        if TYPOLOGIES.contains(&upper.as_str()) {
            Ok(upper)
        } else {
            Err(Error::usage("B0405", format!("typologie « {t} » inconnue"), "attendu : C, T1, T2, T3, T4, T5 ou T6P"))
        }
    })?;
    let categorie = match args.categorie.as_deref().map(str::to_lowercase).as_deref() {
        None => "ensemble",
        Some("collectif" | "appartement" | "a") => "collectif",
        Some("individuel" | "maison" | "m") => "individuel",
        Some(other) => {
            return Err(Error::usage(
                "B0406",
                format!("catégorie « {other} » inconnue"),
                "attendu : collectif ou individuel",
            ));
        }
    };
    if !inside(commune) {
        return Err(Error::usage(
            "B0407",
            format!("{} ({}) est hors du périmètre de ce bilan", commune.libelle, commune.code),
            "choisissez une commune du périmètre",
        ));
    }
    let answer = Answer::compute(&plan, commune, &typologie, categorie)?;
    answer.print(&plan, commune, &typologie, categorie)?;
    Ok(EXIT_DONE)
}

struct Answer {
    logements: Option<i64>,
    demandes: Option<i64>,
    attributions: Option<i64>,
    tension: Option<f64>,
    avec_delai: i64,
    moyen: Option<f64>,
    median: Option<f64>,
}

impl Answer {
    fn compute(plan: &Plan, commune: &Commune, typologie: &str, categorie: &str) -> Result<Self> {
        let engine = engine::open_results(plan, 2)?;
        // Codes come from our own lists: nothing of the command line reaches the SQL.
        let row = engine
            .query(
                "explorateur",
                &format!(
                    "SELECT logements, demandes, attributions, baux_delai, tension, delai_moyen, delai_median FROM explorateur \
                     WHERE niveau = 'commune' AND code = '{}' AND typologie = '{typologie}' AND categorie = '{categorie}'",
                    commune.code
                ),
            )?
            .single()?;
        let sources = engine
            .query("sources", "SELECT logements, demandes, attributions, attributions FROM tension WHERE niveau = 'territoire' AND population = 'ensemble' AND typologie = 'ensemble' AND categorie = 'ensemble'")?
            .single()?;
        let count = |i: usize| {
            let of = |batch: &arrow::array::RecordBatch| {
                let column = batch.column(i).as_primitive::<Int64Type>();
                (batch.num_rows() > 0 && column.is_valid(0)).then(|| column.value(0))
            };
            // No row for this commune: nothing there, where the source was given at all.
            if row.num_rows() > 0 { of(&row) } else { of(&sources).map(|_| 0) }
        };
        let real = |i: usize| {
            let column = row.column(i).as_primitive::<Float64Type>();
            (row.num_rows() > 0 && column.is_valid(0)).then(|| column.value(0))
        };
        Ok(Self {
            logements: count(0),
            demandes: count(1),
            attributions: count(2),
            tension: real(4),
            avec_delai: count(3).unwrap_or(0),
            moyen: real(5),
            median: real(6),
        })
    }

    fn print(&self, plan: &Plan, commune: &Commune, typologie: &str, categorie: &str) -> Result<()> {
        let day = plan.arretee_au().map(|day| day.format("%d/%m/%Y").to_string());
        let day = day.unwrap_or_else(|| format!("31/12/{}", plan.millesime));
        let number = |n: Option<i64>| n.map_or_else(|| format::NONE.to_owned(), format::integer);
        let months =
            |x: Option<f64>| x.map_or_else(|| format::NONE.to_owned(), |x| format!("{} mois", format::decimal(x, 1)));
        let kind = match categorie {
            "collectif" => ", en appartement",
            "individuel" => ", en maison",
            _ => "",
        };
        let size = if typologie == "ensemble" { "toutes typologies" } else { typologie };
        let own = if plan.typologie_demande == TypologieDemande::Cible { ", typologie cible" } else { "" };
        let mut out = anstream::stdout();
        let rows = vec![
            vec!["Logements qui correspondent".to_owned(), number(self.logements)],
            vec![format!("Demandes semblables au {day}{own}"), number(self.demandes)],
            vec![format!("Baux signés en {}", plan.annee_des_baux()), number(self.attributions)],
            vec![
                "Demandes pour une attribution".to_owned(),
                self.tension.map_or_else(|| format::NONE.to_owned(), |t| format::decimal(t, 1)),
            ],
            vec!["Délai moyen".to_owned(), months(self.moyen)],
            vec!["Délai médian".to_owned(), months(self.median)],
        ];
        let fictif = if plan.fictif { " — données fictives" } else { "" };
        let few = match self.avec_delai {
            0 => Some("Aucun bail au délai connu : rien ne permet de dire ici combien de temps on attend".to_owned()),
            n if n < PEU_DE_BAUX => Some(format!(
                "Ces délais reposent sur {} seulement : ils disent peu de ce qu'un nouveau demandeur attendra",
                format::count(n, "bail", "baux")
            )),
            _ => None,
        }
        .filter(|_| self.attributions.is_some());
        let written = writeln!(out, "{} ({}), {size}{kind}{fictif}", commune.libelle, commune.code)
            .and_then(|()| write_aligned(&mut out, &rows, &[false, true]))
            .and_then(|()| few.map_or(Ok(()), |few| writeln!(out, "{few}")));
        written.map_err(Error::io("écrire", std::path::Path::new("la sortie")))
    }
}

/// The commune meant by a code or a name: of several of one name, the only one inside the perimeter; else those inside are
/// listed, and so are those whose name comes near where there is none.
fn find_commune<'a>(
    geographie: &'a Geographie,
    wanted: &str,
    inside: impl Fn(&Commune) -> bool,
) -> Result<&'a Commune> {
    if let Some((commune, _)) = geographie.resolve(wanted.trim()) {
        return Ok(commune);
    }
    let name = format::plain(wanted);
    let mut found: Vec<&Commune> = geographie.communes().filter(|c| format::plain(&c.libelle) == name).collect();
    if found.iter().any(|c| inside(c)) {
        found.retain(|c| inside(c));
    }
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Error::usage(
            "B0408",
            format!("commune « {wanted} » inconnue"),
            format!("{}donnez son code Insee (63113) ou son nom exact", near(geographie, wanted, inside)),
        )),
        [first, ..] if !inside(first) => Err(Error::usage(
            "B0407",
            format!("les communes nommées « {wanted} » sont hors du périmètre de ce bilan"),
            format!("{}choisissez une commune du périmètre", near(geographie, wanted, inside)),
        )),
        several => {
            let list: Vec<String> =
                several.iter().map(|c| format!("{} (département {})", c.code, c.departement)).collect();
            Err(Error::usage(
                "B0409",
                format!("plusieurs communes s'appellent « {wanted} »"),
                format!("donnez un code : {}", list.join(", ")),
            ))
        }
    }
}

/// The communes of the perimeter whose names come nearest to one that none of them bears, as a question.
fn near(geographie: &Geographie, name: &str, inside: impl Fn(&Commune) -> bool) -> String {
    let near = geographie.near(Niveau::Commune, name, inside);
    let named: Vec<String> = near.iter().map(|(code, nom)| format!("{nom} ({code})")).collect();
    if named.is_empty() { String::new() } else { format!("cherchiez-vous {} ? sinon, ", named.join(", ")) }
}
