//! What `bilan.toml` says, resolved: defaults filled in, codes checked against the geography, files found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{Datelike, NaiveDate};

use super::{
    Confirmation, DelaiAnormal, Objectif, PROJECT_FILE, PUBLICS, ParcSocial, Plan, Priorite, SeuilProjet, SourcePlan,
    TypologieDemande, Zone, fichier,
};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::format;
use crate::reference::{GRAND_PARIS, Geographie, Niveau, Nomenclatures, Resources, TYPOLOGIES, plages};

/// Years of law, from the first in which the quarter binds (loi 2017-86).
const ANNEES: std::ops::RangeInclusive<i32> = 2017..=2100;
/// Years of a source: RPLS was first taken at 1 January 2011.
const ANNEES_SOURCE: std::ops::RangeInclusive<i32> = 2011..=2100;
const ZONES: [&str; 3] = ["hors_qpv", "qpv", "ensemble"];
const BASES: [&str; 3] = ["cia", "document_cadre", "avenant"];
/// List of the codes of holders of reservation rights.
const RESERVATAIRES: &str = "type_reservataire";

/// Resolves what was written; the notes are what is to be said of it.
///
/// # Errors
/// [`Error::Usage`] with the diagnostic of the first value that cannot be used.
pub(super) fn resolve(
    racine: &Path,
    geographie: &Geographie,
    written: fichier::Fichier,
    sortie: Option<&Path>,
) -> Result<(Plan, Vec<Diagnostic>)> {
    Resolver { racine, geographie, notes: Vec::new() }.resolve(written, sortie)
}

struct Resolver<'a> {
    racine: &'a Path,
    geographie: &'a Geographie,
    notes: Vec<Diagnostic>,
}

