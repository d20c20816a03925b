//! Small multiples: the same line for each territory, on one scale, with the target across.

use super::barres::Repere;
use super::canvas::{Anchor, Look, Palette, axis, picture, shortened};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// One small chart.
#[derive(Debug, Clone)]
pub struct Vignette {
    /// Name above.
    pub nom: String,
    /// A value a position.
    pub valeurs: Vec<Option<f64>>,
    /// What is written of the last value.
    pub etiquette: String,
    /// The target is reached at the end.
    pub atteint: bool,
}

const WIDTH: f64 = 720.0;
const HEAD: f64 = 34.0;
const GAP: f64 = 16.0;

/// Draws the charts row by row; all share one scale.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn small_multiples(legende: &Legende<'_>, vignettes: &[Vignette], repere: &Repere) -> Result<Dessin> {
    let columns = if vignettes.len() > 12 { 5 } else { 3 };
    let (cell, tall) = ((WIDTH - GAP * length(columns - 1)) / length(columns), if columns == 5 { 56.0 } else { 84.0 });
    let rows = vignettes.len().div_ceil(columns).max(1);
    let height = (HEAD + tall + 14.0) * length(rows) + 16.0;
    picture(legende, WIDTH, height, |c| {
        let largest = vignettes.iter().flat_map(|v| v.valeurs.iter().flatten()).copied().fold(repere.valeur, f64::max);
        let (end, _) = axis(largest);
        c.dashes((0.0, 8.0), (26.0, 8.0), Palette::LAW, 1.4)?;
        c.text(32.0, 12.0, &repere.nom, Look::SMALL.colored(Palette::INK), Anchor::Start)?;
        for (i, v) in vignettes.iter().enumerate() {
            let x0 = length(i % columns) * (cell + GAP);
            let y0 = 16.0 + length(i / columns) * (HEAD + tall + 14.0);
            let base = y0 + HEAD + tall;
            let color = if v.atteint { Palette::BLUE } else { Palette::RED };
            let name = shortened(c, &v.nom, Look::SMALL, cell - 2.0);
            c.text(x0, y0 + 13.0, &name, Look::SMALL.colored(Palette::INK), Anchor::Start)?;
            let bold = Look { bold: true, ..Look::SMALL };
            c.text(x0, y0 + 27.0, &v.etiquette, bold.colored(color), Anchor::Start)?;
            let x = |i: usize| x0 + cell * length(i) / length(v.valeurs.len().max(2) - 1);
            let y = |value: f64| base - tall * (value / end).clamp(0.0, 1.0);
            c.line(&[(x0, base), (x0 + cell, base)], Palette::LINE, 1.0)?;
            c.dashes((x0, y(repere.valeur)), (x0 + cell, y(repere.valeur)), Palette::LAW, 1.2)?;
            let mut run: Vec<(f64, f64)> = Vec::new();
            for (i, value) in v.valeurs.iter().enumerate() {
                match value {
                    Some(value) => run.push((x(i), y(*value))),
                    None => run.clear(),
                }
            }
            if run.len() > 1 {
                c.line(&run, color, 2.0)?;
            }
            if let Some((px, py)) = run.last() {
                c.circle((*px).min(x0 + cell - 3.0), *py, 3.4, color)?;
            }
        }
        Ok(())
    })
}
