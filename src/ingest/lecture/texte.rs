//! Text with separators: cut into lots that end where a record ends, then into records with csv-core where there are quotes;
//! fields are counted, line numbers kept, and what is malformed or blank is set aside so that one bad record never swallows
//! its neighbours. Lots need nothing of one another, so that several threads cut and type them.

use std::io::{self, Read};
use std::path::Path;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use indicatif::ProgressBar;
use memchr::{memchr, memchr_iter, memchr2, memrchr};

use super::octets::{Empreinte, read_up_to};
use super::{Besoin, Echec, Enregistrement, Lecteur, Ouvert, octets};
use crate::diagnostic::Diagnostic;
use crate::schema::Entete;

/// A record longer than this is malformed: an opening quote without its closing one.
const LONGEST_RECORD: usize = 1 << 20;
/// Bytes handed together.
const LOT: usize = 4 << 20;

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

/// Opens a text file: separator, header, then its records.
pub(super) fn open(path: &Path, empreinte: &Empreinte, besoin: Besoin<'_>, bar: &ProgressBar) -> Result<Ouvert, Echec> {
    let mut head = vec![0_u8; 1 << 16];
    let n = read_up_to(&mut octets::open(path, empreinte)?, &mut head)?;
    let separateur = detect_separator(&head[..n]);
    let mut texte = Texte::new(bar.wrap_read(octets::open(path, empreinte)?), separateur, LOT);
    loop {
        match texte.scan()? {
            Some(Enregistrement::Bon { ligne }) => {
                let noms: Vec<String> = (0..texte.coupe.champs.len()).map(|i| texte.field(i).to_owned()).collect();
                let entete = Entete::resolve(besoin.schema, &noms, besoin.colonnes).map_err(Echec::Refus)?;
                return Ok(Ouvert {
                    lecteur: Box::new(texte),
                    avis: entete.avis(),
                    entete,
                    noms,
                    separateur: Some(char::from(separateur)),
                    feuille: None,
                    ligne_entete: ligne,
                });
            }
            Some(Enregistrement::Mauvais { .. }) => {}
            None => {
                return Err(Echec::from(Diagnostic::refus(
                    "B0100",
                    "fichier sans en-tête",
                    "la première ligne doit nommer les colonnes",
                )));
            }
        }
    }
}

/// Part of a text file, whole records.
#[derive(Debug)]
pub struct Lot {
    texte: String,
    coupe: Coupe,
    /// A line too long to be held, set aside.
    demesure: Option<u64>,
}

/// Fields of a record within its lot.
#[derive(Debug, Clone, Copy)]
pub struct Champs<'a> {
    texte: &'a str,
    cites: &'a [u8],
    places: &'a [Place],
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

impl Lot {
    /// Cuts the lot: `record` receives each record or line set aside; the text that places refer to is returned.
    pub fn cut(mut self, mut record: impl FnMut(Enregistrement, Champs<'_>)) -> String {
        if let Some(ligne) = self.demesure {
            record(
                Enregistrement::Mauvais { ligne, defaut: Defaut::Demesure },
                Champs { texte: "", cites: &[], places: &[] },
            );
        }
        while let Some(found) = self.coupe.next(self.texte.as_bytes(), true) {
            record(found, self.coupe.fields(&self.texte));
        }
        self.texte.push_str(&String::from_utf8(self.coupe.cites).unwrap_or_default());
        self.texte
    }
}

/// A text file, read lot by lot, or record by record within a lot.
struct Texte<R> {
    lots: Lots<R>,
    lot: String,
    coupe: Coupe,
}

impl<R: Read> Texte<R> {
    fn new(reader: R, separateur: u8, taille: usize) -> Self {
        let lots = Lots { reader, separateur, taille, buffer: Vec::new(), eof: false, ligne: 1 };
        Self { lots, lot: String::new(), coupe: Coupe::new(separateur, None, 1) }
    }

