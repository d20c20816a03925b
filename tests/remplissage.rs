//! Files that stop early, of another year than said, or whose columns were filled in for want of a value.

use crate::commun::Projet;

/// A project of these sources, each one file, and its first run.
fn projet(more: &str, sources: &[(&str, &str)]) -> Projet {
    let files: Vec<(String, &str)> = sources.iter().map(|(schema, text)| (format!("{schema}.csv"), *text)).collect();
    let given: Vec<[(&str, &str); 1]> = files.iter().map(|(name, text)| [(name.as_str(), *text)]).collect();
    let named: Vec<(&str, &[(&str, &str)])> =
        sources.iter().zip(&given).map(|((schema, _), file)| (*schema, &file[..])).collect();
    let projet = Projet::clermont(more, &named);
    projet.run(1, false);
    projet
}

/// Rows made one by one under a header.
fn rows(header: &str, count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).fold(format!("{header}\n"), |text, i| text + &row(i) + "\n")
}

/// A stock said to be of 1 January 2025, by the years its leases began in; without leases, by those its dwellings were built in.
#[test]
fn a_stock_of_another_year_is_told() {
    let of_leases = |years: &[(i32, usize)]| {
        let all: Vec<i32> = years.iter().flat_map(|(year, n)| vec![*year; *n]).collect();
        let text = rows("DEPCOM;MODE;LOCAT;BAIL;CONSTRUCT", all.len(), |i| format!("63113;1;1990;06/{};1990", all[i]));
        let projet = projet("", &[("rpls", &text)]);
        (projet.controle("B0366"), projet.told("B0366"))
    };
    let fine = ([1, 0, 0, 0], Vec::<String>::new());
    let told = |what: &str| ([0, 1, 0, 0], vec![format!("rpls.csv, dit de 2025, {what}")]);
    assert_eq!(of_leases(&[(2023, 40), (2024, 60)]), fine);
    assert_eq!(of_leases(&[(2023, 40), (2024, 60), (2025, 30)]), fine, "half as many");
    assert_eq!(of_leases(&[(2023, 40), (2024, 60), (2025, 31)]), told("31 baux signés cette année-là ou après"));
    assert_eq!(of_leases(&[(2023, 198), (2024, 2)]), fine, "one in a hundred");
    assert_eq!(of_leases(&[(2023, 199), (2024, 2)]), told("2 baux signés l'année d'avant"));
    assert_eq!(of_leases(&[(2021, 100)]), told("0 baux signés l'année d'avant"));
    assert_eq!(of_leases(&[(2021, 50), (2020, 49)]), ([0, 0, 0, 1], vec![]), "ninety-nine are too few");
    let built = |last: usize, since: usize| {
        let year = |i: usize| if i < last { 2024 } else { 2025 };
        let text = rows("DEPCOM;CONSTRUCT", last + since, |i| format!("63113;{}", year(i)));
        let projet = projet("", &[("rpls", &text)]);
        (projet.controle("B0366"), projet.told("B0366"))
    };
    assert_eq!(built(80, 40), fine);
    assert_eq!(built(80, 41), told("41 logements achevés cette année-là ou après"));
    // One year later, it is what is built in it that has just been.
    let text = rows("DEPCOM;CONSTRUCT", 120, |i| format!("63113;{}", if i < 20 { 2024 } else { 2025 }));
    let later = Projet::clermont("", &[("rpls", &[("rpls.csv", &text)])]);
    let toml = std::fs::read_to_string(later.path().join("bilan.toml")).unwrap() + "millesime = 2026\n";
    std::fs::write(later.path().join("bilan.toml"), toml).unwrap();
    later.run(1, false);
    assert_eq!(later.controle("B0366"), [1, 0, 0, 0]);
}

