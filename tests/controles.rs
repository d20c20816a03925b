//! The cross-checks: a register with each fault planted once, and nothing else found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::commun::Projet;

const TOML: &str = r#"
[bilan]
millesime = 2025
epci = ["246300701", "200071363"]
date_extraction = 2026-01-31

[[source]]
schema = "demandes"
fichiers = ["demandes*.csv"]

[[source]]
schema = "attributions"
fichiers = ["attributions.csv"]

[[source]]
schema = "rpls"
fichiers = ["rpls.csv"]

[[source]]
schema = "bailleurs"
fichiers = ["bailleurs.csv"]

[[source]]
schema = "evenements"
fichiers = ["evenements.csv"]
"#;

/// D4 and D5 stand on each side of the RSA of a person alone on 1 January 2025, less its housing part: 635.71 × 0.88 =
/// 559.42 €.
const DEMANDES: &str = "\
numero_unique;date_depot;date_radiation;communes;nb_personnes;ressources_mensuelles;annee_naissance;situation_familiale;commune_residence;date_extraction;nb_uc
D1;2024-01-01;2025-03-01;63113;1;900;1980;C;63113;2026-01-31;
D2;2024-01-01;;63113;1;900;1981;C;63113;2026-01-31;
D3;2024-01-01;;63113;2;0;1982;M;63113;2026-01-31;
D4;2024-01-01;;63113;1;559;1983;C;63113;2026-01-31;
D5;2024-01-01;;63113;1;560;1984;C;63113;2026-01-31;
D6;2024-01-01;;63113;3;1200;1990;C;63113;2026-01-31;
D7;2025-06-01;;03310;3;1300;1990;C;63113;2026-01-31;
D8;2025-01-01;;63113;1;900;1970;C;63113;2026-01-31;1.5
";
/// An earlier extraction, where D2 stands again.
const ANCIENNES: &str = "\
numero_unique;date_depot;communes;date_extraction
D2;2024-01-01;63014;2025-01-31
";
const ATTRIBUTIONS: &str = "\
numero_unique;date_bail;bailleur;commune;qpv;id_rpls;reservataire;nb_personnes;nb_moins_14;nb_uc;ressources_mensuelles
D1;2025-03-01;900000001;63113;oui;L1;AUCUN;1;;1;900
D2;2025-04-01;900000001;63113;non;L1;AUCUN;1;;1;900
X9;2025-04-01;900000001;63113;non;L2;AUCUN;1;;1;900
D1;2025-03-01;900000001;63113;oui;L1;AUCUN;1;;1;900
D8;2024-12-01;900000001;63113;non;L2;AUCUN;1;;1;900
X1;2025-05-01;900000002;63113;non;;AUCUN;2;1;1.5;900
X2;2025-05-01;900000001;63113;non;L9;AUCUN;1;;1;100
X3;2025-05-01;900000001;63113;;;;1;;;
";
const RPLS: &str = "IDENT_REP;DEPCOM;QPV\nL1;63113;1\nL2;63113;2\nL2;63113;2\n";
const BAILLEURS: &str = "siren;nom\n900000001;Office\n";
const EVENEMENTS: &str = "numero_unique;type;date;id_rpls\nD1;visite;2025-02-01;L1\nX7;visite;2025-02-01;L1\n";

fn projet(more: &str) -> Projet {
    let projet = Projet::new(
        &format!("{TOML}{more}"),
        &[
            ("demandes.csv", DEMANDES.as_bytes()),
            ("demandes_2024.csv", ANCIENNES.as_bytes()),
            ("attributions.csv", ATTRIBUTIONS.as_bytes()),
            ("rpls.csv", RPLS.as_bytes()),
            ("bailleurs.csv", BAILLEURS.as_bytes()),
            ("evenements.csv", EVENEMENTS.as_bytes()),
        ],
    );
    projet.run(2, true);
    projet
}

#[test]
fn each_planted_fault_is_found_once_and_nothing_else() {
    let projet = projet("");
    let expected: [(&str, &[&str]); 14] = [
        ("B0312", &["attributions 9"]),
        ("B0313", &["attributions 9"]),
        ("B0314", &["attributions 9"]),
        ("B0321", &["demandes_2024 2"]),
        ("B0322", &["demandes 7", "demandes 8"]),
        ("B0323", &[]),
        ("B0324", &["demandes 4", "demandes 5"]),
        ("B0325", &["attributions 8"]),
        ("B0326", &["attributions 7"]),
        ("B0327", &["attributions 4", "attributions 7", "attributions 8", "attributions 9"]),
        ("B0328", &["attributions 3"]),
        ("B0329", &["attributions 5"]),
        ("B0330", &["attributions 8"]),
        ("B0331", &["attributions 3"]),
    ];
    let mut found = projet.listed();
    for (code, lines) in expected {
        let lines: BTreeSet<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        assert_eq!(found.remove(code).unwrap_or_default(), lines, "{code}");
    }
    let rest = [("B0332", "attributions 7"), ("B0333", "rpls 4"), ("B0336", "evenements 3"), ("B0337", "demandes 9")];
    for (code, line) in rest {
        assert_eq!(found.remove(code).unwrap(), BTreeSet::from([line.to_owned()]), "{code}");
    }
    // X9, X1, X2 and X3 have no demand and no deposit of their own; D8's is after its lease of 2024, outside the year.
    let unknown = ["attributions 4", "attributions 7", "attributions 8", "attributions 9"].map(str::to_owned);
    assert_eq!(found.remove("B0311").unwrap(), BTreeSet::from(unknown));
    assert!(found.is_empty(), "{found:?}");
    let quality = projet.quality();
    for c in quality["croisements"].as_array().unwrap() {
        let k = &c["controle"];
        let n = |key: &str| k[key].as_u64().unwrap();
        assert_eq!(n("evalues") + n("echecs") + n("non_evaluables") + n("hors_champ"), n("lignes"), "{k}");
    }
    assert_eq!(quality["corrections"].as_array().unwrap().len(), 10);
}

