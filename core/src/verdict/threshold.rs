//! Conditions that decide whether a run passes, such as `p95 < 500ms`: how they are written. What a
//! run makes of them is in [`Verdicts`].

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::digits::read_float;
use crate::http::request::{Method, RequestName};
use crate::measure::histogram;
use crate::secrets::masked_url;

mod error;
mod recent;
mod verdict;

pub use error::ThresholdError;
pub use verdict::{Outcome, TooFew, Verdict, Verdicts};

/// A condition, and what follows if it does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Threshold {
    /// What has to hold.
    pub condition: Condition,
    /// Whether the run ends as soon as it does not hold.
    pub abort: bool,
}

/// What has to hold, as it was written: `[ROW:] METRIC OPERATOR VALUE [over WINDOW]`.
///
/// - ROW is a method and a name, or a name for all methods: `GET /cube: p99 < 1s`. What is before the
///   last colon with a space after it is the row, so names may have colons. Without it, all rows
///   together are meant.
/// - METRIC is one of these, with its VALUE:
///
///   | | | |
///   |---|---|---|
///   | `p50`, `p99.9`, any `p` with a number above 0 and up to 100; `median`, `mean` or `avg`, `min`, `max` | response times | `500ms`: a number with `us`, `ms`, `s` or `m`, at most an hour |
///   | `fail_ratio` | failures ÷ requests | `1%` or `0.01` |
///   | `rps` | requests per second | `100` |
///   | `requests`, `failures`, `exceptions`, `dropped` | counts | `0` |
///
/// - OPERATOR is `<`, `<=`, `>`, `>=`, `==` or `!=`.
/// - WINDOW is a number of whole seconds from `1s` to `1h`. The condition has to hold in every window
///   of this length that begins and ends with a whole second. Without it, the whole run is meant.
///
/// Exceptions and dropped arrivals are not of a row, and exceptions are not told apart by time.
///
/// # Examples
///
/// ```
/// use mayfly_core::verdict::threshold::Condition;
///
/// let condition: Condition = "POST /login: p99.9 <= 1.5s over 1m".parse().unwrap();
/// assert_eq!(condition.to_string(), "POST /login: p99.9 <= 1.5s over 1m");
///
/// let error = "p95 < 500".parse::<Condition>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "expected a time with its unit such as 500ms or 1.5s, found “500”: write a unit"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Condition {
    text: String,
    row: Option<RowPattern>,
    metric: Metric,
    operator: Operator,
    limit: Value,
    // In `1..=3600`.
    window_secs: Option<u32>,
}

impl Condition {
    /// The rows it is about; empty for all rows together. Without a method, it is one for each.
    pub fn rows(&self) -> Vec<RequestName> {
        let Some(row) = &self.row else {
            return Vec::new();
        };
        let methods = Method::ALL.into_iter().map(|method| RequestName {
            name: row.name.clone(),
            method,
        });
        methods.filter(|it| row.matches(it)).collect()
    }

    /// The length of the windows in which it has to hold; `None` for the whole run.
    pub fn window(&self) -> Option<Duration> {
        self.window_secs
            .map(|secs| Duration::from_secs(secs.into()))
    }

    fn holds(&self, value: Value) -> bool {
        let Some(order) = value.partial_cmp(&self.limit) else {
            return false;
        };
        match self.operator {
            Operator::Above => order == Ordering::Greater,
            Operator::AtLeast => order != Ordering::Less,
            Operator::AtMost => order != Ordering::Greater,
            Operator::Below => order == Ordering::Less,
            Operator::Equal => order == Ordering::Equal,
            Operator::NotEqual => order != Ordering::Equal,
        }
    }

    /// Whether nobody knows if it holds where the true value is `value` or more.
    fn is_open_above(&self, value: Value) -> bool {
        match self.operator {
            Operator::Above | Operator::AtLeast => !self.holds(value),
            Operator::AtMost | Operator::Below => self.holds(value),
            Operator::Equal | Operator::NotEqual => value <= self.limit,
        }
    }

