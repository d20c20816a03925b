//! Verdicts as a reader meets them: in the terminal and on the pages, in the same words.

use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
use serde::Serialize;

use crate::engine::Table;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::resultats::INDICATEURS;

/// A row of `verdicts`.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// SIREN of the EPCI.
    pub epci: String,
    /// Name of the EPCI.
    pub libelle: String,
    /// Rule.
    pub regle: String,
    /// loi, cia…
    pub base: String,
    /// Zone.
    pub zone: String,
    /// Sector.
    pub secteur: String,
    /// Public.
    pub public: String,
    /// Kind of actor.
    pub acteur_type: String,
    /// Actor.
    pub acteur: String,
    /// part or nombre.
    pub metrique: String,
    /// Operator.
    pub operateur: String,
    /// Target.
    pub cible: f64,
    /// Lettings to the public.
    pub numerateur: Option<i64>,
    /// Lettings in scope.
    pub denominateur: Option<i64>,
    /// Result.
    pub resultat: Option<f64>,
    /// Lettings missing.
    pub manque: Option<i64>,
    /// Lettings ahead.
    pub avance: Option<i64>,
    /// atteint, non_atteint, non_evaluable, hors_champ.
    pub verdict: String,
    /// definitif, provisoire, hypothese.
    pub statut: String,
    /// Texts.
    pub reference: String,
    /// Why it is not judged.
    pub motif: Option<String>,
    /// What must be known besides.
    pub alerte: Option<String>,
    /// ensemble or moyenne.
    pub agregation: String,
    /// Amount used.
    pub seuil_q1: Option<i64>,
    /// Year of the amount used.
    pub millesime_seuil: Option<i64>,
}

/// Reads the verdicts of the last run.
///
/// # Errors
/// [`Error::Usage`] when there are none.
pub fn load_verdicts(plan: &Plan) -> Result<Vec<Verdict>> {
    let path = plan.sortie.join(INDICATEURS).join("verdicts.parquet");
    if !path.is_file() {
        return Err(Error::usage(
            "B0401",
            format!("aucun résultat dans « {} »", plan.sortie.display()),
            "lancez d'abord `bilan run` sur ce projet",
        ));
    }
    let batch = Table::read(&path, "verdicts")?.single()?;
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| Error::outdated("verdicts", name));
    let text = |name: &str| -> Result<Vec<String>> {
        Ok(column(name)?.as_string::<i32>().iter().map(|v| v.unwrap_or_default().to_owned()).collect())
    };
    let integer =
        |name: &str| -> Result<Vec<Option<i64>>> { Ok(column(name)?.as_primitive::<Int64Type>().iter().collect()) };
    let small = |name: &str| -> Result<Vec<Option<i64>>> {
        Ok(column(name)?.as_primitive::<Int32Type>().iter().map(|v| v.map(i64::from)).collect())
    };
    let real =
        |name: &str| -> Result<Vec<Option<f64>>> { Ok(column(name)?.as_primitive::<Float64Type>().iter().collect()) };
    let (epci, libelle, regle, base, zone) =
        (text("epci")?, text("libelle")?, text("regle")?, text("base")?, text("zone")?);
    let (secteur, public, acteur_type, acteur) =
        (text("secteur")?, text("public")?, text("acteur_type")?, text("acteur")?);
    let (metrique, operateur, verdict, statut) =
        (text("metrique")?, text("operateur")?, text("verdict")?, text("statut")?);
    let (reference, motif, alerte, agregation) =
        (text("reference")?, text("motif")?, text("alerte")?, text("agregation")?);
    let (numerateur, denominateur) = (integer("numerateur")?, integer("denominateur")?);
    let (manque, avance) = (integer("manque")?, integer("avance")?);
    let (cible, resultat) = (real("cible")?, real("resultat")?);
    let (seuil_q1, millesime_seuil) = (small("seuil_q1")?, small("millesime_seuil")?);
    Ok((0..batch.num_rows())
        .map(|i| Verdict {
            epci: epci[i].clone(),
            libelle: libelle[i].clone(),
            regle: regle[i].clone(),
            base: base[i].clone(),
            zone: zone[i].clone(),
            secteur: secteur[i].clone(),
            public: public[i].clone(),
            acteur_type: acteur_type[i].clone(),
            acteur: acteur[i].clone(),
            metrique: metrique[i].clone(),
            operateur: operateur[i].clone(),
            cible: cible[i].unwrap_or(0.0),
            numerateur: numerateur[i],
            denominateur: denominateur[i],
            resultat: resultat[i],
            manque: manque[i],
            avance: avance[i],
            verdict: verdict[i].clone(),
            statut: statut[i].clone(),
            reference: reference[i].clone(),
            motif: Some(motif[i].clone()).filter(|m| !m.is_empty()),
            alerte: Some(alerte[i].clone()).filter(|a| !a.is_empty()),
            agregation: agregation[i].clone(),
            seuil_q1: seuil_q1[i],
            millesime_seuil: millesime_seuil[i],
        })
        .collect())
}

