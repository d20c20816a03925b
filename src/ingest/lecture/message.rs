//! Messages of the national demand register (interface NUU, versions 02.00 and 02.01), read element by element in bounded
//! memory. What a column of the schema takes from a message is said in the schema; what a household adds up to — persons,
//! consumption units — is said here. The text of any other element is never kept.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use chrono::NaiveDate;
use indicatif::ProgressBar;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::menage::{Menage, ten_thousandths};
use super::octets::Empreinte;
use super::prolog::{LONGEST, Prolog};
use super::{Besoin, Echec, Enregistrement, Lecteur, Ouvert, RegleMenage, octets};
use crate::diagnostic::Diagnostic;
use crate::ingest::valeurs::parse_decimal;
use crate::schema::{Champ, Entete, Operation};

/// Elements may not stand deeper in one another.
const DEEPEST: usize = 64;
/// Values of one element, or persons of one kind, in one record: beyond, it is no household.
const MOST_VALUES: usize = 500;
/// Root of a message.
const ROOT: &str = "interfaceNuu";
/// Versions whose elements are known.
const VERSIONS: [&str; 2] = ["02.00", "02.01"];

/// Opens a file of messages.
pub(super) fn open(path: &Path, empreinte: &Empreinte, besoin: Besoin<'_>, bar: &ProgressBar) -> Result<Ouvert, Echec> {
    let Some(record) = &besoin.schema.message else {
        return Err(Echec::from(Diagnostic::refus(
            "B0102",
            format!("la source {} n'a pas de forme XML", besoin.schema.nom),
            "seules les demandes du registre national se lisent en XML ; exportez cette source en CSV",
        )));
    };
    let source = Prolog::skipped(bar.wrap_read(octets::open(path, empreinte)?))?;
    let mut wanted: HashMap<String, Vec<Voulu>> = HashMap::new();
    let mut operations = Vec::new();
    let mut champs = Vec::new();
    let mut noms = Vec::new();
    for colonne in &besoin.schema.colonnes {
        let Some(extrait) = &colonne.message else {
            champs.push(Champ::Absent);
            continue;
        };
        let taken_off = extrait.moins.iter().filter(|_| besoin.menage.ressources_versees).map(|c| (c, "-"));
        for (chemin, signe) in extrait.chemins.iter().map(|c| (c, "")).chain(taken_off) {
            let last = chemin.rsplit('/').next().unwrap_or(chemin).to_owned();
            wanted.entry(last).or_default().push((noms.len(), format!("/{chemin}"), signe));
        }
        champs.push(Champ::Un(noms.len()));
        noms.push(colonne.nom.clone());
        operations.push(extrait.operation);
    }
    let mut lecteur = Messages {
        reader: Reader::from_reader(source),
        buffer: Vec::new(),
        element: record.clone(),
        wanted,
        operations,
        extraction: besoin.date,
        regle: besoin.menage,
        date_fichier: None,
        type_fichier: String::new(),
        path: String::new(),
        depth: 0,
        text: None,
        values: vec![Vec::new(); noms.len()],
        menage: Menage::default(),
        fields: vec![String::new(); noms.len()],
        records: 0,
        root: String::new(),
    };
    let avis = lecteur.root()?;
    let entete = Entete { largeur: noms.len(), champs, ..Entete::default() };
    Ok(Ouvert { lecteur: Box::new(lecteur), entete, avis, noms, separateur: None, feuille: None, ligne_entete: 0 })
}

fn malformed(ligne: u64, what: &str) -> Echec {
    Echec::from(
        Diagnostic::refus("B0117", format!("XML mal formé : {what}"), "transférez ou exportez de nouveau le fichier")
            .at_line(ligne),
    )
}

struct Messages<R> {
    reader: Reader<Prolog<R>>,
    buffer: Vec<u8>,
    /// Element of one record.
    element: String,
    /// Last step of a path → columns and whole paths it may belong to.
    wanted: HashMap<String, Vec<Voulu>>,
    operations: Vec<Operation>,
    extraction: NaiveDate,
    regle: RegleMenage,
    date_fichier: Option<String>,
    type_fichier: String,
    /// Local names from the root down, each after a slash.
    path: String,
    depth: usize,
    /// Text of the element being read, when something wants it.
    text: Option<String>,
    values: Vec<Vec<String>>,
    menage: Menage,
    fields: Vec<String>,
    records: u64,
    root: String,
}

