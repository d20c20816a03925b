//! The site: self-contained pages from the templates of `reports/site/`, that open from the disk as from a server.

mod acteur;
mod dictionnaire;
mod explorateur;
mod gabarits;
mod typographie;

use std::collections::BTreeMap;

use minijinja::context;

pub(super) use self::acteur::Acteur;
use self::explorateur::Partie;
pub(super) use self::explorateur::Reponses;
pub(super) use self::gabarits::{Exploration, Gabarits, Lectorat, Sortie, csv_links, value};
use super::document::{Figure, Revue};
use super::donnees::{Departement, Donnees, Lieu};
use super::liste::Entree;
use super::qualite;
use super::revue::{self, Contexte, Contingents};
use super::sortie::Mention;
use super::verdict::holder_words;
use crate::error::Result;
use crate::format;
use crate::partage::shared_out;
use crate::reference::{Geographie, catalogue};
use crate::resultats::RESSOURCES;

/// The page of the explorer, or the list of its pages.
pub(super) const EXPLORATEUR: &str = "explorateur.html";

/// The site of one run.
pub(super) struct Site<'a> {
    donnees: &'a Donnees<'a>,
    gabarits: Gabarits,
    edition: Lectorat,
    explorateur: Exploration,
}

impl<'a> Site<'a> {
    /// Loads the templates of the conference's edition.
    ///
    /// # Errors
    /// [`crate::error::Error::Template`], [`crate::error::Error::Resource`].
    pub(super) fn whole(donnees: &'a Donnees<'a>) -> Result<Self> {
        let mention = Mention::restreinte(donnees.plan);
        let explorateur = Exploration::of(donnees.epci.len());
        Self::new(donnees, Sortie { mention, edition: Lectorat::Restreinte, explorateur })
    }

    /// Loads the templates of the pages of one kind of partner, which bear this mention.
    ///
    /// # Errors
    /// As [`Site::whole`].
    pub(super) fn of_partner(donnees: &'a Donnees<'a>, mention: Mention, explorateur: Exploration) -> Result<Self> {
        Self::new(donnees, Sortie { mention, edition: Lectorat::Partenaire, explorateur })
    }

    fn new(donnees: &'a Donnees<'a>, sortie: Sortie) -> Result<Self> {
        let Sortie { edition, explorateur, .. } = sortie;
        Ok(Self { donnees, gabarits: Gabarits::load(donnees.plan, sortie)?, edition, explorateur })
    }

    /// The home page: the map, the rule, the key figures, a search by EPCI.
    pub(super) fn home(&self, c: &Contexte<'_>, revue: &Revue) -> Result<String> {
        let of = |cle: &str| revue.figures().find(|f| f.cle == cle);
        let figures: Vec<&Figure> = [of("carte-q1"), of("verdicts")].into_iter().flatten().collect();
        let trend = of("tendance");
        let epci: Vec<Entree> = self
            .donnees
            .epci
            .iter()
            .map(|lieu| {
                let law = self.donnees.verdicts_of(lieu).iter().find(|v| v.is_legal_q1());
                let note = law.map_or_else(String::new, |v| match v.resultat {
                    Some(_) if !self.donnees.filled(&RESSOURCES) => "ressources non renseignées".to_owned(),
                    Some(_) => {
                        let reserve = if v.reserve().is_some() { ", sous réserve" } else { "" };
                        format!("{}, {}{reserve}", v.shown_result(), v.answer())
                    }
                    None => v.answer(),
                });
                let lien = format!("epci/{}.html", lieu.code);
                Entree { code: lieu.code.clone(), nom: lieu.libelle.clone(), note, lien }
            })
            .collect();
        let csv = csv_links(figures.iter().copied().chain(trend), "territoire");
        self.gabarits.render(
            "index.html",
            context! {
                racine => "",
                accroche => revue::headline(c),
                cles => value(&revue::key_figures(c)),
                figures => value(&figures),
                sans_figure => revue::nothing_judged(c),
                tendance => value(&trend),
                csv => value(&csv),
                verdicts => value(&revue::short_judgements(c)),
                epci => value(&epci),
                departements => value(&self.departement_list()),
                bailleurs => value(&self.landlord_list(c.contingents)),
                reservataires => value(&holder_list(c.contingents)),
            },
        )
    }

    fn departement_list(&self) -> Vec<Entree> {
        let entry = |d: &Departement| Entree {
            code: d.lieu.code.clone(),
            nom: d.lieu.libelle.clone(),
            note: format!("{}, {} EPCI", d.lieu.code, d.epci.len()),
            lien: format!("departements/{}.html", d.lieu.code),
        };
        self.donnees.departements.values().map(entry).collect()
    }

    fn landlord_list(&self, contingents: &Contingents) -> Vec<Entree> {
        let mut list: Vec<Entree> = contingents
            .landlords(self.donnees)
            .into_iter()
            .map(|code| Entree {
                nom: self.donnees.landlord(&code),
                note: format!("SIREN {code}"),
                lien: format!("bailleurs/{code}.html"),
                code,
            })
            .collect();
        list.sort_by_cached_key(Entree::place);
        list
    }

    /// The whole review of a territory.
    pub(super) fn review(&self, c: &Contexte<'_>, revue: &Revue, racine: &str) -> Result<String> {
        let csv = csv_links(revue.figures(), &revue.code);
        self.gabarits.render(
            "revue.html",
            context! {
                racine,
                revue => value(revue),
                csv => value(&csv),
                territoire => c.lieu.is_territoire(),
                departements => value(&self.departements(&c.lieu.code)),
            },
        )
    }

