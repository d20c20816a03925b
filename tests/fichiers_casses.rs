//! The users' worst day: each broken file gives its diagnostic and its exit code, nothing panics, and the good rows of a
//! partly bad file still count.

use std::path::Path;
use std::process::{Command, Output};

use crate::commun::{Cell, Projet};

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.csv\"]\n";
const HEADER: &str = "numero_unique;date_depot;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\n";
const GOOD: &str = "A1;2024-01-05;2025-03-01;900000001;63113;non;900,50;2\n";

fn bilan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bilan")).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn run(projet: &Path, more: &[&str]) -> (i32, String) {
    let path = projet.to_string_lossy().into_owned();
    let output = bilan(&[&["run", &path, "--no-report"], more].concat());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code().unwrap(), text)
}

fn refused(bytes: &[u8], code: &str) -> String {
    let projet = Projet::new(TOML, &[("attributions.csv", bytes)]);
    let (exit, text) = run(projet.path(), &[]);
    assert!(text.contains(code), "{code} expected in:\n{text}");
    assert_eq!(exit, 1, "{text}");
    text
}

fn leases(projet: &Projet) -> Option<i64> {
    let rows = projet.table("attributions");
    let row = rows.iter().find(|r| {
        r["niveau"].text() == "epci" && r["population"].text() == "ensemble" && r["typologie"].text() == "ensemble"
    });
    row.unwrap()["attributions"].int()
}

#[test]
fn a_whole_file_that_cannot_be_read_is_refused_by_name() {
    refused(b"", "B0100");
    refused(b"\n\n", "B0100");
    refused(b"\x00\x01\x02binaire", "B0102");
    refused(b"PK\x03\x04 un classeur", "B0111");
    refused(&[&[0x81_u8, 0xe9, b'\n'][..], HEADER.as_bytes()].concat(), "B0112");
    let text = refused(b"numero_unique;bailleur;commune\nA1;900000001;63113\n", "B0103");
    assert!(text.contains("date_bail") && !text.contains("B0120"), "{text}");
}

#[test]
fn a_missing_file_and_a_missing_project_are_two_things() {
    let projet = Projet::new(TOML, &[]);
    let (exit, text) = run(projet.path(), &[]);
    assert!(exit == 1 && text.contains("B0101"), "{exit} {text}");
    assert_eq!(projet.table("attributions")[0]["attributions"], Cell::Null);
    let output = bilan(&["run", "nulle/part"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("B0001") && said.contains("bilan init"), "{said}");
    // As an editor saves it, which the file manager shows as bilan.toml.
    std::fs::rename(projet.path().join("bilan.toml"), projet.path().join("bilan.toml.txt")).unwrap();
    let (exit, text) = run(projet.path(), &[]);
    assert!(exit == 2 && text.contains("renommez bilan.toml.txt en bilan.toml"), "{exit} {text}");
}

#[test]
fn good_rows_count_beside_bad_ones_and_every_bad_one_is_listed() {
    let rows = [
        GOOD,
        "A2;2024-01-05;31/02/2025;900000001;63113;non;900;2\n",
        "A3;2024-01-05;2025-03-01;900000001;99999;non;900;2\n",
        "A4;2024-01-05;2025-03-01;900000001;63113;non;900;2;en trop\n",
        "A5;2024-01-05\n",
        "\n",
        "A6;2024-01-05;2025-03-01;12345;63113;non;900;2\n",
        "A7;2024-01-05;2025-03-01;900000001;63113;\"non;900;2\n",
        "A8;2024-01-05;;900000001;63113;non;900;2\n",
        "A9;pas une date;2025-06-30;900000001;63014;oui;abc;2\n",
    ];
    let projet = Projet::new(TOML, &[("attributions.csv", format!("{HEADER}{}", rows.concat()).as_bytes())]);
    let (exit, text) = run(projet.path(), &[]);
    assert_eq!(exit, 0, "{text}");
    assert_eq!(leases(&projet), Some(2), "the first and the last");
    let rejets = projet.text("rejets.csv");
    // In the order of the file; what crosses whole tables comes after.
    let listed: Vec<(u64, &str)> = rejets
        .lines()
        .skip(1)
        .map(|row| row.split(';').collect::<Vec<_>>())
        .filter(|row| row[3] < "B03")
        .map(|row| (row[1].parse().unwrap(), row[3]))
        .collect();
    let expected = [
        (3, "B0107"),
        (4, "B0127"),
        (5, "B0108"),
        (6, "B0109"),
        (7, "B0105"),
        (8, "B0130"),
        (9, "B0109"),
        (10, "B0120"),
        (11, "B0107"),
        (11, "B0128"),
    ];
    assert_eq!(listed, expected, "{rejets}");
    let quality: serde_json::Value = serde_json::from_str(&projet.text("qualite.json")).unwrap();
    let source = &quality["sources"][0];
    assert_eq!(
        (source["lignes"].as_u64(), source["gardees"].as_u64(), source["refusees"].as_u64()),
        (Some(10), Some(2), Some(8))
    );
    let (exit, _) = run(projet.path(), &["--strict"]);
    assert_eq!(exit, 1);
}

/// Small files are read first, and stand where the project has them; of two of one content, the second is refused.
#[test]
fn files_are_told_in_the_order_of_the_project() {
    let large = format!("{HEADER}{}", (0..500).map(|i| GOOD.replace("A1", &format!("B{i}"))).collect::<String>());
    let small = format!("{HEADER}{GOOD}");
    let toml = TOML.replace("attributions.csv", "a*.csv");
    let contents = [("a1.csv", &large), ("a2.csv", &small), ("a3.csv", &large), ("a4.csv", &small)];
    let projet = Projet::new(&toml, &contents.map(|(name, text)| (name, text.as_bytes())));
    let (exit, text) = run(projet.path(), &[]);
    assert_eq!(exit, 1, "{text}");
    let manifest: serde_json::Value = serde_json::from_str(&projet.text("manifeste.json")).unwrap();
    let entries: Vec<(&str, bool)> = manifest["entrees"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["fichier"].as_str().unwrap(), entry["refuse"].as_bool().unwrap()))
        .collect();
    assert_eq!(entries, [("a1.csv", false), ("a2.csv", false), ("a3.csv", true), ("a4.csv", true)]);
    assert!(text.contains("que a1.csv") && text.contains("que a2.csv"), "{text}");
    assert_eq!(leases(&projet), Some(501));
}

