//! Totals by second, for charts. Memory is bounded: seconds are joined as they age.
//!
//! The last four minutes are kept by the second, then as many slots of two seconds, of four, and so
//! on: ten hours are some 1,900 slots. What is joined depends on time alone, so the slots of shards
//! fit together. Each row has such a series too, of one minute by the second; it is in snapshots only
//! where a threshold or a person looks at it, and at the end.

use std::cmp::Reverse;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::measure::histogram::{Buckets, Histogram};
use crate::measure::sample::Sample;
use crate::time::{Elapsed, micros};

pub(crate) mod columns;

/// Totals of the requests that were done in one stretch of a run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Slot {
    /// First second, counted from the start of the run; a multiple of `secs`.
    pub start: u32,
    /// How many seconds; a power of two.
    pub secs: u32,
    /// Requests done, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
    /// Arrivals, dropped ones included; zero in a closed model and in the series of a row.
    pub n_arrivals: u64,
    /// Arrivals that found no free user; zero in the series of a row.
    pub n_dropped: u64,
    /// The most users that were alive at the end of a second, or at any time in the second under way;
    /// zero in the series of a row.
    pub n_users: u32,
    /// Sum of the response times, in µs.
    pub sum_micros: u64,
    /// Sum of the service times, in µs. The rest of the response times, requests waited in the generator.
    pub service_micros: u64,
    /// The response times, to two digits.
    pub response_times: Buckets,
}

impl Slot {
    /// Makes this slot longer by `next`, which follows it.
    pub fn join(&mut self, next: &Self) {
        self.secs += next.secs;
        self.n_users = self.n_users.max(next.n_users);
        self.add_counts(next);
        self.response_times.merge(&next.response_times);
    }

    /// The means of the response times, the service times and the own queue, in ms: the first is the sum
    /// of the others. `None` if nothing was done.
    pub fn mean_parts(&self) -> Option<[f64; 3]> {
        let mean = |micros: u64| micros as f64 / 1e3 / self.n_requests as f64;
        let own_queue = self.sum_micros.saturating_sub(self.service_micros);
        let parts = [self.sum_micros, self.service_micros, own_queue];
        (0 < self.n_requests).then(|| parts.map(mean))
    }

    /// Whether requests waited in the generator long enough to be seen beside their response times.
    pub fn has_own_queue(&self) -> bool {
        self.mean_parts().is_some_and(|[response, _, own_queue]| {
            Self::QUEUE_SEEN <= own_queue && Self::QUEUE_SEEN_PART * response <= own_queue
        })
    }

    /// In ms: a shorter wait is one of a few turns of the loop.
    const QUEUE_SEEN: f64 = 1.0;

    /// A smaller part of the response times does not show in a line.
    const QUEUE_SEEN_PART: f64 = 0.05;

    fn add_counts(&mut self, other: &Self) {
        self.n_requests += other.n_requests;
        self.n_failures += other.n_failures;
        self.n_arrivals += other.n_arrivals;
        self.n_dropped += other.n_dropped;
        self.sum_micros += other.sum_micros;
        self.service_micros += other.service_micros;
    }
}

/// The seconds of a run so far, oldest first, without gaps.
///
/// The newest [`per_length`](Self::new) are kept one by one, then as many slots of two seconds, of
/// four, and so on. A slot takes some 90 bytes, and if anything happened in it the bytes of its
/// [`Buckets`], typically 50 to 150.
#[derive(Clone, Debug)]
pub struct Series {
    // How many slots of each length there are before the two oldest are joined.
    per_length: u32,
    closed: VecDeque<Slot>,
    // The second that is under way. Its histogram is apart, to be used again.
    open: Slot,
    open_times: Histogram,
    // The most users in the second under way: a run may end before that is over.
    open_peak: u32,
}

impl Series {
    /// For all rows together: four minutes by the second; ten hours are some 1,900 slots.
    pub const FINE: u32 = 240;

