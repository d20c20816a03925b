//! Raw text to typed columns, as the schema says: exact, or set aside; never approximated.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryBuilder, Int32Array, StringArray, StringBuilder,
};
use arrow::datatypes::Int32Type;
use chrono::NaiveDate;
use foldhash::fast::RandomState;
use polars::prelude::{
    ChunkedArray, Int32Chunked, Int64Chunked, IntoSeries, NewChunkedArray, PolarsNumericType, Series,
};

use super::brut::Brut;
use super::constats::Constat;
use super::valeurs::{
    Value, boolean, bounded, decimal, identifier, is_scientific, is_short, parse_date, parse_integer, parse_month,
    parse_year, service, siren, text, upper,
};
use crate::error::Result;
use crate::format::folded;
use crate::reference::{Geographie, Recode};
use crate::schema::{Colonne, Genre};
use crate::store::{HASH_BYTES, Key};

/// Typed values of a column.
pub enum Valeurs {
    /// Words, hashes, yes or no: as the store holds them.
    Arrow(ArrayRef),
    /// Numbers and days, which row rules compare.
    Polars(Series),
}

/// A typed column and what was found of each value.
pub struct Typee {
    /// Typed values.
    pub valeurs: Valeurs,
    /// First elements of a list, where the schema asks for them.
    pub premier: Option<ArrayRef>,
    /// One per value.
    pub constats: Vec<Constat>,
}

impl Typee {
    fn arrow(array: ArrayRef, constats: Vec<Constat>) -> Self {
        Self { valeurs: Valeurs::Arrow(array), premier: None, constats }
    }
}

/// Types the columns of one schema.
pub struct Typer<'a> {
    geographie: &'a Geographie,
    key: &'a Key,
    /// Year of the source: a commune split after 1 January of that year is flagged.
    millesime: i32,
    codes: Vec<HashMap<String, String>>,
}

impl<'a> Typer<'a> {
    /// Prepares the code tables of `colonnes`, with the project's own codes.
    #[must_use]
    pub fn new(
        colonnes: &[Colonne],
        own: &BTreeMap<String, BTreeMap<String, String>>,
        geographie: &'a Geographie,
        key: &'a Key,
        millesime: i32,
    ) -> Self {
        let codes = colonnes
            .iter()
            .map(|c| {
                let identity = c.valeurs.iter().map(|v| (v, v));
                let own = own.get(&c.nom).into_iter().flatten();
                identity.chain(&c.codes).chain(own).map(|(from, to)| (folded(from).into_owned(), to.clone())).collect()
            })
            .collect();
        Self { geographie, key, millesime, codes }
    }

    /// Types column `index`.
    ///
    /// # Errors
    /// When an array cannot be built, which would be a fault of this program.
    pub fn column(&self, index: usize, colonne: &Colonne, brut: Brut<'_>) -> Result<Typee> {
        let day = |c: Int32Chunked| c.into_date().into_series();
        Ok(match colonne.genre {
            Genre::Identifiant => self.identifiers(colonne, brut)?,
            Genre::Texte => words(colonne, brut, |v| text(colonne, v))?,
            Genre::Code => words(colonne, brut, |v| self.code(index, colonne, v))?,
            Genre::Siren => words(colonne, brut, siren)?,
            Genre::Service => words(colonne, brut, service)?,
            Genre::Commune => words(colonne, brut, |v| self.commune(v))?,
            Genre::Liste => list(colonne, brut, |v| self.code(index, colonne, v))?,
            Genre::Communes => list(colonne, brut, |v| self.commune(v))?,
            Genre::Date => numbers(colonne, brut, parse_date, day),
            Genre::Mois => numbers(colonne, brut, parse_month, day),
            Genre::Annee => numbers(colonne, brut, |v| bounded(colonne, parse_year(v)), Int32Chunked::into_series),
            Genre::Entier => numbers(colonne, brut, |v| bounded(colonne, parse_integer(v)), Int32Chunked::into_series),
            Genre::Decimal => decimals(colonne, brut),
            Genre::Booleen => {
                let (values, constats) = distinct(colonne, brut, |v| boolean(colonne, v));
                Typee::arrow(Arc::new(values.collect::<BooleanArray>()), constats)
            }
        })
    }

    fn identifiers(&self, colonne: &Colonne, brut: Brut<'_>) -> Result<Typee> {
        let mut constats = Vec::with_capacity(brut.len());
        let mut hashes = FixedSizeBinaryBuilder::with_capacity(brut.len(), HASH_BYTES);
        for value in brut.iter().map(|value| value.map(identifier)) {
            let constat = match value.as_deref() {
                None => Constat::Manquant,
                Some(value) if is_scientific(value) => Constat::NumeroAbime,
                Some(value) if colonne.largeur.is_some_and(|width| is_short(value, width)) => Constat::NumeroCourt,
                Some(_) => Constat::Valide,
            };
            match (&value, constat) {
                (Some(value), Constat::Valide | Constat::NumeroCourt) => {
                    hashes.append_value(self.key.hash(value))?;
                }
                _ => hashes.append_null(),
            }
            constats.push(constat);
        }
        Ok(Typee::arrow(Arc::new(hashes.finish()), constats))
    }

