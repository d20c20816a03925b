//! The review of a territory as everyone may read it: what each breakdown tells, and what it keeps secret.

use std::collections::BTreeMap;

use super::super::document::{Bloc, Chapitre, Cle, Figure, Natif, Revue, alternative};
use super::super::fond::Fond;
use super::super::mots;
use super::super::revue::{Etendue, Place, map_of_shares, map_of_tension, parameters};
use super::super::tableau::{Cellule, Tableau};
use super::super::verdict::Verdict;
use super::SECRET;
use crate::chart::{self, Barre, Legende};
use crate::diffusion::secret::Niveau;
use crate::diffusion::{Edition, Effectifs, Lieu, Valeur, Ventilation};
use crate::error::Result;
use crate::format;
use crate::project::{Plan, Priorite};
use crate::resultats::Manifeste;

/// Where the review is about, and what it reads.
#[derive(Clone, Copy)]
pub(super) struct Contexte<'a> {
    pub plan: &'a Plan,
    pub edition: &'a Edition,
    pub manifeste: &'a Manifeste,
    /// What may be told of the legal rules.
    pub verdicts: &'a [Verdict],
    pub fond: &'a Fond,
    /// Communes of each EPCI, those of the perimeter.
    pub communes: &'a BTreeMap<String, Vec<String>>,
    pub lieu: &'a Lieu,
}

/// Chapters of breakdowns: identifier, title, and those that it tells.
const CHAPITRES: [(&str, &str, &[&str]); 3] = [
    ("parc", "Parc social", &["parc_typologie", "parc_occupation", "parc_mobilite", "parc_qpv"]),
    (
        "demande",
        "Demande",
        &[
            "demandes_typologie",
            "demandes_anciennete",
            "demandes_mouvements",
            "demandes_population",
            "demandes_taille_menage",
            "demandes_age",
            "demandes_quartile",
            "demandes_origine",
        ],
    ),
    (
        "attributions",
        "Attributions",
        &["baux_typologie", "baux_delai", "baux_population", "baux_taille_menage", "baux_age", "baux_origine"],
    ),
];

/// What a breakdown counts, as a figure says it: when, who, and where it comes from.
struct Compte {
    date: String,
    champ: &'static str,
    source: &'static str,
}

impl Compte {
    fn of(c: &Contexte<'_>, source: &str) -> Self {
        let year = c.plan.millesime;
        match source {
            "rpls" => Self {
                date: format!("Logements au 1er janvier {}", c.manifeste.identite.millesime_rpls),
                champ: "logements du parc social",
                source: "RPLS",
            },
            "demandes" => Self {
                date: format!("Demandes actives au {}", c.plan.jour_des_demandes()),
                champ: "demandes de ménages, au premier choix de commune",
                source: "registre de la demande",
            },
            _ => Self {
                date: format!("Baux signés en {year}"),
                champ: "attributions à des ménages suivies d'un bail signé dans l'année",
                source: "fichier des attributions",
            },
        }
    }
}

/// A cell of what may be secret.
fn cell<T: Copy>(value: Valeur<T>, shape: impl Fn(Option<T>) -> Cellule) -> Cellule {
    if matches!(value, Valeur::Secrete) { Cellule::Secret } else { shape(value.dite()) }
}

/// Builds the review of a territory.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub(super) fn build(c: &Contexte<'_>) -> Result<Revue> {
    let whole = c.lieu.niveau == Niveau::Territoire;
    let coupe = c.manifeste.epci_coupes.contains(&c.lieu.code);
    let mut chapitres = vec![Chapitre::new("cles", "Chiffres clés", vec![Bloc::constat(headline(c)), keys(c)])];
    if whole {
        chapitres.push(territories(c)?);
    }
    for (id, titre, ventilations) in CHAPITRES {
        chapitres.push(shares(c, id, titre, ventilations)?);
    }
    chapitres.push(rules(c)?);
    if !whole {
        chapitres.push(communes(c));
    }
    chapitres.push(method(c));
    Ok(Revue {
        code: c.lieu.code.clone(),
        libelle: if whole { c.plan.titre.clone() } else { c.lieu.libelle.clone() },
        niveau: c.lieu.niveau.word().to_owned(),
        avertissement: mots::avertissement(c.plan, coupe.then_some("Cet EPCI")),
        chapitres,
    })
}