/// The words of a public, after "au" or "aux" is taken care of.
#[must_use]
pub fn public_words(public: &str) -> &'static str {
    match public {
        "q1" => "premier quartile",
        "q1_ou_relogement" => "premier quartile ou relogés",
        "q2_q4" => "quartiles 2 à 4",
        "dalo" => "DALO",
        "prioritaire" => "publics prioritaires",
        "relogement" => "relogés",
        "mutation" => "mutations",
        _ => "public",
    }
}

/// The words of a zone.
#[must_use]
pub fn zone_words(zone: &str) -> &'static str {
    match zone {
        "hors_qpv" => "hors QPV",
        "qpv" => "en QPV",
        "inconnue" => "zone inconnue",
        _ => "toutes zones",
    }
}

/// The words of a réservataire's code.
#[must_use]
pub fn holder_words(code: &str) -> &str {
    match code {
        "COLTER" => "Collectivités",
        "COLACT" => "Action Logement",
        "PPRIOR" => "Préfet, prioritaires",
        "PFONCT" => "Préfet, fonctionnaires",
        "AUTRES" => "Autres réservataires",
        "AUCUN" => "Hors contingent",
        "inconnu" => "Inconnu",
        "ensemble" => "Ensemble",
        other => other,
    }
}

/// Whether the code of a réservataire names somebody: neither a dwelling that is not reserved nor what is not known.
#[must_use]
pub(super) fn is_holder(code: &str) -> bool {
    !matches!(code, "AUCUN" | "inconnu" | "ensemble" | "")
}

/// Status of a verdict that rests on nothing supposed or provisional.
const DEFINITIF: &str = "definitif";

impl Verdict {
    /// The legal rule on the first quartile outside priority neighbourhoods (CCH L441-1).
    #[must_use]
    pub fn is_legal_q1(&self) -> bool {
        self.regle == "q1_hors_qpv" && self.base == "loi"
    }

