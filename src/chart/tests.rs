//! Nothing overlaps, nothing leaves its picture: on 1, 9 and 60 territories, long names, zeros and nulls.

use super::*;

/// A text as it stands on the picture: left, top, right, bottom.
struct Texte {
    cadre: [f64; 4],
    mots: String,
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    tag[start..].split('"').next()
}

/// Texts of a picture, their widths measured as the page's substitute font would set them: DejaVu's own, which is wide.
fn texts(dessin: &Dessin) -> (Vec<Texte>, [f64; 2]) {
    let number = |tag: &str, name: &str| attribute(tag, name).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0);
    let view = attribute(&dessin.svg, "viewBox").unwrap_or_default();
    let size: Vec<f64> = view.split(' ').filter_map(|v| v.parse().ok()).collect();
    let mut found = Vec::new();
    for piece in dessin.svg.split("<text ").skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let mots = rest.split("</text>").next().unwrap_or("").trim().to_owned();
        let high = number(tag, "font-size");
        let wide = canvas::measured(&mots, high, tag.contains("font-weight=\"bold\""));
        let (x, y) = (number(tag, "x"), number(tag, "y"));
        let left = match attribute(tag, "text-anchor") {
            Some("middle") => x - wide / 2.0,
            Some("end") => x - wide,
            _ => x,
        };
        found.push(Texte { cadre: [left, y - high * 0.78, left + wide, y + high * 0.2], mots });
    }
    (found, [size[2], size[3]])
}

#[track_caller]
fn assert_readable(dessin: &Dessin) {
    let (texts, [width, height]) = texts(dessin);
    assert!(!texts.is_empty(), "{}", dessin.nom);
    for (i, t) in texts.iter().enumerate() {
        let [left, top, right, bottom] = t.cadre;
        assert!(
            left >= -1.0 && top >= -1.0 && right <= width + 1.0 && bottom <= height + 1.0,
            "{} : « {} » sort de l'image : {:?} dans {width} × {height}",
            dessin.nom,
            t.mots,
            t.cadre
        );
        for other in &texts[i + 1..] {
            let o = other.cadre;
            let over = left < o[2] - 1.0 && o[0] < right - 1.0 && top < o[3] - 1.0 && o[1] < bottom - 1.0;
            assert!(!over, "{} : « {} » touche « {} »", dessin.nom, t.mots, other.mots);
        }
    }
    assert!(!dessin.svg.contains("NaN") && !dessin.svg.contains("inf\""), "{}", dessin.nom);
}

fn name(i: usize) -> String {
    match i % 4 {
        0 => format!("CA {i}"),
        1 => format!("Communauté d'agglomération du Puy-en-Velay et de ses environs n° {i}"),
        2 => format!("Métropole {i}"),
        _ => format!("CC Bocage Bourbonnais et Sologne réunis {i}"),
    }
}

fn value(i: usize) -> Option<f64> {
    match i % 5 {
        0 => None,
        1 => Some(0.0),
        k => Some(0.09 * length(k) + length(i % 7) * 0.01),
    }
}

const LEGENDE: Legende<'_> = Legende { cle: "essai", titre: "Essai", alternative: "Essai" };

fn percent(x: f64) -> String {
    crate::format::target_percent(x)
}

#[test]
fn texts_of_every_chart_stand_apart_on_1_9_and_60_territories() {
    let law = Repere { valeur: 0.25, nom: "loi : 25 %".to_owned() };
    for n in [1, 9, 60] {
        let label = |i: usize| {
            value(i).map_or_else(|| "n.d.".to_owned(), |v| format!("{} (12 345 baux)", crate::format::percent(v)))
        };
        let barres: Vec<Barre> = (0..n)
            .map(|i| Barre { nom: name(i), valeur: value(i), etiquette: label(i), manquee: i % 2 == 0 })
            .collect();
        assert_readable(&bars(&LEGENDE, &barres, None).unwrap());
        assert_readable(&bars(&LEGENDE, &barres, Some(&law)).unwrap());
        let points: Vec<Point> = (0..n)
            .map(|i| Point { nom: name(i), valeur: value(i), etiquette: label(i), atteint: i % 2 == 0 })
            .collect();
        assert_readable(&dots(&LEGENDE, &points, &law, percent).unwrap());
        let ecarts: Vec<Ecart> = (0..n)
            .map(|i| Ecart {
                nom: name(i),
                valeur: i64::try_from(i).unwrap() * 37 % 211 - 100,
                etiquette: format!("il manque {i} baux"),
            })
            .collect();
        assert_readable(&gaps(&LEGENDE, &ecarts, "25 % hors QPV").unwrap());
        let rangs: Vec<Jumelles> = (0..n)
            .map(|i| Jumelles { nom: name(i), gauche: (value(i), label(i)), droite: (value(i + 2), label(i + 2)) })
            .collect();
        assert_readable(
            &twin_bars(&LEGENDE, ["Demandes pour une attribution", "Délai médian, en mois"], &rangs).unwrap(),
        );
        let paires: Vec<Paire> = (0..n)
            .map(|i| Paire { nom: name(i), gauche: (value(i), label(i)), droite: (value(i + 1), label(i + 1)) })
            .collect();
        assert_readable(&facing(&LEGENDE, ["Demandes actives", "Baux signés"], &paires).unwrap());
        let segments = [("1er quartile", true), ("2e", true), ("3e", false), ("4e", false), ("inconnu", false)]
            .map(|(nom, sombre)| Segment { nom: nom.to_owned(), couleur: Palette::BLUE, sombre });
        let piles: Vec<Pile> = (0..n)
            .map(|i| Pile {
                groupe: (i % 20 == 0).then(|| "Hors QPV".to_owned()),
                nom: name(i),
                parts: if i % 5 == 0 { vec![0.0; 5] } else { vec![0.2, 0.3, 0.011, 0.009, 0.48] },
                etiquette: "12 345 baux".to_owned(),
            })
            .collect();
        assert_readable(&stacked(&LEGENDE, &segments, &piles, crate::format::percent).unwrap());
        let vignettes: Vec<Vignette> = (0..n)
            .map(|i| Vignette {
                nom: name(i),
                valeurs: (0..12).map(|m| value(i + m)).collect(),
                etiquette: label(i),
                atteint: i % 2 == 0,
            })
            .collect();
        assert_readable(&small_multiples(&LEGENDE, &vignettes, &law).unwrap());
        let cercles: Vec<Cercle> = (0..n)
            .map(|i| Cercle {
                lieu: (2.0 + length(i % 8) * 0.17, 45.0 + length(i / 8) * 0.13),
                effectif: i64::try_from(i).unwrap() * 17,
                classe: value(i).map(|_| i % 2),
                nom: name(i),
                etiquette: label(i),
            })
            .collect();
        let classes = [("moins de 15 %", Palette::BLUE), ("25 % et plus, atteint", Palette::RED)]
            .map(|(nom, couleur)| Classe { nom: nom.to_owned(), couleur });
        let semis = (0..n * 9).map(|i| Semis { lieu: (2.0 + length(i) * 0.1, 45.1), classe: (i < n).then_some(0) });
        let mut carte = Carte { classes: classes.into(), cercles, ..Carte::default() };
        for semis in [Vec::new(), semis.collect()] {
            carte.semis = semis;
            for tallest in [MAP_HEIGHT, 380.0] {
                assert_readable(&map(&LEGENDE, &carte, tallest).unwrap().unwrap());
            }
        }
    }
}

