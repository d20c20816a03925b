//! Maps: areas filled by class, circles whose area is a count, names that do not touch, and the key of the classes.

use plotters::style::RGBColor;

use super::canvas::{Anchor, Canvas, Look, Palette, picture, shortened};
use super::{Dessin, Legende};
use crate::error::Result;

/// A class of the key.
#[derive(Debug, Clone)]
pub struct Classe {
    /// Bounds, in words.
    pub nom: String,
    /// Fill.
    pub couleur: RGBColor,
}

/// An area; longitude and latitude, in degrees.
#[derive(Debug, Clone)]
pub struct Aire {
    /// Outlines; what stands in a hole is another area, drawn after.
    pub contours: Vec<Vec<(f64, f64)>>,
    /// Class of the key; none is drawn pale.
    pub classe: Option<usize>,
}

/// A place of the ground, where no outline is known: a commune, drawn as a small dot.
#[derive(Debug, Clone)]
pub struct Semis {
    /// Longitude and latitude, in degrees.
    pub lieu: (f64, f64),
    /// Class of the key; none is drawn grey, as a circle is.
    pub classe: Option<usize>,
}

/// A circle at a place.
#[derive(Debug, Clone)]
pub struct Cercle {
    /// Longitude and latitude, in degrees.
    pub lieu: (f64, f64),
    /// Count that its area shows.
    pub effectif: i64,
    /// Class of the key; none is drawn grey.
    pub classe: Option<usize>,
    /// Name.
    pub nom: String,
    /// What is written under the name.
    pub etiquette: String,
}

/// What a map is drawn from: the ground, and the circles over it.
#[derive(Debug, Default)]
pub struct Carte {
    /// Classes of the key.
    pub classes: Vec<Classe>,
    /// Areas of the ground.
    pub aires: Vec<Aire>,
    /// Dots of the ground.
    pub semis: Vec<Semis>,
    /// Circles, over the ground.
    pub cercles: Vec<Cercle>,
}

const WIDTH: f64 = 720.0;
const KEY: f64 = 28.0;
const MARGIN: f64 = 34.0;
/// Radius of a dot of the ground.
const DOT: f64 = 2.0;
/// White on either side of a name.
const GROUND: f64 = 2.0;
/// Radius of the largest circle, where a map is as tall as a page lets it.
const LARGEST: f64 = 30.0;
/// Height that a page leaves to places, their key apart.
pub const MAP_HEIGHT: f64 = 640.0;

/// Where places stand on the picture: degrees of longitude shortened by the cosine of the middle latitude, which keeps
/// shapes true enough for a département or a région.
struct Projection {
    west: f64,
    north: f64,
    shorten: f64,
    scale: f64,
    left: f64,
    top: f64,
}

impl Projection {
    fn fit(points: impl Iterator<Item = (f64, f64)>, tallest: f64) -> Option<(Self, f64)> {
        let mut bounds: Option<[f64; 4]> = None;
        for (x, y) in points.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let [w, e, s, n] = bounds.unwrap_or([x, x, y, y]);
            bounds = Some([w.min(x), e.max(x), s.min(y), n.max(y)]);
        }
        let [west, east, south, north] = bounds?;
        let shorten = f64::midpoint(south, north).to_radians().cos().max(0.1);
        let (wide, tall) = (((east - west) * shorten).max(1e-6), (north - south).max(1e-6));
        let room = (WIDTH - 2.0 * MARGIN, tallest - 2.0 * MARGIN);
        let scale = (room.0 / wide).min(room.1 / tall).min(4_000.0);
        let left = (WIDTH - wide * scale) / 2.0;
        let height = tall * scale + 2.0 * MARGIN + KEY;
        Some((Self { west, north, shorten, scale, left, top: MARGIN + KEY }, height))
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.left + (x - self.west) * self.shorten * self.scale, self.top + (self.north - y) * self.scale)
    }
}

