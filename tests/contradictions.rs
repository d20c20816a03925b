//! Sources that contradict one another, or themselves: leases and their demands, the same thing given twice.

use std::collections::BTreeSet;

use calamine::{Reader, Xlsx};

use crate::commun::{self, Projet};

/// A project of these sources, each a file or two of a line a record, and its first run.
fn projet(sources: &[(&str, &[(&str, &str)])]) -> Projet {
    let projet = Projet::clermont("", sources);
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
        "numero_unique;date_depot;communes;nb_personnes;nb_moins_14;ressources_mensuelles;prioritaire;logement_actuel\n{rows}"
    );
    let of = |i: usize| if i < differ { other } else { same };
    let rows = (0..leases).map(|i| format!("N{i};2025-05-01;900000001;63113;{}\n", of(i))).collect::<Vec<_>>().concat();
    let leases = format!(
        "numero_unique;date_bail;bailleur;commune;date_depot;nb_personnes;nb_moins_14;nb_uc;ressources_mensuelles;prioritaire;mutation\n{rows}"
    );
    let projet =
        projet(&[("demandes", &[("demandes.csv", &demands)]), ("attributions", &[("attributions.csv", &leases)])]);
    let told = projet.told("B0350");
    let said = projet.text("manifeste.json");
    assert!(told.iter().all(|t| said.contains(t.as_str())), "the manifest says it too");
    (told, projet.controle("B0350"))
}

