//! Maps of the review: areas where the project gives the outlines of communes, circles at reference coordinates otherwise.

use std::collections::BTreeMap;

use geojson::{GeoJson, GeometryValue};

use super::donnees::{Donnees, Lieu};
use super::revue::{Cellule, Contexte, Figure, Natif, Tableau};
use crate::chart::{self, Aire, Cercle, Classe, Legende, Palette};
use crate::diagnostic::Diagnostic;
use crate::error::{Error, Result};
use crate::format;
use crate::project::Plan;
use crate::reference::{Geographie, csv_rows};

/// Where communes are: a point of each, and their outlines if the project gives them.
#[derive(Debug, Default)]
pub(super) struct Fond {
    points: BTreeMap<String, (f64, f64)>,
    contours: BTreeMap<String, Vec<Vec<(f64, f64)>>>,
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
        let kept = |code: &str| plan.communes.as_ref().is_none_or(|set| set.contains(code));
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

    /// The middle of the communes of a territory that have a place.
    fn middle(&self, communes: &[String]) -> Option<(f64, f64)> {
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

type Contours = BTreeMap<String, Vec<Vec<(f64, f64)>>>;

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

/// Classes that the State's services draw of the rule of 25 %: below 15, to 20, to 25, and reached.
const Q1_CLASSES: [(&str, f64); 4] =
    [("moins de 15 %", 0.0), ("15 à 20 %", 0.15), ("20 à 25 %", 0.20), ("25 % et plus : atteint", 0.25)];

fn classes(names: &[&str]) -> Vec<Classe> {
    let [dark, mid, light, pale] = Palette::QUARTILES;
    names
        .iter()
        .zip([pale, light, mid, dark])
        .map(|(nom, couleur)| Classe { nom: (*nom).to_owned(), couleur })
        .collect()
}

/// Areas of every EPCI in the colour of its class; empty without outlines.
fn areas(c: &Contexte<'_>, class: &dyn Fn(&str) -> Option<usize>) -> Vec<Aire> {
    let communes = |epci: &str| c.donnees.communes.get(epci).cloned().unwrap_or_default();
    let lieux = if c.lieu.is_territoire() { c.donnees.epci() } else { vec![c.lieu.clone()] };
    let mut aires: Vec<Aire> = lieux
        .iter()
        .flat_map(|epci| communes(&epci.code).into_iter().map(move |commune| (epci.code.clone(), commune)))
        .filter_map(|(epci, commune)| {
            Some(Aire { contours: c.fond.contours.get(&commune)?.clone(), classe: class(&epci) })
        })
        .collect();
    // The widest first: a commune enclosed in another stands over it.
    let extent = |aire: &Aire| {
        let points = || aire.contours.iter().flatten();
        let side = |of: fn(&(f64, f64)) -> f64| {
            points().map(of).fold(f64::MIN, f64::max) - points().map(of).fold(f64::MAX, f64::min)
        };
        side(|p| p.0) * side(|p| p.1)
    };
    aires.sort_by(|a, b| extent(b).total_cmp(&extent(a)));
    aires
}

/// The rule outside priority neighbourhoods on the map: the share in the State's classes, the leases as circles.
pub(super) fn q1(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let legal = |v: &&super::Verdict| v.regle == "q1_hors_qpv" && v.base == "loi" && v.resultat.is_some();
    let judged: Vec<&super::Verdict> = c.donnees.verdicts_of(c.lieu).iter().filter(legal).collect();
    if judged.len() < 2 {
        return Ok(None);
    }
    let class = |share: f64| Q1_CLASSES.iter().rposition(|(_, floor)| share >= *floor);
    let of = |epci: &str| judged.iter().find(|v| v.epci == epci).and_then(|v| class(v.resultat?));
    let communes = |epci: &str| c.donnees.communes.get(epci).map_or(&[][..], Vec::as_slice);
    let cercles: Vec<Cercle> = judged
        .iter()
        .filter_map(|v| {
            Some(Cercle {
                lieu: c.fond.middle(communes(&v.epci))?,
                effectif: v.denominateur.unwrap_or(0),
                classe: class(v.resultat?),
                nom: v.libelle.clone(),
                etiquette: v.shown_result(),
            })
        })
        .collect();
    let reached = judged.iter().filter(|v| class(v.resultat.unwrap_or(0.0)) == Some(3)).count();
    let low = judged.iter().filter(|v| class(v.resultat.unwrap_or(0.0)) == Some(0)).count();
    let titre = match (reached, low) {
        (0, 0) => "Tous les EPCI sont entre 15 et 25 % hors QPV".to_owned(),
        (r, 0) => format!("{} à 25 % ou plus, aucun sous 15 % hors QPV", epci_words(r)),
        (0, l) => format!("{} sous 15 % hors QPV, aucun à 25 %", epci_words(l)),
        (r, l) => format!("{} à 25 % ou plus, {} sous 15 % hors QPV", epci_words(r), epci_words(l)),
    };
    let lignes = judged
        .iter()
        .map(|v| {
            let class = v.resultat.and_then(class).map_or("", |k| Q1_CLASSES[k].0);
            vec![
                Cellule::texte(&v.libelle),
                Cellule::Nombre(v.denominateur),
                Cellule::Part(v.resultat),
                Cellule::texte(class),
            ]
        })
        .collect();
    let tableau = Tableau::new("Classe de chaque EPCI", &["EPCI", "Baux hors QPV#", "Part#", "Classe"], lignes);
    draw(
        "carte-q1",
        titre,
        tableau,
        Carte {
            classes: classes(&Q1_CLASSES.map(|(nom, _)| nom)),
            aires: areas(c, &of),
            cercles,
            sous_titre: format!(
                "Part des baux signés en {} hors QPV au premier quartile ou à des ménages relogés, par EPCI",
                c.donnees.plan.millesime
            ),
            lecture: "la surface d'un cercle est le nombre de baux hors QPV",
            champ: "EPCI de l'arrêté de l'année ; attributions à des ménages suivies d'un bail signé hors QPV",
            source: "fichier des attributions et registre de la demande ; classes des services de l'État",
        },
    )
}

fn epci_words(n: usize) -> String {
    format!("{n} EPCI")
}

/// Classes of tension of the maps: a choice of this program, no text sets any.
const TENSION_CLASSES: [(&str, f64); 4] = [("moins de 2", 0.0), ("2 à 4", 2.0), ("4 à 8", 4.0), ("8 et plus", 8.0)];

fn tension_class(value: Option<f64>) -> Option<usize> {
    value.and_then(|t| TENSION_CLASSES.iter().rposition(|(_, floor)| t >= *floor))
}

/// Demands of each EPCI as circles, in classes of tension.
pub(super) fn demandes(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let lieux = c.donnees.epci();
    if lieux.len() < 2 {
        return Ok(None);
    }
    circles(
        c,
        "carte-demandes",
        &lieux,
        &|lieu| c.donnees.communes.get(&lieu.code).and_then(|list| c.fond.middle(list)),
        "EPCI",
    )
}

/// Demands of each commune of an EPCI as circles, in classes of tension.
pub(super) fn communes(c: &Contexte<'_>) -> Result<Option<Figure>> {
    if c.lieu.is_territoire() {
        return Ok(None);
    }
    let codes = c.donnees.communes.get(&c.lieu.code).cloned().unwrap_or_default();
    let lieux: Vec<Lieu> =
        codes.into_iter().map(|code| Lieu { niveau: "commune".to_owned(), code, libelle: String::new() }).collect();
    if lieux.len() < 2 {
        return Ok(None);
    }
    circles(c, "carte-communes", &lieux, &|lieu| c.fond.points.get(&lieu.code).copied(), "Commune")
}

/// Name, demands, leases and tension of a place.
type Tension = (String, i64, Option<i64>, Option<f64>);

fn circles(
    c: &Contexte<'_>,
    cle: &'static str,
    lieux: &[Lieu],
    place: &dyn Fn(&Lieu) -> Option<(f64, f64)>,
    what: &'static str,
) -> Result<Option<Figure>> {
    let tension = |donnees: &Donnees<'_>, lieu: &Lieu| {
        let row = donnees.row(
            "tension",
            lieu,
            &[("population", "ensemble"), ("typologie", "ensemble"), ("categorie", "ensemble")],
        )?;
        Some((row.text("libelle").to_owned(), row.int("demandes")?, row.int("attributions"), row.real("tension")))
    };
    let mut rows: Vec<(&Lieu, Tension)> = lieux
        .iter()
        .filter_map(|lieu| Some((lieu, tension(c.donnees, lieu)?)))
        .filter(|(_, (_, demandes, ..))| *demandes > 0)
        .collect();
    if rows.len() < 2 {
        return Ok(None);
    }
    rows.sort_by(|a, b| b.1.1.cmp(&a.1.1).then_with(|| a.0.code.cmp(&b.0.code)));
    let all: i64 = rows.iter().map(|(_, r)| r.1).sum();
    let cercles: Vec<Cercle> = rows
        .iter()
        .filter_map(|(lieu, (nom, demandes, _, t))| {
            Some(Cercle {
                lieu: place(lieu)?,
                effectif: *demandes,
                classe: tension_class(*t),
                nom: nom.clone(),
                etiquette: format::count(*demandes, "demande", "demandes"),
            })
        })
        .collect();
    if cercles.is_empty() {
        return Ok(None);
    }
    let absent = rows.len() - cercles.len();
    #[expect(clippy::cast_precision_loss, reason = "counts of demands are far below 2^52")]
    let share = rows[0].1.1 as f64 / all as f64;
    let titre = format!("{} reçoit {} des demandes", rows[0].1.0, format::percent(share));
    let lignes = rows
        .iter()
        .map(|(_, (nom, demandes, baux, t))| {
            vec![Cellule::texte(nom), Cellule::Nombre(Some(*demandes)), Cellule::Nombre(*baux), Cellule::Decimal(*t)]
        })
        .collect();
    let tableau =
        Tableau::new("Demandes, baux et tension", &[what, "Demandes actives#", "Baux signés#", "Tension#"], lignes);
    let class_of = |epci: &str| {
        let lieu = Lieu { niveau: "epci".to_owned(), code: epci.to_owned(), libelle: String::new() };
        tension_class(tension(c.donnees, &lieu).and_then(|r| r.3))
    };
    let lost = match absent {
        0 => String::new(),
        1 => " ; une commune sans coordonnées connues n'y figure pas".to_owned(),
        n => format!(" ; {n} communes sans coordonnées connues n'y figurent pas"),
    };
    let names = TENSION_CLASSES.map(|(nom, _)| nom);
    let mut shown = classes(&names);
    if let Some(first) = shown.first_mut() {
        first.nom = format!("{} demandes pour une attribution", first.nom);
    }
    draw(
        cle,
        titre,
        tableau,
        Carte {
            classes: shown,
            aires: if c.lieu.is_territoire() { areas(c, &class_of) } else { areas(c, &|_| None) },
            cercles,
            sous_titre: format!(
                "Demandes actives au 31 décembre {0}, et tension de {0}, par {1}{lost}",
                c.donnees.plan.millesime,
                if what == "EPCI" { "EPCI" } else { "commune" }
            ),
            lecture: "la surface d'un cercle est le nombre de demandes ; en gris, aucune attribution dans l'année",
            champ: "demandes de ménages, au premier choix de commune",
            source: "registre de la demande, fichier des attributions ; coordonnées GeoNames",
        },
    )
}

/// What a map is drawn from, and what is said of it.
struct Carte {
    classes: Vec<Classe>,
    aires: Vec<Aire>,
    cercles: Vec<Cercle>,
    sous_titre: String,
    lecture: &'static str,
    champ: &'static str,
    source: &'static str,
}

fn draw(cle: &'static str, titre: String, tableau: Tableau, carte: Carte) -> Result<Option<Figure>> {
    let kind = if carte.aires.is_empty() { "Carte en cercles" } else { "Carte" };
    let alternative = super::revue::alternative(kind, &titre, &tableau);
    let legende = Legende { cle, titre: &titre, alternative: &alternative };
    Ok(chart::map(&legende, &carte.classes, &carte.aires, &carte.cercles)?.map(|dessin| Figure {
        cle,
        titre,
        sous_titre: carte.sous_titre,
        dessin,
        lecture: carte.lecture.to_owned(),
        champ: carte.champ.to_owned(),
        source: carte.source.to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))
}
