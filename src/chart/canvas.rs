//! A drawing area in pixels over plotters' SVG backend, in tenths so that integer coordinates stay smooth.

use std::sync::OnceLock;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, FontTransform, IntoFont, RGBColor, ShapeStyle, TextStyle, register_font};

use super::{Dessin, Legende};
use crate::error::{Error, Result};
use crate::store;

/// Regular weight of the font that pictures are measured with.
pub static REGULAR: &[u8] = include_bytes!("../../reports/polices/DejaVuSans.ttf");
/// Its bold weight.
pub static BOLD: &[u8] = include_bytes!("../../reports/polices/DejaVuSans-Bold.ttf");
/// Name under which plotters measures text; the page's style gives the fonts tried in its place.
const FAMILY: &str = "bilan";
/// Tenths of a pixel.
const SCALE: f64 = 10.0;
/// plotters divides sizes by this on their way to SVG.
const SIZE_FACTOR: f64 = 1.24;

/// Colours that stay apart for colour-blind readers and in grey print, each at 3:1 or more on white where it is a mark.
pub struct Palette;

impl Palette {
    /// Text.
    pub const INK: RGBColor = RGBColor(0x1b, 0x1f, 0x27);
    /// Secondary text.
    pub const SOFT: RGBColor = RGBColor(0x52, 0x59, 0x66);
    /// Rules.
    pub const LINE: RGBColor = RGBColor(0xd5, 0xd9, 0xe0);
    /// Main series, and a rule kept.
    pub const BLUE: RGBColor = RGBColor(0x1a, 0x5a, 0x96);
    /// A rule missed.
    pub const RED: RGBColor = RGBColor(0xb8, 0x3a, 0x14);
    /// Legal line.
    pub const LAW: RGBColor = RGBColor(0x1b, 0x1f, 0x27);
    /// No value, unknown.
    pub const GREY: RGBColor = RGBColor(0x8a, 0x92, 0x9e);
    /// A second series beside the blue one.
    pub const OCHRE: RGBColor = RGBColor(0xa8, 0x6a, 0x00);
    /// A third series.
    pub const GREEN: RGBColor = RGBColor(0x3c, 0x7a, 0x5a);
    /// White.
    pub const WHITE: RGBColor = RGBColor(0xff, 0xff, 0xff);
    /// A light ground.
    pub const PALE: RGBColor = RGBColor(0xee, 0xf0, 0xf3);
    /// First to fourth quartile, dark to light.
    pub const QUARTILES: [RGBColor; 4] = [
        RGBColor(0x12, 0x3f, 0x6d),
        RGBColor(0x2f, 0x78, 0xb5),
        RGBColor(0x7f, 0xb0, 0xd8),
        RGBColor(0xc3, 0xdb, 0xef),
    ];
}

/// Where text hangs from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub size: f64,
    pub color: RGBColor,
    pub bold: bool,
}

impl Look {
    pub(super) const LABEL: Self = Self { size: 13.0, color: Palette::INK, bold: false };
    pub(super) const SMALL: Self = Self { size: 11.5, color: Palette::SOFT, bold: false };

    pub(super) fn colored(self, color: RGBColor) -> Self {
        Self { color, ..self }
    }
}

/// A picture being drawn; coordinates are in pixels.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

fn tenths(x: f64) -> i32 {
    // Pictures are a few thousand pixels wide at most.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what a picture can hold")]
    let n = (x * SCALE).round().clamp(-1e6, 1e6) as i32;
    n
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Chart(error.to_string())
}

fn fonts() -> Result<()> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let ok = DONE.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, BOLD).is_ok()
    });
    if *ok { Ok(()) } else { Err(failed("polices illisibles")) }
}

fn style(look: Look) -> TextStyle<'static> {
    let weight = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
    (FAMILY, look.size * SCALE * SIZE_FACTOR, weight).into_font().transform(FontTransform::None).color(&look.color)
}

/// Width of a text set at `size` tenths, as plotters measures the bundled font.
#[cfg(test)]
pub(super) fn measured(text: &str, size: f64, bold: bool) -> f64 {
    let weight = if bold { FontStyle::Bold } else { FontStyle::Normal };
    let width = (FAMILY, size, weight).into_font().box_size(text).map_or(0, |(w, _)| w);
    // Measured widths of this font run about 6 % wide.
    f64::from(width) / 1.06
}

