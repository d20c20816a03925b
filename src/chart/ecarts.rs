//! Distance to a target in whole units: to the left what is missing, to the right what is ahead.

use super::canvas::{Anchor, Look, Palette, axis, name_room, picture, row_name};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// One bar.
#[derive(Debug, Clone)]
pub struct Ecart {
    /// Name on the left.
    pub nom: String,
    /// Units ahead of the target; negative: missing.
    pub valeur: i64,
    /// Text beside the bar.
    pub etiquette: String,
}

const WIDTH: f64 = 720.0;
/// Height of a row, and of one where rows are many.
const ROW: f64 = 27.0;
const TIGHT: f64 = 18.0;
/// Rows beyond which they are set tight.
const MANY: usize = 25;
const TOP: f64 = 24.0;

/// Draws the bars, the first at the top; `cible` names the middle line.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn gaps(legende: &Legende<'_>, ecarts: &[Ecart], cible: &str) -> Result<Dessin> {
    let row = if ecarts.len() > MANY { TIGHT } else { ROW };
    let height = TOP + row * length(ecarts.len()) + 6.0;
    picture(legende, WIDTH, height, |c| {
        let left = name_room(c, ecarts.iter().map(|e| e.nom.as_str()), WIDTH);
        let label_room = ecarts.iter().map(|e| c.width(&e.etiquette, Look::LABEL)).fold(30.0, f64::max) + 14.0;
        #[expect(clippy::cast_precision_loss, reason = "counts of lettings are far below 2^52")]
        let size = |n: i64| n.unsigned_abs() as f64;
        let furthest = |ahead: bool| {
            ecarts
                .iter()
                .filter(|e| (e.valeur > 0) == ahead && e.valeur != 0)
                .map(|e| size(e.valeur))
                .fold(0.0, f64::max)
        };
        let (missing, ahead) = (furthest(false), furthest(true));
        let (end, _) = axis((missing + ahead).max(1.0));
        // The label of what is missing stands at the right of the middle line, where that row is empty.
        let scale = (WIDTH - left - label_room - 8.0) / end.max(1.0);
        let zero = left + 4.0 + missing * scale;
        let mut y = TOP;
        for e in ecarts {
            row_name(c, &e.nom, left - 8.0, y + row / 2.0, row, left - 10.0)?;
            let reach = size(e.valeur) * scale;
            let (at, color) = if e.valeur < 0 {
                c.rect(zero - reach.max(1.0), y + row * 0.18, zero, y + row * 0.82, Palette::RED)?;
                (zero + 7.0, Palette::RED)
            } else {
                if e.valeur > 0 {
                    c.rect(zero, y + row * 0.18, zero + reach.max(1.0), y + row * 0.82, Palette::BLUE)?;
                }
                (zero + reach + 7.0, Palette::INK)
            };
            c.text(at, y + row * 0.68, &e.etiquette, Look::LABEL.colored(color), Anchor::Start)?;
            y += row;
        }
        c.line(&[(zero, TOP - 4.0), (zero, height - 4.0)], Palette::LAW, 1.6)?;
        let room = c.width(cible, Look::SMALL) / 2.0;
        c.text(zero.clamp(room, WIDTH - room), 13.0, cible, Look::SMALL.colored(Palette::INK), Anchor::Middle)
    })
}