    /// The rule is missed.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.verdict == "non_atteint"
    }

    /// Shown in the short table: every EPCI-wide rule that applies, and each holder's; landlords are in the pages.
    #[must_use]
    pub fn is_worth_a_line(&self) -> bool {
        (self.acteur_type != "bailleur" || self.agregation == "moyenne") && self.verdict != "hors_champ"
    }

    /// A short name of the rule.
    #[must_use]
    pub fn short_title(&self) -> String {
        let rule = match self.public.as_str() {
            "q1" => "Q1 strict".to_owned(),
            "q1_ou_relogement" => "Q1".to_owned(),
            "q2_q4" => "Q2 à Q4".to_owned(),
            "prioritaire" => "Prioritaires".to_owned(),
            other => format::capital(public_words(other)),
        };
        let zone = if self.zone == "ensemble" { String::new() } else { format!(" {}", zone_words(&self.zone)) };
        let sector = if self.secteur == "ensemble" { "" } else { ", secteur" };
        let base = match self.base.as_str() {
            "loi" => String::new(),
            "cia" => " (CIA)".to_owned(),
            "avenant" => " (avenant)".to_owned(),
            _ => " (document cadre)".to_owned(),
        };
        let actor = match self.acteur_type.as_str() {
            "epci" => String::new(),
            "reservataire" if self.agregation == "moyenne" => ", moyenne des parts des réservataires".to_owned(),
            "reservataire" => format!(", {}", holder_words(&self.acteur)),
            "bailleur" if self.agregation == "moyenne" => ", moyenne des parts des bailleurs".to_owned(),
            _ => format!(", bailleur {}", self.acteur),
        };
        format!("{rule}{zone}{sector}{actor}{base}")
    }

    /// The result in figures.
    #[must_use]
    pub fn shown_result(&self) -> String {
        match (self.resultat, self.metrique.as_str()) {
            (None, _) => format::NONE.to_owned(),
            (Some(x), "part") => format::percent(x),
            (Some(_), _) => self.numerateur.map_or_else(|| format::NONE.to_owned(), format::integer),
        }
    }

    /// The target in figures, with its direction when it is a ceiling.
    #[must_use]
    pub fn shown_target(&self) -> String {
        let value =
            if self.metrique == "part" { format::target_percent(self.cible) } else { format::decimal(self.cible, 0) };
        if self.operateur == "<=" { format!("≤ {value}") } else { value }
    }

    /// The answer in words: kept, or by how many lettings it is missed.
    #[must_use]
    pub fn answer(&self) -> String {
        let short = self.manque.unwrap_or(0);
        match (self.verdict.as_str(), self.operateur.as_str()) {
            ("atteint", _) => "✓ atteint".to_owned(),
            ("non_atteint", _) if self.manque.is_none() => "✗ non atteint".to_owned(),
            ("non_atteint", "<=") => format!("✗ {} de trop", format::count(short, "bail", "baux")),
            ("non_atteint", _) => {
                format!("✗ il manque {}", format::count(short, "bail", "baux"))
            }
            ("hors_champ", _) => "hors champ".to_owned(),
            _ => "non évaluable".to_owned(),
        }
    }

    /// The answer with what is left before the rule would be missed, where it is kept.
    #[must_use]
    pub fn answer_with_margin(&self) -> String {
        match self.distance() {
            Some(d) if self.verdict == "atteint" && d >= 0 => format!("✓ {}", self.distance_words()),
            _ => self.answer(),
        }
    }

    /// Lettings ahead of the target, or missing when negative; none where nothing is judged, or a mean is.
    #[must_use]
    pub fn distance(&self) -> Option<i64> {
        match self.manque? {
            0 => self.avance,
            missing => Some(-missing),
        }
    }

    /// That distance in words.
    #[must_use]
    pub fn distance_words(&self) -> String {
        match (self.distance(), self.operateur.as_str()) {
            (None, _) => format::NONE.to_owned(),
            (Some(0), _) => "juste atteint".to_owned(),
            (Some(d), ">=") if d > 0 => format!("{} d'avance", format::count(d, "bail", "baux")),
            (Some(d), _) if d > 0 => format!("encore {}", format::count(d, "bail possible", "baux possibles")),
            (Some(d), ">=") => format!("il manque {}", format::count(-d, "bail", "baux")),
            (Some(d), _) => format!("{} de trop", format::count(-d, "bail", "baux")),
        }
    }

    /// What the verdict rests on, and what must be known besides.
    #[must_use]
    pub fn shown_status(&self) -> String {
        let status = match (self.statut.as_str(), &self.motif) {
            (_, Some(motif)) => motif.clone(),
            (DEFINITIF, _) => "définitif".to_owned(),
            ("provisoire", _) => match self.millesime_seuil {
                Some(year) => format!("provisoire, montant de {year}"),
                None => "provisoire".to_owned(),
            },
            _ => "hypothèse : une valeur supposée".to_owned(),
        };
        self.alerte.as_ref().map_or(status.clone(), |alerte| format!("{status} ; {alerte}"))
    }

    /// What a sentence about the result must add, where the verdict is not definitive or something must be known besides.
    #[must_use]
    pub fn reserve(&self) -> Option<String> {
        if self.statut == DEFINITIF { self.alerte.clone() } else { Some(self.shown_status()) }
    }
}
