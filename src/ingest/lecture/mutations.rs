//! Real-shaped files, damaged at random: whatever the bytes, a reader ends, with records or a refusal, in bounded memory.
//!
//! Each reader is tried for `BILAN_SECONDES` (2 by default); a failure names the seed that makes it again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::{Besoin, Echec, Enregistrement, RegleMenage, inspect, open};
use crate::reference::Resources;
use crate::schema::Schema;

#[path = "../../../tests/formes/mod.rs"]
mod formes;

use formes::{Registre, Valeur, damaged};

/// No file of a few kilobytes may take longer.
const SLOWEST: Duration = Duration::from_secs(10);
/// Resident memory that the whole test may reach, in kilobytes.
const MOST_MEMORY: u64 = 1_500_000;

fn registre() -> Registre {
    let colonnes = [
        "numero_unique",
        "date_depot",
        "nb_personnes",
        "nb_moins_14",
        "ressources_mensuelles",
        "communes",
        "typologies",
    ];
    let lignes = (0..40_u32)
        .map(|i| {
            vec![
                Valeur::Texte(format!("06301{i:06}\u{e9}")),
                Valeur::Date(chrono::NaiveDate::from_ymd_opt(2024, 1 + i % 12, 1).unwrap()),
                Valeur::Nombre(f64::from(1 + i % 5)),
                Valeur::Nombre(0.0),
                if i % 7 == 0 { Valeur::Vide } else { Valeur::Nombre(f64::from(i) * 40.25) },
                Valeur::Texte("63113|63014".to_owned()),
                Valeur::Texte("T2".to_owned()),
            ]
        })
        .collect();
    Registre { colonnes: colonnes.map(str::to_owned).to_vec(), lignes }
}

/// Reads a file to its end; the number of records, or the codes of its refusal.
fn read(path: &Path, schema: &Schema) -> Result<(u64, u64), Vec<String>> {
    let refused = |echec: Echec| match echec {
        Echec::Refus(refusals) => refusals.into_iter().map(|d| d.code).collect::<Vec<_>>(),
        Echec::Systeme(error) => vec![error.kind().to_string()],
    };
    let empreinte = inspect(path, 2).map_err(|e| vec![e.kind().to_string()])?.map_err(|d| vec![d.code])?;
    let colonnes = BTreeMap::new();
    let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
    let menage = RegleMenage { garde_alternee: 5_000, enfants_a_naitre: true, ressources_versees: false };
    let besoin = Besoin { schema, colonnes: &colonnes, feuille: None, date, menage };
    let mut ouvert = open(path, &empreinte, besoin, &ProgressBar::hidden()).map_err(refused)?;
    let (mut good, mut bad) = (0, 0);
    while let Some(record) = ouvert.lecteur.next_record().map_err(refused)? {
        match record {
            Enregistrement::Bon { .. } => {
                good += 1;
                for i in 0..ouvert.noms.len() {
                    assert!(ouvert.lecteur.field(i).len() <= 2 << 20);
                }
            }
            Enregistrement::Mauvais { .. } => bad += 1,
        }
    }
    Ok((good, bad))
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Damages `bytes`, or what `around` makes of damaged content, until time is up.
fn try_reader(name: &str, content: &[u8], around: impl Fn(&[u8]) -> Vec<u8>) {
    let seconds = std::env::var("BILAN_SECONDES").ok().and_then(|s| s.parse().ok()).unwrap_or(2);
    let schema = Schema::load(&Resources::embedded(), "demandes", 2025).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fichier");
    std::fs::write(&path, around(content)).unwrap();
    assert_eq!(read(&path, &schema), Ok((40, 0)), "{name}: undamaged");
    let start = Instant::now();
    let (mut seed, mut read_through) = (0_u64, 0_u64);
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Half the time the wrapping itself is damaged, half the time what it holds.
        let bytes = if seed.is_multiple_of(2) {
            damaged(&around(content), &mut rng)
        } else {
            around(&damaged(content, &mut rng))
        };
        std::fs::write(&path, &bytes).unwrap();
        let one = Instant::now();
        let result = std::panic::catch_unwind(|| read(&path, &schema));
        assert!(result.is_ok(), "{name}: panic, seed {seed}");
        assert!(one.elapsed() < SLOWEST, "{name}: {:?}, seed {seed}", one.elapsed());
        read_through += u64::from(matches!(result, Ok(Ok(_))));
        seed += 1;
    }
    assert!(read_through > 0 && peak() < MOST_MEMORY, "{name}: {read_through} read of {seed}, {} kB", peak());
    eprintln!("{name}: {seed} fichiers, {read_through} lus jusqu'au bout, {} ko", peak());
}

fn same(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

/// A member of a zip, replaced.
fn with_member(archive: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut source = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut copy = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..source.len() {
        let mut member = source.by_index(i).unwrap();
        let member_name = member.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        copy.start_file(member_name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        copy.write_all(if member_name == name { content } else { &bytes }).unwrap();
    }
    copy.finish().unwrap().into_inner()
}

fn member(archive: &[u8], name: &str) -> Vec<u8> {
    use std::io::{Cursor, Read};
    let mut bytes = Vec::new();
    zip::ZipArchive::new(Cursor::new(archive)).unwrap().by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn damaged_text_is_read_or_refused() {
    try_reader("csv", &registre().csv(b';'), same);
}

#[test]
fn damaged_archives_are_read_or_refused() {
    try_reader("gzip", &registre().csv(b','), formes::gzip);
    try_reader("zip", &registre().csv(b'\t'), |bytes| formes::zip("d.csv", bytes));
}

#[test]
fn damaged_messages_are_read_or_refused() {
    let mut registre = registre();
    let extra = ["categorie", "logement_actuel", "annee_naissance"].map(str::to_owned);
    registre.colonnes.extend(extra);
    for ligne in &mut registre.lignes {
        ligne.extend([Valeur::Texte("A".to_owned()), Valeur::Texte("LP".to_owned()), Valeur::Nombre(1980.0)]);
    }
    try_reader("xml", &registre.xml(), same);
}

#[test]
fn damaged_workbooks_are_read_or_refused() {
    let xlsx = registre().xlsx("Demandes");
    try_reader("xlsx", &xlsx, same);
    let sheet = member(&xlsx, "xl/worksheets/sheet2.xml");
    try_reader("xlsx, feuille", &sheet, |bytes| with_member(&xlsx, "xl/worksheets/sheet2.xml", bytes));
    let strings = member(&xlsx, "xl/sharedStrings.xml");
    try_reader("xlsx, textes", &strings, |bytes| with_member(&xlsx, "xl/sharedStrings.xml", bytes));
    let ods = registre().ods("Demandes");
    try_reader("ods, contenu", &member(&ods, "content.xml"), |bytes| with_member(&ods, "content.xml", bytes));
}

/// The reader of `OpenDocument` waits for the end of a table for ever: a content cut anywhere must be refused before it.
#[test]
fn a_cut_opendocument_content_is_refused_wherever_it_is_cut() {
    let schema = Schema::load(&Resources::embedded(), "demandes", 2025).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fichier.ods");
    let whole = registre().ods("Demandes");
    let content = member(&whole, "content.xml");
    for cut in (0..content.len() - 1).step_by(29) {
        std::fs::write(&path, with_member(&whole, "content.xml", &content[..cut])).unwrap();
        assert!(read(&path, &schema).is_err(), "{cut}");
    }
}
