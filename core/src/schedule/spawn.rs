//! How many users should be alive at a given time. Who they are is in [`crate::schedule::class_mix`].
//!
//! Stages count from the start of the run, so an edit of their numbers takes effect at once and keeps
//! the end of the run. A stage that starts too late to reach its users hands over to the next one
//! where it stands. A change that would be due at the very end of a stage does not happen.

use crate::plan::{Shape, SpawnRate, Stages, Users};
use crate::time::Elapsed;

/// How many users should be alive over time: a function of time and nothing else, so shards agree
/// on it without talking.
#[derive(Clone, Debug, PartialEq)]
pub struct UserSchedule {
    // In order of their starts, of which the first is that of the schedule. Never empty.
    ramps: Vec<Ramp>,
}

impl UserSchedule {
    /// The schedule of a closed model; `None` for an open one.
    pub fn new(shape: &Shape) -> Option<Self> {
        Self::starting(Elapsed::ZERO, 0, shape)
    }

    /// Goes on from the users that are alive at `now`. Stages are counted from the start of the run,
    /// so those that are over by now are not done again. `None` for the shape of an open model.
    pub fn edit(&self, now: Elapsed, shape: &Shape) -> Option<Self> {
        Self::starting(now, self.target(now), shape)
    }

    fn starting(now: Elapsed, from: u32, shape: &Shape) -> Option<Self> {
        match shape {
            Shape::Arrivals(_) => None,
            Shape::Stages(stages) => Some(Self::of_stages(now, from, stages)),
            &Shape::Users(Users { users, spawn_rate }) => {
                let ramp = Ramp::new(now, from, users.get(), spawn_rate);
                Some(Self { ramps: vec![ramp] })
            }
        }
    }

    fn of_stages(now: Elapsed, from: u32, stages: &Stages) -> Self {
        let mut start = Elapsed::ZERO;
        let mut ramps: Vec<Ramp> = Vec::new();
        for stage in stages.as_slice() {
            let end = start + stage.length.get();
            if now < end {
                let begin = start.max(now);
                // What would have changed with the end of a stage does not.
                let from = ramps.last().map_or(from, |ramp| ramp.target_before(begin));
                ramps.push(Ramp::new(begin, from, stage.users, stage.spawn_rate));
            }
            start = end;
        }
        if ramps.is_empty() {
            // All stages are over. The run ends, whoever is alive.
            let last = stages.as_slice().last().expect("stages are never empty");
            ramps.push(Ramp::new(now, from, from, last.spawn_rate));
        }
        Self { ramps }
    }

    /// Users that should be alive at `now`.
    pub fn target(&self, now: Elapsed) -> u32 {
        self.ramps[self.ramp_at(now)].target(now)
    }

    /// The number of users over time as a line, from corner to corner, until `end`. It is less than
    /// one user away from [`target`](Self::target) between the corners, and equal to it just before
    /// each of them. `None` for `end` ends it where the last ramp does.
    pub fn corners(&self, end: Option<Elapsed>) -> Vec<(Elapsed, u32)> {
        let mut corners = Vec::new();
        for (index, ramp) in self.ramps.iter().enumerate() {
            if 0 < index && end.is_some_and(|end| end <= ramp.start) {
                break;
            }
            corners.push((ramp.start, ramp.from));
            let next_start = self.ramps.get(index + 1).map(|next| next.start);
            let stop = next_start.into_iter().chain(end).min();
            let reached = ramp.due(ramp.from.abs_diff(ramp.to));
            match stop {
                Some(stop) if stop < reached => corners.push((stop, ramp.target_before(stop))),
                Some(stop) => corners.extend([(reached, ramp.to), (stop, ramp.to)]),
                None => corners.push((reached, ramp.to)),
            }
        }
        corners
    }

    /// When the next user after `now` starts or stops; `None` if none ever does.
    pub fn next_change(&self, now: Elapsed) -> Option<Elapsed> {
        let current = self.ramp_at(now);
        for (index, ramp) in self.ramps.iter().enumerate().skip(current) {
            let change = if index == current {
                ramp.next_change(now)
            } else {
                ramp.first_change()
            };
            let next_start = self.ramps.get(index + 1).map(|next| next.start);
            if let Some(change) = change
                && next_start.is_none_or(|start| change < start)
            {
                return Some(change);
            }
        }
        None
    }

    /// Whether any user starts after `now`.
    pub fn grows_after(&self, now: Elapsed) -> bool {
        let current = self.ramp_at(now);
        let mut later = self.ramps.iter().skip(current);
        let is_growing = |ramp: &Ramp| ramp.from < ramp.to && ramp.next_change(now).is_some();
        later.any(is_growing)
    }

