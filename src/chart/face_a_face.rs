//! Two compositions facing each other: the same classes, one population on each side of their names.

use super::canvas::{Anchor, Look, Palette, axis, picture, shortened};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// One class: its share in each population.
#[derive(Debug, Clone)]
pub struct Paire {
    /// Name, in the middle.
    pub nom: String,
    /// Share on the left and what is written beside it.
    pub gauche: (Option<f64>, String),
    /// Share on the right and what is written beside it.
    pub droite: (Option<f64>, String),
}

const WIDTH: f64 = 720.0;
const ROW: f64 = 26.0;
const TOP: f64 = 26.0;

/// Draws both sides on one scale, so that lengths compare across the middle.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn facing(legende: &Legende<'_>, populations: [&str; 2], paires: &[Paire]) -> Result<Dessin> {
    let height = TOP + ROW * length(paires.len()) + 4.0;
    picture(legende, WIDTH, height, |c| {
        let names = paires.iter().map(|p| c.width(&p.nom, Look::LABEL)).fold(60.0, f64::max).min(WIDTH * 0.3);
        let half = names / 2.0 + 10.0;
        let middle = WIDTH / 2.0;
        let labels = paires
            .iter()
            .flat_map(|p| [&p.gauche.1, &p.droite.1])
            .map(|text| c.width(text, Look::LABEL))
            .fold(30.0, f64::max);
        let reach = middle - half - labels - 10.0;
        let (end, _) = axis(paires.iter().flat_map(|p| [p.gauche.0, p.droite.0]).flatten().fold(0.0, f64::max));
        let bold = Look { bold: true, ..Look::SMALL }.colored(Palette::INK);
        c.text(middle - half, 15.0, populations[0], bold, Anchor::End)?;
        c.text(middle + half, 15.0, populations[1], bold, Anchor::Start)?;
        let mut y = TOP;
        for p in paires {
            let name = shortened(c, &p.nom, Look::LABEL, names);
            c.text(middle, y + ROW * 0.68, &name, Look::LABEL, Anchor::Middle)?;
            let size = |v: Option<f64>| v.map_or(0.0, |v| reach * (v / end).clamp(0.0, 1.0));
            let (left, right) = (size(p.gauche.0), size(p.droite.0));
            if left > 0.0 {
                c.rect(middle - half - left.max(1.0), y + 5.0, middle - half, y + ROW - 5.0, Palette::BLUE)?;
            }
            if right > 0.0 {
                c.rect(middle + half, y + 5.0, middle + half + right.max(1.0), y + ROW - 5.0, Palette::OCHRE)?;
            }
            c.text(middle - half - left - 6.0, y + ROW * 0.68, &p.gauche.1, Look::LABEL, Anchor::End)?;
            c.text(middle + half + right + 6.0, y + ROW * 0.68, &p.droite.1, Look::LABEL, Anchor::Start)?;
            y += ROW;
        }
        Ok(())
    })
}
