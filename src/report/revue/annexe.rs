//! Full tables and the words used.

use super::tension::counted;
use super::{Bloc, Cellule, Chapitre, Contexte, TOUS, TOUT, Tableau};
use crate::format;
use crate::report::donnees::{Lieu, Ligne};
use crate::report::mots;
use crate::resultats::RESSOURCES;

/// Words that a reader may not know.
const GLOSSAIRE: [(&str, &str); 14] = [
    (
        "Attribution",
        "Logement attribué à un ménage et suivi d'un bail signé, compté l'année de la signature (CCH L441-1).",
    ),
    ("Bailleur", "Organisme propriétaire ou gestionnaire de logements sociaux, désigné par son SIREN."),
    ("CIA", "Convention intercommunale d'attribution : engagements de chaque bailleur et réservataire (CCH L441-1-6)."),
    ("Contingent", "Logements sur lesquels un réservataire a un droit de proposition."),
    ("DALO", "Droit au logement opposable : ménage reconnu prioritaire par la commission de médiation."),
    ("Délai d'attribution", "Temps du dépôt de la demande à la signature du bail ; mois de 30,4375 jours."),
    ("Délai médian", "La moitié des ménages logés ont attendu moins, l'autre moitié plus."),
    ("Demande active", "Demande déposée et non radiée au 31 décembre."),
    ("Mutation", "Demande d'un ménage déjà locataire HLM."),
    (
        "Premier quartile",
        "Ménages dont les ressources par unité de consommation sont inférieures au montant fixé chaque année par arrêté pour l'EPCI.",
    ),
    ("QPV", "Quartier prioritaire de la politique de la ville."),
    (
        "Relogement",
        "Ménage relogé d'une opération de renouvellement urbain (NPNRU) ou de requalification de copropriétés (ORCOD).",
    ),
    ("Tension", "Demandes actives au 31 décembre pour une attribution de l'année."),
    (
        "Unité de consommation",
        "1 pour la première personne, 0,5 par personne de 14 ans ou plus, 0,3 par enfant de moins de 14 ans.",
    ),
];

pub(super) fn chapter(c: &Contexte<'_>) -> Chapitre {
    let mut blocs = Vec::new();
    if !c.lieu.is_territoire() {
        let communes = by_commune(c);
        if communes.lignes.is_empty() {
            blocs.push(Bloc::absence("Aucune commune n'a de parc, de demande ou d'attribution à montrer."));
        } else {
            blocs.push(Bloc::Tableau(communes));
        }
    }
    blocs.push(Bloc::Tableau(by_population(c)));
    blocs.push(Bloc::Definitions {
        definitions: GLOSSAIRE.iter().map(|(word, meaning)| ((*word).to_owned(), (*meaning).to_owned())).collect(),
    });
    Chapitre::new("annexe", "Annexes", blocs)
}

/// Commune by commune, those where there is something to show.
fn by_commune(c: &Contexte<'_>) -> Tableau {
    let codes = c.donnees.communes.get(&c.lieu.code).map_or(&[][..], Vec::as_slice);
    let quartiles_told = c.donnees.filled(&RESSOURCES);
    let mut rows: Vec<(String, Vec<Cellule>)> = codes
        .iter()
        .filter_map(|code| {
            let lieu = Lieu::commune(code);
            let row = |table: &str, dimensions: &[(&str, &str)]| c.donnees.row(table, &lieu, dimensions);
            let tension = row("tension", &TOUT);
            let choix = row("choix", &[("typologie", "ensemble")]);
            let parc = row("parc", &TOUT[1..]);
            let delais = row("delais", &TOUS);
            let quartiles = row("quartiles", &[("bailleur", "ensemble"), ("zone", "hors_qpv")]);
            let name =
                [tension, choix, parc, delais, quartiles].into_iter().flatten().map(|l| l.text("libelle")).next()?;
            // Of a commune that a table does not name, there is none of what its source was given for.
            let count = |row: Option<Ligne<'_>>, column: &str, source: &str| {
                row.map_or_else(|| c.donnees.given(source).then_some(0), |l| l.int(column))
            };
            let logements = count(parc, "logements", "rpls");
            let demandes = count(tension, "demandes", "demandes");
            let cite = count(choix, "tout_choix", "demandes");
            let baux = count(tension, "attributions", "attributions");
            // Who asks for it first asks for it.
            if logements.unwrap_or(0) + cite.unwrap_or(0) + baux.unwrap_or(0) == 0 {
                return None;
            }
            let cells = vec![
                Cellule::texte(name),
                Cellule::Nombre(logements),
                Cellule::Part(parc.and_then(|l| l.real("taux_vacance"))),
                Cellule::Nombre(demandes),
                Cellule::Nombre(cite),
                Cellule::Nombre(baux),
                Cellule::Decimal(tension.and_then(|l| l.real("tension"))),
                Cellule::Decimal(delais.and_then(|l| l.real("delai_median"))),
                Cellule::Nombre(quartiles.and_then(|l| l.int("attributions"))),
                Cellule::Part(quartiles.filter(|_| quartiles_told).and_then(|l| l.real("part_q1_ou_relogement"))),
            ];
            Some((name.to_owned(), cells))
        })
        .collect();
    rows.sort_by_cached_key(|(nom, _)| format::plain(nom));
    Tableau::new(
        "Commune par commune",
        &[
            "Commune",
            "Logements#",
            "Vacance#",
            "Demandes#",
            "Tout choix#",
            "Baux#",
            "Tension#",
            "Délai médian (mois)#",
            "Baux hors QPV#",
            "Q1 ou relogés hors QPV#",
        ],
        rows.into_iter().map(|(_, cells)| cells).collect(),
    )
}

/// Demand, leases, tension and delays by typology, for households already housed and the others.
fn by_population(c: &Contexte<'_>) -> Tableau {
    let apart = c.donnees.filled(&["demandes.logement_actuel"]);
    let lignes = [("hors_mutation", "Hors mutation"), ("mutation", "Mutation"), ("ensemble", "Ensemble")]
        .iter()
        .filter(|(population, _)| apart || *population == "ensemble")
        .flat_map(|(population, name)| {
            mots::TYPOLOGIES.iter().chain(&["ensemble"]).filter_map(move |t| {
                let key = [("population", *population), ("typologie", *t)];
                let tension = c.row("tension", &[key[0], key[1], ("categorie", "ensemble")]);
                let (demande, delais) = (c.row("demande", &key), c.row("delais", &key));
                if tension.is_none() && demande.is_none() && delais.is_none() {
                    return None;
                }
                Some(vec![
                    Cellule::texte(*name),
                    Cellule::texte(mots::typology(t)),
                    Cellule::Nombre(demande.and_then(|l| l.int("actives"))),
                    Cellule::Decimal(demande.and_then(|l| l.real("anciennete_mediane"))),
                    Cellule::Nombre(counted(c, tension, "attributions")),
                    Cellule::Decimal(tension.and_then(|l| l.real("tension"))),
                    Cellule::Decimal(delais.and_then(|l| l.real("delai_moyen"))),
                    Cellule::Decimal(delais.and_then(|l| l.real("delai_median"))),
                ])
            })
        })
        .collect();
    Tableau::new(
        "Demandes, baux et délais selon la situation et la typologie",
        &[
            "Situation",
            "Typologie",
            "Demandes#",
            "Ancienneté médiane (mois)#",
            "Baux#",
            "Tension#",
            "Délai moyen (mois)#",
            "Délai médian (mois)#",
        ],
        lignes,
    )
}
