//! Maps of the review: areas where the project gives the outlines of communes, circles at reference coordinates otherwise.

use std::collections::BTreeMap;

use super::{Cellule, Contexte, Figure, Natif, TOUT, Tableau, alternative};
use crate::chart::{self, Aire, Cercle, Classe, Legende, Palette, Semis};
use crate::error::Result;
use crate::format;
use crate::project::Plan;
use crate::report::Verdict;
use crate::report::donnees::Lieu;
use crate::report::fond::Fond;

/// What a map is of.
#[derive(Clone, Copy)]
pub(in crate::report) struct Etendue<'a> {
    pub fond: &'a Fond,
    /// Communes of each EPCI, those of the perimeter.
    pub communes: &'a BTreeMap<String, Vec<String>>,
    /// EPCI whose communes are drawn.
    pub epci: &'a [String],
    /// Height of the picture.
    pub hauteur: f64,
    pub plan: &'a Plan,
}

impl Etendue<'_> {
    fn communes(&self, epci: &str) -> &[String] {
        self.communes.get(epci).map_or(&[], Vec::as_slice)
    }

    /// Areas of every EPCI in the colour of its class; empty without outlines.
    fn areas(&self, class: &dyn Fn(&str) -> Option<usize>) -> Vec<Aire> {
        let mut aires: Vec<Aire> = self
            .epci
            .iter()
            .flat_map(|epci| self.communes(epci).iter().map(move |commune| (epci, commune)))
            .filter_map(|(epci, commune)| {
                Some(Aire { contours: self.fond.outlines(commune)?.clone(), classe: class(epci) })
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

    /// A map of `cercles`: over the areas of every EPCI in the colour of its class, else over a dot for each commune that has no
    /// circle, which show the shape of its EPCI. Of more communes than [`SEMIS`] the circles alone do. `shown` is the class of an
    /// EPCI that the map is about; of another it has no dot.
    fn map(
        &self,
        classes: Vec<Classe>,
        cercles: Vec<Cercle>,
        shown: &dyn Fn(&str) -> Option<Option<usize>>,
    ) -> chart::Carte {
        let aires = self.areas(&|epci| shown(epci).flatten());
        let mut semis = Vec::new();
        if aires.is_empty() && self.epci.iter().map(|epci| self.communes(epci).len()).sum::<usize>() <= SEMIS {
            for (epci, classe) in self.epci.iter().filter_map(|epci| Some((epci, shown(epci)?))) {
                let places = self.communes(epci).iter().filter_map(|c| self.fond.middle(std::slice::from_ref(c)));
                let free = places.filter(|lieu| cercles.iter().all(|cercle| cercle.lieu != *lieu));
                semis.extend(free.map(|lieu| Semis { lieu, classe }));
            }
        }
        chart::Carte { classes, aires, semis, cercles }
    }
}

/// What a dot is, on a map of EPCI and on one of communes.
const POINTS: [&str; 2] = [
    "chaque point est une commune aux coordonnées connues, de la couleur de son EPCI",
    "les points sont les autres communes aux coordonnées connues",
];

/// Communes that a map shows as dots at most: those of a few départements.
const SEMIS: usize = 2_000;

impl Contexte<'_> {
    /// Draws `work` over this territory.
    fn mapped<T>(&self, work: impl FnOnce(Etendue<'_>) -> T) -> T {
        let epci: Vec<String> = self.epci().iter().map(|lieu| lieu.code.clone()).collect();
        work(Etendue {
            fond: self.fond,
            communes: &self.donnees.communes,
            epci: &epci,
            hauteur: self.cadre.carte,
            plan: self.donnees.plan,
        })
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

/// The rule outside priority neighbourhoods on the map of a territory.
pub(in crate::report) fn q1(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let judged = c.judged();
    c.mapped(|etendue| rule(etendue, &judged))
}

/// The rule outside priority neighbourhoods on the map: the share in the State's classes, the leases as circles.
pub(in crate::report) fn rule(etendue: Etendue<'_>, verdicts: &[&Verdict]) -> Result<Option<Figure>> {
    let judged: Vec<&Verdict> = verdicts.iter().copied().filter(|v| v.is_legal_q1() && v.resultat.is_some()).collect();
    if judged.len() < 2 {
        return Ok(None);
    }
    let class = |share: f64| Q1_CLASSES.iter().rposition(|(_, floor)| share >= *floor);
    let of = |epci: &str| judged.iter().find(|v| v.epci == epci).map(|v| v.resultat.and_then(class));
    let cercles: Vec<Cercle> = judged
        .iter()
        .filter_map(|v| {
            Some(Cercle {
                lieu: etendue.fond.middle(etendue.communes(&v.epci))?,
                effectif: v.denominateur.unwrap_or(0),
                classe: class(v.resultat?),
                nom: v.libelle.clone(),
                etiquette: v.shown_result(),
            })
        })
        .collect();
    let lost = lost(judged.len() - cercles.len(), ("un EPCI", "EPCI"));
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
        etendue.hauteur,
        "carte-q1",
        titre,
        tableau,
        Commentee {
            carte: etendue.map(classes(&Q1_CLASSES.map(|(nom, _)| nom)), cercles, &of),
            sous_titre: format!(
                "Part des baux signés en {} hors QPV au premier quartile ou à des ménages relogés, par EPCI{lost}",
                etendue.plan.millesime
            ),
            lecture: "la surface d'un cercle est le nombre de baux hors QPV",
            points: POINTS[0],
            champ: "EPCI de l'arrêté de l'année ; attributions à des ménages suivies d'un bail signé hors QPV",
            source: "fichier des attributions et registre de la demande ; classes des services de l'État ; coordonnées GeoNames",
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

/// A place of a map of tension.
pub(in crate::report) struct Place {
    /// Code of the EPCI or the commune.
    pub code: String,
    pub nom: String,
    pub demandes: i64,
    pub baux: Option<i64>,
    pub tension: Option<f64>,
}

/// Demands of each EPCI as circles, in classes of tension.
pub(super) fn demandes(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let places = places(c, c.epci());
    c.mapped(|etendue| tension(etendue, places, None, true))
}

/// Demands of each commune of an EPCI as circles, in classes of tension.
pub(super) fn communes(c: &Contexte<'_>) -> Result<Option<Figure>> {
    if !c.lieu.is_epci() {
        return Ok(None);
    }
    let codes = c.donnees.communes.get(&c.lieu.code).cloned().unwrap_or_default();
    let lieux: Vec<Lieu> = codes.iter().map(|code| Lieu::commune(code)).collect();
    let places = places(c, &lieux);
    c.mapped(|etendue| tension(etendue, places, None, false))
}

fn places(c: &Contexte<'_>, lieux: &[Lieu]) -> Vec<Place> {
    let place = |lieu: &Lieu| {
        let row = c.donnees.row("tension", lieu, &TOUT)?;
        Some(Place {
            code: lieu.code.clone(),
            nom: row.text("libelle").to_owned(),
            demandes: row.int("demandes")?,
            baux: row.int("attributions"),
            tension: row.real("tension"),
        })
    };
    lieux.iter().filter_map(place).collect()
}

/// Demands as circles in classes of tension, of EPCI or of the communes of one; `whole` is how many there are in all, where these
/// are not all.
pub(in crate::report) fn tension(
    etendue: Etendue<'_>,
    mut places: Vec<Place>,
    whole: Option<i64>,
    by_epci: bool,
) -> Result<Option<Figure>> {
    places.retain(|place| place.demandes > 0);
    if places.len() < 2 {
        return Ok(None);
    }
    places.sort_by(|a, b| b.demandes.cmp(&a.demandes).then_with(|| a.code.cmp(&b.code)));
    let all = whole.unwrap_or_else(|| places.iter().map(|place| place.demandes).sum());
    let middle = |code: &String| {
        if by_epci {
            etendue.fond.middle(etendue.communes(code))
        } else {
            etendue.fond.middle(std::slice::from_ref(code))
        }
    };
    let cercles: Vec<Cercle> = places
        .iter()
        .filter_map(|place| {
            Some(Cercle {
                lieu: middle(&place.code)?,
                effectif: place.demandes,
                classe: tension_class(place.tension),
                nom: place.nom.clone(),
                etiquette: format::count(place.demandes, "demande", "demandes"),
            })
        })
        .collect();
    if cercles.is_empty() {
        return Ok(None);
    }
    let absent = places.len() - cercles.len();
    #[expect(clippy::cast_precision_loss, reason = "counts of demands are far below 2^52")]
    let share = places[0].demandes as f64 / all as f64;
    let titre = format!("{} reçoit {} des demandes", places[0].nom, format::percent(share));
    let lignes = places
        .iter()
        .map(|place| {
            vec![
                Cellule::texte(&place.nom),
                Cellule::Nombre(Some(place.demandes)),
                Cellule::Nombre(place.baux),
                Cellule::Decimal(place.tension),
            ]
        })
        .collect();
    let (cle, what, level, names) = if by_epci {
        ("carte-demandes", "EPCI", "EPCI", ("un EPCI", "EPCI"))
    } else {
        ("carte-communes", "Commune", "commune", ("une commune", "communes"))
    };
    let tableau =
        Tableau::new("Demandes, baux et tension", &[what, "Demandes actives#", "Baux signés#", "Tension#"], lignes);
    let class_of = |epci: &str| {
        if !by_epci {
            return Some(None);
        }
        places.iter().find(|place| place.code == epci).map(|place| tension_class(place.tension))
    };
    let mut shown = classes(&TENSION_CLASSES.map(|(nom, _)| nom));
    if let Some(first) = shown.first_mut() {
        first.nom = format!("{} demandes pour une attribution", first.nom);
    }
    draw(
        etendue.hauteur,
        cle,
        titre,
        tableau,
        Commentee {
            carte: etendue.map(shown, cercles, &class_of),
            sous_titre: format!(
                "Demandes actives au {}, et tension de {}, par {level}{}",
                etendue.plan.jour_des_demandes(),
                etendue.plan.millesime,
                lost(absent, names)
            ),
            lecture: "la surface d'un cercle est le nombre de demandes ; un cercle gris, aucune attribution dans l'année",
            points: POINTS[usize::from(!by_epci)],
            champ: "demandes de ménages, au premier choix de commune",
            source: "registre de la demande, fichier des attributions ; coordonnées GeoNames",
        },
    )
}

/// What a map says of the places that it cannot show.
fn lost(absent: usize, (one, many): (&str, &str)) -> String {
    match absent {
        0 => String::new(),
        1 => format!(" ; {one} sans coordonnées connues n'y figure pas"),
        n => format!(" ; {n} {many} sans coordonnées connues n'y figurent pas"),
    }
}

/// A map and what is said of it.
struct Commentee {
    carte: chart::Carte,
    sous_titre: String,
    lecture: &'static str,
    /// What its dots are, where it has some.
    points: &'static str,
    champ: &'static str,
    source: &'static str,
}

fn draw(hauteur: f64, cle: &'static str, titre: String, tableau: Tableau, told: Commentee) -> Result<Option<Figure>> {
    let Commentee { carte, .. } = &told;
    let kind = if carte.aires.is_empty() { "Carte en cercles" } else { "Carte" };
    let alternative = alternative(kind, &titre, &tableau);
    let legende = Legende { cle, titre: &titre, alternative: &alternative };
    let lecture = match carte.semis.as_slice() {
        [] => told.lecture.to_owned(),
        _ => format!("{} ; {}", told.lecture, told.points),
    };
    Ok(chart::map(&legende, carte, hauteur)?.map(|dessin| Figure {
        cle,
        titre,
        sous_titre: told.sous_titre,
        dessin,
        lecture,
        champ: told.champ.to_owned(),
        source: told.source.to_owned(),
        natif: Some(Natif::Barres(vec![1])),
        tableau,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_says_which_places_it_cannot_show() {
        let (epci, communes) = (("un EPCI", "EPCI"), ("une commune", "communes"));
        assert_eq!(lost(0, epci), "");
        assert_eq!(lost(1, epci), " ; un EPCI sans coordonnées connues n'y figure pas");
        assert_eq!(lost(2, epci), " ; 2 EPCI sans coordonnées connues n'y figurent pas");
        assert_eq!(lost(3, communes), " ; 3 communes sans coordonnées connues n'y figurent pas");
    }
}
