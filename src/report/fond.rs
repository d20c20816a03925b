//! Where territories are: the coordinates of communes, and their outlines where the project gives them.

use std::collections::BTreeMap;

use geojson::{GeoJson, GeometryValue};

use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::reference::{Geographie, csv_rows};

/// Outlines of communes, by code.
type Contours = BTreeMap<String, Vec<Vec<(f64, f64)>>>;

/// Where communes are: a point of each, and their outlines if the project gives them.
#[derive(Debug, Default)]
pub(super) struct Fond {
    points: BTreeMap<String, (f64, f64)>,
    contours: Contours,
}

/// Coordinates of communes, embedded.
const COORDINATES: &str = "reference/geographie/coordonnees.csv";
/// Properties under which a file of outlines may carry the code of a commune.
const CODES: [&str; 8] = ["code", "insee", "codgeo", "insee_com", "code_insee", "com", "code_commune", "codeinsee"];

impl Fond {
    /// Reads the coordinates, and the outlines that `bilan.toml` names.
    ///
    /// # Errors
    /// [`Error::Usage`] when the file of outlines cannot be read or holds no commune.
    pub(super) fn load(plan: &Plan, geographie: &Geographie) -> Result<Self> {
        let mut fond = Self::default();
        let kept = |code: &str| plan.holds(code);
        for row in csv_rows(&plan.resources(), COORDINATES, &["commune", "longitude", "latitude"])? {
            let [code, x, y] = row.as_slice() else { continue };
            if let Some(place) = x.parse().ok().zip(y.parse().ok()).filter(|_| kept(code)) {
                fond.points.insert(code.clone(), place);
            }
        }
        if let Some(file) = &plan.contours {
            let (outlines, _) = outlines(plan, file, geographie)?;
            for (code, rings) in outlines.into_iter().filter(|(code, _)| kept(code)) {
                fond.points.insert(code.clone(), centre(&rings));
                fond.contours.entry(code).or_default().extend(rings);
            }
        }
        fond.bring_closer();
        Ok(fond)
    }

    /// Overseas départements are drawn beside the mainland, as maps of France do, where both are in the perimeter.
    fn bring_closer(&mut self) {
        let overseas = |code: &str| OUTRE_MER.iter().find(|o| code.starts_with(o.departement));
        if self.points.keys().all(|code| overseas(code).is_some()) {
            return;
        }
        for (code, place) in &mut self.points {
            if let Some(o) = overseas(code) {
                *place = o.place(*place);
            }
        }
        for (code, rings) in &mut self.contours {
            if let Some(o) = overseas(code) {
                rings.iter_mut().flatten().for_each(|place| *place = o.place(*place));
            }
        }
    }

    /// Outlines of a commune, where the project gives them.
    pub(super) fn outlines(&self, commune: &str) -> Option<&Vec<Vec<(f64, f64)>>> {
        self.contours.get(commune)
    }

    /// The middle of the communes of a territory that have a place.
    pub(super) fn middle(&self, communes: &[String]) -> Option<(f64, f64)> {
        let places: Vec<(f64, f64)> = communes.iter().filter_map(|c| self.points.get(c)).copied().collect();
        if places.is_empty() {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a territory has few communes")]
        let n = places.len() as f64;
        Some((places.iter().map(|p| p.0).sum::<f64>() / n, places.iter().map(|p| p.1).sum::<f64>() / n))
    }
}

/// Where an overseas département is drawn, and at which scale.
struct OutreMer {
    departement: &'static str,
    centre: (f64, f64),
    dessin: (f64, f64),
    echelle: f64,
}

/// In a column west of Brittany, from north to south.
const OUTRE_MER: [OutreMer; 5] = [
    OutreMer { departement: "971", centre: (-61.5, 16.2), dessin: (-7.2, 50.2), echelle: 1.4 },
    OutreMer { departement: "972", centre: (-61.0, 14.65), dessin: (-7.2, 48.7), echelle: 1.4 },
    OutreMer { departement: "973", centre: (-53.1, 4.0), dessin: (-7.2, 47.0), echelle: 0.3 },
    OutreMer { departement: "974", centre: (55.53, -21.13), dessin: (-7.2, 45.3), echelle: 1.4 },
    OutreMer { departement: "976", centre: (45.15, -12.82), dessin: (-7.2, 43.9), echelle: 1.6 },
];

impl OutreMer {
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (dx, dy) = (x - self.centre.0, y - self.centre.1);
        (self.dessin.0 + dx * self.echelle, self.dessin.1 + dy * self.echelle)
    }
}

/// Middle of the box around the first outline.
fn centre(rings: &[Vec<(f64, f64)>]) -> (f64, f64) {
    let points = || rings.iter().flatten();
    let bound = |of: fn(&(f64, f64)) -> f64| {
        let (low, high) = points().map(of).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        f64::midpoint(low, high)
    };
    (bound(|p| p.0), bound(|p| p.1))
}

