//! The example of the interface worked by hand, and messages that are none.

use super::*;
use crate::reference::Resources;
use crate::schema::Schema;

/// Every record of a file, each as its columns that hold something.
fn records(xml: &str) -> Result<Vec<Vec<(String, String)>>, Echec> {
    records_under(xml, None)
}

fn records_under(xml: &str, regle: Option<RegleMenage>) -> Result<Vec<Vec<(String, String)>>, Echec> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.xml");
    std::fs::write(&path, xml).unwrap();
    let empreinte = octets::inspect(&path, 1).unwrap().unwrap();
    let schema = Schema::load(&Resources::embedded(), "demandes", 2025).unwrap();
    let colonnes = std::collections::BTreeMap::new();
    let date = NaiveDate::from_ymd_opt(2026, 1, 31).unwrap();
    let menage = regle.unwrap_or(RegleMenage::load(&Resources::embedded(), 2025).unwrap());
    let besoin = Besoin { schema: &schema, colonnes: &colonnes, feuille: None, date, menage };
    let mut ouvert = open(&path, &empreinte, besoin, &ProgressBar::hidden())?;
    let mut found = Vec::new();
    while ouvert.lecteur.next_record()?.is_some() {
        let fields = ouvert.noms.iter().enumerate().map(|(i, nom)| (nom.clone(), ouvert.lecteur.field(i).to_owned()));
        found.push(fields.filter(|(_, value)| !value.is_empty()).collect());
    }
    Ok(found)
}

fn value<'a>(record: &'a [(String, String)], nom: &str) -> &'a str {
    record.iter().find(|(n, _)| n == nom).map_or("", |(_, v)| v)
}

fn refusal(xml: &str) -> (String, Option<u64>) {
    match records(xml) {
        Err(Echec::Refus(refusals)) => (refusals[0].code.clone(), refusals[0].lieu.ligne),
        other => panic!("{other:?}"),
    }
}

fn message(inside: &str) -> String {
    format!(
        "<i:interfaceNuu versionInterface=\"02.01\" xmlns:i=\"http://nuu.application.i2/\"><i:entete>\
         <i:dateFichier>2025-06-30T10:00:00</i:dateFichier></i:entete>\n<i:demande>{inside}</i:demande></i:interfaceNuu>"
    )
}

/// The official example, added up by hand: two titulaires, a child of 8, one unborn, one in alternating custody, one
/// under a right of visit; 14 resources of 4 010 € and 14 of 3 165 €.
#[test]
fn the_example_of_the_interface_adds_up_as_by_hand() {
    let found = records(include_str!("../../../tests/modeles/sne_interface_exemple.xml")).unwrap();
    assert_eq!(found.len(), 1);
    let expected = [
        ("numero_unique", "1110318016982G1104"),
        ("date_depot", "2018-03-15"),
        ("nb_personnes", "5"),
        ("nb_moins_14", "3"),
        ("nb_uc", "2.2500"),
        ("ressources_mensuelles", "7175.0000"),
        ("rfr_n1", "21000.0000"),
        ("logement_actuel", "LP"),
        ("annee_naissance", "1970-01-01"),
        ("situation_familiale", "M"),
        ("commune_residence", "75113"),
        ("date_extraction", "2018-03-15T16:54:06.339+01:00"),
    ];
    for (nom, wanted) in expected {
        assert_eq!(value(&found[0], nom), wanted, "{nom}");
    }
    assert_eq!(found[0].len(), expected.len());
}

#[test]
fn the_household_adds_up_as_the_parameters_say() {
    let example = include_str!("../../../tests/modeles/sne_interface_exemple.xml");
    let regle = RegleMenage { garde_alternee: 10_000, enfants_a_naitre: false, ressources_versees: true };
    let found = records_under(example, Some(regle)).unwrap();
    // Without the unborn, 4 persons of which 2 under 14, at full weight 1 + 0.5 + 0.3 + 0.3; 120 and 30 € are paid.
    let expected =
        [("nb_personnes", "4"), ("nb_moins_14", "2"), ("nb_uc", "2.1000"), ("ressources_mensuelles", "7025.0000")];
    for (nom, wanted) in expected {
        assert_eq!(value(&found[0], nom), wanted, "{nom}");
    }
}

