//! Distributions of times: [`Histogram`] to record into, [`Buckets`] to send, merge and read.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::micros;

/// The longest time told apart: one hour. Longer ones count as this.
pub const MAX: Duration = Duration::from_secs(3600);

/// Records times from one microsecond to [`MAX`].
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: hdrhistogram::Histogram<u32>,
}

impl Histogram {
    /// An empty one that keeps `digits` significant digits, in `1..=5`.
    ///
    /// Three digits are an error of at most 0.1 %. Memory grows with the longest time recorded, up
    /// to 94 KB for three digits and 13 KB for two.
    pub fn new(digits: u8) -> Self {
        let counts = hdrhistogram::Histogram::new(digits).expect("digits are in 1..=5");
        Self { counts }
    }

    /// Counts one time.
    pub fn record(&mut self, time: Duration) {
        let recorded = self.counts.record(micros(time.min(MAX)));
        recorded.expect("the histogram grows as needed");
    }

    /// Forgets all times, and keeps the memory.
    pub fn clear(&mut self) {
        self.counts.reset();
    }

    /// What was recorded.
    pub fn buckets(&self) -> Buckets {
        let filled = self.counts.iter_recorded();
        Buckets(
            filled
                .map(|it| (it.value_iterated_to(), it.count_since_last_iteration()))
                .collect(),
        )
    }
}

/// The filled buckets of a histogram, as (largest time of the bucket in µs, count), ascending.
///
/// This is what crosses from a shard to the page: it is small, can be merged with that of other
/// shards, and loses nothing that the histogram had.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Buckets(Vec<(u64, u64)>);

impl Buckets {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        let mut merged = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => (a.0, a.1 + b.1),
                (Some(&&a), Some(b)) if a.0 < b.0 => a,
                (Some(&&a), None) => a,
                (_, Some(&&b)) => b,
                (None, None) => break,
            };
            ours.next_if(|it| it.0 == next.0);
            theirs.next_if(|it| it.0 == next.0);
            merged.push(next);
        }
        self.0 = merged;
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.0.iter().map(|&(_, count)| count).sum()
    }

    /// The smallest time that at least the fraction `quantile` of all times does not exceed;
    /// `None` if there are none.
    ///
    /// `quantile` is in `[0, 1]`. The answer is the upper end of a bucket, so it is at most the
    /// histogram's precision too large.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let count = self.count();
        let rank = ((quantile * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        let bucket = self.0.iter().find(|&&(_, count)| {
            seen += count;
            rank <= seen
        });
        bucket.map(|&(value, _)| Duration::from_micros(value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn buckets(millis: &[u64]) -> Buckets {
        let mut histogram = Histogram::new(3);
        for &it in millis {
            histogram.record(Duration::from_millis(it));
        }
        histogram.buckets()
    }

    #[track_caller]
    fn check(millis: &[u64], quantile: f64, expected: Option<u128>) {
        let found = buckets(millis).quantile(quantile).map(|it| it.as_millis());
        assert_eq!(found, expected);
    }

    #[test]
    fn a_quantile_is_a_time_that_was_recorded() {
        check(&[10, 20, 30, 40], 0.0, Some(10));
        check(&[10, 20, 30, 40], 0.5, Some(20));
        check(&[10, 20, 30, 40], 0.51, Some(30));
        check(&[10, 20, 30, 40], 1.0, Some(40));
    }

    #[test]
    fn without_times_there_is_no_quantile() {
        check(&[], 0.5, None);
    }

    #[test]
    fn more_than_an_hour_counts_as_an_hour() {
        // The upper end of the bucket that holds one hour.
        check(&[10_000_000], 0.5, Some(3_600_809));
    }

    proptest! {
        #[test]
        fn merging_is_the_same_as_recording_together(
            a in proptest::collection::vec(0_u64..100_000, 0..50),
            b in proptest::collection::vec(0_u64..100_000, 0..50),
        ) {
            let mut merged = buckets(&a);
            merged.merge(&buckets(&b));
            prop_assert_eq!(&merged, &buckets(&[a.clone(), b.clone()].concat()));

            let mut other_way = buckets(&b);
            other_way.merge(&buckets(&a));
            prop_assert_eq!(merged, other_way);
        }

        /// By definition: sort, and take the first with enough at or below it.
        #[test]
        fn a_quantile_is_what_sorting_finds(
            mut millis in proptest::collection::vec(0_u64..3_000_000, 1..60),
            quantile in 0.0..=1.0_f64,
        ) {
            let found = buckets(&millis).quantile(quantile).unwrap().as_secs_f64() * 1e3;
            millis.sort_unstable();
            let rank = ((quantile * millis.len() as f64).ceil() as usize).max(1);
            let exact = millis[rank - 1] as f64;
            prop_assert!(exact <= found + 1e-9 && found <= exact * 1.001 + 0.001, "{found} {exact}");
        }
    }
}
