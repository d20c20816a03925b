//! Reservation flows (CCH R441-5, R441-5-1): what each landlord proposed and allocated to each holder, the holders' shares
//! against their ceilings, and what each landlord lacks of the EPCI's rule.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};

use super::{Bloc, Cellule, Chapitre, Contexte, Donnees, Tableau, methode};
use crate::engine::Table;
use crate::error::{Error, Result};
use crate::project::Plan;
use crate::reference::Geographie;
use crate::report::mots;
use crate::report::verdict::{holder_words, is_holder};
use crate::resultats::INDICATEURS;

/// A landlord's distance to its EPCI's legal line.
#[derive(Debug, Clone)]
pub(in crate::report) struct Distance {
    pub bailleur: String,
    pub attributions: i64,
    pub numerateur: i64,
    pub manque: i64,
    pub avance: i64,
    pub part_du_manque: i64,
}

/// A holder's share of an EPCI's lettings.
#[derive(Debug, Clone)]
struct Contingent {
    code: String,
    attributions: Option<i64>,
    part: Option<f64>,
    plafond: Option<f64>,
}

/// Dwellings proposed, where events say so, and allocated.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::report) struct Flux {
    pub proposes: Option<i64>,
    pub attributions: i64,
}

impl Flux {
    pub(in crate::report) fn add(&mut self, proposes: Option<i64>, attributions: i64) {
        self.proposes = match (self.proposes, proposes) {
            (None, p) => p,
            (Some(a), b) => Some(a + b.unwrap_or(0)),
        };
        self.attributions += attributions;
    }

    /// A row of a table of flows, after its name.
    pub(in crate::report) fn cells(&self, name: Cellule) -> Vec<Cellule> {
        vec![name, Cellule::Nombre(self.proposes), Cellule::Nombre(Some(self.attributions))]
    }
}

/// What several EPCI share: flows by landlord and holder, shares of holders, distances of landlords.
#[derive(Debug, Default)]
pub(in crate::report) struct Contingents {
    parts: BTreeMap<String, Vec<Contingent>>,
    manques: BTreeMap<String, Vec<Distance>>,
    flux: BTreeMap<String, BTreeMap<(String, String), Flux>>,
    /// Flows of a landlord or of a holder, by the other and by one characteristic: dimension, value.
    detail: BTreeMap<String, BTreeMap<(&'static str, String), Flux>>,
}

/// Columns of one table, by name.
struct Colonnes {
    nom: &'static str,
    batch: RecordBatch,
}

impl Colonnes {
    fn read(plan: &Plan, nom: &'static str) -> Result<Self> {
        let path = plan.sortie.join(INDICATEURS).join(format!("{nom}.parquet"));
        Ok(Self { nom, batch: Table::read(&path, nom)?.single()? })
    }

    fn column(&self, name: &str) -> Result<&dyn Array> {
        self.batch.column_by_name(name).map(AsRef::as_ref).ok_or_else(|| Error::outdated(self.nom, name))
    }

    fn text(&self, name: &str) -> Result<&arrow::array::StringArray> {
        Ok(self.column(name)?.as_string::<i32>())
    }

    fn ints(&self, name: &str) -> Result<Vec<Option<i64>>> {
        Ok(self.column(name)?.as_primitive::<Int64Type>().iter().collect())
    }

