//! The headline figures of a territory in a public edition, each told, secret or unknown.

use super::{Edition, Effectifs, Lieu, Ventilation};

/// A figure of a public edition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Valeur<T> {
    /// Told.
    Dite(T),
    /// Kept secret.
    Secrete,
    /// Not known: its source was not given, or there is nothing to divide by.
    Absente,
}

/// Headline figures of a territory. Shares and rates are fractions of 1, times are in months.
#[derive(Debug, Clone, Copy)]
pub struct Synthese {
    /// Demands active at 31/12/N.
    pub demandes: Valeur<i64>,
    /// Share of them of households already in social housing.
    pub part_mutations: Valeur<f64>,
    /// Mean time that they have waited.
    pub anciennete_moyenne: Valeur<f64>,
    /// Median time that they have waited.
    pub anciennete_mediane: Valeur<f64>,
    /// Leases of the year.
    pub baux: Valeur<i64>,
    /// Demands for one lease.
    pub tension: Valeur<f64>,
    /// Mean time from deposit to lease.
    pub delai_moyen: Valeur<f64>,
    /// Median time from deposit to lease.
    pub delai_median: Valeur<f64>,
    /// Leases ÷ demands active at 1 January or deposited since (Insee); absent where leases are signed and no demand left in the
    /// year, since the register then holds those still active alone.
    pub taux_satisfaction: Valeur<f64>,
    /// Leases of the rule outside priority neighbourhoods.
    pub baux_hors_qpv: Valeur<i64>,
    /// Those to the first quartile or to rehoused households.
    pub q1_hors_qpv: Valeur<i64>,
    /// Their share.
    pub part_q1_hors_qpv: Valeur<f64>,
    /// Leases of the rule inside priority neighbourhoods.
    pub baux_qpv: Valeur<i64>,
    /// Those to quartiles 2 to 4.
    pub q2_q4_qpv: Valeur<i64>,
    /// Their share.
    pub part_q2_q4_qpv: Valeur<f64>,
    /// Leases to DALO or priority households.
    pub prioritaires: Valeur<i64>,
    /// Dwellings.
    pub logements: Valeur<i64>,
    /// Vacant dwellings ÷ those let or vacant.
    pub taux_vacance: Valeur<f64>,
    /// Dwellings whose lease is of the year ÷ those in service before it.
    pub taux_mobilite: Valeur<f64>,
}

/// A headline figure, as a table keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Chiffre {
    /// A count.
    Compte(Valeur<i64>),
    /// A share, a rate or a time.
    Mesure(Valeur<f64>),
}

impl Chiffre {
    pub(super) fn whole(self) -> Option<i64> {
        if let Self::Compte(n) = self { n.dite() } else { None }
    }

    pub(super) fn real(self) -> Option<f64> {
        if let Self::Mesure(x) = self { x.dite() } else { None }
    }

    pub(super) fn is_secret(self) -> bool {
        match self {
            Self::Compte(n) => n == Valeur::Secrete,
            Self::Mesure(x) => x == Valeur::Secrete,
        }
    }
}

impl Synthese {
    /// Every figure with its name, in the order of the table.
    pub(super) fn figures(&self) -> Vec<(&'static str, Chiffre)> {
        use Chiffre::{Compte, Mesure};
        vec![
            ("demandes", Compte(self.demandes)),
            ("part_mutations", Mesure(self.part_mutations)),
            ("anciennete_moyenne", Mesure(self.anciennete_moyenne)),
            ("anciennete_mediane", Mesure(self.anciennete_mediane)),
            ("baux", Compte(self.baux)),
            ("tension", Mesure(self.tension)),
            ("delai_moyen", Mesure(self.delai_moyen)),
            ("delai_median", Mesure(self.delai_median)),
            ("taux_satisfaction", Mesure(self.taux_satisfaction)),
            ("baux_hors_qpv", Compte(self.baux_hors_qpv)),
            ("q1_hors_qpv", Compte(self.q1_hors_qpv)),
            ("part_q1_hors_qpv", Mesure(self.part_q1_hors_qpv)),
            ("baux_qpv", Compte(self.baux_qpv)),
            ("q2_q4_qpv", Compte(self.q2_q4_qpv)),
            ("part_q2_q4_qpv", Mesure(self.part_q2_q4_qpv)),
            ("prioritaires", Compte(self.prioritaires)),
            ("logements", Compte(self.logements)),
            ("taux_vacance", Mesure(self.taux_vacance)),
            ("taux_mobilite", Mesure(self.taux_mobilite)),
        ]
    }
}

impl<T: Copy> Valeur<T> {
    /// The figure, where it is told.
    #[must_use]
    pub fn dite(self) -> Option<T> {
        match self {
            Self::Dite(value) => Some(value),
            Self::Secrete | Self::Absente => None,
        }
    }

