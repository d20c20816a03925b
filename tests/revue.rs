//! The review as its readers open it: page, PDF, deck and workbook say the same; the PDF is what it claims; whatever a
//! territory lacks, its chapters say why.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod commun;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use calamine::{Data, Reader, Xlsx};
use commun::Projet;
use lopdf::{Dictionary, Document, Object};

/// The demonstration, run once.
fn demo() -> &'static Path {
    static DEMO: OnceLock<tempfile::TempDir> = OnceLock::new();
    DEMO.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("demo");
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).args(["demo", "--out"]).arg(&out).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        dir
    })
    .path()
}

fn sortie(path: &str) -> PathBuf {
    demo().join("demo/sortie").join(path)
}

/// A table of a page: headings, then rows.
type Table = (Vec<String>, Vec<Vec<String>>);

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&#x2f;", "/"), ("&amp;", "&")]
        .iter()
        .fold(plain, |t, (code, c)| t.replace(code, c))
        .trim()
        .to_owned()
}

fn cells(row: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = row;
    while let Some(start) = ["<th", "<td"].iter().filter_map(|t| rest.find(t)).min() {
        let body = &rest[start + rest[start..].find('>').unwrap() + 1..];
        let end = ["</th>", "</td>"].iter().filter_map(|t| body.find(t)).min().unwrap();
        found.push(unescaped(&body[..end]));
        rest = &body[end + 5..];
    }
    found
}

