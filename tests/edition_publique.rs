//! The edition for everyone: nothing small in it, nor anything that gives a small count back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bilan::diffusion::secret::{Carte, Niveau, Place};
use bilan::diffusion::{Effectifs, Ventilation};
use bilan::project::Priorite;
use bilan::reference::Resources;

use crate::commun::{Cell, Projet, Row, astray, bilan, demo, files, read_table};

const SEUIL: i64 = 11;

/// A stream of numbers that a seed alone decides (xorshift).
struct Tirage(u64);

impl Tirage {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A map of a few régions, whose EPCI may lie over several départements, even of several régions.
fn places(tirage: &mut Tirage) -> Vec<Place> {
    let communes = 6 + tirage.below(14);
    let epci = 1 + tirage.below(6);
    let home: Vec<u64> = (0..epci).map(|_| tirage.below(4)).collect();
    (0..communes)
        .map(|commune| {
            let own = tirage.below(epci);
            let away = tirage.below(6) == 0;
            let departement = if away { tirage.below(4) } else { home[usize::try_from(own).unwrap()] };
            Place {
                commune: format!("c{commune:02}"),
                epci: if tirage.below(25) == 0 { String::new() } else { format!("e{own}") },
                departement: format!("d{departement}"),
                region: format!("r{}", departement / 2),
            }
        })
        .collect()
}

/// Whether a place lies in a territory.
fn lies_in(place: &Place, (niveau, code): &(Niveau, String)) -> bool {
    match niveau {
        Niveau::Territoire => true,
        Niveau::Region => place.region == *code,
        Niveau::Departement => place.departement == *code,
        Niveau::Epci => place.epci == *code,
        Niveau::Bloc => format!("{}-{}", place.epci, place.departement) == *code,
        Niveau::Commune => place.commune == *code,
    }
}

/// A prime that the arithmetic of the test goes by.
const PRIME: u64 = (1 << 31) - 1;

fn inverse(a: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (a % PRIME, PRIME - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

/// What sums and differences of the rows added give: rows with their first number at 1, each where no other begins.
#[derive(Default)]
struct Espace(BTreeMap<usize, Vec<u64>>);

impl Espace {
    fn reduced(&self, mut row: Vec<u64>) -> Vec<u64> {
        for (pivot, own) in &self.0 {
            let factor = row[*pivot];
            if factor != 0 {
                for (a, b) in row.iter_mut().zip(own) {
                    *a = (*a + (PRIME - factor) * b) % PRIME;
                }
            }
        }
        row
    }

    fn add(&mut self, row: Vec<u64>) {
        let row = self.reduced(row);
        if let Some(pivot) = row.iter().position(|n| *n != 0) {
            let scale = inverse(row[pivot]);
            self.0.insert(pivot, row.iter().map(|n| n * scale % PRIME).collect());
        }
    }

    fn gives(&self, row: Vec<u64>) -> bool {
        self.reduced(row).iter().all(|n| *n == 0)
    }
}

/// What is told before a breakdown, as groups of its cells: the whole, and the first detail of a parent that shares it out.
fn parents(ventilation: &Ventilation) -> Vec<Vec<Vec<String>>> {
    let groups = |groups: &[&[&str]]| -> Vec<Vec<String>> {
        groups.iter().map(|cells| cells.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    };
    match (ventilation.nom.as_str(), ventilation.parent.as_deref()) {
        ("demandes_mouvements", _) => vec![
            groups(&[&["deposees_restees", "anciennes_restees"]]),
            groups(&[&["deposees_restees"], &["anciennes_restees"]]),
        ],
        ("parc_mobilite", _) => vec![
            groups(&[&["mobiles", "stables", "hors_mobilite", "ni_loues_ni_vacants"]]),
            groups(&[&["mobiles", "stables", "hors_mobilite"], &["ni_loues_ni_vacants"]]),
        ],
        (_, Some("demandes" | "baux" | "parc")) => vec![groups(&[&ventilation.cells()])],
        (nom, parent) => panic!("{nom} : la part de {parent:?} n'est pas dite ici"),
    }
}

/// The unknowns of whoever reads an edition: the count of each cell in each commune.
struct Inconnues<'a> {
    places: &'a [Place],
    cells: Vec<String>,
    /// What they are, commune by commune.
    counts: Vec<Vec<i64>>,
}

impl<'a> Inconnues<'a> {
    fn draw(tirage: &mut Tirage, places: &'a [Place], ventilation: &Ventilation) -> Self {
        let cells: Vec<String> = ventilation.cells().into_iter().map(str::to_owned).collect();
        let scale = [4, 12, 40, 90][usize::try_from(tirage.below(4)).unwrap()];
        let mut count = || if tirage.below(3) == 0 { 0 } else { i64::try_from(tirage.below(scale)).unwrap() };
        let counts = places.iter().map(|_| cells.iter().map(|_| count()).collect()).collect();
        Self { places, cells, counts }
    }

    /// Counts of every cell in a territory.
    fn of(&self, lieu: &(Niveau, String)) -> Vec<i64> {
        let inside = self.places.iter().zip(&self.counts).filter(|(place, _)| lies_in(place, lieu));
        inside.fold(vec![0; self.cells.len()], |total, (_, own)| total.iter().zip(own).map(|(a, b)| a + b).collect())
    }

    /// Which unknowns some communes and some cells add up, and what they make.
    fn sum(&self, inside: &dyn Fn(&Place) -> bool, cells: &[String]) -> (Vec<u64>, i64) {
        let unknowns = self.places.iter().flat_map(|place| self.cells.iter().map(move |cell| (place, cell)));
        let row: Vec<u64> = unknowns.map(|(place, cell)| u64::from(inside(place) && cells.contains(cell))).collect();
        let n = row.iter().zip(self.counts.iter().flatten()).filter(|(own, _)| **own == 1).map(|(_, n)| n).sum();
        (row, n)
    }

    /// What can be computed from the edition of a breakdown, and from that of the whole that it shares out; how many territories
    /// it is kept from, and how many it is told of finely.
    fn told(&self, carte: &Carte, ventilation: &Ventilation) -> (Espace, [u64; 2]) {
        let cells: Vec<Vec<i64>> = carte.lieux.iter().map(|lieu| self.of(lieu)).collect();
        // What is told before it: the whole, then the first detail of its parent, where that is another.
        let parents = parents(ventilation);
        let mut eligible = vec![true; carte.lieux.len()];
        let mut before = Vec::new();
        for groups in &parents {
            let count = |lieu| groups.iter().map(|group| self.sum(&|place| lies_in(place, lieu), group).1).collect();
            let counts: Vec<Vec<i64>> = carte.lieux.iter().map(count).collect();
            eligible = carte.told(&counts, &eligible, SEUIL);
            before.push((groups, eligible.clone()));
        }
        let (finest, first) = ventilation.told(carte, &cells, eligible.clone(), SEUIL);
        assert!(first.iter().zip(&eligible).all(|(fine, coarse)| *coarse || !fine), "told without its whole");
        let (mut space, mut seen) = (Espace::default(), [0; 2]);
        for (rang, (lieu, effectifs)) in
            carte.lieux.iter().zip(&finest).enumerate().filter(|(_, (lieu, _))| lieu.0 != Niveau::Bloc)
        {
            for group in before.iter().filter(|(_, told)| told[rang]).flat_map(|(groups, _)| *groups) {
                space.add(self.sum(&|place| lies_in(place, lieu), group).0);
            }
            let Effectifs::Dits { detail, comptes } = effectifs else {
                seen[0] += 1;
                continue;
            };
            seen[1] += u64::from(*detail > 0);
            for (groupe, n) in ventilation.detail[*detail].groupes.iter().zip(comptes) {
                let (row, sum) = self.sum(&|place| lies_in(place, lieu), &groupe.cellules);
                assert_eq!(sum, *n);
                assert!(*n == 0 || *n >= SEUIL, "{} {lieu:?} {n}", ventilation.nom);
                space.add(row);
            }
        }
        (space, seen)
    }

    /// A small count that can be computed, if there is one: of a territory, of what one has outside another, or of two
    /// communes; of a group, a cell or all of them.
    fn found(&self, carte: &Carte, ventilation: &Ventilation, space: &Espace) -> Option<String> {
        let groups: BTreeSet<Vec<String>> = ventilation
            .detail
            .iter()
            .flat_map(|detail| detail.groupes.iter().map(|groupe| groupe.cellules.clone()))
            .chain(self.cells.iter().map(|cell| vec![cell.clone()]))
            .chain([self.cells.clone()])
            .collect();
        let given = |what: &str, inside: &dyn Fn(&Place) -> bool| {
            groups.iter().find_map(|group| {
                let (row, n) = self.sum(inside, group);
                let small = (1..SEUIL).contains(&n) && space.gives(row);
                small.then(|| format!("{} : {n} de {group:?}, {what}", ventilation.nom))
            })
        };
        carte.lieux.iter().find_map(|a| {
            let alone = given(&format!("{a:?}"), &|place| lies_in(place, a));
            let two = |b| {
                given(&format!("{a:?} sans {b:?}"), &|place| lies_in(place, a) && !lies_in(place, b)).or_else(|| {
                    let communes = a.0 == Niveau::Commune && b.0 == Niveau::Commune;
                    let both = |place: &Place| lies_in(place, a) || lies_in(place, b);
                    communes.then(|| given(&format!("{a:?} et {b:?}"), &both)).flatten()
                })
            };
            alone.or_else(|| carte.lieux.iter().find_map(two))
        })
    }
}

/// Every breakdown of the program, on random maps and counts: no sum or difference of what is told, of one territory or several,
/// of one detail or several, of a breakdown and of the whole that it shares out, gives a count under the threshold.
#[test]
fn no_small_count_can_be_computed_from_what_is_told() {
    let ventilations = Ventilation::load(&Resources::embedded()).unwrap();
    let runs: u64 = std::env::var("BILAN_CASES").ok().map_or(12, |n| n.parse().unwrap());
    let mut seen = [0; 2];
    for seed in 1..=runs {
        for (rang, ventilation) in (0_u64..).zip(&ventilations).filter(|(_, v)| v.parent.is_some()) {
            let mut tirage = Tirage(seed * 7_919 + rang * 104_729);
            let places = places(&mut tirage);
            let priorite = if seed.is_multiple_of(2) { Priorite::Epci } else { Priorite::Departement };
            let carte = Carte::new(&places, priorite);
            let inconnues = Inconnues::draw(&mut tirage, &places, ventilation);
            let (space, own) = inconnues.told(&carte, ventilation);
            seen.iter_mut().zip(own).for_each(|(all, n)| *all += n);
            assert_eq!(inconnues.found(&carte, ventilation, &space), None, "tirage {seed}");
        }
    }
    // Had nothing been kept back, or nothing told, the rest would prove nothing.
    assert!(seen.iter().all(|n| *n > 100), "{seen:?}");
}

fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row[column].text()
}

/// What is told is what the conference reads, territory by territory; what is not is small, or keeps something small.
#[test]
fn counts_told_are_those_of_the_results() {
    let (_dir, project) = demo();
    assert_eq!(bilan(&["publish", &project]).0, 0);
    let sortie = Path::new(&project).join("sortie");
    let table = |name: &str| read_table(&sortie.join("indicateurs").join(format!("{name}.parquet")));
    let told = read_table(&sortie.join("publique/effectifs.parquet"));
    let mut profiles: BTreeMap<(String, String, String, String), i64> = BTreeMap::new();
    for (name, prefix, count) in
        [("demande_profil", "demandes_", "demandes"), ("attributions_profil", "baux_", "attributions")]
    {
        for row in table(name) {
            let key = |c: &str| text(&row, c).to_owned();
            let ventilation = format!("{prefix}{}", key("dimension"));
            profiles.insert((key("niveau"), key("code"), ventilation, key("modalite")), row[count].int().unwrap());
        }
    }
    let ventilations = Ventilation::load(&Resources::embedded()).unwrap();
    let (mut compared, mut secret) = (0, 0);
    for row in &told {
        let Some(n) = row["effectif"].int() else {
            assert_eq!(text(row, "secret"), "s");
            secret += 1;
            continue;
        };
        assert!(n == 0 || n >= SEUIL, "{row:?}");
        let ventilation = ventilations.iter().find(|v| v.nom == text(row, "ventilation")).unwrap();
        let place = (text(row, "niveau").to_owned(), text(row, "code").to_owned());
        let known = profiles.keys().any(|k| k.0 == place.0 && k.1 == place.1 && k.2 == ventilation.nom);
        if !known {
            continue;
        }
        // A name may be that of groups of several details: one of them must have this count.
        let groups = ventilation.detail.iter().flat_map(|d| &d.groupes).filter(|g| g.nom == text(row, "modalite"));
        let sums: Vec<i64> = groups
            .map(|g| {
                let of = |cell: &String| {
                    profiles.get(&(place.0.clone(), place.1.clone(), ventilation.nom.clone(), cell.clone())).copied()
                };
                g.cellules.iter().filter_map(of).sum()
            })
            .collect();
        assert!(sums.contains(&n), "{row:?} {sums:?}");
        compared += 1;
    }
    let stock = table("demande").into_iter().filter(|r| text(r, "population") == "ensemble");
    let stock: Vec<Row> = stock.filter(|r| text(r, "typologie") == "ensemble").collect();
    for (group, column) in [("Actives au 1er janvier", "actives_1er_janvier"), ("Déposées dans l'année", "deposees")]
    {
        let rows = told.iter().filter(|row| text(row, "modalite") == group && row["effectif"] != Cell::Null);
        for row in rows {
            let same = |r: &&Row| text(r, "niveau") == text(row, "niveau") && text(r, "code") == text(row, "code");
            assert_eq!(row["effectif"], stock.iter().find(same).unwrap()[column], "{row:?}");
            compared += 1;
        }
    }
    assert!(compared > 500 && secret > 500, "{compared} effectifs comparés, {secret} secrets");
    // Headline figures, against the tables that they come from.
    let whole = |name: &str, dimensions: &[&str], column: &str| -> BTreeMap<(String, String), Cell> {
        table(name)
            .into_iter()
            .filter(|row| dimensions.iter().all(|d| text(row, d) == "ensemble"))
            .map(|row| ((text(&row, "niveau").to_owned(), text(&row, "code").to_owned()), row[column].clone()))
            .collect()
    };
    let verdicts = table("verdicts");
    let same = |a: &Cell, b: &Cell| match (a, b) {
        (Cell::Real(a), Cell::Real(b)) => (a - b).abs() < 1e-12,
        (a, b) => a == b,
    };
    let figures = [
        ("demandes", "demande", "actives", &["population", "typologie"][..]),
        ("anciennete_moyenne", "demande", "anciennete_moyenne", &["population", "typologie"]),
        ("anciennete_mediane", "demande", "anciennete_mediane", &["population", "typologie"]),
        ("baux", "attributions", "attributions", &["population", "typologie"]),
        ("taux_satisfaction", "attributions", "taux_satisfaction", &["population", "typologie"]),
        ("tension", "tension", "tension", &["population", "typologie", "categorie"]),
        ("delai_moyen", "delais", "delai_moyen", &["population", "typologie"]),
        ("delai_median", "delais", "delai_median", &["population", "typologie"]),
        ("prioritaires", "priorites", "prioritaires", &["reservataire"]),
        ("logements", "parc", "logements", &["typologie", "categorie"]),
        ("taux_vacance", "parc", "taux_vacance", &["typologie", "categorie"]),
        ("taux_mobilite", "parc", "taux_mobilite", &["typologie", "categorie"]),
    ];
    let rows = read_table(&sortie.join("publique/synthese.parquet"));
    let mut checked: BTreeMap<&str, usize> = BTreeMap::new();
    for (figure, name, column, dimensions) in figures {
        let published = whole(name, dimensions, column);
        for row in rows.iter().filter(|row| row[figure] != Cell::Null) {
            let key = (text(row, "niveau").to_owned(), text(row, "code").to_owned());
            // A count over nothing is 0 where its table has no row.
            let other = published.get(&key).cloned().unwrap_or(Cell::Int(0));
            assert!(same(&row[figure], &other), "{figure} {key:?} {:?} {other:?}", row[figure]);
            *checked.entry(figure).or_default() += 1;
        }
    }
    for (regle, numerator, denominator) in
        [("q1_hors_qpv", "q1_hors_qpv", "baux_hors_qpv"), ("q2_q4_qpv", "q2_q4_qpv", "baux_qpv")]
    {
        for row in rows.iter().filter(|row| text(row, "niveau") == "epci" && row[numerator] != Cell::Null) {
            let legal = |v: &&Row| {
                text(v, "epci") == text(row, "code") && text(v, "regle") == regle && text(v, "base") == "loi"
            };
            let verdict = verdicts.iter().find(legal).unwrap();
            assert_eq!((&row[numerator], &row[denominator]), (&verdict["numerateur"], &verdict["denominateur"]));
            *checked.entry(numerator).or_default() += 1;
        }
    }
    assert_eq!(checked.len(), figures.len() + 2, "{checked:?}");
    // Where the counts of a rule are secret, so is what would give them back: the number of lettings missing.
    let secret = rows.iter().filter(|row| text(row, "niveau") == "epci" && row["q1_hors_qpv"] == Cell::Null);
    let mut unsaid = 0;
    for row in secret {
        let page = fs::read_to_string(sortie.join(format!("publique/epci/{}.html", text(row, "code")))).unwrap();
        let (_, rule) = page.split_once("<th scope=\"row\">Premier quartile ou relogés, hors QPV</th>").unwrap();
        let rule = rule.split("</tr>").next().unwrap();
        assert_eq!(rule.matches(">s</td>").count(), 3, "{rule}");
        assert!(rule.contains("atteint") && !rule.contains("manque"), "{rule}");
        unsaid += 1;
    }
    assert!(unsaid > 1, "{unsaid} EPCI");
}

/// The same bytes whatever the threads; nothing of a landlord, a holder or a record; a page leads only to the edition's own.
#[test]
fn the_edition_holds_its_own_alone() {
    let (_dir, project) = demo();
    let publique = Path::new(&project).join("sortie/publique");
    assert_eq!(bilan(&["publish", &project, "--threads", "1"]).0, 0);
    let one = files(&publique);
    fs::remove_dir_all(&publique).unwrap();
    assert_eq!(bilan(&["publish", &project, "--threads", "3"]).0, 0);
    assert_eq!(files(&publique), one, "the number of threads shows");
    let landlords = fs::read_to_string(Path::new(&project).join("donnees/bailleurs.csv")).unwrap();
    let landlords: Vec<&str> = landlords.lines().skip(1).flat_map(|line| line.split(';').take(2)).collect();
    assert!(landlords.len() > 30);
    for (name, bytes) in one.iter().filter(|(name, _)| !name.starts_with("pdf")) {
        let content = String::from_utf8_lossy(bytes);
        for landlord in &landlords {
            assert!(!content.contains(*landlord), "{} : {landlord}", name.display());
        }
    }
    assert_eq!(astray(&publique), Vec::<String>::new());
    for page in ["index.html", "epci/246300701.html"] {
        let html = String::from_utf8_lossy(&one[Path::new(page)]).into_owned();
        assert!(html.contains("Édition publique") && !html.contains("Édition restreinte"), "{page}");
    }
    let avis: serde_json::Value = serde_json::from_slice(&one[Path::new("manifeste.json")]).unwrap();
    let said: BTreeSet<&Path> = avis["fichiers"].as_object().unwrap().keys().map(Path::new).collect();
    let there: BTreeSet<&Path> = one.keys().map(AsRef::as_ref).filter(|name| *name != "manifeste.json").collect();
    assert_eq!(said, there);
}

/// A project's own threshold; an edition of other results is said; what an edition no longer has goes.
#[test]
fn an_edition_follows_its_results() {
    let (_dir, project) = demo();
    assert_eq!(bilan(&["publish", &project]).0, 0);
    let toml = Path::new(&project).join("bilan.toml");
    let publique = Path::new(&project).join("sortie/publique");
    let largest = || {
        let rows = read_table(&publique.join("effectifs.parquet"));
        let told: Vec<i64> = rows.iter().filter_map(|row| row["effectif"].int()).filter(|n| *n > 0).collect();
        (told.len(), *told.iter().min().unwrap())
    };
    let (before, least) = largest();
    assert!(least >= SEUIL);
    let (_, said) = bilan(&["run", &project, "--no-report"]);
    assert!(!said.contains("B0316"), "{said}");
    let written = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, written.replacen("[bilan]\n", "[bilan]\nseuil_diffusion = 40\n", 1)).unwrap();
    let (code, said) = bilan(&["run", &project, "--no-report"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("B0316"), "{said}");
    fs::write(publique.join("epci/000000000.html"), "d'un autre périmètre").unwrap();
    let path = publique.join("manifeste.json");
    let listed = fs::read_to_string(&path).unwrap();
    fs::write(&path, listed.replace("\"epci/200070407.html\"", "\"epci/000000000.html\"")).unwrap();
    assert_eq!(bilan(&["publish", &project]).0, 0);
    assert!(!publique.join("epci/000000000.html").exists());
    let (after, least) = largest();
    assert!(least >= 40 && after < before, "{after} effectifs, {before} avant ; le plus petit {least}");
    let (_, said) = bilan(&["run", &project, "--no-report"]);
    assert!(!said.contains("B0316"), "{said}");
    // A definition of the project's own changes the results as much.
    let own = Path::new(&project).join("pipelines/tension");
    fs::create_dir_all(&own).unwrap();
    let statement = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/tension/tension.sql");
    let statement = fs::read_to_string(statement).unwrap();
    fs::write(own.join("tension.sql"), format!("-- La mienne.\n{statement}")).unwrap();
    assert!(bilan(&["run", &project, "--no-report"]).1.contains("B0316"));
    fs::write(&toml, written.replacen("[bilan]\n", "[bilan]\nseuil_diffusion = 1\n", 1)).unwrap();
    let (code, said) = bilan(&["publish", &project]);
    assert!(code == 2 && said.contains("seuil_diffusion"), "{said}");
}

/// A document is set again when what it is made from has changed, or when it is not what the notice says: else it is left alone.
#[test]
fn an_edition_told_again_sets_what_changed_alone() {
    let (_dir, project) = demo();
    assert_eq!(bilan(&["publish", &project]).0, 0);
    let publique = Path::new(&project).join("sortie/publique");
    let first = files(&publique);
    let [kept, altered, lost] =
        ["200070407", "200070712", "200070753"].map(|epci| publique.join(format!("pdf/{epci}.pdf")));
    // One is another document that the notice has as its own; one is not what the notice says; one is gone.
    let notice = publique.join("manifeste.json");
    let told = fs::read_to_string(&notice).unwrap();
    let digest = |bytes: &[u8]| bilan::store::sha256(bytes);
    fs::write(&notice, told.replace(&digest(&fs::read(&kept).unwrap()), &digest("gardé".as_bytes()))).unwrap();
    fs::write(&kept, "gardé").unwrap();
    fs::write(&altered, "autre").unwrap();
    fs::remove_file(&lost).unwrap();
    assert_eq!(bilan(&["publish", &project]).0, 0);
    assert_eq!(fs::read(&kept).unwrap(), "gardé".as_bytes());
    let at = |path: &Path| first[path.strip_prefix(&publique).unwrap()].clone();
    for path in [&altered, &lost] {
        assert!(fs::read(path).unwrap() == at(path), "{}", path.display());
    }
    let templates = Path::new(&project).join("reports/pdf");
    fs::create_dir_all(&templates).unwrap();
    let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/reports/pdf/revue.typ")).unwrap();
    fs::write(templates.join("revue.typ"), format!("// Le mien.\n{template}")).unwrap();
    assert_eq!(bilan(&["publish", &project]).0, 0);
    assert!(files(&publique) == first, "a comment in a template shows");
}

/// What an edition that was cut short wrote goes with the next; until then a run says that it is not whole.
#[test]
fn an_edition_cut_short_leaves_nothing_to_the_next() {
    let (_dir, project) = demo();
    let publique = Path::new(&project).join("sortie/publique");
    // A table cannot be written: pages are there, and no notice.
    let obstacle = publique.join("effectifs.csv/occupé");
    fs::create_dir_all(&obstacle).unwrap();
    let (code, said) = bilan(&["publish", &project]);
    assert!(code != 0 && said.contains("effectifs.csv"), "{code} {said}");
    assert!(publique.join("epci/246300701.html").is_file() && !publique.join("manifeste.json").exists());
    assert!(bilan(&["run", &project, "--no-report"]).1.contains("B0316"));
    fs::remove_dir_all(publique.join("effectifs.csv")).unwrap();
    let toml = Path::new(&project).join("bilan.toml");
    let written = fs::read_to_string(&toml).unwrap();
    let smaller = written.replace("\"246300701\"", "\"200070407\"");
    assert_ne!(smaller, written);
    fs::write(&toml, smaller).unwrap();
    let (code, said) = bilan(&["run", &project, "--no-report"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(bilan(&["publish", &project]).0, 0);
    let said: serde_json::Value = serde_json::from_slice(&fs::read(publique.join("manifeste.json")).unwrap()).unwrap();
    let said: BTreeSet<&Path> = said["fichiers"].as_object().unwrap().keys().map(Path::new).collect();
    let there = files(&publique);
    let there: BTreeSet<&Path> = there.keys().map(AsRef::as_ref).filter(|name| *name != "manifeste.json").collect();
    assert_eq!(said, there);
    assert!(!said.contains(Path::new("epci/246300701.html")));
    assert!(!bilan(&["run", &project, "--no-report"]).1.contains("B0316"));
}

/// Without results, or without a source, the edition says so and tells nothing else.
#[test]
fn what_is_not_given_is_not_secret() {
    let projet = Projet::new(
        "[bilan]\nmillesime = 2025\nepci = [\"200071363\"]\n[[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n",
        &[("d.csv", b"numero_unique;date_depot;communes\n063000000000000001;2024-05-01;03310\n")],
    );
    let path = projet.path().to_string_lossy().into_owned();
    let (code, said) = bilan(&["publish", &path]);
    assert!(code == 2 && said.contains("B0401"), "{said}");
    projet.run(2, false);
    assert_eq!(bilan(&["publish", &path]).0, 0);
    let rows = read_table(&projet.path().join("sortie/publique/synthese.parquet"));
    let epci = rows.iter().find(|row| text(row, "niveau") == "epci").unwrap();
    for missing in ["baux", "logements", "tension"] {
        assert!(epci[missing] == Cell::Null && !text(epci, "secrets").split('|').any(|s| s == missing), "{epci:?}");
    }
    assert!(epci["demandes"] == Cell::Null && text(epci, "secrets").split('|').any(|s| s == "demandes"), "{epci:?}");
    let page = fs::read_to_string(projet.path().join("sortie/publique/epci/200071363.html")).unwrap();
    assert!(page.contains("fichier des attributions non fourni"), "{page}");
}

/// What no file tells of households is not told as unknown of all of them; what some tell is, the rest being unknown.
#[test]
fn what_no_file_tells_is_no_breakdown() {
    let demand = |n: u32, size: &str| format!("0310000000000010{n:02};2024-05-01;03310;{size}");
    let told = |size: &dyn Fn(u32) -> &'static str| {
        let rows: Vec<String> = (0..40).map(|n| demand(n, size(n))).collect();
        let demandes = format!("numero_unique;date_depot;communes;nb_personnes\n{}\n", rows.join("\n"));
        let projet = Projet::new(
            "[bilan]\nmillesime = 2025\nepci = [\"200071363\"]\n[[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n",
            &[("d.csv", demandes.as_bytes())],
        );
        projet.run(2, false);
        assert_eq!(bilan(&["publish", &projet.path().to_string_lossy()]).0, 0);
        let rows = read_table(&projet.path().join("sortie/publique/effectifs.parquet"));
        let page = fs::read_to_string(projet.path().join("sortie/publique/epci/200071363.html")).unwrap();
        let page = page.replace(['\u{a0}', '\u{202f}'], " ");
        (rows.iter().map(|row| text(row, "ventilation").to_owned()).collect::<BTreeSet<_>>(), page)
    };
    let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let always = ["demandes", "demandes_anciennete", "demandes_mouvements"];
    let (tables, page) = told(&|_| "");
    assert_eq!(tables, known(&always));
    let unknown = "Non renseigné dans les fichiers : Typologie demandée ; Mutations ; Taille du ménage ; Âge du demandeur ; \
                   Quartile de ressources ; Résidence du demandeur.";
    assert!(page.contains(unknown), "{page}");
    // Twenty of forty have a size.
    let (tables, page) = told(&|n| if n < 20 { "2" } else { "" });
    assert_eq!(tables, known(&[&always[..], &["demandes_taille_menage"]].concat()));
    assert!(page.contains(&unknown.replace("Taille du ménage ; ", "")), "{page}");
}

/// A mean over few leases whose deposit is known is no more told than a count of few; dates that contradict each other do not
/// make a stock that never was.
#[test]
fn a_time_over_few_leases_is_secret() {
    // One demand in four was struck off before it was deposited.
    let struck = |n: u32| if n.is_multiple_of(4) { "2024-02-01" } else { "" };
    let demand = |n: u32| format!("0310000000000010{n:02};2024-05-01;{};03310", struck(n));
    // Three leases alone name a demand of the register.
    let number =
        |n: u32| if n < 3 { format!("0310000000000010{:02}", n + 1) } else { format!("0310000000000020{n:02}") };
    let lease = |n: u32| format!("{};2025-06-0{};900000001;03310", number(n), 1 + n % 9);
    let file = |head: &str, rows: Vec<String>| format!("{head}\n{}\n", rows.join("\n"));
    let demands = file("numero_unique;date_depot;date_radiation;communes", (0..40).map(demand).collect());
    let leases = file("numero_unique;date_bail;bailleur;commune", (0..20).map(lease).collect());
    let projet = Projet::new(
        "[bilan]\nmillesime = 2025\nepci = [\"200071363\"]\n[[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n\
         [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n",
        &[("d.csv", demands.as_bytes()), ("a.csv", leases.as_bytes())],
    );
    projet.run(2, false);
    let counted = projet.table("delais");
    let own = counted.iter().find(|r| text(r, "niveau") == "epci" && text(r, "typologie") == "ensemble").unwrap();
    assert_eq!(own["attributions"], Cell::Int(3));
    let (code, said) = bilan(&["publish", &projet.path().to_string_lossy()]);
    assert_eq!(code, 0, "{said}");
    let rows = read_table(&projet.path().join("sortie/publique/synthese.parquet"));
    let epci = rows.iter().find(|row| text(row, "niveau") == "epci").unwrap();
    assert_eq!((&epci["baux"], &epci["demandes"]), (&Cell::Int(20), &Cell::Int(30)));
    for time in ["delai_moyen", "delai_median"] {
        assert!(epci[time] == Cell::Null && text(epci, "secrets").split('|').any(|s| s == time), "{epci:?}");
    }
    // No demand is known to have left in the year: what share was satisfied is not known, rather than secret.
    assert_eq!(epci["taux_satisfaction"], Cell::Null);
    assert!(!text(epci, "secrets").split('|').any(|s| s == "taux_satisfaction"), "{epci:?}");
    let effectifs = read_table(&projet.path().join("sortie/publique/effectifs.parquet"));
    let stock =
        effectifs.iter().find(|r| text(r, "niveau") == "epci" && text(r, "modalite") == "Actives au 1er janvier");
    assert_eq!(stock.unwrap()["effectif"], Cell::Int(30));
}

/// Nobody is housed where no lease is signed: nought is a share, even where no demand has left.
#[test]
fn a_territory_without_a_lease_satisfies_no_demand() {
    let rows = |n: u32, row: &dyn Fn(u32) -> String| (0..n).map(row).collect::<Vec<_>>().join("\n");
    let demands = rows(20, &|n| format!("0310000000000010{n:02};2024-05-01;03310"));
    let leases = rows(20, &|n| format!("0630000000000020{n:02};2025-06-01;900000001;63113"));
    let (demands, leases) = (
        format!("numero_unique;date_depot;communes\n{demands}\n"),
        format!("numero_unique;date_bail;bailleur;commune\n{leases}\n"),
    );
    let projet = Projet::new(
        "[bilan]\nmillesime = 2025\nepci = [\"200071363\", \"246300701\"]\n\
         [[source]]\nschema = \"demandes\"\nfichiers = [\"d.csv\"]\n\
         [[source]]\nschema = \"attributions\"\nfichiers = [\"a.csv\"]\n",
        &[("d.csv", demands.as_bytes()), ("a.csv", leases.as_bytes())],
    );
    projet.run(2, false);
    let (code, said) = bilan(&["publish", &projet.path().to_string_lossy()]);
    assert_eq!(code, 0, "{said}");
    let rows = read_table(&projet.path().join("sortie/publique/synthese.parquet"));
    let vichy = rows.iter().find(|row| text(row, "code") == "200071363").unwrap();
    assert_eq!((&vichy["baux"], &vichy["taux_satisfaction"]), (&Cell::Int(0), &Cell::Real(0.0)));
}