    fn with<U, V>(self, other: Valeur<U>, both: impl FnOnce(T, U) -> Valeur<V>) -> Valeur<V> {
        match (self, other) {
            (Self::Dite(a), Valeur::Dite(b)) => both(a, b),
            (Self::Absente, _) | (_, Valeur::Absente) => Valeur::Absente,
            _ => Valeur::Secrete,
        }
    }
}

impl Valeur<i64> {
    /// What both count together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| Self::Dite(a + b))
    }

    /// How many for one of the other.
    #[must_use]
    pub fn over(self, other: Self) -> Valeur<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        self.with(other, |a, b| if b == 0 { Valeur::Absente } else { Valeur::Dite(a as f64 / b as f64) })
    }
}

/// Cells of households that are DALO or priority, whoever holds the right to the dwelling.
const PRIORITAIRES: [&str; 3] = ["colact_prioritaires", "colter_prioritaires", "reste_prioritaires"];

impl Edition {
    /// What some cells of a breakdown count together in a territory.
    #[must_use]
    pub fn count(&self, lieu: &Lieu, ventilation: &str, cellules: &[&str]) -> Valeur<i64> {
        let Some(rang) = self.rang(ventilation) else { return Valeur::Absente };
        match &lieu.effectifs[rang] {
            Effectifs::Absent => Valeur::Absente,
            Effectifs::Secret => Valeur::Secrete,
            Effectifs::Dits { detail, comptes } => {
                self.ventilations[rang].sum(*detail, comptes, cellules).map_or(Valeur::Secrete, Valeur::Dite)
            }
        }
    }

    /// Headline figures of a territory.
    #[must_use]
    pub fn synthese(&self, lieu: &Lieu) -> Synthese {
        let count = |ventilation: &str, cellules: &[&str]| self.count(lieu, ventilation, cellules);
        let demandes = count("demandes", &["ensemble"]);
        let baux = count("baux", &["ensemble"]);
        let stock = count("demandes_mouvements", &["anciennes_restees", "anciennes_sorties"]);
        let asked = stock.plus(count("demandes_mouvements", &["deposees_restees", "deposees_sorties"]));
        let left = count("demandes_mouvements", &["anciennes_sorties", "deposees_sorties"]);
        let q1_hors_qpv = count("baux_mixite", &["hors_qpv_q1"]);
        let baux_hors_qpv = q1_hors_qpv.plus(count("baux_mixite", &["hors_qpv_autres"]));
        let q2_q4_qpv = count("baux_mixite", &["qpv_q2_q4"]);
        let baux_qpv = q2_q4_qpv.plus(count("baux_mixite", &["qpv_autres"]));
        let vacants = count("parc_occupation", &["vacants"]);
        let mobiles = count("parc_mobilite", &["mobiles"]);
        Synthese {
            demandes,
            part_mutations: count("demandes_population", &["mutation"]).over(demandes),
            anciennete_moyenne: lieu.anciennete.moyenne,
            anciennete_mediane: lieu.anciennete.mediane,
            baux,
            tension: demandes.over(baux),
            delai_moyen: lieu.delai.moyenne,
            delai_median: lieu.delai.mediane,
            taux_satisfaction: match (left, baux) {
                (Valeur::Dite(0), Valeur::Dite(1..)) => Valeur::Absente,
                _ => baux.over(asked),
            },
            baux_hors_qpv,
            q1_hors_qpv,
            part_q1_hors_qpv: q1_hors_qpv.over(baux_hors_qpv),
            baux_qpv,
            q2_q4_qpv,
            part_q2_q4_qpv: q2_q4_qpv.over(baux_qpv),
            prioritaires: count("baux_priorites", &PRIORITAIRES),
            logements: count("parc", &["ensemble"]),
            taux_vacance: vacants.over(vacants.plus(count("parc_occupation", &["loues"]))),
            taux_mobilite: mobiles.over(mobiles.plus(count("parc_mobilite", &["stables"]))),
        }
    }
}

impl Ventilation {
    /// What cells count together, where groups of this detail make them up.
    fn sum(&self, detail: usize, comptes: &[i64], cellules: &[&str]) -> Option<i64> {
        let groupes = || self.detail[detail].groupes.iter().zip(comptes);
        let within = |cells: &[String]| cells.iter().all(|cell| cellules.contains(&cell.as_str()));
        let same = |cells: &[String]| cells.len() == cellules.len() && within(cells);
        if let Some((_, n)) = groupes().find(|(groupe, _)| same(&groupe.cellules)) {
            return Some(*n);
        }
        // Groups that overlap do not add up.
        let parts: Vec<_> = groupes().filter(|(groupe, _)| !self.par_cellule && within(&groupe.cellules)).collect();
        let covered: usize = parts.iter().map(|(groupe, _)| groupe.cellules.len()).sum();
        (covered == cellules.len()).then(|| parts.iter().map(|(_, n)| **n).sum())
    }
}
