//! One register in every format that is read gives the same tables, byte for byte.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::formes::{self, Registre, Valeur};

use crate::commun::{Projet, files};

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
[[source]]\nschema = \"demandes\"\nfichiers = [\"demandes.*\"]\n\
[[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.*\"]\n\
[[source]]\nschema = \"bailleurs\"\nfichiers = [\"bailleurs.csv\"]\n";

fn date(days: u32) -> Valeur {
    let day = chrono::NaiveDate::from_ymd_opt(2022, 1, 1).unwrap() + chrono::Days::new(u64::from(days));
    Valeur::Date(day)
}

fn text(value: &str) -> Valeur {
    Valeur::Texte(value.to_owned())
}

/// A register small enough to be read by eye, large enough to reach every column.
fn demandes() -> Registre {
    let colonnes = [
        "numero_unique",
        "date_depot",
        "date_radiation",
        "motif_radiation",
        "nb_personnes",
        "nb_moins_14",
        "ressources_mensuelles",
        "logement_actuel",
        "typologies",
        "communes",
        "categorie",
        "annee_naissance",
        "situation_familiale",
        "dalo",
    ];
    let lignes = (0..240_u32)
        .map(|i| {
            let enfants = i % 4;
            let radiee = i % 5 == 0;
            vec![
                text(&format!("0630122{i:06}10395")),
                date(i * 5),
                if radiee { date(1000 + i) } else { Valeur::Vide },
                if radiee { text(["RADATT", "RADREN"][(i / 5 % 2) as usize]) } else { Valeur::Vide },
                Valeur::Nombre(f64::from(2 + enfants)),
                Valeur::Nombre(f64::from(enfants)),
                Valeur::Nombre(f64::from(900 + 37 * i) + 0.25),
                text(["HLM", "LP", "CP"][(i % 3) as usize]),
                text(["T2", "T3|T4", "T1"][(i % 3) as usize]),
                text(["63113", "63113|63014", "63075"][(i % 3) as usize]),
                text(["A", "M", "I"][(i % 3) as usize]),
                Valeur::Nombre(f64::from(1950 + i % 50)),
                text(["C", "M", "P"][(i % 3) as usize]),
                text(["NON", "ACTIF"][usize::from(i % 11 == 0)]),
            ]
        })
        .collect();
    Registre { colonnes: colonnes.map(str::to_owned).to_vec(), lignes }
}

fn attributions() -> Registre {
    let colonnes = [
        "numero_unique",
        "date_bail",
        "bailleur",
        "commune",
        "qpv",
        "categorie",
        "typologie",
        "financement",
        "reservataire",
        "ressources_mensuelles",
        "nb_uc",
    ];
    let lignes = (0..90_u32)
        .map(|i| {
            vec![
                text(&format!("0630122{:06}10395", i * 2)),
                date(1100 + i * 3),
                Valeur::Nombre(f64::from([246_300_701_u32, 779_289_632][(i % 2) as usize])),
                text(["63113", "63014"][(i % 2) as usize]),
                text(["oui", "non"][(i % 2) as usize]),
                text(["collectif", "individuel"][(i % 2) as usize]),
                text(["T2", "T3"][(i % 2) as usize]),
                text(["PLAI", "PLUS", "PLI"][(i % 3) as usize]),
                text(["AUCUN", "COLACT", "PPRIOR"][(i % 3) as usize]),
                if i % 13 == 0 { Valeur::Vide } else { Valeur::Nombre(f64::from(700 + 20 * i)) },
                Valeur::Nombre(1.0 + f64::from(i % 3) / 2.0),
            ]
        })
        .collect();
    Registre { colonnes: colonnes.map(str::to_owned).to_vec(), lignes }
}

/// Tables of a project whose two registers come as these files.
fn tables(demandes: (&str, &[u8]), attributions: (&str, &[u8])) -> BTreeMap<PathBuf, Vec<u8>> {
    let bailleurs = "siren;nom\n246300701;Bailleur A\n779289632;Bailleur B\n";
    let projet = Projet::new(TOML, &[demandes, attributions, ("bailleurs.csv", bailleurs.as_bytes())]);
    let outcome = projet.run(2, false);
    for file in &outcome.ingestion.fichiers {
        assert!(file.refus.is_empty(), "{}: {:?}", file.fichier, file.refus);
        assert_eq!(file.refusees, 0, "{}: {:?}", file.fichier, file.totaux);
    }
    files(&projet.path().join("sortie/indicateurs"))
}

