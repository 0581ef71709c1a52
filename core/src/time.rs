//! The time of a run, and the clock a host must provide. No clock is read here.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Time since the run began, in whole microseconds.
///
/// The range is half a million years; sums saturate.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
pub struct Elapsed(u64);

impl Elapsed {
    /// The start of the run.
    pub const ZERO: Self = Self(0);

    /// From microseconds since the start.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// From seconds since the start.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the start.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the start, rounded down.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds since the start.
    pub fn as_secs_f64(self) -> f64 {
        self.to_duration().as_secs_f64()
    }

    /// The time since `earlier`, or zero if that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The time since the start.
    pub const fn to_duration(self) -> Duration {
        Duration::from_micros(self.0)
    }
}

impl Add<Duration> for Elapsed {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(micros(length)))
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.as_secs_f64())
    }
}

/// Whole microseconds of `length`, or the largest number if it has more.
pub fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}

/// Tells the time of a run, and waits. Hosts implement it; tests use
/// [`ManualClock`](crate::testing::ManualClock).
pub trait Clock {
    /// The time since the run began. Never goes back.
    fn now(&self) -> Elapsed;

    /// Waits until `at`; done at once if that has passed. May end a little late, never early.
    fn sleep_until(&self, at: Elapsed) -> impl Future<Output = ()> + 'static;

    /// What the machine says of itself, twice a second; nothing, unless a host knows.
    fn reading(&self) -> Reading {
        Reading::default()
    }
}

/// What a host knows of its machine.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Reading {
    /// Processor time of this thread so far, if the host knows.
    pub processor: Option<Duration>,
    /// The time of day, since 1970, if it is to be compared with the time of the run.
    pub unix_time: Option<Duration>,
    /// How far apart two times are that the clock tells apart.
    pub resolution: Duration,
}

/// `length` in the notation that [`parse_length`](crate::plan::parse_length) reads, such as `1h20m`, `1.5s` or `500ms`.
pub fn format_length(length: Duration) -> String {
    let nanos = length.subsec_nanos();
    let (hours, minutes, secs) = (
        length.as_secs() / 3600,
        length.as_secs() / 60 % 60,
        length.as_secs() % 60,
    );
    let mut text = String::new();
    for (number, unit) in [(hours, "h"), (minutes, "m")] {
        if 0 < number {
            text += &format!("{number}{unit}");
        }
    }
    if nanos == 0 && (0 < secs || text.is_empty()) {
        text += &format!("{secs}s");
    } else if 0 < nanos && nanos.is_multiple_of(1_000_000) && secs == 0 {
        text += &format!("{}ms", nanos / 1_000_000);
    } else if 0 < nanos {
        let fraction = format!("{nanos:09}");
        text += &format!("{secs}.{}s", fraction.trim_end_matches('0'));
    }
    text
}
