//! The user guide: every command in it works, in its order, on the files it says.

use std::path::Path;
use std::process::Command;

/// Words of a command line; quotes keep spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

#[test]
fn every_command_of_the_guide_works_in_order() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guide.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut ran = 0;
    for block in guide.split("```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').unwrap();
        if language == "toml" {
            let file = text.lines().next().unwrap().trim_start_matches("# ");
            std::fs::write(dir.path().join(file), text).unwrap();
        }
        for line in text.lines().filter_map(|l| l.strip_prefix("$ ")).filter(|_| language == "console") {
            let words = words(line);
            let program = if words[0] == "bilan" { env!("CARGO_BIN_EXE_bilan") } else { words[0].as_str() };
            let done = Command::new(program).args(&words[1..]).current_dir(dir.path()).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            let wanted = if line.starts_with("bilan verdicts") { 4 } else { 0 };
            assert_eq!(done.status.code(), Some(wanted), "{line}\n{said}");
            ran += 1;
        }
    }
    assert!(ran >= 12, "{ran} commands");
    for file in [
        "index.html",
        "territoire.html",
        "explorateur.html",
        "pdf/246300701.pdf",
        "pdf/246300701-diaporama.pdf",
        "classeurs/246300701.xlsx",
        "bilan.xlsx",
        "qualite.html",
    ] {
        assert!(dir.path().join("mon-bilan/sortie").join(file).is_file(), "{file}");
    }
}

#[test]
fn the_guide_shows_pictures_that_exist() {
    let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
    let guide = std::fs::read_to_string(docs.join("guide.md")).unwrap();
    for picture in guide
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .filter(|p| Path::new(p).extension().is_some_and(|e| e == "png"))
    {
        assert!(docs.join(picture).is_file(), "{picture}");
    }
}

/// What the README shows is what the program says, lines that stand for others (`…`) apart.
#[test]
fn what_the_readme_shows_is_real_output() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let said = |args: &[String]| {
        let done = Command::new(env!("CARGO_BIN_EXE_bilan")).args(args).current_dir(dir.path()).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap()
    };
    let blocks: Vec<&str> = readme.split("```").skip(1).step_by(2).collect();
    let demo = blocks.iter().find(|b| b.contains("À ouvrir")).unwrap();
    let asked = blocks.iter().filter_map(|b| b.trim_start().strip_prefix("$ bilan ")?.split_once('\n'));
    let mut compared = 0;
    for (command, shown) in std::iter::once(("demo", *demo)).chain(asked) {
        let output = said(&words(command));
        let mut lines = output.lines();
        for line in shown.lines().filter(|line| !line.is_empty() && *line != "…") {
            assert!(lines.any(|found| found == line), "bilan {command}\n{line}\n\n{output}");
            compared += 1;
        }
    }
    assert!(compared > 25, "{compared} lines");
}