    fn code(&self, index: usize, colonne: &Colonne, value: &str) -> Value<Cow<'_, str>> {
        let codes = &self.codes[index];
        let found = codes.get(value).or_else(|| {
            let mut key = folded(value);
            if let Some(width) = colonne.largeur
                && key.bytes().all(|b| b.is_ascii_digit())
            {
                key = Cow::Owned(format!("{key:0>width$}"));
            }
            codes.get(key.as_ref())
        });
        match found {
            Some(code) => (Some(Cow::Borrowed(code)), Constat::Valide),
            None => (Some(Cow::Borrowed(UNKNOWN)), Constat::CodeInconnu),
        }
    }

    fn commune(&self, value: &str) -> Value<Cow<'_, str>> {
        let Some((commune, recode)) = self.geographie.resolve(&upper(value)) else {
            return (None, Constat::Invalide);
        };
        let split = self
            .geographie
            .split_on(value)
            .is_some_and(|date| NaiveDate::from_ymd_opt(self.millesime, 1, 1).is_some_and(|first| date > first));
        let constat = match recode {
            Recode::ZeroRestored => Constat::ZeroRestaure,
            _ if split => Constat::CommuneScindee,
            _ => Constat::Valide,
        };
        (Some(Cow::Borrowed(&commune.code)), constat)
    }
}

/// What a code of no list becomes.
const UNKNOWN: &str = "inconnu";

/// Place of a missing value among the distinct ones.
const MISSING: u32 = u32::MAX;

/// Values of a column, each once, and for each row which one it is.
struct Distinctes<'t> {
    valeurs: Vec<&'t str>,
    rangs: Vec<u32>,
}

impl<'t> Distinctes<'t> {
    fn of(brut: Brut<'t>) -> Self {
        let mut rangs = Rangs::default();
        let mut last = (Cle::default(), MISSING);
        let each = brut.iter().map(|value| {
            let Some(value) = value else { return MISSING };
            // Records of one place, one kind or one day often follow one another.
            let cle = Cle::of(value);
            if cle != last.0 || cle == Cle::default() {
                last = (cle, rangs.of(value, cle));
            }
            last.1
        });
        let each = each.collect();
        Self { valeurs: rangs.valeurs, rangs: each }
    }
}

/// A value of at most sixteen bytes as numbers: its two halves, which may overlap, and its length. A longer one has none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
struct Cle(u64, u64, usize);

impl Cle {
    fn of(value: &str) -> Self {
        let bytes = value.as_bytes();
        let wide = |half: Option<&[u8; 4]>| half.map(|h| u64::from(u32::from_le_bytes(*h)));
        match (bytes.first_chunk(), bytes.last_chunk()) {
            _ if bytes.len() > 16 => Self::default(),
            (Some(a), Some(z)) => Self(u64::from_le_bytes(*a), u64::from_le_bytes(*z), bytes.len()),
            _ => match (wide(bytes.first_chunk()), wide(bytes.last_chunk())) {
                (Some(a), Some(z)) => Self(a, z, bytes.len()),
                _ => Self(bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b)), 0, bytes.len()),
            },
        }
    }
}

/// Ranks of the values seen, in the order they came.
#[derive(Default)]
struct Rangs<'t> {
    valeurs: Vec<&'t str>,
    courtes: HashMap<Cle, u32, RandomState>,
    longues: HashMap<&'t str, u32, RandomState>,
}

impl<'t> Rangs<'t> {
    fn of(&mut self, value: &'t str, cle: Cle) -> u32 {
        let valeurs = &mut self.valeurs;
        let next = || {
            valeurs.push(value);
            u32::try_from(valeurs.len() - 1).unwrap_or(MISSING)
        };
        if cle == Cle::default() {
            *self.longues.entry(value).or_insert_with(next)
        } else {
            *self.courtes.entry(cle).or_insert_with(next)
        }
    }
}

/// Reads each distinct value of a column once: the value of every row, and what was found of it.
fn distinct<'t, T: Copy>(
    colonne: &Colonne,
    brut: Brut<'t>,
    parse: impl Fn(&'t str) -> Value<T>,
) -> (impl ExactSizeIterator<Item = Option<T>>, Vec<Constat>) {
    let Distinctes { valeurs, rangs } = Distinctes::of(brut);
    let found: Vec<Value<T>> = valeurs.into_iter().map(|v| unless_empty(colonne, v, &parse)).collect();
    let of = move |rang: u32| found.get(rang as usize).copied().unwrap_or((None, Constat::Manquant));
    let constats = rangs.iter().map(|rang| of(*rang).1).collect();
    (rangs.into_iter().map(move |rang| of(rang).0), constats)
}

/// Reads a value, unless it is one of those that mean "no value".
fn unless_empty<'t, T>(colonne: &Colonne, value: &'t str, parse: impl Fn(&'t str) -> Value<T>) -> Value<T> {
    if colonne.vide.iter().any(|v| v == value) { (None, Constat::Manquant) } else { parse(value) }
}