/// The same household, département by département, wherever it lives; lines of the file that are listed.
#[test]
fn a_household_with_two_numbers_is_found_wherever_it_lives() {
    let household = |lives: &str, asks: &[&str]| {
        let header =
            "numero_unique;date_depot;communes;nb_personnes;annee_naissance;situation_familiale;commune_residence\n";
        let rows = asks.iter().zip(1..).map(|(asks, i)| format!("D{i};2024-01-01;{asks};3;1990;C;{lives}\n"));
        let text = header.to_owned() + &rows.collect::<String>();
        let toml = "[bilan]\nmillesime = 2025\ndepartements = [\"63\", \"03\", \"15\"]\ndate_extraction = 2026-01-31\n\n\
                    [[source]]\nschema = \"demandes\"\nfichiers = [\"demandes.csv\"]\n";
        let projet = Projet::new(toml, &[("demandes.csv", text.as_bytes())]);
        projet.run(2, false);
        projet.listed().remove("B0322").unwrap_or_default().len()
    };
    // At home and elsewhere, twice elsewhere, thrice.
    assert_eq!(household("63113", &["63113", "03310"]), 2);
    assert_eq!(household("75056", &["63113", "03310"]), 2);
    assert_eq!(household("63113", &["63113", "03310", "15014"]), 3);
    assert_eq!(household("", &["63113", "03310"]), 0, "a household that cannot be told is not a double");
    // Twice in one département, its own or not, is another fault.
    assert_eq!(household("63113", &["63113", "63014"]), 0);
    assert_eq!(household("03310", &["63113", "63014"]), 0);
}

#[test]
fn each_landlord_has_its_own_list() {
    let projet = projet("");
    let own = projet.text("qualite/900000002.csv");
    let lines: Vec<&str> = own.lines().skip(1).collect();
    assert!(lines.iter().all(|l| l.starts_with("attributions.csv;7;")), "{own}");
    assert_eq!(lines.len(), 4, "{own}");
    let page = projet.text("qualite.html");
    assert!(page.contains("900000002.csv") && page.contains("Office"));
}

/// More records than are listed of one check, all alike but for their number, from one source.
const BEYOND: usize = 1_500;

/// A project of so many records; `row` is what follows the number.
fn beyond_the_sample(schema: &str, columns: &str, row: &str, more: &str) -> Projet {
    let toml = format!(
        "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
         [[source]]\nschema = \"{schema}\"\nfichiers = [\"f.csv\"]\n{more}"
    );
    let header = format!("numero_unique;{columns}");
    let lines: Vec<String> = std::iter::once(header).chain((0..BEYOND).map(|i| format!("D{i};{row}"))).collect();
    Projet::new(&toml, &[("f.csv", lines.join("\n").as_bytes())])
}

/// The landlord that is to mend the faults of its leases is sent them all, not the sample of `rejets.csv`.
#[test]
fn a_landlord_is_sent_all_that_was_found_of_its_leases() {
    let columns = "date_bail;bailleur;commune;financement";
    let projet = beyond_the_sample("attributions", columns, "2025-03-01;900000001;63113;ZZZ", "");
    projet.run(2, false);
    let unknown = |file: &str| projet.text(file).lines().filter(|l| l.contains(";financement;B0123;")).count();
    assert_eq!(unknown("rejets.csv"), 1_000);
    assert_eq!(unknown("qualite/900000001.csv"), BEYOND);
    let total = &projet.quality()["sources"][0]["totaux"];
    let of_code = total.as_array().unwrap().iter().find(|t| t["code"] == "B0123").unwrap();
    assert_eq!(of_code["nombre"].as_u64(), Some(BEYOND as u64));
}

