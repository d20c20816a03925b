//! What is found of a value of a file, and what is said of it.

use crate::diagnostic::{Diagnostic, Gravite, masked};
use crate::format::bound;
use crate::schema::{Colonne, Genre};

/// What was found of a value besides the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constat {
    /// Missing.
    Manquant,
    /// As it should be.
    Valide,
    /// Not a value of this type.
    Invalide,
    /// Outside the plausible bounds of the schema.
    HorsBornes,
    /// More decimal places than are kept exactly.
    TropDeDecimales,
    /// A code of no list, kept as `inconnu`.
    CodeInconnu,
    /// A commune code short of its leading zero, restored.
    ZeroRestaure,
    /// A commune split since: the part that left cannot be told apart.
    CommuneScindee,
    /// A list whose first element is fine and another is not.
    ElementInconnu,
    /// An identifier that a spreadsheet turned into a number, digits lost.
    NumeroAbime,
    /// An identifier of digits short of its width: leading zeros lost, or not that register's.
    NumeroCourt,
}

/// What is said of it, with what becomes of the value.
pub(super) fn value_diagnostic(colonne: &Colonne, constat: Constat, value: Option<&str>) -> Diagnostic {
    let shown = match colonne.genre {
        Genre::Identifiant | Genre::Texte => "la valeur".to_owned(),
        _ => format!("« {} »", masked(value.unwrap_or_default())),
    };
    // No code, and no commune's, holds these marks.
    let parted = matches!(colonne.genre, Genre::Liste | Genre::Communes)
        && value.is_some_and(|value| value.contains([',', ';', '/']));
    let fate = match (colonne.on_invalid(), parted) {
        (Gravite::Refus, true) => "séparez par | les éléments de la liste, la ligne n'est pas comptée",
        (Gravite::Refus, false) => "corrigez la valeur dans le fichier, la ligne n'est pas comptée",
        _ => "corrigez la valeur dans le fichier, elle est tenue pour manquante",
    };
    let by_schema = |code: &str, message: String, aide: &str| Diagnostic {
        gravite: colonne.on_invalid(),
        ..Diagnostic::refus(code, message, aide)
    };
    match constat {
        Constat::Manquant => {
            Diagnostic::refus("B0120", "valeur obligatoire absente", "complétez la valeur, la ligne n'est pas comptée")
        }
        Constat::HorsBornes => {
            let beyond = "est hors des bornes possibles, attendu";
            let what = match (colonne.minimum, colonne.maximum) {
                (None, Some(max)) if colonne.genre == Genre::Texte => format!("a plus de {} caractères", bound(max)),
                (Some(min), Some(max)) => format!("{beyond} entre {} et {}", bound(min), bound(max)),
                (Some(min), None) => format!("{beyond} à partir de {}", bound(min)),
                (None, Some(max)) => format!("{beyond} jusqu'à {}", bound(max)),
                (None, None) => "est hors des bornes possibles".to_owned(),
            };
            by_schema("B0121", format!("{shown} {what}"), fate)
        }
        Constat::TropDeDecimales => by_schema(
            "B0122",
            format!("{shown} a plus de {} décimales", colonne.decimales),
            "arrondissez la valeur dans le fichier : le programme n'arrondit jamais une donnée",
        ),
        Constat::CodeInconnu => {
            let aide = if parted {
                "séparez par | les éléments de la liste".to_owned()
            } else {
                format!("traduisez le code dans bilan.toml : codes = {{ {} = {{ \"…\" = \"…\" }} }}", colonne.nom)
            };
            Diagnostic::anomalie(
                "B0123",
                format!("code {shown} inconnu de la nomenclature"),
                format!("comptée « inconnu » ; {aide}"),
            )
        }
        Constat::ZeroRestaure => Diagnostic::anomalie(
            "B0124",
            format!("{shown} : zéro initial perdu, restauré"),
            "exportez les codes commune comme du texte",
        ),
        Constat::CommuneScindee => Diagnostic::anomalie(
            "B0125",
            format!("{shown} : commune scindée depuis, la partie détachée ne se distingue pas"),
            "comptée sous son code d'alors",
        ),
        Constat::ElementInconnu => Diagnostic::anomalie(
            "B0126",
            format!("{shown} : un élément de la liste est inconnu"),
            "vérifiez la liste ; les autres éléments sont gardés",
        ),
        Constat::NumeroAbime => by_schema(
            "B0131",
            "numéro abîmé par un tableur : écrit comme 6,31E+16, des chiffres en sont perdus".to_owned(),
            "exportez de nouveau cette colonne au format texte ; ce numéro ne se retrouve pas",
        ),
        Constat::NumeroCourt => Diagnostic::anomalie(
            "B0135",
            format!("numéro de moins de {} chiffres : zéros initiaux sans doute perdus", colonne.largeur.unwrap_or(0)),
            "exportez de nouveau cette colonne au format texte ; écrit autrement ailleurs, le même numéro en serait un autre",
        ),
        Constat::Invalide | Constat::Valide => {
            let (code, what) = match colonne.genre {
                Genre::Date => ("B0107", "n'est pas une date (AAAA-MM-JJ ou JJ/MM/AAAA)"),
                Genre::Mois => ("B0107", "n'est pas un mois (MM/AAAA)"),
                Genre::Annee => ("B0107", "n'est pas une année"),
                Genre::Entier => ("B0128", "n'est pas un nombre entier"),
                Genre::Decimal => ("B0128", "n'est pas un nombre"),
                Genre::Booleen => ("B0129", "n'est ni oui ni non"),
                Genre::Siren => ("B0130", "n'est pas un SIREN (9 chiffres)"),
                Genre::Commune | Genre::Communes => ("B0127", "n'est pas une commune connue (code Insee)"),
                _ => ("B0128", "n'est pas une valeur possible"),
            };
            by_schema(code, format!("{shown} {what}"), fate)
        }
    }
}
