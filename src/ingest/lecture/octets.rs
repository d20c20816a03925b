//! A file's bytes: what it is, its hash, and for text its wrapping and encoding — never guessed, never lossy.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, WINDOWS_1252};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Format;
use super::archive::{self, Archive, Membre};
use crate::diagnostic::Diagnostic;

/// Encodings that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encodage {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// Windows-1252, which holds ISO-8859-1.
    Windows1252,
}

impl Encodage {
    /// The usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// What a first pass over a file's bytes says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empreinte {
    /// SHA-256 of the file as it is on disk.
    pub sha256: String,
    /// What it is.
    pub format: Format,
    /// Encoding of its text, where it is text.
    pub encodage: Option<Encodage>,
    emballage: Emballage,
}

/// What a text file is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Emballage {
    Aucun,
    Gzip,
    Zip(Membre),
}

/// Bytes with no meaning in Windows-1252: a file that holds one is in another encoding.
const UNDEFINED_1252: [u8; 5] = [0x81, 0x8D, 0x8F, 0x90, 0x9D];
const CHUNK: usize = 1 << 18;

struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        Ok(n)
    }
}

/// Reads the file through: hash, format, encoding; with more than one of the `threads`, the hash is taken beside the rest.
///
/// # Errors
/// The outer error is the system's; the inner one refuses the file.
pub fn inspect(path: &Path, threads: usize) -> io::Result<Result<Empreinte, Diagnostic>> {
    let mut head = [0_u8; 8];
    let n = read_up_to(&mut File::open(path)?, &mut head)?;
    let emballage = match &head[..n] {
        [] => return Ok(Err(empty())),
        [b'P', b'A', b'R', b'1', ..] => return whole(path, Format::Parquet),
        [b'P', b'K', 3 | 5, ..] => match archive::inspect(path)? {
            Err(diagnostic) => return Ok(Err(diagnostic)),
            Ok(Archive::Classeur(format)) => return whole(path, format),
            Ok(Archive::Texte(membre)) => Emballage::Zip(membre),
        },
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            return Ok(Err(unreadable("un ancien classeur Excel (.xls)", "enregistrez-le en .xlsx ou en CSV UTF-8")));
        }
        [b'%', b'P', b'D', b'F', ..] => return Ok(Err(unreadable("un PDF", "demandez l'extrait en CSV"))),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
            return Ok(Err(unreadable("un texte en UTF-16", "enregistrez-le en CSV UTF-8")));
        }
        [0x1F, 0x8B, ..] => Emballage::Gzip,
        _ => Emballage::Aucun,
    };
    if emballage == Emballage::Aucun && threads > 1 {
        return std::thread::scope(|scope| {
            let hash = scope.spawn(|| hashed(path));
            let verdict = classify(&mut File::open(path)?)?;
            let sha256 = hash.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            verdict_of(path, sha256, emballage, verdict)
        });
    }
    let mut file = Hashing { inner: File::open(path)?, hash: Sha256::new() };
    let verdict = match emballage {
        Emballage::Aucun => classify(&mut file)?,
        Emballage::Gzip => {
            let verdict = unwrapped(classify(&mut MultiGzDecoder::new(BufReader::new(&mut file))), "gzip");
            io::copy(&mut file, &mut io::sink())?;
            verdict?
        }
        Emballage::Zip(membre) => {
            io::copy(&mut file, &mut io::sink())?;
            unwrapped(classify(&mut archive::open(path, membre)?), "zip")?
        }
    };
    verdict_of(path, crate::store::hex(&file.hash.finalize()), emballage, verdict)
}

fn verdict_of(
    path: &Path,
    sha256: String,
    emballage: Emballage,
    verdict: Result<(Format, Encodage), Diagnostic>,
) -> io::Result<Result<Empreinte, Diagnostic>> {
    let (format, encodage) = match verdict {
        Err(diagnostic) => return Ok(Err(diagnostic)),
        Ok(found) => found,
    };
    if encodage == Encodage::Windows1252 && holds_undefined(path, emballage)? {
        return Ok(Err(Diagnostic::refus(
            "B0112",
            "encodage inconnu : ni UTF-8, ni Windows-1252",
            "enregistrez le fichier en UTF-8",
        )));
    }
    Ok(Ok(Empreinte { sha256, format, encodage: Some(encodage), emballage }))
}

