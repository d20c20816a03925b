//! A register written in each format that is read.

#![allow(dead_code, reason = "the tests of the readers use a part")]

use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use chrono::NaiveDate;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// A cell, as its author means it.
#[derive(Debug, Clone)]
pub enum Valeur {
    Vide,
    Texte(String),
    Nombre(f64),
    Date(NaiveDate),
}

impl Valeur {
    fn text(&self) -> String {
        match self {
            Self::Vide => String::new(),
            Self::Texte(text) => text.clone(),
            Self::Nombre(x) => x.to_string(),
            Self::Date(date) => date.to_string(),
        }
    }
}

pub struct Registre {
    pub colonnes: Vec<String>,
    pub lignes: Vec<Vec<Valeur>>,
}

impl Registre {
    pub fn csv(&self, separator: u8) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().delimiter(separator).from_writer(Vec::new());
        writer.write_record(&self.colonnes).unwrap();
        for ligne in &self.lignes {
            writer.write_record(ligne.iter().map(Valeur::text)).unwrap();
        }
        writer.into_inner().unwrap()
    }

    /// A workbook as people make them: a cover sheet, a title above the header, dates and numbers as such.
    pub fn xlsx(&self, sheet: &str) -> Vec<u8> {
        use rust_xlsxwriter::{Format, Workbook};
        let mut workbook = Workbook::new();
        workbook.add_worksheet().set_name("Lisez-moi").unwrap().write(0, 0, "Extrait du registre").unwrap();
        let worksheet = workbook.add_worksheet().set_name(sheet).unwrap();
        worksheet.write(0, 1, "Extraction annuelle").unwrap();
        let day = Format::new().set_num_format("dd/mm/yyyy");
        for (column, nom) in self.colonnes.iter().enumerate() {
            worksheet.write(3, u16::try_from(column).unwrap(), nom).unwrap();
        }
        for (row, ligne) in self.lignes.iter().enumerate() {
            for (column, valeur) in ligne.iter().enumerate() {
                let (row, column) = (u32::try_from(row).unwrap() + 4, u16::try_from(column).unwrap());
                match valeur {
                    Valeur::Vide => continue,
                    Valeur::Texte(text) => worksheet.write(row, column, text).unwrap(),
                    Valeur::Nombre(x) => worksheet.write(row, column, *x).unwrap(),
                    Valeur::Date(date) => {
                        let serial = (*date - NaiveDate::from_ymd_opt(1899, 12, 30).unwrap()).num_days();
                        worksheet
                            .write_with_format(row, column, f64::from(u32::try_from(serial).unwrap()), &day)
                            .unwrap()
                    }
                };
            }
        }
        workbook.save_to_buffer().unwrap()
    }

    pub fn ods(&self, sheet: &str) -> Vec<u8> {
        let mut rows = String::new();
        let header: Vec<Valeur> = self.colonnes.iter().cloned().map(Valeur::Texte).collect();
        for ligne in std::iter::once(&header).chain(&self.lignes) {
            rows.push_str("<table:table-row>");
            for valeur in ligne {
                match valeur {
                    Valeur::Vide => rows.push_str("<table:table-cell/>"),
                    Valeur::Texte(text) => write!(
                        rows,
                        "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
                    )
                    .unwrap(),
                    Valeur::Nombre(x) => write!(
                        rows,
                        "<table:table-cell office:value-type=\"float\" office:value=\"{x}\"><text:p>{x}</text:p></table:table-cell>"
                    )
                    .unwrap(),
                    Valeur::Date(date) => write!(
                        rows,
                        "<table:table-cell office:value-type=\"date\" office:date-value=\"{date}\"><text:p>{date}</text:p></table:table-cell>"
                    )
                    .unwrap(),
                }
            }
            rows.push_str("</table:table-row>");
        }
        rows.push_str("<table:table-row table:number-rows-repeated=\"1048000\"><table:table-cell table:number-columns-repeated=\"1024\"/></table:table-row>");
        ods(&format!("<table:table table:name=\"{sheet}\">{rows}</table:table>"))
    }

    pub fn parquet(&self) -> Vec<u8> {
        let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
        for (i, nom) in self.colonnes.iter().enumerate() {
            let cells = || self.lignes.iter().map(move |ligne| &ligne[i]);
            let array: ArrayRef = if cells().any(|v| matches!(v, Valeur::Date(_))) {
                let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
                let days = |v: &Valeur| match v {
                    Valeur::Date(date) => i32::try_from((*date - epoch).num_days()).ok(),
                    _ => None,
                };
                Arc::new(cells().map(days).collect::<Date32Array>())
            } else if cells().any(|v| matches!(v, Valeur::Nombre(_))) {
                let number = |v: &Valeur| if let Valeur::Nombre(x) = v { Some(*x) } else { None };
                Arc::new(cells().map(number).collect::<Float64Array>())
            } else {
                let text = |v: &Valeur| (!matches!(v, Valeur::Vide)).then(|| v.text());
                Arc::new(cells().map(text).collect::<StringArray>())
            };
            columns.push((nom, array));
        }
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap();
        let properties = parquet::file::properties::WriterProperties::builder()
            .set_compression(parquet::basic::Compression::SNAPPY)
            .build();
        let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap()
    }

    /// Demands as messages of the national interface; whoever is not a child is a titulaire.
    pub fn xml(&self) -> Vec<u8> {
        let at = |ligne: &[Valeur], nom: &str| {
            self.colonnes.iter().position(|c| c == nom).map(|i| ligne[i].text()).unwrap_or_default()
        };
        let mut xml = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<n:interfaceNuu versionInterface=\"02.01\" xmlns:n=\"http://nuu.application.i2/\">\n\
             <n:entete><n:typeFichier>CRE</n:typeFichier><n:dateFichier>2026-01-31T08:00:00.000+01:00</n:dateFichier></n:entete>\n",
        );
        let element = |name: &str, value: &str| {
            if value.is_empty() { String::new() } else { format!("<n:{name}>{value}</n:{name}>") }
        };
        let code = |name: &str, value: &str| {
            if value.is_empty() { String::new() } else { format!("<n:{name} code=\"{value}\"/>") }
        };
        for ligne in &self.lignes {
            let v = |nom: &str| at(ligne, nom);
            let children: usize = v("nb_moins_14").parse().unwrap();
            let adults = v("nb_personnes").parse::<usize>().unwrap() - children;
            let resources = format!(
                "<n:listeRessourceRecue><n:detailRessource><n:ressource code=\"SAL\"/>{}</n:detailRessource></n:listeRessourceRecue>",
                element("montant", &v("ressources_mensuelles"))
            );
            let person = format!("<n:dateNaissance>{}-02-28</n:dateNaissance>", v("annee_naissance"));
            let child = "<n:personneACharge><n:nom>DUPONT</n:nom><n:dateNaissance>2020-05-01</n:dateNaissance></n:personneACharge>";
            let types: String = v("typologies").split('|').map(|t| code("typeLogement", t)).collect();
            let places = v("communes").split('|').fold(String::new(), |text, c| {
                text + "<n:localisationSouhaite>" + &code("commune", c) + "</n:localisationSouhaite>"
            });
            writeln!(
                xml,
                "<n:demande><n:demandeLogement>{}{}{}{}{}<n:personnePhysique><n:demandeur><n:nom>DUPONT</n:nom>{person}{}{resources}</n:demandeur>\
                 <n:listePersonneACharge>{}</n:listePersonneACharge><n:listeCotitulaire>{}</n:listeCotitulaire>\
                 <n:logementActuel><n:listeModeleLogement>{}</n:listeModeleLogement></n:logementActuel></n:personnePhysique>\
                 <n:logementRecherche><n:listeTypeLogement>{types}</n:listeTypeLogement>{}\
                 <n:listeLocalisationSouhaite>{places}</n:listeLocalisationSouhaite></n:logementRecherche></n:demandeLogement></n:demande>",
                element("numUnique", &v("numero_unique")),
                element("dateCreationDemande", &v("date_depot")),
                element("dateRadiation", &v("date_radiation")),
                code("motifRadiation", &v("motif_radiation")),
                code("statutDalo", &v("dalo")),
                code("situationFamiliale", &v("situation_familiale")),
                child.repeat(children),
                format!("<n:cotitulaire>{person}</n:cotitulaire>").repeat(adults - 1),
                code("modeleLogement", &v("logement_actuel")),
                code("categorieLogement", &v("categorie")),
            )
            .unwrap();
        }
        xml.push_str("</n:interfaceNuu>\n");
        xml.into_bytes()
    }
}

