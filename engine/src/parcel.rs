//! Snapshots on their way from the engine to the page, without what the page has already.
//!
//! A snapshot has whole series: some hundred KB after some hours, twice a second. But seconds that
//! are over change in one way only: they are joined as they age. So a parcel brings the new seconds,
//! and says how long the slots before them are, which the page joins by itself.
//!
//! What comes out is the snapshot that went in, or nothing: where a parcel is missing, those that
//! build on it are left out, until one comes that has everything.
//!
//! Every thirtieth second a parcel has everything. After ten hours with one row watched, parcels have
//! 7 KB on average, and the snapshots in them 141 KB.

use std::collections::BTreeMap;

use mayfly_core::http::request::RequestName;
use mayfly_core::measure::series::Slot;
use mayfly_core::measure::snapshot::Snapshot;
use mayfly_core::time::Elapsed;
use serde::{Deserialize, Serialize};

/// A snapshot, packed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Parcel {
    // Counts the parcels of a run.
    number: u32,
    // Without its series.
    snapshot: Snapshot,
    series: Part,
    // For each row that has a series, in order of name.
    rows: Vec<Part>,
}

/// A series, or what is new in it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
enum Part {
    /// What is new since the parcel before.
    New {
        /// Where the series begins.
        start: u32,
        /// The slots up to those that are new: how many of which length, in seconds, oldest first.
        lengths: Vec<(u32, u32)>,
        /// The slots that are new or may still have changed.
        slots: Vec<Slot>,
    },
    /// All of it.
    Whole(Vec<Slot>),
}

/// Packs the snapshots of one run, in order.
#[derive(Debug, Default)]
pub struct Packer {
    number: u32,
    sent: Known,
}

/// Unpacks the parcels of one run.
#[derive(Debug, Default)]
pub struct Unpacker {
    next: u32,
    received: Known,
}

/// The series of a snapshot.
#[derive(Debug, Default)]
struct Known {
    since: Elapsed,
    series: Vec<Slot>,
    rows: BTreeMap<RequestName, Vec<Slot>>,
}

impl Packer {
    /// So many parcels after one that has everything comes the next: every half minute.
    const WHOLE_EVERY: u32 = 60;

    /// Packs the last snapshot once more, with all that it has, for one who comes later. The parcels that
    /// follow build on it.
    pub fn pack_again(&self, mut snapshot: Snapshot) -> Parcel {
        let Known { series, rows, .. } = Known::take(&mut snapshot);
        Parcel {
            number: self.number.saturating_sub(1),
            series: Part::Whole(series),
            rows: rows.into_values().map(Part::Whole).collect(),
            snapshot,
        }
    }

    /// Packs the next snapshot.
    pub fn pack(&mut self, mut snapshot: Snapshot) -> Parcel {
        let known = Known::take(&mut snapshot);
        let is_last = !snapshot.state.is_active();
        let is_whole = is_last
            || self.number.is_multiple_of(Self::WHOLE_EVERY)
            || self.sent.since != known.since;
        let part = |old: Option<&Vec<Slot>>, new: &[Slot]| {
            let old = old.filter(|_| !is_whole);
            old.map_or_else(|| Part::Whole(new.to_vec()), |old| Part::new(old, new))
        };
        let rows = known.rows.iter();
        let parcel = Parcel {
            number: self.number,
            series: part(Some(&self.sent.series), &known.series),
            rows: rows
                .map(|(name, new)| part(self.sent.rows.get(name), new))
                .collect(),
            snapshot,
        };
        self.number += 1;
        self.sent = known;
        parcel
    }
}

impl Parcel {
    /// Whether it is the last of its run.
    pub fn is_last(&self) -> bool {
        !self.snapshot.state.is_active()
    }
}

impl Unpacker {
    /// The snapshot that was packed; `None` if it builds on a parcel that did not come.
    pub fn unpack(&mut self, parcel: Parcel) -> Option<Snapshot> {
        let Parcel {
            number,
            mut snapshot,
            series,
            rows,
        } = parcel;
        if number != self.next && !series.is_whole() {
            return None;
        }
        let mut received = Known {
            since: snapshot.since,
            series: series.slots(&self.received.series)?,
            rows: BTreeMap::new(),
        };
        let places = snapshot.rows.iter_mut().filter(|it| it.series.is_some());
        for (row, part) in places.zip(rows) {
            let old = self.received.rows.get(&row.name);
            let slots = part.slots(old.map_or(&[], Vec::as_slice))?;
            row.series = Some(slots.clone());
            received.rows.insert(row.name.clone(), slots);
        }
        snapshot.series.clone_from(&received.series);
        self.next = number + 1;
        self.received = received;
        Some(snapshot)
    }
}

impl Known {
    /// Takes the series out of `snapshot`, and leaves empty ones.
    fn take(snapshot: &mut Snapshot) -> Self {
        let mut rows = BTreeMap::new();
        rows.extend(snapshot.rows.iter_mut().filter_map(|row| {
            let slots = std::mem::take(row.series.as_mut()?);
            Some((row.name.clone(), slots))
        }));
        Self {
            since: snapshot.since,
            rows,
            series: std::mem::take(&mut snapshot.series),
        }
    }
}

