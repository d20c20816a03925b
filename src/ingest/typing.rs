//! Raw text to typed columns, as the schema says: exact, or set aside; never approximated.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use polars::prelude::{
    BooleanChunked, ChunkedArray, Int32Chunked, Int64Chunked, IntoSeries, NewChunkedArray, Series, StringChunkedBuilder,
};

use super::valeurs::{
    Value, boolean, bounded, decimal, is_scientific, parse_date, parse_integer, parse_month, parse_year, service,
    siren, upper,
};
use crate::reference::{Geographie, Recode};
use crate::schema::{Colonne, Genre};
use crate::store::Key;

/// Text of one column for a block of records.
#[derive(Debug, Default)]
pub struct Brut {
    text: String,
    /// End of each value in `text`; a missing value ends where it starts and is flagged.
    ends: Vec<usize>,
    missing: Vec<bool>,
}

impl Brut {
    /// Adds a value.
    pub fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
        self.missing.push(false);
    }

    /// Adds a missing value.
    pub fn push_missing(&mut self) {
        self.ends.push(self.text.len());
        self.missing.push(true);
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Value `i`, if it is there.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<&str> {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        (!self.missing[i]).then(|| &self.text[start..self.ends[i]])
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        (0..self.len()).map(|i| self.get(i))
    }
}

/// What was found of a value besides the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constat {
    /// Missing.
    Manquant,
    /// As it should be.
    Valide,
    /// Not a value of this type.
    Invalide,
    /// Outside the plausible bounds of the schema.
    HorsBornes,
    /// More decimal places than are kept exactly.
    TropDeDecimales,
    /// A code of no list, kept as `inconnu`.
    CodeInconnu,
    /// A commune code short of its leading zero, restored.
    ZeroRestaure,
    /// A commune split since: the part that left cannot be told apart.
    CommuneScindee,
    /// A list whose first element is fine and another is not.
    ElementInconnu,
    /// An identifier that a spreadsheet turned into a number, digits lost.
    NumeroAbime,
}

