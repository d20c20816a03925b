//! A register handed over several times — month after month, or a département beside the region — counts as one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::commun::{Projet, files};

const TOML: &str = "[bilan]\nmillesime = 2025\ndepartements = [\"63\"]\ndate_extraction = 2026-01-31\n\n\
[[source]]\nschema = \"demandes\"\nfichiers = [\"demandes*.csv\"]\n\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.csv\"]\n\n\
[[source]]\nschema = \"rpls\"\nfichiers = [\"rpls*.csv\"]\n";
const HEADER: &str =
    "numero_unique;date_depot;date_renouvellement;date_radiation;communes;typologies;date_extraction\n";
const COMMUNES: [&str; 3] = ["63113", "63014", "63300"];

/// Rows of one file: number, renewal, the rest as text.
fn extraction(file: u32, day: &str, numbers: impl Iterator<Item = u32>) -> Vec<(u32, String, String)> {
    let row = |n: u32| {
        // Some renewals are later in an earlier file.
        let month = 1 + (n + file * 5) % 12;
        let renewal = if n.is_multiple_of(3) { String::new() } else { format!("2025-{month:02}-05") };
        // What a household asks for changes from one file to the next; one in eleven has left by the last extraction.
        let moved = usize::try_from(n + file).unwrap();
        let left = if day == "2026-01-31" && n.is_multiple_of(11) { "2025-11-30" } else { "" };
        let rest = format!(
            "20{:02}-{:02}-15;{renewal};{left};{};T{};{day}",
            19 + n % 7,
            1 + n % 12,
            COMMUNES[moved % 3],
            1 + moved % 5
        );
        (n, renewal, rest)
    };
    numbers.map(row).collect()
}

fn csv(rows: &[(u32, String, String)]) -> String {
    rows.iter().fold(HEADER.to_owned(), |mut text, (n, _, rest)| {
        writeln!(text, "{n:018};{rest}").unwrap();
        text
    })
}

/// Leases of numbers and dwellings of both stocks.
fn attributions() -> String {
    let header = "numero_unique;date_bail;bailleur;commune;id_rpls;reservataire\n".to_owned();
    (0..120_u32).fold(header, |mut text, n| {
        let day = format!("2025-{:02}-{:02}", 1 + n % 12, 1 + n % 28);
        writeln!(text, "{:018};{day};900000001;{};{:010};AUCUN", n * 5, COMMUNES[n as usize % 3], n * 3).unwrap();
        text
    })
}

/// A stock; the second tells otherwise of some of the first's dwellings.
fn rpls(numbers: std::ops::Range<u32>, shift: u32) -> String {
    numbers.fold("IDENT_REP;DEPCOM;NBPIECE;FINAN;QPV;MODE\n".to_owned(), |mut text, n| {
        let other = n + if n.is_multiple_of(4) { shift } else { 0 };
        writeln!(text, "{n:010};{};{};13;{};1", COMMUNES[n as usize % 3], 1 + other % 5, 1 + other % 2).unwrap();
        text
    })
}

/// The dictionary entries of the program, but for parts so small that there are many.
fn cut_small(projet: &Projet) {
    let entries = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines");
    for name in ["demandes_ecartees", "logements_repetes", "logements"] {
        let path = format!("{name}/{name}.toml");
        let text = std::fs::read_to_string(entries.join(&path)).unwrap();
        let own = projet.path().join("pipelines").join(&path);
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::write(own, text.replace("lignes = 1500000", "lignes = 40")).unwrap();
    }
}

fn parts(projet: &Projet, step: &str) -> usize {
    let kept = files(&projet.path().join(".bilan/etapes"));
    let name = format!("{step}-");
    kept.keys().filter(|file| file.to_string_lossy().starts_with(&name)).count()
}

