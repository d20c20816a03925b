//! The commands as a user types them: what they print, where, and their exit code.

use std::path::Path;
use std::process::Command;

use crate::commun;

/// Exit code, standard output, standard error.
fn bilan(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bilan")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn demo() -> &'static str {
    commun::demonstration().to_str().unwrap()
}

/// The demonstration's stock has an address a dwelling, as the ministry's file: nothing of it goes further.
#[test]
fn an_address_of_the_stock_stays_in_its_file() {
    let demo = Path::new(demo());
    let stock = std::fs::read_to_string(demo.join("donnees/rpls.csv")).unwrap();
    let secrets = ["DES LILAS", "RESIDENCE LES GLYCINES", "78-1046/"];
    assert!(secrets.iter().all(|secret| stock.contains(secret)));
    let stored = std::fs::read_dir(demo.join(".bilan/store/rpls")).unwrap().flatten().map(|e| e.path());
    let mut seen = 0;
    for path in stored.filter(|p| p.extension().is_some_and(|e| e == "parquet")) {
        let (schema, _) = bilan::store::read_all(&path).unwrap();
        assert!(schema.field_with_name("DEPCOM").is_ok());
        for column in ["NUMVOIE", "NOMVOIE", "COMPLGEO", "NUMCONV"] {
            assert!(schema.field_with_name(column).is_err(), "{column}");
        }
        seen += 1;
    }
    assert_eq!(seen, 1);
    for file in ["rejets.csv", "qualite.json", "qualite.html", "manifeste.json"] {
        let text = std::fs::read_to_string(demo.join("sortie").join(file)).unwrap();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "{file}");
    }
}

#[test]
fn data_goes_to_standard_output_without_colour_codes_when_nobody_watches() {
    let (code, out, err) = bilan(&["verdicts", demo()]);
    assert_eq!(code, 4, "some rules are missed in the demonstration");
    assert!(
        out.contains("baux d'avance") && out.contains("✗ il manque") && !out.contains('\u{1b}') && err.is_empty(),
        "{out}{err}"
    );
}

#[test]
fn verdicts_in_json_hold_every_row_of_the_table() {
    let (code, out, _) = bilan(&["verdicts", demo(), "--json"]);
    assert_eq!(code, 4);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rows = commun::read_table(&Path::new(demo()).join("sortie/indicateurs/verdicts.parquet"));
    assert_eq!((document["version"].as_i64(), document["millesime"].as_i64()), (Some(1), Some(2025)));
    assert_eq!(document["verdicts"].as_array().unwrap().len(), rows.len());
    let first = &document["verdicts"][0];
    assert_eq!(first["regle"].as_str(), Some(rows[0]["regle"].text()));
    assert_eq!(first["denominateur"].as_i64(), rows[0]["denominateur"].int());
}

/// No rule is missed where none can be judged: exit code 0.
#[test]
fn verdicts_with_nothing_missed_exit_with_zero() {
    let projet = commun::Projet::new("[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n", &[]);
    let path = projet.path().to_string_lossy().into_owned();
    assert_eq!(bilan(&["run", &path, "--no-report"]).0, 0);
    assert_eq!(bilan(&["verdicts", &path]).0, 0);
}

/// Thousands of lines are no answer: a country is counted by rule, and each EPCI is there when asked.
#[test]
fn a_run_of_a_whole_country_counts_verdicts_by_rule() {
    let lettings = "numero_unique;date_bail;bailleur;commune;qpv;ressources_mensuelles;nb_personnes\n\
                    A1;2025-03-02;900000001;63113;non;500;1\nA2;2025-05-02;900000001;69123;non;2500;1\n";
    let toml = "[bilan]\nmillesime = 2025\ndate_extraction = 2026-01-31\n\n\
                [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
    let projet = commun::Projet::new(toml, &[("a.csv", lettings.as_bytes())]);
    let path = projet.path().to_string_lossy().into_owned();
    let (code, out, _) = bilan(&["run", &path, "--no-report"]);
    let rows = projet.table("verdicts");
    let of = |verdict: &str| {
        rows.iter().filter(|r| r["regle"].text() == "q1_hors_qpv" && r["verdict"].text() == verdict).count()
    };
    let line = out.lines().find(|l| l.starts_with("Q1 hors QPV")).unwrap();
    let figures: Vec<&str> = line.split_whitespace().skip(3).collect();
    assert_eq!((code, figures), (0, vec!["1", "1", "1", of("non_evaluable").to_string().as_str()]), "{out}");
    assert_eq!((of("atteint"), of("non_atteint")), (1, 1));
    assert!(of("non_evaluable") > 300 && out.lines().count() < 10 && out.contains("bilan verdicts"), "{out}");
    assert!(bilan(&["verdicts", &path]).1.lines().count() > 1_000);
}