#[test]
fn a_confirmation_takes_one_row_off_the_list_and_lapses_with_its_value() {
    let confirm = |value: &str| {
        format!(
            "\n[[confirmation]]\ncode = \"B0324\"\nfichier = \"demandes.csv\"\nligne = 5\ncolonne = \"ressources_mensuelles\"\n\
             valeur = \"{value}\"\nauteur = \"Service habitat\"\ndate = 2026-02-01\nmotif = \"dossier relu\"\n"
        )
    };
    let kept = projet(&confirm("sous le RSA"));
    assert_eq!(kept.listed()["B0324"], BTreeSet::from(["demandes 4".to_owned()]));
    let entry = &kept.quality()["confirmations"][0];
    assert_eq!(entry["appliquee"], true);
    assert_eq!(entry["confirmation"]["auteur"], "Service habitat");
    assert_eq!(entry["confirmation"]["date"], "2026-02-01");
    assert!(kept.text("qualite.html").contains("Service habitat"));
    let lapsed = projet(&confirm("nulles"));
    assert_eq!(lapsed.listed()["B0324"].len(), 2);
    assert_eq!(lapsed.quality()["confirmations"][0]["appliquee"], false);
    assert!(lapsed.text("manifeste.json").contains("B0307"));
}

/// More failures than are listed: one that is vouched for passes, all the others still fail.
#[test]
fn a_confirmation_takes_one_failure_off_the_total_however_many_there_are() {
    let confirmed = "[[confirmation]]\ncode = \"B0324\"\nfichier = \"f.csv\"\nligne = 1400\ncolonne = \"ressources_mensuelles\"\n\
                     valeur = \"nulles\"\nauteur = \"x\"\ndate = 2026-02-01\n";
    let columns = "date_depot;communes;nb_personnes;ressources_mensuelles";
    let projet = beyond_the_sample("demandes", columns, "2024-01-01;63113;1;0", confirmed);
    projet.run(1, false);
    let quality = projet.quality();
    assert_eq!(quality["confirmations"][0]["appliquee"], true);
    let crossings = quality["croisements"].as_array().unwrap();
    let check = &crossings.iter().find(|c| c["controle"]["controle"] == "B0324").unwrap()["controle"];
    assert_eq!((check["echecs"].as_u64(), check["evalues"].as_u64()), (Some(BEYOND as u64 - 1), Some(1)));
}

#[test]
fn an_outlier_is_used_and_listed_until_confirmed() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
    let leases = "numero_unique;date_bail;bailleur;commune;nb_personnes;ressources_mensuelles\n\
                  A1;2025-03-01;900000001;63113;1;12000\nA2;2025-03-01;900000001;63113;14;900\n";
    let plain = Projet::new(toml, &[("a.csv", leases.as_bytes())]);
    let outcome = plain.run(1, false);
    assert_eq!(outcome.ingestion.fichiers[0].gardees, 2);
    assert_eq!(plain.listed()["B0216"], BTreeSet::from(["a 2".to_owned(), "a 3".to_owned()]));
    let confirmed = format!(
        "{toml}[[confirmation]]\ncode = \"B0216\"\nfichier = \"a.csv\"\nligne = 2\ncolonne = \"ressources_mensuelles\"\n\
         valeur = \"12000\"\nauteur = \"x\"\ndate = 2026-02-01\n"
    );
    std::fs::write(plain.path().join("bilan.toml"), confirmed).unwrap();
    plain.run(1, false);
    assert_eq!(plain.listed()["B0216"], BTreeSet::from(["a 3".to_owned()]));
    let controls = &plain.quality()["sources"][0]["controles"];
    let checked = controls
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["controle"] == "B0216" && c["colonne"] == "ressources_mensuelles");
    assert_eq!(checked.unwrap()["echecs"], 0);
}

#[test]
fn the_same_file_twice_counts_once() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a*.csv\"]\n";
    let leases = b"numero_unique;date_bail;bailleur;commune\nA1;2025-03-01;900000001;63113\n";
    let projet = Projet::new(toml, &[("a.csv", leases), ("a (copie).csv", leases)]);
    let outcome = projet.run(1, false);
    let refused: Vec<&str> =
        outcome.ingestion.fichiers.iter().flat_map(|f| &f.refus).map(|d| d.code.as_str()).collect();
    assert_eq!(refused, ["B0132"]);
    let rows = projet.table("attributions");
    let row = rows.iter().find(|r| r["niveau"].text() == "epci" && r["population"].text() == "ensemble");
    assert_eq!(row.unwrap()["attributions"].int(), Some(1));
}

