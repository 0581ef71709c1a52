//! The last seconds of one row, for conditions with a window.

use std::collections::VecDeque;
use std::ops::Range;

use crate::measure::series::Slot;

/// The newest slots of one series, as far back as the longest window.
///
/// The series of a board is thinned as it ages, and this is not: a board that is read once a minute
/// or more often shows every second by itself.
#[derive(Clone, Debug)]
pub(super) struct RecentSlots {
    // Without gaps.
    slots: VecDeque<Slot>,
    // Up to where slots were taken from the series, in seconds.
    next: u64,
    longest_secs: u32,
}

impl RecentSlots {
    /// An empty one, for windows of up to `longest_secs`.
    pub(super) fn new(longest_secs: u32) -> Self {
        Self {
            slots: VecDeque::new(),
            next: 0,
            longest_secs,
        }
    }

    /// The slots of `series` that are new and lie in the seconds `whole`, without gaps.
    ///
    /// Where the series says nothing, there were no requests.
    pub(super) fn take_new(&mut self, series: &[Slot], whole: Range<u64>) -> Vec<Slot> {
        if self.next < whole.start {
            self.skip_to(whole.start);
        }
        let mut end = whole.end;
        let mut new = Vec::new();
        for slot in series {
            let slot_end = u64::from(slot.start) + u64::from(slot.secs);
            if whole.end < slot_end {
                end = end.min(slot.start.into());
                break;
            }
            if slot_end <= self.next {
                continue;
            }
            if u64::from(slot.start) < self.next {
                // Its seconds were joined, and some of them were taken before.
                self.skip_to(slot_end);
                new.clear();
                continue;
            }
            self.take_quiet(slot.start.into(), &mut new);
            new.push(slot.clone());
            self.next = slot_end;
        }
        self.take_quiet(end, &mut new);
        new
    }

    fn take_quiet(&mut self, end: u64, new: &mut Vec<Slot>) {
        while self.next < end {
            let Ok(start) = u32::try_from(self.next) else {
                return;
            };
            new.push(Slot {
                start,
                secs: 1,
                ..Slot::default()
            });
            self.next += 1;
        }
    }

    fn skip_to(&mut self, second: u64) {
        self.slots.clear();
        self.next = second;
    }

    /// Adds a slot that follows the last, and forgets those that are too old for any window.
    pub(super) fn push(&mut self, slot: Slot) {
        let end = slot.start + slot.secs;
        self.slots.push_back(slot);
        while let Some(first) = self.slots.front()
            && first.start + first.secs + self.longest_secs <= end
        {
            self.slots.pop_front();
        }
    }

    /// The slots of the last `secs` seconds, newest first; `None` unless they are there, and the
    /// first begins where the window does.
    pub(super) fn window(&self, secs: u32) -> Option<impl Iterator<Item = &Slot> + Clone> {
        let last = self.slots.back()?;
        let start = (last.start + last.secs).checked_sub(secs)?;
        let first = self.slots.partition_point(|slot| slot.start < start);
        (self.slots.get(first)?.start == start).then(|| self.slots.range(first..).rev())
    }
}