#[test]
fn a_register_handed_over_several_times_counts_as_its_latest_rows() {
    // A month, the month after, which lacks some and has new ones, and rows of the last day in a file of their own.
    let handed = [
        ("demandes_1.csv", extraction(1, "2025-12-31", 0..600)),
        ("demandes_2.csv", extraction(2, "2026-01-31", (0..700).filter(|n| n % 13 > 0))),
        ("demandes_3.csv", extraction(3, "2026-01-31", (0..700).filter(|n| n % 5 == 0))),
    ];
    // What must count, worked out here: the latest extraction, then renewal, then file, of each number.
    let mut kept: BTreeMap<u32, (&str, String, usize, String)> = BTreeMap::new();
    let (mut rows, mut earlier) = (0, 0);
    for (file, (_, each)) in handed.iter().enumerate() {
        rows += each.len();
        for (n, renewal, rest) in each {
            let day = rest.rsplit_once(';').unwrap().1;
            let version = (day, renewal.clone(), file, rest.clone());
            let best = kept.entry(*n).or_insert_with(|| version.clone());
            earlier += usize::from(best.0 < day);
            if (version.0, &version.1, version.2) > (best.0, &best.1, best.2) {
                *best = version;
            }
        }
    }
    let kept: Vec<(u32, String, String)> =
        kept.into_iter().map(|(n, (_, renewal, _, rest))| (n, renewal, rest)).collect();
    assert!(rows > kept.len() + 500, "{rows} {}", kept.len());

    let (lettings, stock, again) = (attributions(), rpls(0..300, 0), rpls(200..500, 1));
    let beside =
        [("attributions.csv", lettings.as_bytes()), ("rpls_1.csv", stock.as_bytes()), ("rpls_2.csv", again.as_bytes())];
    let texts: Vec<(&str, String)> = handed.iter().map(|(name, rows)| (*name, csv(rows))).collect();
    let several: Vec<(&str, &[u8])> = texts.iter().map(|(name, text)| (*name, text.as_bytes())).chain(beside).collect();
    let once = csv(&kept);
    let alone: Vec<(&str, &[u8])> = std::iter::once(("demandes.csv", once.as_bytes())).chain(beside).collect();
    let [alone, whole, cut] = [(&alone, false), (&several, false), (&several, true)].map(|(files, small)| {
        let projet = Projet::new(TOML, files);
        if small {
            cut_small(&projet);
        }
        projet.run(2, false);
        projet
    });

    // While no number stands twice, the register is read as it is.
    assert_eq!((parts(&alone, "demandes_retenues"), parts(&whole, "demandes_retenues")), (0, 3));
    assert_eq!((parts(&whole, "demandes_ecartees"), parts(&whole, "logements")), (1, 1));
    assert!(
        parts(&cut, "demandes_ecartees") > 9 && parts(&cut, "logements") > 3 && parts(&cut, "logements_repetes") > 3
    );

    let tables = |projet: &Projet| files(&projet.path().join("sortie/indicateurs"));
    let expected = tables(&alone);
    for projet in [&whole, &cut] {
        let found = tables(projet);
        assert!(expected.keys().eq(found.keys()));
        for (name, bytes) in &expected {
            // Rows of the sources, set aside or not.
            if !name.to_string_lossy().starts_with("completude") {
                assert!(bytes == &found[name], "{} differs", name.display());
            }
        }
    }
    assert!(tables(&whole) == tables(&cut));
    assert_eq!(whole.text("qualite.json"), cut.text("qualite.json"));
    assert_eq!(whole.text("rejets.csv"), cut.text("rejets.csv"));
    let listed = |code: &str| whole.text("rejets.csv").lines().filter(|line| line.contains(code)).count();
    assert_eq!(listed("B0321"), rows - kept.len());
    assert_eq!((listed("autre extraction"), listed("autre fichier")), (earlier, rows - kept.len() - earlier));
    // Dwellings 200 to 299 stand in both files.
    assert_eq!(listed("B0333"), 100);

    // Questions asked afterwards see the same demands.
    let ask = |projet: &Projet| {
        let sql = "SELECT COUNT(*) AS lignes, SUM(active) AS actives, MIN(typologie) AS t FROM demandes";
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_bilan"))
            .args(["query", sql, "--csv", "--projet", &projet.path().to_string_lossy()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(ask(&alone), ask(&whole));
    assert!(ask(&whole).contains(&format!("{}", kept.len())), "{}", ask(&whole));
}

/// What a person who keeps leases in two sheets of a workbook, or writes two patterns that meet, hands over.
#[test]
fn two_sheets_of_a_workbook_are_two_files_and_a_file_given_twice_is_read_once() {
    let header = ["numero_unique", "date_depot", "communes", "date_extraction"];
    // Line 2 of the first sheet is set aside for line 3 of the second; their other lines stand.
    let sheets = [
        ("Nord", [["D1", "2024-01-01", "63113", "2025-12-31"], ["D2", "2024-01-01", "63014", "2025-12-31"]]),
        ("Sud", [["D3", "2024-01-01", "63113", "2026-01-31"], ["D1", "2024-01-01", "63300", "2026-01-31"]]),
    ];
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (name, rows) in &sheets {
        let sheet = workbook.add_worksheet().set_name(*name).unwrap();
        for (line, row) in (0..).zip(std::iter::once(&header).chain(rows)) {
            sheet.write_row(line, 0, row.iter().copied()).unwrap();
        }
    }
    let workbook = workbook.save_to_buffer().unwrap();
    let source = |schema: &str, file: &str, more: &str| {
        format!("\n[[source]]\nschema = \"{schema}\"\nfichiers = [\"{file}\"]\n{more}")
    };
    let start = "[bilan]\nmillesime = 2025\ndepartements = [\"63\"]\ndate_extraction = 2026-01-31\n";
    let toml = [
        start,
        &source("demandes", "d.xlsx", "feuille = \"Nord\"\n"),
        &source("demandes", "d.xlsx", "feuille = \"Sud\"\n"),
        &source("attributions", "a1.csv", ""),
        &source("attributions", "a*.csv", ""),
    ]
    .concat();
    let lease = |number: &str| {
        format!("numero_unique;date_bail;bailleur;commune\n{number};2025-03-01;900000001;63113\n").into_bytes()
    };
    let projet = Projet::new(&toml, &[("d.xlsx", &workbook), ("a1.csv", &lease("D2")), ("a2.csv", &lease("D3"))]);
    let outcome = projet.run(2, false);
    assert!(outcome.ingestion.any_file_refused());
    let whole = |table: &str, count: &str| {
        let rows = projet.table(table).into_iter();
        let mut rows = rows.filter(|row| {
            row["niveau"].text() == "territoire"
                && row["typologie"].text() == "ensemble"
                && row["population"].text() == "ensemble"
        });
        rows.next().unwrap()[count].int()
    };
    assert_eq!((whole("demande", "actives"), whole("attributions", "attributions")), (Some(3), Some(2)));
    let rejets = projet.text("rejets.csv");
    assert!(rejets.contains("d.xlsx (feuille Nord);2;numero_unique;B0321"), "{rejets}");
    assert!(rejets.contains("a1.csv;;;B0132;refus;;\"fichier déjà donné à une autre source de ce schéma"), "{rejets}");
    let sud = projet.table("demande").into_iter().find(|row| row["code"].text() == "63300").unwrap();
    assert_eq!(sud["actives"].int(), Some(1));
    // What was told is told again of a project that has not changed.
    let again = projet.run(2, false);
    assert_eq!(again.ingestion.fichiers.len(), outcome.ingestion.fichiers.len());
    assert_eq!(projet.text("rejets.csv"), rejets);
}
