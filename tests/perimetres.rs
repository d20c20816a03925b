//! The review of other perimeters than the demonstration's: one that lacks everything, a large one, one outside the order, one
//! with outlines; and what rendering again writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use crate::lecteurs::{self, breakable, pdf_text, plurals_below_two, squeezed, tables, unescaped};

use crate::commun::{self, Projet, astray};

const CLERMONT: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n";

fn source(schema: &str) -> String {
    format!("\n[[source]]\nschema = \"{schema}\"\nfichiers = [\"{schema}.csv\"]\n")
}

/// Nothing at all, one lease alone, no stock, no neighbourhood, no convention: every document is made, and each absent
/// chapter says why.
#[test]
fn a_territory_that_lacks_everything_says_so() {
    let projet = Projet::new(CLERMONT, &[]);
    projet.run(2, true);
    let page = projet.text("epci/246300701.html");
    for why in [
        "Le répertoire des logements locatifs sociaux (RPLS) n'est pas fourni",
        "Le registre de la demande n'est pas fourni",
        "Le fichier des attributions n'est pas fourni",
        "Aucun objectif de convention",
        "Les événements du processus",
        "Aucune programmation de logements",
        "Délai anormalement long",
        "Aucun fichier n'a été lu",
    ] {
        assert!(unescaped(&page).contains(why), "{why}");
    }
    assert!(!page.contains("<svg"), "nothing to draw");
    for file in [
        "pdf/246300701.pdf",
        "pdf/246300701-diaporama.pdf",
        "classeurs/246300701.xlsx",
        "pdf/territoire.pdf",
        "bilan.xlsx",
    ] {
        assert!(projet.path().join("sortie").join(file).is_file(), "{file}");
    }

    let toml = format!("{CLERMONT}{}", source("attributions"));
    let lease = "numero_unique;date_depot;date_bail;bailleur;commune;typologie;qpv;ressources_mensuelles;nb_personnes\nA1;2024-03-01;2025-03-02;900000001;63113;T2;non;500;1\n";
    let projet = Projet::new(&toml, &[("attributions.csv", lease.as_bytes())]);
    projet.run(2, true);
    let page = unescaped(&projet.text("epci/246300701.html"));
    assert!(page.contains("1\u{a0}bail a été signé en 2025"), "{page}");
    assert!(page.contains("Hors QPV, 1\u{a0}bail sur 1 a bénéficié"), "one lease is written in the singular");
    assert!(page.contains("Aucun bail en QPV cette année"));
    assert!(page.contains("La tension rapporte les demandes aux attributions"));
    assert!(page.contains("Le registre de la demande n'est pas fourni"));
    let text = pdf_text(&projet.path().join("sortie/pdf/246300701.pdf"));
    assert!(text.contains(&squeezed("1 bail a été signé en 2025")), "{text}");
}

/// Beyond sixty EPCI the explorer has a page a département that has something to answer, named in words, be it the only one; no
/// link of the site is dead, those of the territories without a lease no more than others.
#[test]
fn a_large_territory_has_an_explorer_a_departement_and_no_dead_link() {
    let head = "numero_unique;date_bail;bailleur;commune\n";
    let leases = format!("{head}A1;2025-03-02;900000001;33063\nA2;2025-03-02;900000001;67482\n");
    let toml = "[bilan]\nmillesime = 2025\ndepartements = [\"33\", \"57\", \"67\"]\ndate_extraction = 2026-01-31\n";
    let projet = Projet::new(&format!("{toml}{}", source("attributions")), &[("attributions.csv", leases.as_bytes())]);
    projet.run(2, true);
    let root = projet.path().join("sortie");
    let list = projet.text("explorateur.html");
    assert!(
        list.contains("Gironde (33)</a>") && list.contains("Bas-Rhin (67)</a>") && !list.contains("Moselle"),
        "{list}"
    );
    assert_eq!(astray(&root), Vec::<String>::new());
    assert!(root.join("explorateur/67.html").is_file());

    let one = format!("{head}A1;2025-03-02;900000001;33063\n");
    std::fs::write(projet.path().join("attributions.csv"), one).unwrap();
    projet.run(2, true);
    assert!(projet.text("explorateur.html").contains("Gironde (33)</a>"));
    assert_eq!(astray(&root), Vec::<String>::new());
    assert!(!root.join("explorateur/67.html").exists());
}

