//! Maps of the review: areas where the project gives the outlines of communes, circles at reference coordinates otherwise.

use super::{Cellule, Contexte, Figure, Natif, TOUT, Tableau, alternative};
use crate::chart::{self, Aire, Cercle, Classe, Legende, Palette};
use crate::error::Result;
use crate::format;
use crate::report::Verdict;
use crate::report::donnees::{Donnees, Lieu};

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
    let mut aires: Vec<Aire> = c
        .epci()
        .iter()
        .flat_map(|epci| communes(&epci.code).into_iter().map(move |commune| (epci.code.clone(), commune)))
        .filter_map(|(epci, commune)| Some(Aire { contours: c.fond.outlines(&commune)?.clone(), classe: class(&epci) }))
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
pub(in crate::report) fn q1(c: &Contexte<'_>) -> Result<Option<Figure>> {
    let legal = |v: &&Verdict| v.regle == "q1_hors_qpv" && v.base == "loi" && v.resultat.is_some();
    let judged: Vec<&Verdict> = c.donnees.verdicts_of(c.lieu).iter().filter(legal).collect();
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
        c,
        "carte-q1",
        titre,
        tableau,
        Carte {
            classes: classes(&Q1_CLASSES.map(|(nom, _)| nom)),
            aires: areas(c, &of),
            cercles,
            sous_titre: format!(
                "Part des baux signés en {} hors QPV au premier quartile ou à des ménages relogés, par EPCI{lost}",
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
    let lieux = &c.donnees.epci;
    if lieux.len() < 2 {
        return Ok(None);
    }
    circles(
        c,
        "carte-demandes",
        lieux,
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
    circles(c, "carte-communes", &lieux, &|lieu| c.fond.middle(std::slice::from_ref(&lieu.code)), "Commune")
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
        let row = donnees.row("tension", lieu, &TOUT)?;
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
    let lost = lost(absent, if what == "EPCI" { ("un EPCI", "EPCI") } else { ("une commune", "communes") });
    let names = TENSION_CLASSES.map(|(nom, _)| nom);
    let mut shown = classes(&names);
    if let Some(first) = shown.first_mut() {
        first.nom = format!("{} demandes pour une attribution", first.nom);
    }
    draw(
        c,
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

/// What a map says of the places that it cannot show.
fn lost(absent: usize, (one, many): (&str, &str)) -> String {
    match absent {
        0 => String::new(),
        1 => format!(" ; {one} sans coordonnées connues n'y figure pas"),
        n => format!(" ; {n} {many} sans coordonnées connues n'y figurent pas"),
    }
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

fn draw(c: &Contexte<'_>, cle: &'static str, titre: String, tableau: Tableau, carte: Carte) -> Result<Option<Figure>> {
    let kind = if carte.aires.is_empty() { "Carte en cercles" } else { "Carte" };
    let alternative = alternative(kind, &titre, &tableau);
    let legende = Legende { cle, titre: &titre, alternative: &alternative };
    Ok(chart::map(&legende, &carte.classes, &carte.aires, &carte.cercles, c.cadre.carte)?.map(|dessin| Figure {
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