#[test]
fn names_of_lines_that_end_together_stand_apart() {
    let months: Vec<String> = (1..=12).map(|m| format!("mois no {m}")).collect();
    let serie = |nom: &str, last: f64| Serie {
        nom: nom.to_owned(),
        valeurs: (0..12).map(|m| (m != 4).then(|| last * length(m) / 11.0)).collect(),
        couleur: Palette::BLUE,
        dessin: Trait::Plein,
    };
    let series = [
        serie("Dépôts", 100.0),
        serie("Radiations", 100.0),
        serie("Baux signés", 99.0),
        serie("Objectif", 0.0),
        serie("Nul", 0.0),
    ];
    assert_readable(&lines(&LEGENDE, &months, &series, |v| crate::format::decimal(v, 0)).unwrap());
    assert_readable(&lines(&LEGENDE, &months[..1], &series[3..4], |v| crate::format::decimal(v, 0)).unwrap());
}

#[test]
fn a_map_with_nowhere_to_draw_is_no_map() {
    assert!(map(&LEGENDE, &Carte::default(), MAP_HEIGHT).unwrap().is_none());
}

#[test]
fn pictures_are_named_by_what_they_hold() {
    let bar = |v| vec![Barre { nom: "T2".to_owned(), valeur: Some(v), etiquette: "1".to_owned(), manquee: false }];
    let (one, same, other) = (
        bars(&LEGENDE, &bar(1.0), None).unwrap(),
        bars(&LEGENDE, &bar(1.0), None).unwrap(),
        bars(&LEGENDE, &bar(0.0), None).unwrap(),
    );
    assert_eq!(one, same);
    assert_ne!(one.nom, other.nom);
    assert!(one.svg.contains(&format!("id=\"{}-desc\"", one.nom)));
}

/// The measure itself: a picture whose texts overlap is refused, and one whose text leaves it.
#[test]
fn overlapping_and_cut_texts_are_seen() {
    use canvas::{Anchor, Look, picture};
    let seen = |at: [(f64, f64); 2]| {
        let dessin = picture(&LEGENDE, 200.0, 60.0, |c| {
            c.text(at[0].0, at[0].1, "Premier", Look::LABEL, Anchor::Start)?;
            c.text(at[1].0, at[1].1, "Second", Look::LABEL, Anchor::Start)
        })
        .unwrap();
        std::panic::catch_unwind(|| assert_readable(&dessin)).is_err()
    };
    assert!(!seen([(5.0, 20.0), (5.0, 45.0)]));
    assert!(seen([(5.0, 20.0), (15.0, 24.0)]), "two texts one over the other");
    assert!(seen([(5.0, 20.0), (180.0, 45.0)]), "a text that leaves the picture");
}

#[test]
fn a_dot_has_the_colour_of_its_class_and_no_name_covers_a_circle() {
    let cercle = |x: f64| Cercle {
        lieu: (x, 45.0),
        effectif: 10,
        classe: Some(0),
        nom: format!("Communauté {x}"),
        etiquette: String::new(),
    };
    let carte = Carte {
        classes: vec![Classe { nom: "atteint".to_owned(), couleur: Palette::OCHRE }],
        semis: [Some(0), None, None].map(|classe| Semis { lieu: (2.5, 45.5), classe }).into(),
        cercles: vec![cercle(2.0), cercle(3.0)],
        ..Carte::default()
    };
    let svg = map(&LEGENDE, &carte, MAP_HEIGHT).unwrap().unwrap().svg;
    let dots = |colour: &str| svg.matches(&format!("r=\"20\" opacity=\"1\" fill=\"{colour}\"")).count();
    assert_eq!([dots("#A86A00"), dots("#8A929E")], [1, 2]);
    let (ground, disc) = (svg.rfind("fill=\"#FFFFFF\"").unwrap(), svg.find("r=\"300\"").unwrap());
    assert!(ground < disc, "the ground of every name comes before the circles");
}
