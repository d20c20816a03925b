//! A file's bytes to UTF-8 text: gzip, hash, encoding — never guessed, never lossy.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, WINDOWS_1252};
use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// Encoding of its text.
    pub encodage: Encodage,
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

/// Reads the file once: hash, encoding, and whether it is text at all.
///
/// # Errors
/// The outer error is the system's; the inner one refuses the file.
pub fn inspect(path: &Path) -> io::Result<Result<Empreinte, Diagnostic>> {
    let mut file = Hashing { inner: File::open(path)?, hash: Sha256::new() };
    let mut head = [0_u8; 8];
    let n = read_up_to(&mut File::open(path)?, &mut head)?;
    let refused = match &head[..n] {
        [] => Some(empty()),
        [b'P', b'K', 3 | 5, ..] => {
            Some(not_csv("un classeur ou une archive zip", "enregistrez la feuille en CSV UTF-8"))
        }
        [b'P', b'A', b'R', b'1', ..] => Some(not_csv("un fichier Parquet", "exportez-le en CSV")),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            Some(not_csv("un ancien classeur Excel", "enregistrez la feuille en CSV UTF-8"))
        }
        [b'%', b'P', b'D', b'F', ..] => Some(not_csv("un PDF", "demandez l'extrait en CSV")),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some(not_csv("un texte en UTF-16", "enregistrez-le en CSV UTF-8")),
        _ => None,
    };
    if let Some(diagnostic) = refused {
        return Ok(Err(diagnostic));
    }
    let gzip = head.starts_with(&[0x1F, 0x8B]);
    let verdict = if gzip {
        let verdict = match classify(&mut MultiGzDecoder::new(BufReader::new(&mut file))) {
            Err(error) if is_corrupt(&error) => Ok(Err(Diagnostic::refus(
                "B0111",
                "archive gzip incomplète ou corrompue",
                "transférez de nouveau le fichier",
            ))),
            other => other,
        };
        io::copy(&mut file, &mut io::sink())?;
        verdict?
    } else {
        classify(&mut file)?
    };
    Ok(match verdict {
        Err(diagnostic) => Err(diagnostic),
        Ok(Encodage::Windows1252) if holds_undefined(path, gzip)? => Err(Diagnostic::refus(
            "B0112",
            "encodage inconnu : ni UTF-8, ni Windows-1252",
            "enregistrez le fichier en UTF-8",
        )),
        Ok(encodage) => Ok(Empreinte { sha256: crate::store::hex(&file.hash.finalize()), encodage }),
    })
}

fn is_corrupt(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn empty() -> Diagnostic {
    Diagnostic::refus("B0100", "fichier vide", "vérifiez l'export : il devrait au moins contenir un en-tête")
}

fn not_csv(what: &str, aide: &str) -> Diagnostic {
    Diagnostic::refus("B0102", format!("ce n'est pas un CSV : c'est {what}"), aide)
}

fn binary() -> Diagnostic {
    Diagnostic::refus(
        "B0102",
        "fichier binaire : ce n'est pas un CSV",
        "vérifiez le fichier, ou exportez-le en CSV UTF-8",
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
fn classify(reader: &mut impl Read) -> io::Result<Result<Encodage, Diagnostic>> {
    let mut buffer = vec![0_u8; CHUNK + 4];
    let mut kept = 0;
    let mut utf8 = true;
    let mut any = false;
    let mut has_nul = false;
    loop {
        let n = reader.read(&mut buffer[kept..CHUNK])?;
        if n == 0 {
            break;
        }
        any = true;
        let end = kept + n;
        has_nul |= buffer[kept..end].contains(&0);
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
    } else if utf8 && kept == 0 {
        Ok(Encodage::Utf8)
    } else {
        Ok(Encodage::Windows1252)
    })
}

fn holds_undefined(path: &Path, gzip: bool) -> io::Result<bool> {
    let mut reader = raw(path, gzip)?;
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

fn raw(path: &Path, gzip: bool) -> io::Result<Box<dyn Read + Send>> {
    let file = File::open(path)?;
    Ok(if gzip { Box::new(MultiGzDecoder::new(BufReader::new(file))) } else { Box::new(file) })
}

/// Opens a file whose encoding is known; what comes out is UTF-8.
///
/// # Errors
/// The system's.
pub fn open(path: &Path, encodage: Encodage) -> io::Result<Box<dyn Read + Send>> {
    let mut head = [0_u8; 2];
    let n = read_up_to(&mut File::open(path)?, &mut head)?;
    let reader = raw(path, n == 2 && head == [0x1F, 0x8B])?;
    Ok(match encodage {
        Encodage::Utf8 => reader,
        Encodage::Windows1252 => Box::new(Decoded {
            inner: reader,
            decoder: WINDOWS_1252.new_decoder_without_bom_handling(),
            input: vec![0; CHUNK],
            output: Vec::new(),
            position: 0,
        }),
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

    fn text(path: &Path, encodage: Encodage) -> String {
        let mut text = String::new();
        open(path, encodage).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn windows_1252_is_decoded_exactly() {
        let (_dir, path) = file(b"a;\x80;\x9c;\x92\n\xe9");
        assert_eq!(inspect(&path).unwrap().unwrap().encodage, Encodage::Windows1252);
        assert_eq!(text(&path, Encodage::Windows1252), "a;€;œ;’\né");
    }

    #[test]
    fn a_byte_that_no_encoding_explains_refuses_the_file() {
        let (_dir, path) = file(b"a;\xe9;\x81\n");
        assert_eq!(inspect(&path).unwrap().unwrap_err().code, "B0112");
    }

    #[test]
    fn a_character_cut_by_a_block_is_still_utf_8() {
        let long = format!("{}é\n", "a".repeat(CHUNK - 1));
        let (_dir, path) = file(long.as_bytes());
        assert_eq!(inspect(&path).unwrap().unwrap().encodage, Encodage::Utf8);
    }

    #[test]
    fn an_unfinished_character_at_the_end_is_not_utf_8() {
        let (_dir, path) = file(b"abc\xc3");
        assert_eq!(inspect(&path).unwrap().unwrap().encodage, Encodage::Windows1252);
    }

    #[test]
    fn empty_binary_and_spreadsheet_files_are_refused_by_name() {
        let code = |bytes: &[u8]| {
            let (_dir, path) = file(bytes);
            inspect(&path).unwrap().unwrap_err().code
        };
        assert_eq!(code(b""), "B0100");
        assert_eq!(code(b"ab\0cd"), "B0102");
        assert_eq!(code(b"PK\x03\x04xxxx"), "B0102");
    }

    #[test]
    fn gzip_is_read_through_and_a_cut_archive_is_refused() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all("a;b\né;2\n".repeat(1000).as_bytes()).unwrap();
        let bytes = encoder.finish().unwrap();
        let (_dir, path) = file(&bytes);
        let empreinte = inspect(&path).unwrap().unwrap();
        assert_eq!(empreinte.sha256, crate::store::sha256(&bytes));
        assert!(text(&path, Encodage::Utf8).starts_with("a;b\né;2\n"));
        let (_dir, path) = file(&bytes[..bytes.len() / 2]);
        assert_eq!(inspect(&path).unwrap().unwrap_err().code, "B0111");
    }
}