    /// For a single row: one minute by the second; ten hours are some 600 slots.
    pub const COARSE: u32 = 60;

    /// A series that begins with the second of `now`, with up to `per_length` slots of each length.
    pub fn new(now: Elapsed, per_length: u32) -> Self {
        Self {
            per_length,
            closed: VecDeque::new(),
            open: second(secs(now)),
            open_times: Histogram::new(2),
            open_peak: 0,
        }
    }

    /// Counts a finished request.
    pub fn record(&mut self, sample: &Sample, n_users: u32) {
        self.advance(sample.done, n_users);
        self.open.n_requests += 1;
        self.open.n_failures += u64::from(sample.failure.is_some());
        self.open.sum_micros += micros(sample.response_time());
        self.open.service_micros += micros(sample.service_time());
        self.open_times.record(sample.response_time());
    }

    /// Counts an arrival.
    pub fn record_arrival(&mut self, now: Elapsed) {
        self.advance(now, self.open.n_users);
        self.open.n_arrivals += 1;
    }

    /// Says that an arrival, which was counted, found no free user.
    pub fn record_dropped(&mut self, now: Elapsed) {
        self.advance(now, self.open.n_users);
        self.open.n_dropped += 1;
    }

    /// Closes the seconds that have passed, and says how many users are alive now.
    pub fn advance(&mut self, now: Elapsed, n_users: u32) {
        while self.open.start < secs(now) {
            let next = second(self.open.start + 1);
            let mut closed = std::mem::replace(&mut self.open, next);
            closed.response_times = self.open_times.buckets();
            self.open_times.clear();
            self.open.n_users = closed.n_users;
            self.open_peak = closed.n_users;
            self.closed.push_back(closed);
            self.thin();
        }
        if self.open.n_users != n_users {
            self.open.n_users = n_users;
            self.open_peak = self.open_peak.max(n_users);
        }
    }

    /// All slots, the second under way last.
    pub fn slots(&self) -> Vec<Slot> {
        let mut open = self.open.clone();
        open.n_users = self.open_peak;
        open.response_times = self.open_times.buckets();
        self.closed.iter().cloned().chain([open]).collect()
    }

    /// Joins the two oldest slots of a length where there are more than `per_length`.
    ///
    /// What is joined depends on the time alone, so the slots of shards fit together, also where
    /// they began to count at different times.
    fn thin(&mut self) {
        let mut length = 1;
        loop {
            let first = self.closed.partition_point(|slot| length < slot.secs);
            let end = self.closed.partition_point(|slot| length <= slot.secs);
            if end - first <= self.per_length as usize {
                return;
            }
            if self.closed[first].start.is_multiple_of(2 * length) {
                let next = self
                    .closed
                    .remove(first + 1)
                    .expect("more than `per_length` are there");
                self.closed[first].join(&next);
            } else {
                // The first slot of all, where the series does not start at zero. It has no partner,
                // so it is made longer by the time before it, in which nothing was counted.
                self.closed[first].start -= length;
                self.closed[first].secs += length;
            }
            length *= 2;
        }
    }
}

/// Puts the slots of several shards together.
///
/// Shards that were read at different times may have joined different slots; the longer one is
/// taken then.
pub fn merge<'a>(shards: impl IntoIterator<Item = &'a [Slot]>) -> Vec<Slot> {
    let mut shards: Vec<&[Slot]> = shards.into_iter().collect();
    if let [only] = shards.as_slice() {
        return only.to_vec();
    }
    let mut merged = Vec::new();
    loop {
        // The longest of the slots that come next, or the first of them.
        let next = shards.iter().filter_map(|slots| slots.first());
        let next = next.map(|slot| (slot.start, slot.start + slot.secs));
        let Some((start, end)) = next.min_by_key(|&(start, end)| (start, Reverse(end))) else {
            return merged;
        };
        let parts = shards.iter_mut().map(|slots| {
            let (part, rest) = slots.split_at(slots.partition_point(|slot| slot.start < end));
            *slots = rest;
            part
        });
        merged.push(slot(start, end, &Vec::from_iter(parts)));
    }
}