#[test]
fn windows_files_with_other_names_and_commas_read_alike() {
    let plain = Projet::new(TOML, &[("attributions.csv", format!("{HEADER}{GOOD}").as_bytes())]);
    let text = "Numéro unique,Date de dépôt,DATE_SIGNATURE_BAIL,SIREN,DEPCOM,EN_QPV,RESSOURCES,NB_PERS\r\nA1,05/01/2024,01/03/2025,900000001,63113,N,900.50,2\r\n";
    let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let toml =
        TOML.replace("[\"attributions.csv\"]", "[\"attributions.csv\"]\ncolonnes = { date_depot = \"Date de depot\" }");
    let disguised = Projet::new(&toml, &[("attributions.csv", &windows)]);
    assert_eq!(run(plain.path(), &[]).0, 0);
    let (exit, messages) = run(disguised.path(), &[]);
    assert_eq!(exit, 0, "{messages}");
    for table in ["attributions", "quartiles", "delais"] {
        assert_eq!(plain.table(table), disguised.table(table), "{table}");
    }
}

#[test]
fn a_project_file_with_a_fault_says_where() {
    for (toml, code) in [
        ("[bilan]\nmillesime = 2025\nepci = [\"123\"]\n", "B0003"),
        ("[bilan]\nmillesime = 2025\ninconnue = 1\n", "B0002"),
        ("[bilan\n", "B0002"),
        ("[bilan]\nmillesime = 1999\n", "B0003"),
        ("[bilan]\nmillesime = 2025\ntypologie_demande = \"ideale\"\n", "B0003"),
        // A delay holds in one place, of one kind, once.
        ("[bilan]\nmillesime = 2025\n[[delai_anormal]]\nmois = 12\n", "departement, epci ou communes"),
        (
            "[bilan]\nmillesime = 2025\n[[delai_anormal]]\nmois = 12\ndepartement = \"63\"\nepci = \"246300701\"\n",
            "departement, epci ou communes",
        ),
        ("[bilan]\nmillesime = 2025\n[[delai_anormal]]\nmois = 12\nepci = \"63\"\n", "le SIREN (9 chiffres) d'un EPCI"),
        (
            "[bilan]\nmillesime = 2025\n[[delai_anormal]]\nmois = 12\ncommunes = [\"63113\", \"63014\"]\n\
             [[delai_anormal]]\nmois = 18\ncommunes = [\"63014\"]\n",
            "une seule valeur par lieu et typologie",
        ),
    ] {
        let projet = Projet::new(toml, &[]);
        let (exit, text) = run(projet.path(), &[]);
        assert!(exit == 2 && text.contains(code), "{toml}: {exit} {text}");
    }
    // Saved by an editor in the words of Windows.
    let projet = Projet::new("", &[("bilan.toml", b"[bilan]\nmillesime = 2025\ntitre = \"Ann\xe9e\"\n")]);
    let (exit, text) = run(projet.path(), &[]);
    assert!(exit == 2 && text.contains("B0002") && text.contains("ligne 3 : ce fichier n'est pas en UTF-8"), "{text}");
    let output = bilan(&["rune"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("commande « rune » inconnue"));
}

/// A code of no list is kept as an anomaly, and never makes a row of its own among the typologies.
#[test]
fn a_typology_of_no_list_counts_under_the_whole_alone() {
    let toml = format!("{TOML}[[source]]\nschema = \"demandes\"\nfichiers = [\"demandes.csv\"]\n");
    let leases =
        "numero_unique;date_bail;bailleur;commune;typologie;categorie\nA1;2025-03-01;900000001;63113;3P;studio\n";
    let demands = "numero_unique;date_depot;communes;typologies\nD1;2025-02-01;63113;3P|T2\n";
    let projet = Projet::new(&toml, &[("attributions.csv", leases.as_bytes()), ("demandes.csv", demands.as_bytes())]);
    let (exit, text) = run(projet.path(), &[]);
    assert!(exit == 0 && text.contains("B0123"), "{exit} {text}");
    for (table, column) in [("demande", "actives"), ("attributions", "attributions"), ("tension", "demandes")] {
        let rows = projet.table(table);
        assert!(rows.iter().all(|r| r["typologie"].text() == "ensemble"), "{table}");
        assert!(rows.iter().any(|r| r[column].int() == Some(1)), "{table}");
    }
}

/// Codes are data: a local one is translated by the project, a later list of the register is dropped in beside the others.
#[test]
fn local_codes_and_later_lists_are_known_once_given() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n[[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n";
    let rows = "numero_unique;date_depot;communes;logement_actuel;situation_familiale\n\
                D1;2025-02-01;63113;PARC SOCIAL;C\nD2;2025-02-01;63113;COLOC;C\nD3;2025-02-01;63113;LP;C\n";
    let unknown = |projet: &Projet| -> u64 {
        let outcome = projet.run(1, false);
        outcome.ingestion.fichiers[0].totaux.iter().filter(|t| t.code == "B0123").map(|t| t.nombre).sum()
    };
    let profile = |projet: &Projet, code: &str| {
        let rows = projet.table("demande_profil");
        let row = rows.iter().find(|r| {
            r["niveau"].text() == "epci"
                && r["dimension"].text() == "logement_actuel"
                && r["modalite"].text().contains(code)
        });
        row.and_then(|r| r["demandes"].int())
    };
    let projet = Projet::new(toml, &[("d.csv", rows.as_bytes())]);
    assert_eq!(unknown(&projet), 2);
    let translated = format!("{toml}codes = {{ logement_actuel = {{ \"Parc social\" = \"HLM\" }} }}\n");
    let projet = Projet::new(&translated, &[("d.csv", rows.as_bytes())]);
    assert_eq!(unknown(&projet), 1);
    let whole = projet.table("demande");
    let moves = whole.iter().find(|r| r["niveau"].text() == "epci" && r["population"].text() == "mutation").unwrap();
    assert_eq!(moves["actives"].int(), Some(1));
    let list = |debut: &str| {
        format!(
            "{{\"_debut\": \"{debut}\", \"modele_logement_actuel\": {{\"HLM\": \"HLM\", \"LP\": \"Privé\", \"COLOC\": \"Colocation\"}}}}"
        )
    };
    for (debut, left) in [("2021-09-01", 0), ("2026-01-01", 1)] {
        let later = list(debut);
        let files: [(&str, &[u8]); 2] =
            [("d.csv", rows.as_bytes()), ("reference/nomenclatures/sne_2021.json", later.as_bytes())];
        let projet = Projet::new(&translated, &files);
        assert_eq!(unknown(&projet), left, "{debut}");
        assert_eq!(profile(&projet, "COLOC").is_some(), left == 0, "{debut}");
    }
}

/// Exports meant to be read have a title over their header, and spreadsheets a line that names the separator; lines keep their
/// number. Where no line names the columns, what the nearest lacks is told.
#[test]
fn a_title_over_the_header_is_not_the_header() {
    let rows = "numero_unique;date_bail;bailleur;commune\nA1;2025-05-02;900000001;63113\nA2;jamais;900000001;63113\n";
    let read = |title: &str, rows: &str| {
        let text = format!("{title}{rows}");
        let projet = Projet::clermont("", &[("attributions", &[("attributions.csv", &text)])]);
        let outcome = projet.run(2, false);
        let file = &outcome.ingestion.fichiers[0];
        let refused: Vec<String> = file.refus.iter().map(ToString::to_string).collect();
        (file.gardees, projet.listed().remove("B0107"), refused)
    };
    for (title, line) in
        [("", 3), ("sep=;\n", 4), ("Baux signés, \"2025\"\r\n;;;\r\n\r\n", 6), (&"Titre\n".repeat(49), 52)]
    {
        let (kept, dates, refused) = read(title, rows);
        assert_eq!((kept, refused), (1, Vec::new()), "{title}");
        assert_eq!(dates.unwrap().into_iter().collect::<Vec<_>>(), [format!("attributions {line}")], "{title}");
    }
    let (kept, _, refused) = read("Titre\n", &rows.replace("date_bail", "signature"));
    assert!(kept == 0 && refused.len() == 1 && refused[0].contains("date_bail"), "{refused:?}");
    assert_eq!(read(&"Titre\n".repeat(50), rows).0, 0);
}

/// A list whose elements are parted otherwise is no code and no commune: what to part them by is said.
#[test]
fn lists_parted_otherwise_are_told_how_to_be() {
    let rows = "numero_unique;date_depot;communes;typologies\nD1;2025-02-01;63113,63014;T2\nD2;2025-02-01;63113;T2/T3\n\
                D3;2025-02-01;99999;T2 bis\n";
    let projet = Projet::clermont("", &[("demandes", &[("demandes.csv", rows)])]);
    let outcome = projet.run(1, false);
    let totals = &outcome.ingestion.fichiers[0].totaux;
    let told = |code: &str| {
        let total = totals.iter().find(|total| total.code == code).unwrap();
        (total.nombre, total.exemple.to_string())
    };
    for (code, line) in [("B0127", "ligne 2"), ("B0123", "ligne 3")] {
        let (number, said) = told(code);
        assert!(
            number == 2 && said.contains(line) && said.contains("séparez par | les éléments de la liste"),
            "{said}"
        );
    }
}

/// Paris, Lyon and Marseille by arrondissement, a merged commune, a lost zero, a split commune; nothing is guessed.
#[test]
fn communes_of_files_become_those_of_the_year() {
    let toml = "[bilan]\nmillesime = 2025\ncommunes = [\"75056\", \"13055\", \"69123\", \"01165\", \"01004\", \"15141\"]\n\
                [[source]]\nschema = \"rpls\"\nfichiers = [\"r.csv\"]\nmillesime = 2019\n";
    let rows = "DEPCOM\n75113\n75101\n13201\n69381\n01003\n1004\n15141\n99999\n";
    let projet = Projet::new(toml, &[("r.csv", rows.as_bytes())]);
    let outcome = projet.run(1, false);
    let file = &outcome.ingestion.fichiers[0];
    let codes: Vec<(&str, u64)> = file.totaux.iter().map(|t| (t.code.as_str(), t.nombre)).collect();
    assert_eq!(codes, [("B0124", 1), ("B0125", 1), ("B0127", 1)]);
    let counted: Vec<(String, i64)> = projet
        .table("parc")
        .iter()
        .filter(|r| r["niveau"].text() == "commune" && r["typologie"].text() == "ensemble")
        .map(|r| (r["code"].text().to_owned(), r["logements"].int().unwrap()))
        .collect();
    let expected = [("01004", 1), ("01165", 1), ("13055", 1), ("15141", 1), ("69123", 1), ("75056", 2)];
    assert_eq!(counted, expected.map(|(c, n)| (c.to_owned(), n)));
}

/// A quote left open makes one name of many lines: refused, where it would be written in every page.
#[test]
fn a_name_longer_than_a_name_is_refused() {
    let toml = TOML.to_owned() + "[[source]]\nschema = \"bailleurs\"\nfichiers = [\"bailleurs.csv\"]\n";
    let names = |length| format!("siren;nom\n900000001;\"Office\n{}\"\n900000019;Société\n", "x".repeat(length));
    let attributions = HEADER.to_owned() + GOOD;
    let run_of = |length| {
        let bailleurs = names(length);
        let files = [("attributions.csv", attributions.as_bytes()), ("bailleurs.csv", bailleurs.as_bytes())];
        let projet = Projet::new(&toml, &files);
        let (exit, text) = run(projet.path(), &[]);
        assert_eq!(exit, 0, "{text}");
        (text, projet.text("rejets.csv"))
    };
    let (text, rejets) = run_of(100_000);
    assert!(text.contains("B0121  bailleurs.csv, ligne 2, colonne nom"), "{text}");
    assert!(text.contains("la valeur a plus de 200 caractères"), "{text}");
    assert!(!text.contains("xxx") && text.len() < 2_000, "{text}");
    assert!(rejets.contains(";B0121;refus;") && !rejets.contains("xxx"), "{rejets}");
    // "Office", a space and 193 letters.
    assert!(!run_of(193).0.contains("B0121"));
    assert!(run_of(194).0.contains("B0121"));
}
