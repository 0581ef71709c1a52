//! How long a user waits after a task. When the waiting starts is decided in [`crate::running::shard`].

use std::time::Duration;

use crate::plan::PlanError;
use crate::plan::range::Range;
use crate::rng::Rng;
use crate::time::micros;

/// The wait time of a user class or a task set. The rules are Locust's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaitTime(WaitRule);

/// What a wait time is computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WaitRule {
    /// Drawn evenly, from the first to the second, which is not less.
    Between(Duration, Duration),
    /// The same every time.
    Constant(Duration),
    /// So long that tasks start this far apart, if they do not take longer than that.
    Pacing(Duration),
    /// Drawn from the exponential distribution with this many waits per second of waiting, so that
    /// the tasks of many users come like those of people who do not know of each other.
    Poisson(f64),
    /// Constant pacing, as tasks per second of one user.
    Throughput(f64),
}

impl WaitTime {
    /// The longest wait time: one day.
    pub const MAX: Duration = Duration::from_secs(Range::WAIT.max as u64);

    /// No wait.
    pub const ZERO: Self = Self(WaitRule::Constant(Duration::ZERO));

    /// The wait time of a rule.
    ///
    /// # Errors
    ///
    /// Fails if a time is above [`MAX`](Self::MAX), if the second of two is before the first, or if a
    /// rate is not above zero and up to a million.
    pub fn new(rule: WaitRule) -> Result<Self, PlanError> {
        match rule {
            WaitRule::Between(start, end) if end < start => {
                return Err(PlanError::WaitOrder { start, end });
            }
            WaitRule::Between(_, length)
            | WaitRule::Constant(length)
            | WaitRule::Pacing(length) => {
                if Self::MAX < length {
                    return Err(PlanError::number(
                        Range::WAIT,
                        format!("{} s", length.as_secs_f64()),
                    ));
                }
            }
            WaitRule::Poisson(rate) | WaitRule::Throughput(rate) => {
                if !Range::TASK_RATE.contains(rate) {
                    return Err(PlanError::number(Range::TASK_RATE, rate));
                }
            }
        }
        Ok(Self(rule))
    }

    /// The same wait every time; zero is none.
    ///
    /// # Errors
    ///
    /// Fails if `length` is above [`MAX`](Self::MAX).
    pub fn constant(length: Duration) -> Result<Self, PlanError> {
        Self::new(WaitRule::Constant(length))
    }

    /// A new wait every time, drawn evenly from `start` to `end`.
    ///
    /// # Errors
    ///
    /// Fails if `end` is before `start` or above [`MAX`](Self::MAX).
    pub fn between(start: Duration, end: Duration) -> Result<Self, PlanError> {
        Self::new(WaitRule::Between(start, end))
    }

    /// What it is computed from.
    pub fn rule(self) -> WaitRule {
        self.0
    }

    /// Whether it depends on how long the task took.
    pub fn paces_tasks(self) -> bool {
        matches!(self.0, WaitRule::Pacing(_) | WaitRule::Throughput(_))
    }

    /// The next wait of a user, to the microsecond, after a task that took `busy`.
    ///
    /// A task that overruns its pace is followed at once by the next. The lost time is not made up,
    /// so one slow answer does not cause a burst.
    pub fn draw(self, rng: &mut Rng, busy: Duration) -> Duration {
        match self.0 {
            WaitRule::Between(start, end) => {
                start + Duration::from_micros(rng.below(micros(end - start) + 1))
            }
            WaitRule::Constant(length) => length,
            WaitRule::Pacing(period) => period.saturating_sub(busy),
            // By inversion. From libm, whose logarithm is the same on every target; `unit` is below
            // one.
            WaitRule::Poisson(rate) => {
                let secs = -libm::log(1.0 - rng.unit()) / rate;
                Duration::from_micros((secs * 1e6) as u64).min(Self::MAX)
            }
            WaitRule::Throughput(rate) => {
                Duration::from_micros((1e6 / rate) as u64).saturating_sub(busy)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rng::Rng;

    const SECOND: Duration = Duration::from_secs(1);

    #[track_caller]
    fn draw(rule: WaitRule, busy: Duration) -> Duration {
        WaitTime::new(rule).unwrap().draw(&mut Rng::new(1, 0), busy)
    }

    #[test]
    fn a_constant_wait_needs_no_randomness() {
        let mut rng = Rng::new(1, 0);
        let wait = WaitTime::constant(SECOND).unwrap();
        assert_eq!(wait.draw(&mut rng, SECOND), SECOND);
        assert_eq!(rng.below(1000), Rng::new(1, 0).below(1000));
    }

    #[test]
    fn a_pace_counts_from_the_start_of_the_task() {
        for (busy, wait) in [(0, 2000), (700, 1300), (2000, 0), (9000, 0)] {
            let (busy, wait) = (Duration::from_millis(busy), Duration::from_millis(wait));
            assert_eq!(draw(WaitRule::Pacing(2 * SECOND), busy), wait);
            assert_eq!(draw(WaitRule::Throughput(0.5), busy), wait);
        }
    }

    #[test]
    fn poisson_waits_have_the_mean_of_their_rate_and_as_much_spread() {
        let mut rng = Rng::new(1, 0);
        let wait = WaitTime::new(WaitRule::Poisson(4.0)).unwrap();
        let waits: Vec<f64> = (0..20_000)
            .map(|_| wait.draw(&mut rng, SECOND).as_secs_f64())
            .collect();
        let mean = waits.iter().sum::<f64>() / 20_000.0;
        let variance = waits.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / 20_000.0;
        // Some five standard errors.
        assert!((mean - 0.25).abs() < 0.009, "{mean}");
        assert!((variance.sqrt() - 0.25).abs() < 0.013, "{variance}");
    }

    #[test]
    fn bounds_must_be_in_order_and_sane() {
        assert!(matches!(
            WaitTime::between(2 * SECOND, SECOND),
            Err(PlanError::WaitOrder { .. })
        ));
        assert!(matches!(
            WaitTime::constant(WaitTime::MAX + SECOND),
            Err(PlanError::Number { .. })
        ));
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(
                WaitTime::new(WaitRule::Poisson(rate)),
                Err(PlanError::Number { .. })
            ));
        }
    }

    proptest! {
        #[test]
        fn a_drawn_wait_is_within_its_bounds(
            start in 0_u64..5_000_000,
            length in 0_u64..5_000_000,
            seed: u64,
        ) {
            let (start, end) = (Duration::from_micros(start), Duration::from_micros(start + length));
            let wait = WaitTime::between(start, end).unwrap();
            let wait = wait.draw(&mut Rng::new(seed, 0), SECOND);
            prop_assert!(start <= wait && wait <= end);
        }
    }
}
