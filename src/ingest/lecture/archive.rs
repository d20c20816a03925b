//! What a file that starts like a zip holds: a workbook, or one text file to be read through.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::Format;
use crate::diagnostic::Diagnostic;

/// One member of an archive, found again without reading the archive's index twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membre {
    start: u64,
    compressed: u64,
    size: u64,
    crc: u32,
    deflated: bool,
}

/// What an archive is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Archive {
    /// A workbook of this format.
    Classeur(Format),
    /// A text file to be read through.
    Texte(Membre),
}

/// Looks into an archive.
///
/// # Errors
/// The outer error is the system's; the inner one refuses the file.
pub(super) fn inspect(path: &Path) -> io::Result<Result<Archive, Diagnostic>> {
    let file = BufReader::new(File::open(path)?);
    let Ok(mut archive) = ZipArchive::new(file) else { return Ok(Err(corrupt())) };
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let Ok(member) = archive.by_index_raw(index) else { return Ok(Err(corrupt())) };
        let Ok(name) = member.name() else { return Ok(Err(corrupt())) };
        match name.as_ref() {
            "xl/workbook.xml" => return Ok(Ok(Archive::Classeur(Format::Xlsx))),
            "content.xml" => return Ok(Ok(Archive::Classeur(Format::Ods))),
            "xl/workbook.bin" => {
                return Ok(Err(Diagnostic::refus(
                    "B0102",
                    "classeur Excel binaire (.xlsb)",
                    "enregistrez-le en .xlsx ou en CSV UTF-8",
                )));
            }
            name if member.is_dir() || name.starts_with("__MACOSX/") => {}
            _ => members.push((
                member.encrypted(),
                member.compression(),
                Membre {
                    start: member.data_start().unwrap_or(0),
                    compressed: member.compressed_size(),
                    size: member.size(),
                    crc: member.crc32(),
                    deflated: member.compression() == CompressionMethod::Deflated,
                },
            )),
        }
    }
    Ok(match members[..] {
        [(true, _, _)] => Err(Diagnostic::refus(
            "B0115",
            "archive zip protégée par un mot de passe",
            "décompressez-la, puis indiquez le fichier qu'elle contient",
        )),
        [(false, CompressionMethod::Deflated | CompressionMethod::Stored, membre)] => Ok(Archive::Texte(membre)),
        [_] => Err(Diagnostic::refus(
            "B0115",
            "archive zip d'une compression inconnue",
            "décompressez-la, puis indiquez le fichier qu'elle contient",
        )),
        _ => Err(Diagnostic::refus(
            "B0115",
            format!("archive zip de {} fichiers au lieu d'un seul", members.len()),
            "décompressez-la, puis indiquez les fichiers à lire",
        )),
    })
}

fn corrupt() -> Diagnostic {
    Diagnostic::refus("B0111", "archive zip incomplète ou corrompue", "transférez de nouveau le fichier")
}

/// Opens a member; a content that differs from the archive's own checksum is an error at its end.
pub(super) fn open(path: &Path, membre: Membre) -> io::Result<Box<dyn Read + Send>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(membre.start))?;
    let raw = BufReader::new(file).take(membre.compressed);
    let inner: Box<dyn Read + Send> = if membre.deflated { Box::new(DeflateDecoder::new(raw)) } else { Box::new(raw) };
    Ok(Box::new(Checked { inner, membre, crc: Crc::new(), read: 0 }))
}

struct Checked {
    inner: Box<dyn Read + Send>,
    membre: Membre,
    crc: Crc,
    read: u64,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.crc.update(&buffer[..n]);
        self.read += n as u64;
        let ended = n == 0 && !buffer.is_empty();
        if self.read > self.membre.size
            || (ended && (self.crc.sum() != self.membre.crc || self.read < self.membre.size))
        {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        Ok(n)
    }
}

/// Bytes that a workbook holds once inflated, counted by inflating it, up to one past `limit`.
///
/// # Errors
/// The system's, or a corrupt archive.
pub(super) fn inflated_size(path: &Path, limit: u64) -> io::Result<u64> {
    let corrupt = |_| io::Error::from(io::ErrorKind::InvalidData);
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(corrupt)?;
    let mut total = 0;
    for index in 0..archive.len() {
        let member = archive.by_index(index).map_err(corrupt)?;
        total += io::copy(&mut member.take(limit + 1 - total), &mut io::sink())?;
        if total > limit {
            break;
        }
    }
    Ok(total)
}
