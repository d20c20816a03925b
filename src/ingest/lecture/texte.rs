//! The record scanner: cuts text into records with csv-core, counts fields, keeps line numbers, and sets aside what is
//! malformed or blank so that one bad record never swallows its neighbours.

use std::io::{self, Read};

use std::path::Path;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use indicatif::ProgressBar;

use super::octets::{Empreinte, read_up_to};
use super::{Besoin, Echec, Enregistrement, Lecteur, Ouvert, octets};
use crate::diagnostic::Diagnostic;
use crate::schema::Entete;

/// A record longer than this is malformed: an opening quote without its closing one.
const LONGEST_RECORD: usize = 1 << 20;
const REFILL: usize = 1 << 18;

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

/// Opens a text file: separator, header, then its records.
pub(super) fn open(path: &Path, empreinte: &Empreinte, besoin: Besoin<'_>, bar: &ProgressBar) -> Result<Ouvert, Echec> {
    let mut head = vec![0_u8; 1 << 16];
    let n = read_up_to(&mut octets::open(path, empreinte)?, &mut head)?;
    let separateur = detect_separator(&head[..n]);
    let mut scanner = Scanner::new(bar.wrap_read(octets::open(path, empreinte)?), separateur);
    loop {
        match scanner.scan()? {
            Some(Enregistrement::Bon { ligne }) => {
                let noms: Vec<String> = (0..scanner.width()).map(|i| scanner.field(i).to_owned()).collect();
                let entete = Entete::resolve(besoin.schema, &noms, besoin.colonnes).map_err(Echec::Refus)?;
                return Ok(Ouvert {
                    lecteur: Box::new(scanner),
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

impl<R: Read + Send> Lecteur for Scanner<R> {
    fn next_record(&mut self) -> Result<Option<Enregistrement>, Echec> {
        Ok(self.scan()?)
    }

    fn field(&self, i: usize) -> &str {
        Scanner::field(self, i)
    }
}

/// Reads records one by one in bounded memory.
struct Scanner<R> {
    reader: R,
    core: Reader,
    separateur: u8,
    buffer: Vec<u8>,
    position: usize,
    filled: usize,
    eof: bool,
    ligne: u64,
    after_cr: bool,
    fields: Vec<u8>,
    ends: Vec<usize>,
    width: Option<usize>,
}

impl<R: Read> Scanner<R> {
    /// Starts a scan with a known separator; the first record gives the width expected of the others.
    fn new(reader: R, separateur: u8) -> Self {
        Self {
            reader,
            core: ReaderBuilder::new().delimiter(separateur).build(),
            separateur,
            buffer: Vec::new(),
            position: 0,
            filled: 0,
            eof: false,
            ligne: 1,
            after_cr: false,
            fields: vec![0; 4096],
            ends: vec![0; 128],
            width: None,
        }
    }

    /// Text of field `i` of the last good record.
    fn field(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        // Every record was checked to be text, and fields are cut at ASCII bytes.
        std::str::from_utf8(&self.fields[start..self.ends[i]]).unwrap_or_default()
    }

    /// Number of fields of the last good record.
    fn width(&self) -> usize {
        self.width.unwrap_or(0)
    }

    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// The reader's.
    fn scan(&mut self) -> io::Result<Option<Enregistrement>> {
        loop {
            if self.position == self.filled && !self.refill()? {
                return Ok(None);
            }
            match self.buffer[self.position] {
                b'\n' if std::mem::take(&mut self.after_cr) => self.position += 1,
                b @ (b'\n' | b'\r') => {
                    self.position += 1;
                    self.after_cr = b == b'\r';
                    let ligne = self.ligne;
                    self.ligne += 1;
                    return Ok(Some(Enregistrement::Mauvais { ligne, defaut: Defaut::Vide }));
                }
                _ => break,
            }
        }
        self.after_cr = false;
        self.parse_record().map(Some)
    }

    fn parse_record(&mut self) -> io::Result<Enregistrement> {
        loop {
            self.core.reset();
            let (mut read, mut written, mut count) = (0, 0, 0);
            let complete = loop {
                let input = &self.buffer[self.position + read..self.filled];
                let (result, nin, nout, nend) =
                    self.core.read_record(input, &mut self.fields[written..], &mut self.ends[count..]);
                read += nin;
                written += nout;
                count += nend;
                match result {
                    ReadRecordResult::Record | ReadRecordResult::End => break true,
                    ReadRecordResult::OutputFull => self.fields.resize(self.fields.len() * 2, 0),
                    ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                    ReadRecordResult::InputEmpty if self.eof => {}
                    ReadRecordResult::InputEmpty => break false,
                }
            };
            if complete {
                // A file changed since it was inspected may no longer be text.
                std::str::from_utf8(&self.fields[..written])
                    .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                return Ok(self.judge(read, count));
            }
            if self.filled - self.position > LONGEST_RECORD {
                return self.skip_line();
            }
            self.refill()?;
        }
    }

    /// The record spans `read` bytes and has `count` fields.
    fn judge(&mut self, read: usize, count: usize) -> Enregistrement {
        let span = self.position..self.position + read;
        let ligne = self.ligne;
        let width = *self.width.get_or_insert(count);
        let blank = self.ends[..count].last().is_none_or(|&end| self.fields[..end].iter().all(u8::is_ascii_whitespace));
        let defaut = match count.cmp(&width) {
            _ if blank => Defaut::Vide,
            std::cmp::Ordering::Greater => Defaut::TropDeChamps(count),
            std::cmp::Ordering::Less => Defaut::PasAssezDeChamps(count),
            std::cmp::Ordering::Equal => {
                let bytes = &self.buffer[span.clone()];
                if line_breaks(bytes) <= 1 || well_quoted(bytes, self.separateur) {
                    self.advance(span.end);
                    return Enregistrement::Bon { ligne };
                }
                Defaut::Guillemets
            }
        };
        // Only the first physical line is set aside: if a stray quote joined several lines, the others are read again.
        let bytes = &self.buffer[span.clone()];
        let end = match bytes.iter().position(|b| *b == b'\n' || *b == b'\r') {
            Some(i) if bytes[i] == b'\r' && bytes.get(i + 1) == Some(&b'\n') => span.start + i + 2,
            Some(i) => span.start + i + 1,
            None => span.end,
        };
        self.advance(end);
        Enregistrement::Mauvais { ligne, defaut }
    }

    fn advance(&mut self, end: usize) {
        let bytes = &self.buffer[self.position..end];
        self.ligne += line_breaks(bytes);
        self.after_cr = bytes.last() == Some(&b'\r');
        self.position = end;
    }

    /// Drops the rest of the physical line, however long.
    fn skip_line(&mut self) -> io::Result<Enregistrement> {
        let ligne = self.ligne;
        let bad = Enregistrement::Mauvais { ligne, defaut: Defaut::Demesure };
        loop {
            let rest = &self.buffer[self.position..self.filled];
            if let Some(i) = rest.iter().position(|b| *b == b'\n' || *b == b'\r') {
                self.advance(self.position + i + 1);
                return Ok(bad);
            }
            self.position = self.filled;
            if !self.refill()? {
                self.ligne += 1;
                return Ok(bad);
            }
        }
    }

    /// Reads more bytes behind those not yet used; `false` when there are none left at all.
    fn refill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.position..self.filled, 0);
        self.filled -= self.position;
        self.position = 0;
        if self.buffer.len() < self.filled + REFILL {
            self.buffer.resize(self.filled + REFILL, 0);
        }
        while !self.eof {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(0) => self.eof = true,
                Ok(n) => {
                    self.filled += n;
                    break;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled > 0)
    }
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

    fn scan(text: &str) -> Vec<(u64, String)> {
        let mut scanner = Scanner::new(text.as_bytes(), b';');
        let mut seen = Vec::new();
        while let Some(record) = scanner.scan().unwrap() {
            seen.push(match record {
                Enregistrement::Bon { ligne } => {
                    let fields: Vec<_> = (0..scanner.width()).map(|i| scanner.field(i).to_owned()).collect();
                    (ligne, fields.join("|"))
                }
                Enregistrement::Mauvais { ligne, defaut } => (ligne, format!("{defaut:?}")),
            });
        }
        seen
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
