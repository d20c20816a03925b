//! The page of an actor of allocations. A landlord: its leases EPCI by EPCI against each rule, its commitments, its reservation
//! flows. A holder of reservation rights: the priority publics of its contingent EPCI by EPCI, and what each landlord gave it.

use serde::Serialize;

use crate::chart::{self, Legende, Point, Repere};
use crate::error::Result;
use crate::format;
use crate::report::document::{Cle, Figure, Natif, alternative};
use crate::report::donnees::{Donnees, Lieu};
use crate::report::revue::{Cadre, Contingents, Flux, doubts, judgement_table, largest};
use crate::report::tableau::{Cellule, Tableau};
use crate::report::verdict::is_holder;
use crate::report::{Verdict, flux, holder_words, mots};
use crate::resultats::{PRIORITES, RESSOURCES};

/// What the page prints.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Acteur {
    /// What it is, with its identifier.
    genre: String,
    code: String,
    nom: String,
    constat: String,
    cles: Vec<Cle>,
    /// What is in doubt of its leases.
    reserves: Option<Tableau>,
    regle: Regle,
    verdicts: Tableau,
    sans_verdict: &'static str,
    tableaux: Vec<Tableau>,
    /// What its flows lack.
    avis: Option<String>,
    fichiers: Vec<Fichier>,
}

/// Its lettings against the rule that is about it, EPCI by EPCI.
#[derive(Debug, Serialize)]
struct Regle {
    titre: &'static str,
    figures: Vec<Figure>,
    /// Why there is no figure.
    absence: Option<&'static str>,
    /// What no figure holds.
    tableau: Option<Tableau>,
}

/// A file of its own.
#[derive(Debug, Serialize)]
struct Fichier {
    texte: &'static str,
    lien: String,
}

/// An actor in one EPCI.
struct Presence {
    epci: String,
    libelle: String,
    attributions: i64,
    /// None, as what follows, where no file tells the public.
    numerateur: Option<i64>,
    part: Option<f64>,
    cible: Option<f64>,
    manque: Option<i64>,
}

/// What a figure of shares says of itself.
struct Mesure {
    cle: &'static str,
    /// What the line is to this actor.
    mot: &'static str,
    sous_titre: String,
    lecture: &'static str,
    champ: &'static str,
}

impl Acteur {
    /// The page of a landlord.
    ///
    /// # Errors
    /// [`crate::error::Error::Chart`].
    pub(in crate::report) fn landlord(donnees: &Donnees<'_>, contingents: &Contingents, siren: &str) -> Result<Self> {
        let gap = |lieu: &Lieu| contingents.gaps_of(&lieu.code).into_iter().find(|gap| gap.bailleur == siren);
        let told = donnees.filled(&RESSOURCES);
        let presences = presences(
            donnees,
            told,
            ("quartiles", &[("bailleur", siren), ("zone", "hors_qpv")]),
            ["q1_ou_relogement", "part_q1_ou_relogement"],
            Verdict::is_legal_q1,
            |lieu, _| gap(lieu).map(|gap| gap.manque),
        );
        let leases: i64 = presences.iter().map(|p| p.attributions).sum();
        let share = share(&presences);
        let all = contingents.of_landlord(siren).attributions;
        let year = donnees.plan.millesime;
        let let_out = format::count(all, "logement attribué", "logements attribués");
        let constat = if all == 0 {
            format!("Aucun logement attribué en {year} dans le périmètre.")
        } else if leases == 0 {
            format!("{let_out} en {year} ; aucun n'entre dans la règle hors QPV.")
        } else if !told {
            format!("{let_out} en {year}.")
        } else {
            format!(
                "{let_out} en {year} ; hors QPV, {} des baux vont au premier quartile ou à des ménages relogés.",
                share.shown()
            )
        };
        let mut cles = vec![
            count(all, ["logement attribué", "logements attribués"], "personnes morales comprises"),
            count(leases, ["bail hors QPV", "baux hors QPV"], "ménages, dans la règle"),
            key("premier quartile ou relogés", share.shown(), "hors QPV, tous EPCI"),
        ];
        if told {
            let missing = presences.iter().filter_map(|p| p.manque).sum();
            cles.push(count(missing, ["bail manquant", "baux manquants"], "au taux de chaque EPCI"));
        }
        let by_epci = by_epci(
            "Baux hors QPV, EPCI par EPCI",
            &["EPCI", "Baux hors QPV#", "1er quartile ou relogés#", "Part#", "Repère#", "Baux manquants#"],
            &presences,
        );
        let mesure = Mesure {
            cle: "presences",
            mot: "repère",
            sous_titre: format!(
                "Part des baux du bailleur signés en {year} hors QPV au premier quartile ou à des ménages relogés, par EPCI"
            ),
            lecture: "la règle s'apprécie sur l'EPCI : la part d'un bailleur est un repère",
            champ: "attributions à des ménages suivies d'un bail signé hors QPV, hors financements exclus",
        };
        let figures: Vec<Figure> = dots(&presences, by_epci, &mesure)?.into_iter().collect();
        let none =
            if told { "Aucun bail hors QPV dans un EPCI où la règle est jugée." } else { mots::SANS_RESSOURCES };
        let report = (all > 0).then(|| Fichier {
            texte: "Compte rendu aux réservataires (CCH R441-5-1)",
            lien: flux::workbook_path(siren),
        });
        let reserves = donnees.reserves_of(siren);
        let list = donnees.qualite.listes.iter().find(|l| l.bailleur == siren);
        let list = list.map(|l| Fichier { texte: "Lignes à corriger", lien: l.fichier.clone() });
        Ok(Self {
            genre: format!("bailleur · SIREN {siren}"),
            code: siren.to_owned(),
            nom: donnees.landlord(siren),
            constat,
            cles,
            reserves: (!reserves.is_empty())
                .then(|| doubts(donnees, "Baux à vérifier", &reserves).without(&["Bailleur"])),
            regle: Regle {
                titre: "Premier quartile hors QPV",
                absence: figures.is_empty().then_some(none),
                figures,
                tableau: None,
            },
            verdicts: verdicts(donnees, "bailleur", siren),
            sans_verdict: "Aucune règle ni aucun engagement ne vise ce bailleur.",
            tableaux: flows(
                donnees,
                contingents,
                siren,
                ("reservataire", "Logements par réservataire", "Réservataire"),
            ),
            avis: contingents.unproposed(donnees, std::iter::once(siren)),
            fichiers: report.into_iter().chain(list).collect(),
        })
    }

