//! The review as its readers open it: page, PDF, deck and workbook say the same; the PDF is what it claims.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx};
use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, Name, Object, Stream, String as Texte};

use crate::commun;
use crate::lecteurs::{Table, breakable, pdf, pdf_pages, pdf_text, plurals_below_two, squeezed, tables, unescaped};

fn sortie(path: &str) -> PathBuf {
    commun::demonstration().join("sortie").join(path)
}

/// The number that a page writes, and half of its last digit.
fn number(text: &str) -> Option<(f64, f64)> {
    let plain: String =
        text.chars().filter(|c| !c.is_whitespace() && *c != '≤').map(|c| if c == '−' { '-' } else { c }).collect();
    let (digits, scale) = plain.strip_suffix('%').map_or((plain.as_str(), 1.0), |d| (d, 0.01));
    let value: f64 = digits.replace(',', ".").parse().ok()?;
    let places = digits.split_once(',').map_or(0, |(_, d)| i32::try_from(d.len()).unwrap());
    Some((value * scale, 0.500_001 * 10_f64.powi(-places) * scale))
}

fn workbook(path: &Path) -> BTreeMap<String, Table> {
    let mut book: Xlsx<_> = calamine::open_workbook(path).unwrap();
    let mut sheets = BTreeMap::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).unwrap();
        let row = |r: u32| -> Vec<Data> {
            let width = range.end().map_or(0, |e| e.1);
            (0..=width).map(|c| range.get_value((r, c)).cloned().unwrap_or(Data::Empty)).collect()
        };
        let last = range.end().map_or(0, |e| e.0);
        let text = |d: &Data| match d {
            Data::Empty => String::new(),
            Data::String(s) => breakable(s),
            Data::Float(x) => format!("#{x}"),
            Data::Int(n) => format!("#{n}"),
            other => panic!("{other:?}"),
        };
        let head: Vec<String> = row(4).iter().map(text).collect();
        let rows = (5..=last).map(|r| row(r).iter().map(text).collect()).collect();
        sheets.insert(name, (head, rows));
    }
    sheets
}

/// Every table of the page is a sheet of the workbook: same words, same numbers to the last digit that the page writes,
/// an empty cell where the page writes that nothing is known.
#[test]
fn the_workbook_holds_the_numbers_of_the_page() {
    let page = tables(&breakable(&std::fs::read_to_string(sortie("epci/246300701.html")).unwrap()));
    let mut sheets = workbook(&sortie("classeurs/246300701.xlsx"));
    sheets.remove("Sommaire").unwrap();
    assert_eq!(sheets.len(), page.len());
    let mut compared = 0;
    for (head, rows) in &page {
        let (name, (_, wanted)) = sheets
            .iter()
            .find(|(_, (h, r))| h == head && r.len() == rows.len() && r[0][0] == rows[0][0])
            .unwrap_or_else(|| panic!("no sheet for {head:?}"));
        for (shown, kept) in rows.iter().zip(wanted) {
            for (shown, kept) in shown.iter().zip(kept) {
                match kept.strip_prefix('#') {
                    Some(kept) => {
                        let (value, half) = number(shown).unwrap_or_else(|| panic!("{name}: {shown} for {kept}"));
                        let kept: f64 = kept.parse().unwrap();
                        assert!((value - kept).abs() <= half, "{name}: {shown} on the page, {kept} in the workbook");
                        compared += 1;
                    }
                    None if kept.is_empty() => assert!(shown == "n.d." || shown.is_empty(), "{name}: {shown}"),
                    None => assert_eq!(shown, kept, "{name}"),
                }
            }
        }
    }
    assert!(compared > 500, "{compared} numbers");
}

/// Every row of the page's tables is in the PDF, its cells side by side, written the same.
#[test]
fn the_pdf_holds_the_numbers_of_the_page() {
    let page = tables(&std::fs::read_to_string(sortie("epci/246300701.html")).unwrap());
    let text = pdf_text(&sortie("pdf/246300701.pdf"));
    let mut compared = 0;
    for (head, rows) in &page {
        for row in rows {
            let line = squeezed(&row.concat());
            assert!(text.contains(&line), "« {} » of {head:?} is not in the PDF", row.join(" | "));
            compared += row.len();
        }
    }
    assert!(compared > 800, "{compared} cells");
}