    /// Whether it may still come right by waiting, where `value` of the whole run does not hold:
    /// counts grow, and a rate starts at zero.
    fn may_grow_to_hold(&self, value: Value) -> bool {
        matches!(value, Value::Count(_) | Value::Rate(_))
            && match self.operator {
                Operator::Above | Operator::AtLeast | Operator::NotEqual => true,
                Operator::AtMost | Operator::Below => false,
                Operator::Equal => value < self.limit,
            }
    }
}

/// Two conditions are the same if they are written the same.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Condition {}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Condition {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let text = text.trim();
        let (row, rest) = match text.rsplit_once(": ") {
            Some((row, rest)) => (Some(row.parse()?), rest.trim()),
            None => (None, text),
        };
        let comparison = || ThresholdError::Comparison {
            got: rest.to_owned(),
        };
        let at = rest.find(['<', '>', '=', '!']).ok_or_else(comparison)?;
        let (metric, rest_of_it) = rest.split_at(at);
        let metric: Metric = metric.trim().parse()?;
        let (operator, rest_of_it) = Operator::split(rest_of_it).ok_or_else(comparison)?;
        let (limit, window) = match rest_of_it.split_once(" over ") {
            Some((limit, window)) => (limit, Some(window.trim())),
            None => (rest_of_it, None),
        };
        if row.is_some() && matches!(metric, Metric::Dropped | Metric::Exceptions) {
            return Err(ThresholdError::NoRow);
        }
        if window.is_some() && metric == Metric::Exceptions {
            return Err(ThresholdError::NoWindow);
        }
        Ok(Self {
            text: text.to_owned(),
            row,
            metric,
            operator,
            limit: metric.parse_value(limit.trim())?,
            window_secs: window.map(parse_window).transpose()?,
        })
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    /// A condition that does not end the run.
    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        Ok(Self {
            condition: text.parse()?,
            abort: false,
        })
    }
}

/// What a metric is, or is compared with.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Value {
    /// How many.
    Count(u64),
    /// How many per second.
    Rate(f64),
    /// A share of the requests, in `[0, 1]`.
    Ratio(f64),
    /// A response time.
    Time(Duration),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Rate(rate) => write!(f, "{rate:.2}/s"),
            Self::Ratio(ratio) => write!(f, "{:.2}%", ratio * 100.0),
            Self::Time(time) => write!(f, "{time:?}"),
        }
    }
}

/// The rows with a name, of one method or of all.
#[derive(Clone, Debug, Eq, PartialEq)]
struct RowPattern {
    method: Option<Method>,
    name: String,
}

impl RowPattern {
    fn matches(&self, row: &RequestName) -> bool {
        self.name == row.name && self.method.is_none_or(|it| it == row.method)
    }
}

