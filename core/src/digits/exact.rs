//! Numbers of JSON that 64 bits cannot hold, digit by digit.
//!
//! A [`Value`] that is read makes `1.2345678901234568e22` of `12345678901234567890123`, and nothing
//! of `1e400`. (serde_json's own remedy, `arbitrary_precision`, makes a text of every number, and the
//! page 19 KB heavier.) Here such a number is a table with one key that nobody writes.

use std::fmt;

use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};

use super::read_float;

/// Whether a number in JSON comes out as it is written, but for how it is spelled, after it was read
/// into 64 bits.
pub fn holds(number: &str) -> bool {
    if !number.contains(['.', 'e', 'E']) {
        return number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
    }
    let held = read_float(number).and_then(Number::from_f64);
    held.is_some_and(|it| is_same_number(number, &it.to_string()))
}

/// Whether 64 bits hold all numbers of a text in JSON.
pub fn holds_all(json: &str) -> bool {
    lossy_numbers(json).next().is_none()
}

/// Whether two numbers in JSON mean the same: `10`, `1e1` and `10.00` do.
pub(crate) fn is_same_number(left: &str, right: &str) -> bool {
    let decimal = Decimal::read(left);
    decimal.is_some() && decimal == Decimal::read(right)
}

/// The value of a text in JSON, in which numbers that 64 bits cannot hold are as [`number`] finds them.
///
/// # Errors
///
/// Fails if it is not JSON.
pub(crate) fn read(json: &str) -> Result<Value, serde_json::Error> {
    let mut text = String::new();
    let mut end = 0;
    for (start, number) in lossy_numbers(json) {
        text.push_str(&json[end..start]);
        let exact = Map::from_iter([(KEY.to_owned(), number.into())]);
        text.push_str(&Value::Object(exact).to_string());
        end = start + number.len();
    }
    text.push_str(&json[end..]);
    serde_json::from_str(&text)
}

/// A number as it is written, if `value` is one that 64 bits cannot hold.
pub(crate) fn number(value: &Value) -> Option<&str> {
    let table = value.as_object().filter(|it| it.len() == 1)?;
    table.get(KEY)?.as_str()
}

/// Whether there may be a number in `value` that was another when it was read.
pub(crate) fn may_be_rounded(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(may_be_rounded),
        Value::Number(number) => number.is_f64(),
        Value::Object(table) => table.values().any(may_be_rounded),
        _ => false,
    }
}

/// Compact JSON, with every digit.
pub(crate) struct Exactly<'a>(pub(crate) &'a Value);

impl fmt::Display for Exactly<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separator = |nth: usize| if nth == 0 { "" } else { "," };
        match self.0 {
            value if !has_number(value) => value.fmt(f),
            Value::Array(values) => {
                f.write_str("[")?;
                for (nth, value) in values.iter().enumerate() {
                    write!(f, "{}{}", separator(nth), Self(value))?;
                }
                f.write_str("]")
            }
            Value::Object(table) => {
                if let Some(number) = number(self.0) {
                    return f.write_str(number);
                }
                f.write_str("{")?;
                for (nth, (key, value)) in table.iter().enumerate() {
                    let key = Value::from(key.as_str());
                    write!(f, "{}{key}:{}", separator(nth), Self(value))?;
                }
                f.write_str("}")
            }
            scalar => scalar.fmt(f),
        }
    }
}

fn has_number(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().any(has_number),
        Value::Object(table) => number(value).is_some() || table.values().any(has_number),
        _ => false,
    }
}

/// The numbers of a text in JSON that 64 bits cannot hold, and where they start.
fn lossy_numbers(json: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = json.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(at) {
            let start = at;
            match byte {
                b'"' => at = end_of_text(bytes, at),
                b'-' | b'0'..=b'9' => {
                    at = end_of_number(bytes, at);
                    let number = &json[start..at];
                    // Fewer digits are never too many.
                    let may_be = FEW_DIGITS < number.len() || number.contains(['e', 'E']);
                    if may_be && is_number(number) && !holds(number) {
                        return Some((start, number));
                    }
                }
                _ => at += 1,
            }
        }
        None
    })
}

