//! PDF files with typst, in-process: a template of `reports/pdf/` over the review as JSON, its pictures inside. PDF/UA-1
//! and PDF/A-2a; the same review gives the same bytes.

use serde::Serialize;
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

/// What every document shares: fonts, the standard library, templates.
pub(super) struct Imprimerie {
    polices: FontStore,
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
        // JSON has no space of its own here: only what its texts hold is set.
        let donnees = unbroken(&serde_json::to_string(donnees)?);
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