/// Charts of a large territory keep to what a page, then a slide, has room for, and say which EPCI they show; the short table is
/// that of the legal rule, where it is missed, and bears its name on the home page too.
#[test]
fn charts_and_the_short_table_of_a_large_territory_say_which_epci_they_show() {
    let rows = |path: &str| -> Vec<csv::StringRecord> {
        csv::Reader::from_path(path).unwrap().into_records().map(std::result::Result::unwrap).collect()
    };
    let amounts = rows("reference/seuils/q1.csv");
    let judged: BTreeSet<&str> = amounts.iter().filter(|r| &r[0] == "2025").map(|r| &r[1]).collect();
    let places = rows("reference/geographie/communes_2025.csv");
    let inside = places.iter().filter(|r| ["33", "57", "67"].contains(&&r[4]) && judged.contains(&r[2]));
    let communes: BTreeMap<&str, &str> = inside.map(|r| (&r[2], &r[0])).collect();
    let mut leases = "numero_unique;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\n".to_owned();
    for (n, commune) in communes.values().enumerate() {
        for lease in 0..=n {
            let row = format!("A{n}-{lease};2025-03-02;900000001;{commune};non;9000;1\n");
            leases += &row;
        }
    }
    let toml = "[bilan]\nmillesime = 2025\ndepartements = [\"33\", \"57\", \"67\"]\ndate_extraction = 2026-01-31\n";
    let projet = Projet::new(&format!("{toml}{}", source("attributions")), &[("attributions.csv", leases.as_bytes())]);
    projet.run(2, true);
    let all = communes.len();
    assert!((16..=60).contains(&all), "{all}");
    let short = format!("La règle hors QPV : les {all} EPCI qui ne l'atteignent pas, sur {all} jugés");
    let home = unescaped(&projet.text("index.html")).replace('\u{a0}', " ");
    assert!(home.contains(&short), "{short} in {home}");
    let (head, lines) =
        tables(&projet.text("index.html")).into_iter().find(|(head, _)| head.iter().any(|h| h == "Verdict")).unwrap();
    assert!(!head.iter().any(|h| h == "Règle") && lines.len() == all, "{head:?} {}", lines.len());
    let page = unescaped(&projet.text("territoire.html"));
    assert!(!page.contains("où l'on a signé le plus de baux"), "every EPCI is drawn on a page");
    let deck = pdf_text(&projet.path().join("sortie/pdf/territoire-diaporama.pdf"));
    let slide = format!("les 9 EPCI où il manque le plus de baux, sur {all} qui ne l'atteignent pas");
    for told in [&slide, "les 15 EPCI où l'on a signé le plus de baux", "les 15 EPCI où il manque le plus de baux"] {
        assert!(deck.contains(&squeezed(told)), "{told} in {deck}");
    }
}

/// Where no EPCI is in the order, a large perimeter still shows the rules that hold there.
#[test]
fn a_large_perimeter_outside_the_order_keeps_its_other_rules() {
    let seuils = std::fs::read_to_string("reference/seuils/q1.csv").unwrap();
    let mut places = csv::Reader::from_path("reference/geographie/communes_2025.csv").unwrap();
    let places: Vec<csv::StringRecord> = places.records().map(std::result::Result::unwrap).collect();
    let outside: BTreeMap<&str, &str> =
        places.iter().filter(|r| r[2].starts_with('2') && !seuils.contains(&r[2])).map(|r| (&r[2], &r[0])).collect();
    let named: Vec<String> = outside.keys().take(31).map(|epci| format!("\"{epci}\"")).collect();
    let toml = format!("[bilan]\nmillesime = 2025\nepci = [{}]\ndate_extraction = 2026-01-31\n", named.join(", "));
    let commune = outside.values().next().unwrap();
    let head = "numero_unique;date_bail;bailleur;commune;reservataire";
    let lease = format!("{head}\nA1;2025-03-02;900000001;{commune};COLACT\n");
    let projet = Projet::new(&format!("{toml}{}", source("attributions")), &[("attributions.csv", lease.as_bytes())]);
    projet.run(2, true);
    let home = projet.text("index.html");
    assert!(unescaped(&home).contains("Règles et objectifs de l'année\u{a0}: 60 lignes sur 62"), "{home}");
    let (_, lines) = tables(&home).into_iter().find(|(head, _)| head.iter().any(|h| h == "Verdict")).unwrap();
    assert!(lines.len() == 60 && lines[0].iter().any(|cell| cell.contains("il manque 1")), "{:?}", lines[0]);
}

