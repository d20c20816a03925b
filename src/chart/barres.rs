//! Horizontal bars with their value at the end, and a named line where a rule draws one.

use super::canvas::{Anchor, Look, Palette, axis, name_room, picture, row_name};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// One bar.
#[derive(Debug, Clone)]
pub struct Barre {
    /// Name on the left.
    pub nom: String,
    /// Length; none prints the label alone.
    pub valeur: Option<f64>,
    /// Text at the end of the bar.
    pub etiquette: String,
    /// Drawn in the colour of a missed rule.
    pub manquee: bool,
}

/// A vertical line with its name.
#[derive(Debug, Clone)]
pub struct Repere {
    /// Where.
    pub valeur: f64,
    /// Its name.
    pub nom: String,
}

const WIDTH: f64 = 720.0;
const ROW: f64 = 27.0;

/// Draws bars, the first at the top.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn bars(legende: &Legende<'_>, barres: &[Barre], repere: Option<&Repere>) -> Result<Dessin> {
    let top = if repere.is_some() { 24.0 } else { 6.0 };
    let height = top + ROW * length(barres.len()) + 6.0;
    picture(legende, WIDTH, height, |c| {
        let left = name_room(c, barres.iter().map(|b| b.nom.as_str()), WIDTH);
        let label_room = barres.iter().map(|b| c.width(&b.etiquette, Look::LABEL)).fold(30.0, f64::max) + 14.0;
        let largest = barres.iter().filter_map(|b| b.valeur).chain(repere.map(|r| r.valeur)).fold(0.0, f64::max);
        let (end, _) = axis(largest);
        let x = |v: f64| left + (WIDTH - left - label_room) * (v / end).clamp(0.0, 1.0);
        c.line(&[(left, top), (left, height - 6.0)], Palette::LINE, 1.0)?;
        let mut y = top;
        for b in barres {
            row_name(c, &b.nom, left - 8.0, y + ROW / 2.0, ROW, left - 10.0)?;
            let tip = b.valeur.map_or(left, x);
            if b.valeur.is_some_and(|v| v > 0.0) {
                let color = if b.manquee { Palette::RED } else { Palette::BLUE };
                c.rect(left, y + 5.0, tip.max(left + 1.0), y + ROW - 5.0, color)?;
            }
            let past_line =
                repere.map(|r| x(r.valeur)).filter(|line| tip + 6.0 < line + 4.0 && tip + label_room > *line);
            let at = past_line.map_or(tip + 6.0, |line| line + 7.0);
            let look = if b.valeur.is_none() { Look::SMALL } else { Look::LABEL };
            c.text(at, y + ROW * 0.68, &b.etiquette, look, Anchor::Start)?;
            y += ROW;
        }
        if let Some(r) = repere {
            let at = x(r.valeur);
            c.line(&[(at, top - 4.0), (at, height - 4.0)], Palette::LAW, 1.6)?;
            let room = c.width(&r.nom, Look::SMALL) / 2.0;
            c.text(at.clamp(room, WIDTH - room), 13.0, &r.nom, Look::SMALL.colored(Palette::INK), Anchor::Middle)?;
        }
        Ok(())
    })
}