    /// The page of a holder of reservation rights.
    ///
    /// # Errors
    /// [`crate::error::Error::Chart`].
    pub(in crate::report) fn holder(donnees: &Donnees<'_>, contingents: &Contingents, code: &str) -> Result<Self> {
        let told = donnees.filled(&PRIORITES);
        let presences = presences(
            donnees,
            told,
            ("priorites", &[("reservataire", code)]),
            ["prioritaires", "part"],
            |v| v.regle == "prioritaires" && v.acteur_type == "reservataire" && v.acteur == code,
            |_, law| law?.manque,
        );
        let leases: i64 = presences.iter().map(|p| p.attributions).sum();
        let share = share(&presences);
        let landlords = contingents.detail(code, "bailleur");
        let all: i64 = landlords.iter().map(|(_, f)| f.attributions).sum();
        let year = donnees.plan.millesime;
        let let_out = format::count(all, "logement attribué", "logements attribués");
        let constat = if all == 0 {
            format!("Aucun logement attribué en {year} sur ce contingent dans le périmètre.")
        } else if !told {
            format!("{let_out} en {year} sur ce contingent.")
        } else {
            format!(
                "{let_out} en {year} sur ce contingent ; {} des baux vont à un ménage DALO ou prioritaire.",
                share.shown()
            )
        };
        let held = presences.iter().any(|p| p.cible.is_some());
        let mut cles = vec![
            count(all, ["logement attribué", "logements attribués"], "personnes morales comprises"),
            count(leases, ["bail compté", "baux comptés"], "ménages, hors financements exclus"),
            key("DALO ou prioritaires", share.shown(), "tous EPCI"),
        ];
        if held {
            let missing = presences.iter().filter_map(|p| p.manque).sum();
            cles.push(count(missing, ["bail manquant", "baux manquants"], "somme des EPCI où la règle est manquée"));
        }
        let by_epci = by_epci(
            "Baux du contingent, EPCI par EPCI",
            &["EPCI", "Baux#", "DALO ou prioritaires#", "Part#", "Cible#", "Baux manquants#"],
            &presences,
        );
        let (figures, tableau) = if held {
            let mesure = Mesure {
                cle: "contingent",
                mot: "taux",
                sous_titre: format!(
                    "Part des ménages DALO ou prioritaires dans les baux signés en {year} sur ce contingent, par EPCI"
                ),
                lecture: "la règle s'apprécie dans chaque EPCI, sur tous les baux du contingent",
                champ: "attributions à des ménages suivies d'un bail signé, hors financements exclus",
            };
            (dots(&presences, by_epci, &mesure)?.into_iter().collect(), None)
        } else {
            (Vec::new(), Some(by_epci.without(&["Cible", "Baux manquants"])).filter(|t| !t.lignes.is_empty()))
        };
        let report = (all > 0)
            .then(|| Fichier { texte: "Comptes rendus des bailleurs (CCH R441-5-1)", lien: flux::holder_path(code) });
        Ok(Self {
            genre: "réservataire".to_owned(),
            code: code.to_owned(),
            nom: holder_words(code).to_owned(),
            constat,
            cles,
            reserves: None,
            regle: Regle {
                titre: "Publics prioritaires",
                figures,
                absence: (!held).then_some(if told {
                    "La règle des 25 % (CCH L441-1) n'oblige pas ce réservataire, ou n'est jugée nulle part."
                } else {
                    mots::SANS_PRIORITES
                }),
                tableau,
            },
            verdicts: verdicts(donnees, "reservataire", code),
            sans_verdict: "Aucune règle ni aucun engagement ne vise ce réservataire.",
            tableaux: flows(donnees, contingents, code, ("bailleur", "Logements par bailleur", "Bailleur")),
            avis: contingents.unproposed(donnees, landlords.iter().map(|(siren, _)| siren.as_str())),
            fichiers: report.into_iter().collect(),
        })
    }
}

