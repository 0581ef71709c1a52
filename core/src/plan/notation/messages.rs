//! What serde reports, in words for the person who wrote the file.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::errors::one_line;

/// Why a value could not be read.
#[derive(Debug)]
pub(in crate::plan) enum ReadError {
    /// Not written down yet: it is about the node that is being read.
    New(String),
    /// Written down; of no interest any more.
    Noted,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New(message) => f.write_str(message),
            Self::Noted => f.write_str("already noted"),
        }
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::New(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let expected = in_words(&expected);
        // In TOML, one bracket too few makes a table of a list.
        let hint = match found {
            Unexpected::Map if expected == "a list" => {
                "; write [ ] around it, or [[ ]] around its heading"
            }
            _ => "",
        };
        let found = found_in_words(found);
        Self::New(format!("expected {expected}, found {found}{hint}"))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(len: usize, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let expected = in_words(&expected);
        Self::New(format!("expected {expected}, found a list of {len}"))
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        let found = found_in_words(Unexpected::Str(found));
        Self::New(format!("expected {}, found {found}", keys(expected, "or")))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        let key = one_line(found, MAX_FOUND_CHARS);
        Self::New(match closest(found, expected) {
            Some(meant) => format!("unknown key “{key}”; did you mean “{meant}”?"),
            None => format!("unknown key “{key}”; expected {}", keys(expected, "or")),
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::New(format!("expected the key “{field}”, found none"))
    }
}

const MAX_FOUND_CHARS: usize = 60;

/// Words in quotes: `“a”, “b” or “c”`.
pub(in crate::plan) fn keys(keys: &[&str], last: &str) -> String {
    let quoted: Vec<String> = keys.iter().map(|it| format!("“{it}”")).collect();
    match quoted.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => only.clone(),
        Some((end, others)) => format!("{} {last} {end}", others.join(", ")),
    }
}

fn found_in_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => value.to_string(),
        // Without hundreds of zeros.
        Unexpected::Float(value) if value != 0.0 && !(1e-6..1e15).contains(&value.abs()) => {
            format!("the number {value:e}")
        }
        Unexpected::Float(value) => format!("the number {value}"),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Signed(value) => format!("the number {value}"),
        Unexpected::Str(text) => format!("the text “{}”", one_line(text, MAX_FOUND_CHARS)),
        Unexpected::Unit => "null".to_owned(),
        Unexpected::Unsigned(value) => format!("the number {value}"),
        other => other.to_string(),
    }
}

/// Types of Rust as a person would call them; what is in words already stays.
fn in_words(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a map" => "a table",
        "a sequence" => "a list",
        "a string" => "a text",
        "a tuple of size 2" => "a list of 2",
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        other if other.starts_with("struct ") => "a table",
        other => other,
    }
}

/// The word most like `found`, if there is one that could have been meant. Letters may be added,
/// dropped, changed, or swapped with their neighbor.
pub(in crate::plan) fn closest<'a>(found: &str, words: &[&'a str]) -> Option<&'a str> {
    let n_chars = found.chars().count();
    // More than a slip of the fingers in three letters is another word.
    let limit = 1.max(n_chars / 3);
    // A text of a megabyte takes too long to compare.
    let words = words.iter().copied();
    let words = words.filter(|it| it.chars().count().abs_diff(n_chars) <= limit);
    let distances = words.map(|it| (strsim::osa_distance(found, it), it));
    let (distance, word) = distances.min_by_key(|it| it.0)?;
    (distance <= limit).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_word_that_is_close_can_have_been_meant() {
        let words = ["users", "spawn_rate", "run_time"];
        assert_eq!(closest("user", &words), Some("users"));
        assert_eq!(closest("sapwn_rtae", &words), Some("spawn_rate"));
        assert_eq!(closest("yuserz", &words), Some("users"));
        assert_eq!(closest("sure", &words), None);
        assert_eq!(closest("runtime", &words), Some("run_time"));
        assert_eq!(closest("host", &words), None);
        assert_eq!(closest(&"x".repeat(1 << 20), &words), None);
    }
}