/// A commune of the Puy-de-Dôme whose EPCI the year's order leaves out, and that EPCI.
fn outside_the_order() -> (String, String) {
    let codes = std::fs::read_to_string("reference/geographie/communes_2025.csv").unwrap();
    let seuils = std::fs::read_to_string("reference/seuils/q1.csv").unwrap();
    let mut places = codes.lines().skip(1).filter_map(|l| Some((l.split(',').next()?, l.split(',').rev().nth(3)?)));
    let (commune, epci) = places.find(|(commune, epci)| commune.starts_with("63") && !seuils.contains(epci)).unwrap();
    (commune.to_owned(), epci.to_owned())
}

/// An EPCI outside the year's order has no amount: its chapter says that the rule does not apply.
#[test]
fn a_territory_outside_the_order_says_that_the_rule_does_not_apply() {
    let (commune, epci) = outside_the_order();
    let toml = CLERMONT.replace("246300701", &epci) + &source("attributions");
    let lease = format!("numero_unique;date_bail;bailleur;commune;qpv\nA1;2025-03-02;900000001;{commune};non\n");
    let projet = Projet::new(&toml, &[("attributions.csv", lease.as_bytes())]);
    projet.run(1, true);
    let page = unescaped(&projet.text(&format!("epci/{epci}.html")));
    assert!(page.contains("n'est pas dans l'arrêté de l'année"), "{page}");
}

/// Outside the order, those who ask and those who are housed are told by the same classes, so that a page can set one beside the
/// other: an income that nobody knows is unknown, another has no amount to be set against.
#[test]
fn outside_the_order_demands_and_leases_have_the_same_classes() {
    let (commune, epci) = outside_the_order();
    let toml = CLERMONT.replace("246300701", &epci) + &source("demandes") + &source("attributions");
    let demands = format!(
        "numero_unique;date_depot;communes;ressources_mensuelles;nb_personnes\nD1;2025-06-01;{commune};;1\nD2;2025-06-01;{commune};0;1\nD3;2025-06-01;{commune};800;1\n"
    );
    let leases = format!(
        "numero_unique;date_bail;bailleur;commune;ressources_mensuelles;nb_personnes\nA1;2025-03-02;900000001;{commune};;1\nA2;2025-03-02;900000001;{commune};800;\nA3;2025-03-02;900000001;{commune};800;1\n"
    );
    let projet = Projet::new(&toml, &[("demandes.csv", demands.as_bytes()), ("attributions.csv", leases.as_bytes())]);
    projet.run(1, false);
    for (table, count) in [("demande_profil", "demandes"), ("attributions_profil", "attributions")] {
        let rows = projet.table(table);
        let own = rows.iter().filter(|r| r["niveau"].text() == "epci" && r["dimension"].text() == "quartile");
        let classes: Vec<_> = own.map(|r| (r["modalite"].text(), r[count].int())).collect();
        assert_eq!(classes, [("inconnu", Some(2)), ("sans_seuil", Some(1))], "{table}");
        let cell = format!("niveau = 'epci' AND code = '{epci}' AND dimension = 'quartile' AND modalite = 'inconnu'");
        let args = ["trace", table, "--projet", &projet.path().to_string_lossy(), "--where", &cell];
        assert_eq!(commun::bilan(&args).0, 0, "{table}");
    }
}