impl Acteur {
    /// The same, the names of its tables leading only to the pages that `stands` beside it.
    pub(in crate::report) fn linking(mut self, stands: &dyn Fn(&str) -> bool) -> Self {
        let figures = self.regle.figures.iter_mut().map(|f| &mut f.tableau);
        let others = self.regle.tableau.iter_mut().chain([&mut self.verdicts]).chain(&mut self.tableaux);
        for tableau in figures.chain(others) {
            *tableau = std::mem::take(tableau).linking(stands);
        }
        self
    }

    /// SIREN of a landlord, code of a holder.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// Its figures.
    pub(in crate::report) fn figures(&self) -> impl Iterator<Item = &Figure> {
        self.regle.figures.iter()
    }
}

fn key(nom: &str, valeur: String, note: &str) -> Cle {
    Cle { nom: nom.to_owned(), valeur, note: note.to_owned(), evolution: None }
}

fn count(n: i64, [one, several]: [&str; 2], note: &str) -> Cle {
    key(format::noun(n, one, several), format::integer(n), note)
}

/// Share of all its leases, over every EPCI.
#[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
fn share(presences: &[Presence]) -> Cellule {
    let leases: i64 = presences.iter().map(|p| p.attributions).sum();
    let housed: Option<i64> = presences.iter().map(|p| p.numerateur).sum();
    Cellule::Part(housed.filter(|_| leases > 0).map(|housed| housed as f64 / leases as f64))
}

/// EPCI where an actor has leases: its row in a table, by these dimensions, whose columns are what counts and its share; the verdict
/// that it is set against; what it lacks. Nothing but leases where no file tells who counts.
fn presences(
    donnees: &Donnees<'_>,
    told: bool,
    (table, dimensions): (&str, &[(&str, &str)]),
    [compte, part]: [&str; 2],
    against: impl Fn(&Verdict) -> bool,
    missing: impl Fn(&Lieu, Option<&Verdict>) -> Option<i64>,
) -> Vec<Presence> {
    let presence = |lieu: &Lieu| {
        let row = donnees.row(table, lieu, dimensions)?;
        let attributions = row.int("attributions").filter(|n| *n > 0)?;
        let judged = |v: &&Verdict| told && v.base == "loi" && v.resultat.is_some() && against(v);
        let law = donnees.verdicts_of(lieu).iter().find(judged);
        Some(Presence {
            epci: lieu.code.clone(),
            libelle: lieu.libelle.clone(),
            attributions,
            numerateur: told.then(|| row.int(compte).unwrap_or(0)),
            part: row.real(part).filter(|_| told),
            cible: law.map(|v| v.cible),
            manque: missing(lieu, law).filter(|_| told),
        })
    };
    donnees.epci.iter().filter_map(presence).collect()
}

fn by_epci(titre: &str, headings: &[&str], presences: &[Presence]) -> Tableau {
    let lignes = presences
        .iter()
        .map(|p| {
            vec![
                Cellule::Lien(p.libelle.clone(), format!("epci/{}.html", p.epci)),
                Cellule::Nombre(Some(p.attributions)),
                Cellule::Nombre(p.numerateur),
                Cellule::Part(p.part),
                Cellule::Cible(p.cible),
                Cellule::Nombre(p.manque),
            ]
        })
        .collect();
    Tableau::new(titre, headings, lignes)
}

fn verdicts(donnees: &Donnees<'_>, genre: &str, code: &str) -> Tableau {
    let own: Vec<&Verdict> = donnees.verdicts.iter().filter(|v| v.acteur_type == genre && v.acteur == code).collect();
    judgement_table(donnees, "Règles et engagements", &own, true).without(&["Acteur"])
}