    fn reals(&self, name: &str) -> Result<Vec<Option<f64>>> {
        Ok(self.column(name)?.as_primitive::<Float64Type>().iter().collect())
    }
}

impl Contingents {
    /// Reads the three tables of the last run.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub(in crate::report) fn load(plan: &Plan, geographie: &Geographie) -> Result<Self> {
        let mut all = Self::default();
        let t = Colonnes::read(plan, "contingents")?;
        let (epci, contingent) = (t.text("epci")?, t.text("contingent")?);
        let (attributions, part, plafond) = (t.ints("attributions")?, t.reals("part")?, t.reals("plafond")?);
        for row in 0..t.batch.num_rows() {
            all.parts.entry(epci.value(row).to_owned()).or_default().push(Contingent {
                code: contingent.value(row).to_owned(),
                attributions: attributions[row],
                part: part[row],
                plafond: plafond[row],
            });
        }
        let t = Colonnes::read(plan, "manques")?;
        let (epci, regle, base, bailleur) = (t.text("epci")?, t.text("regle")?, t.text("base")?, t.text("bailleur")?);
        let column = |name: &str| t.ints(name);
        let (attributions, numerateur) = (column("attributions")?, column("numerateur")?);
        let (propre, avance, reparti) = (column("manque_propre")?, column("avance_propre")?, column("manque_reparti")?);
        for row in 0..t.batch.num_rows() {
            if regle.value(row) == "q1_hors_qpv" && base.value(row) == "loi" {
                all.manques.entry(epci.value(row).to_owned()).or_default().push(Distance {
                    bailleur: bailleur.value(row).to_owned(),
                    attributions: attributions[row].unwrap_or(0),
                    numerateur: numerateur[row].unwrap_or(0),
                    manque: propre[row].unwrap_or(0),
                    avance: avance[row].unwrap_or(0),
                    part_du_manque: reparti[row].unwrap_or(0),
                });
            }
        }
        let t = Colonnes::read(plan, "flux")?;
        let (bailleur, reservataire, commune) = (t.text("bailleur")?, t.text("reservataire")?, t.text("commune")?);
        let (typologie, financement, zone) = (t.text("typologie")?, t.text("financement")?, t.text("zone")?);
        let periode = t.text("periode_construction")?;
        let (proposes, attributions) = (t.ints("proposes")?, t.ints("attributions")?);
        for row in 0..t.batch.num_rows() {
            let (n, m) = (proposes[row], attributions[row].unwrap_or(0));
            let pair = (bailleur.value(row).to_owned(), reservataire.value(row).to_owned());
            let commune = geographie.commune(commune.value(row));
            let places =
                commune.into_iter().flat_map(|c| c.epci.as_deref().into_iter().chain([c.departement.as_str()]));
            for place in places.chain(["territoire"]) {
                all.flux.entry(place.to_owned()).or_default().entry(pair.clone()).or_default().add(n, m);
            }
            let (siren, holder) = (bailleur.value(row), reservataire.value(row));
            for (acteur, first) in [(siren, ("reservataire", holder)), (holder, ("bailleur", siren))] {
                let detail = all.detail.entry(acteur.to_owned()).or_default();
                for (dimension, value) in [
                    first,
                    ("typologie", typologie.value(row)),
                    ("financement", financement.value(row)),
                    ("zone", zone.value(row)),
                    ("periode_construction", periode.value(row)),
                ] {
                    detail.entry((dimension, value.to_owned())).or_default().add(n, m);
                }
            }
        }
        Ok(all)
    }

    /// Distances of an EPCI's landlords to the legal line, the furthest behind first.
    pub(in crate::report) fn gaps_of(&self, epci: &str) -> Vec<Distance> {
        let mut rows = self.manques.get(epci).cloned().unwrap_or_default();
        rows.sort_by(|a, b| (b.manque, a.avance, &a.bailleur).cmp(&(a.manque, b.avance, &b.bailleur)));
        rows
    }

    /// Every landlord of the review: those that a flow or a verdict names, and those of the list that sign no lease at all. One
    /// that lets elsewhere alone is of another territory.
    pub(in crate::report) fn landlords(&self, donnees: &Donnees<'_>) -> BTreeSet<String> {
        let flows = self.flux.get("territoire").into_iter().flat_map(BTreeMap::keys).map(|(siren, _)| siren);
        // A mean is judged of all of them.
        let judged = donnees.verdicts.iter().filter(|v| v.acteur_type == "bailleur" && v.acteur != "tous");
        let judged = judged.map(|v| &v.acteur);
        flows.chain(judged).chain(&donnees.sans_bail).cloned().collect()
    }

