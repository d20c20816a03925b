//! Records cut out of text held whole: at line ends and separators, with csv-core where a quote does more than surround a value.
//! Fields are counted, lines numbered, and what is malformed or blank is set aside so that one bad record never swallows its
//! neighbours.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr_iter, memchr2};

use super::Enregistrement;

/// A record longer than this is malformed: an opening quote without its closing one.
pub(super) const LONGEST_RECORD: usize = 1 << 20;

/// Why a physical line is not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defaut {
    /// Nothing on it, or only separators.
    Vide,
    /// More fields than the header.
    TropDeChamps(usize),
    /// Fewer fields than the header.
    PasAssezDeChamps(usize),
    /// A quote that opens and never closes, or closes in the middle of a value.
    Guillemets,
    /// Far too long: most often a quote that never closes.
    Demesure,
}

/// Where a field stands in the text of its lot: first byte, end.
pub type Place = (u32, u32);

/// Fields of a record within its lot.
#[derive(Debug, Clone, Copy)]
pub struct Champs<'a> {
    pub(super) texte: &'a str,
    pub(super) cites: &'a [u8],
    pub(super) places: &'a [Place],
}

impl<'a> Champs<'a> {
    /// Where field `i` stands in the text that [`Lot::cut`] returns.
    #[must_use]
    pub fn place(&self, i: usize) -> Place {
        self.places[i]
    }

    /// Its text.
    #[must_use]
    pub fn get(&self, i: usize) -> &'a str {
        let (start, end, whole) = (self.places[i].0 as usize, self.places[i].1 as usize, self.texte.len());
        if end <= whole {
            return self.texte.get(start..end).unwrap_or_default();
        }
        // Taking quotes off a text leaves a text.
        let cited = self.cites.get(start.saturating_sub(whole)..end - whole).unwrap_or_default();
        std::str::from_utf8(cited).unwrap_or_default()
    }
}

/// Cuts records out of bytes held whole.
#[derive(Debug)]
pub(super) struct Coupe {
    core: Reader,
    separateur: u8,
    /// Whether the bytes may hold a quote.
    pub(super) guillemets: bool,
    /// Fields expected; the first record gives it.
    pub(super) largeur: Option<usize>,
    /// First byte not yet cut.
    pub(super) position: usize,
    /// Past the furthest byte that was looked at to set a line aside.
    pub(super) vu: usize,
    /// Physical line there.
    pub(super) ligne: u64,
    /// Fields of the last record.
    pub(super) champs: Vec<Place>,
    /// What quoted records hold, quotes taken off; places go on from the end of the text into it.
    pub(super) cites: Vec<u8>,
}

impl Coupe {
    /// Ready to cut bytes whose first is on line `ligne`; records have `largeur` fields, or those of the first.
    pub(super) fn new(separateur: u8, largeur: Option<usize>, ligne: u64) -> Self {
        Self {
            core: ReaderBuilder::new().delimiter(separateur).build(),
            separateur,
            guillemets: true,
            largeur,
            position: 0,
            vu: 0,
            ligne,
            champs: Vec::new(),
            cites: Vec::new(),
        }
    }

    /// Fields of the last record cut out of `texte`.
    pub(super) fn fields<'a>(&'a self, texte: &'a str) -> Champs<'a> {
        Champs { texte, cites: &self.cites, places: &self.champs }
    }

    /// The next record or line set aside; `None` at the end, or, unless the bytes are `whole`, where they stop before its
    /// own end.
    pub(super) fn next(&mut self, bytes: &[u8], whole: bool) -> Option<Enregistrement> {
        let rest = bytes.get(self.position..).filter(|rest| !rest.is_empty())?;
        let line = memchr2(b'\n', b'\r', rest);
        // A carriage return that ends the bytes may be half a line end.
        if !whole && line.is_none_or(|i| i + 1 == rest.len() && rest[i] == b'\r') {
            return None;
        }
        let end = line.unwrap_or(rest.len());
        let next = line.map_or(rest.len(), |i| line_end(rest, i));
        if end == 0 {
            return Some(self.set_aside(next, Defaut::Vide));
        }
        if end > LONGEST_RECORD {
            return Some(self.set_aside(next, Defaut::Demesure));
        }
        if self.guillemets && memchr(b'"', &rest[..end]).is_some() {
            return if self.cut_quoted(&rest[..end]) {
                Some(self.keep(next, 1))
            } else {
                self.quoted(bytes, next, whole)
            };
        }
        self.champs.clear();
        let start = place(self.position);
        let mut from = start;
        each_at(self.separateur, &rest[..end], |i| {
            let to = start + place(i);
            self.champs.push((from, to));
            from = to + 1;
        });
        self.champs.push((from, start + place(end)));
        let blank = rest[..end].iter().all(|b| *b == self.separateur || b.is_ascii_whitespace());
        Some(match self.judge(blank) {
            None => self.keep(next, 1),
            Some(defaut) => self.set_aside(next, defaut),
        })
    }

