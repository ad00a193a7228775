//! Owns what tests of quality have in common: where the data is, and attacks put into ordinary text.

use std::path::PathBuf;

use crate::templates::Dice;

/// The development data, where there is any.
pub fn shared_data() -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let named = std::env::var_os("PATOU_SHARED_DATA").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    named.is_dir().then_some(named)
}

/// A figure is what it was committed as, within a hundredth.
pub fn close(figure: f32, committed: f32) {
    assert!((figure - committed).abs() <= 0.01, "{figure} is not {committed}");
}

/// Each attack put between two lines of a carrier.
pub fn hidden_in(attacks: &[String], carriers: &[String]) -> Vec<String> {
    let mut dice = Dice(5);
    let put = |attack: &String| {
        let carrier = dice.pick(carriers).unwrap();
        let from = carrier.floor_char_boundary(dice.below(carrier.len()));
        let carrier = &carrier[from..carrier.floor_char_boundary(from + 3000)];
        let breaks: Vec<usize> = carrier.match_indices(['\n', '.']).map(|(at, _)| at + 1).collect();
        let at = dice.pick(&breaks).copied().unwrap_or(carrier.len());
        format!("{} {attack} {}", &carrier[..at], &carrier[at..])
    };
    attacks.iter().map(put).collect()
}
