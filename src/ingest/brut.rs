//! A block of records as text: where the values of each column stand.

use super::lecture::Place;
use crate::schema::Champ;

/// Records of one block, as text.
#[derive(Debug, Default)]
pub(super) struct Bloc {
    pub(super) lignes: Vec<u64>,
    /// The text that the columns stand in.
    pub(super) texte: String,
    /// One per column of the schema; empty where the file lacks it.
    pub(super) colonnes: Vec<Places>,
}

/// Where the values of a column stand: in the text of the block, or in one of its own.
#[derive(Debug, Default)]
pub(super) struct Places {
    pub(super) places: Vec<Place>,
    texte: String,
}

impl Places {
    /// Adds a value that stands in no text yet.
    pub(super) fn push(&mut self, value: &str) {
        let start = self.texte.len();
        self.texte.push_str(value);
        self.close(start);
    }

    /// Adds the values of several fields as a list.
    pub(super) fn push_list<'v>(&mut self, values: impl Iterator<Item = &'v str>) {
        let start = self.texte.len();
        for value in values.map(str::trim).filter(|v| !v.is_empty()) {
            if self.texte.len() > start {
                self.texte.push('|');
            }
            self.texte.push_str(value);
        }
        self.close(start);
    }

    fn close(&mut self, start: usize) {
        let at = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        self.places.push((at(start), at(self.texte.len())));
    }
}

impl Bloc {
    /// A block of as many columns.
    pub(super) fn new(colonnes: usize) -> Self {
        let mut bloc = Self::default();
        bloc.colonnes.resize_with(colonnes, Places::default);
        bloc
    }

    /// Makes room for so many records whose values stand in the text of the block.
    pub(super) fn reserve(&mut self, champs: &[Champ], records: usize) {
        self.lignes.reserve(records);
        for (_, colonne) in champs.iter().zip(&mut self.colonnes).filter(|(champ, _)| **champ != Champ::Absent) {
            colonne.places.reserve(records);
        }
    }

    /// Keeps the first records only.
    pub(super) fn truncate(&mut self, most: usize) {
        self.lignes.truncate(most);
        for colonne in &mut self.colonnes {
            colonne.places.truncate(most);
        }
    }

    /// Bytes of the values that stand in a text of their own.
    pub(super) fn held(&self) -> usize {
        self.colonnes.iter().map(|c| c.texte.len()).sum()
    }

    /// Text of a column.
    pub(super) fn brut(&self, index: usize) -> Brut<'_> {
        let colonne = &self.colonnes[index];
        let texte = if colonne.texte.is_empty() { &self.texte } else { &colonne.texte };
        Brut { texte, places: &colonne.places }
    }
}

/// Text of one column for a block of records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Brut<'t> {
    texte: &'t str,
    places: &'t [Place],
}

impl<'t> Brut<'t> {
    /// Number of values.
    pub(super) fn len(self) -> usize {
        self.places.len()
    }

    /// Value `i`, if it is there.
    pub(super) fn get(self, i: usize) -> Option<&'t str> {
        self.at(self.places[i])
    }

    /// Every value, in order.
    pub(super) fn iter(self) -> impl ExactSizeIterator<Item = Option<&'t str>> {
        self.places.iter().map(move |place| self.at(*place))
    }

    fn at(self, (start, end): Place) -> Option<&'t str> {
        let value = self.texte.get(start as usize..end as usize)?;
        let visible = |b: Option<&u8>| b.is_some_and(u8::is_ascii_graphic);
        let bytes = value.as_bytes();
        let value = if visible(bytes.first()) && visible(bytes.last()) { value } else { value.trim() };
        (!value.is_empty()).then_some(value)
    }
}
