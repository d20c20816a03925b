//! Draws among weighted choices.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// One of the choices, each as likely as its weight; there is at least one.
pub(super) fn draw<T: Copy>(choices: &[(T, u32)], rng: &mut ChaCha8Rng) -> T {
    let total: u32 = choices.iter().map(|(_, weight)| weight).sum();
    let mut draw = rng.random_range(0..total);
    for (choice, weight) in choices {
        if draw < *weight {
            return *choice;
        }
        draw -= weight;
    }
    choices[0].0
}
