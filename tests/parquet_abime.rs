//! Parquet files damaged at random are read or refused, in a process of their own: their reader trusts the size that a page
//! declares, up to two gigabytes, and panics where it should refuse.

use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::formes::{Registre, Valeur, damaged};

#[test]
fn damaged_parquet_is_read_or_refused() {
    let colonnes = ["numero_unique", "date_depot", "nb_personnes", "communes"].map(str::to_owned).to_vec();
    let lignes = (0..40_u32).map(|i| {
        let date = chrono::NaiveDate::from_ymd_opt(2024, 1 + i % 12, 1).unwrap();
        let persons = if i % 7 == 0 { Valeur::Vide } else { Valeur::Nombre(f64::from(i)) };
        vec![Valeur::Texte(format!("N{i}")), Valeur::Date(date), persons, Valeur::Texte("63113".to_owned())]
    });
    let good = Registre { colonnes, lignes: lignes.collect() }.parquet();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d.parquet");
    let seconds = std::env::var("BILAN_SECONDES").ok().and_then(|s| s.parse().ok()).unwrap_or(2);
    std::panic::set_hook(Box::new(|panic| {
        if !bilan::ingest::is_protected() {
            eprintln!("{panic}");
        }
    }));
    let start = Instant::now();
    let (mut seed, mut read, mut refused) = (0, 0, 0);
    while start.elapsed() < Duration::from_secs(seconds) {
        std::fs::write(&path, damaged(&good, &mut ChaCha8Rng::seed_from_u64(seed))).unwrap();
        match bilan::ingest::apercu(&bilan::reference::Resources::embedded(), &path, Some("demandes"), None).unwrap() {
            Ok(_) => read += 1,
            Err(refusals) => refused += usize::from(!refusals.is_empty()),
        }
        seed += 1;
    }
    assert_eq!(read + refused, usize::try_from(seed).unwrap());
    assert!(read > 0 && refused > 0, "{read} {refused}");
    eprintln!("parquet : {seed} fichiers, {read} lus");
}