#[test]
fn lists_keep_their_order_and_records_do_not_mix() {
    let one = |numero: &str, communes: &str| {
        format!(
            "<i:demandeLogement><i:numUnique>{numero}</i:numUnique><i:logementRecherche><i:listeTypeLogement>\
             <i:typeLogement code=\"T3\"/><i:typeLogement code=\"T2\"/></i:listeTypeLogement>\
             <i:listeLocalisationSouhaite>{communes}</i:listeLocalisationSouhaite></i:logementRecherche></i:demandeLogement>"
        )
    };
    let place = |code: &str| format!("<i:localisationSouhaite><i:commune code=\"{code}\"/></i:localisationSouhaite>");
    let inside = one("A", &(place("63113") + &place("63014"))) + &one("B", "") + &one("C&#49;&amp;", &place("63075"));
    let found = records(&message(&inside)).unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(value(&found[0], "communes"), "63113|63014");
    assert_eq!(value(&found[0], "typologies"), "T3|T2");
    assert_eq!(value(&found[1], "communes"), "");
    assert_eq!(value(&found[2], "numero_unique"), "C1&");
}

#[test]
fn names_numbers_and_free_text_are_never_kept() {
    let inside = "<i:demandeLogement><i:numUnique>A</i:numUnique><i:personnePhysique><i:demandeur><i:nom>DUPONT</i:nom>\
                  <i:telPortable>0606060606</i:telPortable><i:nir>2850763113045</i:nir></i:demandeur></i:personnePhysique>\
                  <i:commentaire>DUPONT a appelé</i:commentaire></i:demandeLogement>";
    let found = format!("{:?}", records(&message(inside)).unwrap());
    for planted in ["DUPONT", "0606060606", "2850763113045"] {
        assert!(!found.contains(planted), "{found}");
    }
}

#[test]
fn a_file_that_is_no_whole_message_is_refused_with_its_line() {
    let whole = message("<i:demandeLogement>\n<i:numUnique>A</i:numUnique></i:demandeLogement>");
    assert_eq!(records(&whole).unwrap().len(), 1);
    assert_eq!(refusal(&whole[..whole.len() - 20]), ("B0117".to_owned(), Some(3)));
    assert_eq!(refusal(&whole.replace("</i:numUnique>", "</i:autre>")).0, "B0117");
    assert_eq!(refusal(&whole.replace("<i:numUnique>A", "<i:numUnique>&lol;")).0, "B0117");
    assert_eq!(refusal("<html><body>403</body></html>").0, "B0102");
    assert_eq!(refusal(&message(&"<i:a>".repeat(100))).0, "B0117");
    let endless = whole.replace(">A<", &format!(">{}<", "A".repeat(3 << 20)));
    assert_eq!(refusal(&endless).0, "B0117");
    let deleted = whole.replace("<i:entete>", "<i:entete><i:typeFichier>SUP</i:typeFichier>");
    assert_eq!(refusal(&deleted).0, "B0134");
    // Text in pieces, each short, and persons without end: no household, and no memory for it.
    let pieces = whole.replace(">A<", &format!(">{}<", "A&amp;".repeat(1 << 20)));
    assert_eq!(refusal(&pieces).0, "B0117");
    let crowd = "<i:personneACharge/>".repeat(600);
    assert_eq!(refusal(&message(&format!("<i:demandeLogement>{crowd}</i:demandeLogement>"))).0, "B0117");
    assert_eq!(refusal(&whole.replace("<i:numUnique>", "<i:numUnique code=\"1\" code=\"2\">")).0, "B0117");
}

#[test]
fn a_message_of_striking_off_without_its_date_is_no_active_demand() {
    let inside = "<i:demandeLogement><i:numUnique>A</i:numUnique></i:demandeLogement>";
    let radiation = message(inside).replace("<i:entete>", "<i:entete><i:typeFichier>RAD</i:typeFichier>");
    assert_eq!(value(&records(&radiation).unwrap()[0], "date_radiation"), "?");
    assert_eq!(value(&records(&message(inside)).unwrap()[0], "date_radiation"), "");
}
