//! Bars of shares that make a whole, labelled on the segments; their key stands above, in the same order.

use plotters::style::RGBColor;

use super::canvas::{Anchor, Look, Palette, name_room, picture, row_name};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// A kind of segment.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Name in the key.
    pub nom: String,
    /// Fill.
    pub couleur: RGBColor,
    /// Text on the fill must be white.
    pub sombre: bool,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct Pile {
    /// Heading above this bar and those that follow it.
    pub groupe: Option<String>,
    /// Name on the left.
    pub nom: String,
    /// Fractions of 1, one a segment.
    pub parts: Vec<f64>,
    /// Text at the end, usually the count.
    pub etiquette: String,
}

const WIDTH: f64 = 720.0;
/// Height of a bar, and of one where bars are many.
const ROW: f64 = 34.0;
const TIGHT: f64 = 26.0;
/// Bars beyond which they are set tight.
const MANY: usize = 8;
const HEADING: f64 = 24.0;
const TOP: f64 = 30.0;

/// Draws the bars; a label is written only where its segment holds it.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn stacked(
    legende: &Legende<'_>,
    segments: &[Segment],
    piles: &[Pile],
    share: impl Fn(f64) -> String,
) -> Result<Dessin> {
    let row = if piles.len() > MANY { TIGHT } else { ROW };
    let headings = length(piles.iter().filter(|p| p.groupe.is_some()).count()) * HEADING;
    let height = TOP + row * length(piles.len()) + headings + 4.0;
    picture(legende, WIDTH, height, |c| {
        let left = name_room(c, piles.iter().map(|p| p.nom.as_str()), WIDTH);
        let label_room = piles.iter().map(|p| c.width(&p.etiquette, Look::SMALL)).fold(30.0, f64::max) + 14.0;
        let right = WIDTH - label_room;
        let mut x = left;
        for s in segments {
            c.rect(x, 6.0, x + 12.0, 18.0, s.couleur)?;
            c.text(x + 17.0, 16.5, &s.nom, Look::SMALL.colored(Palette::INK), Anchor::Start)?;
            x += c.width(&s.nom, Look::SMALL) + 34.0;
        }
        let mut y = TOP;
        for p in piles {
            if let Some(groupe) = &p.groupe {
                c.text(left, y + HEADING * 0.7, groupe, Look { bold: true, ..Look::LABEL }, Anchor::Start)?;
                y += HEADING;
            }
            row_name(c, &p.nom, left - 8.0, y + row / 2.0, row, left - 10.0)?;
            let mut start = left;
            for (s, part) in segments.iter().zip(&p.parts) {
                let end = start + (right - left) * part;
                if end - start > 0.4 {
                    // A white hairline keeps neighbours apart in grey print.
                    c.rect(start, y + row * 0.12, (end - 1.0).max(start + 0.4), y + row * 0.84, s.couleur)?;
                    let text = share(*part);
                    if c.width(&text, Look::SMALL) + 8.0 < end - start {
                        let ink = if s.sombre { RGBColor(0xff, 0xff, 0xff) } else { Palette::INK };
                        c.text(
                            f64::midpoint(start, end),
                            y + row * 0.62,
                            &text,
                            Look::SMALL.colored(ink),
                            Anchor::Middle,
                        )?;
                    }
                }
                start = end;
            }
            let at = if p.parts.iter().sum::<f64>() > 0.0 { right + 8.0 } else { left + 8.0 };
            c.text(at, y + row * 0.62, &p.etiquette, Look::SMALL, Anchor::Start)?;
            y += row;
        }
        Ok(())
    })
}
