//! The single values of a plan. Each is made by parsing and cannot be wrong afterward.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PlanError;
use super::range::Range;
use crate::digits::read_float;

/// A number of users, in `1..=1_000_000`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct UserCount(u32);

impl UserCount {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for UserCount {
    type Error = PlanError;

    fn try_from(count: u32) -> Result<Self, PlanError> {
        if Range::USERS.contains(count.into()) {
            return Ok(Self(count));
        }
        Err(PlanError::number(Range::USERS, count))
    }
}

impl From<UserCount> for u32 {
    fn from(count: UserCount) -> Self {
        count.0
    }
}

impl FromStr for UserCount {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let error = || PlanError::number(Range::USERS, text);
        let count: u32 = text.trim().parse().map_err(|_| error())?;
        Self::try_from(count).map_err(|_| error())
    }
}

/// Users started per second: finite, above zero, at most a million.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct SpawnRate(f64);

impl SpawnRate {
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for SpawnRate {
    type Error = PlanError;

    fn try_from(rate: f64) -> Result<Self, PlanError> {
        if Range::SPAWN_RATE.contains(rate) {
            return Ok(Self(rate));
        }
        Err(PlanError::number(Range::SPAWN_RATE, rate))
    }
}

impl From<SpawnRate> for f64 {
    fn from(rate: SpawnRate) -> Self {
        rate.0
    }
}

impl FromStr for SpawnRate {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let rate = read_float(text.trim()).and_then(|it| Self::try_from(it).ok());
        rate.ok_or_else(|| PlanError::number(Range::SPAWN_RATE, text))
    }
}

/// Tasks started per second in an open model: finite, from zero to a million.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrivalRate(f64);

impl ArrivalRate {
    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for ArrivalRate {
    type Error = PlanError;

    fn try_from(rate: f64) -> Result<Self, PlanError> {
        if Range::ARRIVAL_RATE.contains(rate) {
            return Ok(Self(rate));
        }
        Err(PlanError::number(Range::ARRIVAL_RATE, rate))
    }
}

/// When a run ends by itself; above zero.
///
/// The notation is Locust's: whole seconds, or hours, minutes and seconds in this order, each a
/// whole number with its letter: `90`, `20s`, `3m`, `2h`, `1h20m`, `3h30m10s`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RunTime(Duration);

impl RunTime {
    // A hundred years: far from where sums of times saturate.
    const MAX_SECS: u64 = 100 * 365 * 86_400;

    /// The longest there is.
    pub(crate) const MAX: Duration = Duration::from_secs(Self::MAX_SECS);

    /// The length.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<Duration> for RunTime {
    type Error = PlanError;

    fn try_from(length: Duration) -> Result<Self, PlanError> {
        if length.is_zero() || Duration::from_secs(Self::MAX_SECS) < length {
            return Err(PlanError::RunTime {
                got: format!("{} s", length.as_secs_f64()),
            });
        }
        Ok(Self(length))
    }
}

impl From<RunTime> for Duration {
    fn from(run_time: RunTime) -> Self {
        run_time.0
    }
}

impl FromStr for RunTime {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        parse_timespan(text.trim())
            .and_then(|secs| Self::try_from(Duration::from_secs(secs)).ok())
            .ok_or_else(|| PlanError::RunTime {
                got: text.to_owned(),
            })
    }
}

/// Reads a length of time of at most `max`: a number with `ms`, `s`, `m` or `h`, several of them in a
/// row, largest unit first, or whole seconds without a unit. Only the last number may have a
/// fraction: `500ms`, `1.5s`, `3m`, `1h20m`, `90`.
///
/// # Errors
///
/// Fails if `text` is anything else.
pub fn parse_length(text: &str, max: Duration) -> Result<Duration, PlanError> {
    let length = text.trim().parse().map_or_else(
        |_| parse_units(text.trim()),
        |secs: u64| Some(Duration::from_secs(secs)),
    );
    let length = length.filter(|&it| it <= max);
    length.ok_or_else(|| PlanError::Length {
        max,
        got: text.to_owned(),
    })
}