/// A hundred and twenty deposits and as many exits, ten a month, short of those of some months, in two EPCI.
#[test]
fn a_month_without_a_deposit_or_an_exit_is_told() {
    let of = |skipped: &dyn Fn(usize, &str) -> [bool; 2], more: &str| {
        let mut text = "numero_unique;date_depot;communes;date_radiation;motif_radiation\n".to_owned();
        for (commune, letter) in [("63113", 'C'), ("03310", 'V')] {
            for i in 0..120 {
                let mois = i % 12 + 1;
                let [deposit, exit] = skipped(mois, commune);
                if !deposit {
                    text = format!("{text}{letter}D{i};2025-{mois:02}-10;{commune};;\n");
                }
                if !exit {
                    text = format!("{text}{letter}R{i};2023-01-10;{commune};2025-{mois:02}-20;RADREN\n");
                }
            }
        }
        let projet = Projet::clermont("", &[("demandes", &[("demandes.csv", &text)])]);
        let toml = std::fs::read_to_string(projet.path().join("bilan.toml")).unwrap();
        let both = toml.replace("[\"246300701\"]", "[\"246300701\", \"200071363\"]").replace("2026-01-31", more);
        std::fs::write(projet.path().join("bilan.toml"), both).unwrap();
        projet.run(1, false);
        projet.told("B0367")
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(of(&|_, _| [false; 2], "2026-01-31"), none);
    let late = |mois: usize, _: &str| [mois > 11, mois == 12 || mois == 4];
    let whole = ["04/2025, aucune radiation", "12/2025, ni dépôt ni radiation"];
    let whole = whole.map(|t| format!("Ensemble du territoire, {t}"));
    assert_eq!(of(&late, "2026-01-31"), whole);
    assert_eq!(of(&late, "2025-12-31"), &whole[..1], "December was not over");
    let one = |mois: usize, commune: &str| [commune == "03310" && mois == 2, false];
    assert_eq!(of(&one, "2026-01-31"), ["CA Vichy Communauté, 02/2025, aucun dépôt"]);
    let few = |mois: usize, commune: &str| [commune == "03310" && mois < 4, false];
    assert_eq!(of(&few, "2026-01-31"), none, "ninety deposits are too few");
}

#[test]
fn a_month_without_an_event_of_a_type_is_told() {
    let of = |visits: usize, extraction: &str| {
        let text = rows("numero_unique;type;date", visits + 11 * 10, |i| {
            let (kind, month) = if i < visits { ("visite", i % 11 + 1) } else { ("commission", i % 11 + 2) };
            format!("N{i};{kind};2025-{month:02}-05")
        });
        let projet = Projet::clermont("", &[("evenements", &[("evenements.csv", &text)])]);
        let toml = std::fs::read_to_string(projet.path().join("bilan.toml")).unwrap().replace("2026-01-31", extraction);
        std::fs::write(projet.path().join("bilan.toml"), toml).unwrap();
        projet.run(1, false);
        (projet.told("B0368"), projet.controle("B0368"))
    };
    let both = ["commission, 01/2025", "visite, 12/2025"].map(str::to_owned);
    assert_eq!(of(100, "2026-01-31"), (both.to_vec(), [22, 2, 0, 0]));
    assert_eq!(of(99, "2026-01-31"), (both[..1].to_vec(), [11, 1, 0, 12]));
    assert_eq!(of(100, "2025-12-31"), (both[..1].to_vec(), [21, 1, 0, 2]));
}

/// Thirteen months before 31 December 2025 is 30 November 2024.
#[test]
fn a_demand_that_nothing_renewed_is_told() {
    let text = "numero_unique;date_depot;communes;date_renouvellement;date_radiation\n\
                A;2020-01-01;63113;2024-11-29;\nB;2020-01-01;63113;2024-11-30;\nC;2024-11-29;63113;;\nD;2024-11-30;63113;;\n\
                E;2020-01-01;63113;2021-01-01;2025-02-02\nF;2025-06-01;63113;2020-01-01;\n";
    let projet_ = projet("", &[("demandes", text)]);
    assert_eq!(projet_.told("B0369"), ["2024-11-29", "2024-11-29"]);
    assert_eq!(projet_.controle("B0369"), [3, 2, 0, 0]);
    // What was extracted in October is known up to that day: thirteen months before it is in September.
    let toml = std::fs::read_to_string(projet_.path().join("bilan.toml")).unwrap().replace("2026-01-31", "2025-10-15");
    std::fs::write(projet_.path().join("bilan.toml"), toml).unwrap();
    projet_.run(1, false);
    assert_eq!(projet_.controle("B0369"), [5, 0, 0, 0]);
    let without = "numero_unique;date_depot;communes;date_renouvellement\nA;2020-01-01;63113;\n";
    assert_eq!(projet("", &[("demandes", without)]).controle("B0369"), [0, 0, 1, 0]);
}

/// A hundred leases, all of one value in a column, or all but one; half of them signed on the day of the decision, or one fewer.
#[test]
fn a_column_of_one_value_is_told() {
    let header = "numero_unique;date_bail;bailleur;commune;date_depot;date_decision;reservataire;typologie;nb_personnes;ressources_mensuelles";
    let of = |count: usize, column: usize, but: usize| {
        let text = rows(header, count, |i| {
            let own = |k: usize, one: &str, other: &str| {
                if i % 2 == 0 && column != k || column == k && i < but { other } else { one }.to_owned()
            };
            [
                format!("N{i};{};900000001;63113", own(0, "2025-05-01", "2025-06-02")),
                own(1, "2024-01-01", "2024-02-02"),
                "2025-04-01".to_owned(),
                own(2, "COLACT", "AUCUN"),
                own(3, "T3", "T2"),
                own(4, "1", "2"),
                own(5, "1000", "1500"),
            ]
            .join(";")
        });
        let projet = projet("", &[("attributions", &text)]);
        (projet.told("B0370"), projet.controle("B0370"))
    };
    for (column, said) in [
        "date du bail : 2025-05-01",
        "date de dépôt : 2024-01-01",
        "réservataire : COLACT",
        "typologie : T3",
        "nombre de personnes : 1",
        "ressources mensuelles : 1000",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(of(100, column, 0), (vec![format!("900000001, {said}")], [5, 1, 0, 0]));
        assert_eq!(of(100, column, 1), (vec![], [6, 0, 0, 0]), "{said}");
    }
    assert_eq!(of(99, 0, 0).1, [0, 0, 0, 6]);
    let decided = |same: usize| {
        let text = rows("numero_unique;date_bail;bailleur;commune;date_decision", 100, |i| {
            let day = i % 28 + 1;
            format!("N{i};2025-05-{day:02};900000001;63113;2025-{:02}-{day:02}", if i < same { 5 } else { 4 })
        });
        projet("", &[("attributions", &text)]).told("B0370")
    };
    assert_eq!(decided(50), ["900000001, date du bail : celle de la décision"]);
    assert_eq!(decided(49), Vec::<String>::new());
}

/// A hundred demands of one département that all answer alike, or all but one; a column that says nothing is another matter.
#[test]
fn demands_that_all_answer_alike_are_told() {
    let of = |count: usize, other: &str| {
        let text = rows("numero_unique;date_depot;communes;logement_actuel;typologies", count, |i| {
            format!("N{i};2025-05-01;63113;{};T{}", if i == 0 { other } else { "LP" }, i % 2 + 1)
        });
        projet("", &[("demandes", &text)]).told("B0371")
    };
    assert_eq!(of(100, "LP"), ["Puy-de-Dôme, logement actuel : LP"]);
    assert_eq!(of(100, "HLM"), Vec::<String>::new());
    assert_eq!(of(100, "LP|HLM"), Vec::<String>::new(), "two answers of one demand");
    assert_eq!(of(99, "LP"), Vec::<String>::new());
    assert_eq!(of(100, ""), Vec::<String>::new());
}

/// Of a hundred active demands, ten are a year old at 31 December 2025, or nine.
#[test]
fn a_register_whose_demands_are_all_recent_is_told() {
    let of = |count: usize, old: usize| {
        let text = rows("numero_unique;date_depot;communes", count, |i| {
            format!("N{i};{};63113", if i < old { "2024-12-31" } else { "2025-01-01" })
        });
        projet("", &[("demandes", &text)]).told("B0372")
    };
    assert_eq!(of(100, 10), Vec::<String>::new());
    assert_eq!(of(100, 9), ["Puy-de-Dôme, 9 demandes de plus d'un an sur 100"]);
    assert_eq!(of(99, 0), Vec::<String>::new());
}

/// Three landlords of a list: one signs in 2025, one did in 2024, one never; of a year without a lease, nothing is said of any.
#[test]
fn a_landlord_of_the_list_without_a_lease_is_told() {
    let list = "siren;nom\n900000001;Premier\n900000002;Deuxième\n900000003;Troisième\n";
    let leases =
        "numero_unique;date_bail;bailleur;commune\nA;2025-05-01;900000001;63113\nB;2024-05-01;900000002;63113\n";
    let both = projet("", &[("bailleurs", list), ("attributions", leases)]);
    assert_eq!(both.told("B0373"), ["Deuxième", "Troisième"]);
    let before = leases.replace("A;2025", "A;2024");
    assert_eq!(projet("", &[("bailleurs", list), ("attributions", &before)]).controle("B0373"), [0, 0, 0, 3]);
    assert_eq!(projet("", &[("bailleurs", list)]).controle("B0373"), [0, 0, 0, 3]);
}

/// A hundred proposals, and as many refusals or one more.
#[test]
fn more_refusals_than_proposals_are_told() {
    let of = |proposals: usize, refusals: usize| {
        let events = rows("numero_unique;type;date", proposals + refusals, |i| {
            format!("N{i};{};2025-05-05", if i < proposals { "proposition" } else { "refus" })
        });
        let demands =
            rows("numero_unique;date_depot;communes", proposals + refusals, |i| format!("N{i};2025-01-01;63113"));
        projet("", &[("demandes", &demands), ("evenements", &events)]).told("B0374")
    };
    assert_eq!(of(100, 100), Vec::<String>::new());
    assert_eq!(of(100, 101), ["Puy-de-Dôme, 101 refus pour 100 propositions"]);
    assert_eq!(of(99, 101), Vec::<String>::new());
}

/// A hundred leases outside priority neighbourhoods, and none in one, of an EPCI that may have some.
#[test]
fn an_epci_without_a_lease_in_a_priority_neighbourhood_is_told() {
    let of = |outside: usize, inside: usize, more: &str| {
        let leases = rows("numero_unique;date_bail;bailleur;commune;qpv", outside + inside, |i| {
            format!("N{i};2025-05-01;900000001;63113;{}", if i < outside { "non" } else { "oui" })
        });
        projet(more, &[("attributions", &leases)]).told("B0375")
    };
    assert_eq!(of(100, 0, ""), ["Clermont Auvergne Métropole, 100 baux"]);
    assert_eq!(of(100, 1, ""), Vec::<String>::new());
    assert_eq!(of(99, 0, ""), Vec::<String>::new());
    assert_eq!(of(100, 0, "epci_sans_qpv = [\"246300701\"]\n"), Vec::<String>::new());
}

/// A hundred demands that name two communes or more, by rising codes, or one of them otherwise; those that name one say nothing.
#[test]
fn choices_in_the_order_of_codes_are_told() {
    let of = |several: usize, otherwise: usize| {
        let demands = rows("numero_unique;date_depot;communes", several + 50, |i| {
            let communes = match i {
                _ if i >= several => "63113",
                _ if i < otherwise => "63113|63014|63430",
                _ if i % 2 == 0 => "63014|63113",
                _ => "63014|63113|63430",
            };
            format!("N{i};2025-05-01;{communes}")
        });
        projet("", &[("demandes", &demands)]).told("B0376")
    };
    assert_eq!(of(100, 0), ["Puy-de-Dôme, 100 demandes"]);
    assert_eq!(of(100, 1), Vec::<String>::new());
    assert_eq!(of(99, 0), Vec::<String>::new());
}

/// A hundred leases, and a hundred proposals of the same landlord or one fewer; those of another are not its own.
#[test]
fn fewer_proposals_than_leases_are_told() {
    let of = |leases: usize, proposals: usize| {
        let signed =
            rows("numero_unique;date_bail;bailleur;commune", leases, |i| format!("N{i};2025-05-01;900000001;63113"));
        let events = rows("numero_unique;type;date;bailleur", 200, |i| {
            format!("N{i};proposition;2025-03-05;90000000{}", if i < proposals { 1 } else { 2 })
        });
        let demands = rows("numero_unique;date_depot;communes", 200, |i| format!("N{i};2025-01-01;63113"));
        projet("", &[("attributions", &signed), ("evenements", &events), ("demandes", &demands)]).told("B0377")
    };
    assert_eq!(of(100, 100), Vec::<String>::new());
    assert_eq!(of(100, 99), ["900000001, 99 propositions pour 100 baux"]);
    assert_eq!(of(99, 0), Vec::<String>::new());
}
