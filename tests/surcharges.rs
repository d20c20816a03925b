//! A project's own statements and schemas: used when they keep the columns that the rest reads, refused with a place and a
//! remedy when they do not, never a figure left out in silence.

use bilan::progress::Progress;
use bilan::project::Plan;
use bilan::run::{self, Options};

use crate::commun::{self, Projet};

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\n\
[[source]]\nschema = \"demandes\"\nfichiers = [\"demandes.csv\"]\n\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.csv\"]\n";
const DEMANDS: &str = "numero_unique;date_depot;communes;typologies\nD1;2025-03-01;63113;T2\nD2;2024-03-01;63113;T3\n";
/// The second has no deposit: a check fails on it.
const LETTINGS: &str = "numero_unique;date_depot;date_bail;bailleur;commune;qpv;typologie;ressources_mensuelles;nb_personnes\n\
A1;2024-03-01;2025-03-02;900000001;63113;non;T2;500;1\nA2;;2025-05-02;900000001;63113;non;T3;2500;1\n";

/// The program's file with one thing changed in it.
fn changed(path: &str, from: &str, to: &str) -> String {
    let own = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    assert!(own.contains(from), "{path} no longer holds {from}");
    own.replacen(from, to, 1)
}

fn project(overrides: &[(&str, String)]) -> Projet {
    let mut files = vec![("demandes.csv", DEMANDS.as_bytes()), ("attributions.csv", LETTINGS.as_bytes())];
    files.extend(overrides.iter().map(|(path, text)| (*path, text.as_bytes())));
    Projet::new(TOML, &files)
}

/// What a run answers to one changed file.
fn answer(path: &str, from: &str, to: &str) -> String {
    let projet = project(&[(path, changed(path, from, to))]);
    let (plan, notes) = Plan::load(projet.path(), None).unwrap();
    // Templates are read by what renders them.
    let options = Options { threads: 2, verifier: false, report: path.starts_with("reports/") };
    let error = run::run(&plan, notes, options, &Progress::hidden()).unwrap_err();
    assert_eq!(error.exit_code(), bilan::error::EXIT_USAGE, "{error}");
    error.to_string()
}

#[test]
fn a_statement_that_no_longer_gives_what_is_read_is_refused_by_name() {
    let attributions = "pipelines/attributions/attributions.sql";
    let typed = answer(attributions, "SELECT p.millesime", "SELECT CAST(p.millesime AS VARCHAR) AS millesime");
    assert!(typed.contains(attributions), "{typed}");
    assert!(typed.contains("CAST(millesime AS INTEGER)"), "{typed}");
    let view = answer("pipelines/demandes/demandes.sql", "AS mutation,", "AS mutations,");
    assert!(
        view.contains("« mutation » (INTEGER) manque") && view.contains("pipelines/demandes/demandes.sql"),
        "{view}"
    );
    let by_level = answer(
        "pipelines/medianes/medianes.sql",
        "m.mediane_jours\n",
        "CAST(m.mediane_jours AS INTEGER) AS mediane_jours\n",
    );
    assert!(by_level.contains("la suite la lit en DOUBLE"), "{by_level}");
}

#[test]
fn what_the_engine_refuses_in_the_projects_own_file_names_that_file() {
    let check = "pipelines/controles/depot_inconnu.sql";
    for (from, to) in [(", f.bailleur", ""), ("FROM faits f", "FROM fait f"), ("f.ligne,", "'sans' AS ligne,")] {
        let told = answer(check, from, to);
        assert!(told.contains(check), "{told}");
    }
    let state = answer(check, "'conforme'", "'convenable'");
    assert!(state.contains(check) && state.contains("« convenable »"), "{state}");
    let lost = answer(check, "FROM faits f", "FROM faits f WHERE f.ligne > 2");
    assert!(lost.contains(check) && lost.contains("ne fait pas le compte : 1 sur 2"), "{lost}");
    let attributions = "pipelines/attributions/attributions.sql";
    let unkept = answer(attributions, "SELECT p.millesime", "SELECT INTERVAL 3 DAY AS duree, p.millesime");
    assert!(unkept.contains(attributions) && unkept.contains("ne peut être calculée"), "{unkept}");
    let unwritten = answer(attributions, "SELECT p.millesime", "SELECT DATE '300000-01-01' AS jour, p.millesime");
    assert!(unwritten.contains(attributions) && unwritten.contains("« jour » ne peut être écrite"), "{unwritten}");
}

#[test]
fn a_check_may_number_its_lines_as_it_likes_and_a_table_have_more_columns() {
    let check = "pipelines/controles/depot_inconnu.sql";
    let facts = "pipelines/faits/faits.sql";
    let plain = project(&[]);
    plain.run(2, false);
    let own = project(&[
        (check, changed(check, "f.ligne,", "CAST(f.ligne AS SMALLINT) AS ligne,")),
        (facts, changed(facts, "m.rang,", "m.rang, CAST(1 AS TINYINT) AS de_plus,")),
    ]);
    own.run(2, false);
    for file in ["rejets.csv", "qualite.json"] {
        let read = |projet: &Projet| std::fs::read_to_string(projet.path().join("sortie").join(file)).unwrap();
        assert_eq!(read(&plain), read(&own), "{file}");
        assert!(read(&own).contains("B0311"), "{file}");
    }
}

