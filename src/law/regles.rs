//! Rules in force: the legal ones of `reference/regles.toml` and the project's targets, in one shape.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Statut;
use super::seuils::{SeuilsDeLAnnee, Situation};
use crate::diagnostic::Diagnostic;
use crate::error::Result;
use crate::format;
use crate::project::{Objectif, Plan};
use crate::reference::{Confiance, Geographie, Parametres, Resources, toml_date, toml_file, toml_interval};

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
    /// Dated parameter that holds the target, a fraction of 1.
    pub taux: String,
    /// A convention may set a lower target while the parameter `cia_module_le_taux` says so.
    #[serde(default)]
    pub modulable: bool,
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

    /// Whether the rule applies on a day.
    #[must_use]
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.effectif[0] <= day && day <= self.effectif[1]
    }

    /// Whether a target is about the same lettings and the same households as this rule.
    fn meets(&self, objectif: &Objectif) -> bool {
        let same_public =
            objectif.public == self.public || (self.public == "q1_ou_relogement" && objectif.public == "q1");
        same_public && objectif.zone == self.zone && objectif.metrique == "part"
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
    /// ensemble, or moyenne of the actors' rates.
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
    /// What the reader must know besides: a stale value, a target against the law.
    pub alerte: Option<String>,
}

/// What the rules of a year are made from.
#[derive(Debug)]
pub struct Droit<'a> {
    /// The project.
    pub plan: &'a Plan,
    /// Geography.
    pub geographie: &'a Geographie,
    /// Amounts.
    pub seuils: &'a SeuilsDeLAnnee,
    /// Dated parameters.
    pub parametres: &'a Parametres,
}

/// Every rule in force on 31 December of the year under review, for the EPCI of the perimeter, in a stable order, and
/// what must be said of them.
///
/// # Errors
/// When the embedded rules cannot be read, or a parameter they need has no value that day.
pub fn rules_for(droit: &Droit<'_>) -> Result<(Vec<Regle>, Vec<Diagnostic>)> {
    let Droit { plan, geographie, .. } = droit;
    let last_day = NaiveDate::from_ymd_opt(plan.millesime, 12, 31).unwrap_or(NaiveDate::MAX);
    let epcis = geographie.reached(plan.communes.as_ref());
    let legal: Vec<RegleLegale> =
        RegleLegale::load(&plan.resources())?.into_iter().filter(|r| r.in_force(last_day)).collect();
    let targets: Vec<&Objectif> =
        plan.objectifs.iter().filter(|o| o.debut <= last_day && o.fin.is_none_or(|end| last_day <= end)).collect();
    let mut notes = Vec::new();
    let mut rules = Vec::new();
    for epci in epcis.keys() {
        for rule in &legal {
            rules.push(droit.legal_row(rule, epci, &targets, last_day)?);
        }
    }
    for objectif in plan.objectifs.iter().filter(|o| epcis.contains_key(o.epci.as_str())) {
        if let Some(dates) = out_of_force(objectif, last_day) {
            notes.push(Diagnostic::anomalie(
                "B0362",
                format!("objectif « {} » de {} : {dates}", objectif.id, geographie.epci_name(&objectif.epci)),
                "vérifiez ses dates, ou ajoutez l'objectif qui lui succède",
            ));
        }
    }
    for own in plan.seuils.iter().filter(|own| epcis.contains_key(own.epci.as_str())) {
        if let Some(doute) = droit.seuils.doubt(own.millesime, &own.epci) {
            notes.push(Diagnostic::anomalie(
                "B0363",
                format!("{} en {} : {doute}", geographie.epci_name(&own.epci), own.millesime),
                "le montant du projet sert ; vérifiez qu'il est en euros par unité de consommation et par an, ou retirez-le",
            ));
        }
    }
    for objectif in targets.into_iter().filter(|o| epcis.contains_key(o.epci.as_str())) {
        let row = droit.target_row(objectif, &legal, last_day)?;
        if let Some(against) = droit.against(objectif, &legal, last_day)? {
            notes.push(Diagnostic::anomalie(
                "B0302",
                format!("objectif « {} » de {} : {against}", objectif.id, row.libelle),
                "l'objectif est jugé tel quel, à côté de la règle légale ; vérifiez la convention",
            ));
        }
        rules.push(row);
    }
    for row in &mut rules {
        let (within, all) = match (row.secteur.as_str(), &plan.communes) {
            ("ensemble", _) => epcis.get(row.epci.as_str()).copied().unwrap_or_default(),
            (_, None) => continue,
            (sector, Some(set)) => (sector.split('|').filter(|c| set.contains(*c)).count(), sector.split('|').count()),
        };
        if within < all {
            let communes = format::count(i64::try_from(within).unwrap_or(i64::MAX), "commune", "communes");
            row.warn(&format!("jugé sur la seule part dans le périmètre, {communes} sur {all}"));
        }
    }
    let freeze = droit.parametres.day_after("gel_des_donnees", plan.millesime)?;
    if plan.extraction_donnee && plan.date_extraction < freeze {
        let day = |d: NaiveDate| d.format("%d/%m/%Y").to_string();
        for row in &mut rules {
            row.weaken(Statut::Provisoire);
            row.warn(&format!(
                "extraction du {}, avant le gel des données ({})",
                day(plan.date_extraction),
                day(freeze)
            ));
        }
    }
    Ok((rules, notes))
}