    /// Whether the number of users that is wanted now is reached.
    pub fn is_reached(&self, now: Elapsed) -> bool {
        self.ramps[self.ramp_at(now)].next_change(now).is_none()
    }

    fn ramp_at(&self, now: Elapsed) -> usize {
        self.ramps
            .partition_point(|ramp| ramp.start <= now)
            .saturating_sub(1)
    }
}

/// A straight line from one number of users to another.
///
/// Users come evenly: the first change at `start`, then one every 1/rate seconds, without the
/// once-a-second batches of Locust. A ramp down stops the newest users first.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ramp {
    start: Elapsed,
    from: u32,
    to: u32,
    // Users per second; finite, above zero.
    rate: f64,
}

impl Ramp {
    fn new(start: Elapsed, from: u32, to: u32, rate: SpawnRate) -> Self {
        let rate = rate.get();
        Self {
            start,
            from,
            to,
            rate,
        }
    }

    fn target(self, now: Elapsed) -> u32 {
        let n_changes = self.n_changes(now);
        if self.from <= self.to {
            self.from + n_changes
        } else {
            self.from - n_changes
        }
    }

    /// The users until just before `end`.
    fn target_before(self, end: Elapsed) -> u32 {
        self.target(Elapsed::from_micros(end.as_micros().saturating_sub(1)))
    }

    /// The first change after `now`; `None` once the ramp is done.
    fn next_change(self, now: Elapsed) -> Option<Elapsed> {
        let n_changes = self.n_changes(now);
        (n_changes < self.from.abs_diff(self.to)).then(|| self.due(n_changes))
    }

    fn first_change(self) -> Option<Elapsed> {
        (self.from != self.to).then_some(self.start)
    }

    /// When change `n`, counted from zero, is due.
    fn due(self, n: u32) -> Elapsed {
        let micros = (f64::from(n) * 1e6 / self.rate) as u64;
        Elapsed::from_micros(self.start.as_micros().saturating_add(micros))
    }

