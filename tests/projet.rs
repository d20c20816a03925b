//! `bilan.toml` against itself, the law and the files: what cannot be is refused by name, what is doubtful is used and told.

use bilan::project::Plan;

use crate::commun::{self, Projet};

const LEASES: &str = "numero_unique;date_bail;bailleur;commune;qpv;nb_personnes;nb_moins_14;ressources_mensuelles;relogement\n\
                      A;2025-05-01;900000001;63113;non;1;0;500;non\nB;2025-05-01;900000001;63113;non;1;0;5000;non\n";

fn of_leases(more: &str) -> Projet {
    Projet::clermont(more, &[("attributions", &[("attributions.csv", LEASES)])])
}

/// A target of Clermont Auvergne Métropole, whose lines take the place of these.
fn target(lines: &[&str]) -> String {
    let default = ["epci = \"246300701\"", "debut = 2019-07-01", "public = \"dalo\"", "cible = 0.25"];
    let key = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let kept = default.iter().filter(|line| lines.iter().all(|own| key(own) != key(line)));
    let all: Vec<&str> = std::iter::once("[[objectif]]").chain(kept.copied()).chain(lines.iter().copied()).collect();
    format!("{}\n", all.join("\n"))
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let threshold = |year: i32| format!("[[seuil_q1]]\nepci = \"246300701\"\nmillesime = {year}\nmontant = 9000\n");
    for (more, said, remedy) in [
        (target(&["fin = 2018-12-31"]), "objectif.fin : « 2018-12-31 »", "qui suit celui du début"),
        (target(&["metrique = \"nombre\"", "cible = 2.5"]), "objectif.cible : « 2.5 »", "un nombre entier de baux"),
        (target(&["cible = 25"]), "objectif.cible : « 25 »", "0.25 pour 25 %"),
        (target(&["cible = 0.0"]), "objectif.cible : « 0 »", "ne peut être manqué"),
        (target(&["cible = 1.0", "operateur = \"<=\""]), "objectif.cible : « 1 »", "ne peut être manqué"),
        (target(&["acteur = \"bailleur:12345\""]), "objectif.acteur", "un SIREN (9 chiffres)"),
        (target(&["acteur = \"reservataire:PREFET\""]), "objectif.acteur", "COLACT, COLTER, PFONCT, PPRIOR"),
        (target(&[]) + &target(&["id = \"autre\"", "fin = 2026-12-31"]), "(2e [[objectif]])", "une seule fois"),
        (threshold(25), "seuil_q1.millesime : « 25 »", "à partir de 2017"),
        ("[[source]]\nschema = \"rpls\"\nfichiers = []\nmillesime = 25\n".to_owned(), "source.millesime", "l'année"),
    ] {
        let error = Plan::load(of_leases(&more).path(), None).unwrap_err().to_string();
        assert!(error.contains(said) && error.contains(remedy) && error.contains("B0003"), "{more}\n{error}");
    }
    // Two targets that never bind on one day, or that ask for another rate, are two.
    for other in ["debut = 2026-01-01", "cible = 0.30", "public = \"prioritaire\"", "communes = [\"63113\"]"] {
        let both = target(&["fin = 2025-12-31"]) + &target(&[other]);
        assert!(Plan::load(of_leases(&both).path(), None).is_ok(), "{other}");
    }
    let early = of_leases("");
    let toml = std::fs::read_to_string(early.path().join("bilan.toml")).unwrap();
    for (day, possible) in [("2024-12-31", false), ("2025-01-01", true)] {
        std::fs::write(early.path().join("bilan.toml"), toml.replace("2026-01-31", day)).unwrap();
        assert_eq!(Plan::load(early.path(), None).is_ok(), possible, "{day}");
    }
}

/// A name written for a code, or a code short of its zero, is answered with the code; so is the métropole that holds no conference.
#[test]
fn a_place_written_by_its_name_is_offered_by_its_code() {
    for (perimeter, offered) in [
        ("epci = [\"Vichy Communauté\"]", "est-ce \"200071363\" (CA Vichy Communauté) ?"),
        ("epci = [\"clermont auvergne metropol\"]", "\"246300701\" (Clermont Auvergne Métropole)"),
        ("epci = [\"200054781\"]", "établissement public territorial, ou celui de Paris (217500016)"),
        ("departements = [\"Allier\"]", "est-ce \"03\" (Allier) ?"),
        ("departements = [\"3\"]", "est-ce \"03\" ?"),
        ("departements = [\"063\"]", "est-ce \"63\" ?"),
        ("communes = [\"Chamalières\"]", "\"63075\" (Chamalières)"),
        ("communes = [\"63000\"]", "comme \"63113\""),
    ] {
        let projet = Projet::new(&format!("[bilan]\nmillesime = 2025\n{perimeter}\n"), &[]);
        let error = Plan::load(projet.path(), None).unwrap_err().to_string();
        assert!(error.contains("B0003") && error.contains(offered), "{perimeter}\n{error}");
        assert_eq!(error.contains("est-ce"), offered != "comme \"63113\"" && !offered.contains("Paris"), "{error}");
    }
}

