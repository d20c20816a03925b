//! SVG charts drawn with plotters: the data in, one accessible picture out.
//!
//! A chart holds no title of its own on the picture: the page prints the finding above it, and the picture carries it as
//! `<title>` and its text alternative as `<desc>`, so that a screen reader meets both.

mod barres;
mod canvas;
mod empilement;
mod points;

pub use barres::{Barre, Repere, bars};
pub use canvas::Palette;
pub use empilement::{Pile, Segment, stacked};
pub use points::{Point, dots};

/// What every picture says of itself.
#[derive(Debug, Clone)]
pub struct Legende<'a> {
    /// Identifier, unique on its page.
    pub id: &'a str,
    /// The finding.
    pub titre: &'a str,
    /// What the picture shows, for who cannot see it.
    pub alternative: &'a str,
}
