//! The templates of the site, and what every page prints of the run.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;

use super::super::document::Figure;
use super::super::sortie::Mention;
use super::typographie;
use crate::error::{Error, Result};
use crate::project::Plan;
use crate::reference::Resources;

/// Templates of the site.
const GABARITS: [&str; 12] = [
    "base.html",
    "index.html",
    "revue.html",
    "blocs.html",
    "acteur.html",
    "methode.html",
    "dictionnaire.html",
    "explorateur.html",
    "explorateurs.html",
    "qualite.html",
    "diagnostics.html",
    "tableau.html",
];

/// Who the pages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::report) enum Lectorat {
    /// The conference.
    Restreinte,
    /// One partner, whose folder holds nothing else.
    Partenaire,
    /// Everyone.
    Publique,
}

/// The explorer of tension that stands beside the pages of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::report) enum Exploration {
    /// None.
    Aucune,
    /// One page.
    Page,
    /// A list of pages, one a département.
    ParDepartement,
}

/// EPCI beyond which one page of the explorer would be too heavy.
const MOST_EPCI: usize = 60;

impl Exploration {
    /// That of a perimeter of so many EPCI.
    pub(super) fn of(epci: usize) -> Self {
        if epci > MOST_EPCI { Self::ParDepartement } else { Self::Page }
    }
}

/// What sets the pages of a site apart from those of another.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Sortie {
    /// What is said of the data.
    pub mention: Mention,
    /// Whom this edition is for.
    pub edition: Lectorat,
    /// The explorer that its pages lead to.
    pub explorateur: Exploration,
}

/// What every page prints of the run.
#[derive(Debug, Serialize)]
struct Page<'a> {
    titre: &'a str,
    millesime: i32,
    fictif: bool,
    portee: String,
    style: String,
    script: String,
    sortie: Sortie,
}

/// Path of a template among the resources.
fn path(gabarit: &str) -> String {
    format!("reports/site/{gabarit}")
}

/// Templates, and what all of them are given.
pub(in crate::report) struct Gabarits {
    resources: Resources,
    environment: Environment<'static>,
    page: Value,
}

impl Gabarits {
    /// Loads the templates.
    ///
    /// # Errors
    /// [`crate::error::Error::Template`], [`crate::error::Error::Resource`].
    pub(in crate::report) fn load(plan: &Plan, sortie: Sortie) -> Result<Self> {
        let resources = plan.resources();
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        for name in GABARITS {
            let text = resources.text(&path(name))?.into_owned();
            environment.add_template_owned(name, text).map_err(|e| told(&resources, e))?;
        }
        let page = Page {
            titre: &plan.titre,
            millesime: plan.millesime,
            fictif: plan.fictif,
            portee: plan.portee(),
            style: resources.text("reports/site/style.css")?.into_owned(),
            script: resources.text("reports/site/recherche.js")?.into_owned(),
            sortie,
        };
        let page = Value::from(Serde(serde_json::to_value(&page)?));
        Ok(Self { resources, environment, page })
    }

    /// A page from its template.
    pub(in crate::report) fn render(&self, gabarit: &str, own: Value) -> Result<String> {
        let given = context! { page => self.page.clone(), ..own };
        let page = self.environment.get_template(gabarit).and_then(|template| template.render(given));
        Ok(typographie::unbroken_page(&page.map_err(|e| told(&self.resources, e))?))
    }
}

/// What is wrong with a template, told of its file where it is the project's own.
fn told(resources: &Resources, error: minijinja::Error) -> Error {
    let Some(place) = error.name().map(path).filter(|place| resources.is_own(place)) else {
        return Error::Template(error);
    };
    let line = error.line().map_or_else(String::new, |line| format!("ligne {line} : "));
    let words = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Error::resource(place, format!("{line}ce modèle ne peut être rendu (« {words} »)"))
}

/// A part of what a template is given.
pub(in crate::report) fn value<T: Serialize>(part: &T) -> Value {
    Value::from(Serde(part))
}

/// A table as a link that saves it: the page needs no other file.
fn csv_link(csv: &str) -> String {
    use std::fmt::Write;
    let mut link = "data:text/csv;charset=utf-8,".to_owned();
    for byte in csv.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~;,".contains(&byte) {
            link.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(link, "%{byte:02X}");
        }
    }
    link
}

/// A table that a page saves.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Telechargement {
    /// Name of the file.
    fichier: String,
    /// The table, as a link.
    lien: String,
}

/// Tables of the figures of a page on `code`, by the name of their picture: a file each, numbered where figures are of one
/// kind.
pub(in crate::report) fn csv_links<'a>(
    figures: impl Iterator<Item = &'a Figure>,
    code: &str,
) -> BTreeMap<String, Telechargement> {
    let mut of_one_kind: BTreeMap<&str, usize> = BTreeMap::new();
    let mut link = |f: &'a Figure| {
        let rank = of_one_kind.entry(f.cle).or_default();
        *rank += 1;
        let number = if *rank == 1 { String::new() } else { format!("-{rank}") };
        let fichier = format!("{}{number}-{code}.csv", f.cle);
        (f.dessin.nom.clone(), Telechargement { fichier, lien: csv_link(&f.tableau.csv()) })
    };
    figures.map(&mut link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_a_link_reads_back_as_it_was() {
        let link = csv_link("\u{feff}Nom;Part\r\nÉvry;0,5\r\n");
        assert!(link.starts_with("data:text/csv;charset=utf-8,%EF%BB%BFNom;Part%0D%0A%C3%89vry;0,5"));
    }
}
