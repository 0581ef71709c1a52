//! How sure a quantile is: its confidence interval.
//!
//! A run is a sample of what the target could have answered, so its quantiles are estimates. The
//! interval between two order statistics holds the true quantile with a known probability, whatever
//! the distribution: the number of n samples that are below the true quantile q is binomial with
//! mean n·q and variance n·q·(1 − q), near enough to normal where the interval fits at all. So the
//! ranks ⌊n·q − z·√(n·q·(1 − q))⌋ and ⌈n·q + z·√(n·q·(1 − q))⌉ + 1 with z = 1.96 enclose it in 95 of
//! 100 runs (W. J. Conover, Practical Nonparametric Statistics, section 3.2; J.-Y. Le Boudec,
//! Performance Evaluation of Computer and Communication Systems, section 2.2).
//!
//! It assumes independent samples. Response times of one run depend on each other, more so the closer
//! the target is to its limit, so the interval is the least that is unsure, not the most.
//!
//! A percentile of few requests is shown and marked. It is what was measured, so tables, thresholds,
//! reports and files all have it. Where a few requests more could move it anywhere, `≈` stands before
//! it, and a threshold says how many requests would do. Files for programs have the number alone.

use std::time::Duration;

use crate::measure::histogram::rank;
use crate::measure::snapshot::TimeTotals;

/// A quantile, with the interval that holds the true one with a confidence of 95 %.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Estimate {
    /// The interval would reach beyond the shortest or the longest time.
    TooFew {
        /// The smallest number of times that would be enough.
        needed: u64,
    },
    /// There are enough times. All three are as exact as the histogram.
    Value {
        /// The quantile, as [`TimeTotals::quantile`] has it.
        time: Duration,
        /// The lower end of the interval; at most `time`.
        low: Duration,
        /// The upper end of the interval; at least `time`.
        high: Duration,
    },
}

impl TimeTotals {
    /// The smallest time that at least the fraction `quantile` of all does not exceed, and how sure
    /// that is.
    ///
    /// `quantile` is in `[0, 1]`. At its ends it is the shortest or longest time, with both ends of
    /// the interval the same: they say something about this run and nothing about another.
    pub fn estimate(&self, quantile: f64) -> Estimate {
        let count = self.buckets.count();
        let (Some(min), Some(max), true) = (self.min, self.max, self.is_enough_for(quantile))
        else {
            return Estimate::TooFew {
                needed: needed(quantile),
            };
        };
        let at_rank = |rank| {
            let time = self.buckets.at_rank(rank);
            time.expect("ranks are in 1..=count").clamp(min, max)
        };
        let [low, high] = ranks(quantile, count);
        Estimate::Value {
            time: at_rank(rank(quantile, count)),
            low: at_rank(low),
            high: at_rank(high),
        }
    }
}

impl TimeTotals {
    /// Whether there are enough times for an [`estimate`](Self::estimate) of `quantile`.
    pub fn is_enough_for(&self, quantile: f64) -> bool {
        is_enough(quantile, self.buckets.count())
    }
}

/// The standard normal distribution has 95 % between −z and z.
const Z: f64 = 1.96;

/// The ranks that enclose the quantile, if there are enough samples.
fn ranks(quantile: f64, count: u64) -> [u64; 2] {
    if is_end(quantile) {
        return [rank(quantile, count); 2];
    }
    let n = count as f64;
    let reach = Z * (n * quantile * (1.0 - quantile)).sqrt();
    let low = (n * quantile - reach).floor() as u64;
    let high = (n * quantile + reach).ceil() as u64 + 1;
    [low, high]
}

/// Whether the ranks are in `1..=count`.
fn is_enough(quantile: f64, count: u64) -> bool {
    let [low, high] = ranks(quantile, count);
    1 <= low && high <= count && 0 < count
}

/// The smallest number of times that is enough for an estimate of `quantile`, which is in `[0, 1]`.
///
/// With a = min(q, 1 − q), both ends are inside if n·a − z·√(n·q·(1 − q)) ≥ 1. That is a quadratic
/// inequality in √n; the loops mend the last bit.
pub fn needed(quantile: f64) -> u64 {
    if is_end(quantile) {
        return 1;
    }
    let scarce = quantile.min(1.0 - quantile);
    let reach = Z * (quantile * (1.0 - quantile)).sqrt();
    let root = (reach + (reach * reach + 4.0 * scarce).sqrt()) / (2.0 * scarce);
    let mut n = (root * root).ceil() as u64;
    while 1 < n && is_enough(quantile, n - 1) {
        n -= 1;
    }
    while n < u64::MAX && !is_enough(quantile, n) {
        n += 1;
    }
    n
}