/// A dwelling that two rows of the stock describe keeps what they agree on, and loses the rest: a lease of L1 has no zone.
#[test]
fn a_dwelling_found_twice_keeps_what_its_rows_agree_on() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n\
                [[source]]\nschema = \"rpls\"\nmillesime = 2025\nfichiers = [\"r.csv\"]\n";
    let leases = b"numero_unique;date_bail;bailleur;commune;id_rpls\n\
                   A1;2025-03-01;900000001;63113;0000000001\nA2;2025-03-01;900000001;63113;0000000002\n\
                   A3;2025-03-01;900000001;63113;0000000003\nA4;2025-03-01;900000001;63113;0000000004\n";
    let stock = b"IDENT_REP;DEPCOM;QPV;NBPIECE\n0000000001;63113;1;3\n0000000002;63113;1;2\n0000000003;63113;2;3\n\
                  0000000001;63113;2;3\n0000000002;63113;1;4\n";
    let projet = Projet::new(toml, &[("a.csv", leases), ("r.csv", stock)]);
    projet.run(1, false);
    let rows = projet.table("quartiles");
    let of_all = rows.iter().filter(|r| r["niveau"].text() == "epci" && r["bailleur"].text() == "ensemble");
    let zones: BTreeMap<&str, Option<i64>> = of_all.map(|r| (r["zone"].text(), r["attributions"].int())).collect();
    let expected = [("ensemble", 4), ("hors_qpv", 1), ("inconnue", 2), ("qpv", 1)].map(|(zone, n)| (zone, Some(n)));
    assert_eq!(zones, BTreeMap::from(expected));
}

#[test]
fn without_a_source_what_needs_it_is_out_of_scope() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
    let leases = b"numero_unique;date_bail;bailleur;commune\nA1;2025-03-01;900000001;63113\n";
    let projet = Projet::new(toml, &[("a.csv", leases)]);
    projet.run(1, false);
    let codes = ["B0327", "B0328", "B0330", "B0331", "B0332"];
    for c in projet.quality()["croisements"].as_array().unwrap() {
        let code = c["controle"]["controle"].as_str().unwrap();
        if codes.contains(&code) {
            assert_eq!(c["controle"]["hors_champ"], 1, "{code}");
        }
    }
}

/// A column that a file lacks is out of the scope of all that would be checked of it; one that is empty is not.
#[test]
fn without_a_column_what_is_checked_of_it_is_out_of_scope() {
    let quality = projet("").quality();
    let of = |colonne: &str| -> Vec<Value> {
        let sources = quality["sources"].as_array().unwrap();
        let file = sources.iter().find(|s| s["fichier"] == "demandes_2024.csv").unwrap();
        file["controles"].as_array().unwrap().iter().filter(|c| c["colonne"] == colonne).cloned().collect()
    };
    for colonne in ["date_radiation", "nb_personnes", "ressources_mensuelles"] {
        assert!(of(colonne).len() > 1, "{colonne}");
        assert!(of(colonne).iter().all(|c| c["hors_champ"] == 1 && c["non_evaluables"] == 0), "{:?}", of(colonne));
    }
    assert!(of("date_depot").iter().all(|c| c["evalues"] == 1 && c["hors_champ"] == 0), "{:?}", of("date_depot"));
}

#[test]
fn a_count_far_from_last_years_is_to_be_confirmed() {
    let toml = |year: i32| {
        format!(
            "[bilan]\nmillesime = {year}\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n"
        )
    };
    let mut leases = "numero_unique;date_bail;bailleur;commune\n".to_owned();
    for (year, count) in [(2024, 120), (2025, 80)] {
        for i in 0..count {
            leases +=
                &["A", &year.to_string(), &i.to_string(), ";", &year.to_string(), "-03-01;900000001;63113\n"].concat();
        }
    }
    let projet = Projet::new(&toml(2024), &[("a.csv", leases.as_bytes())]);
    projet.run(1, false);
    assert!(!projet.text("rejets.csv").contains("B0334"));
    std::fs::write(projet.path().join("bilan.toml"), toml(2025)).unwrap();
    projet.run(1, false);
    let rejets = projet.text("rejets.csv");
    assert!(rejets.contains("Clermont Auvergne Métropole, attributions : 120 → 80"), "{rejets}");
    assert_eq!(rejets.matches("B0334").count(), 2, "the EPCI and the territory");
    let value = "Clermont Auvergne Métropole, attributions : 120 → 80";
    let confirmed = format!(
        "{}[[confirmation]]\ncode = \"B0334\"\ncolonne = \"valeur\"\nvaleur = \"{value}\"\nauteur = \"x\"\ndate = 2026-02-01\n",
        toml(2025)
    );
    std::fs::write(projet.path().join("bilan.toml"), &confirmed).unwrap();
    projet.run(1, false);
    assert_eq!(projet.text("rejets.csv").matches("B0334").count(), 1, "the territory alone");
    // On a wider perimeter the whole is of other communes: there is nothing to be far from.
    let wider = confirmed.replace("epci = [\"246300701\"]\n", "epci = [\"246300701\"]\ncommunes = [\"63300\"]\n");
    assert_ne!(wider, confirmed);
    std::fs::write(projet.path().join("bilan.toml"), wider).unwrap();
    projet.run(1, false);
    assert_eq!(projet.text("rejets.csv").matches("B0334").count(), 0, "{}", projet.text("rejets.csv"));
}

