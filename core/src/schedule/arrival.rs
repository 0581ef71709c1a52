//! When the tasks of an open model are due. Who does them is decided in [`crate::running::shard`].

use std::time::Duration;

use crate::plan::{ArrivalStage, Arrivals};
use crate::time::Elapsed;

/// When arrivals are due: a function of their number and nothing else, so shards agree on it without
/// talking.
///
/// Arrival n, counted from zero, is due when the area under the arrival rate reaches n. So the first
/// comes at the start, a constant rate gives even distances, and a stage of so many arrivals per
/// second for so many seconds has exactly their product.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrivalSchedule {
    // In order of time, without gaps. Never empty.
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    start: Elapsed,
    // Greater than zero.
    length: Duration,
    // Rates in arrivals per second; finite, at least zero.
    from: f64,
    to: f64,
    // The area under the rate before this piece.
    before: f64,
}

impl ArrivalSchedule {
    /// The schedule of a whole run.
    pub fn new(arrivals: &Arrivals) -> Self {
        Self::starting(Elapsed::ZERO, 0.0, arrivals.stages())
    }

    /// Goes on from what was due by `now`. Stages are counted from the start of the run, so those
    /// that are over by now are not done again.
    pub fn edit(&self, now: Elapsed, arrivals: &Arrivals) -> Self {
        Self::starting(now, self.area(now), arrivals.stages())
    }

    fn starting(now: Elapsed, area: f64, stages: &[ArrivalStage]) -> Self {
        let mut start = Elapsed::ZERO;
        let mut before = area;
        let mut pieces = Vec::new();
        for stage in stages {
            let end = start + stage.length.get();
            if now < end {
                let whole = Piece {
                    start,
                    length: stage.length.get(),
                    from: stage.from.get(),
                    to: stage.to.get(),
                    before,
                };
                let piece = whole.rest_after(now.max(start));
                before += piece.area(piece.length);
                pieces.push(piece);
            }
            start = end;
        }
        if pieces.is_empty() {
            // All stages are over: nothing comes any more.
            pieces.push(Piece {
                start: now,
                length: Duration::from_micros(1),
                from: 0.0,
                to: 0.0,
                before,
            });
        }
        Self { pieces }
    }

    /// When arrival `n`, counted from zero over the whole run, is due; `None` if there are fewer.
    pub fn due(&self, n: u64) -> Option<Elapsed> {
        let area = n as f64;
        // The last piece that begins before the area is full.
        let index = self.pieces.partition_point(|piece| piece.before <= area);
        let last = &self.pieces[..index];
        // A piece without arrivals begins and ends with the same area: the one before has it.
        last.iter()
            .rev()
            .find_map(|piece| piece.due(area - piece.before))
    }

    /// How many arrivals are due by `now`.
    pub fn n_due(&self, now: Elapsed) -> u64 {
        let is_due = |n| self.due(n).is_some_and(|due| due <= now);
        let mut n = self.area(now) as u64;
        while is_due(n) {
            n += 1;
        }
        while 0 < n && !is_due(n - 1) {
            n -= 1;
        }
        n
    }

    /// The arrival rate at `now`, in tasks per second; zero after the end.
    pub fn rate(&self, now: Elapsed) -> f64 {
        let piece = self.pieces.iter().rfind(|piece| piece.start <= now);
        piece.map_or(0.0, |piece| piece.rate(now.since(piece.start)))
    }

    /// The arrival rate over time as a line, from corner to corner, until `end`; where it jumps,
    /// there are two corners at one time.
    pub fn corners(&self, end: Option<Elapsed>) -> Vec<(Elapsed, f64)> {
        let mut corners = Vec::new();
        for piece in &self.pieces {
            let stop = piece.start + piece.length;
            let cut = end.filter(|&end| end < stop);
            if cut.is_some_and(|end| end <= piece.start) {
                break;
            }
            corners.push((piece.start, piece.from));
            corners.push(cut.map_or((stop, piece.to), |end| {
                (end, piece.rate(end.since(piece.start)))
            }));
        }
        corners
    }

    /// How many arrivals there are, fractions included, up to `now`.
    fn area(&self, now: Elapsed) -> f64 {
        let piece = self.pieces.iter().rfind(|piece| piece.start <= now);
        let piece = piece.unwrap_or(&self.pieces[0]);
        piece.before + piece.area(now.since(piece.start).min(piece.length))
    }
}

impl Piece {
    /// What is left of the piece from `start` on.
    fn rest_after(self, start: Elapsed) -> Self {
        let gone = start.since(self.start);
        Self {
            start,
            length: self.length.saturating_sub(gone),
            from: self.rate(gone),
            ..self
        }
    }

    /// Change of the rate per second.
    fn slope(self) -> f64 {
        (self.to - self.from) / self.length.as_secs_f64()
    }

    fn rate(self, at: Duration) -> f64 {
        if self.length <= at {
            // At the end of a piece the next one begins, and after the last nothing comes.
            return 0.0;
        }
        self.from + self.slope() * at.as_secs_f64()
    }