    /// Every holder of reservation rights on whose contingent a dwelling was let or proposed, in the order of lists.
    pub(in crate::report) fn holders(&self) -> Vec<String> {
        let pairs = self.flux.get("territoire").into_iter().flat_map(BTreeMap::keys);
        let codes: BTreeSet<&String> = pairs.map(|(_, holder)| holder).filter(|code| is_holder(code)).collect();
        let mut holders: Vec<String> = codes.into_iter().cloned().collect();
        holders.sort_by(|a, b| mots::order("reservataire", a).cmp(&mots::order("reservataire", b)));
        holders
    }

    /// Flows of one landlord or holder by one characteristic, for its own page.
    pub(in crate::report) fn detail(&self, acteur: &str, dimension: &str) -> Vec<(String, Flux)> {
        let rows = self.detail.get(acteur).into_iter().flatten();
        rows.filter(|((d, _), _)| *d == dimension).map(|((_, value), flux)| (value.clone(), *flux)).collect()
    }

    /// What a landlord proposed and allocated, wherever.
    pub(in crate::report) fn of_landlord(&self, siren: &str) -> Flux {
        self.detail(siren, "reservataire").iter().fold(Flux::default(), |mut whole, (_, f)| {
            whole.add(f.proposes, f.attributions);
            whole
        })
    }

    /// What is to be said beside the flows of these landlords: that proposals are told of nobody, or that none is read of some of
    /// them, who let dwellings.
    pub(in crate::report) fn unproposed<'s>(
        &self,
        donnees: &Donnees<'_>,
        landlords: impl Iterator<Item = &'s str>,
    ) -> Option<String> {
        let letting: Vec<Flux> =
            landlords.map(|siren| self.of_landlord(siren)).filter(|f| f.attributions > 0).collect();
        if letting.iter().any(|f| f.proposes.is_none()) {
            let why = if donnees.given("evenements") {
                "Aucun événement lu ne nomme de bailleur : les propositions ne sont celles de personne"
            } else {
                "Les propositions ne sont pas fournies (source « evenements »)"
            };
            return Some(format!("{why} ; seuls les logements attribués sont comptés."));
        }
        let who = match (letting.iter().filter(|f| f.proposes == Some(0)).count(), letting.len()) {
            (0, _) => return None,
            (1, 1) => "du bailleur, qui a".to_owned(),
            (1, _) => "de l'un des bailleurs, qui a".to_owned(),
            (n, _) => format!("de {n} bailleurs, qui ont"),
        };
        Some(format!(
            "Aucune proposition de l'année n'est lue {who} pourtant attribué des logements : des événements manquent sans doute."
        ))
    }

    /// Holders' shares of an EPCI against the ceilings of the State's contingent (CCH R441-5).
    pub(super) fn shares(&self, c: &Contexte<'_>) -> Option<Bloc> {
        const ORDER: [(&str, &str); 9] = [
            ("etat", "État, ensemble"),
            ("etat_prioritaires", "— dont publics prioritaires"),
            ("etat_fonctionnaires", "— dont fonctionnaires"),
            ("action_logement", "Action Logement"),
            ("collectivites", "Collectivités"),
            ("autres", "Autres réservataires"),
            ("non_reserve", "Hors contingent"),
            ("inconnu", "Inconnu"),
            ("ensemble", "Ensemble"),
        ];
        let rows = self.parts.get(&c.lieu.code)?;
        let lignes: Vec<Vec<Cellule>> = ORDER
            .iter()
            .filter_map(|(code, name)| {
                let p = rows.iter().find(|p| p.code == *code)?;
                let over = p.part.zip(p.plafond).is_some_and(|(part, limit)| part > limit);
                let limit = p.plafond.map(crate::format::target_percent);
                Some(vec![
                    Cellule::texte(*name),
                    Cellule::Nombre(p.attributions),
                    Cellule::Part(p.part),
                    match limit {
                        None => Cellule::texte(""),
                        Some(limit) if over => Cellule::Reponse(format!("au plus {limit}, dépassé"), Some(false)),
                        Some(limit) => Cellule::Reponse(format!("au plus {limit}, respecté"), Some(true)),
                    },
                ])
            })
            .collect();
        (lignes.len() > 1).then(|| {
            Bloc::Tableau(
                Tableau::new(
                    "Contingents de réservation (CCH R441-5)",
                    &["Réservataire", "Baux#", "Part#", "Plafond"],
                    lignes,
                )
                .with_total(),
            )
        })
    }
}