fn tables(html: &str) -> Vec<Table> {
    html.split("<table")
        .skip(1)
        .map(|t| {
            let t = t.split("</table>").next().unwrap();
            let (head, body) = t.split_once("<tbody>").unwrap();
            let head = head.split("<tr>").nth(1).unwrap_or("");
            (cells(head), body.split("<tr").skip(1).map(cells).collect())
        })
        .collect()
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

/// A text with no space that holds a mark to its word: pages have them, a workbook has no lines to begin.
fn breakable(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{ad}').collect()
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

/// All the text of a PDF, without spaces: what a reader copies, from the fonts' own tables.
fn pdf_text(path: &Path) -> String {
    pdf_pages(path).concat()
}

/// As [`pdf_text`], page by page.
fn pdf_pages(path: &Path) -> Vec<String> {
    let document = Document::load(path).unwrap();
    let mut pages = Vec::new();
    for (_, page) in document.get_pages() {
        let mut text = String::new();
        let fonts = document.get_page_fonts(page).unwrap();
        let maps: BTreeMap<Vec<u8>, BTreeMap<u16, String>> =
            fonts.iter().map(|(name, font)| (name.clone(), to_unicode(&document, font))).collect();
        let content = lopdf::content::Content::decode(&document.get_page_content(page)).unwrap();
        let mut current: Option<&BTreeMap<u16, String>> = None;
        let mut show = |bytes: &[u8], map: Option<&BTreeMap<u16, String>>| {
            for pair in bytes.chunks(2).filter(|c| c.len() == 2) {
                let code = u16::from_be_bytes([pair[0], pair[1]]);
                text.push_str(map.and_then(|m| m.get(&code)).map_or("", String::as_str));
            }
        };
        for operation in &content.operations {
            match operation.operator.as_str() {
                "Tf" => current = operation.operands[0].as_name().ok().and_then(|n| maps.get(n)),
                "Tj" => show(operation.operands[0].as_str().unwrap(), current),
                "TJ" => {
                    for part in operation.operands[0].as_array().unwrap() {
                        if let Ok(bytes) = part.as_str() {
                            show(bytes, current);
                        }
                    }
                }
                _ => {}
            }
        }
        pages.push(squeezed(&text));
    }
    pages
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

/// Code → text, from the map that a font carries for whoever reads it aloud.
fn to_unicode(document: &Document, font: &Dictionary) -> BTreeMap<u16, String> {
    let stream = font.get(b"ToUnicode").and_then(|o| document.dereference(o)).unwrap().1.as_stream().unwrap();
    let map = String::from_utf8(stream.decompressed_content().unwrap()).unwrap();
    let hex = |h: &str| -> Vec<u16> {
        let h = h.trim_matches(|c| c == '<' || c == '>');
        (0..h.len() / 4).map(|i| u16::from_str_radix(&h[4 * i..4 * i + 4], 16).unwrap()).collect()
    };
    let mut found = BTreeMap::new();
    let (mut chars, mut ranges) = (false, false);
    for line in map.lines() {
        match line.trim() {
            l if l.ends_with("beginbfchar") => chars = true,
            l if l.ends_with("beginbfrange") => ranges = true,
            "endbfchar" => chars = false,
            "endbfrange" => ranges = false,
            l if chars => {
                let parts: Vec<&str> = l.split('>').map(str::trim).collect();
                found.insert(hex(parts[0])[0], String::from_utf16(&hex(parts[1])).unwrap());
            }
            l if ranges => {
                let parts: Vec<Vec<u16>> = l.split('>').take(3).map(|p| hex(p.trim())).collect();
                for code in parts[0][0]..=parts[1][0] {
                    let mut to = parts[2].clone();
                    *to.last_mut().unwrap() += code - parts[0][0];
                    found.insert(code, String::from_utf16(&to).unwrap());
                }
            }
            _ => {}
        }
    }
    found
}

/// Elements of the structure tree, as a screen reader walks it.
fn structure(document: &Document) -> Vec<Dictionary> {
    fn walk(document: &Document, object: &Object, found: &mut Vec<Dictionary>) {
        match document.dereference(object).map(|(_, o)| o) {
            Ok(Object::Array(parts)) => parts.iter().for_each(|p| walk(document, p, found)),
            Ok(Object::Dictionary(element)) => {
                if element.has(b"S") {
                    found.push(element.clone());
                }
                if let Ok(kids) = element.get(b"K") {
                    walk(document, kids, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    let root = document.catalog().unwrap().get(b"StructTreeRoot").unwrap();
    walk(document, root, &mut found);
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
        let document = Document::load(sortie(name)).unwrap();
        let catalog = document.catalog().unwrap();
        let lang = catalog.get(b"Lang").unwrap().as_str().unwrap();
        assert!(lang.starts_with(b"fr"), "{name}: {lang:?}");
        let marked = document.dereference(catalog.get(b"MarkInfo").unwrap()).unwrap().1.as_dict().unwrap();
        assert!(marked.get(b"Marked").unwrap().as_bool().unwrap(), "{name}");
        let preferences =
            document.dereference(catalog.get(b"ViewerPreferences").unwrap()).unwrap().1.as_dict().unwrap();
        assert!(preferences.get(b"DisplayDocTitle").unwrap().as_bool().unwrap(), "{name}");
        let metadata = document.dereference(catalog.get(b"Metadata").unwrap()).unwrap().1.as_stream().unwrap();
        let xmp =
            String::from_utf8(metadata.decompressed_content().unwrap_or_else(|_| metadata.content.clone())).unwrap();
        for wanted in ["pdfaid:part", "pdfaid:conformance", "pdfuaid:part", "dc:title", "bilan 2025"] {
            assert!(xmp.contains(wanted), "{name}: {wanted}");
        }
        let tree = structure(&document);
        let role = |e: &Dictionary| String::from_utf8_lossy(e.get(b"S").unwrap().as_name().unwrap()).into_owned();
        let count = |wanted: &str| tree.iter().filter(|e| role(e) == wanted).count();
        assert!(count("H1") + count("Title") >= 5, "{name}: {} headings", count("H1"));
        assert!(count("TH") > 0 && count("TD") > 0, "{name}");
        let pictures: Vec<&Dictionary> = tree.iter().filter(|e| role(e) == "Figure").collect();
        assert!(pictures.len() >= figures, "{name}: {} figures", pictures.len());
        for picture in pictures {
            assert!(picture.get(b"Alt").unwrap().as_str().unwrap().len() > 40, "{name}");
        }
        for object in document.objects.values() {
            let Ok(font) = object.as_dict() else { continue };
            if font.get(b"Type").and_then(Object::as_name).is_ok_and(|t| t == b"FontDescriptor") {
                let embedded = [&b"FontFile2"[..], b"FontFile3"].iter().any(|k| font.has(k));
                assert!(embedded, "{name}: {font:?}");
            }
        }
    }
    let deck = Document::load(sortie("pdf/246300701-diaporama.pdf")).unwrap();
    let slides = deck.get_pages();
    assert!((9..=14).contains(&slides.len()), "{} slides", slides.len());
    for page in slides.values() {
        let frame = deck.get_dictionary(*page).unwrap().get(b"MediaBox").unwrap().as_array().unwrap();
        let side = |i: usize| f64::from(frame[i].as_float().unwrap());
        assert!((side(2) / side(3) - 16.0 / 9.0).abs() < 0.01);
    }
}

/// Words that no French review holds, in what is read: English, raw codes, values that were not formatted.
#[test]
fn pages_and_documents_are_in_french_words() {
    let mut texts = vec![pdf_text(&sortie("pdf/territoire.pdf")), pdf_text(&sortie("pdf/246300701-diaporama.pdf"))];
    for page in ["index.html", "territoire.html", "epci/246300701.html", "epci/200070407.html", "explorateur.html"] {
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

const CLERMONT: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n";

fn source(schema: &str) -> String {
    format!("\n[[source]]\nschema = \"{schema}\"\nfichiers = [\"{schema}.csv\"]\n")
}

/// Nothing at all, one lease alone, no stock, no neighbourhood, no convention: every document is made, and each absent
/// chapter says why.
#[test]
fn a_territory_that_lacks_everything_says_so() {
    let projet = Projet::new(CLERMONT, &[]);
    projet.run(2, true);
    let page = projet.text("epci/246300701.html");
    for why in [
        "Le répertoire des logements locatifs sociaux (RPLS) n'est pas fourni",
        "Le registre de la demande n'est pas fourni",
        "Le fichier des attributions n'est pas fourni",
        "Aucun objectif de convention",
        "Les événements du processus",
        "Aucune programmation de logements",
        "Délai anormalement long",
        "Aucun fichier n'a été lu",
    ] {
        assert!(unescaped(&page).contains(why), "{why}");
    }
    assert!(!page.contains("<svg"), "nothing to draw");
    for file in [
        "pdf/246300701.pdf",
        "pdf/246300701-diaporama.pdf",
        "classeurs/246300701.xlsx",
        "pdf/territoire.pdf",
        "bilan.xlsx",
    ] {
        assert!(projet.path().join("sortie").join(file).is_file(), "{file}");
    }

    let toml = format!("{CLERMONT}{}", source("attributions"));
    let lease = "numero_unique;date_depot;date_bail;bailleur;commune;typologie;qpv;ressources_mensuelles;nb_personnes\nA1;2024-03-01;2025-03-02;900000001;63113;T2;non;500;1\n";
    let projet = Projet::new(&toml, &[("attributions.csv", lease.as_bytes())]);
    projet.run(2, true);
    let page = unescaped(&projet.text("epci/246300701.html"));
    assert!(page.contains("1\u{a0}bail a été signé en 2025"), "{page}");
    assert!(page.contains("Hors QPV, 1\u{a0}bail sur 1 a bénéficié"), "one lease is written in the singular");
    assert!(page.contains("Aucun bail en QPV cette année"));
    assert!(page.contains("La tension rapporte les demandes aux attributions"));
    assert!(page.contains("Le registre de la demande n'est pas fourni"));
    let text = pdf_text(&projet.path().join("sortie/pdf/246300701.pdf"));
    assert!(text.contains(&squeezed("1 bail a été signé en 2025")), "{text}");
}

/// Beyond sixty EPCI the explorer has a page a département that has something to answer, named in words; no link of the site is
/// dead, those of the territories without a lease no more than others.
#[test]
fn a_large_territory_has_an_explorer_a_departement_and_no_dead_link() {
    let leases =
        "numero_unique;date_bail;bailleur;commune\nA1;2025-03-02;900000001;33063\nA2;2025-03-02;900000001;67482\n";
    let toml = "[bilan]\nmillesime = 2025\ndepartements = [\"33\", \"57\", \"67\"]\ndate_extraction = 2026-01-31\n";
    let projet = Projet::new(&format!("{toml}{}", source("attributions")), &[("attributions.csv", leases.as_bytes())]);
    projet.run(2, true);
    let root = projet.path().join("sortie");
    let list = projet.text("explorateur.html");
    assert!(
        list.contains("Gironde (33)</a>") && list.contains("Bas-Rhin (67)</a>") && !list.contains("Moselle"),
        "{list}"
    );
    let mut seen = 0;
    for (name, bytes) in commun::files(&root).iter().filter(|(name, _)| name.extension().is_some_and(|e| e == "html")) {
        let html = String::from_utf8(bytes.clone()).unwrap().replace("&#x2f;", "/");
        for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains(':') {
                continue;
            }
            let file = root.join(name).parent().unwrap().join(target);
            assert!(file.is_file(), "{} of {} leads nowhere", target, name.display());
            seen += 1;
        }
    }
    assert!(seen > 1_000, "{seen}");
}

/// Charts of a large territory keep to what a page, then a slide, has room for, and say which EPCI they show; the short table is
/// that of the legal rule, where it is missed, and bears its name on the home page too.
#[test]
fn charts_and_the_short_table_of_a_large_territory_say_which_epci_they_show() {
    let rows = |path: &str| -> Vec<csv::StringRecord> {
        csv::Reader::from_path(path).unwrap().into_records().map(std::result::Result::unwrap).collect()
    };
    let amounts = rows("reference/seuils/q1.csv");
    let judged: BTreeSet<&str> = amounts.iter().filter(|r| &r[0] == "2025").map(|r| &r[1]).collect();
    let places = rows("reference/geographie/communes_2025.csv");
    let inside = places.iter().filter(|r| ["33", "57", "67"].contains(&&r[4]) && judged.contains(&r[2]));
    let communes: BTreeMap<&str, &str> = inside.map(|r| (&r[2], &r[0])).collect();
    let mut leases = "numero_unique;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\n".to_owned();
    for (n, commune) in communes.values().enumerate() {
        for lease in 0..=n {
            let row = format!("A{n}-{lease};2025-03-02;900000001;{commune};non;9000;1\n");
            leases += &row;
        }
    }
    let toml = "[bilan]\nmillesime = 2025\ndepartements = [\"33\", \"57\", \"67\"]\ndate_extraction = 2026-01-31\n";
    let projet = Projet::new(&format!("{toml}{}", source("attributions")), &[("attributions.csv", leases.as_bytes())]);
    projet.run(2, true);
    let all = communes.len();
    assert!((16..=60).contains(&all), "{all}");
    let short = format!("La règle hors QPV : les {all} EPCI qui ne l'atteignent pas, sur {all} jugés");
    let home = unescaped(&projet.text("index.html")).replace('\u{a0}', " ");
    assert!(home.contains(&short), "{short} in {home}");
    let (head, lines) =
        tables(&projet.text("index.html")).into_iter().find(|(head, _)| head.iter().any(|h| h == "Verdict")).unwrap();
    assert!(!head.iter().any(|h| h == "Règle") && lines.len() == all, "{head:?} {}", lines.len());
    let page = unescaped(&projet.text("territoire.html"));
    assert!(!page.contains("où l'on a signé le plus de baux"), "every EPCI is drawn on a page");
    let deck = pdf_text(&projet.path().join("sortie/pdf/territoire-diaporama.pdf"));
    let slide = format!("les 9 EPCI où il manque le plus de baux, sur {all} qui ne l'atteignent pas");
    for told in [&slide, "les 15 EPCI où l'on a signé le plus de baux", "les 15 EPCI où il manque le plus de baux"] {
        assert!(deck.contains(&squeezed(told)), "{told} in {deck}");
    }
}

/// An EPCI outside the year's order has no amount: its chapter says that the rule does not apply.
#[test]
fn a_territory_outside_the_order_says_that_the_rule_does_not_apply() {
    let codes = std::fs::read_to_string("reference/geographie/communes_2025.csv").unwrap();
    let seuils = std::fs::read_to_string("reference/seuils/q1.csv").unwrap();
    let outside = codes
        .lines()
        .skip(1)
        .filter_map(|l| Some((l.split(',').next()?, l.split(',').rev().nth(3)?)))
        .find(|(commune, epci)| commune.starts_with("63") && !seuils.contains(epci))
        .unwrap();
    let toml = CLERMONT.replace("246300701", outside.1) + &source("attributions");
    let lease = format!("numero_unique;date_bail;bailleur;commune;qpv\nA1;2025-03-02;900000001;{};non\n", outside.0);
    let projet = Projet::new(&toml, &[("attributions.csv", lease.as_bytes())]);
    projet.run(1, true);
    let page = unescaped(&projet.text(&format!("epci/{}.html", outside.1)));
    assert!(page.contains("n'est pas dans l'arrêté de l'année"), "{page}");
}

/// Outlines of communes make areas on the maps; a file that is not one is refused with its remedy, and the tables stay.
#[test]
fn outlines_make_areas_and_wrong_ones_are_refused() {
    let square = |code: &str, x: f64| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{x},45.7],[{},45.7],[{},45.8],[{x},45.8],[{x},45.7]]]}}}}",
            x + 0.1,
            x + 0.1
        )
    };
    let outlines =
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{},{}]}}", square("63113", 3.0), square("63014", 3.1));
    let demands = "numero_unique;date_depot;communes\nD1;2025-03-01;63113\nD2;2025-03-01;63014\nD3;2025-03-01;63014\n";
    let toml = CLERMONT.replace("[bilan]\n", "[bilan]\ncontours = \"communes.geojson\"\n") + &source("demandes");
    let files: [(&str, &[u8]); 2] = [("demandes.csv", demands.as_bytes()), ("communes.geojson", outlines.as_bytes())];
    let projet = Projet::new(
        &(toml.clone() + &source("attributions")),
        &[
            files[0],
            files[1],
            ("attributions.csv", b"numero_unique;date_bail;bailleur;commune\nA1;2025-03-02;900000001;63113\n"),
        ],
    );
    projet.run(1, true);
    let page = projet.text("epci/246300701.html");
    assert!(page.contains("Carte. Aubière reçoit") && page.matches("<polygon").count() >= 2, "areas are drawn");
    // Codes as numbers are read; a point without latitude is left out.
    let odd = outlines.replace("\"63113\"", "63113").replace("[[[3,45.7]", "[[[3],[3,45.7]");
    std::fs::write(projet.path().join("communes.geojson"), &odd).unwrap();
    projet.run(1, true);
    assert!(projet.text("epci/246300701.html").matches("<polygon").count() >= 2, "areas are drawn");
    // What the map cannot show is said: an entity of no commune, communes of no entity.
    std::fs::write(projet.path().join("communes.geojson"), outlines.replace("\"63113\"", "\"99999\"")).unwrap();
    for command in ["run", "report"] {
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).arg(command).arg(projet.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).replace('\u{a0}', " ");
        assert!(
            said.contains("B0308 : contours « communes.geojson » : 1 entité sans contour ou sans commune connue"),
            "{said}"
        );
        assert!(said.contains("la première au rang 1"), "{said}");
        assert!(said.contains("20 communes du périmètre sans contour, la première 63019"), "{said}");
    }
    std::fs::write(projet.path().join("communes.geojson"), "ceci n'est pas une carte").unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_bilan")).arg("run").arg(projet.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("B0009") && said.contains("communes.geojson"), "{said}");
    assert!(projet.path().join("sortie/indicateurs/demande.parquet").is_file());
}

