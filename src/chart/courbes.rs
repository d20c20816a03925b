//! Lines over months or years, each named at its end; a dashed line is a path to follow, not a measure.

use plotters::style::RGBColor;

use super::canvas::{Anchor, Canvas, Look, Palette, axis, picture, shortened};
use super::{Dessin, Legende, length};
use crate::error::Result;

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trait {
    /// A measure, with a mark at each point.
    Plein,
    /// A path or a target.
    Tirets,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Serie {
    /// Name at its end.
    pub nom: String,
    /// A value a position; none breaks the line.
    pub valeurs: Vec<Option<f64>>,
    /// Colour.
    pub couleur: RGBColor,
    /// Drawing.
    pub dessin: Trait,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 300.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 26.0;
/// Least distance between two names at the right.
const APART: f64 = 15.0;

/// Draws lines from zero up; `graduation` writes a value of the axis.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn lines(
    legende: &Legende<'_>,
    abscisses: &[String],
    series: &[Serie],
    graduation: impl Fn(f64) -> String,
) -> Result<Dessin> {
    picture(legende, WIDTH, HEIGHT, |c| {
        let largest = series.iter().flat_map(|s| s.valeurs.iter().flatten()).copied().fold(0.0, f64::max);
        let (end, step) = axis(largest);
        let ticks = ticks(end, step);
        let left = ticks.iter().map(|t| c.width(&graduation(*t), Look::SMALL)).fold(16.0, f64::max) + 10.0;
        let names = series.iter().map(|s| c.width(&s.nom, Look::LABEL)).fold(30.0, f64::max).min(WIDTH * 0.34);
        let right = WIDTH - names - 16.0;
        let base = HEIGHT - BOTTOM;
        let x = |i: usize| left + 8.0 + (right - left - 16.0) * length(i) / length(abscisses.len().max(2) - 1);
        let y = |v: f64| base - (base - TOP) * (v / end).clamp(0.0, 1.0);
        for tick in &ticks {
            c.line(&[(left, y(*tick)), (right, y(*tick))], Palette::LINE, 0.8)?;
            c.text(left - 6.0, y(*tick) + 4.0, &graduation(*tick), Look::SMALL, Anchor::End)?;
        }
        let widest = abscisses.iter().map(|a| c.width(a, Look::SMALL)).fold(1.0, f64::max) + 6.0;
        let spacing = if abscisses.len() > 1 { x(1) - x(0) } else { WIDTH };
        let every = thinning(widest, spacing);
        for (i, name) in abscisses.iter().enumerate().filter(|(i, _)| i % every == 0) {
            c.text(x(i), HEIGHT - 7.0, name, Look::SMALL, Anchor::Middle)?;
        }
        for serie in series {
            draw(c, serie, &x, &y)?;
        }
        let mut ends: Vec<(f64, &Serie)> =
            series.iter().filter_map(|s| s.valeurs.iter().rev().flatten().next().map(|v| (y(*v) + 4.5, s))).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut free = TOP;
        let count = ends.len();
        for (i, (at, serie)) in ends.into_iter().enumerate() {
            // A name keeps clear of the one above it, and leaves room for those below.
            let lowest = HEIGHT - 8.0 - APART * length(count - 1 - i);
            let at = at.max(free).min(lowest);
            free = at + APART;
            let name = shortened(c, &serie.nom, Look::LABEL, names);
            c.text(right + 10.0, at, &name, Look::LABEL.colored(serie.couleur), Anchor::Start)?;
        }
        Ok(())
    })
}

/// One name in how many is written, so that none touches the next.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive ratio")]
fn thinning(widest: f64, spacing: f64) -> usize {
    ((widest / spacing.max(1.0)).ceil() as usize).max(1)
}

fn ticks(end: f64, step: f64) -> Vec<f64> {
    let mut ticks = Vec::new();
    let mut tick = 0.0;
    while tick <= end + step / 2.0 && ticks.len() < 12 {
        ticks.push(tick);
        tick += step;
    }
    ticks
}

fn draw(c: &Canvas<'_>, serie: &Serie, x: &impl Fn(usize) -> f64, y: &impl Fn(f64) -> f64) -> Result<()> {
    let mut previous: Option<(f64, f64)> = None;
    for (i, value) in serie.valeurs.iter().enumerate() {
        let Some(v) = value else {
            previous = None;
            continue;
        };
        let here = (x(i), y(*v));
        if let Some(from) = previous {
            match serie.dessin {
                Trait::Plein => c.line(&[from, here], serie.couleur, 2.4)?,
                Trait::Tirets => c.dashes(from, here, serie.couleur, 1.8)?,
            }
        }
        if serie.dessin == Trait::Plein {
            c.circle(here.0, here.1, 3.4, serie.couleur)?;
        }
        previous = Some(here);
    }
    Ok(())
}
