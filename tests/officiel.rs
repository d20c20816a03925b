//! Against what the ministry published: the real stock of 2019 counted by our pipeline gives the published counts, and
//! the official numerators of 2025 give the published rates.

#![expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "counts of dwellings")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;

use crate::commun::{self, Cell, Projet, Row};

fn gunzipped(name: &str) -> String {
    let path = format!("{}/tests/officiel/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

fn whole<'a>(rows: &'a [Row], niveau: &'a str, typologie: &'a str, categorie: &'a str) -> BTreeMap<&'a str, &'a Row> {
    rows.iter()
        .filter(|r| {
            r["niveau"].text() == niveau && r["typologie"].text() == typologie && r["categorie"].text() == categorie
        })
        .map(|r| (r["code"].text(), r))
        .collect()
}

/// Open detail file of 2019 for Allier, Cantal, Haute-Loire and Puy-de-Dôme, rebuilt dwelling by dwelling from the
/// ministry's distribution, against the ministry's own table of indicators for the same stock.
#[test]
fn the_real_stock_of_2019_gives_the_published_counts() {
    let mut csv = "DEPCOM;CONSTRUCT;NBPIECE;TYPECONST;QPV\n".to_owned();
    for row in csv::Reader::from_reader(gunzipped("rpls_2019_distribution.csv.gz").as_bytes()).records() {
        let row = row.unwrap();
        let kind = if &row[5] == "Logements individuels" { "I" } else { "C" };
        let zone = if &row[6] == "En QPV" { 1 } else { 2 };
        for _ in 0..row[7].parse::<usize>().unwrap() {
            writeln!(csv, "{};{};{};{kind};{zone}", &row[0], &row[1], &row[4]).unwrap();
        }
    }
    let toml = "[bilan]\nmillesime = 2019\ndepartements = [\"03\", \"15\", \"43\", \"63\"]\n[[source]]\nschema = \"rpls\"\nfichiers = [\"rpls.csv\"]\n";
    let projet = Projet::new(toml, &[("rpls.csv", csv.as_bytes())]);
    assert!(!projet.run(2, false).any_refusal());
    let parc = projet.table("parc");

    let mut published: BTreeMap<(String, String, String), f64> = BTreeMap::new();
    for row in csv::Reader::from_reader(gunzipped("rpls_2019_indicateurs.csv.gz").as_bytes()).records() {
        let row = row.unwrap();
        if &row[3] == "Ensemble du parc" {
            published.insert(
                (format!("{} {}", &row[0], &row[2]), row[4].to_owned(), row[5].to_owned()),
                row[6].parse().unwrap(),
            );
        }
    }
    let get = |place: &str, variable: &str, indicator: &str| {
        published.get(&(place.to_owned(), variable.to_owned(), indicator.to_owned())).map(|x| x.round() as i64)
    };
    let count = |row: &Row, column: &str| row[column].int().unwrap();
    let mut compared = 0;
    for (niveau, kind) in [("departement", "Départements"), ("epci", "Epci")] {
        let total = whole(&parc, niveau, "ensemble", "ensemble");
        let flats = whole(&parc, niveau, "ensemble", "collectif");
        let rooms: Vec<BTreeMap<&str, &Row>> =
            ["T1", "T2", "T3", "T4"].map(|t| whole(&parc, niveau, t, "ensemble")).into();
        for (code, row) in &total {
            let place = format!("{kind} {code}");
            if OUTSIDE.contains(code) {
                continue;
            }
            let Some(published_total) = get(&place, "parc_hlm", "Nombre de logements sociaux") else { continue };
            assert_eq!(count(row, "logements"), published_total, "{place}");
            assert_eq!(count(row, "logements_qpv"), get(&place, "qpv", "En QPV").unwrap_or(0), "{place} QPV");
            let collectifs = flats.get(code).map_or(0, |r| count(r, "logements"));
            assert_eq!(collectifs, get(&place, "typeconst", "Logements collectifs").unwrap_or(0), "{place} collectif");
            let of = |i: usize| rooms[i].get(code).map_or(0, |r| count(r, "logements"));
            assert_eq!(of(0) + of(1), get(&place, "nbpiece_aggrege", "moins de 2 pièces").unwrap_or(0), "{place} 1-2");
            assert_eq!(of(2) + of(3), get(&place, "nbpiece_aggrege", "3 et 4 pièces").unwrap_or(0), "{place} 3-4");
            compared += 1;
        }
    }
    assert!(compared >= 48, "only {compared} territories compared");
    let clermont = whole(&parc, "epci", "ensemble", "ensemble")["246300701"];
    assert_eq!((count(clermont, "logements"), count(clermont, "logements_qpv")), (32_576, 7_099));
    // The open detail file gives neither occupancy nor rent: null, never zero.
    for column in ["loues", "vacants", "mobilite_den", "somme_loyer", "taux_vacance", "loyer_m2"] {
        assert_eq!(clermont[column], Cell::Null, "{column}");
    }
}

/// Moulins reaches into Nièvre and Le Grand Charolais is of Saône-et-Loire: the ministry counts them whole, and the
/// distribution at hand stops at the four départements.
const OUTSIDE: [&str; 2] = ["200071140", "200071884"];

/// The demonstration's stock is drawn so that its counts are the ministry's of 2025, commune by commune; the rates that
/// the ministry published for Clermont Auvergne Métropole then follow.
#[test]
fn official_numerators_of_2025_give_the_published_rates() {
    let dir = tempfile::tempdir().unwrap();
    let progress = bilan::progress::Progress::hidden();
    bilan::demo::write_demo(dir.path(), bilan::demo::Options { seed: 7, communes: None }, &progress).unwrap();
    let (plan, notes) = bilan::project::Plan::load(dir.path(), None).unwrap();
    let options = bilan::run::Options { threads: 2, verifier: false, report: false };
    bilan::run::run(&plan, notes, options, &progress).unwrap();
    let parc = commun::read_table(&dir.path().join("sortie/indicateurs/parc.parquet"));
    let communes = whole(&parc, "commune", "ensemble", "ensemble");
    let official =
        std::fs::read_to_string(format!("{}/reference/demo/parc_2025.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let columns = [
        ("logements", "nb_ls_actif"),
        ("logements_qpv", "nb_ls_qpv"),
        ("loues", "nb_ls_loue"),
        ("vacants", "nb_ls_vacant"),
        ("vacants_plus_3_mois", "nb_ls_vacant_3"),
        ("vides", "nb_ls_vide"),
        ("association", "nb_ls_association"),
        ("autres", "nb_ls_autre"),
        ("mobilite_num", "num_mob"),
        ("mobilite_den", "denom_mob"),
    ];
    let mut reader = csv::Reader::from_reader(official.as_bytes());
    let header = reader.headers().unwrap().clone();
    let field = |row: &csv::StringRecord, name: &str| -> i64 {
        row[header.iter().position(|h| h == name).unwrap()].parse().unwrap()
    };
    let mut total = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let Some(ours) = communes.get(&row[0]) else {
            assert_eq!(field(&row, "nb_ls_actif"), 0, "{}", &row[0]);
            continue;
        };
        for (column, name) in columns {
            assert_eq!(ours[column].int(), Some(field(&row, name)), "{} {column}", &row[0]);
        }
        assert_eq!(ours["somme_loyer"].real(), Some(field(&row, "somme_loyer") as f64), "{}", &row[0]);
        assert_eq!(ours["somme_surface"].real(), Some(field(&row, "somme_surface") as f64), "{}", &row[0]);
        total += field(&row, "nb_ls_actif");
    }
    assert_eq!(total, 64_588);
    let clermont = whole(&parc, "epci", "ensemble", "ensemble")["246300701"];
    let published = |column: &str| clermont[column].real().unwrap();
    assert_eq!(
        format!(
            "{:.3} {:.3} {:.3}",
            published("taux_vacance") * 100.0,
            published("taux_mobilite") * 100.0,
            published("loyer_m2")
        ),
        "1.730 8.289 6.280"
    );
    let territory = |table: &str| {
        let rows = commun::read_table(&dir.path().join(format!("sortie/indicateurs/{table}.parquet")));
        rows.into_iter()
            .find(|r| {
                r["niveau"].text() == "territoire"
                    && r["population"].text() == "ensemble"
                    && r["typologie"].text() == "ensemble"
            })
            .unwrap()
    };
    assert_eq!(territory("demande")["actives"].int(), Some(19_357));
    assert_eq!(territory("attributions")["attributions"].int(), Some(7_189));
}
