//! Pages and documents read back as their readers open them.

use std::collections::BTreeMap;
use std::path::Path;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, Object, Stream};

/// A table of a page: headings, then rows.
pub type Table = (Vec<String>, Vec<Vec<String>>);

pub fn unescaped(text: &str) -> String {
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

pub fn cells(row: &str) -> Vec<String> {
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

pub fn tables(html: &str) -> Vec<Table> {
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

/// Plurals beside a number below two, with which French has the singular.
pub fn plurals_below_two(html: &str) -> Vec<String> {
    const SAME: [&str; 4] = ["refus", "mois", "fois", "dans"];
    let below_two = |word: &str| {
        let (whole, fraction) = word.split_once(',').unwrap_or((word, "0"));
        ["0", "1"].contains(&whole) && !fraction.is_empty() && fraction.chars().all(|c| c.is_ascii_digit())
    };
    let body = html.split("<body>").nth(1).unwrap_or(html).split("<script>").next().unwrap_or_default();
    // Cells and paragraphs are apart.
    let text = unescaped(&body.replace('<', " | <"));
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter(|pair| {
        let noun = pair[1].trim_end_matches(|c: char| !c.is_alphabetic());
        below_two(pair[0].trim_start_matches('('))
            && noun.chars().count() > 3
            && noun.chars().all(char::is_alphabetic)
            && noun.ends_with(['s', 'x'])
            && !SAME.contains(&noun)
    });
    pairs.map(|pair| pair.join(" ")).collect()
}

/// A text with no space that holds a mark to its word: pages have them, a workbook has no lines to begin.
pub fn breakable(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

pub fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{ad}').collect()
}

/// All the text of a PDF, without spaces: what a reader copies, from the fonts' own tables.
pub fn pdf_text(path: &Path) -> String {
    pdf_pages(path).concat()
}

/// A PDF.
pub fn pdf(path: &Path) -> Pdf {
    Pdf::new(std::fs::read(path).unwrap()).unwrap()
}

/// As [`pdf_text`], page by page.
pub fn pdf_pages(path: &Path) -> Vec<String> {
    let document = pdf(path);
    let mut pages = Vec::new();
    for page in document.pages().iter() {
        let mut text = String::new();
        let fonts = &page.resources().fonts;
        let maps: BTreeMap<Vec<u8>, BTreeMap<u16, String>> =
            fonts.keys().map(|name| (name.to_vec(), to_unicode(&fonts.get(&name).unwrap()))).collect();
        let mut current: Option<&BTreeMap<u16, String>> = None;
        let mut show = |bytes: &[u8], map: Option<&BTreeMap<u16, String>>| {
            for pair in bytes.chunks(2).filter(|c| c.len() == 2) {
                let code = u16::from_be_bytes([pair[0], pair[1]]);
                text.push_str(map.and_then(|m| m.get(&code)).map_or("", String::as_str));
            }
        };
        let mut operations = page.operations();
        while let Some(operation) = operations.next() {
            let operator: &[u8] = operation.operator.as_ref();
            match (operator, operation.operands().next()) {
                (b"Tf", Some(Object::Name(name))) => current = maps.get(name.as_ref()),
                (b"Tj", Some(Object::String(shown))) => show(shown, current),
                (b"TJ", Some(Object::Array(parts))) => {
                    for part in parts.iter::<Object<'_>>() {
                        if let Object::String(shown) = part {
                            show(&shown, current);
                        }
                    }
                }
                _ => {}
            }
        }
        // Every page has at least its footer: without text, nothing sought would be found missing or wrong.
        assert!(!text.is_empty(), "{}, page {}", path.display(), pages.len() + 1);
        pages.push(squeezed(&text));
    }
    pages
}

/// Code → text, from the map that a font carries for whoever reads it aloud.
fn to_unicode(font: &Dict<'_>) -> BTreeMap<u16, String> {
    let stream: Stream<'_> = font.get("ToUnicode").unwrap();
    let map = String::from_utf8(stream.decoded().unwrap().into_owned()).unwrap();
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