    /// The trapezoid from the start to `at`.
    fn area(self, at: Duration) -> f64 {
        let secs = at.as_secs_f64();
        (self.from + self.slope() * secs / 2.0) * secs
    }

    /// When the area since the start reaches `area`; `None` if that is at the end or later.
    ///
    /// The root of slope/2·t² + from·t = area. The textbook form divides by the slope, which a flat
    /// piece does not have; this one divides by the sum of the rates at both ends.
    fn due(self, area: f64) -> Option<Elapsed> {
        if area <= 0.0 {
            return (0.0 < self.from.max(self.to)).then_some(self.start);
        }
        let rate_then = libm::sqrt((self.from * self.from + 2.0 * self.slope() * area).max(0.0));
        let secs = 2.0 * area / (self.from + rate_then);
        // Also where the rate is zero and `secs` is infinite.
        let is_inside = secs < self.length.as_secs_f64() && area < self.area(self.length) - EPSILON;
        is_inside.then(|| self.start + Duration::from_micros(libm::round(secs * 1e6) as u64))
    }
}

/// Areas that differ by less are the same: rounding of a sum of products.
const EPSILON: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{arrival_stage, arrivals};

    fn all(schedule: &ArrivalSchedule) -> Vec<u64> {
        (0..)
            .map_while(|n| schedule.due(n))
            .map(|it| it.as_micros() / 1000)
            .collect()
    }

    #[track_caller]
    fn check(stages: &[(u64, f64, f64)], expected: &[u64]) {
        let stages: Vec<_> = stages
            .iter()
            .map(|&(secs, from, to)| arrival_stage(secs, from, to))
            .collect();
        assert_eq!(all(&ArrivalSchedule::new(&arrivals(&stages, 10))), expected);
    }

    #[test]
    fn a_constant_rate_spaces_arrivals_evenly() {
        check(&[(2, 2.0, 2.0)], &[0, 500, 1000, 1500]);
    }

    #[test]
    fn a_ramp_starts_slowly_and_ends_fast() {
        check(&[(4, 0.0, 2.0)], &[0, 2000, 2828, 3464]);
        check(&[(4, 2.0, 0.0)], &[0, 535, 1171, 2000]);
    }

    #[test]
    fn fractions_are_carried_into_the_next_stage() {
        check(&[(1, 1.5, 1.5), (1, 1.5, 1.5)], &[0, 666, 1333]);
    }

    #[test]
    fn no_rate_no_arrivals() {
        check(&[(5, 0.0, 0.0)], &[]);
        check(
            &[(1, 0.0, 0.0), (1, 2.0, 2.0), (1, 0.0, 0.0), (1, 1.0, 1.0)],
            &[1000, 1500, 3000],
        );
    }

    #[test]
    fn a_hundred_per_second_for_a_minute_are_six_thousand() {
        for rate in [100.0, 99.9, 33.3, 0.1] {
            let schedule = ArrivalSchedule::new(&arrivals(&[arrival_stage(60, rate, rate)], 10));
            assert_eq!(all(&schedule).len(), (60.0_f64 * rate).ceil() as usize);
        }
    }

    #[test]
    fn an_edit_goes_on_with_the_next_arrival() {
        let schedule = ArrivalSchedule::new(&arrivals(&[arrival_stage(10, 2.0, 2.0)], 10));
        let edit = arrivals(
            &[arrival_stage(4, 9.0, 9.0), arrival_stage(2, 4.0, 4.0)],
            10,
        );
        let edited = schedule.edit(Elapsed::from_secs(4), &edit);
        // Eight were due before.
        assert_eq!(edited.due(8), Some(Elapsed::from_secs(4)));
        assert_eq!(edited.due(15).map(Elapsed::as_micros), Some(5_750_000));
        assert_eq!(edited.due(16), None);
    }

    proptest! {
        /// By definition, the area under the rate up to arrival n is n.
        #[test]
        fn arrivals_fill_the_area_under_the_rate(
            list in proptest::collection::vec((1_u64..20, 0.0..50.0_f64, 0.0..50.0_f64), 1..5),
        ) {
            let stages: Vec<_> = list
                .iter()
                .map(|&(secs, from, to)| arrival_stage(secs, from, to))
                .collect();
            let schedule = ArrivalSchedule::new(&arrivals(&stages, 10));
            let total: f64 = list.iter().map(|&(s, from, to)| s as f64 * (from + to) / 2.0).sum();
            let mut last = Elapsed::ZERO;
            let mut n = 0;
            while let Some(due) = schedule.due(n) {
                prop_assert!(last <= due);
                // The due time is rounded to the microsecond, in which at most 50/10⁶ arrive.
                prop_assert!((schedule.area(due) - n as f64).abs() < 1e-3, "{} {}", n, due);
                last = due;
                n += 1;
            }
            prop_assert!((n as f64 - total).abs() < 1.0 + 1e-3, "{} {}", n, total);
        }
    }
}