/// A file that its own reader opens.
fn whole(path: &Path, format: Format) -> io::Result<Result<Empreinte, Diagnostic>> {
    Ok(Ok(Empreinte { sha256: hashed(path)?, format, encodage: None, emballage: Emballage::Aucun }))
}

/// SHA-256 of a whole file.
fn hashed(path: &Path) -> io::Result<String> {
    let mut file = Hashing { inner: File::open(path)?, hash: Sha256::new() };
    let mut buffer = vec![0; CHUNK];
    while file.read(&mut buffer)? > 0 {}
    Ok(crate::store::hex(&file.hash.finalize()))
}

type Classe = io::Result<Result<(Format, Encodage), Diagnostic>>;

/// A wrapping that cannot be read through refuses the file.
fn unwrapped(verdict: Classe, what: &str) -> Classe {
    match verdict {
        Err(error) if is_corrupt(&error) => Ok(Err(Diagnostic::refus(
            "B0111",
            format!("archive {what} incomplète ou corrompue"),
            "transférez de nouveau le fichier",
        ))),
        other => other,
    }
}

fn is_corrupt(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn empty() -> Diagnostic {
    Diagnostic::refus("B0100", "fichier vide", "vérifiez l'export : il devrait au moins contenir un en-tête")
}

fn unreadable(what: &str, aide: &str) -> Diagnostic {
    Diagnostic::refus("B0102", format!("format non lu : c'est {what}"), aide)
}

fn binary() -> Diagnostic {
    Diagnostic::refus(
        "B0102",
        "fichier binaire d'un format inconnu",
        "formats lus : CSV, XML du registre national, XLSX, ODS, Parquet, et les deux premiers en gzip ou en zip",
    )
}

/// Fills `buffer` as far as the reader goes.
pub(super) fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// Reads to the end; the encoding is UTF-8 while nothing contradicts it.
fn classify(reader: &mut impl Read) -> Classe {
    let mut buffer = vec![0_u8; CHUNK + 4];
    let mut kept = 0;
    let mut utf8 = true;
    let mut any = false;
    let mut has_nul = false;
    let mut first = None;
    loop {
        let n = reader.read(&mut buffer[kept..CHUNK])?;
        if n == 0 {
            break;
        }
        any = true;
        let end = kept + n;
        has_nul |= buffer[kept..end].contains(&0);
        if first.is_none() {
            let text = buffer[..end].strip_prefix("\u{feff}".as_bytes()).unwrap_or(&buffer[..end]);
            first = text.iter().find(|b| !b.is_ascii_whitespace()).copied();
        }
        kept = 0;
        if utf8 && let Err(error) = std::str::from_utf8(&buffer[..end]) {
            if error.error_len().is_some() {
                utf8 = false;
            } else {
                let start = error.valid_up_to();
                buffer.copy_within(start..end, 0);
                kept = end - start;
            }
        }
    }
    Ok(if has_nul {
        Err(binary())
    } else if !any {
        Err(empty())
    } else {
        let format = if first == Some(b'<') { Format::Xml } else { Format::Csv };
        Ok((format, if utf8 && kept == 0 { Encodage::Utf8 } else { Encodage::Windows1252 }))
    })
}

fn holds_undefined(path: &Path, emballage: Emballage) -> io::Result<bool> {
    let mut reader = raw(path, emballage)?;
    let mut buffer = vec![0_u8; CHUNK];
    loop {
        let n = reader.read(&mut buffer)?;
        if n == 0 {
            return Ok(false);
        }
        if buffer[..n].iter().any(|b| UNDEFINED_1252.contains(b)) {
            return Ok(true);
        }
    }
}

fn raw(path: &Path, emballage: Emballage) -> io::Result<Box<dyn Read + Send>> {
    Ok(match emballage {
        Emballage::Aucun => Box::new(File::open(path)?),
        Emballage::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(File::open(path)?))),
        Emballage::Zip(membre) => archive::open(path, membre)?,
    })
}

