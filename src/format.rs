//! Numbers, shares and plurals as French typography writes them, and words as they are compared.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

/// Narrow no-break space, between thousands.
const THIN: char = '\u{202f}';
/// No-break space, before a unit.
const HARD: char = '\u{a0}';
/// What stands for no value.
pub const NONE: &str = "n.d.";

/// Months, from the first.
pub const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A day of any year, as a parameter writes it (`02-28`), in words: `28 février`.
#[must_use]
pub fn day_of_year(text: &str) -> Option<String> {
    let (month, day) = text.split_once('-')?;
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    let day = day.parse::<u8>().ok()?;
    Some(format!("{day}{}{HARD}{month}", if day == 1 { "er" } else { "" }))
}

/// A date in words: `1er janvier 2026`.
#[must_use]
pub fn date(day: NaiveDate) -> String {
    let th = if day.day() == 1 { "er" } else { "" };
    format!("{}{th} {} {}", day.day(), MONTHS[day.month0() as usize], day.year())
}

/// With its first letter in upper case, as a line or a cell begins.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// In lower case, its French letters without their accents.
fn unaccented(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à' | 'â' | 'ä' => bare.push('a'),
            'é' | 'è' | 'ê' | 'ë' => bare.push('e'),
            'î' | 'ï' => bare.push('i'),
            'ô' | 'ö' => bare.push('o'),
            'ù' | 'û' | 'ü' => bare.push('u'),
            'ÿ' => bare.push('y'),
            'ç' => bare.push('c'),
            'œ' => bare.push_str("oe"),
            'æ' => bare.push_str("ae"),
            c => bare.push(c),
        }
    }
    bare
}

/// A word of a list as it is looked for: in upper case, whatever its accents, its apostrophes and what stands between its words:
/// spaces, hyphens or underscores.
#[must_use]
pub fn folded(word: &str) -> Cow<'_, str> {
    let between = ['_', '-'];
    if word.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_lowercase()) && !word.contains(between) {
        return Cow::Borrowed(word);
    }
    let words: Vec<&str> = word.split_whitespace().collect();
    Cow::Owned(unaccented(&words.join(" ").replace('’', "'").replace(between, " ")).to_uppercase())
}

/// Letters and digits without case or accents, `_` between words: what names are compared by, and put in order by.
#[must_use]
pub fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in unaccented(name).chars() {
        match c {
            c if c.is_alphanumeric() => plain.push(c),
            _ if plain.ends_with('_') || plain.is_empty() => {}
            _ => plain.push('_'),
        }
    }
    plain.truncate(plain.trim_end_matches('_').len());
    plain
}

/// How alike two plain names are, at most 1; none where one does not pass for a slip of the pen of the other.
#[must_use]
pub fn likeness(a: &str, b: &str) -> Option<f64> {
    Some(strsim::normalized_damerau_levenshtein(a, b)).filter(|likeness| *likeness >= 0.82)
}

/// A whole number: `19 357`.
#[must_use]
pub fn integer(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    if n < 0 {
        text.push('−');
    }
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(c);
    }
    text
}

/// A whole number that may be a year: its thousands stand apart from five digits on.
#[must_use]
pub fn bound(n: i64) -> String {
    if n.unsigned_abs() < 10_000 { n.to_string().replace('-', "−") } else { integer(n) }
}

/// A number with `places` decimals, rounded half away from zero: `1 234,5`.
#[must_use]
pub fn decimal(x: f64, places: usize) -> String {
    if !x.is_finite() {
        return NONE.to_owned();
    }
    let scale = 10_f64.powi(i32::try_from(places).unwrap_or(0));
    // The nudge undoes the binary error of values such as 0.285 × 100, which must round as they are written.
    let scaled = (x.abs() * scale * (1.0 + 1e-12)).round();
    let text = format!("{:.places$}", scaled / scale);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<i64>().map_or_else(|_| whole.to_owned(), integer);
    let sign = if x < 0.0 && scaled > 0.0 { "−" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole},{fraction}") }
}

/// A fraction of 1 as a percentage with one decimal: `25,3 %`.
#[must_use]
pub fn percent(x: f64) -> String {
    format!("{}{HARD}%", decimal(x * 100.0, 1))
}

/// A change as a percentage with its sign: `+3,2 %`, `−1,0 %`.
#[must_use]
pub fn signed_percent(x: f64) -> String {
    let text = percent(x);
    if x > 0.0 && !text.starts_with("0,0") { format!("+{text}") } else { text }
}

/// A target as a percentage, without a useless decimal: `25 %`.
#[must_use]
pub fn target_percent(x: f64) -> String {
    let text = decimal(x * 100.0, 1);
    format!("{}{HARD}%", text.strip_suffix(",0").unwrap_or(&text))
}

/// A count with its noun: `1 bail`, `2 baux`.
#[must_use]
pub fn count(n: i64, one: &str, many: &str) -> String {
    format!("{}{HARD}{}", integer(n), noun(n, one, many))
}

/// The word that agrees with a count: zero and one take the singular.
#[must_use]
pub fn noun<'a>(n: i64, one: &'a str, many: &'a str) -> &'a str {
    if n.abs() < 2 { one } else { many }
}

/// A number of `places` decimals with its noun: `1,9 demande`, `2,0 demandes`.
#[must_use]
pub fn measure(x: f64, places: usize, one: &str, many: &str) -> String {
    format!("{}{HARD}{}", decimal(x, places), noun_of(x, places, one, many))
}