#[test]
fn an_applicant_is_answered_by_code_or_by_name_as_the_tables_say() {
    let (code, out, err) =
        bilan(&["tension", "clermont-ferrand", "--typologie", "t3", "--categorie", "maison", "--projet", demo()]);
    assert_eq!(code, 0, "{err}");
    let by_code = bilan(&["tension", "63113", "--typologie", "T3", "--categorie", "individuel", "--projet", demo()]);
    assert_eq!(out, by_code.1);
    let rows = commun::read_table(&Path::new(demo()).join("sortie/indicateurs/tension.parquet"));
    let is = |r: &commun::Row, key: [&str; 5]| {
        ["niveau", "code", "population", "typologie", "categorie"].iter().zip(key).all(|(c, v)| r[*c].text() == v)
    };
    let row = rows.iter().find(|r| is(r, ["commune", "63113", "ensemble", "T3", "individuel"])).unwrap();
    for column in ["logements", "demandes", "attributions"] {
        let figure = bilan::format::integer(row[column].int().unwrap());
        assert!(out.lines().any(|l| l.ends_with(&format!(" {figure}"))), "{column} {figure} in {out}");
    }
    let rows = commun::read_table(&Path::new(demo()).join("sortie/indicateurs/explorateur.parquet"));
    for (least, most, told) in [(0, 0, "Aucun bail au délai connu"), (1, 10, "Ces délais reposent sur")] {
        let few = |r: &&commun::Row| {
            let whole = r["typologie"].text() == "ensemble" && r["categorie"].text() == "ensemble";
            whole && r["niveau"].text() == "commune" && (least..=most).contains(&r["baux_delai"].int().unwrap())
        };
        let out = bilan(&["tension", rows.iter().find(few).unwrap()["code"].text(), "--projet", demo()]).1;
        assert!(out.lines().last().unwrap().starts_with(told), "{out}");
    }
    assert_eq!(bilan(&["tension", "Atlantide", "--projet", demo()]).0, 2);
    let (code, _, said) = bilan(&["tension", "clermont ferand", "--projet", demo()]);
    assert!(code == 2 && said.contains("cherchiez-vous Clermont-Ferrand (63113)"), "{said}");
    // Four communes bear this name, none of them here.
    let (code, _, said) = bilan(&["tension", "Clermont", "--projet", demo()]);
    assert!(
        code == 2 && said.contains("B0407") && said.contains("cherchiez-vous Clermont-Ferrand (63113) ?"),
        "{said}"
    );
    assert_eq!(bilan(&["tension", "Saint-Denis", "--projet", demo()]).0, 2);
    let (code, out, said) = bilan(&["tension", "Beaumont", "--projet", demo()]);
    assert!(code == 0 && out.starts_with("Beaumont (63032)"), "the only one of eight inside the perimeter: {said}");
    assert_eq!(bilan(&["tension", "75056", "--projet", demo()]).0, 2, "outside the perimeter");
}

#[test]
fn a_query_reads_and_never_writes() {
    let sql = "SELECT SUM(actives) AS n FROM demande WHERE niveau = 'epci' AND population = 'ensemble' AND typologie = 'ensemble'";
    let (code, out, err) = bilan(&["query", sql, "--csv", "--projet", demo()]);
    assert_eq!((code, out.trim_start_matches('\u{feff}')), (0, "n\n19357\n"), "{err}");
    let (_, out, _) = bilan(&["query", "SELECT COUNT(*) AS n FROM source_rpls", "--json", "--projet", demo()]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap()[0]["n"], 64_588);
    let before = commun::files(&Path::new(demo()).join("sortie/indicateurs"));
    for sql in [
        "COPY parc TO 'x.csv'",
        "SELECT 1; DROP VIEW parc",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "INSTALL httpfs",
        "SET lock_configuration = false",
        "n'importe quoi",
    ] {
        assert_eq!(bilan(&["query", sql, "--projet", demo()]).0, 2, "{sql}");
    }
    assert_eq!(before, commun::files(&Path::new(demo()).join("sortie/indicateurs")));
}

/// A day after the last of any calendar is refused in French whatever the form asked; it was a blank, or an English word of a
/// library in the place of a value.
#[test]
fn a_value_that_cannot_be_written_is_refused_and_never_left_blank() {
    for day in ["DATE '300000-01-01'", "TIMESTAMP '290000-01-01'", "DATE 'infinity'"] {
        for form in [&[][..], &["--csv"], &["--json"]] {
            let sql = format!("SELECT {day} AS jour");
            let (code, out, err) = bilan(&[&["query", &sql, "--projet", demo()], form].concat());
            assert_eq!(code, 2, "{day} {form:?} : {out}");
            assert!(err.contains("B0404") && err.contains("« jour »"), "{err}");
            assert!(!out.contains("300000") && !out.contains("ERROR"), "{out}");
        }
    }
    let sql = "SELECT NULL AS rien, CAST(1.5 AS FLOAT) AS part";
    let (_, out, _) = bilan(&["query", sql, "--json", "--projet", demo()]);
    let rows: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows, serde_json::json!([{ "rien": null, "part": 1.5 }]));
}

