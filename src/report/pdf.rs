//! PDF files with typst, in-process: a template of `reports/pdf/` over the review as JSON, its pictures inside. PDF/UA-1
//! and PDF/A-2a; the same review gives the same bytes.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use typst::comemo;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_kit::fonts::FontStore;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use crate::error::{Error, Result};
use crate::format::unbroken;
use crate::reference::Resources;

/// Fonts of the documents: text, then what pictures are measured with.
static POLICES: [&[u8]; 5] = [
    include_bytes!("../../reports/polices/Lato-Regular.ttf"),
    include_bytes!("../../reports/polices/Lato-Bold.ttf"),
    include_bytes!("../../reports/polices/Lato-Italic.ttf"),
    crate::chart::REGULAR,
    crate::chart::BOLD,
];

/// Faces of each family: a text may be set in any of them.
const FAMILLES: [std::ops::Range<usize>; 2] = [0..3, 3..5];

/// Stands in a PDF for a character that it cannot show.
const ABSENT: char = '□';

/// What every document shares: fonts, the standard library, templates.
pub(super) struct Imprimerie {
    polices: FontStore,
    visibles: HashSet<char>,
    bibliotheque: LazyHash<Library>,
    sources: Vec<(FileId, Source)>,
    donnees: FileId,
    resources: Resources,
}

/// One document being set.
struct Monde<'a> {
    imprimerie: &'a Imprimerie,
    main: FileId,
    donnees: Bytes,
}

/// Templates: the review, the deck, and what both share.
const GABARITS: [&str; 3] = ["commun.typ", "revue.typ", "diaporama.typ"];
/// Virtual file of the data.
const DONNEES: &str = "donnees.json";

/// Path of a template among the resources.
fn path(gabarit: &str) -> String {
    format!("reports/pdf/{gabarit}")
}

fn file_id(name: &str) -> Result<FileId> {
    let path = VirtualPath::new(format!("/{name}")).map_err(|e| Error::Pdf(format!("{name} : {e:?}")))?;
    Ok(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

/// Characters that a document can show: one family has each in every face, and the standards of archives, which want every
/// character to mean the same everywhere, accept it. Scripts that run from right to left, and marks that turn others round,
/// are left out: words of two directions, in a font that lacks them, stop the typesetter.
fn visibles(polices: &FontStore) -> HashSet<char> {
    let turned = |c: char| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    };
    let private = |c: char| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    let held = |face: usize| -> HashSet<u32> {
        polices.font(face).map(|font| font.info().coverage.iter().collect()).unwrap_or_default()
    };
    let of_family =
        |faces: std::ops::Range<usize>| faces.map(held).reduce(|all, face| &all & &face).unwrap_or_default();
    let all = FAMILLES.into_iter().flat_map(of_family).filter_map(char::from_u32);
    all.filter(|c| !turned(*c) && !private(*c) && !c.is_control()).collect()
}

impl Imprimerie {
    /// Loads the fonts and the templates.
    ///
    /// # Errors
    /// [`Error::Pdf`], [`Error::Resource`].
    pub(super) fn new(resources: &Resources) -> Result<Self> {
        let mut polices = FontStore::new();
        for data in POLICES {
            polices.extend(Font::iter(Bytes::new(data)).map(|font| {
                let info = font.info().clone();
                (font, info)
            }));
        }
        let mut sources = Vec::new();
        for name in GABARITS {
            let id = file_id(name)?;
            sources.push((id, Source::new(id, resources.text(&path(name))?.into_owned())));
        }
        Ok(Self {
            visibles: visibles(&polices),
            polices,
            bibliotheque: LazyHash::new(Library::default()),
            sources,
            donnees: file_id(DONNEES)?,
            resources: resources.clone(),
        })
    }

    /// Sets one document; `ident` names it among all others, and `annee` dates it.
    ///
    /// # Errors
    /// [`Error::Pdf`] with the template's place, when it cannot be set or breaks a standard.
    pub(super) fn print<T: Serialize>(&self, gabarit: &str, ident: &str, annee: i32, donnees: &T) -> Result<Vec<u8>> {
        let main = file_id(gabarit)?;
        let mut json = Vec::new();
        donnees.serialize(&mut serde_json::Serializer::with_formatter(&mut json, Lisible(&self.visibles)))?;
        // JSON has no space of its own here: only what its texts hold is set.
        let donnees = unbroken(&String::from_utf8_lossy(&json));
        let monde = Monde { imprimerie: self, main, donnees: Bytes::new(donnees.into_bytes()) };
        let printed = self.export(&monde, ident, annee);
        // What this document alone needed is let go: hundreds are set in one run.
        comemo::evict(0);
        printed
    }

    fn export(&self, monde: &Monde<'_>, ident: &str, annee: i32) -> Result<Vec<u8>> {
        let failed = |errors: &[SourceDiagnostic]| self.told(monde, errors);
        let document: PagedDocument = typst::compile(monde).output.map_err(|errors| failed(&errors))?;
        let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
            .map_err(|e| Error::Pdf(e.message().to_string()))?;
        // A date of the review, not of the clock.
        let date = Datetime::from_ymd_hms(annee + 1, 1, 1, 0, 0, 0);
        let options = PdfOptions {
            ident: Smart::Custom(ident.to_owned()),
            creator: Smart::Custom(Some("bilan".to_owned())),
            timestamp: date.map(Timestamp::new_utc),
            standards,
            ..PdfOptions::default()
        };
        typst_pdf::pdf(&document, &options).map_err(|errors| failed(&errors))
    }

    /// What went wrong, and where in the template: told of its file where it is the project's own.
    fn told(&self, monde: &Monde<'_>, errors: &[SourceDiagnostic]) -> Error {
        let place = |e: &SourceDiagnostic| {
            let id = e.span.id()?;
            let source = self.sources.iter().find(|(other, _)| *other == id).map(|(_, s)| s)?;
            let line = source.lines().byte_to_line(monde.range(e.span)?.start)?;
            Some((id.get().vpath().get_without_slash().to_owned(), line + 1))
        };
        let all = errors.iter().map(|e| (place(e), &e.message));
        let own = all.clone().find_map(|(place, message)| {
            let (gabarit, line) = place?;
            let place = Some(path(&gabarit)).filter(|place| self.resources.is_own(place))?;
            Some(Error::resource(place, format!("ligne {line} : ce modèle ne peut être composé (« {message} »)")))
        });
        own.unwrap_or_else(|| {
            let words = all.map(|(place, message)| {
                let place = place.map_or_else(String::new, |(gabarit, line)| format!("{gabarit}, ligne {line} : "));
                format!("{place}{message}")
            });
            Error::Pdf(words.collect::<Vec<_>>().join(" ; "))
        })
    }
}

/// Writes JSON whose texts hold only what a document can show.
struct Lisible<'a>(&'a HashSet<char>);

