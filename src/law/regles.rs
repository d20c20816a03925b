//! Rules in force: the legal ones of `reference/regles.toml` and the project's targets, in one shape.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Statut;
use super::seuils::{SeuilsDeLAnnee, Situation, toml_date, toml_interval};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::project::{Objectif, Plan};
use crate::reference::{Confiance, Geographie, Resources, toml_file};

/// A legal rule as data.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RegleLegale {
    /// Identifier in the table of verdicts.
    pub id: String,
    /// Title.
    pub titre: String,
    /// The question it answers.
    pub question: String,
    /// First and last day in force.
    #[serde(deserialize_with = "toml_interval")]
    pub effectif: [NaiveDate; 2],
    /// hors_qpv, qpv or ensemble.
    pub zone: String,
    /// Whom the rule is about.
    pub public: String,
    /// epci, chaque_bailleur, or reservataire:CODE.
    pub acteur: String,
    /// Holder whose lettings alone count.
    #[serde(default)]
    pub reservataire: Option<String>,
    /// arrete: only EPCI of the yearly order; tous: every EPCI.
    pub champ: String,
    /// `>=` or `<=`.
    pub operateur: String,
    /// A fraction of 1.
    pub cible: f64,
    /// Article and texts.
    pub reference: String,
    /// Trust.
    pub statut: Confiance,
    /// Day of the last check.
    #[serde(deserialize_with = "toml_date")]
    pub verifie_le: NaiveDate,
    /// Remark.
    #[serde(default)]
    pub note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Regles {
    regle: Vec<RegleLegale>,
}

impl RegleLegale {
    /// Loads the legal rules.
    ///
    /// # Errors
    /// When the file does not hold what it must.
    pub fn load(resources: &Resources) -> Result<Vec<Self>> {
        Ok(toml_file::<Regles>(resources, "reference/regles.toml")?.regle)
    }
}

/// A row of the table `regles`: one rule for one EPCI; `acteur` absent means each actor of that type.
#[derive(Debug, Clone, PartialEq)]
pub struct Regle {
    /// Identifier.
    pub regle: String,
    /// loi, cia, document_cadre or avenant.
    pub base: String,
    /// SIREN of the EPCI.
    pub epci: String,
    /// Name of the EPCI.
    pub libelle: String,
    /// Zone of the lettings.
    pub zone: String,
    /// Communes joined by `|`, or `ensemble`.
    pub secteur: String,
    /// How actors are put together.
    pub agregation: String,
    /// Public.
    pub public: String,
    /// epci, bailleur or reservataire.
    pub acteur_type: String,
    /// The actor, or each of them.
    pub acteur: Option<String>,
    /// Holder whose lettings alone count.
    pub contingent: Option<String>,
    /// part or nombre.
    pub metrique: String,
    /// `>=` or `<=`.
    pub operateur: String,
    /// Target.
    pub cible: f64,
    /// hors_champ or non_evaluable, when the rule cannot be judged whatever the lettings.
    pub blocage: Option<&'static str>,
    /// Why.
    pub motif: Option<String>,
    /// What the verdict rests on.
    pub statut: Statut,
    /// Article, order, page.
    pub reference: String,
    /// Amount used.
    pub seuil_q1: Option<i64>,
    /// Year of the amount used.
    pub millesime_seuil: Option<i32>,
}