#[test]
fn everything_listed_can_be_explained() {
    let (code, list, _) = bilan(&["explain"]);
    assert_eq!(code, 0);
    let ids: Vec<&str> =
        list.lines().filter(|l| l.starts_with("  ")).filter_map(|l| l.split_whitespace().next()).collect();
    assert!(ids.len() >= 20 && ids.contains(&"quartiles") && ids.contains(&"q1_hors_qpv"), "{list}");
    for id in ids {
        let (code, text, _) = bilan(&["explain", id]);
        assert!(code == 0 && text.lines().count() > 4, "{id}: {text}");
    }
    assert_eq!(bilan(&["explain", "rien"]).0, 2);
}

#[test]
fn a_project_made_by_init_runs_once_its_files_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p").to_string_lossy().into_owned();
    assert_eq!(bilan(&["init", &path]).0, 0);
    assert_eq!(bilan(&["init", &path]).0, 2, "never over an existing project");
    let (code, _, err) = bilan(&["run", &path, "--no-report"]);
    assert!(code == 1 && err.matches("B0101").count() == 4, "{err}");
    for source in ["demandes", "attributions", "rpls", "bailleurs"] {
        let model = std::fs::read_to_string(format!("{path}/modeles/{source}.csv")).unwrap();
        assert!(model.starts_with('\u{feff}') && model.contains(';'));
        std::fs::copy(format!("{path}/modeles/{source}.csv"), format!("{path}/donnees/{source}.csv")).unwrap();
    }
    // The whole country, which the file begins with, then a place, as its own line shows how to write.
    let (code, _, err) = bilan(&["run", &path, "--no-report"]);
    assert_eq!(code, 0, "{err}");
    let toml = std::fs::read_to_string(format!("{path}/bilan.toml")).unwrap();
    let place = "epci = [\"246300701\"]";
    assert!(toml.contains(&format!("\n# {place}\n")), "{toml}");
    std::fs::write(format!("{path}/bilan.toml"), toml.replace(&format!("\n# {place}\n"), &format!("\n{place}\n")))
        .unwrap();
    let (code, _, err) = bilan(&["run", &path]);
    assert_eq!(code, 0, "{err}");
    assert!(Path::new(&path).join("sortie/epci/246300701.html").is_file());
}

#[test]
fn help_and_usage_errors_are_in_french() {
    for args in
        [vec!["--help"], vec!["run", "--help"], vec!["demo", "-h"], vec!["tension", "--help"], vec!["query", "--help"]]
    {
        let (code, out, _) = bilan(&args);
        let english = ["Usage:", "Options:", "Commands:", "Print ", "[default", "possible values", "Arguments:"];
        assert!(code == 0 && english.iter().all(|w| !out.contains(w)), "{out}");
    }
    for args in [
        vec![],
        vec!["rum"],
        vec!["run", "--nope"],
        vec!["demo", "--seed", "x"],
        vec!["query", "SELECT 1", "--csv", "--json"],
    ] {
        let (code, out, err) = bilan(&args);
        assert!(code == 2 && out.is_empty() && !err.contains("error:") && !err.contains("For more"), "{args:?}: {err}");
    }
    assert!(bilan(&["run", "a", "b"]).2.contains("« b » est en trop"));
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("demo");
    for n in ["0", "34876"] {
        let (code, _, err) = bilan(&["demo", "--communes", n, "--out", out.to_str().unwrap()]);
        assert!(code == 2 && err.contains("un nombre de 1 à 34875") && !out.exists(), "{n}: {err}");
    }
}

/// A few communes of the country: the review is of their EPCI, not of 1 266 of which a hundred départements have nothing.
#[test]
fn a_demonstration_of_a_few_communes_is_of_their_territories() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("demo");
    let (code, _, err) = bilan(&["demo", "--communes", "3", "--out", out.to_str().unwrap()]);
    assert!(code == 0 && !err.contains("B0380"), "{err}");
    assert_eq!(std::fs::read_dir(out.join("sortie/epci")).unwrap().count(), 3);
}

/// What the pages print is what the tables hold, and every page says what its data are.
#[test]
fn pages_say_fictitious_and_print_the_tables_figures() {
    let pages: Vec<_> = commun::files(&Path::new(demo()).join("sortie"))
        .into_iter()
        .filter(|(p, _)| p.extension().is_some_and(|e| e == "html"))
        .collect();
    // Nine EPCI of five départements, nineteen landlords, five holders of reservation rights, and seven pages of the whole.
    assert_eq!(pages.len(), 45);
    for (path, bytes) in &pages {
        let html = std::str::from_utf8(bytes).unwrap();
        assert!(
            html.contains("<strong>Données fictives</strong>") && html.contains("lang=\"fr\""),
            "{}",
            path.display()
        );
        assert!(
            !html.contains("http://")
                || html.matches("http").count() == html.matches("http://www.w3.org/2000/svg").count()
        );
        assert!(!html.contains("NaN") && !html.contains("undefined") && !html.contains(">None<"), "{}", path.display());
    }
    let index = String::from_utf8(pages.iter().find(|(p, _)| p.ends_with("index.html")).unwrap().1.clone()).unwrap();
    for figure in ["64\u{202f}588", "19\u{202f}357", "7\u{202f}189"] {
        assert!(index.contains(figure), "{figure}");
    }
}