/// The slot from `start` to `end`, of which `shards` are the parts.
fn slot(start: u32, end: u32, shards: &[&[Slot]]) -> Slot {
    let parts = || shards.iter().copied().flatten();
    let n_users = |part: &[Slot]| part.iter().map(|it| it.n_users).max().unwrap_or(0);
    let mut slot = Slot {
        start,
        secs: end - start,
        n_users: shards.iter().map(|part| n_users(part)).sum(),
        response_times: Buckets::merged(parts().map(|it| &it.response_times)),
        ..Slot::default()
    };
    for part in parts() {
        slot.add_counts(part);
    }
    slot
}

fn second(start: u32) -> Slot {
    Slot {
        start,
        secs: 1,
        ..Slot::default()
    }
}

fn secs(now: Elapsed) -> u32 {
    u32::try_from(now.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::sample;

    /// A series with one request at each of `seconds`.
    fn series(seconds: &[u32]) -> Series {
        series_from(0, seconds)
    }

    fn series_from(start: u32, seconds: &[u32]) -> Series {
        let mut series = Series::new(Elapsed::from_secs(start.into()), Series::FINE);
        for &at in seconds {
            series.record(&sample(Elapsed::from_secs(at.into()), 200), 1);
        }
        series
    }

    fn lengths(slots: &[Slot]) -> Vec<u32> {
        let mut lengths: Vec<u32> = slots.iter().map(|slot| slot.secs).collect();
        lengths.dedup();
        lengths
    }

    #[test]
    fn quiet_seconds_are_there_too() {
        let slots = series(&[0, 3, 3]).slots();
        let counts: Vec<u64> = slots.iter().map(|slot| slot.n_requests).collect();
        assert_eq!(counts, [1, 0, 0, 2]);
    }

    #[test]
    fn old_seconds_are_joined_and_lose_nothing() {
        let mut series = series(&(0..2000).collect::<Vec<_>>());
        series.advance(Elapsed::from_secs(36_000), 0);
        let slots = series.slots();
        assert_eq!(slots.iter().map(|slot| slot.n_requests).sum::<u64>(), 2000);
        assert_eq!(lengths(&slots), [128, 64, 32, 16, 8, 4, 2, 1]);
        assert!(slots.len() < 2000, "{}", slots.len());
    }

    #[test]
    fn a_coarse_series_of_ten_hours_is_short() {
        let mut series = Series::new(Elapsed::ZERO, Series::COARSE);
        series.advance(Elapsed::from_secs(36_000), 0);
        let slots = series.slots();
        assert_eq!(lengths(&slots)[0], 512);
        assert!(slots.len() < 610, "{}", slots.len());
        assert_eq!(slots[slots.len() - 60].secs, 1);
    }

    #[test]
    fn a_dropped_arrival_is_counted_in_its_second() {
        let mut series = series(&[0]);
        series.record_dropped(Elapsed::from_secs(2));
        let slots = series.slots();
        let counts: Vec<_> = slots.iter().map(|it| (it.n_dropped, it.n_users)).collect();
        assert_eq!(counts, [(0, 1), (0, 1), (1, 1)]);
    }

    #[test]
    fn a_slot_has_the_sum_of_its_times() {
        let slots = series(&[1, 1]).slots();
        assert_eq!(slots[1].sum_micros, 20_000);
        assert_eq!(slots[1].mean_parts(), Some([10.0, 10.0, 0.0]));
        assert_eq!(slots[0].mean_parts(), None);
    }

    #[test]
    fn what_requests_waited_for_is_apart_from_what_the_target_took() {
        let slot = |sum_micros, service_micros| Slot {
            n_requests: 10,
            sum_micros,
            service_micros,
            ..second(0)
        };
        let waited = slot(1_410_000, 56_000);
        assert_eq!(waited.mean_parts(), Some([141.0, 5.6, 135.4]));
        assert!(waited.has_own_queue());
        for unseen in [slot(100_000, 96_000), slot(9_000, 0), second(0)] {
            assert!(!unseen.has_own_queue(), "{unseen:?}");
        }
        let mut series = Series::new(Elapsed::ZERO, Series::FINE);
        let sent = Elapsed::from_micros(4_000);
        series.record(
            &Sample {
                sent,
                ..sample(Elapsed::from_micros(10_000), 200)
            },
            1,
        );
        let found = series.slots()[0].clone();
        assert_eq!((found.sum_micros, found.service_micros), (10_000, 6_000));
    }

    #[test]
    fn a_second_that_is_cut_off_has_the_users_of_before() {
        let mut series = Series::new(Elapsed::ZERO, Series::FINE);
        let n_users = |series: &Series| Vec::from_iter(series.slots().iter().map(|it| it.n_users));
        series.advance(Elapsed::from_micros(100_000), 3);
        series.advance(Elapsed::from_micros(200_000), 0);
        assert_eq!(n_users(&series), [3]);
        series.advance(Elapsed::from_micros(1_100_000), 2);
        series.advance(Elapsed::from_micros(1_200_000), 0);
        assert_eq!(n_users(&series), [0, 2]);
    }

    #[test]
    fn the_most_users_of_joined_seconds_are_kept() {
        let mut slot = Slot {
            n_users: 3,
            ..second(0)
        };
        slot.join(&Slot {
            n_users: 5,
            ..second(1)
        });
        slot.join(&Slot {
            n_users: 4,
            ..second(2)
        });
        assert_eq!((slot.secs, slot.n_users), (3, 5));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn slots_follow_each_other_without_gaps(
            start in 0_u32..100,
            mut seconds in proptest::collection::vec(100_u32..3000, 1..50),
        ) {
            seconds.sort_unstable();
            let slots = series_from(start, &seconds).slots();
            let mut next = slots[0].start;
            prop_assert!(next <= start && start < next + slots[0].secs);
            for slot in slots {
                prop_assert_eq!(slot.start, next);
                next += slot.secs;
            }
            prop_assert_eq!(next, seconds[seconds.len() - 1] + 1);
        }

        /// Two shards that were read at different times have all their requests in the right
        /// second, as one series would.
        #[test]
        fn merging_shards_is_the_same_as_one_series(
            a in seconds(0..1500),
            b in seconds(0..1500),
        ) {
            let one = series(&together(&a, &b)).slots();
            let [ours, theirs] = [a, b].map(|it| series(&it).slots());
            prop_assert_eq!(counts(&merge([&*ours, &*theirs])), counts(&one));
        }

        /// The series of a row begins with its first request, which is not the same in all shards.
        #[test]
        fn shards_that_begin_at_different_times_fit_together(
            a in (0_u32..1500).prop_flat_map(|start| seconds(start..2000)),
            b in (0_u32..1500).prop_flat_map(|start| seconds(start..2000)),
            end in 2000_u32..4000,
        ) {
            let read = |seconds: &[u32]| {
                let mut series = series_from(seconds[0], seconds);
                series.advance(Elapsed::from_secs(end.into()), 0);
                series.slots()
            };
            let merged = merge([&*read(&a), &*read(&b)]);
            prop_assert_eq!(counts(&merged), counts(&read(&together(&a, &b))));
        }
    }

    fn seconds(range: std::ops::Range<u32>) -> impl Strategy<Value = Vec<u32>> {
        let seconds = proptest::collection::vec(range, 1..40);
        seconds.prop_map(|it| together(&it, &[]))
    }

    fn together(a: &[u32], b: &[u32]) -> Vec<u32> {
        let mut both = [a, b].concat();
        both.sort_unstable();
        both
    }

    fn counts(slots: &[Slot]) -> Vec<(u32, u32, u64)> {
        let counts = slots.iter().map(|it| (it.start, it.secs, it.n_requests));
        counts.collect()
    }
}
