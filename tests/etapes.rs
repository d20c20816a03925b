//! Nothing is computed twice: a change redoes the steps that depend on it, and what is kept is what would be computed.

use std::collections::BTreeSet;

use crate::commun::{self, Projet};

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\n\
[[source]]\nschema = \"demandes\"\nfichiers = [\"demandes.csv\"]\n\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.csv\"]\n";
const TARGET: &str = "\n[[objectif]]\nepci = \"246300701\"\nbase = \"cia\"\ndebut = 2019-07-01\nfin = 2026-12-31\n\
public = \"q1\"\nzone = \"hors_qpv\"\ncible = 0.3\nreference = \"essai\"\n";
const DEMANDS: &str = "numero_unique;date_depot;communes;typologies\nD1;2025-03-01;63113;T2\nD2;2024-03-01;63113;T3\n";
const LETTINGS: &str = "numero_unique;date_depot;date_bail;bailleur;commune;qpv;typologie;ressources_mensuelles;nb_personnes\n\
A1;2024-03-01;2025-03-02;900000001;63113;non;T2;500;1\nA2;2024-03-01;2025-05-02;900000001;63113;non;T3;2500;1\n";

fn project(toml: &str, lettings: &str) -> Projet {
    Projet::new(toml, &[("demandes.csv", DEMANDS.as_bytes()), ("attributions.csv", lettings.as_bytes())])
}

/// Names of the steps kept: table, then what it is made from.
fn steps(projet: &Projet) -> BTreeSet<String> {
    let entries = std::fs::read_dir(projet.path().join(".bilan/etapes")).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn tables(projet: &Projet) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    commun::files(&projet.path().join("sortie/indicateurs"))
}

/// Tables whose step was done again.
fn again(before: &BTreeSet<String>, after: &BTreeSet<String>) -> BTreeSet<String> {
    after.difference(before).map(|name| name.rsplit_once('-').unwrap().0.to_owned()).collect()
}

#[test]
fn another_target_redoes_the_verdicts_alone() {
    let projet = project(TOML, LETTINGS);
    projet.run(2, false);
    let before = steps(&projet);
    let toml = format!("{TOML}{TARGET}");
    std::fs::write(projet.path().join("bilan.toml"), &toml).unwrap();
    projet.run(1, false);
    let redone = again(&before, &steps(&projet));
    assert!(redone.contains("verdicts") && redone.contains("manques"), "{redone:?}");
    for kept in ["demande", "faits", "tension", "delais", "quartiles", "parc", "attributions_profil"] {
        assert!(!redone.contains(kept), "{kept} was done again: {redone:?}");
    }
    let as_new = |toml: &str| {
        let fresh = project(toml, LETTINGS);
        fresh.run(2, false);
        tables(&fresh)
    };
    assert_eq!(tables(&projet), as_new(&toml));
    // Another rate is about the same leases.
    let (before, toml) = (steps(&projet), toml.replace("cible = 0.3", "cible = 0.6"));
    std::fs::write(projet.path().join("bilan.toml"), &toml).unwrap();
    projet.run(1, false);
    let redone = again(&before, &steps(&projet));
    assert!(redone.contains("verdicts") && !redone.contains("champ"), "{redone:?}");
    assert_eq!(tables(&projet), as_new(&toml));
}

/// Checking makes what cross-checks read, and no other table; what a run then finds done is what it would have made.
#[test]
fn checking_makes_what_checks_read_alone() {
    let projet = project(TOML, LETTINGS);
    let options = bilan::run::Options { threads: 2, verifier: false, report: false };
    let (plan, _) = bilan::project::Plan::load(projet.path(), None).unwrap();
    bilan::run::check(&plan, options, &bilan::progress::Progress::hidden()).unwrap();
    let checked = steps(&projet);
    let made = again(&BTreeSet::new(), &checked);
    assert!(made.contains("faits") && made.contains("double_enregistrement"), "{made:?}");
    assert!(!made.contains("explorateur") && !made.contains("verdicts"), "{made:?}");
    let quality = projet.text("qualite.json");
    projet.run(2, false);
    assert!(checked.is_subset(&steps(&projet)));
    assert_eq!(projet.text("qualite.json"), quality);
    assert_eq!(
        tables(&projet),
        tables(&{
            let fresh = project(TOML, LETTINGS);
            fresh.run(2, false);
            fresh
        })
    );
    // Checking again keeps the tables of the run.
    bilan::run::check(&plan, options, &bilan::progress::Progress::hidden()).unwrap();
    assert!(made.len() < again(&BTreeSet::new(), &steps(&projet)).len());
}

