//! `bilan explain`: the dictionary, the law, and values over time.

use std::io::Write;

use serde_json::{Value, json};

use super::args::Explain;
use super::sortie::{write_aligned, write_json, write_out};
use crate::engine::Indicateur;
use crate::error::{EXIT_DONE, Error, Result};
use crate::format;
use crate::law::{RegleLegale, SeuilsDeLAnnee};
use crate::reference::{CodeExplique, Geographie, Parametre, Parametres, Resources, catalogue};

/// Everything that can be explained.
struct Dictionnaire {
    indicateurs: Vec<Indicateur>,
    regles: Vec<RegleLegale>,
    parametres: Parametres,
    seuils: SeuilsDeLAnnee,
    geographie: Geographie,
    codes: Vec<CodeExplique>,
}

/// An explanation: titled rows, then free text.
#[derive(Default)]
struct Explication {
    titre: String,
    sections: Vec<(String, Vec<Vec<String>>)>,
    suite: String,
    json: Value,
}

pub(super) fn execute(args: &Explain) -> Result<u8> {
    let resources = args.projet.as_deref().map_or_else(Resources::embedded, Resources::of_project);
    let dictionnaire = Dictionnaire {
        indicateurs: Indicateur::in_order(&resources)?,
        regles: RegleLegale::load(&resources)?,
        parametres: Parametres::load(&resources)?,
        seuils: SeuilsDeLAnnee::embedded(&resources, 0)?,
        geographie: Geographie::load(&resources, 9_999)?,
        codes: catalogue(&resources)?,
    };
    let explication = match args.id.as_deref() {
        None => dictionnaire.list(),
        Some(id) => dictionnaire.find(id)?.ok_or_else(|| {
            Error::usage(
                "B0402",
                format!("« {id} » n'est ni une table, ni une règle, ni un paramètre, ni un code, ni un EPCI"),
                "`bilan explain` sans argument en donne la liste",
            )
        })?,
    };
    if args.json {
        write_json(&explication.json)?;
    } else {
        write_out(|out| explication.write(out))?;
    }
    Ok(EXIT_DONE)
}

impl Explication {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if !self.titre.is_empty() {
            writeln!(out, "{}", self.titre)?;
        }
        for (titre, rows) in &self.sections {
            if !titre.is_empty() || !self.titre.is_empty() {
                writeln!(out, "{}{titre}", if titre.is_empty() || self.titre.is_empty() { "" } else { "\n" })?;
            }
            write_aligned(out, rows, &[])?;
        }
        if self.suite.is_empty() { Ok(()) } else { writeln!(out, "\n{}", self.suite) }
    }
}

fn row(name: &str, value: impl Into<String>) -> Vec<String> {
    vec![name.to_owned(), value.into()]
}

fn day(date: chrono::NaiveDate) -> String {
    date.format("%d/%m/%Y").to_string()
}

fn span(effectif: [chrono::NaiveDate; 2]) -> String {
    if effectif[1].to_string().starts_with("9999") {
        format!("depuis le {}", day(effectif[0]))
    } else {
        format!("du {} au {}", day(effectif[0]), day(effectif[1]))
    }
}

