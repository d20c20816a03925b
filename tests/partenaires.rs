//! What is sent to each partner: all that it may read, and nothing of another.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use bilan::reference::{Geographie, Resources};
use bilan::report::holder_words;
use calamine::{Reader, Xlsx};

use crate::commun::{Cell, Projet, Row, astray, bilan, demo, files, read_table};

/// Folders of one kind of partner, by code.
fn folders(partenaires: &Path, genre: &str) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(partenaires.join(genre)).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path)).collect()
}

/// All that can be read in a file but a PDF.
fn words(name: &Path, bytes: Vec<u8>) -> String {
    match name.extension().unwrap().to_str().unwrap() {
        "xlsx" => {
            let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
            let sheets = book.sheet_names();
            let cells = sheets.iter().flat_map(|sheet| {
                let range = book.worksheet_range(sheet).unwrap();
                range.used_cells().map(|(_, _, cell)| cell.to_string()).collect::<Vec<_>>()
            });
            cells.chain(sheets.iter().cloned()).collect::<Vec<_>>().join("\n")
        }
        "pdf" => String::new(),
        _ => String::from_utf8(bytes).unwrap().replace("&#x27;", "'"),
    }
}

/// What of `others` is told in a folder, the method apart: it lists the amounts of an order that is public.
fn told(folder: &Path, others: &[&String]) -> Vec<String> {
    let read = files(folder).into_iter().filter(|(name, _)| !name.ends_with("methode.html"));
    read.flat_map(|(name, bytes)| {
        let text = words(&name, bytes);
        others.iter().filter(|other| text.contains(**other)).map(ToString::to_string).collect::<Vec<_>>()
    })
    .collect()
}

/// Codes and names of all but those that `own` says.
fn others(all: &BTreeMap<String, String>, own: impl Fn(&str) -> bool) -> Vec<&String> {
    all.iter().filter(|(code, _)| !own(code)).flat_map(|(code, nom)| [code, nom]).collect()
}

/// Codes of the communes that the explorer of a folder answers for.
fn explored(folder: &Path) -> BTreeSet<String> {
    let page = fs::read_to_string(folder.join("explorateur.html")).unwrap();
    page.split("<details data-code=\"").skip(1).map(|rest| rest[..5].to_owned()).collect()
}

fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row[column].text()
}

fn sum(rows: &[Row], column: &str, kept: impl Fn(&Row) -> bool) -> i64 {
    rows.iter().filter(|row| kept(row)).filter_map(|row| row[column].int()).sum()
}

/// SIREN and name of each landlord of the demonstration.
fn landlords(project: &str) -> BTreeMap<String, String> {
    let list = fs::read_to_string(Path::new(project).join("donnees/bailleurs.csv")).unwrap();
    let pair = |line: &str| {
        let mut cells = line.split(';').map(str::to_owned);
        (cells.next().unwrap(), cells.next().unwrap())
    };
    list.lines().skip(1).map(pair).collect()
}

