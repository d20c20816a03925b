//! Sources that contradict one another, or themselves: leases and their demands, the same thing given twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod commun;

use std::collections::BTreeSet;

use commun::Projet;

const TOML: &str = "[bilan]\nmillesime = 2025\nepci = [\"246300701\"]\ndate_extraction = 2026-01-31\n";

fn source(schema: &str, files: &str) -> String {
    format!("[[source]]\nschema = \"{schema}\"\nfichiers = [\"{files}\"]\n")
}

/// A project of these sources, each a file or two of a line a record, and its first run.
fn projet(sources: &[(&str, &[(&str, &str)])]) -> Projet {
    let mut toml = TOML.to_owned();
    let mut files = Vec::new();
    for (schema, given) in sources {
        toml += &source(schema, &format!("{schema}*.csv"));
        files.extend(given.iter().map(|(name, text)| (*name, text.as_bytes())));
    }
    let projet = Projet::new(&toml, &files);
    projet.run(1, false);
    projet
}

fn lines(projet: &Projet, code: &str) -> Vec<String> {
    projet.listed().remove(code).unwrap_or_default().into_iter().collect()
}

/// Leases 2 to 10 against demands D1 to D8: a month apart and a day more, either way; a yes against a no, and against a blank;
/// one whose demand is not there (line 7), and one that is DALO by both, priority by one (line 8), which counts the same.
#[test]
fn a_lease_that_its_demand_contradicts_is_told() {
    let demands = "numero_unique;date_depot;communes;dalo;prioritaire;logement_actuel;personne_morale\n\
                   D1;2024-01-01;63113;NON;non;LP;non\nD2;2024-01-01;63113;ACTIF;non;HLM;non\n\
                   D3;2024-01-01;63113;;oui;LP|HLM;non\nD4;2024-01-01;63113;NON;non;LP;oui\n\
                   D5;2024-01-01;63113;;;;non\nD6;2024-01-01;63113;ACTIF;oui;;non\n\
                   D7;2024-01-01;63113;NON;oui;;non\nD8;2024-01-01;63113;ACTIF;;;non\n";
    let leases = "numero_unique;date_bail;bailleur;commune;date_depot;dalo;prioritaire;mutation;personne_morale\n\
                  D1;2025-05-01;900000001;63113;2024-02-01;non;non;non;\n\
                  D2;2025-05-01;900000001;63113;2024-02-02;non;non;non;non\n\
                  D3;2025-05-01;900000001;63113;2023-12-01;oui;;oui;\n\
                  D4;2025-05-01;900000001;63113;2023-11-30;;oui;oui;\n\
                  D5;2025-05-01;900000001;63113;;non;non;non;oui\n\
                  X1;2025-05-01;900000001;63113;2024-01-01;non;non;non;non\n\
                  D6;2025-05-01;900000001;63113;;oui;non;;\n\
                  D7;2025-05-01;900000001;63113;;non;non;;\n\
                  D8;2025-05-01;900000001;63113;;;non;;\n";
    let projet =
        projet(&[("demandes", &[("demandes.csv", demands)]), ("attributions", &[("attributions.csv", leases)])]);
    let at = |lines: &[u32]| lines.iter().map(|l| format!("attributions {l}")).collect::<BTreeSet<_>>();
    let mut found = projet.listed();
    for (code, expected, counts) in [
        ("B0346", &[3, 5][..], [2, 2, 5, 0]),
        ("B0347", &[3, 5, 9], [2, 3, 4, 0]),
        ("B0348", &[3, 5], [2, 2, 5, 0]),
        ("B0349", &[5, 6], [6, 2, 1, 0]),
    ] {
        assert_eq!(found.remove(code).unwrap_or_default(), at(expected), "{code}");
        assert_eq!(projet.controle(code), counts, "{code}");
    }
    let rejects = projet.text("rejets.csv");
    for told in [
        "3;date_depot;B0346;anomalie;dépôt du bail postérieur;",
        "5;date_depot;B0346;anomalie;dépôt du bail antérieur;",
        "3;prioritaire;B0347;anomalie;DALO selon la demande seule;",
        "5;prioritaire;B0347;anomalie;prioritaire selon le bail seul;",
        "9;prioritaire;B0347;anomalie;prioritaire selon la demande seule;",
        "3;mutation;B0348;anomalie;mutation selon la demande seule;",
        "5;mutation;B0348;anomalie;mutation selon le bail seul;",
        "5;personne_morale;B0349;anomalie;personne morale selon la demande seule;",
        "6;personne_morale;B0349;anomalie;personne morale selon le bail seul;",
    ] {
        assert!(rejects.contains(&format!("attributions.csv;{told}")), "{told}\n{rejects}");
    }
}

