//! Text with separators, cut into lots that end where a record ends: lots need nothing of one another, so that several
//! threads cut them into records and type them.

use std::io::{self, Read};
use std::path::Path;

use indicatif::ProgressBar;
use memchr::{memchr, memchr2, memrchr};

use super::coupe::{Champs, Coupe, Defaut, LONGEST_RECORD, line_breaks, line_end};
use super::octets::{Empreinte, read_up_to};
use super::{Besoin, Echec, Enregistrement, HEADER_WITHIN, Lecteur, Ouvert, octets};
use crate::diagnostic::Diagnostic;
use crate::schema::Entete;

/// Bytes handed together.
const LOT: usize = 1 << 20;

/// Opens a text file: separator, header, then its records.
pub(super) fn open(path: &Path, empreinte: &Empreinte, besoin: Besoin<'_>, bar: &ProgressBar) -> Result<Ouvert, Echec> {
    let mut head = vec![0_u8; 1 << 16];
    let n = read_up_to(&mut octets::open(path, empreinte)?, &mut head)?;
    let (before, ligne) = header_start(&head[..n], besoin);
    let separateur = detect_separator(&head[before..n]);
    let mut reader = octets::open(path, empreinte)?;
    reader.read_exact(&mut head[..before])?;
    let mut texte = Texte::new(bar.wrap_read(reader), separateur, LOT);
    texte.lots.ligne = ligne;
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
                    "une des 50 premières lignes doit nommer les colonnes",
                )));
            }
        }
    }
}

/// Where the header starts, in bytes and in lines: the first line that names the columns of the schema, else that which comes
/// nearest.
fn header_start(head: &[u8], besoin: Besoin<'_>) -> (usize, u64) {
    let text = String::from_utf8_lossy(head);
    let (mut start, mut most, mut nearest) = (0, 0, (0, 1));
    for ligne in (1..).take(HEADER_WITHIN) {
        let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) else { break };
        let mut coupe = Coupe::new(detect_separator(rest.as_bytes()), None, 1);
        if let Some(Enregistrement::Bon { .. }) = coupe.next(rest.as_bytes(), true) {
            let fields = coupe.fields(rest);
            let noms: Vec<String> = (0..coupe.champs.len()).map(|i| fields.get(i).to_owned()).collect();
            if Entete::resolve(besoin.schema, &noms, besoin.colonnes).is_ok() {
                return (start, ligne);
            }
            let known = Entete::known(besoin.schema, &noms, besoin.colonnes);
            if known > most {
                (most, nearest) = (known, (start, ligne));
            }
        }
        let Some(end) = memchr2(b'\n', b'\r', rest.as_bytes()) else { break };
        start += line_end(rest.as_bytes(), end);
    }
    nearest
}

/// Part of a text file, whole records.
#[derive(Debug)]
pub struct Lot {
    texte: String,
    coupe: Coupe,
    /// Physical lines that end in it.
    lignes: u64,
    /// A line before it, set aside for what follows it or for its length.
    mauvais: Option<Enregistrement>,
}

impl Lot {
    /// About how many records it holds: as many as lines end in it, where no value holds a line break.
    #[must_use]
    pub fn lignes(&self) -> usize {
        usize::try_from(self.lignes).unwrap_or(0)
    }

    /// Cuts the lot: `record` receives each record or line set aside; the text that places refer to is returned.
    pub fn cut(mut self, mut record: impl FnMut(Enregistrement, Champs<'_>)) -> String {
        if let Some(mauvais) = self.mauvais {
            record(mauvais, Champs { texte: "", cites: &[], places: &[] });
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
            if lot.mauvais.is_some() {
                return Ok(lot.mauvais);
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
        Some(Lot { lignes: line_breaks(rest.as_bytes()), texte: rest, coupe, mauvais: None })
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
            let guillemets = memchr(b'"', &self.buffer).is_some();
            let (end, defaut) = match (self.eof, guillemets) {
                (true, _) => (self.buffer.len(), None),
                (false, true) => self.boundary(largeur),
                (false, false) => (self.last_line_end(), None),
            };
            let ligne = self.ligne;
            if end > 0 {
                let rest = self.buffer.split_off(end);
                let bytes = std::mem::replace(&mut self.buffer, rest);
                let lignes = line_breaks(&bytes);
                self.ligne += lignes;
                let texte = String::from_utf8(bytes).map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
                let mut coupe = Coupe::new(self.separateur, largeur, ligne);
                coupe.guillemets = guillemets;
                return Ok(Some(Lot { texte, coupe, lignes, mauvais: None }));
            }
            let endless = (self.buffer.len() > LONGEST_RECORD + 1).then_some(Defaut::Demesure);
            if let Some(defaut) = defaut.or(endless) {
                self.skip_line()?;
                let coupe = Coupe::new(self.separateur, largeur, self.ligne);
                let mauvais = Some(Enregistrement::Mauvais { ligne, defaut });
                return Ok(Some(Lot { texte: String::new(), coupe, lignes: 0, mauvais }));
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

    /// Where a lot without a quote may end: every line is a record.
    fn last_line_end(&self) -> usize {
        // A carriage return at the very end may be half a line end.
        let before_last = &self.buffer[..self.buffer.len() - 1];
        memrchr(b'\n', &self.buffer).or_else(|| memrchr(b'\r', before_last)).map_or(0, |i| i + 1)
    }

    /// Where a lot may end: after a record, and after all that was looked at to set others aside, so that its records are
    /// judged alike wherever it ends; 0 when nowhere, with what is wrong with the first line, if something is.
    fn boundary(&self, largeur: Option<usize>) -> (usize, Option<Defaut>) {
        let mut coupe = Coupe::new(self.separateur, largeur, 1);
        let (mut end, mut first) = (0, None);
        while let Some(record) = coupe.next(&self.buffer, false) {
            first.get_or_insert(record);
            if coupe.position >= coupe.vu {
                end = coupe.position;
            }
        }
        match first {
            Some(Enregistrement::Mauvais { defaut, .. }) => (end, Some(defaut)),
            _ => (end, None),
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

    /// What is set aside is judged on what follows it: where a lot ends must not show.
    #[test]
    fn a_line_set_aside_for_what_follows_it_is_judged_alike_in_any_lot() {
        let rows = scan("a;b\n1;\"x\n\"2;y\n3;z\n4;w\n");
        let expected = [(1, "a|b"), (2, "TropDeChamps(3)"), (3, "PasAssezDeChamps(1)"), (4, "3|z"), (5, "4|w")];
        assert_eq!(rows, seen(&expected));
        let rows = scan("a;b\n1;2;3\n\"x\ny\";2\n3;4\n");
        assert_eq!(rows, seen(&[(1, "a|b"), (2, "TropDeChamps(3)"), (3, "x\ny|2"), (5, "3|4")]));
    }

    /// Some exports quote every value: a record costs what it holds, not the lot it stands in.
    #[test]
    fn a_quoted_record_takes_no_more_room_than_itself() {
        let text = "\"1\";\"x;y\"\n".repeat(200_000);
        let mut coupe = Coupe::new(b';', None, 1);
        assert_eq!(coupe.next(text.as_bytes(), true), Some(Enregistrement::Bon { ligne: 1 }));
        assert_eq!(coupe.fields(&text).get(1), "x;y");
        assert!(coupe.cites.capacity() < 1_000, "{}", coupe.cites.capacity());
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
