//! One value of a file as its type: exact, or nothing and why.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

use super::constats::Constat;
use crate::format::folded;
use crate::schema::Colonne;

/// A value and what was found of it.
pub(super) type Value<T> = (Option<T>, Constat);

/// Upper case, without a copy where it is already.
pub(super) fn upper(value: &str) -> Cow<'_, str> {
    let already = value.bytes().all(|b| b.is_ascii() && !b.is_ascii_lowercase());
    if already { Cow::Borrowed(value) } else { Cow::Owned(value.to_uppercase()) }
}

/// An identifier: the same whatever its case and the spaces that part its digits.
pub(super) fn identifier(value: &str) -> Cow<'_, str> {
    if value.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_lowercase()) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.split_whitespace().collect::<String>().to_uppercase())
}

/// `6,31E+16`: what a spreadsheet leaves of a long number.
pub(super) fn is_scientific(value: &str) -> bool {
    let Some((mantissa, exponent)) = value.split_once(['e', 'E']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let whole = mantissa.split_once([',', '.']).is_some_and(|(a, b)| a.len() == 1 && digits(a) && digits(b));
    whole && digits(exponent.trim_start_matches('+'))
}

/// Digits alone, fewer than `width`.
pub(super) fn is_short(value: &str, width: usize) -> bool {
    value.len() < width && value.bytes().all(|b| b.is_ascii_digit())
}

/// Nine digits, spaces between them or not; `200071140 - (03)` is an EPCI's part in one département.
pub(super) fn siren(value: &str) -> Value<Cow<'_, str>> {
    let part = value.split_once(" - (").filter(|(_, dep)| dep.ends_with(')') && (3..=4).contains(&dep.len()));
    let value = part.map_or(value, |(siren, _)| siren);
    let digits = if value.contains(char::is_whitespace) {
        Cow::Owned(value.chars().filter(|c| !c.is_whitespace()).collect())
    } else {
        Cow::Borrowed(value)
    };
    if digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit()) {
        (Some(digits), Constat::Valide)
    } else {
        (None, Constat::Invalide)
    }
}

pub(super) fn service(value: &str) -> Value<Cow<'_, str>> {
    let code = value.len() <= 12 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if code && value.bytes().any(|b| b.is_ascii_digit()) {
        (Some(upper(value)), Constat::Valide)
    } else {
        (None, Constat::Invalide)
    }
}

/// A text, its spaces single; one longer than its column may hold is what a quote left open has swallowed.
pub(super) fn text<'t>(colonne: &Colonne, value: &'t str) -> Value<Cow<'t, str>> {
    let text = value.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if colonne.maximum.is_some_and(|most| length > most) {
        return (None, Constat::HorsBornes);
    }
    (Some(Cow::Owned(text)), Constat::Valide)
}

pub(super) fn boolean(colonne: &Colonne, value: &str) -> Value<bool> {
    let word = folded(value);
    let word = word.as_ref();
    let among = |own: &[String], usual: &[&str]| own.iter().any(|w| folded(w) == word) || usual.contains(&word);
    if among(&colonne.vrai, &["1", "OUI", "O", "TRUE", "VRAI", "YES", "Y"]) {
        (Some(true), Constat::Valide)
    } else if among(&colonne.faux, &["0", "NON", "N", "FALSE", "FAUX", "NO"]) {
        (Some(false), Constat::Valide)
    } else if word == "NONDOC" {
        (None, Constat::Manquant)
    } else {
        (None, Constat::Invalide)
    }
}

pub(super) fn bounded(colonne: &Colonne, value: Option<i32>) -> Value<i32> {
    let Some(n) = value else { return (None, Constat::Invalide) };
    let wide = i64::from(n);
    if colonne.minimum.is_some_and(|m| wide < m) || colonne.maximum.is_some_and(|m| wide > m) {
        return (None, Constat::HorsBornes);
    }
    (Some(n), Constat::Valide)
}

/// Days since 1970.
fn days(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

fn calendar(year: i32, month: u32, day: u32) -> Value<i32> {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) if (1850..=2200).contains(&year) => (Some(days(date)), Constat::Valide),
        _ => (None, Constat::Invalide),
    }
}