#[test]
fn a_landlord_whose_leases_contradict_their_demands_is_told() {
    let whole = "3;1;1000;oui;HLM";
    let same = "2024-01-01;3;1;;1000;oui;oui";
    // Five subjects can be compared, and consumption units that leases give the sixth; not both these and children.
    for (subject, other, [judged, blind]) in [
        ("date de dépôt", "2025-01-01;3;1;;1000;oui;oui", [6, 1]),
        ("nombre de personnes", "2024-01-01;2;1;;1000;oui;oui", [6, 1]),
        ("enfants de moins de 14 ans", "2024-01-01;3;0;;1000;oui;oui", [6, 1]),
        ("unités de consommation", "2024-01-01;3;1;1;1000;oui;oui", [7, 0]),
        ("ressources mensuelles", "2024-01-01;3;1;;2000;oui;oui", [6, 1]),
        ("ressources mensuelles", "2024-01-01;3;1;;500;oui;oui", [6, 1]),
        ("DALO ou priorité", "2024-01-01;3;1;;1000;non;oui", [6, 1]),
        ("mutation", "2024-01-01;3;1;;1000;oui;non", [6, 1]),
    ] {
        let told = vec![format!("900000001, {subject}, 50 baux sur {}", if blind == 0 { 50 } else { 100 })];
        assert_eq!(landlord(100, 50, whole, [same, other]), (told, [judged - 1, 1, blind, 0]), "{subject}");
        if blind > 0 {
            assert_eq!(landlord(100, 49, whole, [same, other]), (vec![], [6, 0, 1, 0]), "{subject}, fewer than half");
        }
    }
    // Units of nought are none: the composition counts.
    let none = ["2024-01-01;3;1;0;1000;oui;oui", "2024-01-01;3;0;0;1000;oui;oui"];
    assert_eq!(landlord(100, 50, whole, none).0, ["900000001, enfants de moins de 14 ans, 50 baux sur 100"]);
    // Half of the leases that give 1.8 units, which the demand's household makes, and half that give 1.
    let units = ["2024-01-01;3;1;1,8;1000;oui;oui", "2024-01-01;3;1;1;1000;oui;oui"];
    assert_eq!(landlord(100, 50, whole, units).0, ["900000001, unités de consommation, 50 baux sur 100"]);
    assert_eq!(landlord(100, 49, whole, units), (vec![], [6, 0, 1, 0]));
    assert_eq!(
        landlord(100, 100, whole, [same, "2024-02-01;3;1;;1999;oui;oui"]).0,
        Vec::<String>::new(),
        "a month, not twice"
    );
    let other = "2024-01-01;3;1;;1000;non;oui";
    assert_eq!(landlord(99, 99, whole, [same, other]), (vec![], [0, 0, 0, 7]), "ninety-nine leases are too few");
    // Households that neither says to be a priority are not compared; all those that are differ, as many as a tenth or fewer.
    let none = "2;0;1000;non;LP";
    let same = "2024-01-01;2;0;;1000;non;non";
    let other = "2024-01-01;2;0;;1000;oui;non";
    assert_eq!(landlord(100, 10, none, [same, other]).0, ["900000001, DALO ou priorité, 10 baux sur 10"]);
    assert_eq!(landlord(100, 9, none, [same, other]).0, Vec::<String>::new());
    assert_eq!(
        landlord(100, 0, none, [same, other]).1,
        [3, 0, 4, 0],
        "nobody is a priority, nobody moves, nobody is under 14, nobody gives units"
    );
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
    projet.run(1, true);
    let page = projet.text("bailleurs/900000002.html");
    assert!(page.contains("Ancienne coopérative") && !page.contains("Coopérative"), "the first name, in the pages too");
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

/// A landlord that never says who is rehoused, or says it of half of its households; ninety-nine leases are too few.
#[test]
fn a_landlord_that_never_says_who_is_rehoused_or_says_it_of_most_is_told() {
    let told = |leases: usize, blank: usize, yes: usize, financing: &str| {
        let of = |i: usize| {
            if i < blank {
                ""
            } else if i < blank + yes {
                "NPNRU"
            } else {
                "non"
            }
        };
        let row = |i| {
            format!("N{i};2025-05-01;900000001;63113;{};{financing};;2;{}\n", of(i), if i < blank { "" } else { "0" })
        };
        let rows = (0..leases).map(row).collect::<Vec<_>>().concat();
        let leases = format!(
            "numero_unique;date_bail;bailleur;commune;relogement;financement;dalo;nb_personnes;nb_moins_14\n{rows}"
        );
        let projet = projet(&[("attributions", &[("attributions.csv", &leases)])]);
        (projet.controle("B0357"), projet.controle("B0358"))
    };
    assert_eq!(
        told(100, 99, 0, "PLUS"),
        ([3, 1, 0, 0], [1, 0, 0, 0]),
        "one no, or one household without children, is enough; nobody says who is a priority"
    );
    assert_eq!(told(100, 100, 0, "PLUS"), ([1, 3, 0, 0], [1, 0, 0, 0]));
    assert_eq!(told(100, 100, 0, "").0, [0, 4, 0, 0]);
    assert_eq!(told(100, 50, 49, "PLUS").1, [1, 0, 0, 0]);
    assert_eq!(told(100, 50, 50, "PLUS").1, [0, 1, 0, 0]);
    assert_eq!(told(99, 99, 0, ""), ([0, 0, 0, 4], [0, 0, 0, 1]));
    // What one demand says of its household is enough too; one person has no child, and units given need no composition.
    let rows = (0..100)
        .map(|i| format!("N{i};2025-05-01;900000001;63113;non;PLUS;{}\n", if i % 2 == 0 { "1;" } else { "3;1,8" }));
    let rows = rows.collect::<Vec<_>>().concat();
    let leases = format!("numero_unique;date_bail;bailleur;commune;relogement;financement;nb_personnes;nb_uc\n{rows}");
    let demands = "numero_unique;date_depot;communes;prioritaire\nN7;2024-01-01;63113;non\n";
    let both = [("demandes.csv", demands), ("attributions.csv", leases.as_str())];
    let projet = projet(&[("demandes", &both[..1]), ("attributions", &both[1..])]);
    assert_eq!(projet.controle("B0357"), [3, 0, 0, 1]);
}

/// Half a year is 183 days; a demand that left otherwise, or waits, says nothing of a lease.
#[test]
fn a_lease_far_from_the_exit_of_its_demand_is_told() {
    let demands = "numero_unique;date_depot;communes;date_radiation;motif_radiation\n\
                   A;2024-01-01;63113;2025-07-03;RADATT\nB;2024-01-01;63113;2025-07-04;RADATT\n\
                   C;2024-01-01;63113;2024-07-02;RADATT\nD;2024-01-01;63113;2024-07-01;RADATT\n\
                   E;2024-01-01;63113;2025-12-01;RADREN\nF;2024-01-01;63113;;\n";
    let rows = ["A", "B", "C", "D", "E", "F", "X"].map(|n| format!("{n};2025-01-01;900000001;63113\n")).concat();
    let leases = format!("numero_unique;date_bail;bailleur;commune\n{rows}");
    let projet =
        projet(&[("demandes", &[("demandes.csv", demands)]), ("attributions", &[("attributions.csv", &leases)])]);
    assert_eq!(lines(&projet, "B0361"), ["attributions 3", "attributions 5"]);
    assert_eq!(projet.controle("B0361"), [2, 2, 3, 0]);
    let rejects = projet.text("rejets.csv");
    assert!(rejects.contains("B0361;a_confirmer;même année;") && rejects.contains("bail de 2025, radiation de 2024"));
}

/// A dwelling with all that rates ask of it, then one short of each; one out of the register's scope, and one let too lately.
#[test]
fn a_dwelling_short_of_what_a_rate_asks_is_told() {
    let stock = "DEPCOM;QPV;MODE;LOCAT;BAIL;duree_vacance\n\
                 63113;1;1;2000;05/2010;\n63113;1;;2000;05/2010;\n63113;;1;2000;05/2010;\n63113;2;2;;;4\n\
                 63113;2;1;2000;;\n63113;2;2;2000;;\n63113;2;2;2000;;4\n63113;;9;;;\n63113;2;1;2024;;\n63113;2;3;;;\n";
    let projet = projet(&[("rpls", &[("rpls.csv", stock)])]);
    assert_eq!(lines(&projet, "B0359"), ["rpls 3", "rpls 4", "rpls 5", "rpls 6", "rpls 7"]);
    assert_eq!(projet.controle("B0359"), [4, 5, 0, 1]);
    let rejects = projet.text("rejets.csv");
    for (line, lacks) in [
        (3, "mode d'occupation"),
        (4, "zone"),
        (5, "première mise en location"),
        (6, "date du bail"),
        (7, "durée de vacance"),
    ] {
        assert!(rejects.contains(&format!("rpls.csv;{line};MODE;B0359;anomalie;{lacks};")), "{lacks}\n{rejects}");
    }
}

/// Two files of the open stock, whose dwellings have no identifier: the same communes, others, or a lot that ends within one.
#[test]
fn a_stock_given_twice_is_told() {
    let file = |dwellings: &[(usize, &str)]| {
        let rows = dwellings.iter().flat_map(|(n, commune)| (0..*n).map(move |_| format!("{commune}\n")));
        format!("DEPCOM\n{}", rows.collect::<Vec<_>>().concat())
    };
    let told = |first: &[(usize, &str)], second: &[(usize, &str)]| {
        let (first, second) = (file(first), file(second));
        projet(&[("rpls", &[("rpls_2024.csv", &first), ("rpls_2025.csv", &second)])])
    };
    let twice = told(&[(200, "63113"), (100, "63014")], &[(190, "63113"), (110, "63032")]);
    assert_eq!(twice.controle("B0360"), [0, 2, 0, 0]);
    let said = twice.text("manifeste.json");
    assert!(
        said.contains("rpls_2024.csv, 200 logements sur 300") && said.contains("rpls_2025.csv, 190 logements sur 300")
    );
    let lots = told(&[(200, "63014"), (100, "63113")], &[(49, "63113"), (51, "63032")]);
    assert_eq!(lots.controle("B0360"), [2, 0, 0, 0]);
    assert_eq!(
        told(&[(200, "63113")], &[(99, "63113")]).controle("B0360"),
        [0, 1, 0, 1],
        "ninety-nine dwellings are too few"
    );
}

/// Households rehoused are half of the legal public: where no file tells them, a verdict says so.
#[test]
fn a_verdict_that_knows_nobody_rehoused_says_so() {
    let alert = |more: &str, value: &str| {
        let leases = format!(
            "numero_unique;date_bail;bailleur;commune;qpv;nb_personnes;nb_moins_14;ressources_mensuelles;{more}\n\
             A;2025-05-01;900000001;63113;non;1;0;500;\nB;2025-05-01;900000001;63113;non;1;0;5000;{value}\n"
        );
        let projet = projet(&[("attributions", &[("attributions.csv", &leases)])]);
        let is_legal = |r: &commun::Row| r["regle"].text() == "q1_hors_qpv";
        let row = projet.table("verdicts").into_iter().find(is_legal).unwrap();
        (row["verdict"].text().to_owned(), row["alerte"].clone())
    };
    let said = commun::Cell::Text("aucun fichier ne dit qui est relogé".to_owned());
    assert_eq!(alert("rang", "1"), ("atteint".to_owned(), said.clone()));
    assert_eq!(alert("relogement", ""), ("atteint".to_owned(), said));
    assert_eq!(alert("relogement", "non"), ("atteint".to_owned(), commun::Cell::Null));
}

/// A rule on a holder, or on a zone, that no file tells has no lease to judge; that is not to say that none was signed.
#[test]
fn a_rule_without_leases_says_what_no_file_tells() {
    let reasons = |more: &str, value: &str, stock: &str| {
        let leases = format!("numero_unique;date_bail;bailleur;commune;{more}\nA;2025-05-01;900000001;63113;{value}\n");
        let given = [("attributions.csv", leases.as_str()), ("rpls.csv", stock)];
        let projet = projet(&[("attributions", &given[..1]), ("rpls", &given[1..])]);
        let rows = projet.table("verdicts");
        ["COLACT", "tous"].map(|acteur| {
            let is = |r: &&commun::Row| r["acteur"].text() == acteur && r["zone"].text() != "qpv";
            rows.iter().find(is).unwrap()["motif"].text().to_owned()
        })
    };
    let (none, holder, zone) =
        ("aucune attribution dans ce champ", "aucun fichier ne dit le réservataire", "aucun fichier ne dit la zone");
    let stock = "IDENT_REP;DEPCOM;QPV\nL1;63113;1\n";
    assert_eq!(reasons("rang;id_rpls", "1;", stock), [holder, zone]);
    assert_eq!(reasons("reservataire;id_rpls", ";L1", stock), [holder, none], "the stock tells the zone");
    assert_eq!(reasons("reservataire;id_rpls", "COLTER;L1", "IDENT_REP;DEPCOM;QPV\nL1;63113;\n"), [none, zone]);
    assert_eq!(reasons("reservataire;qpv", "COLTER;oui", stock), [none, none]);
}

/// What no file tells is no count: a rule on it is not judged, and a review does not say that nobody is concerned.
#[test]
fn what_no_file_tells_is_not_said_to_be_none() {
    let demands = "numero_unique;date_depot;communes;nb_personnes;date_radiation\n";
    let asked = (0..60).map(|i| format!("N{i};2024-01-01;63113;2;{}\n", if i < 40 { "2025-06-01" } else { "" }));
    let demands = asked.fold(demands.to_owned(), |text, row| text + &row);
    let leases = "numero_unique;date_bail;bailleur;commune;qpv;reservataire;nb_personnes\n".to_owned();
    let signed = (0..40).map(|i| format!("N{i};2025-05-01;900000001;63113;non;COLACT;2\n"));
    let leases = signed.fold(leases, |text, row| text + &row);
    let stock = "DEPCOM;NBPIECE;MODE;LOCAT;BAIL;QPV\n63113;3;1;2000;;\n63113;2;2;2000;;\n";
    let targets = "[[objectif]]\nepci = \"246300701\"\nbase = \"cia\"\ndebut = 2020-01-01\nfin = 2026-12-31\npublic = \"mutation\"\n\
                   zone = \"ensemble\"\ncible = 0.1\nreference = \"pour l'essai\"\n\
                   [[objectif]]\nepci = \"246300701\"\nbase = \"avenant\"\ndebut = 2020-01-01\nfin = 2026-12-31\n\
                   public = \"relogement\"\nzone = \"ensemble\"\ncible = 0.1\nreference = \"pour l'essai\"\n";
    let given = [("demandes.csv", demands.as_str()), ("attributions.csv", leases.as_str()), ("rpls.csv", stock)];
    let sources = [("demandes", &given[..1]), ("attributions", &given[1..2]), ("rpls", &given[2..])];
    let projet = Projet::clermont(targets, &sources);
    projet.run(1, true);
    // Counts are what the rules of counting say, and the verdicts that rest on them say what they lack.
    let verdicts = projet.table("verdicts");
    let alert = |public: &str| {
        let of = |r: &&commun::Row| r["public"].text() == public && r["denominateur"].int() == Some(40);
        verdicts.iter().find(of).unwrap_or_else(|| panic!("no verdict on {public}"))["alerte"].text().to_owned()
    };
    for (public, said) in [
        ("q1_ou_relogement", "aucun fichier ne donne les ressources des ménages"),
        ("prioritaire", "aucun fichier ne dit qui est DALO ou prioritaire"),
        ("mutation", "aucun fichier ne dit qui est déjà logé"),
        ("relogement", "aucun fichier ne dit qui est relogé"),
    ] {
        assert_eq!(alert(public), said);
    }
    let stock = projet.table("parc").into_iter().find(|r| r["niveau"].text() == "epci").unwrap();
    assert_eq!(stock["vacants"].int(), Some(1));
    for unknown in ["logements_qpv", "part_qpv", "mobilite_num", "taux_mobilite", "vacants_plus_3_mois"] {
        assert_eq!(stock[unknown], commun::Cell::Null, "{unknown}");
    }
    let page = projet.text("epci/246300701.html").replace(['\u{a0}', '\u{202f}'], " ");
    for said in [
        "la typologie des demandes",
        "quels ménages sont DALO ou prioritaires",
        "aucun fichier ne donne les ressources",
        "rien ne peut être dit du premier quartile",
    ] {
        assert!(page.contains(said), "{said}");
    }
    for unsaid in ["dont mutations", "dont attribution", "ne suit une attribution", "premier quartile ou relogés, soit"]
    {
        assert!(!page.contains(unsaid), "{unsaid}");
    }
    // All were deposited less than two years before: this nought is a count.
    let noughts: Vec<&str> = page.split("0,0 % des demandes").skip(1).collect();
    assert!(noughts.iter().all(|then| then.starts_with(" attendent depuis deux ans")), "{noughts:?}");
    // No share of a quartile is drawn, compared or kept for later years; nor any of priority publics.
    let home = projet.text("index.html");
    assert!(
        home.matches("rien ne peut être dit du premier quartile").count() == 2 && !home.contains("aux plus modestes")
    );
    assert!(home.contains("ressources non renseignées") && !home.contains("sous réserve"));
    let landlord = projet.text("bailleurs/900000001.html");
    assert!(landlord.contains("rien ne peut être dit du premier quartile") && !landlord.contains("baux manquants"));
    assert!(projet.text("reservataires/COLACT.html").contains("rien ne peut en être dit"));
    let years = projet.table("tendance");
    let years: BTreeSet<&str> = years.iter().map(|r| r["indicateur"].text()).collect();
    assert!(years.contains("tension") && !years.contains("q1_hors_qpv") && !years.contains("prioritaires"));
    let path = projet.path().display().to_string();
    assert_eq!(commun::bilan(&["publish", &path]).0, 0);
    let told = commun::read_table(&projet.path().join("sortie/publique/effectifs.parquet"));
    let told: BTreeSet<&str> = told.iter().map(|r| r["ventilation"].text()).collect();
    assert!(told.contains("baux") && told.contains("demandes_taille_menage"), "{told:?}");
    for untold in ["demandes_population", "demandes_quartile", "baux_population", "baux_priorites", "baux_mixite"] {
        assert!(!told.contains(untold), "{untold}");
    }
    // Nor does the public edition tell a verdict whose counts it does not tell.
    let public = projet.text("publique/epci/246300701.html").replace(['\u{a0}', '\u{202f}'], " ");
    assert!(public.contains("non évaluable") && public.contains("aucun fichier ne donne les ressources"), "{public}");
    assert!(!public.contains("il manque"), "{public}");
}

/// What is in doubt of a landlord's leases is said where it signs, in the first sentence and among what is to be mended, and nowhere
/// else.
#[test]
fn a_landlord_in_doubt_is_named_where_it_signs() {
    let of = |letter: char, siren: &str, commune: &str, children: u32| {
        (0..100).fold(String::new(), |text, i| {
            format!("{text}{letter}{i};2025-05-{:02};{siren};{commune};non;3;{children};900\n", i % 28 + 1)
        })
    };
    let leases = format!(
        "numero_unique;date_bail;bailleur;commune;qpv;nb_personnes;nb_moins_14;ressources_mensuelles\n{}{}",
        of('C', "900000001", "63113", 0),
        of('V', "900000002", "03310", 1)
    );
    let demands =
        (0..200).fold("numero_unique;date_depot;communes;nb_personnes;nb_moins_14\n".to_owned(), |text, i| {
            let (letter, commune) = if i < 100 { ('C', "63113") } else { ('V', "03310") };
            format!("{text}{letter}{};2024-01-01;{commune};3;1\n", i % 100)
        });
    let names = "siren;nom\n900000001;Premier\n900000002;Deuxième\n";
    let given = [("attributions.csv", leases.as_str()), ("demandes.csv", demands.as_str()), ("bailleurs.csv", names)];
    let sources = [("attributions", &given[..1]), ("demandes", &given[1..2]), ("bailleurs", &given[2..])];
    let projet = Projet::clermont("", &sources);
    let toml = std::fs::read_to_string(projet.path().join("bilan.toml")).unwrap();
    let both = toml.replace("[\"246300701\"]", "[\"246300701\", \"200071363\"]");
    std::fs::write(projet.path().join("bilan.toml"), both).unwrap();
    projet.run(1, true);
    let page = |file: &str| projet.text(file).replace(['\u{a0}', '\u{202f}'], " ").replace("&#x27;", "'");
    let sentence = "Les baux d'un bailleur sont en doute";
    let here = page("epci/246300701.html");
    assert!(here.contains(sentence) && here.contains("Enfants de moins de 14 ans, 100 baux sur 100"), "{here}");
    assert!(page("index.html").contains(sentence));
    let there = page("epci/200071363.html");
    assert!(!there.contains(sentence) && !there.contains("Enfants de moins de 14 ans, "));
    // On its own page, and on no other's.
    let own = page("bailleurs/900000001.html");
    let told = own.find("Enfants de moins de 14 ans, 100 baux sur 100").expect("what is in doubt of its leases");
    assert!(
        own.contains("Baux à vérifier") && told < own.find("Premier quartile hors QPV").expect("its share"),
        "{own}"
    );
    assert!(!page("bailleurs/900000002.html").contains("Enfants de moins de 14 ans, "));
    // That nobody is said to be rehoused may be so: it comes after.
    let at = |what: &str| here.find(what).unwrap_or_else(|| panic!("{what}\n{here}"));
    assert!(at("Enfants de moins de 14 ans, 100 baux sur 100") < at("Relogement, 100 baux"), "the gravest first");
}

/// A typology or a category that no file tells is no tension of nought: a source that is given counts none there, and what an
/// applicant may ask does not say so.
#[test]
fn what_no_file_tells_apart_is_not_counted_apart() {
    let demands = |typologie: &str, categorie: &str| {
        format!("numero_unique;date_depot;communes;typologies;categorie\nD;2024-05-01;63113;{typologie};{categorie}\n")
    };
    let leases = |typologie: &str, categorie: &str| {
        format!(
            "numero_unique;date_bail;bailleur;commune;typologie;categorie\nA;2025-05-01;900000001;63113;{typologie};{categorie}\n"
        )
    };
    let stock = |rooms: &str, kind: &str| format!("DEPCOM;NBPIECE;TYPECONST\n63113;{rooms};{kind}\n");
    // Demands, leases and dwellings of the EPCI.
    let counts = |given: [String; 3], typologie: &str, categorie: &str| {
        let [demands, leases, stock] = given;
        let files =
            [("demandes.csv", demands.as_str()), ("attributions.csv", leases.as_str()), ("rpls.csv", stock.as_str())];
        let sources = [("demandes", &files[..1]), ("attributions", &files[1..2]), ("rpls", &files[2..])];
        let projet = Projet::clermont("", &sources);
        projet.run(1, false);
        let here = |r: &&commun::Row| {
            let of = |column: &str| r.get(column).map_or("ensemble", |cell| cell.text());
            r["niveau"].text() == "epci"
                && of("population") == "ensemble"
                && of("typologie") == typologie
                && of("categorie") == categorie
        };
        let row = |table: &str| projet.table(table).into_iter().find(|r| here(&r)).unwrap();
        let (counted, asked) = (row("tension"), row("explorateur"));
        assert_eq!(counted["tension"], asked["tension"]);
        let sources = ["demandes", "attributions", "logements"];
        let told = sources.map(|column| asked[column].int());
        // Of a source that is given, what is not told counts none.
        assert_eq!(sources.map(|column| counted[column].int()), told.map(|n| n.or(Some(0))));
        assert_eq!(counted["tension"] == commun::Cell::Null, told[0].is_none() || told[1].unwrap_or(0) == 0);
        told
    };
    let (one, none) = (Some(1), None);
    let whole = || [demands("T3", "A"), leases("T3", "collectif"), stock("3", "C")];
    assert_eq!(counts(whole(), "T3", "collectif"), [one; 3]);
    let rooms = [demands("", "A"), leases("", "collectif"), stock("", "C")];
    let kinds = [demands("T3", ""), leases("T3", ""), stock("3", "")];
    for (silents, [typologie, categorie]) in [(rooms, ["ensemble", "collectif"]), (kinds, ["T3", "ensemble"])] {
        for (source, silent) in silents.into_iter().enumerate() {
            let mut given = whole();
            given[source] = silent;
            let told = std::array::from_fn(|i| if i == source { none } else { one });
            assert_eq!(counts(given.clone(), "T3", "collectif"), told);
            assert_eq!(counts(given, typologie, categorie), [one; 3]);
        }
    }
    // A file without a row tells that there is none.
    let mut given = whole();
    given[1] = "numero_unique;date_bail;bailleur;commune\n".to_owned();
    assert_eq!(counts(given, "T3", "collectif"), [one, Some(0), one]);
}

/// Nor does the page of a territory show none of a size that a source does not tell: of three, one after the other does not.
#[test]
fn a_size_that_no_file_tells_is_not_shown_as_none() {
    let page = |demanded: &str, leased: &str, rooms: &str| {
        let demands = format!("numero_unique;date_depot;communes;typologies\nD;2024-05-01;63113;{demanded}\n");
        let leases =
            format!("numero_unique;date_bail;bailleur;commune;typologie\nA;2025-05-01;900000001;63113;{leased}\n");
        let stock = format!("DEPCOM;NBPIECE\n63113;{rooms}\n");
        let files =
            [("demandes.csv", demands.as_str()), ("attributions.csv", leases.as_str()), ("rpls.csv", stock.as_str())];
        let sources = [("demandes", &files[..1]), ("attributions", &files[1..2]), ("rpls", &files[2..])];
        let projet = Projet::clermont("", &sources);
        projet.run(1, true);
        projet.text("epci/246300701.html").replace(" class=\"n\"", "")
    };
    // Dwellings, demands, leases and tension in the chapter; demands, seniority, leases and tension in the annex.
    let chapter = |page: &str, cells: &str| page.contains(&format!("<th scope=\"row\">T3</th>{cells}"));
    let annexe = |page: &str, cells: &str| page.contains(&format!("<td>T3</td>{cells}"));
    let whole = page("T3", "T3", "3");
    assert!(chapter(&whole, "<td>1</td><td>1</td><td>1</td><td>1,0</td>"), "{whole}");
    assert!(annexe(&whole, "<td>1</td><td>20,0</td><td>1</td><td>1,0</td>"), "{whole}");
    let no_rooms = page("T3", "T3", "");
    assert!(chapter(&no_rooms, "<td>n.d.</td><td>1</td><td>1</td><td>1,0</td>"), "{no_rooms}");
    let no_lease = page("T3", "", "3");
    assert!(annexe(&no_lease, "<td>1</td><td>20,0</td><td>n.d.</td><td>n.d.</td>"), "{no_lease}");
    let no_demand = page("", "T3", "3");
    assert!(annexe(&no_demand, "<td>n.d.</td><td>n.d.</td><td>1</td><td>n.d.</td>"), "{no_demand}");
}

/// Proposals that name no landlord are in no landlord's report: it does not say that none was made.
#[test]
fn proposals_that_name_no_landlord_are_not_none() {
    let leases = "numero_unique;date_bail;bailleur;commune;reservataire\n\
                  A;2025-05-01;900000001;63113;COLTER\nB;2025-06-01;900000002;63113;COLTER\n";
    // What each of two landlords proposed, and what the page of the EPCI, of each and of the holder say of it.
    let flows = |events: &str| {
        let files = [("attributions.csv", leases), ("evenements.csv", events)];
        let projet = Projet::clermont("", &[("attributions", &files[..1]), ("evenements", &files[1..])]);
        projet.run(1, true);
        let of = |siren: &str| {
            let rows = projet.table("flux");
            let own = rows.iter().filter(|row| row["bailleur"].text() == siren);
            own.map(|row| row["proposes"].int()).sum::<Option<i64>>()
        };
        let said = |page: &str| {
            let page = projet.text(page).replace(['\u{a0}', '\u{202f}'], " ").replace("&#x27;", "'");
            let told = page.split("Aucune proposition de l'année n'est lue ").nth(1).and_then(|t| t.split(',').next());
            told.or_else(|| page.split("Aucun événement lu ne nomme ").nth(1)?.split(" :").next())
                .unwrap_or("")
                .to_owned()
        };
        let pages = ["epci/246300701", "bailleurs/900000001", "bailleurs/900000002", "reservataires/COLTER"];
        // The report to a holder says no less than the page of its landlord.
        for siren in ["900000001", "900000002"] {
            let report = projet.path().join(format!("sortie/flux/{siren}.xlsx"));
            let mut book: Xlsx<_> = calamine::open_workbook(report).unwrap();
            let sheet = book.worksheet_range_at(0).unwrap().unwrap();
            let above = sheet.get_value((2, 0)).map_or_else(String::new, ToString::to_string);
            assert_eq!(above.is_empty(), said(&format!("bailleurs/{siren}.html")).is_empty(), "{siren}: {above}");
        }
        ([of("900000001"), of("900000002")], pages.map(|page| said(&format!("{page}.html"))))
    };
    let nobody = ([None, None], ["de bailleur"; 4].map(str::to_owned));
    assert_eq!(flows("numero_unique;type;date\nA;proposition;2025-04-01\n"), nobody);
    assert_eq!(flows("numero_unique;type;date;bailleur\nA;proposition;2025-04-01;\n"), nobody);
    // A landlord of whom none is read has none, and its readers are told so: a dwelling is proposed before it is let.
    let first =
        ([Some(1), Some(0)], ["de l'un des bailleurs", "", "du bailleur", "de l'un des bailleurs"].map(str::to_owned));
    assert_eq!(flows("numero_unique;type;date;bailleur\nA;proposition;2025-04-01;900000001\n"), first);
    let visited =
        ([Some(0), Some(0)], ["de 2 bailleurs", "du bailleur", "du bailleur", "de 2 bailleurs"].map(str::to_owned));
    assert_eq!(flows("numero_unique;type;date;bailleur\nC;visite;2025-04-01;900000001\n"), visited);
}