impl Droit<'_> {
    fn legal_row(&self, rule: &RegleLegale, epci: &str, targets: &[&Objectif], last_day: NaiveDate) -> Result<Regle> {
        let taux = self.parametres.at(&rule.taux, last_day)?;
        let (acteur_type, acteur) = actor(&rule.acteur);
        let assumed = rule.statut == Confiance::Assumed || taux.statut == Confiance::Assumed;
        let mut row = Regle {
            regle: rule.id.clone(),
            base: "loi".to_owned(),
            epci: epci.to_owned(),
            libelle: self.geographie.epci_name(epci).to_owned(),
            zone: rule.zone.clone(),
            secteur: "ensemble".to_owned(),
            agregation: "ensemble".to_owned(),
            public: rule.public.clone(),
            acteur_type,
            acteur,
            contingent: rule.reservataire.clone(),
            metrique: "part".to_owned(),
            operateur: rule.operateur.clone(),
            cible: self.parametres.number(&rule.taux, last_day)?,
            blocage: None,
            motif: None,
            statut: if assumed { Statut::Hypothese } else { Statut::Definitif },
            reference: rule.reference.clone(),
            seuil_q1: None,
            millesime_seuil: None,
            alerte: None,
        };
        if rule.modulable && self.parametres.flag("cia_module_le_taux", last_day)? {
            row.take_lower_rate(rule, targets);
        }
        for verifie_le in [rule.verifie_le, taux.verifie_le] {
            if self.parametres.is_stale(verifie_le, self.plan.date_extraction)? {
                row.warn(&format!("règle relue le {}, à revérifier", verifie_le.format("%d/%m/%Y")));
                break;
            }
        }
        if rule.champ == "arrete" {
            self.rest_on_amount(&mut row)?;
        }
        Ok(row)
    }

    /// Takes the EPCI's amount, and says so when its order has not been read for too long.
    fn rest_on_amount(&self, row: &mut Regle) -> Result<()> {
        let situation = self.seuils.situation(&row.epci);
        row.rest_on(&situation);
        let Situation::Seuil(seuil) = &situation else { return Ok(()) };
        if let Some(doute) = self.seuils.doubt(seuil.millesime, &row.epci) {
            row.warn(&doute);
        }
        if let Some(verifie_le) = seuil.verifie_le
            && self.parametres.is_stale(verifie_le, self.plan.date_extraction)?
        {
            row.warn(&format!("montant relu le {}, à revérifier", verifie_le.format("%d/%m/%Y")));
        }
        Ok(())
    }

    /// What the law says against a target on the same lettings and the same households.
    fn against(&self, objectif: &Objectif, legal: &[RegleLegale], last_day: NaiveDate) -> Result<Option<String>> {
        for rule in legal.iter().filter(|r| r.meets(objectif)) {
            let legal_rate = self.parametres.number(&rule.taux, last_day)?;
            let lawful_lower = rule.modulable && self.parametres.flag("cia_module_le_taux", last_day)?;
            let percent = format::target_percent(legal_rate);
            if objectif.operateur == "<=" && objectif.cible < legal_rate {
                return Ok(Some(format!("plafond contraire à la loi, qui demande au moins {percent}")));
            }
            if objectif.operateur == ">=" && objectif.cible < legal_rate && !lawful_lower {
                return Ok(Some(format!("inférieur au taux légal de {percent}, qui seul oblige")));
            }
        }
        Ok(None)
    }

    fn target_row(&self, objectif: &Objectif, legal: &[RegleLegale], last_day: NaiveDate) -> Result<Regle> {
        let (acteur_type, mut acteur) = actor(&objectif.acteur);
        if objectif.agregation == "moyenne" {
            acteur = Some("tous".to_owned());
        }
        let communes: Vec<&str> = objectif.communes.iter().map(String::as_str).collect();
        let mut row = Regle {
            regle: objectif.id.clone(),
            base: objectif.base.clone(),
            epci: objectif.epci.clone(),
            libelle: self.geographie.epci_name(&objectif.epci).to_owned(),
            zone: objectif.zone.clone(),
            secteur: if communes.is_empty() { "ensemble".to_owned() } else { communes.join("|") },
            agregation: objectif.agregation.clone(),
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
            alerte: None,
        };
        if let Some(against) = self.against(objectif, legal, last_day)? {
            row.warn(&against);
        }
        if ["q1", "q1_ou_relogement", "q2_q4"].contains(&objectif.public.as_str()) {
            self.rest_on_amount(&mut row)?;
            // A target signed outside the order's scope is no legal rule: it lacks an amount, it is not out of scope.
            if row.blocage == Some("hors_champ") {
                row.blocage = Some("non_evaluable");
            }
        }
        Ok(row)
    }
}

