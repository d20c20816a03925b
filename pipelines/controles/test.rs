
/// Leases of one landlord, the first of which have a demand of their number.
#[test]
fn a_landlord_whose_leases_do_not_find_their_demands_is_told() {
    let told = |leases: usize, known: usize| {
        let rows = |n: usize, more: &str| -> String { (0..n).map(|i| format!("N{i}{more}\n")).collect() };
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
        (counts(&projet, "B0345"), projet.text("manifeste.json").contains("900000001, 50 baux sur 100"))
    };
    assert_eq!(told(100, 50), ([0, 1, 0, 0], true));
    assert_eq!(told(100, 51), ([1, 0, 0, 0], false));
    assert_eq!(told(99, 0), ([0, 0, 0, 1], false), "ninety-nine leases are too few");
}