#[test]
fn nobody_reads_what_is_anothers() {
    let (_dir, project) = demo();
    let (code, said) = bilan(&["share", &project, "--threads", "1"]);
    let said = said.replace('\u{a0}', " ");
    assert!(code == 0 && said.contains("9 EPCI, 19 bailleurs, 5 réservataires"), "{said}");
    let sortie = Path::new(&project).join("sortie");
    let partenaires = sortie.join("partenaires");
    let one = files(&partenaires);
    fs::remove_dir_all(&partenaires).unwrap();
    assert_eq!(bilan(&["share", &project, "--threads", "3"]).0, 0);
    assert!(files(&partenaires) == one, "the number of threads shows");

    let nothing = Vec::<String>::new();
    let landlords = landlords(&project);
    let sent = folders(&partenaires, "bailleurs");
    assert!(sent.keys().eq(landlords.keys()));
    for (siren, folder) in &sent {
        assert_eq!(astray(folder), nothing);
        assert_eq!(told(folder, &others(&landlords, |other| other == siren)), nothing, "{siren}");
        let own = [siren, &landlords[siren]];
        assert!(own.iter().all(|word| told(folder, &own).contains(word)), "{siren}");
    }

    let flows = read_table(&sortie.join("indicateurs/flux.parquet"));
    let holders = ["COLACT", "COLTER", "PPRIOR", "PFONCT", "AUTRES", "AUCUN"];
    let holders: BTreeMap<String, String> =
        holders.iter().map(|code| ((*code).to_owned(), holder_words(code).to_owned())).collect();
    for (holder, folder) in folders(&partenaires, "reservataires") {
        assert_eq!(astray(&folder), nothing);
        assert_eq!(told(&folder, &others(&holders, |other| *other == holder)), nothing, "{holder}");
        assert_eq!(told(&folder, &[&holders[&holder]]), [holders[&holder].as_str()]);
        // The report holds every row of this contingent, and no other.
        let mut csv = csv::ReaderBuilder::new();
        let path = folder.join(format!("flux/{holder}.csv"));
        let rows: Vec<csv::StringRecord> =
            csv.delimiter(b';').from_path(path).unwrap().records().map(Result::unwrap).collect();
        let own = |row: &Row| text(row, "reservataire") == holder;
        assert_eq!(rows.len(), flows.iter().filter(|row| own(row)).count(), "{holder}");
        let counted = |column: usize| rows.iter().map(|row| row[column].parse::<i64>().unwrap()).sum::<i64>();
        assert_eq!(counted(10), sum(&flows, "attributions", own));
        assert_eq!(counted(9), sum(&flows, "proposes", own));
        assert_eq!(files(&folder).len(), 3);
    }

    let geographie = Geographie::load(&Resources::embedded(), 2025).unwrap();
    let answers = read_table(&sortie.join("indicateurs/explorateur.parquet"));
    let answered = |own: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let communes = answers.iter().filter(|row| text(row, "niveau") == "commune").map(|row| text(row, "code"));
        communes.filter(|code| own(code)).map(str::to_owned).collect()
    };
    let epci = folders(&partenaires, "epci");
    let names: BTreeMap<String, String> =
        epci.keys().map(|siren| (siren.clone(), geographie.epci_name(siren).to_owned())).collect();
    for (siren, folder) in &epci {
        assert_eq!(astray(folder), nothing);
        assert_eq!(told(folder, &others(&names, |other| other == siren)), nothing, "{siren}");
        // What is looked for is what a page and a workbook print.
        for own in ["index.html", &format!("classeurs/{siren}.xlsx")] {
            let text = words(Path::new(own), fs::read(folder.join(own)).unwrap());
            assert!(text.contains(&names[siren]) && text.contains(siren), "{own}");
        }
        // What it may tell applicants is of its own communes.
        let own = |code: &str| geographie.commune(code).and_then(|commune| commune.epci.as_ref()) == Some(siren);
        assert_eq!(explored(folder), answered(&own), "{siren}");
        let document = format!("pdf/{siren}.pdf");
        assert_eq!(fs::read(folder.join(&document)).unwrap(), fs::read(sortie.join(&document)).unwrap());
    }

    let state = folders(&partenaires, "etat");
    assert_eq!(state.len(), 5);
    for (code, folder) in &state {
        assert_eq!(astray(folder), nothing);
        assert_eq!(explored(folder), answered(&|commune| commune.starts_with(code.as_str())), "{code}");
        let communes = geographie.communes().filter(|commune| commune.departement == *code);
        let inside: BTreeSet<&str> = communes.filter_map(|commune| commune.epci.as_deref()).collect();
        assert_eq!(told(folder, &others(&names, |siren| inside.contains(siren))), nothing, "{code}");
        for siren in names.keys().filter(|siren| inside.contains(siren.as_str())) {
            assert!(folder.join(format!("epci/{siren}.html")).is_file(), "{siren}");
            assert!(folder.join(format!("classeurs/{siren}.xlsx")).is_file(), "{siren}");
        }
    }
}

/// A count as a page writes it.
fn shown(n: i64) -> String {
    let digits = n.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8(groups.join("\u{202f}".as_bytes())).unwrap()
}