#[test]
fn one_register_in_every_disguise_gives_the_same_tables() {
    let (d, a) = (demandes(), attributions());
    let plain = tables(("demandes.csv", &d.csv(b';')), ("attributions.csv", &a.csv(b';')));
    // All ninety leases are of 2025 and of the EPCI: equal tables are not empty ones.
    let leases = String::from_utf8(plain[&PathBuf::from("attributions.csv")].clone()).unwrap();
    let whole = leases.lines().filter(|l| l.contains(";epci;246300701;") && l.contains(";ensemble;ensemble;90;"));
    assert_eq!(whole.count(), 1, "{leases}");
    let disguises: Vec<(&str, Vec<u8>, &str, Vec<u8>)> = vec![
        ("demandes.tsv", d.csv(b'\t'), "attributions.tsv", a.csv(b'\t')),
        ("demandes.txt", d.csv(b'|'), "attributions.csv", a.csv(b',')),
        ("demandes.csv.gz", formes::gzip(&d.csv(b';')), "attributions.csv.gz", formes::gzip(&a.csv(b','))),
        ("demandes.zip", formes::zip("d.csv", &d.csv(b';')), "attributions.zip", formes::zip("a.csv", &a.csv(b'\t'))),
        ("demandes.xlsx", d.xlsx("Demandes"), "attributions.xlsx", a.xlsx("Attributions")),
        ("demandes.ods", d.ods("Demandes"), "attributions.ods", a.ods("Attributions")),
        ("demandes.parquet", d.parquet(), "attributions.parquet", a.parquet()),
        ("demandes.xml", d.xml(), "attributions.csv", formes::windows_1252(&a.csv(b';'))),
        ("demandes.xml.gz", formes::gzip(&d.xml()), "attributions.csv", formes::bom(&a.csv(b';'))),
    ];
    for (demandes, d_bytes, attributions, a_bytes) in disguises {
        let found = tables((demandes, &d_bytes), (attributions, &a_bytes));
        assert_eq!(plain.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        for (name, bytes) in &plain {
            assert!(found[name] == *bytes, "{demandes}, {attributions}: {}", name.display());
        }
    }
}

/// A numéro unique whose digits are parted in groups is the same number: its lease finds its demand.
#[test]
fn a_number_parted_by_spaces_is_the_same_number() {
    let (d, mut a) = (demandes(), attributions());
    let plain = tables(("demandes.csv", &d.csv(b';')), ("attributions.csv", &a.csv(b';')));
    for ligne in &mut a.lignes {
        let Valeur::Texte(numero) = &mut ligne[0] else { unreachable!() };
        *numero = format!("{} {}\u{a0}{}", &numero[..3], &numero[3..13], &numero[13..]);
    }
    for (name, bytes) in tables(("demandes.csv", &d.csv(b';')), ("attributions.csv", &a.csv(b';'))) {
        assert!(plain[&name] == bytes, "{}", name.display());
    }
}

/// Labels of the national lists, as exports meant to be read carry them: as they are, as a machine without accents writes them,
/// as a text processor does; and what the field says for a code.
#[test]
fn codes_written_by_their_labels_are_the_same_codes() {
    let labels = [
        ("motif_radiation", "RADATT", "Attribution d'un logement"),
        ("motif_radiation", "RADREN", "Non-renouvellement"),
        ("logement_actuel", "HLM", "Logement HLM"),
        ("logement_actuel", "LP", "Locataire parc privé"),
        ("logement_actuel", "CP", "Chez un particulier"),
        ("categorie", "A", "Appartement"),
        ("categorie", "M", "Maison"),
        ("categorie", "I", "Indifférent"),
        ("situation_familiale", "C", "Célibataire"),
        ("situation_familiale", "M", "Marié(e)"),
        ("situation_familiale", "P", "Pacsé(e)"),
        ("dalo", "NON", "Non"),
        ("dalo", "ACTIF", "Actif"),
        ("financement", "PLAI", "PLA-I"),
        ("typologie", "T2", "F2"),
        ("typologie", "T3", "3 pièces"),
        ("reservataire", "AUCUN", "Hors contingent"),
        ("reservataire", "COLACT", "Contingent employeurs et collecteurs Action Logement"),
        ("reservataire", "PPRIOR", "Contingent préfet prioritaires (hors fonctionnaires)"),
    ];
    let written = |label: &str, row: usize| match row % 3 {
        0 => label.to_owned(),
        1 => label.to_uppercase().replace('É', "E"),
        _ => label.replace('\'', "’").replace(' ', "\u{a0} "),
    };
    let by_labels = |mut registre: Registre| {
        for (row, ligne) in registre.lignes.iter_mut().enumerate() {
            for (colonne, valeur) in registre.colonnes.iter().zip(ligne) {
                let Valeur::Texte(code) = valeur else { continue };
                let found = labels.iter().find(|(named, own, _)| named == colonne && own == code);
                *code = found.map_or_else(|| code.clone(), |(_, _, label)| written(label, row));
            }
        }
        registre.csv(b';')
    };
    let by_codes = tables(("demandes.csv", &demandes().csv(b';')), ("attributions.csv", &attributions().csv(b';')));
    let (d, a) = (by_labels(demandes()), by_labels(attributions()));
    let said = String::from_utf8(d.clone()).unwrap();
    assert!(["Célibataire", "MARIE(E)", "d’un\u{a0} logement"].iter().all(|label| said.contains(label)), "{said}");
    for (name, bytes) in tables(("demandes.csv", &d), ("attributions.csv", &a)) {
        assert!(by_codes[&name] == bytes, "{}", name.display());
    }
}