fn words<'t>(colonne: &Colonne, brut: Brut<'t>, parse: impl Fn(&'t str) -> Value<Cow<'t, str>>) -> Result<Typee> {
    let mut dictionary: Vec<Cow<'t, str>> = Vec::new();
    let kept = std::cell::RefCell::new(&mut dictionary);
    let (keys, constats) = distinct(colonne, brut, |v| {
        let (word, constat) = parse(v);
        let mut kept = kept.borrow_mut();
        let key = word.map(|word| {
            kept.push(word);
            i32::try_from(kept.len() - 1).unwrap_or(i32::MAX)
        });
        (key, constat)
    });
    let keys: Int32Array = keys.collect();
    let values = StringArray::from_iter_values(dictionary.iter());
    Ok(Typee::arrow(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))?), constats))
}

/// Elements joined by `|`: an unknown first one empties the list, another stands as `inconnu`.
fn list<'t>(colonne: &Colonne, brut: Brut<'t>, parse: impl Fn(&'t str) -> Value<Cow<'t, str>>) -> Result<Typee> {
    let mut rangs = Rangs::default();
    let mut codes: Vec<Value<Cow<'t, str>>> = Vec::new();
    let mut constats = Vec::with_capacity(brut.len());
    let mut lists = StringBuilder::with_capacity(brut.len(), brut.len() * 8);
    let mut firsts: Vec<Option<i32>> = Vec::with_capacity(brut.len());
    let mut kept = String::new();
    for value in brut.iter() {
        kept.clear();
        let mut constat = Constat::Manquant;
        let mut first = None;
        let value = value.filter(|v| !colonne.vide.iter().any(|empty| empty == v)).unwrap_or_default();
        for (i, element) in value.split('|').map(str::trim).filter(|e| !e.is_empty()).enumerate() {
            let rang = rangs.of(element, Cle::of(element));
            if codes.len() < rangs.valeurs.len() {
                codes.push(parse(element));
            }
            let (code, found) = &codes[rang as usize];
            if i == 0 {
                constat = *found;
                first = code.as_ref().and_then(|_| i32::try_from(rang).ok());
            } else {
                kept.push('|');
                if *found != Constat::Valide && constat == Constat::Valide {
                    let unknown = matches!(found, Constat::Invalide | Constat::CodeInconnu);
                    constat = if unknown { Constat::ElementInconnu } else { *found };
                }
            }
            kept.push_str(code.as_deref().unwrap_or(UNKNOWN));
        }
        constats.push(constat);
        lists.append_option(first.is_some().then_some(kept.as_str()));
        firsts.push(first);
    }
    let premier = if colonne.premier.is_some() {
        let values = StringArray::from_iter_values(codes.iter().map(|(code, _)| code.as_deref().unwrap_or_default()));
        Some(Arc::new(DictionaryArray::<Int32Type>::try_new(firsts.into(), Arc::new(values))?) as ArrayRef)
    } else {
        None
    };
    Ok(Typee { valeurs: Valeurs::Arrow(Arc::new(lists.finish())), premier, constats })
}

fn numbers<'t, T>(
    colonne: &Colonne,
    brut: Brut<'t>,
    parse: impl Fn(&'t str) -> Value<T::Native>,
    finish: impl Fn(ChunkedArray<T>) -> Series,
) -> Typee
where
    T: PolarsNumericType,
    ChunkedArray<T>: NewChunkedArray<T, T::Native>,
{
    let (values, constats) = distinct(colonne, brut, parse);
    let values = ChunkedArray::from_iter_options(colonne.nom.as_str().into(), values);
    Typee { valeurs: Valeurs::Polars(finish(values)), premier: None, constats }
}

/// Amounts are seldom met twice: each is read where it stands.
fn decimals(colonne: &Colonne, brut: Brut<'_>) -> Typee {
    let mut constats = Vec::with_capacity(brut.len());
    let values = brut.iter().map(|value| {
        let (number, constat) =
            value.map_or((None, Constat::Manquant), |v| unless_empty(colonne, v, |v| decimal(colonne, v)));
        constats.push(constat);
        number
    });
    let values = Int64Chunked::from_iter_options(colonne.nom.as_str().into(), values);
    Typee { valeurs: Valeurs::Polars(values.into_series()), premier: None, constats }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length up to past the longest that is taken as numbers, and at each place one byte that differs.
    #[test]
    fn values_have_one_rank_each_and_no_two_the_same() {
        let mut values = Vec::new();
        for length in 1..40 {
            values.push("a".repeat(length));
            for at in 0..length {
                values.push(format!("{}b{}", "a".repeat(at), "a".repeat(length - at - 1)));
                values.push(format!("{}\0{}", "a".repeat(at), "a".repeat(length - at - 1)));
            }
        }
        let mut rangs = Rangs::default();
        for _ in 0..2 {
            for (rank, value) in (0..).zip(&values) {
                assert_eq!(rangs.of(value, Cle::of(value)), rank, "{value:?}");
            }
        }
        assert_eq!(rangs.valeurs, values);
    }
}