/// Draws the ground, then the circles, the largest first, each name where nothing else stands; places take `tallest` at most.
///
/// # Errors
/// [`crate::error::Error::Chart`].
pub fn map(legende: &Legende<'_>, carte: &Carte, tallest: f64) -> Result<Option<Dessin>> {
    let Carte { classes, aires, semis, cercles } = carte;
    let outlines = aires.iter().flat_map(|a| a.contours.iter().flatten().copied());
    let places = semis.iter().map(|s| s.lieu).chain(cercles.iter().map(|c| c.lieu));
    let Some((projection, height)) = Projection::fit(outlines.chain(places), tallest) else {
        return Ok(None);
    };
    picture(legende, WIDTH, height, |c| {
        key(c, classes)?;
        for aire in aires {
            let fill = aire.classe.and_then(|k| classes.get(k)).map_or(Palette::PALE, |k| k.couleur);
            for contour in &aire.contours {
                let points = simplified(contour.iter().map(|p| projection.place(*p)));
                c.polygon(&points, fill, Palette::GREY, 0.3)?;
            }
        }
        let dots: Vec<(f64, f64)> = semis.iter().map(|commune| projection.place(commune.lieu)).collect();
        for (commune, (x, y)) in semis.iter().zip(&dots) {
            let fill = commune.classe.and_then(|k| classes.get(k)).map_or(Palette::GREY, |k| k.couleur);
            c.circle(*x, *y, DOT, fill)?;
        }
        let mut sorted: Vec<&Cercle> = cercles.iter().collect();
        sorted.sort_by(|a, b| b.effectif.cmp(&a.effectif).then_with(|| a.nom.cmp(&b.nom)));
        let most = sorted.first().map_or(1, |m| m.effectif.max(1));
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let radius = |n: i64| (LARGEST * (n.max(0) as f64 / most as f64).sqrt()).max(2.5);
        let largest = (tallest / MAP_HEIGHT).sqrt() * if sorted.len() > 60 { 0.45 } else { 1.0 };
        let spots: Vec<(f64, f64, f64)> = sorted
            .iter()
            .map(|m| {
                let (x, y) = projection.place(m.lieu);
                (x, y, radius(m.effectif) * largest)
            })
            .collect();
        let spots = spread(spots, height);
        let names = names(c, &sorted, &spots, height, &dots);
        // The ground of a name covers dots and areas, and no circle.
        for name in &names {
            name.ground(c)?;
        }
        for (m, (x, y, r)) in sorted.iter().zip(&spots) {
            // Over areas, which carry the class, a circle is white and carries its count alone.
            let own = m.classe.and_then(|k| classes.get(k)).map_or(Palette::GREY, |k| k.couleur);
            let fill = if aires.iter().any(|a| a.classe.is_some()) { Palette::WHITE } else { own };
            c.disc(*x, *y, *r, fill, Palette::INK)?;
        }
        names.iter().try_for_each(|name| name.write(c))
    })
    .map(Some)
}

/// Points closer than half a pixel to the one before are left out.
fn simplified(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if kept.last().is_none_or(|(x, y)| (x - point.0).hypot(y - point.1) > 0.5) {
            kept.push(point);
        }
    }
    kept
}

/// Circles that overlap are pushed apart, the smaller one the most, as far as they need and no further.
fn spread(mut spots: Vec<(f64, f64, f64)>, height: f64) -> Vec<(f64, f64, f64)> {
    if spots.len() > 400 {
        return spots;
    }
    for _ in 0..60 {
        let mut moved = false;
        for i in 0..spots.len() {
            for j in i + 1..spots.len() {
                let ((xi, yi, ri), (xj, yj, rj)) = (spots[i], spots[j]);
                let (dx, dy) = (xj - xi, yj - yi);
                let distance = dx.hypot(dy);
                let wanted = ri + rj + 1.5;
                if distance + 0.01 < wanted {
                    // Two at one place part eastward.
                    let (ux, uy) = if distance > 0.01 { (dx / distance, dy / distance) } else { (1.0, 0.0) };
                    let push = wanted - distance;
                    let share = rj / (ri + rj);
                    spots[i] = (xi - ux * push * (1.0 - share), yi - uy * push * (1.0 - share), ri);
                    spots[j] = (xj + ux * push * share, yj + uy * push * share, rj);
                    moved = true;
                }
            }
        }
        if !moved {
            break;
        }
    }
    for (x, y, r) in &mut spots {
        *x = x.clamp(*r + 1.0, WIDTH - *r - 1.0);
        *y = y.clamp(KEY + *r + 1.0, height - *r - 1.0);
    }
    spots
}