    /// How many changes were due by `now`.
    fn n_changes(self, now: Elapsed) -> u32 {
        let all = self.from.abs_diff(self.to);
        if now < self.start {
            return 0;
        }
        let guess = (now.since(self.start).as_secs_f64() * self.rate) as u32;
        // `due` is what counts; the guess may be off by one where rounding falls otherwise.
        let mut n = guess.min(all);
        while n < all && self.due(n) <= now {
            n += 1;
        }
        while 0 < n && now < self.due(n - 1) {
            n -= 1;
        }
        n
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{stage, stages, users};

    const SECOND: u64 = 1_000_000;

    fn schedule(shape: &Shape) -> UserSchedule {
        UserSchedule::new(shape).unwrap()
    }

    #[track_caller]
    fn check(schedule: &UserSchedule, expected: &[(u64, u32)]) {
        for &(millis, users) in expected {
            assert_eq!(
                schedule.target(Elapsed::from_micros(millis * 1000)),
                users,
                "at {millis} ms"
            );
        }
    }

    #[test]
    fn two_per_second_is_one_every_half_second() {
        check(
            &schedule(&users(4, 2.0)),
            &[(0, 1), (499, 1), (500, 2), (1000, 3), (1500, 4), (9999, 4)],
        );
    }

    #[test]
    fn a_slow_ramp_starts_its_first_user_at_once() {
        check(&schedule(&users(2, 0.1)), &[(0, 1), (9999, 1), (10_000, 2)]);
    }

    #[test]
    fn a_shrinking_swarm_loses_one_user_at_a_time() {
        let schedule = schedule(&users(4, 100.0));
        let schedule = schedule
            .edit(Elapsed::from_secs(10), &users(1, 1.0))
            .unwrap();
        check(
            &schedule,
            &[
                (10_000, 3),
                (10_999, 3),
                (11_000, 2),
                (12_000, 1),
                (60_000, 1),
            ],
        );
        assert_eq!(schedule.next_change(Elapsed::from_secs(12)), None);
    }

    #[test]
    fn an_edit_goes_on_from_the_users_reached() {
        let schedule = schedule(&users(100, 1.0));
        let schedule = schedule
            .edit(Elapsed::from_secs(9), &users(12, 0.5))
            .unwrap();
        check(&schedule, &[(9_000, 11), (10_999, 11), (11_000, 12)]);
    }

    #[test]
    fn each_stage_goes_on_from_the_one_before() {
        let schedule = schedule(&stages(&[
            stage(10, 5, 1.0),
            stage(10, 5, 1.0),
            stage(10, 0, 2.0),
        ]));
        check(
            &schedule,
            &[
                (0, 1),
                (3_999, 4),
                (4_000, 5),
                (19_999, 5),
                (20_000, 4),
                (22_000, 0),
            ],
        );
        let next = |secs| schedule.next_change(Elapsed::from_secs(secs));
        assert_eq!(next(4), Some(Elapsed::from_secs(20)));
        assert_eq!(next(22), None);
        assert!(schedule.is_reached(Elapsed::from_secs(12)));
        assert!(!schedule.is_reached(Elapsed::from_secs(21)));
    }

    #[test]
    fn a_stage_that_is_too_short_is_cut_off() {
        let schedule = schedule(&stages(&[stage(2, 100, 1.0), stage(10, 0, 1.0)]));
        check(&schedule, &[(1_999, 2), (2_000, 1), (3_000, 0)]);
    }

    #[test]
    fn new_stages_are_counted_from_the_start_of_the_run() {
        let schedule = schedule(&users(10, 10.0));
        let stages = stages(&[stage(10, 3, 1.0), stage(10, 20, 10.0)]);
        let edited = schedule.edit(Elapsed::from_secs(5), &stages).unwrap();
        check(
            &edited,
            &[(5_000, 9), (9_999, 5), (10_000, 6), (12_000, 20)],
        );
        let late = schedule.edit(Elapsed::from_secs(60), &stages).unwrap();
        check(&late, &[(60_000, 10)]);
    }

    proptest! {
        /// By definition, a change has happened if and only if it was due.
        #[test]
        fn users_change_when_they_are_due(
            n_users in 1_u32..2000,
            rate in 0.01..5000.0_f64,
            at in 0_u64..100_000_000,
        ) {
            let schedule = schedule(&users(n_users, rate));
            let now = Elapsed::from_micros(at);
            let due = (0..n_users).filter(|&n| schedule.ramps[0].due(n) <= now).count();
            prop_assert_eq!(schedule.target(now) as usize, due);
            if let Some(next) = schedule.next_change(now) {
                prop_assert!(now < next);
                prop_assert!(schedule.target(now) < schedule.target(next));
            }
        }

        /// The line never leaves the users by more than one, and meets them at its corners.
        #[test]
        fn the_line_follows_the_users(
            list in proptest::collection::vec((1_u64..20, 0_u32..30, 0.1..20.0_f64), 1..6),
            end in 1_u64..60,
            part in 0.0..1.0_f64,
        ) {
            let list: Vec<_> = list.into_iter().map(|(s, n, r)| stage(s, n, r)).collect();
            let schedule = schedule(&stages(&list));
            let corners = schedule.corners(Some(Elapsed::from_secs(end)));
            for pair in corners.windows(2) {
                let ((from, low), (to, high)) = (pair[0], pair[1]);
                prop_assert!(from <= to && to <= Elapsed::from_secs(end));
                if from == to {
                    prop_assert_eq!(low, high);
                    continue;
                }
                let before = Elapsed::from_micros(to.as_micros() - 1);
                prop_assert_eq!(schedule.target(before), high);
                let at = from + to.since(from).mul_f64(part * 0.999);
                let line = f64::from(low) + (f64::from(high) - f64::from(low))
                    * at.since(from).as_secs_f64() / to.since(from).as_secs_f64();
                let users = f64::from(schedule.target(at));
                prop_assert!((line - users).abs() <= 1.0 + 1e-3, "{} {} at {}", line, users, at);
            }
            prop_assert_eq!(corners[0], (Elapsed::ZERO, 0));
        }

        /// Going from change to change sees all there is.
        #[test]
        fn between_two_changes_nothing_happens(
            list in proptest::collection::vec((1_u64..20, 0_u32..30, 0.1..20.0_f64), 1..6),
            at in 0_u64..60,
        ) {
            let list: Vec<_> = list.into_iter().map(|(s, n, r)| stage(s, n, r)).collect();
            let schedule = schedule(&stages(&list));
            let now = Elapsed::from_secs(at);
            let next = schedule.next_change(now);
            let until = next.map_or(200 * SECOND, Elapsed::as_micros);
            for step in 0..20 {
                let between = now.as_micros() + (until - now.as_micros()) * step / 20;
                let between = Elapsed::from_micros(between);
                prop_assert_eq!(schedule.target(between), schedule.target(now));
            }
            if let Some(next) = next {
                prop_assert_ne!(schedule.target(next), schedule.target(now));
            }
        }
    }
}