/// A landlord's leases, so many of which contradict their demands on one subject; what it is told of, and how many subjects are
/// judged.
fn landlord(leases: usize, differ: usize, demand: &str, [same, other]: [&str; 2]) -> (Vec<String>, [u64; 4]) {
    let rows = (0..leases).map(|i| format!("N{i};2024-01-01;63113;{demand}\n")).collect::<Vec<_>>().concat();
    let demands = format!(
        "numero_unique;date_depot;communes;nb_personnes;ressources_mensuelles;prioritaire;logement_actuel\n{rows}"
    );
    let of = |i: usize| if i < differ { other } else { same };
    let rows = (0..leases).map(|i| format!("N{i};2025-05-01;900000001;63113;{}\n", of(i))).collect::<Vec<_>>().concat();
    let leases = format!(
        "numero_unique;date_bail;bailleur;commune;date_depot;nb_personnes;ressources_mensuelles;prioritaire;mutation\n{rows}"
    );
    let projet =
        projet(&[("demandes", &[("demandes.csv", &demands)]), ("attributions", &[("attributions.csv", &leases)])]);
    let rejects = projet.text("rejets.csv");
    let told = rejects.lines().filter(|l| l.contains(";B0350;")).map(|l| l.split(';').nth(5).unwrap().to_owned());
    let told: Vec<String> = told.collect();
    let said = projet.text("manifeste.json");
    assert!(told.iter().all(|t| said.contains(t.as_str())), "the manifest says it too");
    (told, projet.controle("B0350"))
}

#[test]
fn a_landlord_whose_leases_contradict_their_demands_is_told() {
    let whole = "2;1000;oui;HLM";
    let same = "2024-01-01;2;1000;oui;oui";
    for (subject, other) in [
        ("date de dépôt", "2025-01-01;2;1000;oui;oui"),
        ("nombre de personnes", "2024-01-01;1;1000;oui;oui"),
        ("ressources mensuelles", "2024-01-01;2;2000;oui;oui"),
        ("ressources mensuelles", "2024-01-01;2;500;oui;oui"),
        ("DALO ou priorité", "2024-01-01;2;1000;non;oui"),
        ("mutation", "2024-01-01;2;1000;oui;non"),
    ] {
        let told = vec![format!("900000001, {subject}, 50 baux sur 100")];
        assert_eq!(landlord(100, 50, whole, [same, other]), (told, [4, 1, 0, 0]), "{subject}");
        assert_eq!(landlord(100, 49, whole, [same, other]), (vec![], [5, 0, 0, 0]), "{subject}, fewer than half");
    }
    assert_eq!(
        landlord(100, 100, whole, [same, "2024-02-01;2;1999;oui;oui"]).0,
        Vec::<String>::new(),
        "a month, not twice"
    );
    let other = "2024-01-01;2;1000;non;oui";
    assert_eq!(landlord(99, 99, whole, [same, other]), (vec![], [0, 0, 0, 5]), "ninety-nine leases are too few");
    // Households that neither says to be a priority are not compared; all those that are differ, as many as a tenth or fewer.
    let none = "2;1000;non;LP";
    let same = "2024-01-01;2;1000;non;non";
    let other = "2024-01-01;2;1000;oui;non";
    assert_eq!(landlord(100, 10, none, [same, other]).0, ["900000001, DALO ou priorité, 10 baux sur 10"]);
    assert_eq!(landlord(100, 9, none, [same, other]).0, Vec::<String>::new());
    assert_eq!(landlord(100, 0, none, [same, other]).1, [3, 0, 2, 0], "nobody is a priority, nobody moves");
}

/// One demand, one lease a year: another landlord's, another day's, the same one given again, an association's, another year's.
#[test]
fn a_household_housed_twice_in_a_year_is_told() {
    let leases = "numero_unique;date_bail;bailleur;commune;id_rpls;personne_morale\n\
                  A;2025-05-01;900000001;63113;L1;non\nA;2025-05-01;900000002;63113;L1;non\n\
                  B;2025-05-01;900000001;63113;L2;\nB;2025-06-01;900000001;63113;L2;\nB;2025-06-01;900000001;63113;L2;\n\
                  C;2024-05-01;900000001;63113;L3;\nC;2025-05-01;900000001;63113;L3;\n\
                  P;2025-05-01;900000001;63113;L4;oui\nP;2025-06-01;900000001;63113;L5;oui\n\
                  D;2025-05-01;900000001;63113;L1;\nE;2024-05-01;900000001;63113;L3;\nF;2025-05-01;900000001;63113;;\n";
    let projet = projet(&[("attributions", &[("attributions.csv", leases)])]);
    assert_eq!(lines(&projet, "B0351"), ["attributions 3", "attributions 5"]);
    assert_eq!(projet.controle("B0351"), [7, 2, 0, 3]);
    assert_eq!(lines(&projet, "B0329"), ["attributions 6"]);
    // D's dwelling is let to A the same day; what is let in another year is not of this review.
    assert_eq!(lines(&projet, "B0352"), ["attributions 11"]);
    assert_eq!(projet.controle("B0352"), [8, 1, 1, 2]);
}