/// `AAAA-MM-JJ` or `JJ/MM/AAAA`, with or without a time of that day after it.
pub(super) fn parse_date(value: &str) -> Value<i32> {
    let invalid = (None, Constat::Invalide);
    let day = match value.find(['T', ' ']) {
        Some(i) if is_time(&value[i + 1..]) => &value[..i],
        Some(_) => return invalid,
        None => value,
    };
    let number = |text: &str, width: usize| -> Option<u32> {
        (text.len() == width && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
    };
    let short = |text: &str| if text.len() == 1 { number(text, 1) } else { number(text, 2) };
    if let [y, m, d] = day.split('-').collect::<Vec<_>>()[..]
        && let (Some(y), Some(m), Some(d)) = (number(y, 4), number(m, 2), number(d, 2))
    {
        return calendar(y.cast_signed(), m, d);
    }
    if let [d, m, y] = day.split('/').collect::<Vec<_>>()[..]
        && let (Some(d), Some(m), Some(y)) = (short(d), short(m), number(y, 4))
    {
        return calendar(y.cast_signed(), m, d);
    }
    invalid
}

/// `HH:MM`, with or without seconds, their fraction and a zone.
fn is_time(text: &str) -> bool {
    let (text, zone) = match text.find(['Z', '+', '-']) {
        Some(i) => (&text[..i], &text[i..]),
        None => (text, "Z"),
    };
    let clock = |text: &str, parts: std::ops::RangeInclusive<usize>| {
        let mut count = 0;
        text.split(':').enumerate().all(|(i, part)| {
            count = i + 1;
            part.len() == 2 && part.parse::<u8>().is_ok_and(|n| n < if i == 0 { 24 } else { 60 })
        }) && parts.contains(&count)
    };
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let zoned = zone == "Z" || clock(zone.trim_start_matches(['+', '-']), 2..=2);
    clock(time, 2..=3) && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) && zoned
}

/// `MM/AAAA` or `AAAA-MM`, else a day, whose month is kept.
pub(super) fn parse_month(value: &str) -> Value<i32> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let parts = match (value.split_once('/'), value.split_once('-')) {
        (Some((m, y)), None) if m.len() <= 2 && y.len() == 4 => Some((m, y)),
        (None, Some((y, m))) if y.len() == 4 && m.len() == 2 => Some((m, y)),
        _ => None,
    };
    if let Some((m, y)) = parts
        && digits(m)
        && digits(y)
        && let (Ok(m), Ok(y)) = (m.parse(), y.parse())
    {
        return calendar(y, m, 1);
    }
    let (day, constat) = parse_date(value);
    let first = day.and_then(|d| NaiveDate::from_epoch_days(d)?.with_day(1)).map(days);
    (first, constat)
}

pub(super) fn parse_year(value: &str) -> Option<i32> {
    if let Some(year) = parse_integer(value) {
        return Some(year);
    }
    let (day, _) = parse_date(value);
    Some(NaiveDate::from_epoch_days(day?)?.year())
}

/// A whole number, written with or without a null decimal part.
pub(super) fn parse_integer(value: &str) -> Option<i32> {
    let (n, exact) = parse_decimal(value, 0)?;
    exact.then(|| i32::try_from(n).ok()).flatten()
}

pub(super) fn decimal(colonne: &Colonne, value: &str) -> Value<i64> {
    let Some((n, exact)) = parse_decimal(value, colonne.decimales) else { return (None, Constat::Invalide) };
    if !exact {
        return (None, Constat::TropDeDecimales);
    }
    let scale = 10_i64.pow(u32::from(colonne.decimales));
    let beyond = |bound: i64, above: bool| bound.checked_mul(scale).is_some_and(|b| if above { n > b } else { n < b });
    if colonne.minimum.is_some_and(|m| beyond(m, false)) || colonne.maximum.is_some_and(|m| beyond(m, true)) {
        return (None, Constat::HorsBornes);
    }
    (Some(n), Constat::Valide)
}