/// The page of a holder and that of a département say what the tables hold.
#[test]
fn pages_say_what_the_tables_hold() {
    let (_dir, project) = demo();
    let sortie = Path::new(&project).join("sortie");
    let table = |name: &str| read_table(&sortie.join("indicateurs").join(format!("{name}.parquet")));
    let page =
        |path: &str| fs::read_to_string(sortie.join(path)).unwrap().replace("&#x2f;", "/").replace("&#x27;", "'");
    let (flows, priorities, verdicts) = (table("flux"), table("priorites"), table("verdicts"));
    for holder in ["COLACT", "COLTER", "PPRIOR", "PFONCT", "AUTRES"] {
        let html = page(&format!("reservataires/{holder}.html"));
        let keys = html.split("<dl class=\"cles\">").nth(1).unwrap().split("</dl>").next().unwrap();
        let own = |row: &Row| text(row, "niveau") == "epci" && text(row, "reservataire") == holder;
        let ruled = |row: &Row| text(row, "acteur") == holder && text(row, "base") == "loi";
        let mut wanted = vec![
            shown(sum(&flows, "attributions", |row| text(row, "reservataire") == holder)),
            shown(sum(&priorities, "attributions", own)),
        ];
        if matches!(holder, "COLACT" | "COLTER") {
            wanted.push(shown(sum(&verdicts, "manque", ruled)));
        } else {
            assert!(html.contains("n'oblige pas ce réservataire"), "{holder}");
        }
        for count in wanted {
            assert!(keys.contains(&format!("<strong>{count}</strong>")), "{holder} : {count}");
        }
    }
    for (code, epci) in [("63", 4), ("43", 1), ("58", 1)] {
        let html = page(&format!("departements/{code}.html"));
        let of = |name: &str, column: &str| {
            let rows = table(name);
            let whole = |row: &&Row| {
                text(row, "niveau") == "departement"
                    && text(row, "code") == code
                    && ["population", "typologie", "categorie"]
                        .iter()
                        .all(|c| row.get(*c).is_none_or(|cell| *cell == Cell::Text("ensemble".to_owned())))
            };
            rows.iter().find(whole).and_then(|row| row[column].int()).unwrap_or(0)
        };
        let keys = html.split("<dl class=\"cles\">").nth(1).unwrap().split("</dl>").next().unwrap();
        for count in [of("parc", "logements"), of("demande", "actives"), of("attributions", "attributions")] {
            assert!(keys.contains(&format!("<strong>{}</strong>", shown(count))), "{code} : {count}");
        }
        let judged = html.split(">Règles et objectifs de l'année<").nth(1).unwrap();
        let judged = judged.split("</table>").next().unwrap();
        let led: BTreeSet<&str> = judged.split("epci/").skip(1).map(|rest| &rest[..9]).collect();
        assert_eq!(led.len(), epci, "{code}");
        assert!(html.contains("est coupé par le périmètre"), "{code}");
        assert_eq!(html.contains("débordent du département"), matches!(code, "58"), "{code}");
    }
}

/// Folders of other results are said; a partner that there is no more has none; without results there is nothing to send.
#[test]
fn folders_follow_their_results() {
    let leases = |other: &str| {
        format!(
            "numero_unique;date_bail;bailleur;commune;reservataire\n063000000000000001;2025-05-01;900000001;03310;COLACT\n\
             063000000000000002;2025-05-02;{other};03310;AUCUN\n"
        )
    };
    let projet = Projet::new(
        "[bilan]\nmillesime = 2025\nepci = [\"200071363\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n",
        &[("a.csv", leases("900001018").as_bytes())],
    );
    let path = projet.path().to_string_lossy().into_owned();
    let (code, said) = bilan(&["share", &path]);
    assert!(code == 2 && said.contains("B0401"), "{said}");
    projet.run(2, false);
    // The pages that folders are made of are set first.
    assert_eq!(bilan(&["share", &path]).0, 0);
    let partenaires = projet.path().join("sortie/partenaires");
    let codes = || folders(&partenaires, "bailleurs").into_keys().collect::<Vec<_>>();
    assert_eq!(codes(), ["900000001", "900001018"]);
    assert_eq!(folders(&partenaires, "reservataires").into_keys().collect::<Vec<_>>(), ["COLACT"]);
    // One département: its services read the results whole.
    assert!(!partenaires.join("etat").exists());
    assert!(projet.path().join("sortie/index.html").is_file());
    assert!(!bilan(&["run", &path]).1.contains("B0316"));
    fs::write(projet.path().join("a.csv"), leases("900000001")).unwrap();
    let (_, said) = bilan(&["run", &path]);
    assert!(said.contains("B0316") && said.contains("bilan share"), "{said}");
    fs::write(partenaires.join("bailleurs/900000001/courrier.txt"), "de l'expéditeur").unwrap();
    assert_eq!(bilan(&["share", &path]).0, 0);
    assert_eq!(codes(), ["900000001"]);
    assert!(partenaires.join("bailleurs/900000001/courrier.txt").is_file());
    assert!(!bilan(&["run", &path]).1.contains("B0316"));
}