pub(super) fn chapter(c: &Contexte<'_>) -> Chapitre {
    let titre = "Gestion en flux";
    let Some(flux) = c.contingents.flux.get(&c.lieu.code).filter(|f| !f.is_empty()) else {
        let why = if c.donnees.given("attributions") {
            "Aucun logement n'a été attribué ici dans l'année : le compte rendu aux réservataires est vide."
        } else {
            "Le fichier des attributions n'est pas fourni : le compte rendu aux réservataires (CCH R441-5-1) ne peut pas être établi."
        };
        return Chapitre::new("flux", titre, vec![Bloc::absence(why)]);
    };
    let mut by_holder: BTreeMap<&str, Flux> = BTreeMap::new();
    let mut by_landlord: BTreeMap<&str, Flux> = BTreeMap::new();
    let mut whole = Flux::default();
    for ((bailleur, reservataire), f) in flux {
        by_holder.entry(reservataire).or_default().add(f.proposes, f.attributions);
        by_landlord.entry(bailleur).or_default().add(f.proposes, f.attributions);
        whole.add(f.proposes, f.attributions);
    }
    let mut ranked: Vec<(&&str, &Flux)> = by_holder.iter().collect();
    ranked.sort_by_key(|(code, _)| mots::order("reservataire", code));
    let named = |code: &str| match holder_words(code) {
        words if is_holder(code) => Cellule::Lien(words.to_owned(), format!("reservataires/{code}.html")),
        words => Cellule::texte(words),
    };
    let mut holders: Vec<Vec<Cellule>> = ranked.iter().map(|(code, f)| f.cells(named(code))).collect();
    holders.push(whole.cells(Cellule::texte("Ensemble")));
    let mut named_landlords: Vec<(String, &str, &Flux)> =
        by_landlord.iter().map(|(siren, f)| (c.donnees.landlord(siren), *siren, f)).collect();
    named_landlords.sort_by_cached_key(|(name, ..)| crate::format::plain(name));
    let mut landlords: Vec<Vec<Cellule>> = named_landlords
        .into_iter()
        .map(|(name, siren, f)| f.cells(Cellule::Lien(name, format!("bailleurs/{siren}.html"))))
        .collect();
    landlords.push(whole.cells(Cellule::texte("Ensemble")));
    let headings = ["Réservataire", "Logements proposés#", "Logements attribués#"];
    let mut blocs = vec![
        Bloc::constat(format!(
            "{} en {}, personnes morales comprises.",
            crate::format::count(whole.attributions, "logement attribué", "logements attribués"),
            c.millesime()
        )),
        Bloc::Tableau(Tableau::new("Logements par réservataire (CCH R441-5-1)", &headings, holders).with_total()),
        Bloc::Tableau(
            Tableau::new(
                "Logements par bailleur (CCH R441-5-1)",
                &["Bailleur", "Logements proposés#", "Logements attribués#"],
                landlords,
            )
            .with_total(),
        ),
    ];
    blocs.extend(c.contingents.unproposed(c.donnees, by_landlord.keys().copied()).map(Bloc::note));
    let due = c.donnees.manifeste.parametres.iter().find(|p| p.nom == "rapport_du_bailleur");
    let due = due.map_or_else(String::new, |p| format!(", à transmettre avant le {}", methode::value(p)));
    blocs.push(Bloc::note(format!(
        "Le détail par typologie, financement, commune et période de construction est dans le dossier flux des résultats complets : un classeur par bailleur, un fichier par réservataire{due}."
    )));
    Chapitre::new("flux", titre, blocs)
}