/// A decimal with comma or point, spaces between groups of three digits (two numbers side by side are none), or scientific
/// notation, times 10^`places`; `false` when digits would be lost.
pub(super) fn parse_decimal(value: &str, places: u8) -> Option<(i64, bool)> {
    let (mantissa, exponent) = match value.find(['e', 'E']) {
        Some(i) => (&value[..i], value[i + 1..].parse::<i32>().ok().filter(|e| e.abs() <= 18)?),
        None => (value, 0),
    };
    let (negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let mut n: i128 = 0;
    let mut decimals: Option<i32> = None;
    // Digits of the group that is read, and whether a space stood before it.
    let (mut group, mut spaced) = (0_usize, false);
    for c in digits.chars() {
        match c {
            '0'..='9' => {
                n = n.checked_mul(10)?.checked_add(i128::from(u32::from(c) - u32::from('0')))?;
                match &mut decimals {
                    Some(d) => *d += 1,
                    None => group += 1,
                }
            }
            ',' | '.' if decimals.is_none() && group > 0 => decimals = Some(0),
            ' ' | '\u{a0}' | '\u{202f}' if decimals.is_none() && (group == 3 || !spaced && (1..3).contains(&group)) => {
                (group, spaced) = (0, true);
            }
            _ => return None,
        }
    }
    if group == 0 || spaced && group != 3 {
        return None;
    }
    let shift = i32::from(places) + exponent - decimals.unwrap_or(0);
    let mut exact = true;
    if shift >= 0 {
        n = n.checked_mul(10_i128.checked_pow(shift.unsigned_abs())?)?;
    } else {
        let divisor = 10_i128.checked_pow(shift.unsigned_abs())?;
        exact = n % divisor == 0;
        n /= divisor;
    }
    let n = i64::try_from(if negative { -n } else { n }).ok()?;
    Some((n, exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(value: Value<i32>) -> Option<String> {
        value.0.map(|d| NaiveDate::from_epoch_days(d).unwrap().to_string())
    }

    #[test]
    fn dates_are_days_of_the_calendar_or_nothing() {
        assert_eq!(iso(parse_date("2025-03-01")).as_deref(), Some("2025-03-01"));
        assert_eq!(iso(parse_date("01/03/2025")).as_deref(), Some("2025-03-01"));
        assert_eq!(iso(parse_date("1/3/2025")).as_deref(), Some("2025-03-01"));
        assert_eq!(iso(parse_date("2025-03-01 00:00:00")).as_deref(), Some("2025-03-01"));
        assert_eq!(iso(parse_date("29/02/2024")).as_deref(), Some("2024-02-29"));
        assert_eq!(iso(parse_date("2018-03-15T16:54:06.339+01:00")).as_deref(), Some("2018-03-15"));
        assert_eq!(iso(parse_date("15/03/2018 16:54")).as_deref(), Some("2018-03-15"));
        for wrong in [
            "2025-03-01 25:00",
            "2025-03-01 midi",
            "2025-03-01T",
            "31/02/2025",
            "29/02/2025",
            "2025-13-01",
            "03/2025",
            "01-03-2025",
            "hier",
            "2025-3-1",
            "01/03/25",
        ] {
            assert_eq!(parse_date(wrong), (None, Constat::Invalide), "{wrong}");
        }
    }

    #[test]
    fn months_are_their_first_day() {
        assert_eq!(iso(parse_month("03/2019")).as_deref(), Some("2019-03-01"));
        assert_eq!(iso(parse_month("2019-03")).as_deref(), Some("2019-03-01"));
        assert_eq!(iso(parse_month("17/03/2019")).as_deref(), Some("2019-03-01"));
        assert_eq!(parse_month("13/2019").0, None);
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(parse_decimal("1 234,56", 2), Some((123_456, true)));
        assert_eq!(parse_decimal("1234.5", 2), Some((123_450, true)));
        assert_eq!(parse_decimal("1.1144e+006", 2), Some((111_440_000, true)));
        assert_eq!(parse_decimal("-0,50", 2), Some((-50, true)));
        assert_eq!(parse_decimal("1,234", 2), Some((123, false)));
        assert_eq!(parse_decimal("1.500", 1), Some((15, true)));
        assert_eq!(parse_decimal("12 345 678", 0), Some((12_345_678, true)));
        assert_eq!(parse_decimal("-1\u{202f}234,567", 3), Some((-1_234_567, true)));
        let wrong = ["", "-", "abc", "1,2,3", ",5", "1e", "99999999999999999999"];
        // Two numbers in one cell, or one that lost a digit.
        let ungrouped = ["12 50", "1 2", "1 234 5", "1 23,4", "1234 567", "1  234", "1 ", " 234", "1 ,5"];
        for wrong in wrong.into_iter().chain(ungrouped) {
            assert_eq!(parse_decimal(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn a_full_birth_date_is_cut_to_its_year() {
        assert_eq!(parse_year("1985"), Some(1985));
        assert_eq!(parse_year("12/07/1985"), Some(1985));
        assert_eq!(parse_year("1985.0"), Some(1985));
        assert_eq!(parse_year("12 juillet"), None);
    }
}