/// Rendering again rewrites only what changed: with the same templates nothing, with another style the pages alone.
#[test]
fn rendering_again_rewrites_only_what_changed() {
    let lease = "numero_unique;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\nA1;2025-03-02;900000001;63113;non;500;1\n";
    let projet =
        Projet::new(&format!("{CLERMONT}{}", source("attributions")), &[("attributions.csv", lease.as_bytes())]);
    projet.run(2, true);
    let stamps = || -> BTreeMap<PathBuf, std::time::SystemTime> {
        commun::files(&projet.path().join("sortie"))
            .into_keys()
            .map(|p| (p.clone(), std::fs::metadata(projet.path().join("sortie").join(&p)).unwrap().modified().unwrap()))
            .collect()
    };
    let report = || {
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).arg("report").arg(projet.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let before = stamps();
    report();
    let same: Vec<_> = stamps().into_iter().filter(|(p, t)| before[p] != *t).map(|(p, _)| p).collect();
    assert!(same.is_empty(), "rewritten without a reason: {same:?}");
    std::fs::create_dir_all(projet.path().join("reports/site")).unwrap();
    std::fs::write(projet.path().join("reports/site/style.css"), "body { margin: 0 }").unwrap();
    report();
    for (path, time) in stamps() {
        let page = path.extension().is_some_and(|e| e == "html");
        assert_eq!(page, before[&path] != time, "{}", path.display());
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
    assert_eq!(page.matches("Lecture\u{a0}:").count(), 13);
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
    for row in rows {
        let [niveau, population, typologie, categorie, code, demandes, attributions, tension] = at.map(|i| row[i]);
        let Ok(tension) = tension.replace(',', ".").parse::<f64>() else { continue };
        if niveau != "epci" || population != "ensemble" || categorie != "ensemble" || typologie == "ensemble" {
            continue;
        }
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
        assert!(page.contains(&format!("La tension est la plus forte en {typologie} : {told}<")), "{code}: {told}");
    }
    assert!((1..9).contains(&few), "{few}");
}