/// Opens a text file that was inspected; what comes out is UTF-8.
///
/// # Errors
/// The system's.
pub(super) fn open(path: &Path, empreinte: &Empreinte) -> io::Result<Box<dyn Read + Send>> {
    let reader = raw(path, empreinte.emballage)?;
    Ok(match empreinte.encodage {
        Some(Encodage::Windows1252) => Box::new(Decoded {
            inner: reader,
            decoder: WINDOWS_1252.new_decoder_without_bom_handling(),
            input: vec![0; CHUNK],
            output: Vec::new(),
            position: 0,
        }),
        Some(Encodage::Utf8) | None => reader,
    })
}

/// Windows-1252 to UTF-8, block by block.
struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    input: Vec<u8>,
    output: Vec<u8>,
    position: usize,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.output.len() {
            let n = self.inner.read(&mut self.input)?;
            if n == 0 {
                return Ok(0);
            }
            let room = self.decoder.max_utf8_buffer_length_without_replacement(n).unwrap_or(n * 3);
            self.output.resize(room, 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(&self.input[..n], &mut self.output, false);
            if read != n || result != DecoderResult::InputEmpty {
                return Err(io::Error::from(io::ErrorKind::InvalidData));
            }
            self.output.truncate(written);
            self.position = 0;
        }
        let n = buffer.len().min(self.output.len() - self.position);
        buffer[..n].copy_from_slice(&self.output[self.position..self.position + n]);
        self.position += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.csv");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    fn text(path: &Path) -> String {
        let mut text = String::new();
        open(path, &inspect(path, 1).unwrap().unwrap()).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn encodage(path: &Path) -> Option<Encodage> {
        inspect(path, 1).unwrap().unwrap().encodage
    }

    #[test]
    fn windows_1252_is_decoded_exactly() {
        let (_dir, path) = file(b"a;\x80;\x9c;\x92\n\xe9");
        assert_eq!(encodage(&path), Some(Encodage::Windows1252));
        assert_eq!(text(&path), "a;€;œ;’\né");
    }

    #[test]
    fn a_byte_that_no_encoding_explains_refuses_the_file() {
        let (_dir, path) = file(b"a;\xe9;\x81\n");
        assert_eq!(inspect(&path, 2).unwrap().unwrap_err().code, "B0112");
    }

    #[test]
    fn a_character_cut_by_a_block_is_still_utf_8() {
        let long = format!("{}é\n", "a".repeat(CHUNK - 1));
        let (_dir, path) = file(long.as_bytes());
        assert_eq!(encodage(&path), Some(Encodage::Utf8));
    }

    #[test]
    fn an_unfinished_character_at_the_end_is_not_utf_8() {
        let (_dir, path) = file(b"abc\xc3");
        assert_eq!(encodage(&path), Some(Encodage::Windows1252));
    }

    #[test]
    fn empty_binary_and_corrupt_files_are_refused_by_name() {
        let code = |bytes: &[u8]| {
            let (_dir, path) = file(bytes);
            inspect(&path, 2).unwrap().unwrap_err().code
        };
        assert_eq!(code(b""), "B0100");
        assert_eq!(code(b"ab\0cd"), "B0102");
        assert_eq!(code(b"PK\x03\x04xxxx"), "B0111");
        assert_eq!(code(b"\xd0\xcf\x11\xe0xxxx"), "B0102");
    }

    #[test]
    fn gzip_is_read_through_and_a_cut_archive_is_refused() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all("a;b\né;2\n".repeat(1000).as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        let (_dir, path) = file(&bytes);
        let empreinte = inspect(&path, 2).unwrap().unwrap();
        assert_eq!(empreinte.sha256, crate::store::sha256(&bytes));
        assert!(text(&path).starts_with("a;b\né;2\n"));
        let (_dir, path) = file(&bytes[..bytes.len() / 2]);
        assert_eq!(inspect(&path, 2).unwrap().unwrap_err().code, "B0111");
    }
}