    /// Notes the fields of a line whose quotes do no more than open and close whole values, as most exports write them: they stand
    /// in the text as they are. False for any other line, and for one that may be malformed.
    fn cut_quoted(&mut self, line: &[u8]) -> bool {
        self.champs.clear();
        let start = place(self.position);
        let mut from = 0;
        loop {
            let quoted = line.get(from) == Some(&b'"');
            let first = from + usize::from(quoted);
            let found = find(if quoted { b'"' } else { self.separateur }, &line[first..]);
            if quoted && found.is_none() {
                return false;
            }
            let end = found.map_or(line.len(), |length| first + length);
            self.champs.push((start + place(first), start + place(end)));
            let after = end + usize::from(quoted);
            match line.get(after) {
                None => break,
                Some(b) if *b == self.separateur => from = after + 1,
                Some(_) => return false,
            }
        }
        let filled = |b: &u8| *b != self.separateur && *b != b'"' && !b.is_ascii_whitespace();
        self.largeur == Some(self.champs.len()) && line.iter().any(filled)
    }

    /// A record whose quotes are not those of [`Self::cut_quoted`]; `line` bytes are its first physical line.
    fn quoted(&mut self, bytes: &[u8], line: usize, whole: bool) -> Option<Enregistrement> {
        let rest = &bytes[self.position..];
        let held = &rest[..rest.len().min(LONGEST_RECORD + 1)];
        let at_end = whole && held.len() == rest.len();
        self.core.reset();
        let kept = self.cites.len();
        let mut ends = vec![0; self.largeur.unwrap_or(0) + 32];
        let (mut read, mut written, mut count) = (0, kept, 0);
        self.cites.resize(kept + line + 1, 0);
        let complete = loop {
            let (result, nin, nout, nend) =
                self.core.read_record(&held[read..], &mut self.cites[written..], &mut ends[count..]);
            read += nin;
            written += nout;
            count += nend;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => break true,
                ReadRecordResult::OutputFull => self.cites.resize(self.cites.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::InputEmpty if at_end => {}
                ReadRecordResult::InputEmpty => break false,
            }
        };
        self.cites.truncate(if complete { written } else { kept });
        if !complete {
            if held.len() <= LONGEST_RECORD {
                return None;
            }
            self.vu = self.vu.max(self.position + held.len());
            return Some(self.set_aside(line, Defaut::Demesure));
        }
        // The scanner stops between the two halves of a line end.
        if read > 0 && rest[read - 1] == b'\r' {
            match rest.get(read) {
                Some(b'\n') => read += 1,
                None if !whole => {
                    self.cites.truncate(kept);
                    return None;
                }
                _ => {}
            }
        }
        self.champs.clear();
        let base = bytes.len() + kept;
        let mut from = base;
        for end in &ends[..count] {
            self.champs.push((place(from), place(base + end)));
            from = base + end;
        }
        let blank = self.cites[kept..].iter().all(u8::is_ascii_whitespace);
        let breaks = line_breaks(&rest[..read]);
        let defaut = match self.judge(blank) {
            None if breaks <= 1 || well_quoted(&rest[..read], self.separateur) => return Some(self.keep(read, breaks)),
            None => Defaut::Guillemets,
            Some(defaut) => defaut,
        };
        self.cites.truncate(kept);
        self.vu = self.vu.max(self.position + read);
        // Only the first physical line is set aside: if a stray quote joined several lines, the others are read again.
        Some(self.set_aside(line, defaut))
    }

    /// What is wrong with the fields just cut, if something is.
    fn judge(&mut self, blank: bool) -> Option<Defaut> {
        let count = self.champs.len();
        let width = *self.largeur.get_or_insert(count);
        match count.cmp(&width) {
            _ if blank => Some(Defaut::Vide),
            std::cmp::Ordering::Greater => Some(Defaut::TropDeChamps(count)),
            std::cmp::Ordering::Less => Some(Defaut::PasAssezDeChamps(count)),
            std::cmp::Ordering::Equal => None,
        }
    }

    fn keep(&mut self, bytes: usize, lines: u64) -> Enregistrement {
        let ligne = self.ligne;
        self.position += bytes;
        self.ligne += lines;
        Enregistrement::Bon { ligne }
    }

    fn set_aside(&mut self, bytes: usize, defaut: Defaut) -> Enregistrement {
        let ligne = self.ligne;
        self.champs.clear();
        self.position += bytes;
        self.ligne += 1;
        Enregistrement::Mauvais { ligne, defaut }
    }
}

