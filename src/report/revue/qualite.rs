//! How far the data can be trusted: what was read and refused, and what is most worth mending.

use super::{Bloc, Cellule, Chapitre, Contexte, Donnees, Tableau};
use crate::format;
use crate::resultats::Reserve;

/// Corrections shown; the page of data quality has them all.
const SHOWN: usize = 12;

pub(super) fn chapter(c: &Contexte<'_>) -> Chapitre {
    let mut blocs = Vec::new();
    let entrees = &c.donnees.manifeste.entrees;
    if entrees.is_empty() {
        blocs.push(Bloc::absence("Aucun fichier n'a été lu."));
        return Chapitre::new("qualite", "Qualité des données", blocs);
    }
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let (read, refused) = entrees.iter().fold((0, 0), |(l, r), e| (l + e.lignes, r + e.refusees));
    let corrections = &c.donnees.qualite.corrections;
    blocs.push(Bloc::constat(format!(
        "{} dans {} ; {} et {} à examiner.",
        format::count(count(read), "ligne lue", "lignes lues"),
        format::count(i64::try_from(entrees.len()).unwrap_or(0), "fichier", "fichiers"),
        format::count(count(refused), "ligne refusée", "lignes refusées"),
        format::count(i64::try_from(corrections.len()).unwrap_or(0), "constat", "constats")
    )));
    let lignes = entrees
        .iter()
        .map(|e| {
            vec![
                Cellule::texte(&e.fichier),
                Cellule::texte(&e.source),
                Cellule::Nombre(Some(count(e.lignes))),
                Cellule::Nombre(Some(count(e.gardees))),
                if e.refuse {
                    Cellule::Reponse("fichier refusé".to_owned(), Some(false))
                } else {
                    Cellule::Nombre(Some(count(e.refusees)))
                },
            ]
        })
        .collect();
    blocs.push(Bloc::Tableau(Tableau::new(
        "Fichiers lus",
        &["Fichier", "Source", "Lignes#", "Gardées#", "Refusées#"],
        lignes,
    )));
    let reserves = c.donnees.reserves(c.lieu);
    if !reserves.is_empty() {
        let titre = "Bailleurs dont les baux de l'année sont à vérifier";
        blocs.push(Bloc::Tableau(doubts(c.donnees, titre, &reserves)));
    }
    if corrections.is_empty() {
        blocs.push(Bloc::constat("Aucun contrôle n'a échoué."));
    } else {
        let lignes = corrections
            .iter()
            .take(SHOWN)
            .map(|x| {
                vec![
                    Cellule::texte(format::capital(&x.message)),
                    Cellule::texte(&x.code),
                    Cellule::Nombre(Some(count(x.nombre))),
                    Cellule::texte(format::capital(&x.aide)),
                ]
            })
            .collect();
        let titre = if corrections.len() > SHOWN {
            format!("Les {SHOWN} corrections les plus utiles, sur {}", corrections.len())
        } else {
            "Corrections les plus utiles".to_owned()
        };
        blocs.push(Bloc::Tableau(Tableau::new(titre, &["Constat", "Code", "Lignes#", "Remède"], lignes)));
    }
    blocs.push(Bloc::note(
        "Ces contrôles portent sur l'ensemble des fichiers lus et des baux de chaque bailleur, non sur ce seul territoire. La page Qualité des données des résultats complets les donne tous, avec une liste par bailleur.",
    ));
    Chapitre::new("qualite", "Qualité des données", blocs)
}

/// What is in doubt of landlords' leases as a whole.
pub(in crate::report) fn doubts(donnees: &Donnees<'_>, titre: &str, reserves: &[&Reserve]) -> Tableau {
    let lignes = reserves.iter().map(|r| {
        let bailleur = donnees.landlord(&r.bailleur);
        // What is told begins with who it is about.
        let told = r.valeur.strip_prefix(&format!("{bailleur}, ")).unwrap_or(&r.valeur);
        vec![
            Cellule::texte(bailleur.clone()),
            Cellule::texte(format::capital(told)),
            Cellule::texte(format::capital(&r.message)),
            Cellule::texte(&r.code),
        ]
    });
    Tableau::new(titre, &["Bailleur", "En doute", "Constat", "Code"], lignes.collect())
}