/// A workbook around this content.
pub fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body><office:spreadsheet>{tables}\
         </office:spreadsheet></office:body></office:document-content>"
    );
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_str()),
        (
            "META-INF/manifest.xml",
            "<?xml version=\"1.0\"?><manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>",
        ),
    ] {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap().into_inner()
}

/// The same text with one accented word, in Windows-1252.
pub fn windows_1252(csv: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(csv.to_vec()).unwrap().replacen("numero_unique", "Numéro unique", 1);
    encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()
}

pub fn bom(csv: &[u8]) -> Vec<u8> {
    [b"\xef\xbb\xbf", csv].concat()
}

/// Flips, cuts, repeats, inserts and swaps, a few times each.
pub fn damaged(bytes: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    const HOSTILE: [&[u8]; 14] = [
        b"\"",
        b"\n",
        b"\r",
        b";",
        b"\0",
        b"\xff",
        b"<",
        b"&#0;",
        b"]]>",
        b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
        b"\xef\xbb\xbf",
        b"table:number-columns-repeated=\"4000000000\"",
        b"r=\"XFD1048576\"",
        b"1e308",
    ];
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..6) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.random_range(0..bytes.len());
        let to = (at + rng.random_range(1..64_usize)).min(bytes.len());
        match rng.random_range(0..6) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes.truncate(at),
            2 => {
                let piece = bytes[at..to].to_vec();
                let place = rng.random_range(0..=bytes.len());
                bytes.splice(place..place, piece.repeat(rng.random_range(1..40)));
            }
            3 => {
                bytes.splice(at..at, HOSTILE[rng.random_range(0..HOSTILE.len())].iter().copied());
            }
            4 => {
                bytes.drain(at..to);
            }
            _ => bytes[at] = rng.random(),
        }
    }
    bytes
}