/// Draws a picture of `width` × `height` pixels and finishes its SVG.
pub(super) fn picture(
    legende: &Legende<'_>,
    width: f64,
    height: f64,
    draw: impl FnOnce(&Canvas<'_>) -> Result<()>,
) -> Result<Dessin> {
    fonts()?;
    let mut svg = String::new();
    let size = (tenths(width).unsigned_abs(), tenths(height).unsigned_abs());
    {
        let canvas = Canvas { area: SVGBackend::with_string(&mut svg, size).into_drawing_area() };
        draw(&canvas)?;
        canvas.area.present().map_err(failed)?;
    }
    let body = svg.find('>').map_or("", |i| &svg[i + 1..]);
    let body = body
        .replace(" dy=\"-0.5ex\"", "")
        .replace("\n</text>", "</text>")
        .replace(&format!(" font-family=\"{FAMILY}\""), "");
    let Legende { cle, titre, alternative } = legende;
    let digest = store::sha256(format!("{titre}\n{alternative}\n{body}").as_bytes());
    let nom = format!("{cle}-{}", &digest[..12]);
    let svg = format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{nom}-titre {nom}-desc\" xmlns=\"http://www.w3.org/2000/svg\" class=\"graphique\" font-family=\"DejaVu Sans\">\
         <title id=\"{nom}-titre\">{}</title><desc id=\"{nom}-desc\">{}</desc>{}",
        size.0,
        size.1,
        escaped(titre),
        escaped(alternative),
        body.trim()
    );
    Ok(Dessin { nom, rapport: height / width, svg, alternative: (*alternative).to_owned() })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Canvas<'_> {
    /// Text whose baseline starts, centres or ends at (x, y).
    pub(super) fn text(&self, x: f64, y: f64, text: &str, look: Look, anchor: Anchor) -> Result<()> {
        let h = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = style(look).pos(Pos::new(h, VPos::Bottom));
        self.area.draw(&Text::new(text.to_owned(), (tenths(x), tenths(y)), style)).map_err(failed)
    }

    /// Width of a text, in pixels.
    pub(super) fn width(&self, text: &str, look: Look) -> f64 {
        // Measured widths of this font run about 6 % wide, which leaves the margin a substitute font needs.
        self.area.estimate_text_size(text, &style(look)).map_or(0.0, |(w, _)| f64::from(w) / SCALE)
    }

    pub(super) fn rect(&self, x0: f64, y0: f64, x1: f64, y1: f64, color: RGBColor) -> Result<()> {
        let corners = [(tenths(x0), tenths(y0)), (tenths(x1), tenths(y1))];
        self.area.draw(&Rectangle::new(corners, color.filled())).map_err(failed)
    }

    pub(super) fn line(&self, points: &[(f64, f64)], color: RGBColor, width: f64) -> Result<()> {
        let points: Vec<(i32, i32)> = points.iter().map(|(x, y)| (tenths(*x), tenths(*y))).collect();
        let style = ShapeStyle::from(&color).stroke_width(tenths(width).unsigned_abs());
        self.area.draw(&PathElement::new(points, style)).map_err(failed)
    }

    pub(super) fn circle(&self, x: f64, y: f64, radius: f64, color: RGBColor) -> Result<()> {
        self.area.draw(&Circle::new((tenths(x), tenths(y)), tenths(radius), color.filled())).map_err(failed)
    }

    pub(super) fn diamond(&self, x: f64, y: f64, radius: f64, color: RGBColor) -> Result<()> {
        let points = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)];
        let points: Vec<(i32, i32)> = points.iter().map(|(x, y)| (tenths(*x), tenths(*y))).collect();
        self.area.draw(&Polygon::new(points, color.filled())).map_err(failed)
    }
}

impl Canvas<'_> {
    /// A filled outline with a thin edge.
    pub(super) fn polygon(&self, points: &[(f64, f64)], fill: RGBColor, edge: RGBColor, width: f64) -> Result<()> {
        let mut points: Vec<(i32, i32)> = points.iter().map(|(x, y)| (tenths(*x), tenths(*y))).collect();
        points.dedup();
        if points.len() < 3 {
            return Ok(());
        }
        self.area.draw(&Polygon::new(points.clone(), fill.filled())).map_err(failed)?;
        points.push(points[0]);
        let style = ShapeStyle::from(&edge).stroke_width(tenths(width).unsigned_abs().max(1));
        self.area.draw(&PathElement::new(points, style)).map_err(failed)
    }

    /// A circle with an edge.
    pub(super) fn disc(&self, x: f64, y: f64, radius: f64, fill: RGBColor, edge: RGBColor) -> Result<()> {
        self.circle(x, y, radius, edge)?;
        self.circle(x, y, (radius - 1.0).max(0.5), fill)
    }

    /// A dashed line between two points.
    pub(super) fn dashes(&self, from: (f64, f64), to: (f64, f64), color: RGBColor, width: f64) -> Result<()> {
        const DASH: f64 = 7.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let total = dx.hypot(dy);
        let mut at = 0.0;
        while at < total {
            let (a, b) = (at / total, (at + DASH * 0.6).min(total) / total);
            let start = (from.0 + dx * a, from.1 + dy * a);
            self.line(&[start, (from.0 + dx * b, from.1 + dy * b)], color, width)?;
            at += DASH;
        }
        Ok(())
    }
}

/// Cuts a text that is wider than `room` pixels, with an ellipsis.
pub(super) fn fitted(canvas: &Canvas<'_>, text: &str, look: Look, room: f64) -> String {
    if canvas.width(text, look) <= room {
        return text.to_owned();
    }
    let mut chars: Vec<char> = text.chars().collect();
    while chars.len() > 1 {
        chars.pop();
        let cut: String = chars.iter().collect::<String>().trim_end().to_owned() + "…";
        if canvas.width(&cut, look) <= room {
            return cut;
        }
    }
    "…".to_owned()
}