/// The word that agrees with a number written with `places` decimals: the singular below two.
#[must_use]
pub fn noun_of<'a>(x: f64, places: usize, one: &'a str, many: &'a str) -> &'a str {
    let written = decimal(x.abs(), places);
    if matches!(written.split(',').next(), Some("0" | "1")) { one } else { many }
}

/// A text whose lines begin with no mark: what French sets off by a space (`:`, `;`, `?`, `!`, `%`, `€`, `« »`) stays with the
/// word it belongs to.
#[must_use]
pub fn unbroken(text: &str) -> String {
    let mut joined = String::with_capacity(text.len() + text.len() / 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(' ') {
        let mut next = after.chars();
        let mark = next.next().is_some_and(|c| ":;?!%€»".contains(c));
        // `:nth-child` or `?page` is no mark of a sentence.
        let ends = next.next().is_none_or(|c| !c.is_alphanumeric());
        joined.push_str(before);
        joined.push(if before.ends_with('«') || (mark && ends) { HARD } else { ' ' });
        rest = after;
    }
    joined + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_in_words() {
        let said = |day: &str| date(day.parse().unwrap());
        assert_eq!(
            (said("2026-09-30"), said("2026-01-01")),
            ("30 septembre 2026".to_owned(), "1er janvier 2026".to_owned())
        );
    }

    #[test]
    fn days_of_any_year_are_in_words() {
        let said = |text: &str| day_of_year(text).map(|d| d.replace('\u{a0}', "_"));
        assert_eq!(said("02-28").as_deref(), Some("28_février"));
        assert_eq!(said("12-01").as_deref(), Some("1er_décembre"));
        for other in ["13-01", "00-01", "janvier", "2-", ""] {
            assert_eq!(said(other), None, "{other}");
        }
    }

    #[test]
    fn names_stand_in_the_order_of_a_french_dictionary() {
        let mut names = ["Évreux", "Zuydcoote", "L'Île-d'Elle", "Écully", "Etampes", "Œuilly", "Odos", "L'Isle"];
        names.sort_by_cached_key(|name| plain(name));
        assert_eq!(names, ["Écully", "Etampes", "Évreux", "L'Île-d'Elle", "L'Isle", "Odos", "Œuilly", "Zuydcoote"]);
        assert_eq!(plain("  « Saint-Ÿ, où ? » "), "saint_y_ou");
    }

    #[test]
    fn no_line_begins_with_a_mark() {
        let hard = |text: &str| text.replace('_', "\u{a0}");
        for (text, joined) in [
            ("Champ : ménages ; baux.", "Champ_: ménages_; baux."),
            ("« Handicap » : 6 % ?", "«_Handicap_»_: 6_%_?"),
            ("à 10 h 30 :mot, 3 €.", "à 10 h 30 :mot, 3_€."),
            (" :", "_:"),
            ("", ""),
        ] {
            assert_eq!(unbroken(text), hard(joined));
        }
    }

    #[test]
    fn words_of_lists_are_compared_whatever_stands_between_them() {
        for written in ["Hors QPV", "HORS_QPV", "hors-qpv", "hors\u{a0} QPV"] {
            assert_eq!(folded(written), "HORS QPV");
        }
        assert_eq!(folded("Attribution d’un logement"), "ATTRIBUTION D'UN LOGEMENT");
        // A sign before a number is no mark between words.
        assert_ne!(folded("-1"), "1");
        assert_eq!(folded("T6+"), "T6+");
    }

    #[test]
    fn numbers_read_as_french_prints_them() {
        assert_eq!(integer(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(integer(-12), "−12");
        assert_eq!(bound(2026), "2026");
        assert_eq!(bound(10_000), "10\u{202f}000");
        assert_eq!(decimal(1234.55, 1), "1\u{202f}234,6");
        assert_eq!(decimal(-0.04, 1), "0,0");
        assert_eq!(percent(0.2533), "25,3\u{a0}%");
        assert_eq!(percent(0.2850), "28,5\u{a0}%");
        assert_eq!(percent(0.24999), "25,0\u{a0}%");
        assert_eq!(signed_percent(0.032), "+3,2\u{a0}%");
        assert_eq!(signed_percent(-0.01), "−1,0\u{a0}%");
        assert_eq!(signed_percent(0.0), "0,0\u{a0}%");
        assert_eq!(target_percent(0.25), "25\u{a0}%");
        assert_eq!(target_percent(0.125), "12,5\u{a0}%");
        assert_eq!(count(1, "bail", "baux"), "1\u{a0}bail");
        assert_eq!(count(0, "bail", "baux"), "0\u{a0}bail");
        assert_eq!(count(1200, "bail", "baux"), "1\u{202f}200\u{a0}baux");
        assert_eq!(decimal(f64::NAN, 1), NONE);
        assert_eq!(measure(1.94, 1, "demande", "demandes"), "1,9\u{a0}demande");
        assert_eq!(measure(1.96, 1, "demande", "demandes"), "2,0\u{a0}demandes");
        assert_eq!(measure(12.0, 1, "demande", "demandes"), "12,0\u{a0}demandes");
        assert_eq!([0.4, 1.4, 1.6].map(|x| noun_of(x, 0, "jour", "jours")), ["jour", "jour", "jours"]);
    }
}