    fn scan(&mut self) -> io::Result<Option<Enregistrement>> {
        loop {
            if let Some(found) = self.coupe.next(self.lot.as_bytes(), true) {
                return Ok(Some(found));
            }
            let Some(lot) = self.lots.next(self.coupe.largeur)? else { return Ok(None) };
            (self.lot, self.coupe) = (lot.texte, lot.coupe);
            if let Some(ligne) = lot.demesure {
                return Ok(Some(Enregistrement::Mauvais { ligne, defaut: Defaut::Demesure }));
            }
        }
    }
}

impl<R: Read> Texte<R> {
    /// What is left of the lot that records were taken from one by one.
    fn rest(&mut self) -> Option<Lot> {
        let rest = self.lot.get(self.coupe.position..).filter(|rest| !rest.is_empty())?.to_owned();
        self.lot.clear();
        self.coupe.position = 0;
        let coupe = Coupe::new(self.lots.separateur, self.coupe.largeur, self.coupe.ligne);
        Some(Lot { texte: rest, coupe, demesure: None })
    }
}

impl<R: Read + Send> Lecteur for Texte<R> {
    fn next_record(&mut self) -> Result<Option<Enregistrement>, Echec> {
        Ok(self.scan()?)
    }

    fn field(&self, i: usize) -> &str {
        self.coupe.fields(&self.lot).get(i)
    }

    fn next_lot(&mut self) -> Option<Result<Option<Lot>, Echec>> {
        Some(match self.rest() {
            Some(lot) => Ok(Some(lot)),
            None => self.lots.next(self.coupe.largeur).map_err(Echec::Systeme),
        })
    }
}

/// Cuts a reader into lots, in bounded memory.
struct Lots<R> {
    reader: R,
    separateur: u8,
    /// Bytes of a lot, or a little more.
    taille: usize,
    buffer: Vec<u8>,
    eof: bool,
    /// Physical line where the buffer starts.
    ligne: u64,
}

impl<R: Read> Lots<R> {
    /// The next lot, or `None` at the end; `largeur` is the number of fields expected.
    ///
    /// # Errors
    /// The reader's; a file changed since it was inspected may no longer be text.
    fn next(&mut self, largeur: Option<usize>) -> io::Result<Option<Lot>> {
        let mut wanted = self.taille;
        loop {
            self.fill(wanted)?;
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let end = if self.eof { self.buffer.len() } else { self.boundary() };
            let ligne = self.ligne;
            if end > 0 {
                let rest = self.buffer.split_off(end);
                let bytes = std::mem::replace(&mut self.buffer, rest);
                self.ligne += line_breaks(&bytes);
                let texte = String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                return Ok(Some(Lot { texte, coupe: Coupe::new(self.separateur, largeur, ligne), demesure: None }));
            }
            if self.buffer.len() > LONGEST_RECORD + 1 {
                self.skip_line()?;
                let coupe = Coupe::new(self.separateur, largeur, self.ligne);
                return Ok(Some(Lot { texte: String::new(), coupe, demesure: Some(ligne) }));
            }
            wanted = self.buffer.len() * 2;
        }
    }

    /// Reads until the buffer holds `wanted` bytes, or to the end.
    fn fill(&mut self, wanted: usize) -> io::Result<()> {
        let missing = wanted.saturating_sub(self.buffer.len());
        if missing > 0 && !self.eof {
            self.buffer.reserve(missing);
            let read = (&mut self.reader).take(missing as u64).read_to_end(&mut self.buffer)?;
            self.eof = read < missing;
        }
        Ok(())
    }

    /// Where the last whole record of the buffer ends; 0 when none does.
    fn boundary(&self) -> usize {
        if memchr(b'"', &self.buffer).is_none() {
            // No quote: every line is a record. A carriage return at the very end may be half a line end.
            let before_last = &self.buffer[..self.buffer.len() - 1];
            return memrchr(b'\n', &self.buffer).or_else(|| memrchr(b'\r', before_last)).map_or(0, |i| i + 1);
        }
        let mut coupe = Coupe::new(self.separateur, None, 1);
        loop {
            let before = coupe.position;
            match coupe.next(&self.buffer, false) {
                None => return coupe.position,
                // Whether it is too long is judged on what follows it: it opens a lot of its own.
                Some(Enregistrement::Mauvais { defaut: Defaut::Demesure, .. }) => return before,
                Some(_) => {}
            }
        }
    }