/// The rules of a large territory do not fit on a slide: those that are not kept are there first, and the others counted.
#[test]
fn the_deck_shows_first_what_is_not_kept() {
    let page = tables(&std::fs::read_to_string(sortie("index.html")).unwrap());
    let (_, rules) = page.iter().find(|(head, _)| head.iter().any(|h| h == "Acteur")).unwrap();
    let missed = rules.iter().filter(|row| row.iter().any(|cell| cell.starts_with('✗'))).count();
    assert!(missed > 10, "{missed}");
    let slides = pdf_pages(&sortie("pdf/territoire-diaporama.pdf"));
    let slide = slides.iter().find(|text| text.contains("Règlesetobjectifsdel'année")).unwrap();
    assert_eq!(slide.matches("ilmanque").count(), 9, "{slide}");
    assert!(!slide.contains("atteint"), "{slide}");
    let left = format!("et{}autreslignesdanslebilan,dont{}nontenues", rules.len() - 9, missed - 9);
    assert!(slide.contains(&left), "{left} in {slide}");
}

/// A short table of short cells is never cut: its heading and all its rows follow one another on one page.
#[test]
fn short_tables_of_a_pdf_stay_on_one_page() {
    let mut short = 0;
    for epci in ["200070407", "200071082", "200071363", "200073419", "246300701"] {
        let page = tables(&std::fs::read_to_string(sortie(&format!("epci/{epci}.html"))).unwrap());
        let pages = pdf_pages(&sortie(&format!("pdf/{epci}.pdf")));
        for (head, rows) in page.iter().filter(|(_, rows)| rows.len() <= 12) {
            let cells = || head.iter().chain(rows.iter().flatten()).map(String::as_str);
            if cells().all(|cell| cell.len() <= 60) {
                let table = squeezed(&cells().collect::<String>());
                assert!(pages.iter().any(|text| text.contains(&table)), "{epci}: {table}");
                short += 1;
            }
        }
    }
    assert!(short > 50, "{short}");
}

/// What a document declares of itself.
fn catalog(document: &Pdf) -> Dict<'_> {
    document.xref().get(document.xref().root_id()).unwrap()
}