/// A project's own statement may leave the bounds of parts out, and is then run once; not one of them alone.
#[test]
fn a_statement_without_bounds_is_run_once() {
    let sql = |nom: &str| format!("pipelines/{nom}/{nom}.sql");
    let bounded = "WHERE l.rang BETWEEN $premier AND $dernier";
    let plain = project(&[]);
    plain.run(2, false);
    let facts = changed(&sql("faits"), "a.numero_unique BETWEEN $premier AND $dernier\n      AND ", "");
    let own = [
        (sql("medianes"), changed(&sql("medianes"), bounded, "")),
        (sql("delais_quantiles"), changed(&sql("delais_quantiles"), bounded, "")),
        (sql("faits"), facts.replacen(" AND d.numero_unique BETWEEN $premier AND $dernier", "", 1)),
    ];
    let whole = project(&own.iter().map(|(path, text)| (path.as_str(), text.clone())).collect::<Vec<_>>());
    whole.run(2, false);
    let tables = |projet: &Projet| commun::files(&projet.path().join("sortie/indicateurs"));
    assert!(tables(&plain) == tables(&whole));
    let half = answer(&sql("medianes"), bounded, "WHERE l.rang >= $premier");
    assert!(half.contains("pipelines/medianes/medianes.sql") && half.contains("sans l'autre"), "{half}");
}

#[test]
fn a_schema_keeps_what_the_computation_reads() {
    let demands = "schemas/demandes.toml";
    let optional = answer(demands, "obligatoire = true", "obligatoire = false");
    assert!(optional.contains("« numero_unique » doit rester obligatoire"), "{optional}");
    let lenient = answer(demands, "obligatoire = true", "obligatoire = true\nsi_invalide = \"anomalie\"");
    assert!(lenient.contains("« numero_unique » doit rester obligatoire"), "{lenient}");
    let renamed = answer(demands, "nom = \"nb_uc\"", "nom = \"unites\"");
    assert!(renamed.contains("« nb_uc »") && renamed.contains("manque"), "{renamed}");
    let typed = answer(demands, "type = \"annee\"", "type = \"entier\"");
    assert!(typed.contains("n'a pas le type que le calcul lit"), "{typed}");
    for (key, value) in [("decimales", 18), ("largeur", 65)] {
        let added = format!(
            "[[colonne]]\nnom = \"de_plus\"\ntype = \"code\"\ndefinition = \"essai\"\n{key} = {value}\n\n[[colonne]]"
        );
        let told = answer(demands, "[[colonne]]", &added);
        assert!(told.contains(&format!("« de_plus » : {key} = {value}, au plus {}", value - 1)), "{told}");
    }
    let renamed_in_files = project(&[(demands, changed(demands, "alias = [", "alias = [\"Le Numero\", "))]);
    renamed_in_files.run(2, false);
}

/// A template that cannot be read, or not rendered, is the project's own fault and named so.
#[test]
fn a_template_that_is_refused_is_named_with_its_line() {
    let page = answer("reports/site/index.html", "{% extends", "{% étend");
    assert!(page.contains("reports/site/index.html") && page.contains("ligne 1 : ce modèle"), "{page}");
    let filter = answer("reports/site/blocs.html", "{{ ", "{{ 1 | inconnu }}{{ ");
    assert!(filter.contains("reports/site/blocs.html") && filter.contains("ce modèle ne peut être rendu"), "{filter}");
    let document = answer("reports/pdf/revue.typ", "#import \"commun.typ\": *", "#import \"commun.typ\": *\n#let x = ");
    assert!(
        document.contains("reports/pdf/revue.typ") && document.contains("ce modèle ne peut être composé"),
        "{document}"
    );
}

/// A range as wide as numbers go lets every value by; it stops nothing.
#[test]
fn plausible_ranges_may_be_as_wide_as_numbers_go() {
    let plages = "reference/plages.csv";
    let (least, most) = (i64::MIN, i64::MAX);
    let range = format!("attributions,ressources_mensuelles,{least},{most}");
    let wide = project(&[(plages, changed(plages, "attributions,ressources_mensuelles,0,10000", &range))]);
    wide.run(1, false);
    let beyond = format!("attributions,nb_personnes,{least},{least}");
    let narrow = project(&[(plages, changed(plages, "attributions,nb_personnes,1,12", &beyond))]);
    narrow.run(1, false);
    let rejects = |projet: &Projet| std::fs::read_to_string(projet.path().join("sortie/rejets.csv")).unwrap();
    assert!(!rejects(&wide).contains("B0216"), "{}", rejects(&wide));
    assert_eq!(rejects(&narrow).matches("B0216").count(), 2, "{}", rejects(&narrow));
}