/// A household whose right to housing is recognised is a priority public, whatever else is written of it, be it among those who ask
/// or among those who sign.
#[test]
fn priority_publics_are_the_same_among_demands_and_leases() {
    let toml = format!("{CLERMONT}{}{}", source("demandes"), source("attributions"));
    let demands = "numero_unique;date_depot;communes;dalo;prioritaire\nD1;2025-06-01;63113;ACTIF;non\n\
D2;2025-06-01;63113;NON;oui\nD3;2025-06-01;63113;NON;non\nD4;2025-06-01;63113;CADUC;\nD5;2025-06-01;63113;ACTREL;\n";
    let leases = "numero_unique;date_bail;bailleur;commune;dalo;prioritaire\nA1;2025-03-02;900000001;63113;ACTIF;non\n\
A2;2025-03-02;900000001;63113;NON;oui\nA3;2025-03-02;900000001;63113;NON;non\nA4;2025-03-02;900000001;63113;ACTREL;\n";
    let projet = Projet::new(&toml, &[("demandes.csv", demands.as_bytes()), ("attributions.csv", leases.as_bytes())]);
    projet.run(1, false);
    // Of one demand nothing tells whether it is a priority; a lease of which nothing tells it is none.
    for (table, count, told) in [
        ("demande_profil", "demandes", vec![("inconnu", 1), ("non", 1), ("oui", 3)]),
        ("attributions_profil", "attributions", vec![("non", 1), ("oui", 3)]),
    ] {
        let rows = projet.table(table);
        let own = rows.iter().filter(|r| r["niveau"].text() == "epci" && r["dimension"].text() == "prioritaire");
        let counted: Vec<_> = own.map(|r| (r["modalite"].text(), r[count].int().unwrap())).collect();
        assert_eq!(counted, told, "{table}");
        let cell = "niveau = 'epci' AND code = '246300701' AND dimension = 'prioritaire' AND modalite = 'oui'";
        let args = ["trace", table, "--projet", &projet.path().to_string_lossy(), "--where", cell];
        assert_eq!(commun::bilan(&args).0, 0, "{table}");
    }
}

/// Outlines of communes make areas on the maps; a file that is not one is refused with its remedy, and the tables stay.
#[test]
fn outlines_make_areas_and_wrong_ones_are_refused() {
    let square = |code: &str, x: f64| {
        format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"code\":\"{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{x},45.7],[{},45.7],[{},45.8],[{x},45.8],[{x},45.7]]]}}}}",
            x + 0.1,
            x + 0.1
        )
    };
    let outlines =
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{},{}]}}", square("63113", 3.0), square("63014", 3.1));
    let demands = "numero_unique;date_depot;communes\nD1;2025-03-01;63113\nD2;2025-03-01;63014\nD3;2025-03-01;63014\n";
    let toml = CLERMONT.replace("[bilan]\n", "[bilan]\ncontours = \"communes.geojson\"\n") + &source("demandes");
    let files: [(&str, &[u8]); 2] = [("demandes.csv", demands.as_bytes()), ("communes.geojson", outlines.as_bytes())];
    let projet = Projet::new(
        &(toml.clone() + &source("attributions")),
        &[
            files[0],
            files[1],
            ("attributions.csv", b"numero_unique;date_bail;bailleur;commune\nA1;2025-03-02;900000001;63113\n"),
        ],
    );
    projet.run(1, true);
    let page = projet.text("epci/246300701.html");
    assert!(page.contains("Carte. Aubière reçoit") && page.matches("<polygon").count() >= 2, "areas are drawn");
    // Codes as numbers are read; a point without latitude is left out.
    let odd = outlines.replace("\"63113\"", "63113").replace("[[[3,45.7]", "[[[3],[3,45.7]");
    std::fs::write(projet.path().join("communes.geojson"), &odd).unwrap();
    projet.run(1, true);
    assert!(projet.text("epci/246300701.html").matches("<polygon").count() >= 2, "areas are drawn");
    // What the map cannot show is said: an entity of no commune, communes of no entity.
    std::fs::write(projet.path().join("communes.geojson"), outlines.replace("\"63113\"", "\"99999\"")).unwrap();
    for command in ["run", "report"] {
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).arg(command).arg(projet.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).replace('\u{a0}', " ");
        assert!(
            said.contains("B0308 : contours « communes.geojson » : 1 entité sans contour ou sans commune connue"),
            "{said}"
        );
        assert!(said.contains("la première au rang 1"), "{said}");
        assert!(said.contains("20 communes du périmètre sans contour, la première 63019"), "{said}");
    }
    std::fs::write(projet.path().join("communes.geojson"), "ceci n'est pas une carte").unwrap();
    let done = Command::new(env!("CARGO_BIN_EXE_bilan")).arg("run").arg(projet.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("B0009") && said.contains("communes.geojson"), "{said}");
    assert!(projet.path().join("sortie/indicateurs/demande.parquet").is_file());
}