#[test]
fn what_is_doubtful_is_told() {
    let notes = |more: &str| {
        let told = of_leases(more).run(1, false).notes;
        told.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect::<Vec<_>>()
    };
    assert_eq!(notes(&target(&["fin = 2025-12-31", "signature = 2025-12-31"])), Vec::<String>::new());
    let delay = |place: &str, months: u32| format!("[[delai_anormal]]\n{place}\nmois = {months}\n");
    let (here, there) = ("departement = \"63\"", "departement = \"75\"");
    assert_eq!(notes(&(delay(here, 6) + &delay("epci = \"246300701\"", 120))), Vec::<String>::new());
    for (more, code, said) in [
        (target(&["fin = 2025-12-30"]), "B0362", "fini le 30/12/2025, il n'est pas jugé au 31/12/2025"),
        (target(&["debut = 2026-01-01"]), "B0362", "il commence le 01/01/2026"),
        (target(&["signature = 2026-01-01"]), "B0362", "il est dit signé le 01/01/2026"),
        (target(&["epci = \"200071363\""]), "B0301", "l'EPCI 200071363 est hors du périmètre"),
        (delay(there, 12), "B0301", "75 est hors du périmètre"),
        ("epci_sans_qpv = [\"200071363\"]\n".to_owned(), "B0301", "epci_sans_qpv : l'EPCI 200071363"),
        (
            "[[seuil_q1]]\nepci = \"200071363\"\nmillesime = 2025\nmontant = 8000\n".to_owned(),
            "B0301",
            "seuil_q1 : l'EPCI 200071363",
        ),
        (delay(here, 5), "B0364", "63 : 5 mois, attendu entre 6 et 120"),
        (delay(here, 121), "B0364", "121 mois"),
    ] {
        let told = notes(&more);
        assert!(told.len() == 1 && told[0].starts_with(code) && told[0].contains(said), "{more}\n{told:?}");
    }
}

/// 845 € a month is the amount of 10 141 € a year, taken for it: the verdict says so, beside its status.
#[test]
fn a_verdict_on_an_amount_that_the_order_contradicts_says_so() {
    let projet = of_leases("[[seuil_q1]]\nepci = \"246300701\"\nmillesime = 2025\nmontant = 845\n");
    let notes = projet.run(1, false).notes;
    assert!(notes.iter().any(|d| d.code == "B0363" && d.message.contains("Clermont Auvergne Métropole en 2025")));
    let verdicts = projet.table("verdicts");
    let alert = |rule: &str| {
        let row = verdicts.iter().find(|r| r["regle"].text() == rule).unwrap();
        row["alerte"].text().replace(['\u{a0}', '\u{202f}'], " ")
    };
    assert!(alert("q1_hors_qpv").contains("montant du projet (845 €) au lieu de 10 141 €"), "{}", alert("q1_hors_qpv"));
    assert!(alert("prioritaires").is_empty(), "no amount");
    // What is said of the rules is said by `check` too.
    let path = projet.path().display().to_string();
    let (code, told) = commun::bilan(&["check", &path]);
    assert!(code == 0 && told.contains("B0363"), "{told}");
}

/// A landlord that has a lease, or a name, and one that no file knows.
#[test]
fn a_target_of_a_landlord_that_no_file_knows_is_told() {
    let of = |siren: &str| target(&[&format!("acteur = \"bailleur:{siren}\""), &format!("id = \"o_{siren}\"")]);
    let names = "siren;nom\n900000002;Nommé\n";
    let given = [("attributions.csv", LEASES), ("bailleurs.csv", names)];
    let more = of("900000001") + &of("900000002") + &of("900000003") + &target(&["acteur = \"chaque_bailleur\""]);
    let projet = Projet::clermont(&more, &[("attributions", &given[..1]), ("bailleurs", &given[1..])]);
    projet.run(1, false);
    assert_eq!(projet.told("B0365"), ["Clermont Auvergne Métropole, o_900000003, 900000003"]);
    // Legal rules: two by zone, two holders', each landlord's; and the target of each landlord.
    assert_eq!(projet.controle("B0365"), [2, 1, 0, 6]);
}

