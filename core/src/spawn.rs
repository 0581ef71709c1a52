//! How many users should be alive at a given time. Who they are is in [`crate::class_mix`].

use crate::plan::Load;
use crate::time::Elapsed;

/// A straight line from one number of users to another.
///
/// Users come evenly: the first change at `start`, then one every 1/rate seconds, without the
/// once-a-second batches of Locust. A ramp down stops the newest users first. The ramp is a function
/// of time and nothing else, so shards agree on it without talking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    start: Elapsed,
    from: u32,
    to: u32,
    // Users per second; finite, above zero.
    rate: f64,
}

impl Ramp {
    /// From nobody at the start of the run to `load`.
    pub fn new(load: Load) -> Self {
        Self {
            start: Elapsed::ZERO,
            from: 0,
            to: load.users.get(),
            rate: load.spawn_rate.get(),
        }
    }

    /// From the users that this ramp has reached at `now` to `load`.
    pub fn edit(self, now: Elapsed, load: Load) -> Self {
        Self {
            start: now,
            from: self.target(now),
            to: load.users.get(),
            rate: load.spawn_rate.get(),
        }
    }

    /// Users that should be alive at `now`.
    pub fn target(self, now: Elapsed) -> u32 {
        let n_changes = self.n_changes(now);
        if self.from <= self.to {
            self.from + n_changes
        } else {
            self.from - n_changes
        }
    }

    /// When the next user after `now` starts or stops; `None` once the ramp is done.
    pub fn next_change(self, now: Elapsed) -> Option<Elapsed> {
        let n_changes = self.n_changes(now);
        (n_changes < self.from.abs_diff(self.to)).then(|| self.due(n_changes))
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
    use crate::testing::load;

    #[track_caller]
    fn check(ramp: Ramp, expected: &[(u64, u32)]) {
        for &(millis, users) in expected {
            assert_eq!(
                ramp.target(Elapsed::from_micros(millis * 1000)),
                users,
                "at {millis} ms"
            );
        }
    }

    #[test]
    fn two_per_second_is_one_every_half_second() {
        let ramp = Ramp::new(load(4, 2.0));
        check(
            ramp,
            &[(0, 1), (499, 1), (500, 2), (1000, 3), (1500, 4), (9999, 4)],
        );
    }

    #[test]
    fn a_slow_ramp_starts_its_first_user_at_once() {
        check(Ramp::new(load(2, 0.1)), &[(0, 1), (9999, 1), (10_000, 2)]);
    }

    #[test]
    fn a_shrinking_swarm_loses_one_user_at_a_time() {
        let ramp = Ramp::new(load(4, 100.0)).edit(Elapsed::from_secs(10), load(1, 1.0));
        check(
            ramp,
            &[
                (10_000, 3),
                (10_999, 3),
                (11_000, 2),
                (12_000, 1),
                (60_000, 1),
            ],
        );
        assert_eq!(ramp.next_change(Elapsed::from_secs(12)), None);
    }

    #[test]
    fn an_edit_goes_on_from_the_users_reached() {
        let ramp = Ramp::new(load(100, 1.0)).edit(Elapsed::from_secs(9), load(12, 0.5));
        check(ramp, &[(9_000, 11), (10_999, 11), (11_000, 12)]);
    }

    proptest! {
        /// By definition, a change has happened if and only if it was due.
        #[test]
        fn users_change_when_they_are_due(
            users in 1_u32..2000,
            rate in 0.01..5000.0_f64,
            at in 0_u64..100_000_000,
        ) {
            let ramp = Ramp::new(load(users, rate));
            let now = Elapsed::from_micros(at);
            let due = (0..users).filter(|&n| ramp.due(n) <= now).count();
            prop_assert_eq!(ramp.target(now) as usize, due);
            if let Some(next) = ramp.next_change(now) {
                prop_assert!(now < next);
                prop_assert!(ramp.target(now) < ramp.target(next));
            }
        }
    }
}