/// Reads the outlines that `bilan.toml` names, if it does, so that a wrong file stops a run before it begins; what the map will
/// not show.
///
/// # Errors
/// [`Error::Usage`].
pub fn check_outlines(plan: &Plan, geographie: &Geographie) -> Result<Vec<Diagnostic>> {
    let Some(file) = &plan.contours else { return Ok(Vec::new()) };
    let (outlines, unknown) = outlines(plan, file, geographie)?;
    let kept = |code: &str| plan.communes.as_ref().is_none_or(|set| set.contains(code));
    let missing: Vec<&str> =
        geographie.communes().map(|c| c.code.as_str()).filter(|c| kept(c) && !outlines.contains_key(*c)).collect();
    let note = |(one, many): (&str, &str), n: usize, what: String, aide: &str| {
        let counted = format::count(i64::try_from(n).unwrap_or(i64::MAX), one, many);
        Diagnostic::anomalie("B0308", format!("contours « {file} » : {counted} sans {what}"), aide)
    };
    let entities = unknown.first().map(|first| {
        note(
            ("entité", "entités"),
            unknown.len(),
            format!("contour ou sans commune connue, la première au rang {first}"),
            "elles ne sont pas dessinées ; donnez à chacune le code Insee de sa commune (propriété « code »)",
        )
    });
    let communes = missing.first().map(|first| {
        note(
            ("commune du périmètre", "communes du périmètre"),
            missing.len(),
            format!("contour, la première {first}"),
            "la carte ne les montre pas ; complétez le fichier, ou prenez celui de l'année du code officiel géographique",
        )
    });
    Ok(entities.into_iter().chain(communes).collect())
}

/// Outlines by commune, and the places, from 1, of the entities that give none.
fn outlines(plan: &Plan, file: &str, geographie: &Geographie) -> Result<(Contours, Vec<usize>)> {
    let refused = |reason: String| {
        Error::usage(
            "B0009",
            format!("contours « {file} » : {reason}"),
            "donnez un fichier GeoJSON de communes en longitude et latitude, dont chaque entité porte son code Insee",
        )
    };
    let text = std::fs::read_to_string(plan.racine.join(file)).map_err(|e| refused(crate::error::io_reason(&e)))?;
    let parsed: GeoJson = text.parse().map_err(|_| refused("ce n'est pas du GeoJSON".to_owned()))?;
    let GeoJson::FeatureCollection(collection) = parsed else {
        return Err(refused("une collection d'entités (FeatureCollection) est attendue".to_owned()));
    };
    let (mut found, mut unknown) = (Contours::new(), Vec::new());
    for (rank, feature) in (1..).zip(&collection.features) {
        let properties = feature.properties.iter().flatten();
        let code =
            properties.filter(|(name, _)| CODES.contains(&name.to_lowercase().as_str())).find_map(|(_, value)| {
                value.as_str().map(str::to_owned).or_else(|| Some(format!("{:05}", value.as_u64()?)))
            });
        let mut rings = Vec::new();
        if let Some(geometry) = &feature.geometry {
            rings_of(&geometry.value, &mut rings);
        }
        match code.and_then(|c| geographie.resolve(&c)) {
            Some((commune, _)) if !rings.is_empty() => found.entry(commune.code.clone()).or_default().extend(rings),
            _ => unknown.push(rank),
        }
    }
    if found.is_empty() {
        return Err(refused("aucune commune connue n'y a de contour".to_owned()));
    }
    let projected = found.values().flatten().flatten().any(|(x, y)| x.abs() > 180.0 || y.abs() > 90.0);
    if projected {
        return Err(refused("les coordonnées ne sont pas des degrés".to_owned()));
    }
    Ok((found, unknown))
}

fn rings_of(value: &GeometryValue, rings: &mut Vec<Vec<(f64, f64)>>) {
    // The first ring of a polygon is its outline; the others are its holes, where other communes are drawn over it.
    let mut outline = |polygon: &[Vec<geojson::Position>]| {
        let points = polygon.first().into_iter().flatten();
        let ring: Vec<(f64, f64)> =
            points.filter_map(|p| Some((*p.as_slice().first()?, *p.as_slice().get(1)?))).collect();
        if ring.len() > 2 {
            rings.push(ring);
        }
    };
    match value {
        GeometryValue::Polygon { coordinates } => outline(coordinates),
        GeometryValue::MultiPolygon { coordinates } => coordinates.iter().for_each(|polygon| outline(polygon)),
        GeometryValue::GeometryCollection { geometries } => {
            for geometry in geometries {
                rings_of(&geometry.value, rings);
            }
        }
        _ => {}
    }
}