/// Where no file tells the children under 14 of the households it counts, a verdict on the first quartile says so: they count as
/// adults. The demand's children are of no use to a lease that gives its own persons.
#[test]
fn a_verdict_that_knows_no_child_says_so() {
    let said = "aucun fichier ne dit combien de personnes ont moins de 14 ans";
    let alert = |lease: &str, values: &str, demand: &str, household: &str| {
        let leases = format!(
            "numero_unique;date_bail;bailleur;commune;qpv;ressources_mensuelles;relogement;{lease}\n\
             A;2025-05-01;900000001;63113;non;500;non;{values}\n"
        );
        let demands = format!("numero_unique;date_depot;communes;{demand}\nA;2024-01-01;63113;{household}\n");
        let given = [("attributions.csv", leases.as_str()), ("demandes.csv", demands.as_str())];
        let projet = Projet::clermont("", &[("attributions", &given[..1]), ("demandes", &given[1..])]);
        projet.run(1, false);
        let row = projet.table("verdicts").into_iter().find(|r| r["regle"].text() == "q1_hors_qpv").unwrap();
        row["alerte"].text().contains(said)
    };
    assert!(alert("nb_personnes", "3", "nb_personnes;nb_moins_14", "3;1"));
    assert!(alert("nb_personnes;nb_moins_14", "3;", "nb_personnes", "3"));
    assert!(!alert("nb_personnes;nb_moins_14", "3;0", "nb_personnes", "3"));
    assert!(!alert("nb_personnes;nb_uc", "3;1,8", "nb_personnes", "3"));
    assert!(alert("rang", "1", "nb_personnes", "3"));
    assert!(!alert("rang", "1", "nb_personnes;nb_moins_14", "3;1"));
    assert!(!alert("rang", "1", "motif_demande", ""), "no household at all is another matter");
}

/// Moulins Communauté has 42 communes in Allier and two in Nièvre: of a perimeter that stops at the département, a verdict is about a
/// part of it, and says so; so is that on a sector, where it goes beyond.
#[test]
fn a_verdict_on_a_part_of_an_epci_says_so() {
    let sector = |id: &str, communes: &str| {
        target(&["epci = \"200071140\"", &format!("id = \"{id}\""), &format!("communes = [{communes}]")])
    };
    let more = sector("dedans", "\"03190\"") + &sector("a_cheval", "\"03190\", \"58104\"");
    let leases = LEASES.replace("63113", "03190");
    let projet = Projet::clermont(&more, &[("attributions", &[("attributions.csv", &leases)])]);
    let toml = std::fs::read_to_string(projet.path().join("bilan.toml")).unwrap();
    let told = |perimeter: &str| {
        std::fs::write(projet.path().join("bilan.toml"), toml.replace("epci = [\"246300701\"]", perimeter)).unwrap();
        projet.run(1, true);
        let verdicts = projet.table("verdicts");
        ["q1_hors_qpv", "dedans", "a_cheval"].map(|rule| {
            let own = |r: &&commun::Row| r["regle"].text() == rule && r["epci"].text() == "200071140";
            let alert = verdicts.iter().find(own).unwrap()["alerte"].text().replace('\u{a0}', " ");
            alert.split(" ; ").next().unwrap_or_default().to_owned()
        })
    };
    let part = |communes: &str| format!("jugé sur la seule part dans le périmètre, {communes}");
    let none = "aucun fichier ne dit qui est DALO ou prioritaire".to_owned();
    assert_eq!(told("departements = [\"03\"]"), [part("42 communes sur 44"), none.clone(), part("1 commune sur 2")]);
    // The sentence that answers first says it before any table does.
    let page = projet.text("epci/200071140.html").replace(['\u{a0}', '\u{202f}'], " ").replace("&#x27;", "'");
    let reserve = format!("Sous réserve : {}", part("42 communes sur 44"));
    assert!(page.contains(&reserve), "{page}");
    assert!(projet.text("index.html").contains("atteint, sous réserve"));
    assert_eq!(told("epci = [\"200071140\"]"), [String::new(), none.clone(), none]);
    assert!(!projet.text("epci/200071140.html").contains("Sous réserve"));
}