/// A column, the end of a path that may belong to it, and the sign its values take there.
type Voulu = (usize, String, &'static str);

/// What an event asks for once the buffer it borrows is free again.
enum Step {
    Open { name: String, code: Option<String>, closed: bool },
    Text(String),
    Close,
    Other,
    End,
}

impl<R: Read> Messages<R> {
    fn step(&mut self) -> Result<Step, Echec> {
        self.buffer.clear();
        self.reader.get_mut().since = 0;
        let ligne = self.reader.get_ref().lines;
        let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                malformed(ligne, "un élément de plus d'un mégaoctet")
            }
            quick_xml::Error::Io(error) => Echec::Systeme(io::Error::new(error.kind(), error.to_string())),
            _ => malformed(ligne, "une balise ne va pas avec les autres"),
        })?;
        Ok(match event {
            Event::Start(e) => open_step(&e, false).ok_or_else(|| malformed(ligne, "un attribut mal écrit"))?,
            Event::Empty(e) => open_step(&e, true).ok_or_else(|| malformed(ligne, "un attribut mal écrit"))?,
            Event::End(_) => Step::Close,
            Event::Text(text) => Step::Text(text.to_string()),
            Event::CData(text) => Step::Text(text.to_string()),
            Event::GeneralRef(name) => {
                Step::Text(entity(&name).ok_or_else(|| malformed(ligne, "une entité inconnue"))?)
            }
            Event::Eof => Step::End,
            _ => Step::Other,
        })
    }

    /// Reads down to the root: what it says of the version.
    fn root(&mut self) -> Result<Vec<Diagnostic>, Echec> {
        loop {
            match self.step()? {
                Step::Open { name, code, closed } => {
                    self.root.clone_from(&name);
                    if !closed {
                        self.path = format!("/{name}");
                        self.depth = 1;
                    }
                    let unknown = code.filter(|version| name == ROOT && !VERSIONS.contains(&version.as_str()));
                    return Ok(unknown
                        .map(|_| {
                            Diagnostic::anomalie(
                                "B0133",
                                "version de l'interface inconnue : ni 02.00, ni 02.01",
                                "comparez quelques demandes à leur fiche avant de publier",
                            )
                        })
                        .into_iter()
                        .collect());
                }
                Step::End => return Err(malformed(self.reader.get_ref().lines, "aucun élément")),
                _ => {}
            }
        }
    }

    fn opened(&mut self, name: &str, code: Option<String>) {
        self.path.push('/');
        self.path.push_str(name);
        self.depth += 1;
        let inside = self.inside();
        if let Some(code) = code {
            if inside {
                self.keep(&format!("{name}@code"), &code);
            }
            if name == "coParentalite"
                && let Some(last) = self.menage.en_garde.last_mut()
            {
                last.1 = code == "G";
            }
        }
        if inside {
            match name {
                "personnePhysique" => self.menage.known = true,
                "demandeur" | "cotitulaire" => self.menage.titulaires += 1,
                "personneACharge" => self.menage.a_charge.push(String::new()),
                "personneEnGarde" => self.menage.en_garde.push((String::new(), false)),
                "personneMorale" => self.keep("personneMorale", "oui"),
                _ => {}
            }
        }
        let read = self.wanted.contains_key(name)
            || matches!(name, "dateNaissance" | "nombre" | "dateFichier" | "typeFichier");
        self.text = read.then(String::new);
    }

    fn inside(&self) -> bool {
        self.path.split('/').any(|part| part == self.element)
    }

    /// A record holds no more of anything than a household can.
    fn overflows(&self) -> bool {
        let text = self.text.as_ref().is_some_and(|t| t.len() > LONGEST);
        let persons = self.menage.a_charge.len().max(self.menage.en_garde.len());
        text || persons > MOST_VALUES || self.values.iter().any(|v| v.len() > MOST_VALUES)
    }

    /// Keeps a value for each column whose path ends here.
    fn keep(&mut self, last: &str, value: &str) {
        let Some(columns) = self.wanted.get(last) else { return };
        let path = match last.split_once('@') {
            Some((_, attribute)) => format!("{}@{attribute}", self.path),
            None => self.path.clone(),
        };
        for (column, chemin, signe) in columns {
            if path.ends_with(chemin.as_str()) {
                self.values[*column].push(format!("{signe}{}", value.trim()));
            }
        }
    }

    fn closed(&mut self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(text) = self.text.take() {
            let text = text.trim();
            if !text.is_empty() && self.inside() {
                if name != "personneMorale" {
                    self.keep(&name, text);
                }
                match name.as_str() {
                    "dateNaissance" if self.path.ends_with("/personneACharge/dateNaissance") => {
                        if let Some(last) = self.menage.a_charge.last_mut() {
                            text.clone_into(last);
                        }
                    }
                    "dateNaissance" if self.path.ends_with("/personneEnGarde/dateNaissance") => {
                        if let Some(last) = self.menage.en_garde.last_mut() {
                            text.clone_into(&mut last.0);
                        }
                    }
                    "nombre" if self.path.ends_with("/personneANaitre/nombre") => {
                        text.clone_into(&mut self.menage.a_naitre);
                    }
                    _ => {}
                }
            } else if name == "dateFichier" {
                self.date_fichier = Some(text.to_owned());
            } else if name == "typeFichier" {
                text.clone_into(&mut self.type_fichier);
            }
        }
        self.path.truncate(self.path.rfind('/').unwrap_or(0));
        self.depth = self.depth.saturating_sub(1);
        name == self.element
    }

    /// Turns what was kept of a record into its fields.
    fn finish(&mut self) {
        let date = self.date_fichier.as_deref().and_then(|d| d.get(..10)?.parse().ok()).unwrap_or(self.extraction);
        let menage = std::mem::take(&mut self.menage).counted(date, self.regle);
        for (column, operation) in self.operations.iter().enumerate() {
            let values = std::mem::take(&mut self.values[column]);
            self.fields[column] = match operation {
                Operation::Premier => values.into_iter().next().unwrap_or_default(),
                Operation::Liste => values.join("|"),
                Operation::Somme => sum(&values),
                Operation::Personnes => menage.0.clone(),
                Operation::Moins14 => menage.1.clone(),
                Operation::Uc => menage.2.clone(),
                Operation::DateFichier => self.date_fichier.clone().unwrap_or_default(),
                // A message of striking-off that does not say when is no active demand.
                Operation::Radiation => match values.into_iter().next() {
                    Some(date) => date,
                    None if self.type_fichier == "RAD" => "?".to_owned(),
                    None => String::new(),
                },
            };
        }
    }
}