/// Every rule in force on 31 December of the year under review, for the EPCI of the perimeter, in a stable order.
///
/// # Errors
/// When the embedded rules cannot be read.
pub fn rules_for(
    plan: &Plan,
    geographie: &Geographie,
    seuils: &SeuilsDeLAnnee,
) -> Result<(Vec<Regle>, Vec<Diagnostic>)> {
    let last_day = NaiveDate::from_ymd_opt(plan.millesime, 12, 31).unwrap_or(NaiveDate::MAX);
    let mut notes = Vec::new();
    let mut rules = Vec::new();
    let epcis: std::collections::BTreeSet<&str> = geographie
        .communes()
        .filter(|c| plan.communes.as_ref().is_none_or(|set| set.contains(&c.code)))
        .map(|c| c.epci.as_str())
        .collect();
    let legal = RegleLegale::load(&plan.resources())?;
    for epci in &epcis {
        let situation = seuils.situation(epci);
        for rule in legal.iter().filter(|r| r.effectif[0] <= last_day && last_day <= r.effectif[1]) {
            let (acteur_type, acteur) = actor(&rule.acteur);
            let mut row = Regle {
                regle: rule.id.clone(),
                base: "loi".to_owned(),
                epci: (*epci).to_owned(),
                libelle: geographie.epci_name(epci).to_owned(),
                zone: rule.zone.clone(),
                secteur: "ensemble".to_owned(),
                agregation: "ensemble".to_owned(),
                public: rule.public.clone(),
                acteur_type,
                acteur,
                contingent: rule.reservataire.clone(),
                metrique: "part".to_owned(),
                operateur: rule.operateur.clone(),
                cible: rule.cible,
                blocage: None,
                motif: None,
                statut: if rule.statut == Confiance::Assumed { Statut::Hypothese } else { Statut::Definitif },
                reference: rule.reference.clone(),
                seuil_q1: None,
                millesime_seuil: None,
            };
            if rule.champ == "arrete" {
                row.rest_on(&situation);
            }
            rules.push(row);
        }
    }
    for objectif in &plan.objectifs {
        if !epcis.contains(objectif.epci.as_str()) {
            notes.push(Diagnostic::anomalie(
                "B0301",
                format!("objectif « {} » : l'EPCI {} est hors du périmètre", objectif.id, objectif.epci),
                "élargissez le périmètre, ou retirez cet objectif",
            ));
            continue;
        }
        let in_force = objectif.debut <= last_day && objectif.fin.is_none_or(|end| last_day <= end);
        if in_force {
            rules.push(target(objectif, geographie, seuils));
        }
    }
    Ok((rules, notes))
}

fn target(objectif: &Objectif, geographie: &Geographie, seuils: &SeuilsDeLAnnee) -> Regle {
    let (acteur_type, acteur) = actor(&objectif.acteur);
    let communes: Vec<&str> = objectif.communes.iter().map(String::as_str).collect();
    let mut row = Regle {
        regle: objectif.id.clone(),
        base: objectif.base.clone(),
        epci: objectif.epci.clone(),
        libelle: geographie.epci_name(&objectif.epci).to_owned(),
        zone: objectif.zone.clone(),
        secteur: if communes.is_empty() { "ensemble".to_owned() } else { communes.join("|") },
        agregation: "ensemble".to_owned(),
        public: objectif.public.clone(),
        acteur_type,
        acteur,
        contingent: None,
        metrique: objectif.metrique.clone(),
        operateur: objectif.operateur.clone(),
        cible: objectif.cible,
        blocage: None,
        motif: None,
        statut: Statut::Definitif,
        reference: objectif.reference.clone(),
        seuil_q1: None,
        millesime_seuil: None,
    };
    if ["q1", "q1_ou_relogement", "q2_q4"].contains(&objectif.public.as_str()) {
        row.rest_on(&seuils.situation(&objectif.epci));
        // A target signed outside the order's scope is no legal rule: it lacks an amount, it is not out of scope.
        if row.blocage == Some("hors_champ") {
            row.blocage = Some("non_evaluable");
        }
    }
    row
}

fn actor(acteur: &str) -> (String, Option<String>) {
    match acteur.split_once(':') {
        Some((kind, name)) => (kind.to_owned(), Some(name.to_owned())),
        None if acteur == "chaque_bailleur" => ("bailleur".to_owned(), None),
        None if acteur == "chaque_reservataire" => ("reservataire".to_owned(), None),
        None => ("epci".to_owned(), Some("tous".to_owned())),
    }
}

impl Regle {
    /// Takes the amount the rule needs, or says why it cannot be judged.
    fn rest_on(&mut self, situation: &Situation) {
        match situation {
            Situation::Seuil(seuil) => {
                self.seuil_q1 = Some(seuil.q1);
                self.millesime_seuil = Some(seuil.millesime);
                if self.statut == Statut::Definitif {
                    self.statut = seuil.statut;
                }
                let separator = if self.reference.is_empty() { "" } else { " ; " };
                self.reference = format!("{}{separator}{}", self.reference, seuil.reference);
            }
            Situation::HorsChamp(motif) => {
                self.blocage = Some("hors_champ");
                self.motif = Some(motif.clone());
            }
            Situation::SansSeuil(motif) => {
                self.blocage = Some("non_evaluable");
                self.motif = Some(motif.clone());
            }
        }
    }
}