/// The answer to the question everyone asks first.
pub(super) fn headline(c: &Contexte<'_>) -> String {
    let s = c.edition.synthese(c.lieu);
    let day = c.plan.jour_des_demandes();
    let demands = match s.demandes {
        Valeur::Dite(n) => format!(
            "{} {} au {day}",
            format::count(n, "demande", "demandes"),
            if n < 2 { "était active" } else { "étaient actives" }
        ),
        Valeur::Secrete => format!("Le nombre de demandes actives au {day} est secret"),
        Valeur::Absente => "Le registre de la demande n'est pas fourni".to_owned(),
    };
    let leases = match s.baux {
        Valeur::Dite(n) => format!(
            "{} {} dans l'année",
            format::count(n, "bail", "baux"),
            if n < 2 { "a été signé" } else { "ont été signés" }
        ),
        Valeur::Secrete => "le nombre de baux signés est secret".to_owned(),
        Valeur::Absente => "le fichier des attributions n'est pas fourni".to_owned(),
    };
    let tension = s.tension.dite().map_or_else(String::new, |t| format!(", soit {}", mots::tension(t)));
    let wait = s.delai_median.dite().map_or_else(String::new, |m| {
        format!(" La moitié des ménages logés ont attendu moins de {}\u{a0}mois.", format::decimal(m, 1))
    });
    format!("{demands} ; {leases}{tension}.{wait}")
}

fn keys(c: &Contexte<'_>) -> Bloc {
    let s = c.edition.synthese(c.lieu);
    let number = |v| cell(v, Cellule::Nombre).shown();
    let share = |v| cell(v, Cellule::Part).shown();
    let decimal = |v| cell(v, Cellule::Decimal).shown();
    let months = |v: Valeur<f64>| match v.dite() {
        Some(x) => format!("{}\u{a0}mois", format::decimal(x, 1)),
        None => decimal(v),
    };
    let cle = |nom: &str, valeur, note| Cle { nom: nom.to_owned(), valeur, note, evolution: None };
    Bloc::Cles {
        cles: vec![
            cle("logements sociaux", number(s.logements), format!("{} vacants", share(s.taux_vacance))),
            cle("demandes actives", number(s.demandes), format!("{} de mutations", share(s.part_mutations))),
            cle(
                "baux signés",
                number(s.baux),
                mots::satisfaction(s.taux_satisfaction.dite(), &share(s.taux_satisfaction)),
            ),
            cle(mots::of_tension(s.tension.dite()), decimal(s.tension), "tension".to_owned()),
            cle("d'attente médiane", months(s.delai_median), format!("{} en moyenne", months(s.delai_moyen))),
        ],
    }
}

/// The figures of every EPCI, then those of départements and régions.
fn territories(c: &Contexte<'_>) -> Result<Chapitre> {
    let mut epci: Vec<&Lieu> = c.edition.lieux.iter().filter(|lieu| lieu.niveau == Niveau::Epci).collect();
    epci.sort_by_cached_key(|lieu| (format::plain(&lieu.libelle), lieu.code.clone()));
    let mut blocs = Vec::new();
    if epci.is_empty() {
        blocs.push(Bloc::absence("Aucun EPCI dans le périmètre."));
    } else {
        let named = |lieu: &Lieu| Cellule::Lien(lieu.libelle.clone(), format!("epci/{}.html", lieu.code));
        blocs.push(Bloc::Tableau(compared(c, "EPCI", "Chiffres clés par EPCI", &epci, named)));
    }
    for (niveau, name, titre) in [
        (Niveau::Departement, "Département", "Chiffres clés par département"),
        (Niveau::Region, "Région", "Chiffres clés par région"),
    ] {
        let lieux: Vec<&Lieu> = c.edition.lieux.iter().filter(|lieu| lieu.niveau == niveau).collect();
        if !lieux.is_empty() {
            blocs.push(Bloc::Tableau(compared(c, name, titre, &lieux, |lieu| Cellule::texte(&lieu.libelle))));
        }
    }
    let given_up = match c.plan.diffusion_prioritaire {
        Priorite::Epci => "le département et la région ne sont pas diffusés",
        Priorite::Departement => "l'EPCI n'est pas diffusé",
    };
    blocs.push(Bloc::note(format!(
        "« s » : secret. Là où un EPCI déborde d'un département ou d'une région, et où leur différence révélerait une partie trop petite, {given_up}."
    )));
    blocs.extend(maps(c, &epci)?);
    Ok(Chapitre::new("epci", "EPCI, départements et régions", blocs))
}