impl Part {
    /// What is new in `new`, where `old` is known.
    fn new(old: &[Slot], new: &[Slot]) -> Self {
        // The last slot was under way.
        let known_end = old.last().map_or(0, |it| it.start);
        let n_known = new.partition_point(|it| it.start + it.secs <= known_end);
        let mut lengths: Vec<(u32, u32)> = Vec::new();
        for slot in &new[..n_known] {
            match lengths.last_mut() {
                Some((secs, count)) if *secs == slot.secs => *count += 1,
                _ => lengths.push((slot.secs, 1)),
            }
        }
        Self::New {
            start: new.first().map_or(0, |it| it.start),
            lengths,
            slots: new[n_known..].to_vec(),
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// The whole series, where `old` is known; `None` if that does not fit.
    fn slots(self, old: &[Slot]) -> Option<Vec<Slot>> {
        let (start, lengths, new) = match self {
            Self::Whole(slots) => return Some(slots),
            Self::New {
                start,
                lengths,
                slots,
            } => (start, lengths, slots),
        };
        let mut old = old.iter().peekable();
        let mut slots = Vec::new();
        let mut next = start;
        for secs in lengths
            .iter()
            .flat_map(|&(secs, count)| (0..count).map(move |_| secs))
        {
            let end = next.checked_add(secs)?;
            let mut joined = old.next_if(|it| it.start < end)?.clone();
            while let Some(more) = old.next_if(|it| it.start < end) {
                joined.join(more);
            }
            // The first slot of all may be longer by a time in which nothing was counted.
            slots.push(Slot {
                start: next,
                secs,
                ..joined
            });
            next = end;
        }
        slots.extend(new);
        Some(slots)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::time::Duration;

    use mayfly_core::running::shard::Command;
    use mayfly_core::testing::{Simulation, answer_after, class, load, name, plan, task};
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::encode;

    /// The snapshots of a run of so many seconds in which these commands were given.
    fn snapshots(secs: u64, commands: Vec<(u64, Command)>) -> Vec<Snapshot> {
        let mut user = class("A", 1);
        user.set.tasks = vec![task(1, "/a"), task(1, "/b")]
            .try_into()
            .expect("there are two tasks");
        let commands = commands.into_iter();
        let commands = commands.map(|(at, command)| (Elapsed::from_secs(at), command));
        let run = Simulation {
            commands: commands.collect(),
            ..Simulation::new(plan(vec![user], load(3, 1.0), secs), |at, _| {
                answer_after(Duration::from_millis(700 + at.as_secs() * 37 % 400), 200)
            })
        };
        run.run().snapshots
    }

    fn watch(path: &str) -> Command {
        Command::Watch([name(path)].into())
    }

    /// How large the parcels of the last half minute but one are, on average, and the last snapshot.
    fn sizes(secs: u64) -> (usize, usize) {
        // The last snapshot of all has what no other has.
        let mut snapshots = snapshots(secs, vec![(10, watch("/a"))]);
        snapshots.pop();
        let mut packer = Packer::default();
        let parcels = snapshots.iter().map(|it| packer.pack(it.clone()));
        let parts = parcels.filter(|it| !it.series.is_whole());
        let sizes: Vec<usize> = parts.map(|it| encode(&it).len()).collect();
        let last = &sizes[sizes.len() - 50..];
        let whole = snapshots.last().map_or(0, |it| encode(it).len());
        (last.iter().sum::<usize>() / last.len(), whole)
    }

    #[test]
    fn a_parcel_of_a_long_run_is_small() {
        let ((of_short, _), (of_long, whole)) = (sizes(900), sizes(3600));
        assert!(10 * of_long < whole, "{of_long} of {whole} bytes");
        assert!(
            10 * of_long < 11 * of_short,
            "{of_short} and {of_long} bytes"
        );
    }

    #[test]
    fn a_missing_parcel_is_missed_for_half_a_minute_at_most() {
        let snapshots = snapshots(60, Vec::new());
        let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
        let mut missed = 0;
        for (index, snapshot) in snapshots.iter().enumerate() {
            let parcel = packer.pack(snapshot.clone());
            if index == 7 {
                continue;
            }
            missed += usize::from(unpacker.unpack(parcel).is_none());
        }
        assert_eq!(missed, Packer::WHOLE_EVERY as usize - 8);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// What comes out is what went in, or nothing; and it is never nothing without a loss.
        #[test]
        fn snapshots_arrive_as_they_were_or_not_at_all(
            secs in 1_u64..900,
            resets in proptest::collection::vec(1_u64..900, 0..3),
            watches in proptest::collection::vec((1_u64..900, any::<bool>()), 0..4),
            lost in proptest::collection::vec(0_usize..2000, 0..6),
            is_read_rarely: bool,
        ) {
            let resets = resets.into_iter().map(|at| (at, Command::Reset));
            let watches = watches.into_iter().map(|(at, is_a)| (at, watch(if is_a { "/a" } else { "/b" })));
            let mut commands: Vec<(u64, Command)> = resets.chain(watches).collect();
            commands.sort_by_key(|it| it.0);
            let snapshots = snapshots(secs, commands);
            let step = if is_read_rarely { 97 } else { 1 };
            let (mut packer, mut unpacker) = (Packer::default(), Unpacker::default());
            let mut has_all = true;
            for (index, snapshot) in snapshots.iter().step_by(step).enumerate() {
                let parcel = packer.pack(snapshot.clone());
                has_all |= parcel.series.is_whole();
                if lost.contains(&index) {
                    has_all = false;
                    continue;
                }
                let unpacked = unpacker.unpack(parcel);
                prop_assert_eq!(unpacked.is_some(), has_all, "{}", index);
                if let Some(unpacked) = unpacked {
                    prop_assert_eq!(&unpacked, snapshot);
                }
            }
        }
    }
}
