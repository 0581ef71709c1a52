//! What stands in a placeholder, and its value. How it is written down is in [`super::parse`].

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Number, Value};

use super::{Scope, TemplateProblem, UnknownVariable};
use crate::digits::{exact, read_float};
use crate::rng::Rng;
use crate::shorten::shorten;

/// What stands in a placeholder.
pub(super) enum Expr {
    /// Never empty.
    Choice(Vec<Value>),
    Now(TimeFormat),
    /// Finite, and `start <= end`.
    RandFloat {
        start: f64,
        end: f64,
    },
    /// `start <= end`.
    RandInt {
        start: i64,
        end: i64,
    },
    Seq,
    User,
    Uuid,
    Variable(String),
}

pub(super) enum TimeFormat {
    Millis,
    Rfc3339,
    Secs,
}

impl Expr {
    /// The call of a function; `found` is how it is written.
    pub(super) fn call(
        name: &str,
        arguments: Vec<Value>,
        found: &str,
    ) -> Result<Self, TemplateProblem> {
        let (expected, call) = match name {
            "choice" => (
                "choice(x, y, …) with at least one value",
                (!arguments.is_empty()).then_some(Self::Choice(arguments)),
            ),
            "now" => ("now(), now(ms) or now(s)", now(&arguments)),
            "randfloat" => (
                "randfloat(a, b) with two numbers, a not above b",
                rand_float(&arguments),
            ),
            "randint" => (
                "randint(a, b) with two whole numbers, a not above b",
                rand_int(&arguments),
            ),
            "seq" => ("seq() without arguments", alone(&arguments, Self::Seq)),
            "user" => ("user() without arguments", alone(&arguments, Self::User)),
            "uuid" => ("uuid() without arguments", alone(&arguments, Self::Uuid)),
            _ => {
                let found = shorten(name).into_owned();
                return Err(TemplateProblem::Function { found });
            }
        };
        call.ok_or_else(|| TemplateProblem::Arguments {
            expected,
            found: shorten(found).into_owned(),
        })
    }

    pub(super) fn value<'a>(
        &'a self,
        scope: &'a mut dyn Scope,
    ) -> Result<Cow<'a, Value>, UnknownVariable> {
        Ok(Cow::Owned(match self {
            Self::Choice(values) => return Ok(Cow::Borrowed(choose(values, scope.rng()))),
            Self::Now(format) => time(scope.unix_time(), format),
            &Self::RandFloat { start, end } => float_between(start, end, scope.rng().unit()).into(),
            &Self::RandInt { start, end } => int_between(start, end, scope.rng()).into(),
            Self::Seq => scope.next_seq().into(),
            Self::User => scope.user().into(),
            Self::Uuid => uuid(scope.rng()).into(),
            Self::Variable(name) => {
                return scope
                    .variable(name)
                    .ok_or_else(|| UnknownVariable { name: name.clone() });
            }
        }))
    }
}

fn alone(arguments: &[Value], call: Expr) -> Option<Expr> {
    arguments.is_empty().then_some(call)
}

fn now(arguments: &[Value]) -> Option<Expr> {
    match arguments {
        [] => Some(Expr::Now(TimeFormat::Rfc3339)),
        [format] if format == "ms" => Some(Expr::Now(TimeFormat::Millis)),
        [format] if format == "s" => Some(Expr::Now(TimeFormat::Secs)),
        _ => None,
    }
}

fn rand_float(arguments: &[Value]) -> Option<Expr> {
    let [start, end] = arguments else {
        return None;
    };
    let (start, end) = (float(start)?, float(end)?);
    (start <= end).then_some(Expr::RandFloat { start, end })
}

/// The nearest number; one with more digits than 64 bits hold is a text.
fn float(argument: &Value) -> Option<f64> {
    match argument {
        Value::String(text) if !exact::holds(text) => read_float(text),
        other => other.as_f64(),
    }
}

fn rand_int(arguments: &[Value]) -> Option<Expr> {
    let [start, end] = arguments else {
        return None;
    };
    let (start, end) = (start.as_i64()?, end.as_i64()?);
    (start <= end).then_some(Expr::RandInt { start, end })
}

fn choose<'a>(values: &'a [Value], rng: &mut Rng) -> &'a Value {
    let nth = rng.below(values.len() as u64);
    &values[nth as usize]
}

fn time(unix_time: Duration, format: &TimeFormat) -> Value {
    match format {
        TimeFormat::Millis => {
            let millis = u64::try_from(unix_time.as_millis()).unwrap_or(u64::MAX);
            Number::from(millis).into()
        }
        TimeFormat::Rfc3339 => {
            let at = UNIX_EPOCH + unix_time.min(LAST_SECOND);
            humantime::format_rfc3339_millis(at).to_string().into()
        }
        TimeFormat::Secs => Number::from(unix_time.as_secs()).into(),
    }
}

/// The end of the year 9999, beyond which RFC 3339 has no dates.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// The point of `[start, end)` that `unit`, which is in `[0, 1)`, stands for.
///
/// The two products instead of `start + (end - start) * unit`, whose difference can be infinite.
/// They may miss the bounds by a rounding error.
fn float_between(start: f64, end: f64, unit: f64) -> f64 {
    let number = start * (1.0 - unit) + end * unit;
    number.min(end.next_down()).max(start)
}

fn int_between(start: i64, end: i64, rng: &mut Rng) -> i64 {
    let last = end.wrapping_sub(start).cast_unsigned();
    let offset = match last.checked_add(1) {
        Some(n_numbers) => rng.below(n_numbers),
        None => bits(rng, 32) << 32 | bits(rng, 32),
    };
    start.wrapping_add_unsigned(offset)
}

/// Version 4: random but for the six bits that say so.
fn uuid(rng: &mut Rng) -> String {
    let (high, low) = (bits(rng, 60), bits(rng, 62) | 1 << 63);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 28,
        high >> 12 & 0xffff,
        high & 0xfff,
        low >> 48,
        low & 0xffff_ffff_ffff,
    )
}

/// A number of `count` random bits; `count` is below 64.
fn bits(rng: &mut Rng, count: u32) -> u64 {
    rng.below(1 << count)
}