/// Why a target is not judged on that day, or may not be the one that was signed.
fn out_of_force(objectif: &Objectif, last_day: NaiveDate) -> Option<String> {
    let day = |d: NaiveDate| d.format("%d/%m/%Y").to_string();
    match (objectif.fin, objectif.signature) {
        (Some(fin), _) if fin < last_day => {
            Some(format!("fini le {}, il n'est pas jugé au {}", day(fin), day(last_day)))
        }
        _ if objectif.debut > last_day => {
            Some(format!("il commence le {} et n'est pas jugé au {}", day(objectif.debut), day(last_day)))
        }
        (_, Some(signed)) if signed > last_day => {
            Some(format!("jugé au {}, il est dit signé le {}", day(last_day), day(signed)))
        }
        _ => None,
    }
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
                self.weaken(seuil.statut);
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

    /// Before ELAN, a lower rate of the EPCI's convention replaced the legal one.
    fn take_lower_rate(&mut self, rule: &RegleLegale, targets: &[&Objectif]) {
        let lower = targets
            .iter()
            .filter(|o| o.epci == self.epci && o.base == "cia" && o.acteur == "tous" && o.communes.is_empty())
            .filter(|o| rule.meets(o) && o.operateur == rule.operateur && o.cible < self.cible)
            .map(|o| o.cible)
            .reduce(f64::min);
        if let Some(lower) = lower {
            let percent = |x: f64| format::target_percent(x);
            self.warn(&format!(
                "taux de la convention ({}) au lieu de {} : elle pouvait le moduler jusqu'à la loi ELAN",
                percent(lower),
                percent(self.cible)
            ));
            self.cible = lower;
        }
    }

    /// A verdict is worth what its weakest value is.
    fn weaken(&mut self, statut: Statut) {
        self.statut = self.statut.max(statut);
    }

    fn warn(&mut self, text: &str) {
        self.alerte = Some(match &self.alerte {
            Some(before) => format!("{before} ; {text}"),
            None => text.to_owned(),
        });
    }
}
