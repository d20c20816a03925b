//! The same inputs give the same bytes, whatever the threads and whatever interrupts the work.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::commun::{self, files};

fn bilan(args: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_bilan")).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn demo(dir: &Path, more: [&str; 2]) {
    let output = bilan(&["demo", "--out", &dir.to_string_lossy(), more[0], more[1]]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn one_thread_or_two_give_the_same_register_tables_and_pages() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("un"), commun::demonstration());
    demo(&one, ["--threads", "1"]);
    for folder in ["donnees", "sortie"] {
        let (a, b) = (files(&one.join(folder)), files(&two.join(folder)));
        assert!(a.len() >= 4 && a.keys().eq(b.keys()), "{folder}");
        for (name, bytes) in &a {
            assert!(bytes == &b[name], "{folder}/{} differs", name.display());
        }
    }
}

#[test]
fn steps_cut_into_many_parts_give_the_same_results() {
    let (dir, path) = commun::demo();
    let path = PathBuf::from(path);
    // The project's own dictionary entries, alike but for the size of a part.
    let (mut cut, entries) = (0, Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines"));
    for (name, bytes) in files(&entries).into_iter().filter(|(name, _)| name.extension().is_some_and(|e| e == "toml")) {
        let text = String::from_utf8(bytes).unwrap();
        let Some((before, cutting)) = text.split_once("\ndecoupe = ") else { continue };
        if cutting.starts_with("{ fichiers") {
            continue; // A file is what it is.
        }
        let (size, after) = cutting.split_at(cutting.find(" }").unwrap());
        let (what, _) = size.rsplit_once(" = ").unwrap();
        let part = if what.contains("lignes") { 900 } else { 40 };
        let own = path.join("pipelines").join(name);
        std::fs::create_dir_all(own.parent().unwrap()).unwrap();
        std::fs::write(own, format!("{before}\ndecoupe = {what} = {part}{after}")).unwrap();
        cut += 1;
    }
    assert!(cut >= 14, "{cut}");
    let autre = dir.path().join("autre");
    let output = bilan(&["run", &path.to_string_lossy(), "--no-report", "--out", &autre.to_string_lossy()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let parts = files(&path.join(".bilan/etapes"));
    assert!(parts.keys().filter(|name| name.to_string_lossy().starts_with("faits-")).count() > 2, "{:?}", parts.keys());
    let (whole, parted) = (files(&path.join("sortie")), files(&autre));
    let computed = |name: &&std::path::PathBuf| name.starts_with("indicateurs") || name.starts_with("qualite");
    assert!(
        whole.keys().filter(computed).count() > 40 && whole.keys().filter(computed).eq(parted.keys().filter(computed))
    );
    for (name, bytes) in parted.iter().filter(|(name, _)| name.to_string_lossy() != "manifeste.json") {
        assert!(bytes == &whole[name], "{} differs", name.display());
    }
}

#[test]
fn an_unchanged_project_is_not_computed_again_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p");
    demo(&path, ["--communes", "2"]);
    let before = files(&path.join("sortie"));
    let output = bilan(&["run", &path.to_string_lossy()]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("rien à refaire"), "{text}");
    assert_eq!(before, files(&path.join("sortie")));
}

#[test]
fn a_killed_run_leaves_a_project_that_the_next_run_finishes_alike() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, cut) = (dir.path().join("entier"), dir.path().join("coupe"));
    // Few communes: the delays then fall in every stage, pages and PDFs included.
    demo(&whole, ["--communes", "2"]);
    demo(&cut, ["--communes", "2"]);
    let expected = files(&whole.join("sortie"));
    for delay in [15_u64, 60, 140, 260, 420, 700, 1200, 2000] {
        std::fs::remove_dir_all(cut.join("sortie")).unwrap();
        std::fs::remove_dir_all(cut.join(".bilan/store")).unwrap();
        let _ = std::fs::remove_file(cut.join(".bilan/etat.json"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_bilan"))
            .args(["run", &cut.to_string_lossy()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        // SIGKILL: nothing in the process can react to it.
        child.kill().unwrap();
        child.wait().unwrap();
        let output = bilan(&["run", &cut.to_string_lossy()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let after = files(&cut.join("sortie"));
        assert!(after.keys().eq(expected.keys()), "{delay} ms: {:?}", after.keys());
        for (name, bytes) in &expected {
            assert!(bytes == &after[name], "{delay} ms: {} differs", name.display());
        }
    }
}
