//! Legal cases worked by hand, one line each with its article. A line gives the year, what the project adds, the leases,
//! and the verdict of one rule: numerator/denominator, lettings missing, verdict, status.
//!
//! Clermont Auvergne Métropole (63113, 246300701), 2025: 10 141 € per UC and year, so 845,08 € a month for one person is
//! below (10 140,96) and 845,09 € is not (10 141,08). Q2 14 400, Q3 19 440.

use crate::commun::{Cell, Projet, Row};

const COLUMNS: [&str; 16] = [
    "bail", "com", "qpv", "r", "pers", "enf", "uc", "relog", "resa", "dalo", "prio", "fin", "bailleur", "pm", "rpls",
    "num",
];
const HEADER: &str = "date_bail;commune;qpv;ressources_mensuelles;nb_personnes;nb_moins_14;nb_uc;relogement;reservataire;dalo;\
prioritaire;financement;bailleur;personne_morale;id_rpls;numero_unique";

/// Leases from lines such as `x3 r=845.08 qpv=oui`; what is not said is: March, Clermont, outside QPV, one person, PLUS,
/// not reserved, neither DALO nor priority, no income.
fn leases(year: i32, text: &str) -> String {
    let mut csv = format!("{HEADER}\n");
    let mut number = 0;
    for lease in text.split(',').map(str::trim).filter(|l| !l.is_empty()) {
        let mut values: Vec<String> = [
            &format!("{year}-03-02"),
            "63113",
            "non",
            "",
            "1",
            "",
            "",
            "non",
            "AUCUN",
            "non",
            "non",
            "PLUS",
            "900000001",
            "non",
            "",
            "",
        ]
        .iter()
        .map(|v| (*v).to_owned())
        .collect();
        let mut times = 1;
        for word in lease.split_whitespace() {
            if let Some(n) = word.strip_prefix('x') {
                times = n.parse().unwrap();
            } else {
                let (name, value) = word.split_once('=').unwrap();
                values[COLUMNS.iter().position(|c| *c == name).unwrap_or_else(|| panic!("{name}"))] =
                    String::from(value);
            }
        }
        for _ in 0..times {
            number += 1;
            values[15] = format!("N{number}");
            csv += &(values.join(";") + "\n");
        }
    }
    csv
}

struct Cas {
    titre: &'static str,
    annee: i32,
    projet: &'static str,
    baux: &'static str,
    regle: &'static str,
    attendu: &'static str,
}

const fn cas(
    titre: &'static str,
    annee: i32,
    projet: &'static str,
    baux: &'static str,
    regle: &'static str,
    attendu: &'static str,
) -> Cas {
    Cas { titre, annee, projet, baux, regle, attendu }
}

/// A target of Clermont: the words that differ.
macro_rules! objectif {
    ($($line:literal),+) => {
        concat!("[[objectif]]\nid = \"o\"\nepci = \"246300701\"\ndebut = 2015-01-01\n", $($line, "\n"),+)
    };
}

const Q1: &str = "q1_hors_qpv epci tous";
const MIXITE: &str = "q2_q4_qpv epci tous";
const COLACT: &str = "prioritaires reservataire COLACT";
const COLTER: &str = "prioritaires reservataire COLTER";
const BAILLEUR: &str = "prioritaires bailleur 900000001";
const O: &str = "o epci tous";