impl<R: Read + Send> Lecteur for Messages<R> {
    fn next_record(&mut self) -> Result<Option<Enregistrement>, Echec> {
        let mut started = self.reader.get_ref().lines;
        loop {
            let ligne = self.reader.get_ref().lines;
            let step = self.step()?;
            if self.overflows() {
                return Err(malformed(ligne, "une demande démesurée"));
            }
            match step {
                Step::Open { name, code, closed } => {
                    if self.depth >= DEEPEST {
                        return Err(malformed(ligne, "trop d'éléments les uns dans les autres"));
                    }
                    if name == self.element {
                        started = self.reader.get_ref().lines;
                        for values in &mut self.values {
                            values.clear();
                        }
                        self.menage = Menage::default();
                    }
                    self.opened(&name, code);
                    if !(closed && self.closed()) {
                        continue;
                    }
                }
                Step::Close => {
                    if !self.closed() {
                        continue;
                    }
                }
                Step::Text(text) => {
                    if let Some(kept) = &mut self.text {
                        kept.push_str(&text);
                    }
                    continue;
                }
                Step::Other => continue,
                Step::End if self.depth > 0 => return Err(malformed(ligne, "le fichier s'arrête avant sa fin")),
                Step::End if self.records == 0 && self.root != ROOT => {
                    return Err(Echec::from(Diagnostic::refus(
                        "B0102",
                        "ce XML n'est pas un message du registre de la demande (interfaceNuu)",
                        "demandez l'export des demandes, en XML de l'interface ou en CSV",
                    )));
                }
                Step::End => return Ok(None),
            }
            if self.type_fichier == "SUP" {
                return Err(Echec::from(Diagnostic::refus(
                    "B0134",
                    "message de suppression : les demandes qu'il nomme n'existent plus",
                    "retirez ce fichier de la source, et ces demandes des autres",
                )));
            }
            self.records += 1;
            self.finish();
            return Ok(Some(Enregistrement::Bon { ligne: started }));
        }
    }

    fn field(&self, i: usize) -> &str {
        &self.fields[i]
    }
}

/// An element and its code, or its version; `None` when its attributes are not XML.
fn open_step(e: &BytesStart<'_>, closed: bool) -> Option<Step> {
    let mut code = None;
    for attribute in e.attributes() {
        let attribute = attribute.ok()?;
        if ["code", "versionInterface"].contains(&attribute.key.as_ref()) {
            code = Some(attribute.normalized_value(quick_xml::XmlVersion::Explicit1_0).ok()?.into_owned());
        }
    }
    Some(Step::Open { name: e.local_name().as_ref().to_owned(), code, closed })
}

/// Text of a reference: a character, or one of the five entities that XML has without a declaration.
fn entity(name: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c.to_string());
    }
    let text = match name.as_ref() {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    };
    Some(text.to_owned())
}

/// An exact sum; a part that is no number makes the whole none, and is shown as it stands.
fn sum(values: &[String]) -> String {
    let mut total: i64 = 0;
    for value in values {
        match parse_decimal(value, 4) {
            Some((n, true)) => total = total.saturating_add(n),
            _ => return value.clone(),
        }
    }
    if values.is_empty() { String::new() } else { ten_thousandths(total) }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