fn dots(presences: &[Presence], tableau: Tableau, mesure: &Mesure) -> Result<Option<Figure>> {
    let judged: Vec<&Presence> = presences.iter().filter(|p| p.cible.is_some()).collect();
    let Some(target) = judged.first().and_then(|p| p.cible) else { return Ok(None) };
    // Of many, those where the most leases were signed are drawn; the title counts them all.
    let mut drawn = judged.clone();
    drawn.sort_by(|a, b| b.attributions.cmp(&a.attributions).then_with(|| a.epci.cmp(&b.epci)));
    drawn.truncate(Cadre::PAGE.rangs);
    drawn.sort_by(|a, b| b.part.unwrap_or(0.0).total_cmp(&a.part.unwrap_or(0.0)).then_with(|| a.epci.cmp(&b.epci)));
    let kept = judged.iter().filter(|p| p.part.is_some_and(|x| x >= target)).count();
    let percent = format::target_percent(target);
    let mot = mesure.mot;
    let titre = match (kept, judged.len()) {
        (0, 1) => format!("Le {mot} de {percent} n'est pas atteint dans le seul EPCI jugé"),
        (1, 1) => format!("Le {mot} de {percent} est atteint dans le seul EPCI jugé"),
        (0, n) => format!("Le {mot} de {percent} n'est atteint dans aucun des {n} EPCI"),
        (k, n) if k == n => format!("Le {mot} de {percent} est atteint dans les {n} EPCI"),
        (k, n) => format!("Le {mot} de {percent} est atteint dans {k} EPCI sur {n}"),
    };
    let points: Vec<Point> = drawn
        .iter()
        .map(|p| Point {
            nom: p.libelle.clone(),
            valeur: p.part,
            etiquette: format!("{} ({})", Cellule::Part(p.part).shown(), format::count(p.attributions, "bail", "baux")),
            atteint: p.part.is_some_and(|x| x >= target),
        })
        .collect();
    let line = Repere { valeur: target, nom: format!("loi : {percent}") };
    let alternative = alternative("Points par EPCI", &titre, &tableau);
    let dessin = chart::dots(
        &Legende { cle: mesure.cle, titre: &titre, alternative: &alternative },
        &points,
        &line,
        format::target_percent,
    )?;
    Ok(Some(Figure {
        cle: mesure.cle,
        titre,
        sous_titre: format!("{}{}", mesure.sous_titre, largest(judged.len(), points.len(), "EPCI où l'on a signé")),
        dessin,
        lecture: mesure.lecture.to_owned(),
        champ: mesure.champ.to_owned(),
        source: "fichier des attributions et registre de la demande ; CCH L441-1".to_owned(),
        natif: Some(Natif::Barres(vec![3])),
        tableau,
    }))
}

/// Its flows by one characteristic after another, the first being who stands on the other side.
fn flows(
    donnees: &Donnees<'_>,
    contingents: &Contingents,
    code: &str,
    first: (&'static str, &'static str, &'static str),
) -> Vec<Tableau> {
    let dimensions = [
        first,
        ("typologie", "Logements par typologie", "Typologie"),
        ("financement", "Logements par financement", "Financement"),
        ("zone", "Logements par zone", "Zone"),
        ("periode_construction", "Logements par période de construction", "Période"),
    ];
    dimensions
        .into_iter()
        .filter_map(|(dimension, titre, heading)| {
            let mut rows = contingents.detail(code, dimension);
            let words = |code: &str| mots::modality(donnees, dimension, code);
            let page = match dimension {
                "bailleur" => Some("bailleurs"),
                "reservataire" => Some("reservataires"),
                _ => None,
            };
            if dimension == "bailleur" {
                rows.sort_by_cached_key(|(code, _)| (format::plain(&words(code)), code.clone()));
            } else {
                rows.sort_by(|a, b| mots::order(dimension, &a.0).cmp(&mots::order(dimension, &b.0)));
            }
            let named = |code: &str| match page.filter(|_| is_holder(code)) {
                Some(folder) => Cellule::Lien(words(code), format!("{folder}/{code}.html")),
                None => Cellule::Texte(words(code)),
            };
            (!rows.is_empty()).then(|| flow_table(titre, heading, &rows, named))
        })
        .collect()
}

fn flow_table(titre: &str, heading: &str, rows: &[(String, Flux)], named: impl Fn(&str) -> Cellule) -> Tableau {
    let mut whole = Flux::default();
    let mut lignes: Vec<Vec<Cellule>> = rows
        .iter()
        .map(|(code, f)| {
            whole.add(f.proposes, f.attributions);
            f.cells(named(code))
        })
        .collect();
    lignes.push(whole.cells(Cellule::texte("Ensemble")));
    Tableau::new(titre, &[heading, "Logements proposés#", "Logements attribués#"], lignes).with_total()
}