fn key(c: &Canvas<'_>, classes: &[Classe]) -> Result<()> {
    let widths: Vec<f64> = classes.iter().map(|k| c.width(&k.nom, Look::SMALL) + 34.0).collect();
    // A key wider than the picture is set tighter rather than cut.
    let squeeze = ((WIDTH - 4.0) / widths.iter().sum::<f64>().max(1.0)).min(1.0);
    let mut x = 2.0;
    for (classe, width) in classes.iter().zip(widths) {
        c.rect(x, 5.0, x + 13.0, 18.0, Palette::INK)?;
        c.rect(x + 0.8, 5.8, x + 12.2, 17.2, classe.couleur)?;
        c.text(x + 18.0, 16.0, &classe.nom, Look::SMALL.colored(Palette::INK), Anchor::Start)?;
        x += width * squeeze;
    }
    Ok(())
}

/// A box of text or of a circle: left, top, right, bottom.
type Place = [f64; 4];

/// A name of a circle, where it is written.
struct Etiquette<'a> {
    place: Place,
    nom: String,
    /// What is written under it.
    dessous: &'a str,
}

impl Etiquette<'_> {
    const BOLD: Look = Look { bold: true, color: Palette::INK, ..Look::SMALL };

    fn ground(&self, c: &Canvas<'_>) -> Result<()> {
        let [left, top, right, bottom] = self.place;
        c.rect(left - GROUND, top, right + GROUND, bottom, Palette::WHITE)
    }

    fn write(&self, c: &Canvas<'_>) -> Result<()> {
        let [left, top, ..] = self.place;
        c.text(left, top + 11.0, &self.nom, Self::BOLD, Anchor::Start)?;
        if self.dessous.is_empty() {
            return Ok(());
        }
        c.text(left, top + 24.0, self.dessous, Look::SMALL, Anchor::Start)
    }
}

/// A place for each name where nothing else stands and the fewest dots are hidden; a name with none is left out.
fn names<'a>(
    c: &Canvas<'_>,
    cercles: &[&'a Cercle],
    spots: &[(f64, f64, f64)],
    height: f64,
    dots: &[(f64, f64)],
) -> Vec<Etiquette<'a>> {
    let mut taken: Vec<Place> = spots.iter().map(|(x, y, r)| [x - r, y - r, x + r, y + r]).collect();
    let touches = |taken: &[Place], own: usize, p: &Place| {
        p[0] < 1.0
            || p[2] > WIDTH - 1.0
            || p[1] < KEY
            || p[3] > height - 1.0
            || taken
                .iter()
                .enumerate()
                .any(|(i, t)| i != own && p[0] < t[2] && t[0] < p[2] && p[1] < t[3] && t[1] < p[3])
    };
    // A dot that the ground of a name would cut is hidden too.
    let within = |at: f64, low: f64, high: f64| low - GROUND - DOT < at && at < high + GROUND + DOT;
    let hidden = |p: &Place| dots.iter().filter(|(x, y)| within(*x, p[0], p[2]) && within(*y, p[1], p[3])).count();
    let mut found = Vec::new();
    for (i, (m, (x, y, r))) in cercles.iter().zip(spots).enumerate() {
        let nom = shortened(c, &m.nom, Look::SMALL, 270.0);
        let wide = c.width(&nom, Etiquette::BOLD).max(c.width(&m.etiquette, Look::SMALL));
        let tall = if m.etiquette.is_empty() { 14.0 } else { 27.0 };
        let tries = [
            (x + r + 4.0, y - tall / 2.0),
            (x - r - 4.0 - wide, y - tall / 2.0),
            (x - wide / 2.0, y - r - 3.0 - tall),
            (x - wide / 2.0, y + r + 2.0),
            (x + r * 0.7 + 3.0, y - r - tall * 0.6),
            (x + r * 0.7 + 3.0, y + r * 0.6),
            (x - r * 0.7 - 3.0 - wide, y - r - tall * 0.6),
            (x - r * 0.7 - 3.0 - wide, y + r * 0.6),
        ];
        let place = tries
            .into_iter()
            .map(|(left, top)| [left, top, left + wide, top + tall])
            .filter(|place| !touches(&taken, i, place))
            .min_by_key(hidden);
        let Some(place) = place else { continue };
        taken.push(place);
        found.push(Etiquette { place, nom, dessous: &m.etiquette });
    }
    found
}