/// Tension, and the rule outside priority neighbourhoods, on maps of the EPCI that they are told of.
fn maps(c: &Contexte<'_>, epci: &[&Lieu]) -> Result<Vec<Bloc>> {
    let codes: Vec<String> = epci.iter().map(|lieu| lieu.code.clone()).collect();
    let etendue =
        Etendue { fond: c.fond, communes: c.communes, epci: &codes, hauteur: chart::MAP_HEIGHT, plan: c.plan };
    let place = |lieu: &&Lieu| {
        let s = c.edition.synthese(lieu);
        let (demandes, baux) = (s.demandes.dite()?, s.baux.dite()?);
        let (code, nom) = (lieu.code.clone(), lieu.libelle.clone());
        Some(Place { code, nom, demandes, baux: Some(baux), tension: s.tension.dite() })
    };
    let places: Vec<Place> = epci.iter().filter_map(place).collect();
    let whole = c.edition.synthese(c.lieu).demandes.dite();
    let unsaid = |lieu: &&&Lieu| c.edition.synthese(lieu).part_q1_hors_qpv == Valeur::Secrete;
    let secret = [epci.len() - places.len(), epci.iter().filter(unsaid).count()];
    let verdicts: Vec<&Verdict> = c.verdicts.iter().collect();
    let figures = [map_of_tension(etendue, places, whole, true)?, map_of_shares(etendue, &verdicts)?];
    let figures = figures.into_iter().zip(secret).map(|(figure, secret)| {
        figure.map(|figure| Figure { sous_titre: figure.sous_titre.clone() + &kept_back(secret), ..figure })
    });
    Ok(figures.filter_map(Bloc::figure).collect())
}

/// What a map says of the EPCI that it is not told.
fn kept_back(secret: usize) -> String {
    match secret {
        0 => String::new(),
        1 => " ; un EPCI au secret n'y figure pas".to_owned(),
        n => format!(" ; {n} EPCI au secret n'y figurent pas"),
    }
}

/// Headline figures side by side.
fn compared(c: &Contexte<'_>, head: &str, titre: &str, lieux: &[&Lieu], named: impl Fn(&Lieu) -> Cellule) -> Tableau {
    let lignes = lieux
        .iter()
        .map(|lieu| {
            let s = c.edition.synthese(lieu);
            vec![
                named(lieu),
                cell(s.logements, Cellule::Nombre),
                cell(s.demandes, Cellule::Nombre),
                cell(s.baux, Cellule::Nombre),
                cell(s.tension, Cellule::Decimal),
                cell(s.delai_median, Cellule::Decimal),
                cell(s.baux_hors_qpv, Cellule::Nombre),
                cell(s.part_q1_hors_qpv, Cellule::Part),
            ]
        })
        .collect();
    Tableau::new(
        titre,
        &[
            head,
            "Logements#",
            "Demandes actives#",
            "Baux signés#",
            "Demandes pour une attribution#",
            "Attente médiane (mois)#",
            "Baux hors QPV#",
            "Premier quartile ou relogés, hors QPV#",
        ],
        lignes,
    )
}

/// A chapter of breakdowns, each a figure where it is told.
fn shares(c: &Contexte<'_>, id: &'static str, titre: &'static str, ventilations: &[&'static str]) -> Result<Chapitre> {
    let mut blocs = Vec::new();
    let (mut secret, mut unknown, mut missing) = (Vec::new(), Vec::new(), None);
    for nom in ventilations {
        let Some(rang) = c.edition.rang(nom) else { continue };
        let ventilation = &c.edition.ventilations[rang];
        match &c.lieu.effectifs[rang] {
            Effectifs::Absent if c.edition.is_given(c.lieu, ventilation) => unknown.push(ventilation.titre.as_str()),
            Effectifs::Absent => missing = Some(Compte::of(c, &ventilation.source).source),
            Effectifs::Secret => secret.push(ventilation.titre.as_str()),
            Effectifs::Dits { detail, comptes } => blocs.extend(share(c, nom, ventilation, *detail, comptes)?),
        }
    }
    if !secret.is_empty() {
        blocs.push(Bloc::note(format!(
            "Non diffusé ici, un groupe au moins étant trop petit : {}.",
            secret.join(" ; ")
        )));
    }
    if !unknown.is_empty() {
        blocs.push(Bloc::note(format!("Non renseigné dans les fichiers : {}.", unknown.join(" ; "))));
    }
    if blocs.is_empty() {
        let why = missing.map_or_else(|| "aucun effectif".to_owned(), |source| format!("{source} non fourni"));
        blocs.push(Bloc::absence(format!("Rien à diffuser : {why}.")));
    }
    Ok(Chapitre::new(id, titre, blocs))
}

/// Name of a breakdown, unlike that of another population.
fn named(ventilation: &Ventilation) -> String {
    format!("{} ({})", ventilation.titre, ventilation.unite)
}