/// Gives each place of `byte` in a line. Values of a register are a few bytes long: eight bytes compared as one number find
/// their ends sooner than a search that starts again at each.
fn each_at(byte: u8, line: &[u8], mut found: impl FnMut(usize)) {
    let (words, rest) = line.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let mut same = same(byte, *word);
        while same != 0 {
            found(n * 8 + same.trailing_zeros() as usize / 8);
            same &= same - 1;
        }
    }
    let end = line.len() - rest.len();
    rest.iter().enumerate().filter(|(_, b)| **b == byte).for_each(|(i, _)| found(end + i));
}

/// The first place of `byte`, which is most often among the first eight.
fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (n, word) in words.iter().enumerate() {
        let same = same(byte, *word);
        if same != 0 {
            return Some(n * 8 + same.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|b| *b == byte).map(|i| bytes.len() - rest.len() + i)
}

/// The high bit of each byte of `word` that is `byte`, and no other.
fn same(byte: u8, word: [u8; 8]) -> u64 {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let differs = u64::from_le_bytes(word) ^ u64::from_le_bytes([byte; 8]);
    !(((differs & !HIGH) + !HIGH) | differs) & HIGH
}

/// A position within a lot, which is far smaller than 4 GB.
fn place(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Past the line end that starts at `i`.
pub(super) fn line_end(bytes: &[u8], i: usize) -> usize {
    if bytes[i] == b'\r' && bytes.get(i + 1) == Some(&b'\n') { i + 2 } else { i + 1 }
}

/// Whether every quoted value of a record is closed right before a separator or the end.
fn well_quoted(bytes: &[u8], separateur: u8) -> bool {
    let is_end = |b: Option<&u8>| b.is_none_or(|b| *b == separateur || *b == b'\n' || *b == b'\r');
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] == b'"' {
            i += 1;
            loop {
                match (bytes.get(i), bytes.get(i + 1)) {
                    (Some(b'"'), Some(b'"')) => i += 2,
                    (Some(b'"'), next) if is_end(next) => break,
                    (Some(b'"') | None, _) => return false,
                    _ => i += 1,
                }
            }
            i += 1;
        }
        while !is_end(bytes.get(i)) {
            i += 1;
        }
        i += 1;
    }
    true
}

/// Physical lines that end in some bytes.
pub(super) fn line_breaks(bytes: &[u8]) -> u64 {
    if memchr(b'\r', bytes).is_none() {
        return memchr_iter(b'\n', bytes).count() as u64;
    }
    let mut count = 0;
    for (i, b) in bytes.iter().enumerate() {
        if *b == b'\n' || (*b == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At every place of lines of up to three words, among bytes that differ by one bit.
    #[test]
    fn a_byte_is_found_wherever_it_stands_and_nothing_else_is() {
        let near: Vec<u8> = (0..8).map(|bit| b';' ^ (1 << bit)).chain([0, 1, 0x7f, 0x80, 0xff]).collect();
        for length in 0..24 {
            for at in 0..=length {
                let mut line: Vec<u8> = near.iter().copied().cycle().skip(at).take(length).collect();
                let mut expected = Vec::new();
                for place in [at, at + 1, at + 9].into_iter().filter(|place| *place < length) {
                    line[place] = b';';
                    expected.push(place);
                }
                let mut seen = Vec::new();
                each_at(b';', &line, |i| seen.push(i));
                assert_eq!(seen, expected, "{line:?}");
                assert_eq!(find(b';', &line), expected.first().copied(), "{line:?}");
            }
        }
    }

    /// Every line of up to eight bytes among those that matter, read by csv-core and as it is in the text.
    #[test]
    fn quotes_around_values_are_taken_off_as_csv_core_does() {
        let alphabet = *b"\";a ";
        let mut alike = 0;
        for length in 1..=8_u32 {
            for number in 0..4_usize.pow(length) {
                let bytes = (0..length).map(|i| alphabet[number / 4_usize.pow(i) % 4]);
                let text = String::from_utf8(bytes.collect()).unwrap();
                if !text.contains('"') {
                    continue;
                }
                let read = |cut: &mut Coupe| -> Vec<String> {
                    let fields = cut.fields(&text);
                    (0..fields.places.len()).map(|i| fields.get(i).to_owned()).collect()
                };
                let mut core = Coupe::new(b';', None, 1);
                let expected = core.quoted(text.as_bytes(), text.len(), true);
                let mut own = Coupe::new(b';', core.largeur, 1);
                if own.cut_quoted(text.as_bytes()) {
                    assert_eq!(expected, Some(Enregistrement::Bon { ligne: 1 }), "{text}");
                    assert_eq!(read(&mut own), read(&mut core), "{text}");
                    alike += 1;
                }
            }
        }
        assert!(alike > 1_000, "{alike}");
    }
}