    /// Drops the first physical line, however long.
    fn skip_line(&mut self) -> io::Result<()> {
        self.ligne += 1;
        loop {
            if let Some(i) = memchr2(b'\n', b'\r', &self.buffer) {
                if i + 1 == self.buffer.len() {
                    self.fill(i + 2)?;
                }
                self.buffer.drain(..line_end(&self.buffer, i));
                return Ok(());
            }
            self.buffer.clear();
            self.fill(self.taille)?;
            if self.buffer.is_empty() {
                return Ok(());
            }
        }
    }
}

/// Cuts records out of bytes held whole.
#[derive(Debug)]
struct Coupe {
    core: Reader,
    separateur: u8,
    /// Fields expected; the first record gives it.
    largeur: Option<usize>,
    /// First byte not yet cut.
    position: usize,
    /// Physical line there.
    ligne: u64,
    /// Fields of the last record.
    champs: Vec<Place>,
    /// What quoted records hold, quotes taken off; places go on from the end of the text into it.
    cites: Vec<u8>,
}

impl Coupe {
    fn new(separateur: u8, largeur: Option<usize>, ligne: u64) -> Self {
        Self {
            core: ReaderBuilder::new().delimiter(separateur).build(),
            separateur,
            largeur,
            position: 0,
            ligne,
            champs: Vec::new(),
            cites: Vec::new(),
        }
    }

    /// Fields of the last record cut out of `texte`.
    fn fields<'a>(&'a self, texte: &'a str) -> Champs<'a> {
        Champs { texte, cites: &self.cites, places: &self.champs }
    }

    /// The next record or line set aside; `None` at the end, or, unless the bytes are `whole`, where they stop before its
    /// own end.
    fn next(&mut self, bytes: &[u8], whole: bool) -> Option<Enregistrement> {
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
        if memchr(b'"', &rest[..end]).is_some() {
            return self.quoted(bytes, next, whole);
        }
        self.champs.clear();
        let start = place(self.position);
        let mut from = start;
        for i in memchr_iter(self.separateur, &rest[..end]) {
            let to = start + place(i);
            self.champs.push((from, to));
            from = to + 1;
        }
        self.champs.push((from, start + place(end)));
        let blank = rest[..end].iter().all(|b| *b == self.separateur || b.is_ascii_whitespace());
        Some(match self.judge(blank) {
            None => self.keep(next, 1),
            Some(defaut) => self.set_aside(next, defaut),
        })
    }