impl FromStr for RowPattern {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let text = text.trim();
        let split = text.split_once(' ');
        let split = split.and_then(|(method, name)| Some((method.parse().ok()?, name.trim())));
        let (method, name) = match split {
            Some((method, name)) => (Some(method), name),
            None => (None, text),
        };
        if name.is_empty() {
            return Err(ThresholdError::Row);
        }
        // As the row has it.
        let name = masked_url(name).into_owned();
        Ok(Self { method, name })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Metric {
    Dropped,
    Exceptions,
    FailRatio,
    Failures,
    Max,
    Mean,
    Min,
    // In (0, 1].
    Quantile(f64),
    Requests,
    Rps,
}

impl Metric {
    fn parse_value(self, text: &str) -> Result<Value, ThresholdError> {
        let got = || text.to_owned();
        match self {
            Self::Max | Self::Mean | Self::Min | Self::Quantile(_) => {
                if number(text).is_some() {
                    return Err(ThresholdError::Unit { got: got() });
                }
                let units = [
                    ("us", 1.0),
                    ("µs", 1.0),
                    ("μs", 1.0),
                    ("ms", 1e3),
                    ("s", 1e6),
                ];
                let time = time(text, &[&units[..], &[("m", 60e6)]].concat());
                let time = time.filter(|&it| it <= histogram::MAX);
                time.map(Value::Time)
                    .ok_or_else(|| ThresholdError::Time { got: got() })
            }
            Self::FailRatio => {
                let ratio = match text.strip_suffix('%') {
                    Some(percent) => number(percent.trim_end()).map(|it| it / 100.0),
                    None => number(text),
                };
                let ratio = ratio.filter(|&it| it <= 1.0);
                ratio
                    .map(Value::Ratio)
                    .ok_or_else(|| ThresholdError::Ratio { got: got() })
            }
            Self::Rps => number(text)
                .map(Value::Rate)
                .ok_or_else(|| ThresholdError::Rate { got: got() }),
            Self::Dropped | Self::Exceptions | Self::Failures | Self::Requests => text
                .parse()
                .map(Value::Count)
                .map_err(|_| ThresholdError::Count { got: got() }),
        }
    }
}

impl FromStr for Metric {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        Ok(match text {
            "avg" | "mean" => Self::Mean,
            "dropped" => Self::Dropped,
            "exceptions" => Self::Exceptions,
            "fail_ratio" => Self::FailRatio,
            "failures" => Self::Failures,
            "max" => Self::Max,
            "median" => Self::Quantile(0.5),
            "min" => Self::Min,
            "requests" => Self::Requests,
            "rps" => Self::Rps,
            _ => {
                let percentile = text.strip_prefix('p').and_then(number);
                let percentile = percentile.filter(|&it| 0.0 < it && it <= 100.0);
                let error = || ThresholdError::Metric {
                    got: text.to_owned(),
                };
                Self::Quantile(percentile.ok_or_else(error)? / 100.0)
            }
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Above,
    AtLeast,
    AtMost,
    Below,
    Equal,
    NotEqual,
}

impl Operator {
    /// The operator that `text` begins with, and what follows.
    fn split(text: &str) -> Option<(Self, &str)> {
        // Those that begin like another come first.
        let operators = [
            ("<=", Self::AtMost),
            (">=", Self::AtLeast),
            ("==", Self::Equal),
            ("!=", Self::NotEqual),
            ("<", Self::Below),
            (">", Self::Above),
        ];
        operators
            .into_iter()
            .find_map(|(sign, operator)| Some((operator, text.strip_prefix(sign)?)))
    }
}

fn parse_window(text: &str) -> Result<u32, ThresholdError> {
    let window = time(text, &[("s", 1e6), ("m", 60e6), ("h", 3600e6)]);
    let window = window.filter(|it| it.subsec_nanos() == 0);
    let secs = window.and_then(|it| u32::try_from(it.as_secs()).ok());
    secs.filter(|secs| (1..=3600).contains(secs))
        .ok_or_else(|| ThresholdError::Window {
            got: text.to_owned(),
        })
}

/// A number with one of `units`, which are in µs; to the µs. `None` beyond a hundred years.
fn time(text: &str, units: &[(&str, f64)]) -> Option<Duration> {
    let (number, micros) = units.iter().find_map(|&(unit, micros)| {
        let number = text.strip_suffix(unit)?;
        Some((number.trim_end(), micros))
    })?;
    let micros = (self::number(number)? * micros).round();
    (micros < 3e15).then(|| Duration::from_micros(micros as u64))
}

/// A number in digits with at most one point, without a sign; always finite.
fn number(text: &str) -> Option<f64> {
    let is_plain = text.starts_with(|it: char| it.is_ascii_digit())
        && text.chars().all(|it| it.is_ascii_digit() || it == '.');
    is_plain.then(|| read_float(text)).flatten()
}

#[cfg(test)]
mod tests;