fn parse_units(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut length = Duration::ZERO;
    // In nanoseconds.
    let units = [
        ("h", 3_600_000_000_000_u64),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ];
    let mut units = units.iter();
    while !rest.is_empty() {
        let end = rest.find(|it: char| it.is_ascii_alphabetic())?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|it: char| !it.is_ascii_alphabetic());
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let nanos = units.find(|it| it.0 == unit)?.1;
        length = length.checked_add(times(number, nanos, after.is_empty())?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(length)
}

/// So many times `nanos`; `None` if `number` is not one without a sign.
fn times(number: &str, nanos: u64, may_have_fraction: bool) -> Option<Duration> {
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if may_have_fraction && !fraction.is_empty() => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || 9 < fraction.len() {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    // At most 10⁹ − 1 billionths, of at most 3.6 · 10¹² ns.
    let billionths: u128 = format!("{fraction:0<9}").parse().ok()?;
    let rest = u64::try_from(billionths * u128::from(nanos) / 1_000_000_000).ok()?;
    let total = whole.checked_mul(nanos)?.checked_add(rest)?;
    Some(Duration::from_nanos(total))
}

/// Seconds of a length of time in Locust's notation.
fn parse_timespan(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let mut rest = text;
    let mut secs = 0_u64;
    for (unit, factor) in [('h', 3600), ('m', 60), ('s', 1)] {
        let Some((number, after)) = rest.split_once(unit) else {
            continue;
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length = number.parse::<u64>().ok()?.checked_mul(factor)?;
        secs = secs.checked_add(length)?;
        rest = after;
    }
    rest.is_empty().then_some(secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::format_length;

    #[test]
    fn run_times_are_read_as_locust_reads_them() {
        // Computed by Locust 2.47, but for zero, which would end a run before it starts.
        let accepted = [
            ("7", 7),
            ("7s", 7),
            ("1m", 60),
            ("2h", 7200),
            ("1h3m7s", 3787),
            ("1h20m", 4800),
            ("3h30m10s", 12610),
            ("90m", 5400),
        ];
        for (text, secs) in accepted {
            assert_eq!(
                text.parse(),
                Ok(RunTime(Duration::from_secs(secs))),
                "{text}"
            );
        }
        for text in [
            "",
            "q",
            "1h30",
            "30m45",
            "1h2m3",
            "2h3m5s6",
            "10s5m",
            "1.5h",
            "-5",
            "5d",
            "5S",
            "1h1h",
            "0",
            "0s",
            "99999999999999999999h",
        ] {
            let error = PlanError::RunTime {
                got: text.to_owned(),
            };
            assert_eq!(text.parse::<RunTime>(), Err(error), "{text}");
        }
    }

    #[test]
    fn user_counts_are_whole_and_above_zero() {
        assert_eq!(" 50 ".parse(), Ok(UserCount(50)));
        for text in ["0", "-1", "1.5", "abc", "", "1000001", "99999999999"] {
            let error = PlanError::number(Range::USERS, text);
            assert_eq!(text.parse::<UserCount>(), Err(error), "{text}");
        }
    }

    #[test]
    fn spawn_rates_are_finite_and_above_zero() {
        assert_eq!("0.5".parse(), Ok(SpawnRate(0.5)));
        for text in ["0", "-1", "nan", "inf", "two", "", "1e7"] {
            let error = PlanError::number(Range::SPAWN_RATE, text);
            assert_eq!(text.parse::<SpawnRate>(), Err(error), "{text}");
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn lengths_are_numbers_with_units() {
        for (text, nanos) in [
            ("500ms", 500_000_000),
            ("1s", 1_000_000_000),
            ("1.5s", 1_500_000_000),
            ("0.25ms", 250_000),
            ("2m3s4ms", 123_004_000_000),
            ("90", 90_000_000_000),
            ("0", 0),
            (" 1h ", 3_600_000_000_000),
        ] {
            assert_eq!(
                parse_length(text, HOUR),
                Ok(Duration::from_nanos(nanos)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "-1s",
            "1.5",
            "1 s",
            "1s2m",
            "1.5m3s",
            "1d",
            "1S",
            "1e3s",
            ".5s",
            "1.s",
            "2h",
            "99999999999999999999s",
        ] {
            let error = PlanError::Length {
                max: HOUR,
                got: text.to_owned(),
            };
            assert_eq!(parse_length(text, HOUR), Err(error), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn lengths_are_written_as_they_are_read(nanos in 0..=3_600_000_000_000_u64) {
            for length in [Duration::from_nanos(nanos), Duration::from_millis(nanos / 1_000_000)] {
                let text = format_length(length);
                proptest::prop_assert_eq!(parse_length(&text, HOUR), Ok(length), "{}", text);
            }
        }
    }
}