/// Without outlines a dot stands for each commune of known coordinates, so that the shape of the territory is seen. A commune that
/// has a circle has no dot beside it, and an EPCI that a map says nothing of has none at all: a grey one would tell of no lease.
#[test]
fn without_outlines_communes_are_dots() {
    let demands = "numero_unique;date_depot;communes\nD1;2025-03-01;63113\nD2;2025-03-01;63014\nD3;2025-03-01;63300\n";
    let leases =
        "numero_unique;date_bail;bailleur;commune\nA1;2025-03-02;900000001;63113\nA2;2025-03-02;900000001;63125\n";
    let thiers = CLERMONT.replace("\"246300701\"", "\"246300701\", \"200070753\", \"200070712\"");
    let toml = thiers + &source("demandes") + &source("attributions");
    let files = [("demandes.csv", demands.as_bytes()), ("attributions.csv", leases.as_bytes())];
    let projet = Projet::new(&toml, &files);
    projet.run(1, true);
    let known = |epci: &str| {
        let places = include_str!("../reference/geographie/coordonnees.csv");
        let communes = include_str!("../reference/geographie/communes_2025.csv").lines().filter(|l| l.contains(epci));
        communes.filter(|l| places.contains(&format!("\n{},", &l[..5]))).count()
    };
    // Clermont's communes, two of which ask; then two EPCI that ask, and Thiers, where leases are signed and nobody asks.
    for (page, title, dots, told) in [
        ("epci/246300701.html", "reçoit 50", known("246300701") - 2, "les points sont les autres communes"),
        ("territoire.html", "reçoit 66,7", known("246300701") + known("200070753"), "de la couleur de son EPCI"),
    ] {
        let page = projet.text(page);
        let map = page.split("<svg").find(|svg| svg.contains("Carte en cercles") && svg.contains(title)).unwrap();
        // A circle is two discs, one within the other.
        assert_eq!(map.split("</svg>").next().unwrap().matches("<circle").count(), dots + 2 * 2, "{title}");
        assert!(dots > 15 && page.contains(told), "{dots} {told}");
    }
}