fn is_end(quantile: f64) -> bool {
    quantile <= 0.0 || 1.0 <= quantile
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;
    use crate::testing::times;

    /// One of each length up to `n` µs. Up to 2,047 µs the histogram is exact.
    fn evenly(n: u64) -> TimeTotals {
        times((1..=n).map(Duration::from_micros))
    }

    #[track_caller]
    fn check(n: u64, quantile: f64, expected: [u64; 3]) {
        let [time, low, high] = expected.map(Duration::from_micros);
        let found = evenly(n).estimate(quantile);
        assert_eq!(found, Estimate::Value { time, low, high });
    }

    #[track_caller]
    fn check_too_few(n: u64, quantile: f64, needed: u64) {
        assert_eq!(evenly(n).estimate(quantile), Estimate::TooFew { needed });
        let enough = evenly(needed).estimate(quantile);
        assert!(matches!(enough, Estimate::Value { .. }), "{enough:?}");
    }

    #[test]
    fn the_interval_lies_between_order_statistics() {
        check(8, 0.5, [4, 1, 8]);
        check(49, 0.5, [25, 17, 33]);
        check(100, 0.5, [50, 40, 61]);
        check(1000, 0.95, [950, 936, 965]);
    }

    #[test]
    fn a_rare_quantile_needs_many_samples() {
        check_too_few(0, 0.5, 8);
        check_too_few(7, 0.5, 8);
        check_too_few(100, 0.95, 110);
        check_too_few(200, 0.99, 563);
        check_too_few(200, 0.999, 5662);
    }

    #[test]
    fn the_ends_are_exact() {
        check_too_few(0, 1.0, 1);
        check(1, 0.0, [1; 3]);
        check(50, 0.0, [1; 3]);
        check(50, 1.0, [50; 3]);
    }

    /// How many of 500 runs have the true quantile in their interval.
    fn coverage(quantile: f64, n: u64, seed: u64) -> usize {
        let mut rng = Rng::new(seed, 0);
        // Exponential, with a mean of 100 ms.
        let mut draw = || Duration::from_secs_f64(-0.1 * libm::log(1.0 - rng.unit()));
        let truth = Duration::from_secs_f64(-0.1 * libm::log(1.0 - quantile));
        let is_inside = |estimate| match estimate {
            Estimate::TooFew { .. } => panic!("{n} are enough"),
            Estimate::Value { low, high, .. } => low <= truth && truth <= high,
        };
        (0..500)
            .filter(|_| is_inside(times((0..n).map(|_| draw())).estimate(quantile)))
            .count()
    }

    /// Five standard deviations of a binomial of 500 with 95 % are 24. Rounding the ranks outward
    /// makes small samples cover more.
    #[test]
    fn the_truth_is_inside_in_nineteen_of_twenty_runs() {
        for (quantile, n) in [(0.5, 500), (0.9, 1000), (0.95, 800), (0.99, 2000)] {
            let n_inside = coverage(quantile, n, 1);
            assert!(
                (475 - 24..=475 + 20).contains(&n_inside),
                "{quantile} {n_inside}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_needed_is_the_least_that_is_enough(per_myriad in 1..10_000_u32) {
            let quantile = f64::from(per_myriad) / 1e4;
            let needed = needed(quantile);
            prop_assert!(is_enough(quantile, needed));
            prop_assert!(!(0..needed).any(|n| is_enough(quantile, n)));
        }

        #[test]
        fn the_interval_holds_the_estimate(
            n in 1_u64..3000,
            per_mille in 0..=1000_u32,
        ) {
            let totals = evenly(n);
            let quantile = f64::from(per_mille) / 1e3;
            if let Estimate::Value { time, low, high } = totals.estimate(quantile) {
                prop_assert!(low <= time && time <= high);
                prop_assert_eq!(Some(time), totals.quantile(quantile));
            }
        }
    }
}