impl Resolver<'_> {
    fn resolve(mut self, written: fichier::Fichier, sortie: Option<&Path>) -> Result<(Plan, Vec<Diagnostic>)> {
        let bilan = written.bilan;
        if !ANNEES.contains(&bilan.millesime) {
            return Err(invalid(
                "millesime",
                &bilan.millesime.to_string(),
                "une année à partir de 2017, première année de la loi",
            ));
        }
        let communes = self.perimeter(&bilan)?;
        for epci in &bilan.epci_sans_qpv {
            self.check_epci(epci, "epci_sans_qpv")?;
        }
        let parc_social = match bilan.parc_social.as_deref() {
            None | Some("tous_logements") => ParcSocial::TousLogements,
            Some("ministere") => ParcSocial::Ministere,
            Some(other) => return Err(invalid("parc_social", other, "tous_logements ou ministere")),
        };
        let typologie_demande = match bilan.typologie_demande.as_deref() {
            None | Some("premiere") => TypologieDemande::Premiere,
            Some("cible") => TypologieDemande::Cible,
            Some(other) => return Err(invalid("typologie_demande", other, "premiere ou cible")),
        };
        let diffusion_prioritaire = match bilan.diffusion_prioritaire.as_deref() {
            None | Some("epci") => Priorite::Epci,
            Some("departement") => Priorite::Departement,
            Some(other) => return Err(invalid("diffusion_prioritaire", other, "epci ou departement")),
        };
        if let Some(n) = bilan.seuil_diffusion.filter(|n| !(2..=10_000).contains(n)) {
            return Err(invalid("seuil_diffusion", &n.to_string(), "un nombre de ménages, de 2 à 10 000"));
        }
        let last_day = NaiveDate::from_ymd_opt(bilan.millesime, 12, 31)
            .ok_or_else(|| invalid("millesime", &bilan.millesime.to_string(), "une année"))?;
        if let Some(day) = bilan.date_extraction.filter(|day| day.year() < bilan.millesime) {
            return Err(invalid(
                "date_extraction",
                &day.to_string(),
                &format!("le jour où les fichiers furent tirés du registre, en {} ou après", bilan.millesime),
            ));
        }
        let sources = self.sources(written.source, bilan.millesime)?;
        let objectifs = self.objectifs(written.objectif, bilan.millesime)?;
        let mut seuils = Vec::new();
        let mut seen = BTreeSet::new();
        for s in written.seuil_q1 {
            self.check_epci(&s.epci, "seuil_q1.epci")?;
            if !ANNEES.contains(&s.millesime) {
                return Err(invalid("seuil_q1.millesime", &s.millesime.to_string(), "une année à partir de 2017"));
            }
            let ordered =
                s.q2.is_none_or(|q2| q2 >= s.montant) && s.q3.is_none_or(|q3| s.q2.is_some_and(|q2| q3 >= q2));
            if s.montant <= 0 || !ordered {
                return Err(invalid(
                    "seuil_q1.montant",
                    &s.montant.to_string(),
                    "des euros par UC et par an, q1 ≤ q2 ≤ q3",
                ));
            }
            if !seen.insert((s.epci.clone(), s.millesime)) {
                return Err(invalid("seuil_q1", &s.epci, "un seul montant par EPCI et par millésime"));
            }
            let (epci, millesime, montant) = (s.epci, s.millesime, s.montant);
            seuils.push(SeuilProjet { epci, millesime, montant, q2: s.q2, q3: s.q3, reference: s.reference });
        }
        let mut delais_anormaux: Vec<DelaiAnormal> = Vec::new();
        let mut seen = BTreeSet::new();
        for d in written.delai_anormal {
            let zone = self.zone(&d)?;
            if !(1..=600).contains(&d.mois) {
                return Err(invalid("delai_anormal.mois", &d.mois.to_string(), "un nombre de mois"));
            }
            check_word("delai_anormal.typologie", d.typologie.as_deref().unwrap_or("T1"), &TYPOLOGIES)?;
            for place in zone.places() {
                if !seen.insert((zone.rank(), place.to_owned(), d.typologie.clone())) {
                    return Err(invalid("delai_anormal", place, "une seule valeur par lieu et typologie"));
                }
            }
            self.check_delay(&zone, d.mois, communes.as_ref(), bilan.millesime)?;
            delais_anormaux.push(DelaiAnormal { zone, mois: d.mois, typologie: d.typologie, reference: d.reference });
        }
        if self.geographie.annee != bilan.millesime {
            self.notes.push(Diagnostic::anomalie(
                "B0306",
                format!("géographie de {} appliquée au bilan de {}", self.geographie.annee, bilan.millesime),
                format!(
                    "les EPCI sont ceux de {} ; pour une autre année, déposez reference/geographie/communes_{}.csv dans le projet",
                    self.geographie.annee, bilan.millesime
                ),
            ));
        }
        let plan = Plan {
            racine: self.racine.to_owned(),
            sortie: sortie.map_or_else(|| self.racine.join("sortie"), Path::to_owned),
            titre: bilan.titre,
            millesime: bilan.millesime,
            date_extraction: bilan.date_extraction.unwrap_or(last_day),
            extraction_donnee: bilan.date_extraction.is_some(),
            fictif: bilan.fictif,
            communes,
            contours: bilan.contours,
            epci_sans_qpv: bilan.epci_sans_qpv.into_iter().collect(),
            financements_exclus: bilan.financements_exclus.unwrap_or_else(|| vec!["PLI".to_owned()]),
            parc_social,
            typologie_demande,
            seuil_diffusion: bilan.seuil_diffusion,
            diffusion_prioritaire,
            sources,
            objectifs,
            seuils,
            delais_anormaux,
            confirmations: confirmations(written.confirmation)?,
        };
        for f in &plan.financements_exclus {
            check_word("financements_exclus", f, &["PLAI", "PLUS", "PLS", "PLI", "AUTRE"])?;
        }
        self.placed(&plan);
        self.notes.extend(plan.of_extraction());
        Ok((plan, self.notes))
    }

    fn perimeter(&self, bilan: &fichier::Bilan) -> Result<Option<BTreeSet<String>>> {
        if bilan.departements.is_empty() && bilan.epci.is_empty() && bilan.communes.is_empty() {
            return Ok(None);
        }
        for code in &bilan.departements {
            if !self.geographie.has_departement(code) {
                let wanted = "des codes de département entre guillemets, comme \"03\"";
                return Err(self.unknown(Niveau::Departement, "departements", code, wanted));
            }
        }
        for siren in &bilan.epci {
            self.check_epci(siren, "epci")?;
        }
        let mut communes = self.communes(&bilan.communes, "communes")?;
        for commune in self.geographie.communes() {
            if bilan.departements.contains(&commune.departement)
                || commune.epci.as_ref().is_some_and(|epci| bilan.epci.contains(epci))
            {
                communes.insert(commune.code.clone());
            }
        }
        Ok(Some(communes))
    }

    /// Where a préfet's delay holds: one place, of one kind.
    fn zone(&self, d: &fichier::DelaiAnormal) -> Result<Zone> {
        match (&d.departement, &d.epci, d.communes.as_slice()) {
            (Some(code), None, []) if self.geographie.has_departement(code) => Ok(Zone::Departement(code.clone())),
            (Some(code), None, []) => {
                let wanted = "un code de département, comme \"63\"";
                Err(self.unknown(Niveau::Departement, "delai_anormal.departement", code, wanted))
            }
            (None, Some(siren), []) => {
                self.check_epci(siren, "delai_anormal.epci")?;
                Ok(Zone::Epci(siren.clone()))
            }
            (None, None, codes) if !codes.is_empty() => {
                Ok(Zone::Communes(self.communes(codes, "delai_anormal.communes")?))
            }
            _ => Err(invalid("delai_anormal", &format!("{} mois", d.mois), "un lieu : departement, epci ou communes")),
        }
    }

    /// Says what is given for EPCI of which no commune is in the perimeter.
    fn placed(&mut self, plan: &Plan) {
        let reached = self.geographie.reached(plan.communes.as_ref());
        let sans_qpv = plan.epci_sans_qpv.iter().map(|epci| ("epci_sans_qpv".to_owned(), epci));
        let seuils = plan.seuils.iter().map(|s| ("seuil_q1".to_owned(), &s.epci));
        let objectifs = plan.objectifs.iter().map(|o| (format!("objectif « {} »", o.id), &o.epci));
        let given = sans_qpv.chain(seuils).chain(objectifs).collect::<BTreeSet<_>>();
        let away = given.into_iter().filter(|(_, epci)| !reached.contains_key(epci.as_str()));
        self.notes.extend(away.map(|(what, epci)| outside(&format!("{what} : l'EPCI {epci}"))));
    }

    /// Says of a préfet's delay that it touches nothing, or that its months may be years.
    fn check_delay(
        &mut self,
        zone: &Zone,
        mois: i32,
        perimeter: Option<&BTreeSet<String>>,
        millesime: i32,
    ) -> Result<()> {
        let place = zone.places().join(", ");
        let reached =
            self.geographie.communes().any(|c| zone.holds(c) && perimeter.is_none_or(|set| set.contains(&c.code)));
        if !reached {
            self.notes.push(outside(&format!("délai anormalement long : {place}")));
        }
        let ranges = plages(&Resources::of_project(self.racine), "delai_anormal", millesime)?;
        for plage in ranges.iter().filter(|p| !(p.minimum..=p.maximum).contains(&i64::from(mois))) {
            let [least, most] = [plage.minimum, plage.maximum].map(format::integer);
            let said = format!("délai anormalement long de {place} : {mois} mois, attendu entre {least} et {most}");
            let remedy = format!("{} ; vérifiez-le dans l'arrêté", plage.motif);
            self.notes.push(Diagnostic::anomalie("B0364", said, remedy));
        }
        Ok(())
    }

    fn communes(&self, codes: &[String], key: &str) -> Result<BTreeSet<String>> {
        codes
            .iter()
            .map(|code| match self.geographie.resolve(code) {
                Some((commune, _)) => Ok(commune.code.clone()),
                None => Err(self.unknown(Niveau::Commune, key, code, "des codes Insee de communes, comme \"63113\"")),
            })
            .collect()
    }

    fn check_epci(&self, siren: &str, key: &str) -> Result<()> {
        if self.geographie.has_epci(siren) {
            return Ok(());
        }
        if siren == GRAND_PARIS {
            let wanted = "le SIREN d'un établissement public territorial, ou celui de Paris (217500016) : dans la Métropole du \
                          Grand Paris, eux tiennent la conférence";
            return Err(invalid(key, siren, wanted));
        }
        Err(self.unknown(Niveau::Epci, key, siren, "le SIREN (9 chiffres) d'un EPCI de 2025"))
    }

    /// A place that is none, with those whose names come near to what was written for a code.
    fn unknown(&self, niveau: Niveau, key: &str, written: &str, wanted: &str) -> Error {
        let short = format!("{:0>2}", written.trim_start_matches('0'));
        // A number is no name.
        let named = written.chars().any(char::is_alphabetic);
        let near = self.geographie.near(niveau, written, |_| named);
        let mut codes: Vec<String> = near.into_iter().map(|(code, nom)| format!("\"{code}\" ({nom})")).collect();
        if niveau == Niveau::Departement && self.geographie.has_departement(&short) {
            codes.push(format!("\"{short}\""));
        }
        let asked = if codes.is_empty() { String::new() } else { format!(" ; est-ce {} ?", codes.join(", ")) };
        invalid(key, written, &format!("{wanted}{asked}"))
    }

    fn sources(&mut self, written: Vec<fichier::Source>, millesime: i32) -> Result<Vec<SourcePlan>> {
        let known: Vec<String> = Resources::of_project(self.racine)
            .list("schemas")
            .iter()
            .filter_map(|p| Some(p.strip_prefix("schemas/")?.strip_suffix(".toml")?.to_owned()))
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let mut sources = Vec::new();
        for source in written {
            check_word("source.schema", &source.schema, &known)?;
            if let Some(year) = source.millesime.filter(|year| !ANNEES_SOURCE.contains(year)) {
                return Err(invalid("source.millesime", &year.to_string(), "l'année des données de cette source"));
            }
            let mut files = BTreeSet::new();
            for pattern in &source.fichiers {
                let found = self.expand(pattern)?;
                if found.is_empty() {
                    self.notes.push(
                        Diagnostic::refus(
                            "B0101",
                            format!("aucun fichier pour « {pattern} » (source {})", source.schema),
                            "vérifiez le chemin, relatif au dossier de bilan.toml, ou retirez cette source",
                        )
                        .in_file(pattern.clone()),
                    );
                }
                files.extend(found);
            }
            sources.push(SourcePlan {
                schema: source.schema,
                fichiers: files.into_iter().collect(),
                millesime: source.millesime.unwrap_or(millesime),
                feuille: source.feuille,
                colonnes: source.colonnes,
                codes: source.codes,
            });
        }
        Ok(sources)
    }

    fn expand(&self, pattern: &str) -> Result<Vec<String>> {
        let absolute = self.racine.join(pattern);
        let bad = |_| invalid("source.fichiers", pattern, "un chemin, où * remplace une partie de nom");
        let root = glob::Pattern::escape(&self.racine.to_string_lossy());
        let full = if Path::new(pattern).is_absolute() {
            absolute.to_string_lossy().into_owned()
        } else {
            format!("{root}/{pattern}")
        };
        let mut found = Vec::new();
        for path in glob::glob(&full).map_err(bad)?.flatten() {
            if path.is_file() {
                let relative = path.strip_prefix(self.racine).unwrap_or(&path);
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(found)
    }

    /// The communes of a target's sector, once all it says can be.
    fn checked(&self, o: &fichier::Objectif, reservataires: &[&str]) -> Result<BTreeSet<String>> {
        self.check_epci(&o.epci, "objectif.epci")?;
        check_word("objectif.base", &o.base, &BASES)?;
        check_word("objectif.public", &o.public, &PUBLICS)?;
        check_word("objectif.zone", &o.zone, &ZONES)?;
        check_word("objectif.metrique", &o.metrique, &["part", "nombre"])?;
        check_word("objectif.operateur", &o.operateur, &[">=", "<="])?;
        check_actor(&o.acteur, reservataires)?;
        check_word("objectif.agregation", &o.agregation, &["ensemble", "moyenne"])?;
        if o.agregation == "moyenne" && (!o.acteur.starts_with("chaque_") || o.metrique != "part") {
            return Err(invalid(
                "objectif.agregation",
                &o.agregation,
                "une moyenne de parts, avec acteur = chaque_bailleur ou chaque_reservataire",
            ));
        }
        check_target(o)?;
        if let Some(fin) = o.fin.filter(|fin| *fin < o.debut) {
            return Err(invalid("objectif.fin", &fin.to_string(), "un jour qui suit celui du début"));
        }
        let communes = self.communes(&o.communes, "objectif.communes")?;
        for code in &communes {
            if self.geographie.commune(code).is_none_or(|c| c.epci.as_ref() != Some(&o.epci)) {
                return Err(invalid("objectif.communes", code, "des communes de l'EPCI de l'objectif"));
            }
        }
        Ok(communes)
    }

    fn objectifs(&self, written: Vec<fichier::Objectif>, millesime: i32) -> Result<Vec<Objectif>> {
        let nomenclatures = Nomenclatures::load(&Resources::of_project(self.racine), millesime)?;
        let reservataires: Vec<&str> =
            nomenclatures.list(RESERVATAIRES).into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        let mut used: BTreeMap<String, u32> = BTreeMap::new();
        let mut objectifs: Vec<Objectif> = Vec::new();
        for (rang, o) in (1..).zip(written) {
            let communes = self.checked(&o, &reservataires).map_err(|error| of_objectif(error, rang))?;
            let stem = o.id.unwrap_or_else(|| format!("{}_{}_{}", o.base, o.public, o.zone));
            let count = used.entry(format!("{} {stem}", o.epci)).or_insert(0);
            *count += 1;
            let id = if *count == 1 { stem } else { format!("{stem}_{count}") };
            let objectif = Objectif {
                id,
                epci: o.epci,
                base: o.base,
                signature: o.signature,
                debut: o.debut,
                fin: o.fin,
                public: o.public,
                zone: o.zone,
                communes,
                acteur: o.acteur,
                metrique: o.metrique,
                operateur: o.operateur,
                agregation: o.agregation,
                cible: o.cible,
                reference: o.reference,
            };
            if objectifs.iter().any(|before| before.repeats(&objectif)) {
                let twice = invalid("objectif", &objectif.id, "un objectif écrit une seule fois");
                return Err(of_objectif(twice, rang));
            }
            objectifs.push(objectif);
        }
        Ok(objectifs)
    }
}

fn confirmations(written: Vec<fichier::Confirmation>) -> Result<Vec<Confirmation>> {
    written
        .into_iter()
        .map(|c| {
            if c.auteur.trim().is_empty() {
                return Err(invalid("confirmation.auteur", &c.auteur, "qui confirme la valeur"));
            }
            Ok(Confirmation {
                code: c.code,
                fichier: c.fichier,
                ligne: c.ligne,
                colonne: c.colonne,
                valeur: c.valeur,
                auteur: c.auteur,
                date: c.date,
                motif: c.motif,
            })
        })
        .collect()
}

fn check_actor(acteur: &str, reservataires: &[&str]) -> Result<()> {
    let expected = match acteur.split_once(':') {
        None if ["tous", "chaque_bailleur", "chaque_reservataire"].contains(&acteur) => return Ok(()),
        Some(("bailleur", siren)) if siren.len() == 9 && siren.bytes().all(|b| b.is_ascii_digit()) => return Ok(()),
        Some(("reservataire", code)) if reservataires.contains(&code) => return Ok(()),
        Some(("bailleur", _)) => "bailleur: suivi d'un SIREN (9 chiffres)".to_owned(),
        Some(("reservataire", _)) => format!("reservataire: suivi de {}", reservataires.join(", ")),
        _ => "tous, chaque_bailleur, chaque_reservataire, bailleur:<siren> ou reservataire:<code>".to_owned(),
    };
    Err(invalid("objectif.acteur", acteur, &expected))
}

/// A target is a share or a whole number of lettings, and one that could be missed.
fn check_target(o: &fichier::Objectif) -> Result<()> {
    let expected = match (o.metrique.as_str(), o.operateur.as_str()) {
        ("part", _) if !(0.0..=1.0).contains(&o.cible) => "une part entre 0 et 1 (0.25 pour 25 %)",
        ("nombre", _) if !(0.0..=1e6).contains(&o.cible) || o.cible.fract() != 0.0 => {
            "un nombre entier de baux ; une part demande metrique = \"part\""
        }
        (_, ">=") if o.cible <= 0.0 => "un minimum au-dessus de 0 : celui-ci ne peut être manqué",
        ("part", "<=") if o.cible >= 1.0 => "un maximum au-dessous de 1, soit 100 % : celui-ci ne peut être manqué",
        _ => return Ok(()),
    };
    Err(invalid("objectif.cible", &o.cible.to_string(), expected))
}

/// An error of a target, with which one it is.
fn of_objectif(error: Error, rang: usize) -> Error {
    let Error::Usage(mut told) = error else { return error };
    let th = if rang == 1 { "er" } else { "e" };
    told.message = format!("{} ({rang}{th} [[objectif]])", told.message);
    Error::Usage(told)
}

/// What is written of a place where the review counts nothing.
fn outside(what: &str) -> Diagnostic {
    Diagnostic::anomalie(
        "B0301",
        format!("{what} est hors du périmètre"),
        "vérifiez ce code, élargissez le périmètre, ou retirez cette ligne",
    )
}

fn check_word(key: &str, value: &str, allowed: &[&str]) -> Result<()> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(invalid(key, value, &allowed.join(", ")))
}

fn invalid(key: &str, value: &str, expected: &str) -> Error {
    Error::Usage(Box::new(
        Diagnostic::refus(
            "B0003",
            format!("{key} : « {value} » n'est pas une valeur possible"),
            format!("attendu : {expected}"),
        )
        .in_file(PROJECT_FILE),
    ))
}
