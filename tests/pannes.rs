//! A full disk, an unreadable file: a clear message, and the last good results untouched.

use std::path::Path;
use std::process::{Command, Output};

use crate::commun::{Projet, files};

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"a*.csv\"]\n";
const HEADER: &str = "numero_unique;date_bail;bailleur;commune;qpv\n";

fn leases(count: u32) -> String {
    let rows = (0..count).map(|i| {
        format!("N{:x};2025-03-{:02};90000000{};63113;non\n", i.wrapping_mul(2_654_435_761), 1 + i % 28, i % 10)
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

fn bilan(projet: &Path) -> Output {
    bilan_with(projet, &[])
}

fn bilan_with(projet: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bilan"))
        .args(["run", "--no-report"])
        .args(more)
        .arg(projet)
        .env("NO_COLOR", "1")
        .output()
        .unwrap()
}

/// The project stands on a small disk of its own, in a mount namespace; where none may be made, the test says so.
#[test]
fn a_full_disk_leaves_the_last_results() {
    let projet = Projet::new(TOML, &[("a.csv", leases(50).as_bytes())]);
    std::fs::write(projet.path().join("grand.csv"), leases(400_000)).unwrap();
    let script = format!(
        "set -e; mount -t tmpfs -o size=40m disque \"$1/petit\"; cp \"$1/bilan.toml\" \"$1/a.csv\" \"$1/petit\"; \
         \"{bin}\" run --no-report \"$1/petit\" 2>/dev/null >/dev/null; cp -r \"$1/petit/sortie\" \"$1/avant\"; \
         cp \"$1/grand.csv\" \"$1/petit/a2.csv\"; head -c $(( $(df --output=avail -B1 \"$1/petit\" | tail -1) - 200000 )) /dev/zero > \"$1/petit/plein\"; \
         set +e; \"{bin}\" run --no-report \"$1/petit\" 2> \"$1/erreurs\" >/dev/null; echo $? > \"$1/code\"; \
         cp -r \"$1/petit/sortie\" \"$1/apres\"",
        bin = env!("CARGO_BIN_EXE_bilan")
    );
    std::fs::create_dir(projet.path().join("petit")).unwrap();
    let mut namespace = Command::new("unshare");
    namespace.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(projet.path());
    let made = namespace.output();
    let code = std::fs::read_to_string(projet.path().join("code")).unwrap_or_default();
    if code.is_empty() {
        eprintln!("aucun espace de montage ici : le disque plein n'est pas essayé ({made:?})");
        return;
    }
    let said = std::fs::read_to_string(projet.path().join("erreurs")).unwrap();
    assert_eq!(code.trim(), "3", "{said}");
    assert!(said.contains("B0900") && said.contains("disque plein"), "{said}");
    assert_eq!(files(&projet.path().join("avant")), files(&projet.path().join("apres")));
}

/// A file that cannot be read is refused by name; the others count, and it counts again once it can be.
#[test]
fn an_unreadable_file_is_refused_and_the_others_count() {
    let projet = Projet::new(TOML, &[("a.csv", leases(20).as_bytes())]);
    let link = projet.path().join("a2.csv");
    std::os::unix::fs::symlink(projet.path().join("absent"), &link).unwrap();
    let output = bilan(projet.path());
    assert_eq!(output.status.code(), Some(0), "a dangling link is no file: {output:?}");
    std::fs::remove_file(&link).unwrap();
    std::fs::write(&link, leases(5)).unwrap();
    let mut locked = std::fs::metadata(&link).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut locked, 0o000);
    std::fs::set_permissions(&link, locked).unwrap();
    // Whoever may read everything gives that up in a namespace of users.
    let output = if std::fs::read(&link).is_ok() {
        let run = ["--user", env!("CARGO_BIN_EXE_bilan"), "run", "--no-report"];
        let output = Command::new("unshare").args(run).arg(projet.path()).env("NO_COLOR", "1").output();
        match output {
            Ok(output) if output.status.code().is_some_and(|c| c < 2) => output,
            other => {
                eprintln!("aucun espace d'utilisateurs ici : le fichier illisible n'est pas essayé ({other:?})");
                return;
            }
        }
    } else {
        bilan(projet.path())
    };
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("B0113") && said.contains("a2.csv") && said.contains("accès refusé"), "{said}");
}

/// A lost write in the middle of reading gives back the state before it: nothing half-written is ever taken for good.
#[test]
fn what_is_left_of_an_interrupted_reading_is_swept() {
    let projet = Projet::new(TOML, &[("a.csv", leases(20).as_bytes())]);
    projet.run(1, false);
    let before = files(&projet.path().join("sortie"));
    let store = projet.path().join(".bilan/store/attributions");
    let half = std::fs::read_dir(&store).unwrap().next().unwrap().unwrap().path().with_extension("parquet.partiel");
    std::fs::write(&half, b"PAR1 half").unwrap();
    let outcome = projet.run(1, false);
    assert_eq!(outcome.read, 0);
    assert!(!half.exists(), "what was half written is gone");
    assert_eq!(before, files(&projet.path().join("sortie")));
}

fn parquet_of(projet: &Projet, folder: &str) -> Vec<std::path::PathBuf> {
    let all = files(&projet.path().join(".bilan"));
    let in_folder =
        |path: &&std::path::PathBuf| path.starts_with(folder) && path.extension().is_some_and(|e| e == "parquet");
    all.keys().filter(in_folder).map(|path| projet.path().join(".bilan").join(path)).collect()
}

/// What a power cut left short is made again, and gives the same results.
#[test]
fn files_of_the_cache_that_are_cut_short_are_made_again() {
    let projet = Projet::new(TOML, &[("a.csv", leases(300).as_bytes())]);
    projet.run(2, false);
    let before = files(&projet.path().join("sortie"));
    for (folder, read) in [("etapes", 0), ("store", 1)] {
        let cut = parquet_of(&projet, folder);
        assert!(!cut.is_empty(), "{folder}");
        for path in &cut {
            let bytes = std::fs::read(path).unwrap();
            std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }
        std::fs::remove_dir_all(projet.path().join("sortie")).unwrap();
        assert_eq!(projet.run(2, false).read, read, "{folder}");
        assert_eq!(before, files(&projet.path().join("sortie")), "{folder}");
    }
}

/// Damage inside a file of the cache is told with what to do, and doing it gives the same results.
#[test]
fn damage_inside_the_cache_is_told_with_its_remedy() {
    let projet = Projet::new(TOML, &[("a.csv", leases(300).as_bytes())]);
    projet.run(2, false);
    let before = files(&projet.path().join("sortie"));
    for path in parquet_of(&projet, "store") {
        let mut bytes = std::fs::read(&path).unwrap();
        // The pages, not the footer.
        let pages = bytes.len() / 2;
        bytes[4..pages].fill(0);
        std::fs::write(path, bytes).unwrap();
    }
    for folder in [".bilan/etapes", "sortie"] {
        std::fs::remove_dir_all(projet.path().join(folder)).unwrap();
    }
    let output = bilan(projet.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("relancez avec --verifier"), "{said}");
    let output = bilan_with(projet.path(), &["--verifier"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("B0309"), "{said}");
    assert_eq!(before, files(&projet.path().join("sortie")));
    // One that the program reads by itself is named.
    for step in ["tension-", "zone_inconnue-"] {
        let all = parquet_of(&projet, "etapes");
        let damaged = all.iter().find(|p| p.file_name().unwrap().to_string_lossy().starts_with(step)).unwrap();
        let mut bytes = std::fs::read(damaged).unwrap();
        let pages = bytes.len() / 3;
        bytes[4..pages].fill(0);
        std::fs::write(damaged, bytes).unwrap();
        std::fs::remove_dir_all(projet.path().join("sortie")).unwrap();
        let output = bilan(projet.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(3) && said.contains("fichier abîmé"), "{said}");
        assert!(said.contains(&*damaged.file_name().unwrap().to_string_lossy()), "{said}");
        std::fs::remove_file(damaged).unwrap();
        projet.run(2, false);
        assert_eq!(before, files(&projet.path().join("sortie")));
    }
}

/// A store that reads well and is not what was written: a run that trusts it gives other figures, one that verifies finds it.
#[test]
fn what_the_store_no_longer_holds_is_found_where_asked() {
    let projet = Projet::new(TOML, &[("a.csv", leases(300).as_bytes())]);
    projet.run(2, false);
    let before = files(&projet.path().join("sortie"));
    let other = Projet::new(TOML, &[("a.csv", leases(200).as_bytes())]);
    other.run(2, false);
    let (kept, others) = (parquet_of(&projet, "store"), parquet_of(&other, "store"));
    std::fs::copy(&others[0], &kept[0]).unwrap();
    std::fs::remove_dir_all(projet.path().join(".bilan/etapes")).unwrap();
    std::fs::remove_dir_all(projet.path().join("sortie")).unwrap();
    bilan(projet.path());
    assert_ne!(before, files(&projet.path().join("sortie")));
    let verified = |found: bool| {
        let output = bilan_with(projet.path(), &["--verifier"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        assert_eq!(said.contains("B0309"), found, "{said}");
        assert_eq!(before, files(&projet.path().join("sortie")));
    };
    verified(true);
    verified(false);
    // The list of what was set aside is kept there too.
    std::fs::write(kept[0].with_extension("csv"), "a.csv;1;qpv;B0107;refus;;fausse ligne\n").unwrap();
    verified(true);
    verified(false);
    // And the account that the quality report is made from.
    let path = kept[0].with_extension("json");
    let account = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, account.replacen("\"lignes\": 300", "\"lignes\": 301", 1)).unwrap();
    assert_ne!(account, std::fs::read_to_string(&path).unwrap());
    verified(true);
    verified(false);
}

/// A step that reads well and no longer agrees with those made from it is not the fault of the program's checks.
#[test]
fn steps_that_no_longer_agree_are_told_with_their_remedy() {
    let toml = TOML.replace("attributions", "demandes");
    let demand = |numbers: [&str; 3]| {
        let rows = numbers.map(|n| format!("{n};2025-03-01;63113\n"));
        "numero_unique;date_depot;communes\n".to_owned() + &rows.concat()
    };
    let projet = Projet::new(&toml, &[("a.csv", demand(["D1", "D1", "D2"]).as_bytes())]);
    projet.run(2, false);
    let before = files(&projet.path().join("sortie"));
    let other = Projet::new(&toml, &[("a.csv", demand(["D1", "D1", "D1"]).as_bytes())]);
    other.run(2, false);
    let kept = |projet: &Projet| {
        let mut steps = parquet_of(projet, "etapes").into_iter();
        steps.find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("demandes_retenues"))).unwrap()
    };
    std::fs::copy(kept(&other), kept(&projet)).unwrap();
    let lost = "indicateurs/demande.csv";
    std::fs::remove_file(projet.path().join("sortie").join(lost)).unwrap();
    let output = bilan(projet.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("ne fait pas le compte") && said.contains("relancez avec --verifier"), "{said}");
    // Nothing was put in its place, nor left beside it.
    let mut left = before.clone();
    left.remove(Path::new(lost));
    assert_eq!(left, files(&projet.path().join("sortie")));
    let output = bilan_with(projet.path(), &["--verifier"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(before, files(&projet.path().join("sortie")));
}
