//! Names, telephone and social-security numbers and free text, planted in undeclared columns and inside declared ones, in
//! every format: none reaches the store, the outputs, the logs or the messages.

use std::path::Path;
use std::process::Command;

use crate::formes::{self, Registre, Valeur};

use crate::commun::{self, Projet};

const SECRETS: [&str; 7] = [
    "DUPONTEL",
    "Gwenaelle",
    "0612345678",
    "285076311304512",
    "gwen@exemple.fr",
    "NUM-18-SECRET-0001",
    "violences du mari",
];

fn toml(file: &str) -> String {
    format!(
        "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
         [[source]]\nschema = \"attributions\"\nfichiers = [\"{file}\"]\n"
    )
}

/// Leases whose every undeclared column is a secret, then one with a secret in every declared column.
fn leases() -> Registre {
    let colonnes = [
        "nom",
        "prenom",
        "telephone",
        "observations",
        "numero_unique",
        "date_bail",
        "bailleur",
        "commune",
        "reservataire",
        "qpv",
        "ressources_mensuelles",
        "typologie",
        "nb_personnes",
        "id_rpls",
        "commune_origine",
    ];
    let text = |t: &str| Valeur::Texte(t.to_owned());
    let good = vec![
        text("DUPONTEL"),
        text("Gwenaelle"),
        text("0612345678"),
        text("violences du mari"),
        text("NUM-18-SECRET-0001"),
        text("2025-02-03"),
        text("900000001"),
        text("63113"),
        text("DUPONTEL"),
        text("gwen@exemple.fr"),
        text("0612345678"),
        text("Gwenaelle"),
        text("285076311304512"),
        text("DUPONTEL"),
        text("violences du mari"),
    ];
    let mut bad = good.clone();
    bad[5] = text("285076311304512");
    bad[6] = text("DUPONTEL");
    bad[7] = text("Gwenaelle");
    Registre { colonnes: colonnes.map(str::to_owned).to_vec(), lignes: vec![good, bad] }
}

/// Runs the program on a project as its users do; everything it said.
fn run(projet: &Path, command: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_bilan")).args(command).arg(projet).env("NO_COLOR", "1").output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

/// No secret in what was said, nor in any file that was written; Parquet pages are compressed, so they are read back.
fn assert_absent(name: &str, projet: &Projet, said: &str) {
    let holds =
        |bytes: &[u8], secret: &str| bytes.windows(secret.len()).any(|w| w.eq_ignore_ascii_case(secret.as_bytes()));
    for secret in SECRETS {
        assert!(!holds(said.as_bytes(), secret), "{name}: {secret} said\n{said}");
    }
    for folder in ["sortie", ".bilan"] {
        for (path, bytes) in commun::files(&projet.path().join(folder)) {
            let parquet = path.extension().is_some_and(|e| e == "parquet");
            let text = if parquet {
                format!("{:?}", bilan::store::read_all(&projet.path().join(folder).join(&path)).unwrap())
            } else {
                String::new()
            };
            for secret in SECRETS {
                // A resource given as a number is a number: the telephone read as one stays in its column of the store.
                let number = parquet && secret == "0612345678";
                assert!(number || !holds(&bytes, secret), "{name}: {secret} in {folder}/{}", path.display());
                assert!(number || !holds(text.as_bytes(), secret), "{name}: {secret} in {folder}/{}", path.display());
            }
        }
    }
}

#[test]
fn nothing_personal_goes_further_than_the_file_it_came_in() {
    let leases = leases();
    let shapes: [(&str, Vec<u8>); 7] = [
        ("leases.csv", leases.csv(b';')),
        ("leases.tsv", leases.csv(b'\t')),
        ("leases.csv.gz", formes::gzip(&leases.csv(b';'))),
        ("leases.zip", formes::zip("DUPONTEL.csv", &leases.csv(b';'))),
        ("leases.xlsx", leases.xlsx("Baux")),
        ("leases.ods", leases.ods("Baux")),
        ("leases.parquet", leases.parquet()),
    ];
    for (name, bytes) in shapes {
        let projet = Projet::new(&toml(name), &[(name, &bytes)]);
        let mut said = run(projet.path(), &["run"]);
        said += &run(projet.path(), &["check"]);
        said += &run(&projet.path().join(name), &["check", "--apercu"]);
        assert!(said.contains("B0120") || said.contains("B0107"), "{name}: {said}");
        assert_absent(name, &projet, &said);
    }
}

#[test]
fn a_message_of_the_register_keeps_its_names() {
    let message = "<n:interfaceNuu versionInterface=\"02.01\" xmlns:n=\"http://nuu.application.i2/\"><n:demande><n:demandeLogement>\
         <n:numUnique>NUM-18-SECRET-0001</n:numUnique><n:dateCreationDemande>Gwenaelle</n:dateCreationDemande>\
         <n:personnePhysique><n:demandeur><n:nom>DUPONTEL</n:nom><n:prenom>Gwenaelle</n:prenom><n:nir>285076311304512</n:nir>\
         <n:dateNaissance>violences du mari</n:dateNaissance><n:telPortable>0612345678</n:telPortable><n:mel>gwen@exemple.fr</n:mel>\
         <n:situationFamiliale code=\"DUPONTEL\"/></n:demandeur></n:personnePhysique><n:commentaire>violences du mari</n:commentaire>\
         <n:logementRecherche><n:listeLocalisationSouhaite><n:localisationSouhaite><n:commune code=\"DUPONTEL\"/>\
         </n:localisationSouhaite></n:listeLocalisationSouhaite></n:logementRecherche></n:demandeLogement></n:demande></n:interfaceNuu>";
    for (name, bytes) in [("m.xml", message.to_owned()), ("cut.xml", message[..message.len() - 30].to_owned())] {
        let projet = Projet::new(&toml(name).replace("attributions", "demandes"), &[(name, bytes.as_bytes())]);
        let mut said = run(projet.path(), &["run"]);
        said += &run(&projet.path().join(name), &["check", "--apercu"]);
        assert_absent(name, &projet, &said);
    }
}

/// A file without a header: its first record is taken for one, and must not be quoted.
#[test]
fn a_header_that_is_none_is_never_quoted() {
    let projet = Projet::new(&toml("a.csv"), &[("a.csv", b"DUPONTEL;Gwenaelle;0612345678;285076311304512\nx;y;z;t\n")]);
    let mut said = run(projet.path(), &["run"]);
    said += &run(&projet.path().join("a.csv"), &["check", "--apercu"]);
    assert!(said.contains("B0103"), "{said}");
    assert_absent("a.csv", &projet, &said);
}