    /// Départements of an EPCI whose explorer answers for one of its communes, by code, each with its name.
    fn departements(&self, epci: &str) -> BTreeMap<String, String> {
        let Some(tension) = self.donnees.table("tension") else { return BTreeMap::new() };
        let communes = self.donnees.communes.get(epci).into_iter().flatten();
        let answered = communes.filter(|code| tension.of("commune", code).next().is_some());
        let named = |code: &str| tension.of("departement", code).next().map(|l| l.text("libelle").to_owned());
        answered
            .map(|commune| departement(commune))
            .map(|code| (code.to_owned(), named(code).unwrap_or_else(|| format!("département {code}"))))
            .collect()
    }

    /// The page of a landlord or of a holder of reservation rights.
    pub(super) fn actor(&self, acteur: &Acteur, racine: &str) -> Result<String> {
        let csv = csv_links(acteur.figures(), acteur.code());
        self.gabarits.render("acteur.html", context! { racine, acteur => value(acteur), csv => value(&csv) })
    }

    /// Pages that are of no territory: method, dictionary, data quality, diagnostics.
    pub(super) fn common(&self) -> Result<[(String, String); 4]> {
        let plan = self.donnees.plan;
        let resources = plan.resources();
        let explained = catalogue(&resources)?;
        let quality = qualite::load(plan, &self.donnees.bailleurs)?;
        let dictionary = dictionnaire::load(self.donnees)?;
        Ok([
            (
                "qualite.html".to_owned(),
                self.gabarits.render("qualite.html", context! { racine => "", q => value(&quality) })?,
            ),
            (
                "diagnostics.html".to_owned(),
                self.gabarits.render(
                    "diagnostics.html",
                    context! { racine => "", familles => value(&qualite::families(&explained)) },
                )?,
            ),
            (
                "dictionnaire.html".to_owned(),
                self.gabarits
                    .render("dictionnaire.html", context! { racine => "", indicateurs => value(&dictionary) })?,
            ),
            ("methode.html".to_owned(), self.method()?),
        ])
    }

    /// The method, whose amounts lead to the pages of their EPCI where these stand beside it.
    pub(super) fn method(&self) -> Result<String> {
        let mut method = dictionnaire::method(self.donnees)?;
        if self.edition == Lectorat::Partenaire {
            method = method.without_links();
        }
        self.gabarits.render("methode.html", context! { racine => "", m => value(&method) })
    }

    /// The explorer of tension, handed to `write` page after page: one, or one a département and their list.
    pub(super) fn explorers(
        &self,
        geographie: &Geographie,
        threads: usize,
        write: impl Fn(String, &[u8]) -> Result<()> + Sync,
    ) -> Result<()> {
        let reponses = Reponses::load(self.donnees, geographie)?;
        let communes = reponses.communes();
        if self.explorateur == Exploration::Page || communes.is_empty() {
            let whole = Partie { titre: self.donnees.plan.titre.clone(), communes, ..Partie::default() };
            return write(EXPLORATEUR.to_owned(), self.explored(&reponses, "", &whole)?.as_bytes());
        }
        let parties = reponses.departements();
        shared_out(threads, parties.len(), |i| {
            let html = self.explored(&reponses, "../", &parties[i])?;
            write(format!("explorateur/{}.html", parties[i].code), html.as_bytes())
        })?;
        let entry = |p: &Partie| Entree {
            code: p.code.clone(),
            nom: p.titre.clone(),
            note: format::count(i64::try_from(p.communes.len()).unwrap_or(0), "commune", "communes"),
            lien: format!("explorateur/{}.html", p.code),
        };
        let list: Vec<Entree> = parties.iter().map(entry).collect();
        let html =
            self.gabarits.render("explorateurs.html", context! { racine => "", departements => value(&list) })?;
        write(EXPLORATEUR.to_owned(), html.as_bytes())
    }

    /// The explorer of a territory alone.
    pub(super) fn explorer(&self, reponses: &Reponses<'_>, lieu: &Lieu) -> Result<String> {
        let communes = self.donnees.communes.get(&lieu.code).cloned().unwrap_or_default();
        let own = Partie { code: lieu.code.clone(), titre: lieu.libelle.clone(), communes };
        self.explored(reponses, "", &own)
    }

    fn explored(&self, reponses: &Reponses<'_>, racine: &str, partie: &Partie) -> Result<String> {
        let script = self.donnees.plan.resources().text("reports/site/explorateur.js")?;
        let page = value(&reponses.page(partie));
        self.gabarits.render("explorateur.html", context! { racine, e => page, script => &*script })
    }
}

fn holder_list(contingents: &Contingents) -> Vec<Entree> {
    let entry = |code: String| {
        let let_out = contingents.detail(&code, "bailleur").iter().map(|(_, flux)| flux.attributions).sum();
        Entree {
            nom: holder_words(&code).to_owned(),
            note: format::count(let_out, "logement attribué", "logements attribués"),
            lien: format!("reservataires/{code}.html"),
            code,
        }
    };
    contingents.holders().into_iter().map(entry).collect()
}

/// Département of a commune's code.
pub(super) fn departement(commune: &str) -> &str {
    let length = if commune.starts_with("97") { 3 } else { 2 };
    commune.get(..length).unwrap_or(commune)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overseas_departements_have_three_digits() {
        assert_eq!(departement("97411"), "974");
        assert_eq!(departement("2A004"), "2A");
        assert_eq!(departement("63113"), "63");
    }
}