#[test]
fn another_file_of_lettings_keeps_the_steps_of_the_demand() {
    let projet = project(TOML, LETTINGS);
    projet.run(2, false);
    let before = steps(&projet);
    let lettings = format!("{LETTINGS}A3;2024-03-01;2025-06-02;900000001;63113;oui;T3;2500;1\n");
    std::fs::write(projet.path().join("attributions.csv"), &lettings).unwrap();
    projet.run(1, false);
    let redone = again(&before, &steps(&projet));
    for table in ["faits", "attributions", "quartiles", "verdicts", "tension"] {
        assert!(redone.contains(table), "{table} was not done again: {redone:?}");
    }
    for kept in ["demandes_ecartees", "demande", "parc"] {
        assert!(!redone.contains(kept), "{kept} was done again: {redone:?}");
    }
    assert_eq!(
        tables(&projet),
        tables(&{
            let fresh = project(TOML, &lettings);
            fresh.run(2, false);
            fresh
        })
    );
    // And back: the results are those of the first file again.
    std::fs::write(projet.path().join("attributions.csv"), LETTINGS).unwrap();
    projet.run(2, false);
    assert_eq!(steps(&projet), before);
}

#[test]
fn an_unchanged_project_keeps_its_steps_and_a_lost_one_is_done_again() {
    let projet = project(TOML, LETTINGS);
    projet.run(2, false);
    let before = (steps(&projet), tables(&projet));
    std::fs::remove_dir_all(projet.path().join(".bilan/etapes")).unwrap();
    std::fs::remove_dir_all(projet.path().join("sortie/indicateurs")).unwrap();
    projet.run(2, false);
    assert_eq!((steps(&projet), tables(&projet)), before);
}

/// Two results folders of one project, told in turn: neither keeps what it held of other files, nor what the other was told of.
#[test]
fn each_results_folder_holds_the_last_run_told_to_it() {
    let projet = project(TOML, LETTINGS);
    let path = projet.path().to_string_lossy().into_owned();
    let outs = ["un", "autre"].map(|name| projet.path().join(name));
    let told = |out: &std::path::Path, command: &str| {
        let (code, said) = commun::bilan(&[command, &path, "--out", &out.to_string_lossy()]);
        assert_eq!(code, 0, "{said}");
    };
    let both = |out: &std::path::Path| {
        told(out, "run");
        told(out, "publish");
        commun::files(out)
    };
    let first = both(&outs[0]);
    let fewer = LETTINGS.split_inclusive('\n').take(2).collect::<String>();
    std::fs::write(projet.path().join("attributions.csv"), fewer).unwrap();
    let other = both(&outs[1]);
    assert!(first != other);
    // What the project remembers is of the other folder.
    let (code, said) = commun::bilan(&["publish", &path, "--out", &outs[0].to_string_lossy()]);
    assert!(code == 2 && said.contains("B0401"), "{code} {said}");
    let again = both(&outs[0]);
    for (name, bytes) in &other {
        assert!(again.get(name) == Some(bytes), "{}", name.display());
    }
    assert_eq!(again.len(), other.len());
    std::fs::write(projet.path().join("attributions.csv"), LETTINGS).unwrap();
    assert!(both(&outs[0]) == first);
}

/// A project that is moved, or copied, finds its steps.
#[test]
fn steps_are_the_same_wherever_the_project_stands() {
    let (here, there) = (project(TOML, LETTINGS), project(TOML, LETTINGS));
    here.run(2, false);
    std::fs::create_dir(there.path().join(".bilan")).unwrap();
    std::fs::copy(here.path().join(".bilan/cle"), there.path().join(".bilan/cle")).unwrap();
    there.run(2, false);
    assert_eq!(steps(&here), steps(&there));
}

/// Nor is anything done again for its results: they may be told elsewhere as they are.
#[test]
fn a_project_moved_or_copied_keeps_its_results() {
    let projet = project(TOML, LETTINGS);
    projet.run(2, true);
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("copie");
    commun::copy(projet.path(), &copy);
    assert_eq!(commun::bilan(&["publish", &copy.to_string_lossy()]).0, 0);
    let moved = elsewhere.path().join("ailleurs");
    std::fs::rename(&copy, &moved).unwrap();
    let (code, said) = commun::bilan(&["run", &moved.to_string_lossy()]);
    assert!(code == 0 && said.contains("rien à refaire"), "{said}");
    // Of the folder itself, as another name leads to it.
    let out = moved.join("sortie").to_string_lossy().into_owned();
    let (code, said) = commun::bilan(&["run", &moved.to_string_lossy(), "--out", &out]);
    assert!(code == 0 && said.contains("rien à refaire"), "{said}");
}

/// A spreadsheet that saves what it shows writes other figures under the program's name: those come back, and what was written
/// stays beside.
#[test]
fn results_that_somebody_has_changed_are_written_again_and_kept_beside() {
    let projet = project(TOML, LETTINGS);
    projet.run(2, true);
    let (path, sortie) = (projet.path().to_string_lossy().into_owned(), projet.path().join("sortie"));
    let run = || commun::bilan(&["run", &path]);
    let before = commun::files(&sortie);
    let changed = ["indicateurs/verdicts.csv", "bilan.xlsx"].map(|name| sortie.join(name));
    for (time, beside) in ["(modifié)", "(modifié 2)"].into_iter().enumerate() {
        for file in &changed {
            std::fs::write(file, format!("mes notes, {time}")).unwrap();
        }
        let (code, said) = commun::bilan(&["publish", &path]);
        assert!(
            code == 2 && said.contains("B0401") && said.contains("« bilan.xlsx », « indicateurs/verdicts.csv »"),
            "{said}"
        );
        let (code, said) = run();
        assert!(
            code == 0 && said.contains("B0384") && said.contains("« bilan.xlsx », « indicateurs/verdicts.csv »"),
            "{said}"
        );
        let after = commun::files(&sortie);
        assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
        assert_eq!(after.len(), before.len() + 2 * (time + 1));
        for kept in [format!("indicateurs/verdicts {beside}.csv"), format!("bilan {beside}.xlsx")] {
            assert_eq!(after[std::path::Path::new(&kept)], format!("mes notes, {time}").into_bytes());
        }
    }
    let (code, said) = run();
    assert!(code == 0 && said.contains("rien à refaire") && !said.contains("B0384"), "{said}");
}