/// One breakdown: bars where its groups share out a whole, a table where they do not.
fn share(
    c: &Contexte<'_>,
    nom: &'static str,
    ventilation: &Ventilation,
    detail: usize,
    comptes: &[i64],
) -> Result<Option<Bloc>> {
    let groupes = &ventilation.detail[detail].groupes;
    let counted: Vec<(&str, i64)> =
        groupes.iter().map(|g| g.nom.as_str()).zip(comptes.iter().copied()).filter(|(_, n)| *n > 0).collect();
    let Some((first, most)) = counted.iter().copied().max_by_key(|(_, n)| *n) else { return Ok(None) };
    if ventilation.par_cellule {
        let lignes = counted.iter().map(|(name, n)| vec![Cellule::texte(*name), Cellule::Nombre(Some(*n))]).collect();
        let heading = format!("{}#", format::capital(&ventilation.unite));
        return Ok(Some(Bloc::Tableau(Tableau::new(&ventilation.titre, &[&ventilation.titre, &heading], lignes))));
    }
    let (barres, lignes): (Vec<Barre>, _) = super::super::revue::shares_of(&counted);
    let whole: i64 = counted.iter().map(|(_, n)| n).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let titre = format!(
        "{}, « {first} » : {} des {}",
        ventilation.titre,
        format::percent(most as f64 / whole as f64),
        ventilation.unite
    );
    let heading = format!("{}#", format::capital(&ventilation.unite));
    let tableau = Tableau::new(named(ventilation), &[&ventilation.titre, &heading, "Part#"], lignes).with_total();
    let dessin = chart::bars(
        &Legende { cle: nom, titre: &titre, alternative: &alternative("Barres", &titre, &tableau) },
        &barres,
        None,
    )?;
    let compte = Compte::of(c, &ventilation.source);
    let coarse = if detail + 1 < ventilation.detail.len() { " ; groupes réunis par le secret" } else { "" };
    Ok(Some(Bloc::Figure(Box::new(Figure {
        cle: nom,
        titre,
        sous_titre: format!("{}, en % et en nombre{coarse}", compte.date),
        dessin,
        lecture: String::new(),
        champ: compte.champ.to_owned(),
        source: compte.source.to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))))
}

/// The legal rules on the whole of the EPCI's lettings, and what they are judged on.
fn rules(c: &Contexte<'_>) -> Result<Chapitre> {
    let mut blocs = Vec::new();
    let own = c.lieu.niveau == Niveau::Epci;
    let mut lignes = Vec::new();
    let lieux = c.edition.lieux.iter().filter(|lieu| lieu.niveau == Niveau::Epci && (!own || lieu.code == c.lieu.code));
    let mut lieux: Vec<&Lieu> = lieux.collect();
    lieux.sort_by_cached_key(|lieu| (format::plain(&lieu.libelle), lieu.code.clone()));
    for lieu in lieux {
        let s = c.edition.synthese(lieu);
        for (regle, titre, numerateur, denominateur, part) in [
            (
                "q1_hors_qpv",
                "Premier quartile ou relogés, hors QPV",
                s.q1_hors_qpv,
                s.baux_hors_qpv,
                s.part_q1_hors_qpv,
            ),
            ("q2_q4_qpv", "Quartiles 2 à 4, en QPV", s.q2_q4_qpv, s.baux_qpv, s.part_q2_q4_qpv),
        ] {
            let of_rule = |v: &&Verdict| v.epci == lieu.code && v.regle == regle;
            let Some(verdict) = c.verdicts.iter().find(of_rule) else { continue };
            let answer = match verdict.verdict.as_str() {
                SECRET => Cellule::Secret,
                "atteint" => Cellule::Reponse(verdict.answer(), Some(true)),
                "non_atteint" => Cellule::Reponse(verdict.answer(), Some(false)),
                _ => Cellule::Reponse(verdict.answer(), None),
            };
            lignes.push(vec![
                Cellule::texte(if own { titre.to_owned() } else { format!("{} — {}", lieu.libelle, titre) }),
                cell(numerateur, Cellule::Nombre),
                cell(denominateur, Cellule::Nombre),
                cell(part, Cellule::Part),
                Cellule::Cible(Some(verdict.cible)),
                answer,
                Cellule::Texte(verdict.shown_status()),
            ]);
        }
    }
    if lignes.is_empty() {
        blocs.push(Bloc::absence("Aucune règle n'est jugée ici."));
    } else {
        blocs.push(Bloc::Tableau(Tableau::new(
            "Règles légales du quartile (CCH L441-1)",
            &["Règle", "Baux concernés#", "Baux du champ#", "Part#", "Cible#", "Verdict", "Statut"],
            lignes,
        )));
        blocs.push(Bloc::note(
            "Les règles propres à chaque bailleur et à chaque réservataire, et les objectifs des conventions, se lisent dans l'édition restreinte, réservée aux membres de la conférence.",
        ));
    }
    let chapter = shares(c, "mixite", "Mixité et publics prioritaires", &["baux_mixite", "baux_priorites"])?;
    blocs.extend(chapter.blocs);
    Ok(Chapitre::new("mixite", chapter.titre, blocs))
}

/// The figures of every commune of an EPCI with something in them.
fn communes(c: &Contexte<'_>) -> Chapitre {
    let mut lieux: Vec<&Lieu> = c
        .edition
        .lieux
        .iter()
        .filter(|lieu| lieu.niveau == Niveau::Commune && lieu.epci.as_deref() == Some(c.lieu.code.as_str()))
        .collect();
    lieux.sort_by_cached_key(|lieu| (format::plain(&lieu.libelle), lieu.code.clone()));
    if lieux.is_empty() {
        return Chapitre::new(
            "communes",
            "Communes",
            vec![Bloc::absence("Aucune commune n'a ni logement, ni demande, ni bail.")],
        );
    }
    let named = |lieu: &Lieu| Cellule::texte(&lieu.libelle);
    let tableau = compared(c, "Commune", "Chiffres clés par commune", &lieux, named);
    Chapitre::new("communes", "Communes", vec![Bloc::Tableau(tableau)])
}

/// How the figures were made, and what keeps the smallest secret.
fn method(c: &Contexte<'_>) -> Chapitre {
    let (plan, edition) = (c.plan, c.edition);
    let seuil = format::integer(edition.seuil);
    let mut blocs = vec![
        Bloc::constat(format!(
            "Un effectif est diffusé s'il est nul, ou d'au moins {seuil}, et si aucune différence entre effectifs diffusés n'en révèle un plus petit."
        )),
        Bloc::note(format!(
            "Ce que l'on retrouve par soustraction, c'est ce qu'un territoire compte en dehors des territoires diffusés qu'il contient : ce reste est lui-même nul ou d'au moins {seuil}, pour chaque groupe de chaque tableau ; sinon, le plus petit de ces territoires n'est pas diffusé non plus. Une ventilation trop fine pour un territoire y est donnée par groupes réunis, ou pas du tout. Une part, un taux ou un délai n'est donné qu'avec les effectifs sur lesquels il porte. Un zéro est un vrai zéro. « s » : secret ; « n.d. » : non disponible, ou sans dénominateur."
        )),
        Bloc::note(format!(
            "{}. Les loyers, les chiffres par bailleur et par réservataire et les objectifs des conventions ne sont pas diffusés.",
            plan.portee()
        )),
    ];
    if c.lieu.niveau == Niveau::Territoire {
        blocs.push(Bloc::Tableau(coverage(edition)));
        blocs.push(Bloc::Tableau(parameters(c.manifeste)));
        blocs.push(Bloc::note(format!("Calculé par {}.", c.manifeste.identite.programme)));
    } else {
        blocs.push(Bloc::note("Les paramètres et leurs sources sont dans la page de l'ensemble du territoire."));
    }
    Chapitre::new("methode", "Méthode et secret statistique", blocs)
}

/// In how many territories each breakdown is told, and in how many it is not.
fn coverage(edition: &Edition) -> Tableau {
    let lignes = edition
        .ventilations
        .iter()
        .enumerate()
        .map(|(rang, ventilation)| {
            let of = |niveau: Niveau, told: bool| {
                let kept = edition.lieux.iter().filter(|lieu| lieu.niveau == niveau).filter(|lieu| {
                    match &lieu.effectifs[rang] {
                        Effectifs::Dits { comptes, .. } => told && comptes.iter().any(|n| *n > 0),
                        Effectifs::Secret => !told,
                        Effectifs::Absent => false,
                    }
                });
                Cellule::Nombre(i64::try_from(kept.count()).ok())
            };
            vec![
                Cellule::Texte(named(ventilation)),
                of(Niveau::Epci, true),
                of(Niveau::Epci, false),
                of(Niveau::Commune, true),
                of(Niveau::Commune, false),
            ]
        })
        .collect();
    Tableau::new(
        "Ce qui est diffusé",
        &["Tableau", "EPCI diffusés#", "EPCI secrets#", "Communes diffusées#", "Communes secrètes#"],
        lignes,
    )
}
