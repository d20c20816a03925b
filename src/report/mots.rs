//! The words of codes: what a reader meets in place of `hors_qpv`, `T6P` or `COLACT`.

use super::donnees::Donnees;
use crate::format;
use crate::project::Plan;
pub(super) use crate::reference::TYPOLOGIES;

/// Under this many leases, a delay says little of what a new applicant will wait: the usual mark of published counts.
pub const PEU_DE_BAUX: i64 = 11;

/// Of a register whose files give no resources.
pub(super) const SANS_RESSOURCES: &str =
    "Les fichiers lus ne donnent pas les ressources des ménages : rien ne peut être dit du premier quartile.";
/// Of one whose files do not tell priority publics.
pub(super) const SANS_PRIORITES: &str =
    "Les fichiers lus ne disent pas quels ménages sont DALO ou prioritaires : rien ne peut en être dit.";

/// The words of a typology.
pub(super) fn typology(code: &str) -> &str {
    match code {
        "C" => "Chambre",
        "T6P" => "T6 et plus",
        "ensemble" => "Ensemble",
        "inconnu" => "Inconnue",
        other => other,
    }
}

/// The words of a zone, as a heading.
pub(super) fn zone_title(zone: &str) -> &'static str {
    match zone {
        "hors_qpv" => "Hors QPV",
        "qpv" => "En QPV",
        "inconnue" => "Zone inconnue",
        _ => "Ensemble",
    }
}

/// The words of a category of dwelling.
pub(super) fn category(code: &str) -> &str {
    match code {
        "collectif" => "Appartement",
        "individuel" => "Maison",
        "etudiant" => "Logement étudiant",
        "indifferent" => "Indifférent",
        "inconnu" => "Inconnu",
        _ => "Ensemble",
    }
}

/// The words of a financing.
pub(super) fn financing(code: &str) -> &str {
    match code {
        "AUTRE" => "Autre",
        "inconnu" => "Inconnu",
        "ensemble" => "Ensemble",
        other => other,
    }
}

/// Where the household came from.
fn origin(code: &str) -> &str {
    match code {
        "meme_commune" => "Même commune",
        "meme_epci" => "Autre commune de l'EPCI",
        "autre" => "Hors de l'EPCI",
        _ => "Inconnue",
    }
}

fn age(code: &str) -> &str {
    match code {
        "moins_de_25" => "Moins de 25 ans",
        "25_29" => "25 à 29 ans",
        "30_39" => "30 à 39 ans",
        "40_49" => "40 à 49 ans",
        "50_64" => "50 à 64 ans",
        "65_et_plus" => "65 ans et plus",
        _ => "Inconnu",
    }
}

fn household(code: &str) -> String {
    match code {
        "1" => "1 personne".to_owned(),
        "6_et_plus" => "6 personnes et plus".to_owned(),
        "inconnu" => "Inconnue".to_owned(),
        n => format!("{n} personnes"),
    }
}

fn quartile(code: &str) -> &str {
    match code {
        "q1" => "1er quartile",
        "q2" => "2e quartile",
        "q3" => "3e quartile",
        "q4" => "4e quartile",
        "q2_q4" => "Au-dessus du 1er",
        "sans_seuil" => "Sans montant",
        _ => "Inconnu",
    }
}

/// The words of what a commission decided (CCH R441-3).
fn decision(code: &str) -> &str {
    match code {
        "attribution" => "Attribution",
        "attribution_sous_condition" => "Attribution sous condition",
        "rang_suivant" => "Attribution, au rang suivant",
        "non_attribution" => "Non-attribution",
        "ajournement" => "Ajournement",
        "refus" => "Rejet de la commission",
        "inconnu" => "Décision inconnue",
        other => other,
    }
}

/// The words of why a household refused.
fn refusal(code: &str) -> &str {
    match code {
        "localisation" => "Localisation",
        "typologie" => "Typologie",
        "loyer" => "Loyer",
        "etat" => "État du logement",
        "voisinage" => "Voisinage, environnement",
        "etage" => "Étage",
        "surface" => "Surface",
        "situation_du_menage" => "Situation du ménage",
        "sans_reponse" => "Sans réponse",
        "autre" => "Autre motif",
        "inconnu" => "Motif inconnu",
        other => other,
    }
}

/// The words of what came out of a commission or of a refusal; a code of the project's own stands as it is.
pub(super) fn issue<'c>(evenement: &str, code: &'c str) -> &'c str {
    if evenement == "commission" { decision(code) } else { refusal(code) }
}

/// The classes of time from deposit to lease, in order, with their words.
pub(super) const DELAYS: [(&str, &str); 8] = [
    ("moins_3_mois", "Moins de 3 mois"),
    ("3_a_6_mois", "3 à 6 mois"),
    ("6_a_12_mois", "6 à 12 mois"),
    ("12_a_18_mois", "12 à 18 mois"),
    ("18_a_24_mois", "18 à 24 mois"),
    ("2_a_3_ans", "2 à 3 ans"),
    ("3_a_5_ans", "3 à 5 ans"),
    ("plus_5_ans", "5 ans et plus"),
];