fn is_number(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// A number with so many is the nearest one to what is read of it.
const FEW_DIGITS: usize = 15;

fn end_of_text(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'"' => return at,
            b'\\' => at += 1,
            _ => {}
        }
    }
    bytes.len()
}

fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let is_part = |it: &u8| matches!(it, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    let length = bytes[start..].iter().take_while(|it| is_part(it)).count();
    start + length
}

/// A number by its digits, of which neither the first nor the last is zero; zero has none.
#[derive(Eq, PartialEq)]
struct Decimal {
    is_negative: bool,
    digits: String,
    // Of the last digit: that of 120 is 1.
    exponent: i64,
}

impl Decimal {
    /// `None` if it is no number, or one with an exponent that no computer has room for. Takes what
    /// [`read_float`] takes.
    fn read(number: &str) -> Option<Self> {
        let (is_negative, number) = match number.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, number.strip_prefix('+').unwrap_or(number)),
        };
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (number, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return None;
        }
        let trimmed = digits.trim_end_matches('0');
        let n_zeros = digits.len() - trimmed.len();
        let trimmed = trimmed.trim_start_matches('0');
        if trimmed.is_empty() {
            return Some(Self {
                is_negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let shift = i64::try_from(n_zeros).ok()? - i64::try_from(fraction.len()).ok()?;
        Some(Self {
            is_negative,
            digits: trimmed.to_owned(),
            exponent: exponent.checked_add(shift)?,
        })
    }
}

const KEY: &str = "\0number";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_mean_the_same_by_their_value() {
        for same in [
            &["10", "1e1", "1E+1", "10.00", "0.1e2", "100e-1"][..],
            &["0", "-0", "0.0", "0e9"],
            &["-0.05", "-5e-2"],
            &["1e400", "10e399"],
        ] {
            for (left, right) in same.iter().zip(same.iter().cycle().skip(1)) {
                assert!(is_same_number(left, right), "{left} {right}");
            }
        }
        for (left, right) in [
            ("1", "-1"),
            ("1", "10"),
            ("9007199254740993", "9007199254740992.0"),
            ("12345678901234567890123", "12345678901234567890124"),
            ("1e400", "1e401"),
            ("a", "a"),
            ("", ""),
        ] {
            assert!(!is_same_number(left, right), "{left} {right}");
        }
    }

    #[test]
    fn what_64_bits_hold_is_known() {
        for number in [
            "0",
            "-1",
            "18446744073709551615",
            "0.1",
            "1e22",
            "52.970",
            "0.30000000000000004",
        ] {
            assert!(holds(number) && holds_all(number), "{number}");
        }
        for number in [
            "12345678901234567890123",
            "100000000000000000000",
            "-9223372036854775809",
            "0.1234567890123456789",
            "1e400",
            "1e-400",
        ] {
            assert!(!holds(number) && !holds_all(number), "{number}");
        }
    }

    #[track_caller]
    fn check(json: &str) {
        let value = read(json).unwrap();
        assert_eq!(Exactly(&value).to_string(), json);
    }

    #[test]
    fn every_digit_is_read_and_written() {
        check("12345678901234567890123");
        check(
            r#"{"a\"1":[-0.1234567890123456789,{"é":1e400},"\\"],"b":"12345678901234567890123"}"#,
        );
        check("[1,2.5,\"a\",null,true,{}]");
        for broken in [
            "[1e400",
            "[12345678901234567890123x]",
            "[1e]",
            "[012345678901234567890]",
            "\"\\",
            "-",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_number_is_written_as_it_was_read(
            text in r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?(e[+-]?[0-9]{1,3})?"
        ) {
            let read = read(&text).unwrap();
            let written = Exactly(&read).to_string();
            prop_assert!(is_same_number(&text, &written), "{} {}", text, written);
        }

        #[test]
        fn any_text_is_read_as_json_is(text in r#"[\[\]{}",:0-9.eE+\- \\a-zé]{0,30}"#) {
            let plain = serde_json::from_str::<Value>(&text);
            let exact = read(&text);
            if plain.is_ok() || exact.is_err() {
                prop_assert_eq!(plain.is_ok(), exact.is_ok());
            }
            let holds_all = holds_all(&text);
            if let (Ok(plain), Ok(exact), true) = (plain, exact, holds_all) {
                prop_assert_eq!(plain, exact);
            }
        }
    }
}
