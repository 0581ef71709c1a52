//! Random numbers: one seeded stream per user. Nothing here asks the machine for randomness.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// A stream of random numbers that depends on nothing but its seed and its index.
///
/// Xoshiro256++ by name: what `rand` calls `SmallRng` is another generator on wasm32 than on
/// x86-64. For the same reason nothing here draws a `usize`.
#[derive(Clone, Debug)]
pub struct Rng(Xoshiro256PlusPlus);

impl Rng {
    /// The stream with number `index` of all that belong to `seed`.
    pub fn new(seed: u64, index: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(mix(mix(seed) ^ index)))
    }

    /// A number in `0..end`; `end` must not be zero.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }
}

/// Spreads neighboring numbers over all 64 bits, one to one (the finalizer of SplitMix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(seed: u64, index: u64) -> Vec<u64> {
        let mut rng = Rng::new(seed, index);
        (0..8).map(|_| rng.below(1_000_000)).collect()
    }

    #[test]
    fn the_same_seed_and_index_give_the_same_numbers() {
        assert_eq!(draw(7, 3), draw(7, 3));
        assert_ne!(draw(7, 3), draw(7, 4));
        assert_ne!(draw(7, 3), draw(8, 3));
        assert_ne!(draw(7, 8), draw(8, 7));
    }

    /// A change of these numbers is a change of every run that is repeated by its seed.
    #[test]
    fn the_numbers_are_the_same_on_every_target() {
        assert_eq!(draw(42, 0)[..4], [918_987, 726_624, 452_954, 747_074]);
    }
}
