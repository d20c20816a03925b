//! SVG charts drawn with plotters: the data in, one accessible picture out.
//!
//! A chart holds no title of its own on the picture: the page prints the finding above it, and the picture carries it as
//! `<title>` and its text alternative as `<desc>`, so that a screen reader meets both.

mod barres;
mod canvas;
mod carte;
mod courbes;
mod ecarts;
mod empilement;
mod face_a_face;
mod jumelles;
mod multiples;
mod points;

#[cfg(test)]
mod tests;

pub use barres::{Barre, Repere, bars};
pub use canvas::{BOLD, Palette, REGULAR};
pub use carte::{Aire, Carte, Cercle, Classe, MAP_HEIGHT, Semis, map};
pub use courbes::{Serie, Trait, lines};
pub use ecarts::{Ecart, gaps};
pub use empilement::{Pile, Segment, stacked};
pub use face_a_face::{Paire, facing};
pub use jumelles::{Jumelles, twin_bars};
pub use multiples::{Vignette, small_multiples};
pub use points::{Point, dots};

use serde::Serialize;

/// What every picture says of itself.
#[derive(Debug, Clone)]
pub struct Legende<'a> {
    /// What the picture is about, as an identifier.
    pub cle: &'a str,
    /// The finding.
    pub titre: &'a str,
    /// What the picture shows, for who cannot see it.
    pub alternative: &'a str,
}

/// A picture, named by what it holds: two pictures of one name are the same picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dessin {
    /// Key and digest of the content; also the prefix of the identifiers inside the picture.
    pub nom: String,
    /// Height over width.
    pub rapport: f64,
    /// The picture, a complete `<svg>` element.
    pub svg: String,
    /// Text alternative, the same as the picture's `<desc>`.
    pub alternative: String,
}

/// Share of `n` in a picture's length.
#[expect(clippy::cast_precision_loss, reason = "a picture has few marks")]
const fn length(n: usize) -> f64 {
    n as f64
}
