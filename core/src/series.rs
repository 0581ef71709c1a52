//! Totals by second, for charts. Memory is bounded: seconds are joined as they age.

use std::cmp::Reverse;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::histogram::{Buckets, Histogram};
use crate::sample::Sample;
use crate::time::Elapsed;

/// How many slots of each length are kept, before the two oldest are joined into one of the next.
///
/// Four minutes by the second, then as many slots of two seconds, of four, and so on: ten hours are
/// some 1,900 slots.
const PER_LENGTH: u32 = 240;

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
    /// The most users that were alive at the end of a second.
    pub n_users: u32,
    /// Their response times, to two digits.
    pub response_times: Buckets,
}

impl Slot {
    /// Adds what another shard did in the same time, or in a part of it.
    pub fn merge_shard(&mut self, other: &Self) {
        self.n_users += other.n_users;
        self.merge_counts(other);
    }

    /// Makes this slot longer by `next`, which follows it.
    pub fn join(&mut self, next: &Self) {
        self.secs += next.secs;
        self.n_users = self.n_users.max(next.n_users);
        self.merge_counts(next);
    }

    fn merge_counts(&mut self, other: &Self) {
        self.n_requests += other.n_requests;
        self.n_failures += other.n_failures;
        self.response_times.merge(&other.response_times);
    }
}

/// The seconds of a run so far, oldest first, without gaps.
#[derive(Clone, Debug)]
pub struct Series {
    closed: VecDeque<Slot>,
    // The second that is under way. Its histogram is apart, to be used again.
    open: Slot,
    open_times: Histogram,
}

impl Series {
    /// A series that begins with the second of `now`.
    pub fn new(now: Elapsed) -> Self {
        Self {
            closed: VecDeque::new(),
            open: second(secs(now)),
            open_times: Histogram::new(2),
        }
    }

    /// Counts a finished request.
    pub fn record(&mut self, sample: &Sample, n_users: u32) {
        self.advance(sample.done, n_users);
        self.open.n_requests += 1;
        self.open.n_failures += u64::from(sample.failure.is_some());
        self.open_times.record(sample.response_time());
    }

    /// Closes the seconds that have passed, and says how many users are alive now.
    pub fn advance(&mut self, now: Elapsed, n_users: u32) {
        while self.open.start < secs(now) {
            let next = second(self.open.start + 1);
            let mut closed = std::mem::replace(&mut self.open, next);
            closed.response_times = self.open_times.buckets();
            self.open_times.clear();
            self.open.n_users = closed.n_users;
            self.closed.push_back(closed);
            self.thin();
        }
        self.open.n_users = n_users;
    }

    /// All slots, the second under way last.
    pub fn slots(&self) -> Vec<Slot> {
        let mut open = self.open.clone();
        open.response_times = self.open_times.buckets();
        self.closed.iter().cloned().chain([open]).collect()
    }

    /// Joins the two oldest slots of a length where there are more than [`PER_LENGTH`].
    ///
    /// What is joined depends on the time alone, so the slots of shards fit together.
    fn thin(&mut self) {
        let mut length = 1;
        loop {
            let first = self.closed.partition_point(|slot| length < slot.secs);
            let end = self.closed.partition_point(|slot| length <= slot.secs);
            if end - first <= PER_LENGTH as usize {
                return;
            }
            if self.closed[first].start.is_multiple_of(2 * length) {
                let next = self
                    .closed
                    .remove(first + 1)
                    .expect("more than PER_LENGTH are there");
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
    let mut merged: Vec<Slot> = Vec::new();
    for slots in shards {
        let ours = std::mem::take(&mut merged);
        merged = merge_two(ours, slots.to_vec());
    }
    merged
}

fn merge_two(ours: Vec<Slot>, theirs: Vec<Slot>) -> Vec<Slot> {
    let mut merged = Vec::with_capacity(ours.len().max(theirs.len()));
    let mut sides = [ours.into_iter().peekable(), theirs.into_iter().peekable()];
    loop {
        // The longer of the two slots that come next, or the first of them.
        let next = sides.iter_mut().filter_map(|side| side.peek());
        let next = next.map(|slot| (slot.start, slot.start + slot.secs));
        let Some((start, end)) = next.min_by_key(|&(start, end)| (start, Reverse(end))) else {
            return merged;
        };
        let mut slot = Slot {
            start,
            secs: end - start,
            ..Slot::default()
        };
        for side in &mut sides {
            let mut part = Slot::default();
            while let Some(next) = side.next_if(|next| next.start < end) {
                part.join(&next);
            }
            slot.merge_shard(&part);
        }
        merged.push(slot);
    }
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
        let mut series = Series::new(Elapsed::ZERO);
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
            let mut series = Series::new(Elapsed::from_secs(start.into()));
            for &at in &seconds {
                series.record(&sample(Elapsed::from_secs(at.into()), 200), 1);
            }
            let slots = series.slots();
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
            mut a in proptest::collection::vec(0_u32..1500, 0..40),
            mut b in proptest::collection::vec(0_u32..1500, 0..40),
        ) {
            let mut both = [a.clone(), b.clone()].concat();
            for seconds in [&mut a, &mut b, &mut both] {
                seconds.sort_unstable();
            }
            let merged = merge([series(&a).slots().as_slice(), series(&b).slots().as_slice()]);
            let one = series(&both).slots();
            let counts = |slots: &[Slot]| -> Vec<(u32, u32, u64)> {
                slots.iter().map(|slot| (slot.start, slot.secs, slot.n_requests)).collect()
            };
            prop_assert_eq!(counts(&merged), counts(&one));
        }
    }
}
