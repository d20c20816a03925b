//! The one row of the table `parametres`: the year, what the project sets, dated values, and what the files read say.

use chrono::NaiveDate;

use super::Inputs;
use crate::error::Result;
use crate::project::{ParcSocial, TypologieDemande};
use crate::reference::Parametres;
use crate::resultats::{MUTATIONS, PRIORITES, RESSOURCES};

/// Its columns, as a statement selects them.
///
/// # Errors
/// [`crate::error::Error::Resource`] when a parameter is malformed, or has no value at its date.
pub(super) fn columns(inputs: &Inputs<'_>) -> Result<Vec<String>> {
    let plan = inputs.plan;
    let parametres = Parametres::load(&plan.resources())?;
    let last_day = NaiveDate::from_ymd_opt(plan.millesime, 12, 31).unwrap_or(NaiveDate::MAX);
    let first_day = NaiveDate::from_ymd_opt(plan.millesime, 1, 1).unwrap_or(NaiveDate::MIN);
    let year = plan.millesime;
    let day = |back: i32| format!("DATE '{}'", NaiveDate::from_ymd_opt(year - back, 12, 31).unwrap_or(NaiveDate::MIN));
    let read = |schema: &'static str| {
        inputs.ingestion.fichiers.iter().filter(move |f| f.schema == schema && f.parquet.is_some())
    };
    let given = |schema: &'static str| i32::from(read(schema).next().is_some());
    let donne = |colonne: &&str| inputs.ingestion.donne(colonne);
    // Of the stock, a column counts as given when every file has it too: half a stock is no stock.
    let stock = |wanted: &[&str]| {
        let all = read("rpls").all(|f| wanted.iter().all(|w| f.colonnes.iter().any(|c| c == w)));
        i32::from(all && wanted.iter().all(|w| donne(&format!("rpls.{w}").as_str())))
    };
    // A lease takes of its demand what it does not say.
    let either = |wanted: &[&str]| i32::from(wanted.iter().any(donne));
    // Consumption units come of the lease's household, else of the demand's; a child that nobody tells counts as an adult.
    let menages = ["attributions", "demandes"].into_iter().find(|s| donne(&format!("{s}.nb_personnes").as_str()));
    let enfants = menages.is_none_or(|s| ["nb_uc", "nb_moins_14"].iter().any(|c| donne(&format!("{s}.{c}").as_str())));
    // A source without rows counts none, whatever its columns.
    let empty = |schema: &'static str| i32::from(read(schema).all(|f| f.gardees == 0));
    let (no_lease, no_demand) = (empty("attributions"), empty("demandes"));
    let typologie_demandes = match plan.typologie_demande {
        TypologieDemande::Premiere => "demandes.typologies",
        TypologieDemande::Cible => "demandes.nb_personnes",
    };
    // Nothing is known of a demand after it was extracted.
    let known = plan.arretee_au().unwrap_or(last_day);
    let lapsed = known.checked_sub_months(parametres.months("radiation_mois", last_day)?).unwrap_or(NaiveDate::MIN);
    let parc_social = match plan.parc_social {
        ParcSocial::TousLogements => "tous_logements",
        ParcSocial::Ministere => "ministere",
    };
    let values = [
        ("millesime", format!("CAST({year} AS INTEGER)")),
        ("millesime_rpls", format!("CAST({} AS INTEGER)", plan.millesime_rpls())),
        ("fin_annee", day(0)),
        ("fin_annee_precedente", day(1)),
        ("il_y_a_1_an", day(1)),
        ("il_y_a_2_ans", day(2)),
        ("il_y_a_3_ans", day(3)),
        ("il_y_a_5_ans", day(5)),
        ("renouvele_depuis", format!("DATE '{lapsed}'")),
        ("date_extraction", format!("DATE '{}'", plan.date_extraction)),
        ("jours_par_mois", format!("CAST({} AS DOUBLE)", parametres.number("jours_par_mois", last_day)?)),
        ("vacance_longue_mois", parametres.number("vacance_longue_mois", last_day)?.to_string()),
        ("orcod_depuis", format!("DATE '{}'", parametres.since("relogement_compte", "ORCOD"))),
        ("plafond_etat", format!("CAST({} AS DOUBLE)", parametres.number("plafond_contingent_etat", last_day)?)),
        (
            "plafond_fonctionnaires",
            format!("CAST({} AS DOUBLE)", parametres.number("plafond_contingent_fonctionnaires", last_day)?),
        ),
        ("sentinelle", "9999".to_owned()),
        ("parc_social", format!("'{parc_social}'")),
        ("typologie_cible", i32::from(plan.typologie_demande == TypologieDemande::Cible).to_string()),
        // Rooms past which dwellings are counted together.
        ("pieces_distinguees", "5".to_owned()),
        ("a_demandes", given("demandes").to_string()),
        ("a_attributions", given("attributions").to_string()),
        ("a_rpls", given("rpls").to_string()),
        ("a_cotation", either(&["demandes.cotation"]).to_string()),
        ("a_cotation_baux", either(&["demandes.cotation", "attributions.cotation"]).to_string()),
        ("a_ressources", either(&RESSOURCES).to_string()),
        ("a_priorites", either(&PRIORITES).to_string()),
        ("a_mutation", either(&MUTATIONS).to_string()),
        ("a_typologie_rpls", stock(&["NBPIECE"]).to_string()),
        ("a_typologie_demandes", (no_demand | either(&[typologie_demandes])).to_string()),
        ("a_typologie_baux", (no_lease | either(&["attributions.typologie"])).to_string()),
        ("a_categorie_rpls", stock(&["TYPECONST"]).to_string()),
        ("a_categorie_demandes", (no_demand | either(&["demandes.categorie"])).to_string()),
        ("a_categorie_baux", (no_lease | either(&["attributions.categorie"])).to_string()),
        ("a_reservataire", (no_lease | either(&["attributions.reservataire"])).to_string()),
        // A lease that does not say takes that of its dwelling.
        (
            "a_zone",
            (no_lease
                | either(&["attributions.qpv"])
                | (either(&["attributions.id_rpls"]) & stock(&["IDENT_REP", "QPV"])))
            .to_string(),
        ),
        ("a_renouvellement", either(&["demandes.date_renouvellement"]).to_string()),
        ("a_enfants", i32::from(enfants).to_string()),
        ("a_relogement", either(&["attributions.relogement"]).to_string()),
        ("a_rpls_qpv", stock(&["QPV"]).to_string()),
        ("a_rpls_mode", stock(&["MODE"]).to_string()),
        ("a_rpls_vacance", stock(&["MODE", "duree_vacance"]).to_string()),
        ("a_rpls_mobilite", stock(&["MODE", "LOCAT", "BAIL"]).to_string()),
        ("a_rpls_loyer", stock(&["MODE", "LOYERPRINC", "SURFHAB"]).to_string()),
        ("premier_janvier_rpls", format!("DATE '{:04}-01-01'", plan.millesime_rpls())),
        ("a_rpls_identifiant", stock(&["IDENT_REP"]).to_string()),
        ("a_evenements", given("evenements").to_string()),
        // A proposal that names no landlord is in no landlord's report.
        ("a_propositions", (empty("evenements") | either(&["evenements.bailleur"])).to_string()),
        ("rsa", format!("CAST({} AS DECIMAL(18, 4))", parametres.number("rsa_montant", first_day)?)),
        ("ecart_annuel_max", format!("CAST({} AS DOUBLE)", parametres.number("ecart_annuel_max", last_day)?)),
        ("ecart_officiel_max", format!("CAST({} AS DOUBLE)", parametres.number("ecart_officiel_max", last_day)?)),
        ("effectif_minimal", parametres.number("effectif_minimal", last_day)?.to_string()),
        ("a_delai_anormal", i32::from(!plan.delais_anormaux.is_empty()).to_string()),
    ];
    Ok(values.into_iter().map(|(name, value)| format!("{value} AS {name}")).collect())
}