/// Months, short.
pub(super) const MONTHS: [&str; 12] =
    ["janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];

/// The first so many of them.
pub(super) fn months(n: usize) -> Vec<String> {
    MONTHS.iter().take(n).map(|month| (*month).to_owned()).collect()
}

/// The tension in words: how many demands for one lease.
pub(super) fn tension(ratio: f64) -> String {
    format!("{} pour une attribution", format::measure(ratio, 1, "demande", "demandes"))
}

/// What the tension counts, beside it.
pub(super) fn of_tension(ratio: Option<f64>) -> &'static str {
    let [one, many] = ["demande pour une attribution", "demandes pour une attribution"];
    ratio.map_or(many, |ratio| format::noun_of(ratio, 1, one, many))
}

/// The rate of satisfaction, `shown` as a share, in words. Households housed here may have asked for another place first: where more
/// leases are signed than there are demands, they satisfy no share of them.
pub(super) fn satisfaction(taux: Option<f64>, shown: &str) -> String {
    match taux {
        None => format!("demandes satisfaites : {shown}"),
        Some(taux) if taux > 1.0 => "plus que de demandes dans l'année".to_owned(),
        Some(_) => format!("{shown} des demandes satisfaites"),
    }
}

/// What a reader must know before the figures: that the perimeter cuts the territory, named in `coupe`, and that the year was not
/// over.
pub(super) fn avertissement(plan: &Plan, coupe: Option<&str>) -> Option<String> {
    let coupe = coupe.map(|what| {
        format!("{what} est coupé par le périmètre du bilan : tout y est compté sur sa partie intérieure.")
    });
    let en_cours = plan.arretee_au().map(|day| {
        format!(
            "L'année {} n'était pas finie à l'extraction, le {} : baux, dépôts et radiations n'en comptent qu'une partie, et la tension en est grossie.",
            plan.millesime,
            format::date(day)
        )
    });
    let told: Vec<String> = [coupe, en_cours].into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// Where a value of a dimension stands among the others: by its own order, then by name, what is unknown last.
pub(super) fn order<'a>(dimension: &str, code: &'a str) -> (usize, &'a str) {
    let order: &[&str] = match dimension {
        "age" => &["moins_de_25", "25_29", "30_39", "40_49", "50_64", "65_et_plus"],
        "taille_menage" => &["1", "2", "3", "4", "5", "6_et_plus"],
        "quartile" => &["q1", "q2", "q3", "q4", "q2_q4"],
        "origine" => &["meme_commune", "meme_epci", "autre"],
        "financement" => &["PLAI", "PLUS", "PLS", "PLI", "AUTRE"],
        "reservataire" => &["PPRIOR", "PFONCT", "COLACT", "COLTER", "AUTRES", "AUCUN"],
        "zone" => &["hors_qpv", "qpv"],
        "typologie" => &TYPOLOGIES,
        "population" => &["hors_mutation", "mutation"],
        "periode_construction" if code.starts_with("avant") => return (0, code),
        "periode_construction" if code.starts_with("depuis") => return (2, code),
        "periode_construction" if code.starts_with("inconnu") => return (3, code),
        "periode_construction" => return (1, code),
        _ => &[],
    };
    (order.iter().position(|o| *o == code).unwrap_or(order.len()), code)
}

/// The name of a dimension of the profiles.
pub(super) fn dimension(code: &str) -> &str {
    match code {
        "age" => "Âge du demandeur",
        "taille_menage" => "Taille du ménage",
        "situation_familiale" => "Situation familiale",
        "quartile" => "Quartile de ressources",
        "origine" => "Lieu de résidence",
        "population" => "Mutation ou non",
        "typologie" => "Typologie",
        "categorie" => "Appartement ou maison",
        "logement_actuel" => "Logement actuel",
        "motif_demande" => "Motif de la demande",
        "dalo" => "DALO",
        "prioritaire" => "Public prioritaire",
        "relogement" => "Relogement",
        "financement" => "Financement",
        "periode_construction" => "Période de construction",
        "zone" => "Zone",
        other => other,
    }
}

/// The words of a value of a dimension; codes of the register take the label of its nomenclature.
pub(super) fn modality(donnees: &Donnees<'_>, dimension: &str, code: &str) -> String {
    let listed = |list: &str| {
        let label = donnees.nomenclatures.label(list, code);
        if label == code && code == "inconnu" { "Inconnu".to_owned() } else { label.trim().to_owned() }
    };
    match dimension {
        "age" => age(code).to_owned(),
        "taille_menage" => household(code),
        "quartile" => quartile(code).to_owned(),
        "origine" => origin(code).to_owned(),
        "typologie" => typology(code).to_owned(),
        "categorie" => category(code).to_owned(),
        "financement" => financing(code).to_owned(),
        "zone" => zone_title(code).to_owned(),
        "population" => if code == "mutation" { "Mutation (déjà locataires HLM)" } else { "Hors mutation" }.to_owned(),
        "dalo" | "prioritaire" | "relogement" => match code {
            "oui" => "Oui",
            "non" => "Non",
            _ => "Inconnu",
        }
        .to_owned(),
        "bailleur" => donnees.landlord(code),
        "reservataire" => super::holder_words(code).to_owned(),
        "logement_actuel" => listed("modele_logement_actuel"),
        "situation_familiale" | "motif_demande" | "motif_radiation" => listed(dimension),
        "periode_construction" => format::capital(code),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::issue;

    #[test]
    fn a_code_of_the_project_s_own_stands_as_it_is() {
        assert_eq!(issue("commission", "refus"), "Rejet de la commission");
        assert_eq!([issue("refus", "etat"), issue("refus", "inconnu")], ["État du logement", "Motif inconnu"]);
        assert_eq!([issue("refus", "ascenseur"), issue("commission", "report")], ["ascenseur", "report"]);
    }
}
