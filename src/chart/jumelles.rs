//! Two measures of the same rows side by side, each on its own scale.

use super::canvas::{Anchor, Look, Palette, axis, fitted, name_room, picture, row_name};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// One row: its name and, for each measure, the value and what is written beside it.
#[derive(Debug, Clone)]
pub struct Jumelles {
    /// Name on the left.
    pub nom: String,
    /// Left measure.
    pub gauche: (Option<f64>, String),
    /// Right measure.
    pub droite: (Option<f64>, String),
}

const WIDTH: f64 = 720.0;
const ROW: f64 = 27.0;
const TOP: f64 = 26.0;
const GAP: f64 = 18.0;

/// Draws the two columns of bars under their names.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn twin_bars(legende: &Legende<'_>, mesures: [&str; 2], rangs: &[Jumelles]) -> Result<Dessin> {
    let height = TOP + ROW * length(rangs.len()) + 4.0;
    picture(legende, WIDTH, height, |c| {
        let left = name_room(c, rangs.iter().map(|r| r.nom.as_str()), WIDTH);
        let panel = (WIDTH - left - GAP) / 2.0;
        let panels = [(left, Palette::BLUE), (left + panel + GAP, Palette::OCHRE)];
        let of = |r: &Jumelles, i: usize| if i == 0 { r.gauche.clone() } else { r.droite.clone() };
        for (i, (x0, color)) in panels.into_iter().enumerate() {
            let title = fitted(c, mesures[i], Look { bold: true, ..Look::SMALL }, panel);
            c.text(x0, 15.0, &title, Look { bold: true, ..Look::SMALL }.colored(Palette::INK), Anchor::Start)?;
            c.line(&[(x0, TOP - 2.0), (x0, height - 4.0)], Palette::LINE, 1.0)?;
            let room = rangs.iter().map(|r| c.width(&of(r, i).1, Look::LABEL)).fold(30.0, f64::max) + 12.0;
            let (end, _) = axis(rangs.iter().filter_map(|r| of(r, i).0).fold(0.0, f64::max));
            let mut y = TOP;
            for r in rangs {
                let (value, label) = of(r, i);
                let reach = value.map_or(0.0, |v| (panel - room).max(10.0) * (v / end).clamp(0.0, 1.0));
                if reach > 0.0 {
                    c.rect(x0, y + 5.0, x0 + reach.max(1.0), y + ROW - 5.0, color)?;
                }
                let look = if value.is_none() { Look::SMALL } else { Look::LABEL };
                let label = fitted(c, &label, look, panel - reach - 6.0);
                c.text(x0 + reach + 6.0, y + ROW * 0.68, &label, look, Anchor::Start)?;
                y += ROW;
            }
        }
        let mut y = TOP;
        for r in rangs {
            row_name(c, &r.nom, left - 8.0, y + ROW / 2.0, ROW, left - 10.0)?;
            y += ROW;
        }
        Ok(())
    })
}
