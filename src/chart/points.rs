//! A dot a territory against a named legal line: a disc where the rule is kept, a diamond where it is missed.

use super::barres::Repere;
use super::canvas::{Anchor, Look, Palette, axis, name_room, picture, row_name};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// One dot.
#[derive(Debug, Clone)]
pub struct Point {
    /// Name on the left.
    pub nom: String,
    /// Fraction of 1; none prints the label alone.
    pub valeur: Option<f64>,
    /// Text beside the dot.
    pub etiquette: String,
    /// The rule is kept.
    pub atteint: bool,
}

const WIDTH: f64 = 720.0;
/// Height of a row, and of one where rows are many.
const ROW: f64 = 30.0;
const TIGHT: f64 = 18.0;
/// Rows beyond which they are set tight.
const MANY: usize = 25;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 26.0;

/// Draws dots, the first at the top; `graduation` writes a value of the axis.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn dots(
    legende: &Legende<'_>,
    points: &[Point],
    repere: &Repere,
    graduation: impl Fn(f64) -> String,
) -> Result<Dessin> {
    let line = if points.len() > MANY { TIGHT } else { ROW };
    let height = TOP + line * length(points.len()) + BOTTOM;
    picture(legende, WIDTH, height, |c| {
        // A mark at nothing does not touch the name.
        let left = name_room(c, points.iter().map(|p| p.nom.as_str()), WIDTH) + 6.0;
        let label_room = points.iter().map(|p| c.width(&p.etiquette, Look::LABEL)).fold(40.0, f64::max) + 16.0;
        let largest = points.iter().filter_map(|p| p.valeur).fold(repere.valeur, f64::max);
        let (end, step) = axis(largest);
        let right = WIDTH - label_room;
        let x = |v: f64| left + (right - left) * (v / end).clamp(0.0, 1.0);
        // Where long names leave little width, one value in two is written.
        let tight = x(step) - left < c.width(&graduation(end), Look::SMALL) + 8.0;
        let (mut tick, mut written) = (0.0, true);
        while tick <= end + step / 2.0 {
            let at = x(tick);
            c.line(&[(at, TOP), (at, height - BOTTOM + 4.0)], Palette::LINE, 0.8)?;
            if written {
                c.text(at, height - 6.0, &graduation(tick), Look::SMALL, Anchor::Middle)?;
            }
            written = !(tight && written);
            tick += step;
        }
        let law = x(repere.valeur);
        c.line(&[(law, TOP - 6.0), (law, height - BOTTOM + 4.0)], Palette::LAW, 1.8)?;
        let room = c.width(&repere.nom, Look::SMALL) / 2.0;
        let named = Look::SMALL.colored(Palette::INK);
        c.text(law.clamp(room, WIDTH - room), 14.0, &repere.nom, named, Anchor::Middle)?;
        let mut y = TOP + line / 2.0;
        for p in points {
            row_name(c, &p.nom, left - 14.0, y, line, left - 16.0)?;
            match p.valeur {
                None => c.text(left + 8.0, y + 4.5, &p.etiquette, Look::SMALL, Anchor::Start)?,
                Some(v) => {
                    let at = x(v);
                    let color = if p.atteint { Palette::BLUE } else { Palette::RED };
                    c.line(&[(law, y), (at, y)], color, 2.2)?;
                    if p.atteint {
                        c.circle(at, y, 6.5, color)?;
                    } else {
                        c.diamond(at, y, 8.0, color)?;
                    }
                    let label = at.max(law) + 13.0;
                    // The lines of the axis do not cross it.
                    c.rect(label, y - 8.0, label + c.width(&p.etiquette, Look::LABEL), y + 8.0, Palette::WHITE)?;
                    c.text(label, y + 4.5, &p.etiquette, Look::LABEL, Anchor::Start)?;
                }
            }
            y += line;
        }
        Ok(())
    })
}