/// A typed column and what was found of each value.
pub struct Typee {
    /// Typed values.
    pub series: Series,
    /// First elements of a list, where the schema asks for them.
    pub premier: Option<Series>,
    /// One per value.
    pub constats: Vec<Constat>,
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
                identity.chain(&c.codes).chain(own).map(|(from, to)| (from.to_uppercase(), to.clone())).collect()
            })
            .collect();
        Self { geographie, key, millesime, codes }
    }

    /// Types column `index`.
    #[must_use]
    pub fn column(&self, index: usize, colonne: &Colonne, brut: &Brut) -> Typee {
        let name = colonne.nom.as_str().into();
        match colonne.genre {
            Genre::Identifiant => text(name, brut, |v| {
                if is_scientific(v) {
                    return (None, Constat::NumeroAbime);
                }
                (Some(Cow::Owned(self.key.hash(&upper(v)))), Constat::Valide)
            }),
            Genre::Texte => text(name, brut, |v| {
                let words = v.split_whitespace().collect::<Vec<_>>().join(" ");
                (Some(Cow::Owned(words)), Constat::Valide)
            }),
            Genre::Code => text(name, brut, |v| self.code(index, colonne, v)),
            Genre::Siren => text(name, brut, siren),
            Genre::Service => text(name, brut, service),
            Genre::Commune => text(name, brut, |v| self.commune(v)),
            Genre::Liste => list(colonne, brut, |v| self.code(index, colonne, v)),
            Genre::Communes => list(colonne, brut, |v| self.commune(v)),
            Genre::Date => numbers(brut, parse_date, |c: Int32Chunked| c.into_date().into_series(), name),
            Genre::Mois => numbers(brut, parse_month, |c: Int32Chunked| c.into_date().into_series(), name),
            Genre::Annee => numbers(brut, |v| bounded(colonne, parse_year(v)), Int32Chunked::into_series, name),
            Genre::Entier => numbers(brut, |v| bounded(colonne, parse_integer(v)), Int32Chunked::into_series, name),
            Genre::Decimal => numbers(brut, |v| decimal(colonne, v), Int64Chunked::into_series, name),
            Genre::Booleen => {
                let mut constats = Vec::with_capacity(brut.len());
                let values: Vec<Option<bool>> = brut
                    .iter()
                    .map(|v| {
                        let Some(v) = v else {
                            constats.push(Constat::Manquant);
                            return None;
                        };
                        let (value, constat) = boolean(colonne, v);
                        constats.push(constat);
                        value
                    })
                    .collect();
                let series = BooleanChunked::from_slice_options(name, &values).into_series();
                Typee { series, premier: None, constats }
            }
        }
    }

    fn code(&self, index: usize, colonne: &Colonne, value: &str) -> Value<Cow<'_, str>> {
        let codes = &self.codes[index];
        let found = codes.get(value).or_else(|| {
            let mut key = upper(value);
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

fn text<'t>(
    name: polars::prelude::PlSmallStr,
    brut: &'t Brut,
    parse: impl Fn(&'t str) -> Value<Cow<'t, str>>,
) -> Typee {
    let mut constats = Vec::with_capacity(brut.len());
    let mut values = StringChunkedBuilder::new(name, brut.len());
    for value in brut.iter() {
        let (found, constat) = value.map_or((None, Constat::Manquant), &parse);
        constats.push(constat);
        values.append_option(found.as_deref());
    }
    Typee { series: values.finish().into_series(), premier: None, constats }
}

/// Elements joined by `|`: an unknown first one empties the list, another stands as `inconnu`.
fn list<'t>(colonne: &Colonne, brut: &'t Brut, parse: impl Fn(&'t str) -> Value<Cow<'t, str>>) -> Typee {
    let mut constats = Vec::with_capacity(brut.len());
    let mut lists = StringChunkedBuilder::new(colonne.nom.as_str().into(), brut.len());
    let named = colonne.premier.as_deref().unwrap_or_default();
    let mut firsts = StringChunkedBuilder::new(named.into(), brut.len());
    let mut kept = String::new();
    for value in brut.iter() {
        kept.clear();
        let mut constat = Constat::Manquant;
        let mut first = None;
        let elements = value.unwrap_or_default().split('|').map(str::trim).filter(|e| !e.is_empty());
        for (i, element) in elements.enumerate() {
            let (code, found) = parse(element);
            if i == 0 {
                constat = found;
            } else {
                kept.push('|');
                if found != Constat::Valide && constat == Constat::Valide {
                    let unknown = matches!(found, Constat::Invalide | Constat::CodeInconnu);
                    constat = if unknown { Constat::ElementInconnu } else { found };
                }
            }
            kept.push_str(code.as_deref().unwrap_or(UNKNOWN));
            if i == 0 {
                first = code;
            }
        }
        constats.push(constat);
        lists.append_option(first.is_some().then_some(kept.as_str()));
        firsts.append_option(first.as_deref());
    }
    let premier = colonne.premier.as_ref().map(|_| firsts.finish().into_series());
    Typee { series: lists.finish().into_series(), premier, constats }
}

fn numbers<T>(
    brut: &Brut,
    parse: impl Fn(&str) -> Value<T::Native>,
    finish: impl Fn(ChunkedArray<T>) -> Series,
    name: polars::prelude::PlSmallStr,
) -> Typee
where
    T: polars::prelude::PolarsNumericType,
    ChunkedArray<T>: NewChunkedArray<T, T::Native>,
{
    let mut constats = Vec::with_capacity(brut.len());
    let values: Vec<Option<T::Native>> = brut
        .iter()
        .map(|v| {
            let (value, constat) = v.map_or((None, Constat::Manquant), &parse);
            constats.push(constat);
            value
        })
        .collect();
    Typee { series: finish(ChunkedArray::from_slice_options(name, &values)), premier: None, constats }
}