impl Formatter for Lisible<'_> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return writer.write_all(fragment.as_bytes());
        }
        let shown = |c: char| if c.is_ascii_graphic() || c == ' ' || self.0.contains(&c) { c } else { ABSENT };
        writer.write_all(fragment.chars().map(shown).collect::<String>().as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::AsciiControl(_) | CharEscape::Backspace | CharEscape::FormFeed => write!(writer, "{ABSENT}"),
            other => CompactFormatter.write_char_escape(writer, other),
        }
    }
}

impl World for Monde<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.imprimerie.bibliotheque
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.imprimerie.polices.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let found = self.imprimerie.sources.iter().find(|(other, _)| *other == id);
        found.map(|(_, source)| source.clone()).ok_or(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.imprimerie.donnees { Ok(self.donnees.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.imprimerie.polices.font(index)
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of a file may hold anything; a document shows what its fonts have, and is never refused for the rest.
    #[test]
    fn what_no_font_has_is_shown_as_missing() {
        let imprimerie = Imprimerie::new(&Resources::embedded()).unwrap();
        let shown = |text: &str| {
            let mut json = Vec::new();
            text.serialize(&mut serde_json::Serializer::with_formatter(&mut json, Lisible(&imprimerie.visibles)))
                .unwrap();
            serde_json::from_slice::<String>(&json).unwrap()
        };
        for kept in
            ["L’Œuvre « d’Été » à 25 % — 1 234 €", "e\u{301}", "Дом Ελλάς → ☃", "a \"b\" \\ c\td\n", "n\u{ad}o\u{2060}"]
        {
            assert_eq!(shown(kept), kept);
        }
        for (given, told) in [
            ("住宅 🏠", "□□ □"),
            ("\u{2}a\u{8}\u{7f}\u{85}", "□a□□□"),
            ("\u{f0b7} Office", "□ Office"),
            ("بيت \u{202e}x\u{feff}", "□□□ □x□"),
        ] {
            assert_eq!(shown(given), told);
        }
    }
}
