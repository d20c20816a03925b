//! Blocks of a file on their way to typing: lots of text that workers cut, or records that the format gives one by one.

use super::brut::Bloc;
use super::lecture::{Defaut, Echec, Enregistrement, Lecteur, Lot};
use crate::diagnostic::{Diagnostic, Gravite};
use crate::schema::{Champ, Entete, Schema};

/// Bytes of records beyond which no more are taken.
const BLOCK_BYTES: usize = 16 << 20;

/// Records on their way to typing.
pub(super) enum Etape {
    /// Text to cut.
    Lot(Box<Lot>),
    /// Records cut already, and the lines set aside on the way.
    Bloc(Bloc, Mauvais),
}

/// Lines set aside, and why.
pub(super) type Mauvais = Vec<(u64, Defaut)>;

impl Etape {
    /// The records, cut.
    pub(super) fn cut(self, schema: &Schema, entete: &Entete) -> (Bloc, Mauvais) {
        let lot = match self {
            Self::Bloc(bloc, mauvais) => return (bloc, mauvais),
            Self::Lot(lot) => lot,
        };
        let mut bloc = Bloc::new(schema.colonnes.len());
        bloc.reserve(&entete.champs, lot.lignes());
        let mut mauvais = Vec::new();
        bloc.texte = lot.cut(|record, champs| match record {
            Enregistrement::Mauvais { ligne, defaut } => mauvais.push((ligne, defaut)),
            Enregistrement::Bon { ligne } => {
                bloc.lignes.push(ligne);
                for (champ, colonne) in entete.champs.iter().zip(&mut bloc.colonnes) {
                    match champ {
                        Champ::Absent => {}
                        Champ::Un(i) => colonne.places.push(champs.place(*i)),
                        Champ::Plusieurs(fields) => colonne.push_list(fields.iter().map(|i| champs.get(*i))),
                    }
                }
            }
        });
        (bloc, mauvais)
    }
}

/// The blocks of a file, in its order.
pub(super) struct Etapes<'a> {
    pub(super) lecteur: Box<dyn Lecteur>,
    pub(super) schema: &'a Schema,
    pub(super) entete: &'a Entete,
    /// Records handed together, where the format gives them one by one.
    pub(super) most: usize,
}

impl Iterator for Etapes<'_> {
    type Item = std::result::Result<Etape, Echec>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_step().transpose()
    }
}

impl Etapes<'_> {
    pub(super) fn next_step(&mut self) -> std::result::Result<Option<Etape>, Echec> {
        if let Some(lot) = self.lecteur.next_lot() {
            return Ok(lot?.map(|lot| Etape::Lot(Box::new(lot))));
        }
        let mut bloc = Bloc::new(self.schema.colonnes.len());
        let mut mauvais = Vec::new();
        while bloc.lignes.len() < self.most && mauvais.len() < self.most && bloc.held() < BLOCK_BYTES {
            match self.lecteur.next_record()? {
                None => break,
                Some(Enregistrement::Mauvais { ligne, defaut }) => mauvais.push((ligne, defaut)),
                Some(Enregistrement::Bon { ligne }) => {
                    bloc.lignes.push(ligne);
                    for (champ, colonne) in self.entete.champs.iter().zip(&mut bloc.colonnes) {
                        match champ {
                            Champ::Absent => {}
                            Champ::Un(i) => colonne.push(self.lecteur.field(*i)),
                            Champ::Plusieurs(fields) => {
                                colonne.push_list(fields.iter().map(|i| self.lecteur.field(*i)));
                            }
                        }
                    }
                }
            }
        }
        let empty = bloc.lignes.is_empty() && mauvais.is_empty();
        Ok((!empty).then_some(Etape::Bloc(bloc, mauvais)))
    }
}

/// What is wrong with a line that is no record.
pub(super) fn shape_diagnostic(defaut: Defaut, largeur: usize) -> Diagnostic {
    let (code, message, aide) = match defaut {
        Defaut::Vide => ("B0105", "ligne vide".to_owned(), "supprimez la ligne"),
        Defaut::TropDeChamps(n) => (
            "B0108",
            format!("{n} champs au lieu de {largeur}"),
            "un séparateur figure sans doute dans une valeur : mettez-la entre guillemets ; la ligne n'est pas comptée",
        ),
        Defaut::PasAssezDeChamps(n) => (
            "B0109",
            format!("{n} champ{} au lieu de {largeur}", if n > 1 { "s" } else { "" }),
            "complétez la ligne, elle n'est pas comptée",
        ),
        Defaut::Guillemets => (
            "B0110",
            "guillemet ouvert et jamais fermé, ou fermé au milieu d'une valeur".to_owned(),
            "doublez les guillemets contenus dans les valeurs ; la ligne n'est pas comptée",
        ),
        Defaut::Demesure => (
            "B0114",
            "ligne de plus d'un mégaoctet".to_owned(),
            "vérifiez le fichier : un guillemet jamais fermé, ou autre chose qu'un CSV",
        ),
    };
    Diagnostic { gravite: Gravite::Refus, ..Diagnostic::refus(code, message, aide) }
}