/// A blank counts as no in a verdict: how many there are is told by landlord and by office. Counted by hand, bodies corporate
/// apart.
#[test]
fn completeness_tells_blanks_that_count_as_no() {
    let projet = Projet::new(
        "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
         [[source]]\nschema = \"demandes\"\nfichiers = [\"demandes.csv\"]\n\
         [[source]]\nschema = \"attributions\"\nfichiers = [\"attributions.csv\"]\n",
        &[
            (
                "demandes.csv",
                "numero_unique;date_depot;communes;guichet;dalo;prioritaire;cotation;personne_morale\n\
                 D1;2025-03-01;63113;G1;ACTIF;oui;40;non\n\
                 D2;2025-03-01;63113;G1;NON;;;non\n\
                 D3;2025-03-01;63113;G2;;;0;non\n\
                 D4;2025-03-01;63113;G2;ACTIF;oui;40;oui\n"
                    .as_bytes(),
            ),
            (
                "attributions.csv",
                "numero_unique;date_bail;bailleur;commune;dalo;prioritaire;relogement;mutation\n\
                 A1;2025-03-02;900000001;63113;oui;non;NPNRU;non\n\
                 A2;2025-03-02;900000001;63113;;oui;;\n\
                 A3;2025-03-02;900000002;63113;non;;non;\n"
                    .as_bytes(),
            ),
        ],
    );
    projet.run(2, false);
    let rows = projet.table("completude");
    let known = |source: &str, acteur: &str, colonne: &str| {
        let asked = [("source", source), ("acteur", acteur), ("colonne", colonne)];
        let row = rows.iter().find(|r| asked.iter().all(|(name, value)| r[*name].text() == *value)).unwrap();
        (row["renseignees"].int().unwrap(), row["lignes"].int().unwrap())
    };
    for (colonne, first, second) in [("dalo", 1, 1), ("prioritaire", 2, 0), ("relogement", 1, 1), ("mutation", 1, 0)] {
        assert_eq!(known("attributions", "900000001", colonne), (first, 2), "{colonne}");
        assert_eq!(known("attributions", "900000002", colonne), (second, 1), "{colonne}");
        assert_eq!(known("attributions", "ensemble", colonne), (first + second, 3), "{colonne}");
    }
    for (colonne, first, second) in [("dalo", 2, 0), ("prioritaire", 1, 0), ("cotation", 1, 1)] {
        assert_eq!(known("demandes", "G1", colonne), (first, 2), "{colonne}");
        assert_eq!(known("demandes", "G2", colonne), (second, 1), "{colonne}");
        assert_eq!(known("demandes", "ensemble", colonne), (first + second, 3), "{colonne}");
    }
}