/// Rendering again rewrites only what changed: with the same templates nothing, with another style the pages alone.
#[test]
fn rendering_again_rewrites_only_what_changed() {
    let lease = "numero_unique;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\nA1;2025-03-02;900000001;63113;non;500;1\n";
    let projet =
        Projet::new(&format!("{CLERMONT}{}", source("attributions")), &[("attributions.csv", lease.as_bytes())]);
    projet.run(2, true);
    let stamps = || -> BTreeMap<PathBuf, std::time::SystemTime> {
        commun::files(&projet.path().join("sortie"))
            .into_keys()
            .map(|p| (p.clone(), std::fs::metadata(projet.path().join("sortie").join(&p)).unwrap().modified().unwrap()))
            .collect()
    };
    let report = || {
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).arg("report").arg(projet.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let before = stamps();
    report();
    let same: Vec<_> = stamps().into_iter().filter(|(p, t)| before[p] != *t).map(|(p, _)| p).collect();
    assert!(same.is_empty(), "rewritten without a reason: {same:?}");
    std::fs::create_dir_all(projet.path().join("reports/site")).unwrap();
    std::fs::write(projet.path().join("reports/site/style.css"), "body { margin: 0 }").unwrap();
    report();
    for (path, time) in stamps() {
        let page = path.extension().is_some_and(|e| e == "html");
        assert_eq!(page, before[&path] != time, "{}", path.display());
    }
}

/// One landlord signs with a household, one with an association alone, one is told of by a proposal alone and one by a target
/// alone, none but the first on the list; one of the list signs nothing, another signs elsewhere alone: the latter is of another territory.
#[test]
fn a_landlord_has_a_page_where_the_territory_names_it() {
    let leases = "numero_unique;date_depot;date_bail;bailleur;commune;personne_morale\n\
        A1;2024-03-01;2025-03-02;900000001;63113;non\n\
        A2;2024-03-01;2025-03-03;900001018;63113;oui\n\
        A3;2024-03-01;2025-03-04;900002035;13055;non\n";
    let events = "numero_unique;type;date;bailleur\nA1;proposition;2025-02-01;900004069\n";
    let list = "siren;nom\n900000001;Office\n900002035;Société d'ailleurs\n900003052;Société muette\n";
    let target = "[[objectif]]\nepci = \"246300701\"\nbase = \"cia\"\nsignature = 2019-06-15\ndebut = 2019-06-15\n\
        fin = 2026-12-31\npublic = \"q1\"\nzone = \"hors_qpv\"\nacteur = \"bailleur:900005086\"\nmetrique = \"part\"\n\
        operateur = \">=\"\ncible = 0.25\nreference = \"x\"\n";
    let projet = Projet::clermont(
        target,
        &[
            ("attributions", &[("attributions.csv", leases)]),
            ("evenements", &[("evenements.csv", events)]),
            ("bailleurs", &[("bailleurs.csv", list)]),
        ],
    );
    projet.run(2, true);
    let pages = std::fs::read_dir(projet.path().join("sortie/bailleurs")).unwrap();
    let pages: BTreeSet<String> = pages.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let expected = ["900000001.html", "900001018.html", "900003052.html", "900004069.html", "900005086.html"];
    assert_eq!(pages, expected.map(str::to_owned).into());
    assert_eq!(astray(&projet.path().join("sortie")), Vec::<String>::new());
    let home = unescaped(&projet.text("index.html"));
    assert!(home.contains("Société muette") && !home.contains("Société d'ailleurs"));
}

/// A project that does not say when its demands were extracted: no document says so in its place.
#[test]
fn a_date_of_extraction_that_nobody_gave_is_told_by_no_document() {
    let demands = "numero_unique;date_depot;communes\nD1;2025-03-01;63113\n";
    let toml = CLERMONT.replace("date_extraction = 2026-01-31\n", "");
    let projet = Projet::new(&format!("{toml}{}", source("demandes")), &[("demandes.csv", demands.as_bytes())]);
    let outcome = projet.run(2, true);
    assert!(outcome.notes.iter().any(|d| d.code == "B0379"), "{:?}", outcome.notes);
    let said = "extraites à une date non précisée";
    for page in ["index.html", "methode.html", "epci/246300701.html"] {
        let page = unescaped(&projet.text(page));
        assert!(page.contains(said) && !page.contains("extraites le"), "{page}");
    }
    let document = squeezed(&pdf_text(&projet.path().join("sortie/pdf/246300701.pdf")));
    assert!(document.contains(&squeezed(said)) && !document.contains(&squeezed("extraites le")), "{document}");
    let given = Projet::new(&format!("{CLERMONT}{}", source("demandes")), &[("demandes.csv", demands.as_bytes())]);
    assert!(given.run(2, true).notes.iter().all(|d| d.code != "B0379"));
    let home = unescaped(&given.text("index.html"));
    assert!(
        home.contains("Demandes actives au 31 décembre 2025, extraites le 31/01/2026. "),
        "no stock, no lease: {home}"
    );
}

/// Who asks for the territory from elsewhere is told beside who asks for it first; a household's own typology, where the
/// project wants it, is what the page says it counts by.
#[test]
fn demands_at_any_rank_stand_beside_first_choices() {
    let cas = commun::Cas::load("choix");
    let projet = cas.projet();
    projet.run(2, true);
    // The table that counts any choice beside these first cells.
    let rows = |first: &str| {
        let html = projet.text("epci/246300701.html");
        let of = |(head, _): &lecteurs::Table| head[0] == first && head.iter().any(|h| h == "Tout choix");
        tables(&html).into_iter().find(of).unwrap().1
    };
    let page = || unescaped(&projet.text("epci/246300701.html"));
    for told in [
        "4\u{a0}demandes citent une commune du territoire, à un rang quelconque\u{a0}; 75,0\u{a0}% l'ont en premier choix",
        "La typologie d'une demande est la première souhaitée",
    ] {
        assert!(page().contains(told), "{told}");
    }
    // No dwelling known; one demand asks for it first, two name it, nobody was housed.
    let aubiere = rows("Commune").into_iter().find(|r| r[0] == "Aubière").unwrap();
    assert_eq!(aubiere[3..6], ["1", "2", "0"]);
    let shown: Vec<String> = rows("Typologie").into_iter().map(|r| format!("{} {}", r[0], r[3])).collect();
    assert_eq!(shown, ["T2 2", "T3 1", "Ensemble 4"]);

    let toml = std::fs::read_to_string(projet.path().join("bilan.toml")).unwrap();
    let target = toml.replace("millesime = 2025", "millesime = 2025\ntypologie_demande = \"cible\"");
    std::fs::write(projet.path().join("bilan.toml"), target).unwrap();
    projet.run(2, true);
    assert!(page().contains("La typologie d'une demande est la typologie cible du ménage"));
    let explored = unescaped(&projet.text("explorateur.html"));
    assert!(explored.contains("Leur typologie est la typologie cible du ménage."));
    // No household of the case says how many it is.
    let shown: Vec<String> = rows("Typologie").into_iter().map(|r| format!("{} {}", r[0], r[3])).collect();
    assert_eq!(shown, ["Ensemble 4"]);
}

/// What comes first is said to be the first where nothing equals it, and only there.
#[test]
fn what_another_equals_is_not_said_to_be_the_first() {
    let toml = format!("{CLERMONT}{}{}{}", source("demandes"), source("attributions"), source("evenements"));
    let demands = "numero_unique;date_depot;communes;typologies;motif_demande\n\
D1;2025-03-01;63113;T2;03\nD2;2025-05-01;63113;T3;05\n";
    let leases = "numero_unique;date_bail;bailleur;commune;typologie\n\
A1;2025-03-02;900000001;63113;T2\nA2;2025-03-02;900000001;63113;T3\n";
    let events = "numero_unique;type;date;motif\nD1;refus;2025-03-02;loyer\nD2;refus;2025-03-03;etage\n";
    let page = |demand: &str, event: &str| {
        let (demands, events) = (format!("{demands}{demand}"), format!("{events}{event}"));
        let files = [("demandes.csv", &*demands), ("attributions.csv", leases), ("evenements.csv", &*events)];
        let projet = Projet::new(&toml, &files.map(|(name, text)| (name, text.as_bytes())));
        projet.run(2, true);
        for page in ["index.html", "qualite.html", "epci/246300701.html", "bailleurs/900000001.html"] {
            let wrong = plurals_below_two(&projet.text(page));
            assert!(wrong.is_empty(), "{page} : {wrong:?}");
        }
        unescaped(&projet.text("epci/246300701.html"))
    };
    let (equal, first) = (page("", ""), page("D3;2025-05-01;63113;T3;05\n", "D2;refus;2025-03-04;loyer\n"));
    // A T5 that somebody asks for, and nobody was given.
    let unlet = page("D3;2025-05-01;63113;T3;05\nD4;2025-05-01;63113;T5;05\n", "");
    assert!(unlet.contains("Parmi les tailles attribuées, la tension est la plus forte en T3"), "{unlet}");
    for (among, alone) in [
        ("mars est l'un des mois les plus chargés", "le mois le plus chargé est mai"),
        ("L'un des premiers motifs, « Logement non décent", "Premier motif, « En procédure d'expulsion »"),
        ("L'un des premiers motifs de refus, « ", "Premier motif de refus, « Loyer"),
        ("Aucune tension n'est plus forte qu'en T2", "La tension est la plus forte en T3"),
    ] {
        assert!(equal.contains(among) && !equal.contains(alone), "{among}");
        assert!(first.contains(alone) && !first.contains(among), "{alone}");
    }
}

/// Leases that go to households who asked for another place first may be more than the demands of the place: they satisfy no share
/// of them.
#[test]
fn more_leases_than_demands_satisfy_no_share_of_them() {
    let toml = format!("{CLERMONT}{}{}", source("demandes"), source("attributions"));
    let demands = "numero_unique;date_depot;communes\nD1;2025-03-01;63113\nD2;2025-03-01;03310\n";
    let lease = |n: i32| format!("A{n};2025-03-02;900000001;63113\n");
    for (leases, note, finding) in [
        (1, "100,0 % des demandes satisfaites", "1 bail a été signé en 2025, soit 100,0 % des demandes de l'année"),
        (2, "plus que de demandes dans l'année", "2 baux ont été signés en 2025, plus qu'il n'y a eu de demandes"),
    ] {
        let leases: String = (0..leases).map(lease).collect();
        let leases = format!("numero_unique;date_bail;bailleur;commune\n{leases}");
        let projet =
            Projet::new(&toml, &[("demandes.csv", demands.as_bytes()), ("attributions.csv", leases.as_bytes())]);
        projet.run(2, true);
        let page = breakable(&unescaped(&projet.text("epci/246300701.html")));
        assert!(page.contains(note) && page.contains(finding), "{page}");
        assert!(!page.contains("200,0"), "{page}");
    }
}