const CAS: &[Cas] = &[
    cas(
        "L441-1, strictement inférieur : un centime sous le montant",
        2025,
        "",
        "r=845.08, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas("L441-1, au-dessus du montant", 2025, "", "r=845.09, x3 r=2000", Q1, "0/4 1 non_atteint definitif"),
    cas(
        "L441-1, égal au montant : 12 × 1014,10 = 10141 × 1,2",
        2025,
        "",
        "r=1014.10 uc=1.2, x3 r=2000",
        Q1,
        "0/4 1 non_atteint definitif",
    ),
    cas(
        "L441-1, ressources absentes : au dénominateur, jamais au numérateur",
        2025,
        "",
        "r=500, r=, x2 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas("L441-1, ressources absentes seules", 2025, "", "x4 r=", Q1, "0/4 1 non_atteint definitif"),
    cas("L441-1, ressources nulles : inconnues", 2025, "", "r=0, x3 r=2000", Q1, "0/4 1 non_atteint definitif"),
    cas("L441-1, ressources négatives : inconnues", 2025, "", "r=-300, x3 r=2000", Q1, "0/4 1 non_atteint definitif"),
    cas("L441-1, composition absente : inconnu", 2025, "", "r=500 pers=, x3 r=2000", Q1, "0/4 1 non_atteint definitif"),
    cas(
        "UC calculées : couple et deux enfants, 1 + 0,5 + 0,6 = 2,1",
        2025,
        "",
        "r=1774.67 pers=4 enf=2, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "UC calculées : 12 × 1774,68 = 21296,16 > 10141 × 2,1",
        2025,
        "",
        "r=1774.68 pers=4 enf=2, x3 r=2000",
        Q1,
        "0/4 1 non_atteint definitif",
    ),
    cas(
        "UC données, elles l'emportent sur la composition",
        2025,
        "",
        "r=1014.09 uc=1.2 pers=6, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "UC données nulles : la composition les remplace",
        2025,
        "",
        "r=845.08 uc=0, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "L441-1, relogé NPNRU, quelles que soient ses ressources",
        2025,
        "",
        "r=5000 relog=NPNRU, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "L441-1, relogé et premier quartile : compté une fois",
        2025,
        "",
        "r=500 relog=oui, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "ELAN, relogé ORCOD depuis le 25/11/2018",
        2025,
        "",
        "r=5000 relog=ORCOD, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "ELAN, relogé ORCOD le 25/11/2018 même",
        2018,
        SEUIL_2018,
        "bail=2018-11-25 relog=ORCOD, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "avant ELAN, relogé ORCOD le 24/11/2018 : ne compte pas",
        2018,
        SEUIL_2018,
        "bail=2018-11-24 relog=ORCOD, x3 r=2000",
        Q1,
        "0/4 1 non_atteint definitif",
    ),
    cas(
        "avant ELAN, relogé NPNRU : compte",
        2018,
        SEUIL_2018,
        "bail=2018-11-24 relog=NPNRU, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas("QPV inconnu : ni en QPV, ni hors QPV", 2025, "", "r=500 qpv=, x3 r=2000", Q1, "0/3 1 non_atteint definitif"),
    cas(
        "EPCI sans QPV : un QPV inconnu est hors QPV",
        2025,
        SANS_QPV,
        "r=500 qpv=, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "EPCI sans QPV : tout est hors QPV, même un « oui »",
        2025,
        SANS_QPV,
        "r=500 qpv=oui, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "EPCI sans QPV : la règle en QPV n'a pas d'objet",
        2025,
        SANS_QPV,
        "r=2000 qpv=oui",
        MIXITE,
        "0/0 - non_evaluable definitif",
    ),
    cas("bail du 31 décembre : compte", 2025, "", "r=500 bail=2025-12-31, x3 r=2000", Q1, "1/4 0 atteint definitif"),
    cas(
        "bail du 1er janvier suivant : ne compte pas",
        2025,
        "",
        "r=500 bail=2026-01-01, x3 r=2000",
        Q1,
        "0/3 1 non_atteint definitif",
    ),
    cas(
        "bail du 1er janvier de l'année : compte",
        2025,
        "",
        "r=500 bail=2025-01-01, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "PLI hors du champ, PLS dedans",
        2025,
        "",
        "r=500 fin=PLI, r=500 fin=PLS, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas("personne morale hors du champ", 2025, "", "r=500 pm=oui, x3 r=2000", Q1, "0/3 1 non_atteint definitif"),
    cas("manque : ⌈0,25 × 5⌉ = 2", 2025, "", "r=500, x4 r=2000", Q1, "1/5 1 non_atteint definitif"),
    cas("manque : 0,25 × 8 = 2 exactement", 2025, "", "x2 r=500, x6 r=2000", Q1, "2/8 0 atteint definitif"),
    cas("aucun bail hors QPV : non évaluable", 2025, "", "r=500 qpv=oui", Q1, "0/0 - non_evaluable definitif"),
    cas(
        "année sans arrêté : montant de N−1, provisoire (2026 : 10 140)",
        2027,
        "",
        "r=500, x3 r=2000",
        Q1,
        "1/4 0 atteint provisoire",
    ),
    cas(
        "arrêté connu par extrait, EPCI absent : non évaluable",
        2020,
        "",
        "r=500, x3 r=2000",
        Q1,
        "-/4 - non_evaluable definitif",
    ),
    cas("aucun montant connu : non évaluable", 2022, "", "r=500, x3 r=2000", Q1, "-/4 - non_evaluable definitif"),
    cas(
        "montant donné par le projet : définitif",
        2022,
        "[[seuil_q1]]\nepci = \"246300701\"\nmillesime = 2022\nmontant = 9000\n",
        "r=749.99, r=750, x2 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "montant de N−1 donné par le projet : provisoire",
        2022,
        "[[seuil_q1]]\nepci = \"246300701\"\nmillesime = 2021\nmontant = 9000\n",
        "r=500, x3 r=2000",
        Q1,
        "1/4 0 atteint provisoire",
    ),
    cas(
        "extraction avant le gel de fin janvier : provisoire",
        2025,
        "EXTRACTION 2026-01-15",
        "r=500, x3 r=2000",
        Q1,
        "1/4 0 atteint provisoire",
    ),
    cas(
        "hors de l'arrêté complet : hors champ (Massif du Sancy)",
        2025,
        "EPCI 246300966",
        "com=63047 r=500",
        Q1,
        "-/1 - hors_champ definitif",
    ),
    cas(
        "50 % en QPV aux quartiles 2 à 4 : un inconnu n'en est pas",
        2025,
        "",
        "qpv=oui r=1500, qpv=oui r=500, qpv=oui r=, qpv=oui r=1500",
        MIXITE,
        "2/4 0 atteint definitif",
    ),
    cas(
        "50 % en QPV manqué de deux : ⌈2,5⌉ − 1",
        2025,
        "",
        "x4 qpv=oui r=500, qpv=oui r=1500",
        MIXITE,
        "1/5 2 non_atteint definitif",
    ),
    cas(
        "deux départements, un seul EPCI (Moulins : 03 et 58), un seul montant",
        2025,
        "EPCI 200071140",
        "com=03190 r=500, com=58104 r=500, x6 com=03190 r=2000",
        Q1,
        "2/8 0 atteint definitif",
    ),
    cas(
        "Île-de-France : le montant régional, 12 000 en 2025 (Étampois)",
        2025,
        "EPCI 200017846",
        "com=91223 r=999.99, com=91223 r=1000, x2 com=91223 r=3000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "Grand Paris : la conférence est celle de l'EPT (Plaine Commune)",
        2025,
        "EPCI 200057867",
        "com=93066 r=500, x3 com=93066 r=3000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "CIA au-dessus de la loi : deux verdicts, la loi tenue",
        2025,
        objectif!("public = \"q1_ou_relogement\"", "zone = \"hors_qpv\"", "cible = 0.30"),
        "r=500, x3 r=2000",
        Q1,
        "1/4 0 atteint definitif",
    ),
    cas(
        "CIA au-dessus de la loi : la CIA manquée",
        2025,
        objectif!("public = \"q1_ou_relogement\"", "zone = \"hors_qpv\"", "cible = 0.30"),
        "r=500, x3 r=2000",
        O,
        "1/4 1 non_atteint definitif",
    ),
    cas(
        "CIA sous la loi après ELAN : la loi reste à 25 %",
        2025,
        objectif!("public = \"q1_ou_relogement\"", "zone = \"hors_qpv\"", "cible = 0.20"),
        "r=500, x4 r=2000",
        Q1,
        "1/5 1 non_atteint definitif",
    ),
    cas(
        "CIA sous la loi avant ELAN : elle remplace le taux",
        2017,
        MODULE_2017,
        "r=500, x4 r=2000",
        Q1,
        "1/5 0 atteint definitif",
    ),
    cas(
        "CIA contre la loi : un plafond, un bail de trop",
        2025,
        objectif!("public = \"q1\"", "zone = \"hors_qpv\"", "operateur = \"<=\"", "cible = 0.15"),
        "x2 r=500, x8 r=2000",
        O,
        "2/10 1 non_atteint definitif",
    ),
    cas(
        "CIA contre la loi : le plafond tenu, la loi manquée",
        2025,
        objectif!("public = \"q1\"", "zone = \"hors_qpv\"", "operateur = \"<=\"", "cible = 0.15"),
        "r=500, x9 r=2000",
        Q1,
        "1/10 2 non_atteint definitif",
    ),
    cas(
        "objectif échu au 31 décembre : ne compte plus",
        2025,
        objectif!("public = \"q1\"", "fin = 2025-12-30", "cible = 0.15"),
        "r=500",
        O,
        "absent",
    ),
    cas(
        "objectif en vigueur le 31 décembre : compte",
        2025,
        objectif!("public = \"q1\"", "fin = 2025-12-31", "cible = 0.15"),
        "r=500",
        O,
        "1/1 0 atteint definitif",
    ),
    cas(
        "objectif par bailleur (L441-1-6)",
        2025,
        objectif!("public = \"q1\"", "acteur = \"chaque_bailleur\"", "cible = 0.50"),
        "r=500, r=2000, bailleur=900001018 r=2000",
        "o bailleur 900001018",
        "0/1 1 non_atteint definitif",
    ),
    cas(
        "objectif d'un bailleur nommé, sans bail",
        2025,
        objectif!("public = \"q1\"", "acteur = \"bailleur:900001018\"", "cible = 0.50"),
        "r=500",
        "o bailleur 900001018",
        "0/0 - non_evaluable definitif",
    ),
    cas(
        "objectif par réservataire",
        2025,
        objectif!("public = \"dalo\"", "acteur = \"chaque_reservataire\"", "cible = 0.50"),
        "resa=COLTER dalo=oui, resa=COLTER",
        "o reservataire COLTER",
        "1/2 0 atteint definitif",
    ),
    cas(
        "objectif d'un secteur : Aubière seule",
        2025,
        objectif!("public = \"q1\"", "communes = [\"63014\"]", "cible = 0.50"),
        "r=500, com=63014 r=500, com=63014 r=2000",
        O,
        "1/2 0 atteint definitif",
    ),
    cas(
        "objectif en nombre de baux",
        2025,
        objectif!("public = \"q1\"", "metrique = \"nombre\"", "cible = 3"),
        "r=500, x3 r=2000",
        O,
        "1/4 2 non_atteint definitif",
    ),
    cas(
        "objectif en nombre, plafond",
        2025,
        objectif!("public = \"mutation\"", "metrique = \"nombre\"", "operateur = \"<=\"", "cible = 0"),
        "r=500",
        O,
        "0/1 0 atteint definitif",
    ),
    cas(
        "moyenne des bailleurs : (1 + 0) ÷ 2 = 50 %, et non 1 sur 4",
        2025,
        objectif!("public = \"q1\"", "acteur = \"chaque_bailleur\"", "agregation = \"moyenne\"", "cible = 0.50"),
        "r=500, x3 bailleur=900001018 r=2000",
        "o bailleur tous",
        "1/4 - atteint definitif",
    ),
    cas(
        "moyenne des bailleurs manquée",
        2025,
        objectif!("public = \"q1\"", "acteur = \"chaque_bailleur\"", "agregation = \"moyenne\"", "cible = 0.51"),
        "r=500, x3 bailleur=900001018 r=2000",
        "o bailleur tous",
        "1/4 - non_atteint definitif",
    ),
    cas(
        "prioritaires : DALO et prioritaire, compté une fois",
        2025,
        "",
        "resa=COLACT dalo=oui prio=oui, x3 resa=COLACT",
        COLACT,
        "1/4 0 atteint definitif",
    ),
    cas(
        "prioritaires : à défaut de DALO, les autres publics",
        2025,
        "",
        "resa=COLTER prio=oui, x4 resa=COLTER",
        COLTER,
        "1/5 1 non_atteint definitif",
    ),
    cas(
        "prioritaires : le bailleur sur ses logements non réservés seuls",
        2025,
        "",
        "dalo=oui resa=COLACT, prio=oui, x3 resa=AUCUN",
        BAILLEUR,
        "1/4 0 atteint definitif",
    ),
    cas(
        "prioritaires : jugés aussi hors de l'arrêté",
        2025,
        "EPCI 246300966",
        "com=63047 resa=COLACT prio=oui",
        COLACT,
        "1/1 0 atteint definitif",
    ),
    cas("prioritaires : aucun bail d'Action Logement", 2025, "", "r=500", COLACT, "0/0 - non_evaluable definitif"),
];

const SEUIL_2018: &str = "[[seuil_q1]]\nepci = \"246300701\"\nmillesime = 2018\nmontant = 8000\n";
const SANS_QPV: &str = "SANS_QPV";
const MODULE_2017: &str = concat!(
    "[[seuil_q1]]\nepci = \"246300701\"\nmillesime = 2017\nmontant = 8000\n",
    "[[objectif]]\nid = \"o\"\nepci = \"246300701\"\ndebut = 2017-06-01\npublic = \"q1_ou_relogement\"\nzone = \"hors_qpv\"\ncible = 0.20\n"
);

fn project(cas: &Cas) -> Projet {
    let mut epci = "246300701";
    let mut bilan = String::new();
    let mut extra = cas.projet;
    if let Some(rest) = extra.strip_prefix("EPCI ") {
        epci = rest;
        extra = "";
    } else if let Some(rest) = extra.strip_prefix("EXTRACTION ") {
        bilan = format!("date_extraction = {rest}\n");
        extra = "";
    } else if extra == SANS_QPV {
        bilan = String::from("epci_sans_qpv = [\"246300701\"]\n");
        extra = "";
    }
    let toml = format!(
        "[bilan]\nmillesime = {}\nepci = [\"{epci}\"]\n{bilan}[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n{extra}",
        cas.annee
    );
    Projet::new(&toml, &[("a.csv", leases(cas.annee, cas.baux).as_bytes())])
}

fn row<'a>(rows: &'a [Row], regle: &str) -> Option<&'a Row> {
    let [id, kind, actor] = regle.split(' ').collect::<Vec<_>>()[..] else { panic!("{regle}") };
    rows.iter().find(|r| r["regle"].text() == id && r["acteur_type"].text() == kind && r["acteur"].text() == actor)
}

fn shown(row: Option<&Row>) -> String {
    let Some(row) = row else { return "absent".to_owned() };
    let n = |column: &str| row[column].int().map_or_else(|| "-".to_owned(), |n| n.to_string());
    format!(
        "{}/{} {} {} {}",
        n("numerateur"),
        n("denominateur"),
        n("manque"),
        row["verdict"].text(),
        row["statut"].text()
    )
}

#[test]
fn every_legal_case_gives_the_verdict_worked_by_hand() {
    assert!(CAS.len() >= 40);
    let mut wrong = Vec::new();
    for cas in CAS {
        let projet = project(cas);
        let outcome = projet.run(1, false);
        assert!(!outcome.ingestion.any_refusal(), "{}: {:?}", cas.titre, outcome.ingestion.fichiers);
        let found = shown(row(&projet.table("verdicts"), cas.regle));
        if found != cas.attendu {
            wrong.push(format!("{} : attendu « {} », trouvé « {found} »", cas.titre, cas.attendu));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands beside the verdict: both first-quartile shares, without unknown incomes, without PLS; alerts.
#[test]
fn sensitivities_and_alerts_stand_beside_the_verdict() {
    let at = |projet: &str, annee: i32, baux: &str, regle: &str| {
        let cas = Cas {
            titre: "",
            annee,
            projet: Box::leak(projet.to_owned().into_boxed_str()),
            baux: Box::leak(baux.to_owned().into_boxed_str()),
            regle: "",
            attendu: "",
        };
        let projet = project(&cas);
        let outcome = projet.run(1, false);
        (row(&projet.table("verdicts"), regle).unwrap().clone(), outcome)
    };
    let (v, _) = at("", 2025, "r=500 fin=PLS, r=5000 relog=oui, r=, x2 r=2000", Q1);
    // Five leases: one Q1 (PLS), one rehoused, one unknown, two above.
    let shares = ["resultat", "part_q1_strict", "part_q1_ou_relogement", "part_sans_inconnus", "part_sans_pls"]
        .map(|c| v[c].real().unwrap());
    assert_eq!(shares.map(|x| format!("{x:.4}")), ["0.4000", "0.2000", "0.4000", "0.5000", "0.2500"]);
    let mean = objectif!("public = \"q1\"", "acteur = \"chaque_bailleur\"", "agregation = \"moyenne\"", "cible = 0.5");
    let (v, _) = at(mean, 2025, "r=500, x3 bailleur=900001018 r=2000", "o bailleur tous");
    assert_eq!(
        (v["resultat"].real(), v["resultat_pondere"].real(), &v["manque"]),
        (Some(0.5), Some(0.25), &Cell::Null)
    );
    let against = objectif!("public = \"q1\"", "zone = \"hors_qpv\"", "operateur = \"<=\"", "cible = 0.15");
    let (v, outcome) = at(against, 2025, "r=500", O);
    assert!(v["alerte"].text().contains("plafond contraire à la loi"), "{:?}", v["alerte"]);
    assert!(outcome.notes.iter().any(|d| d.code == "B0302"));
    let below = objectif!("public = \"q1_ou_relogement\"", "zone = \"hors_qpv\"", "cible = 0.20");
    assert!(at(below, 2025, "r=500", O).0["alerte"].text().contains("inférieur au taux légal"));
    let (v, _) = at(MODULE_2017, 2017, "r=500, x4 r=2000", Q1);
    assert_eq!(v["cible"].real(), Some(0.2));
    assert!(v["alerte"].text().contains("taux de la convention"), "{:?}", v["alerte"]);
    assert!(at("EXTRACTION 2026-01-15", 2025, "r=500", Q1).0["alerte"].text().contains("gel"));
    let (v, outcome) = at("EXTRACTION 2031-02-01", 2025, "r=500", Q1);
    assert!(v["alerte"].text().contains("à revérifier"), "{:?}", v["alerte"]);
    assert!(v["alerte"].text().contains("montant relu le"), "{:?}", v["alerte"]);
    assert!(outcome.any_refusal(), "--strict refuses a stale value");
    let stale: Vec<_> = outcome.notes.iter().filter(|d| d.code == "B0304").map(|d| d.message.clone()).collect();
    assert!(
        stale.iter().any(|m| m.contains("« seuil_q1 »") && m.contains("quartiles") && m.contains("verdicts")),
        "{stale:?}"
    );
}

/// The lettings an EPCI misses are shared out among its landlords, whole, in proportion to their distance.
#[test]
fn missing_lettings_are_shared_out_whole() {
    // 16 leases outside QPV, 1 to Q1: 3 missing. Landlord A: 0 of 8, 2 away; B: 1 of 5, 0,25 away; C: 0 of 3, 0,75 away.
    let baux = "x8 r=2000, bailleur=900001018 r=500, x4 bailleur=900001018 r=2000, x3 bailleur=900002035 r=2000";
    let cas = Cas { titre: "", annee: 2025, projet: "", baux, regle: Q1, attendu: "" };
    let projet = project(&cas);
    projet.run(1, false);
    let shares: Vec<_> = projet
        .table("manques")
        .iter()
        .filter(|r| r["regle"].text() == "q1_hors_qpv")
        .map(|r| {
            (r["bailleur"].text().to_owned(), r["manque_propre"].int().unwrap(), r["manque_reparti"].int().unwrap())
        })
        .collect();
    // 3 × 2 ÷ 3 = 2 ; 3 × 0,25 ÷ 3 = 0,25 ; 3 × 0,75 ÷ 3 = 0,75 → the last unit goes to C.
    let expected = [("900000001", 2, 2), ("900001018", 1, 0), ("900002035", 1, 1)];
    assert_eq!(shares, expected.map(|(b, a, c)| (b.to_owned(), a, c)));
}

/// A rule whose value nobody could settle says so on its verdict, and `--strict` does not let it by.
#[test]
fn an_assumed_value_makes_a_hypothesis() {
    let path = format!("{}/reference/regles.toml", env!("CARGO_MANIFEST_DIR"));
    let rules = std::fs::read_to_string(path).unwrap().replacen("statut = \"secondary\"", "statut = \"assumed\"", 1);
    let cas = Cas { titre: "", annee: 2025, projet: "", baux: "r=500, x3 r=2000", regle: Q1, attendu: "" };
    let projet = project(&cas);
    std::fs::create_dir_all(projet.path().join("reference")).unwrap();
    std::fs::write(projet.path().join("reference/regles.toml"), rules).unwrap();
    let outcome = projet.run(1, false);
    let rows = projet.table("verdicts");
    assert_eq!(shown(row(&rows, Q1)), "1/4 0 atteint hypothese");
    assert!(shown(row(&rows, MIXITE)).ends_with("definitif"));
    assert!(outcome.any_refusal() && outcome.notes.iter().any(|d| d.code == "B0303"), "{:?}", outcome.notes);
}

/// The islands of Finistère belong to no EPCI: their leases count in their commune, département and whole, and no rule of an
/// EPCI is about them.
#[test]
fn a_commune_of_no_epci_is_counted_and_never_judged() {
    let toml = "[bilan]\nmillesime = 2025\ndepartements = [\"29\"]\n[[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n";
    let csv = "numero_unique;date_bail;bailleur;commune;commune_origine\nA1;2025-03-02;900000001;29155;29083\n\
               A2;2025-03-02;900000001;29155;29155\nA3;2025-03-02;900000001;29019;29019\n";
    let projet = Projet::new(toml, &[("a.csv", csv.as_bytes())]);
    projet.run(2, true);
    let counted = |niveau: &str, code: &str| {
        let rows = projet.table("attributions");
        let whole = |r: &&Row| r["population"].text() == "ensemble" && r["typologie"].text() == "ensemble";
        let of =
            rows.iter().filter(whole).filter(|r| r["niveau"].text() == niveau && r["code"].text().starts_with(code));
        of.filter_map(|r| r["attributions"].int()).sum::<i64>()
    };
    let found =
        [("commune", "29155"), ("epci", ""), ("departement", "29"), ("territoire", "")].map(|(n, c)| counted(n, c));
    assert_eq!(found, [2, 1, 3, 3]);
    // Another island is not the same EPCI.
    let origins: Vec<(String, Option<i64>)> = projet
        .table("attributions_profil")
        .iter()
        .filter(|r| r["code"].text() == "29155" && r["dimension"].text() == "origine")
        .map(|r| (r["modalite"].text().to_owned(), r["attributions"].int()))
        .collect();
    assert_eq!(origins, [("autre".to_owned(), Some(1)), ("meme_commune".to_owned(), Some(1))]);
    let sirens = projet.table("verdicts").iter().all(|r| r["epci"].text().bytes().all(|b| b.is_ascii_digit()));
    assert!(sirens);
    let pages = std::fs::read_dir(projet.path().join("sortie/epci")).unwrap();
    assert!(pages.flatten().all(|page| page.file_name().to_string_lossy().starts_with('2')));
    let note = "Sans EPCI, comptées dans l'ensemble du territoire seulement : Île-de-Sein, Ouessant.";
    let page = projet.text("territoire.html").replace(['\u{a0}', '\u{202f}'], " ").replace("&#x27;", "'");
    let told = page.find("Sans EPCI").map(|at| page[at..].chars().take(note.chars().count()).collect::<String>());
    assert_eq!(told.as_deref(), Some(note));
}