fn shown(p: &Parametre) -> String {
    match &p.valeur {
        toml::Value::Float(x) if p.unite == "part" => format::target_percent(*x),
        toml::Value::Float(x) => x.to_string().replace('.', ","),
        toml::Value::Boolean(flag) => if *flag { "oui" } else { "non" }.to_owned(),
        toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(", "),
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Dictionnaire {
    fn list(&self) -> Explication {
        let item = |id: &str, text: &str| vec![format!("  {id}"), text.to_owned()];
        let tables = self.indicateurs.iter().map(|i| item(&i.nom, &i.question)).collect();
        let mut rules: Vec<_> = self.regles.iter().map(|r| item(&r.id, &r.question)).collect();
        rules.dedup();
        let mut parameters: Vec<_> = self.parametres.iter().map(|p| item(&p.nom, &p.definition)).collect();
        parameters.dedup();
        parameters.push(item(
            "seuil_q1",
            "Montants du premier quartile : les arrêtés ; un SIREN d'EPCI en donne les montants",
        ));
        let names = |rows: &[Vec<String>]| rows.iter().map(|r| r[0].trim().to_owned()).collect::<Vec<_>>();
        let json = json!({ "regles": names(&rules), "parametres": names(&parameters), "tables": self.indicateurs.iter().map(|i| &i.nom).collect::<Vec<_>>() });
        let sections =
            vec![("Tables".to_owned(), tables), ("Règles".to_owned(), rules), ("Paramètres".to_owned(), parameters)];
        Explication { sections, json, ..Explication::default() }
    }

    fn find(&self, id: &str) -> Result<Option<Explication>> {
        if let Some(i) = self.indicateurs.iter().find(|i| i.nom == id) {
            return Ok(Some(indicator(i)?));
        }
        if self.regles.iter().any(|r| r.id == id) {
            return Ok(Some(self.rule(id)?));
        }
        if self.parametres.iter().any(|p| p.nom == id) {
            return Ok(Some(self.parameter(id)?));
        }
        if id == "seuil_q1" {
            return Ok(Some(self.orders()?));
        }
        if let Some(c) = self.codes.iter().find(|c| c.code.eq_ignore_ascii_case(id)) {
            return Ok(Some(code(c)?));
        }
        Ok(self.geographie.has_epci(id).then(|| self.amounts(id)))
    }

    fn rule(&self, id: &str) -> Result<Explication> {
        let rules: Vec<&RegleLegale> = self.regles.iter().filter(|r| r.id == id).collect();
        let mut sections = Vec::new();
        for r in &rules {
            let mut rows = vec![
                row("Acteur", &r.acteur),
                row("Zone", &r.zone),
                row("Public", &r.public),
                row("En vigueur", span(r.effectif)),
                row("Texte", &r.reference),
                row("Statut", format!("{}, relu le {}", r.statut.words(), day(r.verifie_le))),
            ];
            if !r.note.is_empty() {
                rows.push(row("Note", &r.note));
            }
            for p in self.parametres.iter().filter(|p| p.nom == r.taux) {
                rows.push(row("Cible", format!("{} {}, {} ({})", r.operateur, shown(p), span(p.effectif), p.nom)));
            }
            sections.push((String::new(), rows));
        }
        let titre = rules.first().map(|r| format!("{} — {}\n{}", r.id, r.titre, r.question)).unwrap_or_default();
        Ok(Explication { titre, sections, json: serde_json::to_value(&rules)?, ..Explication::default() })
    }

    fn parameter(&self, nom: &str) -> Result<Explication> {
        let values: Vec<&Parametre> = self.parametres.iter().filter(|p| p.nom == nom).collect();
        let mut sections = Vec::new();
        for p in &values {
            let mut rows = vec![
                row("Valeur", format!("{} ({})", shown(p), p.unite)),
                row("En vigueur", span(p.effectif)),
                row("Source", &p.reference),
                row("Statut", format!("{}, relu le {}", p.statut.words(), day(p.verifie_le))),
            ];
            if !p.note.is_empty() {
                rows.push(row("Note", &p.note));
            }
            sections.push((String::new(), rows));
        }
        let titre = values.first().map(|p| format!("{}\n{}", p.nom, p.definition)).unwrap_or_default();
        Ok(Explication { titre, sections, json: serde_json::to_value(&values)?, ..Explication::default() })
    }

    fn orders(&self) -> Result<Explication> {
        let orders: Vec<_> = self.seuils.arretes.values().collect();
        let rows = orders
            .iter()
            .map(|a| {
                let count = self.seuils.amounts().filter(|(year, _, _)| *year == a.millesime).count();
                let whole = if a.complet { "complet" } else { "extrait" };
                vec![
                    a.millesime.to_string(),
                    a.reference.clone(),
                    format!("publié le {}", day(a.publie_le)),
                    format!("{count} EPCI, {whole}"),
                    format!("{}, relu le {}", a.statut.words(), day(a.verifie_le)),
                ]
            })
            .collect();
        Ok(Explication {
            titre: "seuil_q1\nMontant annuel par UC au-dessous duquel un ménage relève du premier quartile (CCH L441-1)".to_owned(),
            sections: vec![(String::new(), rows)],
            suite: "Dans l'attente de l'arrêté de l'année, ou s'il n'est connu que par extrait, le montant de l'année précédente sert, et le verdict est provisoire.".to_owned(),
            json: serde_json::to_value(&orders)?,
        })
    }

    fn amounts(&self, epci: &str) -> Explication {
        let found: Vec<(i32, i64)> =
            self.seuils.amounts().filter(|(_, e, _)| *e == epci).map(|(year, _, q1)| (year, q1)).collect();
        let rows = found
            .iter()
            .map(|(year, q1)| {
                let reference = self.seuils.arretes.get(year).map_or("", |a| a.reference.as_str());
                vec![year.to_string(), format!("{} € par UC et par an", format::integer(*q1)), reference.to_owned()]
            })
            .collect();
        let suite = if found.is_empty() { "Aucun arrêté connu ne liste cet EPCI" } else { "" };
        Explication {
            titre: format!("{epci} — {}", self.geographie.epci_name(epci)),
            sections: vec![("Premier quartile".to_owned(), rows)],
            suite: suite.to_owned(),
            json: json!({ "epci": epci, "montants": found.iter().map(|(y, m)| json!({ "millesime": y, "q1": m })).collect::<Vec<_>>() }),
        }
    }
}

fn code(c: &CodeExplique) -> Result<Explication> {
    let rows = vec![row("Gravité", &c.gravite), row("Effet", &c.effet), row("Remède", &c.remede)];
    Ok(Explication {
        titre: format!("{} — {}", c.code, c.titre),
        sections: vec![(String::new(), rows)],
        json: serde_json::to_value(c)?,
        ..Explication::default()
    })
}

fn indicator(i: &Indicateur) -> Result<Explication> {
    let mut rows = vec![
        row("Définition", &i.definition),
        row("Formule", &i.formule),
        row("Unité", &i.unite),
        row("Population", &i.population),
        row("Sources", i.sources.join(", ")),
        row("Texte", &i.reference),
        row("Clé", i.cle.join(", ")),
    ];
    if !i.lecture.is_empty() {
        rows.push(row("Lecture", &i.lecture));
    }
    if !i.parametres.is_empty() {
        rows.push(row("Paramètres", i.parametres.join(", ")));
    }
    if i.trace.is_some() {
        rows.push(row("Enregistrements", format!("{} ({})", i.trace_command().join(" "), i.traced().join(", "))));
    }
    let columns = i.colonnes.iter().map(|(name, meaning)| row(&format!("  {name}"), meaning)).collect();
    let mut sections = vec![(String::new(), rows), ("Colonnes".to_owned(), columns)];
    if !i.pieges.is_empty() {
        sections.push(("À ne pas conclure".to_owned(), i.pieges.iter().map(|p| vec![format!("  {p}")]).collect()));
    }
    let mut json = serde_json::to_value(i)?;
    json["nom"] = json!(i.nom);
    json["sql"] = json!(i.sql);
    let titre = format!("{} — {}\n{}", i.nom, i.titre, i.question);
    let parties = i.decoupe.as_ref().map(|decoupe| format!(" ({})", decoupe.phrase())).unwrap_or_default();
    Ok(Explication { titre, sections, suite: format!("SQL{parties}\n{}", i.sql.trim_end()), json })
}
