//! A series as the charts show it: rates instead of counts, percentiles instead of buckets.

use mayfly_core::measure::series::Slot;

/// The percentiles that are shown over time, as fractions.
pub(crate) const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// Stretches of a run, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    /// Without gaps.
    pub stretches: Vec<Stretch>,
}

/// What happened in a stretch of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Stretch {
    /// When it began, in seconds since the run did.
    pub start: u32,
    /// Its length in seconds; above zero.
    pub secs: u32,
    /// Requests done, failed ones included.
    pub n_requests: u64,
    /// How many of them failed.
    pub n_failures: u64,
    /// Arrivals, dropped ones included.
    pub n_arrivals: u64,
    /// Arrivals that found no free user.
    pub n_dropped: u64,
    /// The most users.
    pub n_users: u32,
    /// Response times in milliseconds at [`QUANTILES`]; `None` if nothing was answered.
    pub percentiles: [Option<f64>; QUANTILES.len()],
    /// Means of response times, service times and own queue, in ms; `None` if nothing was done.
    pub parts: Option<[f64; 3]>,
    /// Whether requests waited in the generator long enough to be seen.
    pub has_own_queue: bool,
    // In µs; tells it apart from another stretch at the same time.
    sum_micros: u64,
}

impl Timeline {
    /// What `slots` say.
    pub(crate) fn new(slots: &[Slot]) -> Self {
        Self::default().updated(slots)
    }

    /// The same as [`new`](Self::new), for slots of which most are known: those are not read again.
    pub(crate) fn updated(&self, slots: &[Slot]) -> Self {
        let mut known = self.stretches.iter().peekable();
        let stretch = |slot: &Slot| {
            while known.next_if(|it| it.start < slot.start).is_some() {}
            let known = known.peek().filter(|it| it.is_of(slot));
            known.map_or_else(|| Stretch::new(slot), |it| **it)
        };
        Self {
            stretches: slots.iter().map(stretch).collect(),
        }
    }

    /// The stretch that a second of the run belongs to.
    pub(crate) fn at(&self, second: u32) -> Option<&Stretch> {
        let after = self.stretches.partition_point(|it| it.start <= second);
        let last = &self.stretches[after.checked_sub(1)?];
        (second < last.start + last.secs).then_some(last)
    }

    /// A column of a chart.
    pub(crate) fn column(&self, value: impl Fn(&Stretch) -> Option<f64>) -> Vec<Option<f64>> {
        self.stretches.iter().map(value).collect()
    }
}

impl Stretch {
    fn new(slot: &Slot) -> Self {
        let mut percentiles = [None; QUANTILES.len()];
        let times = slot.response_times.quantiles(&QUANTILES);
        for (place, time) in percentiles.iter_mut().zip(times) {
            *place = Some(time.as_secs_f64() * 1e3);
        }
        Self {
            start: slot.start,
            secs: slot.secs,
            n_requests: slot.n_requests,
            n_failures: slot.n_failures,
            n_arrivals: slot.n_arrivals,
            n_dropped: slot.n_dropped,
            n_users: slot.n_users,
            percentiles,
            parts: slot.mean_parts(),
            has_own_queue: slot.has_own_queue(),
            sum_micros: slot.sum_micros,
        }
    }

    fn is_of(&self, slot: &Slot) -> bool {
        (self.start, self.secs, self.n_requests, self.sum_micros)
            == (slot.start, slot.secs, slot.n_requests, slot.sum_micros)
            && (self.n_failures, self.n_users) == (slot.n_failures, slot.n_users)
            && (self.n_arrivals, self.n_dropped) == (slot.n_arrivals, slot.n_dropped)
    }

    /// So many in this stretch, by the second.
    pub(crate) fn rate(&self, count: u64) -> Option<f64> {
        Some(count as f64 / f64::from(self.secs))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mayfly_core::measure::board::Board;
    use mayfly_core::testing::{Simulation, answer_after, class, load, plan};

    use super::*;

    /// The snapshots of a run of ten minutes and a half.
    fn boards() -> Vec<Board> {
        let mut plan = plan(vec![class("A", 1)], load(2, 1.0), 1);
        plan.load.run_time = Duration::from_millis(630_500).try_into().ok();
        let run = Simulation::new(plan, |at, _| {
            answer_after(Duration::from_millis(20 + at.as_secs() % 7), 200)
        });
        let post = |snapshot| {
            let mut board = Board::default();
            board.post(snapshot);
            board
        };
        run.run().snapshots.into_iter().map(post).collect()
    }

    #[test]
    fn an_updated_timeline_is_a_new_one() {
        let mut timeline = Timeline::default();
        for board in boards().iter().step_by(7) {
            let slots = board.whole_slots(board.series());
            timeline = timeline.updated(&slots);
            assert_eq!(timeline, Timeline::new(&slots));
        }
        assert!(400 < timeline.stretches.len());
        // After a reset, other things happened at the same time.
        let reset = [Slot {
            secs: 1,
            ..Slot::default()
        }];
        assert_eq!(timeline.updated(&reset), Timeline::new(&reset));
    }

    #[test]
    fn a_stretch_has_what_its_slot_has() {
        let boards = boards();
        let slots = boards[boards.len() - 1].series();
        for slot in &slots {
            let stretch = Stretch::new(slot);
            let millis = |quantile| {
                let time = slot.response_times.quantile(quantile);
                time.map(|it| it.as_secs_f64() * 1e3)
            };
            assert_eq!(stretch.percentiles, QUANTILES.map(millis));
            let rate = stretch.rate(stretch.n_requests).unwrap();
            assert_eq!(
                (rate * f64::from(slot.secs)).round() as u64,
                slot.n_requests
            );
        }
    }
}