/// Struck off for an allocation: D1 has a lease, D2 has none, D3 may follow a lease of the year before, D4 asks for another
/// EPCI, D5 was struck off the year before; D6 left otherwise; D7 was struck off a day later than D3.
#[test]
fn a_demand_struck_off_for_an_allocation_without_a_lease_is_told() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
                [[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n";
    let given = "[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
    let demands = "numero_unique;date_depot;date_radiation;motif_radiation;communes\n\
                   D1;2024-01-01;2025-03-01;RADATT;63113\nD2;2024-01-01;2025-06-01;RADATT;63113\n\
                   D3;2024-01-01;2025-02-10;RADATT;63113\nD4;2024-01-01;2025-06-01;RADATT;03310\n\
                   D5;2024-01-01;2024-12-01;RADATT;63113\nD6;2024-01-01;2025-06-01;RADREN;63113\n\
                   D7;2024-01-01;2025-02-11;RADATT;63113\n";
    let leases =
        "numero_unique;date_bail;bailleur;commune\nX1;2025-01-10;900000001;63113\nD1;2025-03-01;900000001;63113\n";
    let files: [(&str, &[u8]); 2] = [("d.csv", demands.as_bytes()), ("a.csv", leases.as_bytes())];
    let projet = Projet::new(&format!("{toml}{given}"), &files);
    projet.run(2, false);
    assert_eq!(projet.listed()["B0338"], BTreeSet::from(["d 3", "d 8"].map(str::to_owned)));
    assert_eq!(projet.controle("B0338"), [1, 2, 1, 1]);
    let alone = Projet::new(toml, &files);
    alone.run(1, false);
    assert_eq!(alone.controle("B0338"), [0, 0, 0, 5], "no lease is given at all: nothing to compare with");
}

/// Months without a lease of a landlord, its leases of the other months being so many each.
#[test]
fn a_month_without_a_lease_of_a_landlord_that_signs_all_year_is_told() {
    let told = |extraction: &str, per_month: usize, empty: &[usize]| {
        let rows = (1..=12).filter(|month| !empty.contains(month)).flat_map(|month| {
            (0..per_month).map(move |i| format!("N{month}x{i};2025-{month:02}-05;900000001;63113\n"))
        });
        let leases = "numero_unique;date_bail;bailleur;commune\n".to_owned() + &rows.collect::<String>();
        let toml = format!(
            "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = {extraction}\n\
             [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n\
             [[source]]\nschema = \"bailleurs\"\nfichiers = [\"b.csv\"]\n"
        );
        let projet = Projet::new(&toml, &[("a.csv", leases.as_bytes()), ("b.csv", BAILLEURS.as_bytes())]);
        projet.run(1, false);
        let is_one = |l: &&str| l.contains(";B0339;");
        let list = std::fs::read_to_string(projet.path().join("sortie/qualite/900000001.csv")).unwrap_or_default();
        let rejects = projet.text("rejets.csv");
        let months: Vec<String> =
            rejects.lines().filter(is_one).map(|l| l.split(';').nth(5).unwrap().to_owned()).collect();
        assert_eq!(list.lines().filter(is_one).count(), months.len(), "the landlord is sent them too");
        (months, projet.controle("B0339"))
    };
    let (months, found) = told("2026-01-31", 10, &[11, 12]);
    assert_eq!(months, ["Office, 11/2025", "Office, 12/2025"]);
    assert_eq!(found, [10, 2, 0, 0]);
    assert_eq!(told("2026-01-31", 10, &[]), (vec![], [12, 0, 0, 0]));
    assert_eq!(told("2025-12-15", 10, &[11, 12]).0, ["Office, 11/2025"], "a month that is not over is not missing");
    assert_eq!(told("2026-01-31", 9, &[12]), (vec![], [0, 0, 0, 12]), "ninety-nine leases in the year are too few");
}

/// Demands as rows, each `more` after its number and deposit, and leases of other households in the same EPCI.
fn register(header: &str, demands: &[(usize, &str)], leases: &[(usize, &str)]) -> Projet {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\", \"200071363\"]\ndate_extraction = 2026-01-31\n\
                [[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n\
                [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
    let rows = |kind: &str, groups: &[(usize, &str)], between: &str| -> String {
        let each = groups.iter().enumerate();
        each.flat_map(|(g, (n, more))| (0..*n).map(move |i| format!("{kind}{g}x{i};{between}{more}\n"))).collect()
    };
    let demands = format!("numero_unique;date_depot;{header}\n{}", rows("D", demands, "2024-05-01;"));
    let leases = format!("numero_unique;date_bail;bailleur;commune\n{}", rows("A", leases, "2025-05-01;900000001;"));
    Projet::new(toml, &[("d.csv", demands.as_bytes()), ("a.csv", leases.as_bytes())])
}

/// A register whose exits are in no column still holds those who were housed: what waits is counted with them, and the review
/// does not say that it holds the active alone.
#[test]
fn a_register_that_keeps_those_it_housed_is_told_from_one_that_holds_the_active_alone() {
    let said = |housed: usize| {
        let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
                    [[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n\
                    [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
        let demands = (0..30).map(|i| format!("D{i};2024-05-01;63113\n"));
        let demands = demands.fold("numero_unique;date_depot;communes\n".to_owned(), |text, row| text + &row);
        // The first leases are of demands that the register holds, still active; the others of demands that it does not hold.
        let leases = (0..20).map(|i| {
            let name = if i < housed { "D" } else { "N" };
            format!("{name}{i};2025-05-01;900000001;63113\n")
        });
        let leases = leases.fold("numero_unique;date_bail;bailleur;commune\n".to_owned(), |text, row| text + &row);
        let projet = Projet::new(toml, &[("d.csv", demands.as_bytes()), ("a.csv", leases.as_bytes())]);
        projet.run(1, true);
        let page = projet.text("epci/246300701.html");
        ["sont encore actives dans les fichiers lus", "ne tiennent sans doute que"].map(|words| page.contains(words))
    };
    assert_eq!(said(20), [true, false]);
    assert_eq!(said(0), [false, true]);
}

/// Clermont's demands have no exit in the year, Vichy's have one; each has a hundred that wait, or one less.
#[test]
fn a_register_that_no_demand_leaves_is_told() {
    let header = "date_radiation;motif_radiation;communes";
    let told = |waiting: usize, exits: usize| {
        let (left, stay) = ("2025-06-01;RADREN;63113", ";;63113");
        let vichy = [(100, ";;03310"), (1, "2025-06-01;RADREN;03310")];
        let projet =
            register(header, &[(waiting, stay), (exits, left), vichy[0], vichy[1]], &[(20, "63113"), (20, "03310")]);
        projet.run(1, true);
        let texts = ["manifeste.json", "epci/246300701.html", "epci/200071363.html"].map(|file| projet.text(file));
        (projet.controle("B0340"), texts)
    };
    let (found, [manifest, clermont, vichy]) = told(100, 0);
    assert_eq!(found, [1, 1, 0, 0]);
    let whole = "aucune demande radiée dans l'année : Clermont Auvergne Métropole, 100 demandes actives";
    assert!(manifest.contains(whole), "{manifest}");
    assert!(
        clermont.contains("ne tiennent sans doute que les demandes actives")
            && !clermont.contains("baux ont été signés en 2025, soit")
    );
    assert!(!vichy.contains("ne tiennent sans doute"));
    assert_eq!(told(99, 0).0, [1, 0, 0, 1]);
    let (found, [manifest, clermont, _]) = told(100, 1);
    assert_eq!(found, [2, 0, 0, 0]);
    assert!(!manifest.contains("B0340"));
    // Twenty leases over a hundred and one demands of the year before.
    assert!(clermont.contains("baux ont été signés en 2025, soit 19,8"));
}

/// Vichy's leases stand in a register that knows nothing of it: its noughts are no counts.
#[test]
fn an_epci_that_a_source_leaves_out_is_told() {
    let told = |leases: usize| {
        let header = "date_radiation;motif_radiation;communes";
        let demands = [(10, ";;63113"), (1, "2025-06-01;RADREN;63113")];
        let projet = register(header, &demands, &[(20, "63113"), (leases, "03310")]);
        projet.run(1, true);
        projet
    };
    let projet = told(100);
    let missing = "CA Vichy Communauté, aucune demande active";
    assert!(projet.text("rejets.csv").contains(missing) && projet.text("manifeste.json").contains(missing));
    // Leases of both EPCI and départements, demands of one; no stock is given.
    assert_eq!(projet.controle("B0341")[..2], [6, 2]);
    let page = projet.text("epci/200071363.html");
    assert!(page.contains("ne couvrent sans doute pas ce territoire") && !page.contains("On compte 0,0"));
    assert_eq!(told(99).controle("B0341")[..2], [6, 0]);
}

/// One lease, at Clermont-Ferrand, in perimeters wider than it: whole territories without anything are told, cut ones are not.
#[test]
fn whole_territories_of_which_no_file_speaks_are_told() {
    let lease = "numero_unique;date_bail;bailleur;commune\nA1;2025-03-02;900000001;63113\n";
    let told = |perimeter: &str| {
        let sources = "[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
        let toml = format!("[bilan]\nmillesime = 2025\ndate_extraction = 2026-01-31\n{perimeter}\n{sources}");
        let projet = Projet::new(&toml, &[("a.csv", lease.as_bytes())]);
        projet.run(2, false);
        (projet.told("B0380"), projet.controle("B0380"))
    };
    let (found, [conforming, failing, unjudged, _]) = told("departements = [\"15\", \"63\"]");
    assert_eq!((found, conforming, failing, unjudged), (vec!["Cantal".to_owned()], 1, 1, 0));
    let (found, counts) = told("epci = [\"246300701\", \"200071363\"]");
    assert_eq!(found, ["CA Vichy Communauté"]);
    // Their départements, Allier and Puy-de-Dôme, are cut.
    assert_eq!(counts, [1, 1, 0, 2]);
    // Vichy is cut too.
    assert_eq!(told("communes = [\"03310\"]\nepci = [\"246300701\"]").1, [1, 0, 0, 3]);
    let (found, [conforming, ..]) = told("");
    assert_eq!((found.len(), conforming), (100, 1));
    assert!(found.contains(&"Paris".to_owned()) && !found.contains(&"Puy-de-Dôme".to_owned()));
}

/// More than half of eight communes end with 0: the postal code of Vichy, 03200, is the code of Neuvy.
#[test]
fn postal_codes_taken_for_those_of_communes_are_told() {
    let told = |communes: &[&str]| {
        let rows: Vec<String> = communes.iter().map(|code| format!("A{code};2025-03-02;900000001;{code}\n")).collect();
        let leases = format!("numero_unique;date_bail;bailleur;commune\n{}", rows.concat());
        let projet = Projet::clermont("", &[("attributions", &[("attributions.csv", &leases)])]);
        projet.run(1, false);
        (projet.told("B0381"), projet.controle("B0381"))
    };
    let postal = ["03200", "03300", "03110", "03140", "03150", "63113", "63014", "63075"];
    let (found, counts) = told(&postal);
    assert_eq!((found, counts), (vec!["attributions.csv, 5 codes sur 8 finissent par 0".to_owned()], [0, 1, 0, 0]));
    assert_eq!(told(&postal[1..]).1, [0, 0, 0, 1]);
    assert_eq!(told(&[&postal[1..], &["63032"]].concat()).1, [1, 0, 0, 0]);
}

/// An export with a row a wish, where nine demands have one: told; a demand given twice over, or two extractions, are not.
#[test]
fn demands_given_on_a_row_a_wish_are_told() {
    let header = "numero_unique;date_depot;communes;typologies;date_extraction";
    let lone = (0..9).map(|i| format!("B{i};2025-01-01;63113;T2;2026-01-31\n")).collect::<Vec<_>>().concat();
    let told = |files: &[(&str, &str)]| {
        let files: Vec<(&str, String)> =
            files.iter().map(|(name, rows)| (*name, format!("{header}\n{rows}"))).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let projet = Projet::clermont("", &[("demandes", &files)]);
        projet.run(1, false);
        (projet.told("B0382"), projet.controle("B0382"))
    };
    let one = "A;2025-01-01;63113;T2;2026-01-31\n";
    for wish in ["A;2025-01-01;63014;T2;2026-01-31\n", "A;2025-01-01;63113;T3;2026-01-31\n"] {
        let rows = [one, wish, &lone[..lone.len() / 9 * 8]].concat();
        let (found, counts) = told(&[("demandes.csv", &rows)]);
        assert_eq!(
            (found, counts),
            (vec!["demandes.csv, lignes écartées : 1 sur 10".to_owned()], [0, 1, 0, 0]),
            "{wish}"
        );
        assert_eq!(told(&[("demandes.csv", &[one, wish, &lone].concat())]).1, [1, 0, 0, 0]);
    }
    assert_eq!(told(&[("demandes.csv", &[one, one].concat())]).1, [1, 0, 0, 0]);
    let later = "A;2025-01-01;63014;T3;2026-02-28\n";
    assert_eq!(told(&[("demandes.csv", one), ("demandes_2.csv", later)]).1, [2, 0, 0, 0]);
    assert_eq!(told(&[("demandes.csv", &[one, later].concat())]).1, [1, 0, 0, 0]);
}

/// Two extractions: a demand of the first that the second no longer holds was last seen before the end of the year.
#[test]
fn a_demand_last_seen_before_the_end_of_the_year_is_told() {
    let header = "date_radiation;communes;date_extraction";
    let demands = [(3, ";63113;2025-06-30"), (1, ";63113;2025-12-31"), (1, ";63113;2026-01-31"), (1, ";63113;")];
    let gone = (1, "2025-03-01;63113;2025-06-30");
    let projet = register(header, &[&demands[..], &[gone]].concat(), &[]);
    projet.run(1, false);
    assert_eq!(projet.controle("B0342"), [2, 3, 1, 0]);
    assert_eq!(projet.listed()["B0342"], BTreeSet::from(["d 2", "d 3", "d 4"].map(str::to_owned)));
}

/// Leases of dwellings whose commune or financing the stock gives: two that agree, one elsewhere, one intermediate by the lease
/// alone, one by the stock alone, one of an old loan, one that the stock does not hold.
#[test]
fn a_lease_that_the_stock_contradicts_is_told() {
    let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n\
                [[source]]\nschema = \"rpls\"\nmillesime = 2025\nfichiers = [\"r.csv\"]\n";
    let leases = "numero_unique;date_bail;bailleur;commune;id_rpls;financement\n\
                  A1;2025-03-01;900000001;63113;L1;PLUS\nA2;2025-03-01;900000001;63113;L2;PLI\n\
                  A3;2025-03-01;900000001;63014;L1;PLUS\nA4;2025-03-01;900000001;63113;L1;PLI\n\
                  A5;2025-03-01;900000001;63113;L2;PLUS\nA6;2025-03-01;900000001;63113;L3;PLI\n\
                  A7;2025-03-01;900000001;63113;L9;PLUS\nA8;2025-03-01;900000001;63113;L1;\n";
    let stock = "IDENT_REP;DEPCOM;FINAN\nL1;63113;13\nL2;63113;16\nL3;63113;52\n";
    let projet = Projet::new(toml, &[("a.csv", leases.as_bytes()), ("r.csv", stock.as_bytes())]);
    projet.run(1, false);
    let mut found = projet.listed();
    assert_eq!(found.remove("B0343"), Some(BTreeSet::from(["a 4".to_owned()])));
    assert_eq!(projet.controle("B0343"), [6, 1, 1, 0]);
    assert_eq!(found.remove("B0344"), Some(BTreeSet::from(["a 5", "a 6"].map(str::to_owned))));
    assert_eq!(projet.controle("B0344"), [3, 2, 3, 0]);
    assert!(projet.text("rejets.csv").contains("bail 63014, RPLS 63113"));
}

/// Leases of one landlord, the first of which have a demand of their number.
#[test]
fn a_landlord_whose_leases_do_not_find_their_demands_is_told() {
    let told = |leases: usize, known: usize| {
        let rows = |n: usize, more: &str| (0..n).map(|i| format!("N{i}{more}")).collect::<Vec<_>>().join("\n");
        let demands = format!("numero_unique;date_depot;communes\n{}", rows(known, ";2024-01-01;63113"));
        let leases = format!(
            "numero_unique;date_bail;bailleur;commune\nZ;2024-05-01;900000001;63113\n{}",
            rows(leases, ";2025-05-01;900000001;63113")
        );
        let toml = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n\
                    [[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n\
                    [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
        let projet = Projet::new(toml, &[("d.csv", demands.as_bytes()), ("a.csv", leases.as_bytes())]);
        projet.run(1, false);
        (projet.controle("B0345"), projet.text("manifeste.json").contains("900000001, 50 baux sur 100"))
    };
    assert_eq!(told(100, 50), ([0, 1, 0, 0], true));
    assert_eq!(told(100, 51), ([1, 0, 0, 0], false));
    assert_eq!(told(99, 0), ([0, 0, 0, 1], false), "ninety-nine leases are too few");
}