/// Shortens a name that is wider than `room` pixels, with an ellipsis before its last third: names of one family begin alike
/// and are told apart by how they end.
pub(super) fn shortened(canvas: &Canvas<'_>, name: &str, look: Look, room: f64) -> String {
    if canvas.width(name, look) <= room {
        return name.to_owned();
    }
    let chars: Vec<char> = name.chars().collect();
    let cut = |kept: usize| {
        let (start, end): (String, String) =
            (chars[..kept - kept / 3].iter().collect(), chars[chars.len() - kept / 3..].iter().collect());
        format!("{}…{}", start.trim_end(), end.trim_start())
    };
    let fitting = (1..chars.len()).rev().map(cut).find(|cut| canvas.width(cut, look) <= room);
    fitting.unwrap_or_else(|| "…".to_owned())
}

/// Writes the name of a row, ending at `right` and centred on `middle`: on one line, else on two smaller ones where the row
/// is tall enough; shortened only when even that is too short.
pub(super) fn row_name(c: &Canvas<'_>, text: &str, right: f64, middle: f64, row: f64, room: f64) -> Result<()> {
    if c.width(text, Look::LABEL) <= room {
        return c.text(right, middle + 4.5, text, Look::LABEL, Anchor::End);
    }
    let small = Look::SMALL.colored(Palette::INK);
    if row < 23.0 || c.width(text, small) <= room {
        return c.text(right, middle + 4.0, &shortened(c, text, small, room), small, Anchor::End);
    }
    let words: Vec<&str> = text.split(' ').collect();
    let fits = |n: usize| c.width(&words[..n].join(" "), small) <= room;
    let first = (1..words.len()).rev().find(|n| fits(*n)).unwrap_or(1);
    c.text(right, middle - 1.5, &shortened(c, &words[..first].join(" "), small, room), small, Anchor::End)?;
    c.text(right, middle + 10.0, &shortened(c, &words[first..].join(" "), small, room), small, Anchor::End)
}

/// Room for the names on the left: the longest, up to two fifths of the picture.
pub(super) fn name_room<'a>(canvas: &Canvas<'_>, names: impl Iterator<Item = &'a str>, width: f64) -> f64 {
    names.map(|n| canvas.width(n, Look::LABEL)).fold(40.0, f64::max).min(width * 0.42) + 10.0
}

/// A round upper bound for an axis that must hold `max`, and its step.
pub(super) fn axis(max: f64) -> (f64, f64) {
    if max <= 0.0 || !max.is_finite() {
        return (1.0, 1.0);
    }
    let magnitude = 10_f64.powf(max.log10().floor());
    let step = [0.1, 0.2, 0.25, 0.5, 1.0, 2.0]
        .map(|m| m * magnitude)
        .into_iter()
        .find(|s| max / s <= 6.0)
        .unwrap_or(magnitude);
    ((max / step).ceil() * step, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_on_a_round_value_at_or_above_the_largest() {
        for max in [0.031, 0.25, 0.43, 1.0, 7.3, 19_357.0] {
            let (end, step) = axis(max);
            assert!(end >= max && end / step < 7.5, "{max}: {end} by {step}");
        }
        assert_eq!(axis(0.0), (1.0, 1.0));
    }

    #[test]
    fn a_picture_names_itself_and_carries_no_relative_offsets() {
        let legende = Legende { cle: "f1", titre: "A < B", alternative: "Deux barres" };
        let draw = |c: &Canvas<'_>| c.text(10.0, 20.0, "é", Look::LABEL, Anchor::Start);
        let Dessin { nom, svg, .. } = picture(&legende, 100.0, 40.0, draw).unwrap();
        assert!(svg.contains("role=\"img\"") && svg.contains(&format!("<title id=\"{nom}-titre\">A &lt; B</title>")));
        assert!(!svg.contains(" dy="), "{svg}");
        assert!(svg.ends_with("</svg>"), "{svg}");
    }

    #[test]
    fn long_names_are_cut_to_their_room() {
        let legende = Legende { cle: "f", titre: "", alternative: "" };
        picture(&legende, 300.0, 40.0, |c| {
            let cut = fitted(c, "Communauté d'agglomération de quelque part en France", Look::LABEL, 120.0);
            assert!(cut.ends_with('…') && c.width(&cut, Look::LABEL) <= 120.0);
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn names_that_begin_alike_are_still_told_apart_once_shortened() {
        let legende = Legende { cle: "f", titre: "", alternative: "" };
        picture(&legende, 300.0, 40.0, |c| {
            let shown = |name: &str| shortened(c, name, Look::LABEL, 200.0);
            let [lille, lyon] =
                ["Lille", "Lyon"].map(|town| shown(&format!("Office public de l'habitat de la métropole de {town}")));
            assert!(lille.starts_with("Office public") && lille.ends_with("de Lille"), "{lille}");
            assert_ne!(lille, lyon);
            assert!(c.width(&lille, Look::LABEL) <= 200.0);
            assert_eq!(shown("SEM"), "SEM");
            assert_eq!(shortened(c, "Société", Look::LABEL, 4.0), "…");
            Ok(())
        })
        .unwrap();
    }
}