/// Two extractions of events that share a month. Without a dwelling, two visits of one file may be of two; of two files they are one.
#[test]
fn an_event_given_twice_is_told() {
    let first = "numero_unique;type;date;bailleur;id_rpls;rang\n\
                 A;commission;2025-05-01;900000001;L1;1\nA;commission;2025-05-01;900000001;L1;2\n\
                 A;commission;2025-05-01;900000001;L1;1\nA;refus;2025-05-01;900000001;L1;1\n\
                 B;visite;2025-05-01;900000001;;\nB;visite;2025-05-01;900000001;;\n";
    let second = "numero_unique;type;date;bailleur;id_rpls;rang\n\
                  A;commission;2025-05-01;900000001;L1;2\nA;commission;2025-05-01;900000001;L2;2\n\
                  A;commission;2025-05-02;900000001;L1;2\nA;commission;2025-05-01;900000002;L1;2\n\
                  B;visite;2025-05-01;900000001;;\nC;visite;2025-05-01;900000001;;\n";
    let projet = projet(&[("evenements", &[("evenements_1.csv", first), ("evenements_2.csv", second)])]);
    assert_eq!(lines(&projet, "B0353"), ["evenements_1 4", "evenements_2 2", "evenements_2 6"]);
    assert_eq!(projet.controle("B0353"), [9, 3, 0, 0]);
}

#[test]
fn a_programme_or_a_landlord_given_twice_is_told() {
    let programme =
        "annee;epci;financement;logements\n2025;246300701;PLAI;10\n2025;246300701;PLUS;10\n2026;246300701;PLAI;10\n";
    let again = "annee;epci;financement;logements\n2025;246300701;PLAI;12\n";
    let landlords = "siren;nom;famille\n900000001;Office;OPH\n900000001;Office;OPH\n900000002;Coopérative;COOP\n\
                     900000002;Ancienne coopérative;COOP\n900000003;Société;\n900000003;Société;ESH\n";
    let projet = projet(&[
        ("programmation", &[("programmation_1.csv", programme), ("programmation_2.csv", again)]),
        ("bailleurs", &[("bailleurs.csv", landlords)]),
    ]);
    assert_eq!(lines(&projet, "B0354"), ["programmation_2 2"]);
    assert_eq!(lines(&projet, "B0355"), ["bailleurs 4", "bailleurs 6"]);
}

/// A motive of exit without its date leaves the demand among those that wait; a word of no list is no motive.
#[test]
fn a_motive_of_exit_without_its_date_is_told() {
    let demands = "numero_unique;date_depot;communes;date_radiation;motif_radiation\n\
                   A;2024-01-01;63113;;RADREN\nB;2024-01-01;63113;2025-05-01;RADREN\nC;2024-01-01;63113;;\n\
                   D;2024-01-01;63113;2025-05-01;\nE;2024-01-01;63113;;ACTIVE\n";
    let projet = projet(&[("demandes", &[("demandes.csv", demands)])]);
    assert_eq!(lines(&projet, "B0356"), ["demandes 2"]);
    assert_eq!(projet.controle("B0356"), [4, 1, 0, 0]);
}

/// A spreadsheet takes zeros off numbers; one of letters and digits it leaves, whatever its length.
#[test]
fn a_number_short_of_its_zeros_is_told() {
    let demands = "numero_unique;date_depot;communes\n003250000000000111;2024-01-01;63113\n3250000000000111;2024-01-01;63113\n\
                   1110318016982G1104;2024-01-01;63113\nD1;2024-01-01;63113\n";
    let projet = projet(&[("demandes", &[("demandes.csv", demands)])]);
    assert_eq!(lines(&projet, "B0135"), ["demandes 3"]);
    let active = projet
        .table("demande")
        .into_iter()
        .find(|r| r["niveau"].text() == "territoire" && r["population"].text() == "ensemble");
    assert_eq!(active.and_then(|r| r["actives"].int()), Some(4), "it is used as it is");
}
