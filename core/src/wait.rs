//! How long a user waits between two tasks. When the waiting starts is decided in [`crate::shard`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::PlanError;
use crate::rng::Rng;
use crate::time::micros;

/// The wait time of a user class.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct WaitTime(Bounds);

impl WaitTime {
    /// The longest wait time: one day.
    pub const MAX: Duration = Duration::from_secs(86_400);

    /// The same wait every time; zero is none.
    ///
    /// # Errors
    ///
    /// Fails if `length` is above [`MAX`](Self::MAX).
    pub fn constant(length: Duration) -> Result<Self, PlanError> {
        Self::between(length, length)
    }

    /// A new wait every time, drawn evenly from `start` to `end`.
    ///
    /// # Errors
    ///
    /// Fails if `end` is before `start` or above [`MAX`](Self::MAX).
    pub fn between(start: Duration, end: Duration) -> Result<Self, PlanError> {
        if end < start {
            return Err(PlanError::WaitOrder { start, end });
        }
        if Self::MAX < end {
            return Err(PlanError::Wait {
                got: format!("{} s", end.as_secs_f64()),
            });
        }
        Ok(Self(Bounds { start, end }))
    }

    /// The shortest wait.
    pub fn start(self) -> Duration {
        self.0.start
    }

    /// The longest wait.
    pub fn end(self) -> Duration {
        self.0.end
    }

    /// The next wait of a user, to the microsecond.
    pub fn draw(self, rng: &mut Rng) -> Duration {
        let Bounds { start, end } = self.0;
        if start == end {
            return start;
        }
        start + Duration::from_micros(rng.below(micros(end - start) + 1))
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Bounds {
    // At most `end`.
    start: Duration,
    // At most `WaitTime::MAX`.
    end: Duration,
}

impl TryFrom<Bounds> for WaitTime {
    type Error = PlanError;

    fn try_from(bounds: Bounds) -> Result<Self, PlanError> {
        Self::between(bounds.start, bounds.end)
    }
}

impl From<WaitTime> for Bounds {
    fn from(wait: WaitTime) -> Self {
        wait.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Duration, PlanError, WaitTime};
    use crate::rng::Rng;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_constant_wait_needs_no_randomness() {
        let mut rng = Rng::new(1, 0);
        let wait = WaitTime::constant(SECOND).unwrap();
        assert_eq!(wait.draw(&mut rng), SECOND);
        assert_eq!(rng.below(1000), Rng::new(1, 0).below(1000));
    }

    #[test]
    fn bounds_must_be_in_order_and_sane() {
        assert!(matches!(
            WaitTime::between(2 * SECOND, SECOND),
            Err(PlanError::WaitOrder { .. })
        ));
        assert!(matches!(
            WaitTime::constant(WaitTime::MAX + SECOND),
            Err(PlanError::Wait { .. })
        ));
    }

    proptest! {
        #[test]
        fn a_drawn_wait_is_within_its_bounds(
            start in 0_u64..5_000_000,
            length in 0_u64..5_000_000,
            seed: u64,
        ) {
            let (start, end) = (Duration::from_micros(start), Duration::from_micros(start + length));
            let wait = WaitTime::between(start, end).unwrap().draw(&mut Rng::new(seed, 0));
            prop_assert!(start <= wait && wait <= end);
        }
    }
}