    /// A record that holds a quote; `line` bytes are its first physical line.
    fn quoted(&mut self, bytes: &[u8], line: usize, whole: bool) -> Option<Enregistrement> {
        let rest = &bytes[self.position..];
        let held = &rest[..rest.len().min(LONGEST_RECORD + 1)];
        let at_end = whole && held.len() == rest.len();
        self.core.reset();
        let kept = self.cites.len();
        let mut ends = vec![0; self.largeur.unwrap_or(0) + 32];
        let (mut read, mut written, mut count) = (0, kept, 0);
        self.cites.resize(kept + held.len() + 1, 0);
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
            let too_long = held.len() > LONGEST_RECORD;
            return too_long.then(|| self.set_aside(line, Defaut::Demesure));
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

/// A position within a lot, which is far smaller than 4 GB.
fn place(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Past the line end that starts at `i`.
fn line_end(bytes: &[u8], i: usize) -> usize {
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

fn line_breaks(bytes: &[u8]) -> u64 {
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

/// The separator of a header line: the one of `;`, `,`, tab and `|` that it holds most, outside quotes.
fn detect_separator(head: &[u8]) -> u8 {
    let mut counts = [(b';', 0_u32), (b',', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    let start = text.iter().position(|b| *b != b'\n' && *b != b'\r').unwrap_or(0);
    for b in &text[start..] {
        match b {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b if !quoted => {
                if let Some(entry) = counts.iter_mut().find(|(s, _)| s == b) {
                    entry.1 += 1;
                }
            }
            _ => {}
        }
    }
    let best = counts.iter().copied().fold((b';', 0), |best, entry| if entry.1 > best.1 { entry } else { best });
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(record: Enregistrement, fields: &[&str]) -> (u64, String) {
        match record {
            Enregistrement::Bon { ligne } => (ligne, fields.join("|")),
            Enregistrement::Mauvais { ligne, defaut } => (ligne, format!("{defaut:?}")),
        }
    }

    /// Record by record, in lots of `taille` bytes.
    fn record_by_record(text: &str, taille: usize) -> Vec<(u64, String)> {
        let mut texte = Texte::new(text.as_bytes(), b';', taille);
        let mut seen = Vec::new();
        while let Some(record) = texte.scan().unwrap() {
            let fields: Vec<_> = (0..texte.coupe.champs.len()).map(|i| texte.field(i)).collect();
            seen.push(shown(record, &fields));
        }
        seen
    }

    /// The header, then lot by lot.
    fn lot_by_lot(text: &str, taille: usize) -> Vec<(u64, String)> {
        let mut texte = Texte::new(text.as_bytes(), b';', taille);
        let mut seen = Vec::new();
        while let Some(record) = texte.scan().unwrap() {
            let good = matches!(record, Enregistrement::Bon { .. });
            let fields: Vec<_> = (0..texte.coupe.champs.len()).map(|i| texte.field(i)).collect();
            seen.push(shown(record, &fields));
            if good {
                break;
            }
        }
        while let Some(lot) = texte.next_lot().unwrap().unwrap() {
            let mut places = Vec::new();
            let text = lot.cut(|record, champs| {
                let at: Vec<_> =
                    (0..champs.places.len()).map(|i| (champs.place(i), champs.get(i).to_owned())).collect();
                places.push((record, at));
            });
            seen.extend(places.into_iter().map(|(record, fields)| {
                assert!(fields.iter().all(|((from, to), field)| &text[*from as usize..*to as usize] == field));
                let fields: Vec<_> = fields.iter().map(|(_, field)| field.as_str()).collect();
                shown(record, &fields)
            }));
        }
        seen
    }

    /// Records of a text, the same whatever the size of lots and the way they are cut.
    fn scan(text: &str) -> Vec<(u64, String)> {
        let whole = record_by_record(text, LOT);
        let sizes = if text.len() < 1000 { (1..40).collect() } else { vec![5_000, 1 << 20, LOT] };
        for taille in sizes {
            assert_eq!(record_by_record(text, taille), whole, "{taille}");
            assert_eq!(lot_by_lot(text, taille), whole, "{taille}");
        }
        whole
    }

    fn seen(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter().map(|(l, t)| (*l, (*t).to_owned())).collect()
    }

    #[test]
    fn quotes_line_ends_and_the_last_line_are_understood() {
        assert_eq!(scan("a;b\r\n\"x;\"\"y\";2\r\n3;4"), seen(&[(1, "a|b"), (2, "x;\"y|2"), (3, "3|4")]));
        assert_eq!(scan("a;b\r1;2\r"), seen(&[(1, "a|b"), (2, "1|2")]));
    }

    #[test]
    fn blank_lines_and_wrong_widths_are_set_aside_with_their_line() {
        let rows = scan("a;b\n\n1;2;3\n;\n4\n5;6\n");
        let expected =
            [(1, "a|b"), (2, "Vide"), (3, "TropDeChamps(3)"), (4, "Vide"), (5, "PasAssezDeChamps(1)"), (6, "5|6")];
        assert_eq!(rows, seen(&expected));
    }

    #[test]
    fn a_stray_quote_costs_its_own_line_only() {
        assert_eq!(scan("a;b\n1;\"x\n2;y\n3;z\n"), seen(&[(1, "a|b"), (2, "Guillemets"), (3, "2|y"), (4, "3|z")]));
        let rows = scan("a;b\n1;\"x\n2;\"y\"\n3;z\n");
        assert_eq!(rows[1..], seen(&[(2, "Guillemets"), (3, "2|y"), (4, "3|z")]));
    }

    #[test]
    fn a_quoted_line_break_counts_in_the_line_numbers() {
        assert_eq!(scan("a;b\n\"x\ny\";2\n3;4\n"), seen(&[(1, "a|b"), (2, "x\ny|2"), (4, "3|4")]));
    }

    #[test]
    fn an_endless_line_is_skipped_in_bounded_memory() {
        let text = format!("a;b\n1;{}\n2;y\n", "x".repeat(3 * LONGEST_RECORD));
        assert_eq!(scan(&text), seen(&[(1, "a|b"), (2, "Demesure"), (3, "2|y")]));
    }

    #[test]
    fn the_separator_is_read_in_the_header() {
        assert_eq!(detect_separator(b"a;b,c;d\n1,2,3,4,5,6"), b';');
        assert_eq!(detect_separator(b"\"a;b;c\",d,e\n"), b',');
        assert_eq!(detect_separator(b"\na\tb\n"), b'\t');
    }
}