/// Elements of the structure tree, as a screen reader walks it.
fn structure(document: &Pdf) -> Vec<Dict<'_>> {
    fn walk<'a>(object: Object<'a>, found: &mut Vec<Dict<'a>>) {
        match object {
            Object::Array(parts) => parts.iter().for_each(|part| walk(part, found)),
            Object::Dict(element) => {
                if element.contains_key("S") {
                    found.push(element.clone());
                }
                if let Some(kids) = element.get("K") {
                    walk(kids, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(catalog(document).get("StructTreeRoot").unwrap(), &mut found);
    found
}

/// PDF/UA-1 and PDF/A-2a: what the file declares, and what its tree holds.
#[test]
fn documents_are_tagged_titled_in_french_and_describe_their_pictures() {
    for (name, figures) in [
        ("pdf/246300701.pdf", 10),
        ("pdf/246300701-diaporama.pdf", 5),
        ("pdf/territoire.pdf", 10),
        ("pdf/territoire-diaporama.pdf", 5),
    ] {
        let document = pdf(&sortie(name));
        let catalog = catalog(&document);
        let lang: Texte<'_> = catalog.get("Lang").unwrap();
        assert!(lang.starts_with(b"fr"), "{name}: {lang:?}");
        for (declared, key) in [("MarkInfo", "Marked"), ("ViewerPreferences", "DisplayDocTitle")] {
            assert_eq!(catalog.get::<Dict<'_>>(declared).unwrap().get(key), Some(true), "{name}: {key}");
        }
        let metadata: Stream<'_> = catalog.get("Metadata").unwrap();
        let xmp = String::from_utf8(metadata.decoded().unwrap().into_owned()).unwrap();
        for wanted in ["pdfaid:part", "pdfaid:conformance", "pdfuaid:part", "dc:title", "bilan 2025"] {
            assert!(xmp.contains(wanted), "{name}: {wanted}");
        }
        let tree = structure(&document);
        let role = |e: &Dict<'_>| String::from_utf8_lossy(&e.get::<Name<'_>>("S").unwrap()).into_owned();
        let count = |wanted: &str| tree.iter().filter(|e| role(e) == wanted).count();
        assert!(count("H1") + count("Title") >= 5, "{name}: {} headings", count("H1"));
        assert!(count("TH") > 0 && count("TD") > 0, "{name}");
        let pictures: Vec<&Dict<'_>> = tree.iter().filter(|e| role(e) == "Figure").collect();
        assert!(pictures.len() >= figures, "{name}: {} figures", pictures.len());
        for picture in pictures {
            assert!(picture.get::<Texte<'_>>("Alt").unwrap().len() > 40, "{name}");
        }
        let mut fonts = 0;
        for object in document.objects() {
            let Object::Dict(font) = object else { continue };
            if font.get::<Name<'_>>("Type").is_some_and(|t| &*t == b"FontDescriptor") {
                assert!(["FontFile2", "FontFile3"].iter().any(|k| font.contains_key(k)), "{name}: {font:?}");
                fonts += 1;
            }
        }
        assert!(fonts > 0, "{name}");
    }
    let deck = pdf(&sortie("pdf/246300701-diaporama.pdf"));
    let slides = deck.pages();
    assert!((9..=14).contains(&slides.len()), "{} slides", slides.len());
    for page in slides.iter() {
        let frame = page.media_box();
        assert!((frame.width() / frame.height() - 16.0 / 9.0).abs() < 0.01);
    }
}

/// Words that no French review holds, in what is read: English, raw codes, values that were not formatted.
#[test]
fn pages_and_documents_are_in_french_words() {
    let mut texts = vec![pdf_text(&sortie("pdf/territoire.pdf")), pdf_text(&sortie("pdf/246300701-diaporama.pdf"))];
    for page in [
        "index.html",
        "territoire.html",
        "departements/63.html",
        "epci/246300701.html",
        "epci/200070407.html",
        "reservataires/COLACT.html",
        "explorateur.html",
    ] {
        let html = std::fs::read_to_string(sortie(page)).unwrap();
        let body = html.split("<body>").nth(1).unwrap().split("<script>").next().unwrap();
        texts.push(squeezed(&unescaped(body)));
    }
    for text in texts {
        for wrong in [
            "hors_qpv",
            "T6P",
            "COLACT",
            "RADATT",
            "non_atteint",
            "q1_ou",
            "Figure",
            "Table1",
            "NaN",
            "undefined",
            "Outline",
            "Contents",
            "meme_commune",
            "02-28",
        ] {
            assert!(!text.contains(wrong), "« {wrong} » is read somewhere");
        }
    }
}

/// « 1 bail », « 0,5 demande » : what counts less than two is one.
#[test]
fn numbers_below_two_take_the_singular() {
    assert_eq!(
        plurals_below_two("<p>1 baux, 0,5 demandes ; 1,9 refus</p><td>1</td><td>Collectivités</td>"),
        ["1 baux,", "0,5 demandes"]
    );
    let mut pages = commun::files(&sortie(""));
    pages.retain(|path, _| path.extension().is_some_and(|e| e == "html"));
    assert!(pages.len() > 20, "{}", pages.len());
    for (path, bytes) in pages {
        let wrong = plurals_below_two(&String::from_utf8(bytes).unwrap());
        assert!(wrong.is_empty(), "{} : {wrong:?}", path.display());
    }
}

/// Spaces at which a line may break just before a mark, or after an opening one.
fn breaks(text: &str) -> Vec<String> {
    let marks = [':', ';', '?', '!', '%', '€', '»'];
    let chars: Vec<char> = text.chars().collect();
    let breaks = |i: &usize| {
        let after = chars.get(i + 2).is_none_or(|c| !c.is_alphanumeric());
        let closing = chars.get(i + 1).is_some_and(|c| marks.contains(c)) && after;
        chars[*i] == ' ' && (closing || (*i > 0 && chars[i - 1] == '«'))
    };
    let around = |i: usize| chars[i.saturating_sub(20)..chars.len().min(i + 20)].iter().collect();
    (0..chars.len()).filter(breaks).map(around).collect()
}

#[test]
fn no_line_of_a_page_may_begin_with_a_mark() {
    let mut seen = 0;
    for (path, bytes) in commun::files(&sortie("")) {
        if path.extension().is_none_or(|e| e != "html") {
            continue;
        }
        let mut html = String::from_utf8(bytes).unwrap();
        for tag in ["script", "style", "svg", "code", "pre"] {
            while let Some(start) = html.find(&format!("<{tag}")) {
                let end = start + html[start..].find(&format!("</{tag}>")).unwrap();
                html.replace_range(start..end, "");
                html = html.replacen(&format!("</{tag}>"), "", 1);
            }
        }
        let text = unescaped(&html);
        assert_eq!(breaks(&text), Vec::<String>::new(), "{}", path.display());
        assert!(!text.contains(".. "), "a sentence of {} ends twice", path.display());
        seen += text.matches("\u{a0}:").count();
    }
    assert!(seen > 100, "{seen}");
    for script in ["explorateur.js", "recherche.js"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/site").join(script);
        // What stands between quotes is what is read.
        let script = std::fs::read_to_string(path).unwrap();
        let told: Vec<String> = script.split('"').skip(1).step_by(2).flat_map(breaks).collect();
        assert_eq!(told, Vec::<String>::new());
    }
}

/// The dictionary reads a row of each main table: that of the EPCI with the largest counts.
#[test]
fn the_dictionary_reads_rows_of_the_run() {
    let rows = commun::read_table(&sortie("indicateurs/desequilibre.parquet"));
    let is = |r: &&commun::Row, typologie: &str| {
        r["niveau"].text() == "epci" && r["population"].text() == "ensemble" && r["typologie"].text() == typologie
    };
    let largest = rows.iter().filter(|r| is(r, "ensemble")).max_by_key(|r| r["demandes"].int()).unwrap();
    let row = rows.iter().find(|r| is(r, "T2") && r["code"] == largest["code"]).unwrap();
    let ratio = bilan::format::decimal(row["desequilibre"].real().unwrap(), 2);
    let page = unescaped(&std::fs::read_to_string(sortie("dictionnaire.html")).unwrap());
    assert!(page.contains(&format!("on compte en T2 {ratio} fois autant de demandes")), "{ratio}");
    assert_eq!(page.matches("Lecture\u{a0}:").count(), 16);
}

/// Every measure of the process has a figure in the demonstration, days from vacancy to lease among them.
#[test]
fn every_measure_of_the_process_has_a_figure() {
    let rows = commun::read_table(&sortie("indicateurs/processus_mesures.parquet"));
    let whole: Vec<_> = rows.iter().filter(|r| r["niveau"].text() == "territoire").collect();
    assert_eq!(whole.len(), 6);
    for row in whole {
        assert!(row["denominateur"].int().is_some_and(|n| n > 500), "{}", row["mesure"].text());
    }
}

/// The law asks two commitments at least of each landlord (CCH L441-1-6): a figure each, the furthest behind first, where a
/// landlord stands once, or once a target that it has signed. A sector is told by the names of its communes.
#[test]
fn commitments_of_several_kinds_are_told_apart() {
    const SIGNED: [(&str, &str); 4] = [
        ("q1", "zone = \"hors_qpv\"\ncible = 0.25"),
        ("q1", "zone = \"hors_qpv\"\ncible = 0.30"),
        ("prioritaire", "zone = \"ensemble\"\ncible = 0.25"),
        ("q1", "zone = \"hors_qpv\"\ncible = 0.25\ncommunes = [\"63014\", \"63113\"]"),
    ];
    let own = |(public, rest)| {
        format!(
            "\n[[objectif]]\nepci = \"246300701\"\nbase = \"cia\"\ndebut = 2019-07-01\nacteur = \"chaque_bailleur\"\n\
             reference = \"essai\"\npublic = \"{public}\"\n{rest}\n"
        )
    };
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\n\
        [[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.csv\"]\n"
        .to_owned()
        + &SIGNED.map(own).concat();
    let leases = "numero_unique;date_depot;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes;prioritaire\n\
        A1;2024-03-01;2025-03-02;900000001;63113;non;500;1;oui\nA2;2024-03-01;2025-05-02;900000002;63014;non;2500;1;non\n";
    let projet = commun::Projet::new(&toml, &[("attributions.csv", leases.as_bytes())]);
    projet.run(2, true);
    let page = std::fs::read_to_string(projet.path().join("sortie/epci/246300701.html")).unwrap();
    let figures: Vec<(String, Vec<String>)> = page
        .split("<figure")
        .filter_map(|figure| figure.split_once("</figure>").map(|(within, _)| within))
        .filter(|figure| figure.contains("aria-labelledby=\"engagements-"))
        .map(|figure| {
            let names = figure.split("<text").skip(1).filter_map(|t| t.split_once('>')?.1.split_once('<'));
            let names =
                names.map(|(name, _)| breakable(name.trim())).filter(|name| name.contains("90000000")).collect();
            (breakable(&unescaped(figure)), names)
        })
        .collect();
    let named = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let both = named(&["900000002", "900000001"]);
    let twice = named(&["900000002 (25 %)", "900000002 (30 %)", "900000001 (25 %)", "900000001 (30 %)"]);
    let expected = [
        ("premier quartile, hors QPV", twice),
        ("publics prioritaires", both.clone()),
        ("premier quartile, hors QPV, secteur Aubière, Clermont-Ferrand", both),
    ];
    assert_eq!(figures.len(), expected.len());
    for (aim, names) in &expected {
        let one = figures.iter().find(|(text, _)| text.contains(&format!("par les bailleurs : {aim}\n"))).unwrap();
        assert_eq!(&one.1, names, "{aim}");
    }
}

/// The finding on tension is the highest of the table, told with its leases when they are few.
#[test]
fn the_highest_tension_is_that_of_the_table() {
    let text = std::fs::read_to_string(sortie("indicateurs/tension.csv")).unwrap();
    let mut rows = text.trim_start_matches('\u{feff}').lines().map(|l| l.split(';').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let place = |name: &str| head.iter().position(|h| *h == name).unwrap();
    let at =
        ["niveau", "population", "typologie", "categorie", "code", "demandes", "attributions", "tension"].map(place);
    let mut highest: BTreeMap<String, (f64, String, i64, i64)> = BTreeMap::new();
    let mut let_to_nobody: BTreeSet<String> = BTreeSet::new();
    for row in rows {
        let [niveau, population, typologie, categorie, code, demandes, attributions, tension] = at.map(|i| row[i]);
        if niveau != "epci" || population != "ensemble" || categorie != "ensemble" || typologie == "ensemble" {
            continue;
        }
        if attributions == "0" && demandes != "0" {
            let_to_nobody.insert(code.to_owned());
        }
        let Ok(tension) = tension.replace(',', ".").parse::<f64>() else { continue };
        let found = (tension, typologie.to_owned(), demandes.parse().unwrap(), attributions.parse().unwrap());
        let kept = highest.entry(code.to_owned()).or_insert_with(|| found.clone());
        if found.0 > kept.0 {
            *kept = found;
        }
    }
    assert_eq!(highest.len(), 9);
    let mut few = 0;
    for (code, (tension, typologie, demandes, attributions)) in highest {
        let page = breakable(&std::fs::read_to_string(sortie(&format!("epci/{code}.html"))).unwrap());
        let typologie = if typologie == "T6P" { "T6 et plus".to_owned() } else { typologie };
        let told = if attributions < 11 {
            few += 1;
            let noun = |n: i64, one: &str, many: &str| format!("{n} {}", if n < 2 { one } else { many });
            format!("{} pour {} seulement", noun(demandes, "demande", "demandes"), noun(attributions, "bail", "baux"))
        } else {
            format!("{tension:.1} demandes pour une attribution").replace('.', ",")
        };
        let among =
            if let_to_nobody.contains(&code) { "Parmi les tailles attribuées, la tension" } else { "La tension" };
        let claim = format!("{among} est la plus forte en {typologie} : {told}<");
        assert!(page.contains(&claim), "{code}: {claim}");
    }
    assert!((1..9).contains(&few), "{few}");
}