/// The lists of what is to be mended are what people write in: a check writes them again as it found them, and keeps what they wrote.
#[test]
fn a_list_that_somebody_has_filled_in_is_kept_beside_by_a_check() {
    let late = LETTINGS.replace("A2;2024-03-01;2025-05-02", "A2;2025-06-01;2025-05-02");
    let projet = project(TOML, &late);
    projet.run(2, true);
    let (path, sortie) = (projet.path().to_string_lossy().into_owned(), projet.path().join("sortie"));
    let before = commun::files(&sortie);
    for list in ["rejets", "qualite/900000001"] {
        std::fs::write(sortie.join(format!("{list}.csv")), "corrigé le 3 mars").unwrap();
        let (code, said) = commun::bilan(&["check", &path]);
        assert!(code == 0 && said.contains("B0384") && said.contains(&format!("« {list}.csv »")), "{code} {said}");
        let kept = std::fs::read_to_string(sortie.join(format!("{list} (modifié).csv"))).unwrap();
        assert_eq!(kept, "corrigé le 3 mars");
    }
    let after = commun::files(&sortie);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
    let (code, said) = commun::bilan(&["run", &path]);
    assert!(code == 0 && said.contains("rien à refaire") && !said.contains("B0384"), "{said}");
    // Of another register, a check writes other lists, which nobody has changed.
    std::fs::write(projet.path().join("attributions.csv"), late.replace("A1;2024-03-01", "A1;2025-04-01")).unwrap();
    for command in ["check", "run", "check"] {
        let (code, said) = commun::bilan(&[command, &path]);
        assert!(code == 0 && !said.contains("B0384"), "{command} {code} {said}");
    }
    // The list of a landlord of whom nothing is left to say goes.
    std::fs::write(projet.path().join("attributions.csv"), late.replace("900000001", "900001018")).unwrap();
    assert_eq!(commun::bilan(&["check", &path]).0, 0);
    let lists = commun::files(&sortie.join("qualite"));
    let names: Vec<&str> = lists.keys().filter_map(|name| name.to_str()).collect();
    assert_eq!(names, ["900000001 (modifié).csv", "900001018.csv"]);
}

/// A sum of whole numbers is a whole number, even between two steps: only what a quantile interpolates may be a real one.
#[test]
fn steps_keep_no_sum_as_a_real_number() {
    let projet = project(TOML, LETTINGS);
    projet.run(2, false);
    for file in steps(&projet) {
        let (schema, _) = bilan::store::read_all(&projet.path().join(".bilan/etapes").join(&file)).unwrap();
        let name = file.rsplit_once('-').unwrap().0;
        if projet.path().join(format!("sortie/indicateurs/{name}.parquet")).is_file() {
            continue;
        }
        let real = schema.fields().iter().filter(|f| f.data_type().is_floating()).map(|f| f.name().as_str());
        let sums: Vec<&str> = real.filter(|f| !["q1_jours", "mediane_jours", "q3_jours"].contains(f)).collect();
        assert!(sums.is_empty(), "{name}: {sums:?}");
    }
}

/// A base by commune has a row a key, as its entry says, whether a value is missing or was not understood.
#[test]
fn bases_by_commune_have_one_row_a_key() {
    let demands =
        "numero_unique;date_depot;communes;situation_familiale\nA1;2024-03-01;63113;\nA2;2024-03-01;63113;??\n";
    let projet = Projet::new(TOML, &[("demandes.csv", demands.as_bytes()), ("attributions.csv", LETTINGS.as_bytes())]);
    projet.run(2, false);
    for base in ["demande_base", "parc_base", "tension_base", "demande_profil_base", "attributions_profil_base"] {
        let entry =
            std::fs::read_to_string(format!("{}/pipelines/{base}/{base}.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let line = entry.lines().find(|l| l.starts_with("cle = ")).unwrap();
        let key: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        let mut seen = BTreeSet::new();
        for file in steps(&projet).iter().filter(|f| f.rsplit_once('-').unwrap().0 == base) {
            for row in commun::read_table(&projet.path().join(".bilan/etapes").join(file)) {
                let values: Vec<String> = key.iter().map(|k| format!("{:?}", row[*k])).collect();
                assert!(seen.insert(values.clone()), "{base}: {values:?} twice");
            }
        }
        assert_eq!(seen.is_empty(), base == "parc_base", "{base}");
    }
}
