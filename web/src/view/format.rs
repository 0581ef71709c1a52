//! Numbers as the page shows them: as reports do, and what only a page needs.

use std::time::Duration;

use mayfly_core::report::words::{self, tenths};

pub(crate) use mayfly_core::report::words::{NONE, count, millis, percent};

/// What a line shows of a text at most. More than fits, and little enough to be drawn quickly.
const LINE_CHARS: usize = 200;

/// A number with so many decimals.
pub(crate) fn decimals(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(|| NONE.to_owned(), |it| format!("{it:.decimals$}"))
}

/// A rate per second with one decimal.
pub(crate) fn rate(rate: f64) -> String {
    tenths(rate)
}

/// A length of time: `42 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn length(length: Duration) -> String {
    let secs = length.as_secs();
    match (secs / 3600, secs / 60 % 60, secs % 60) {
        (0, 0, secs) => format!("{secs} s"),
        (0, minutes, secs) => format!("{minutes} min {secs} s"),
        (hours, minutes, _) => format!("{} h {minutes} min", count(hours)),
    }
}

/// A part in `[0, 1]` in percent with one decimal.
pub(crate) fn share(part: f64) -> String {
    format!("{} %", tenths(part * 100.0))
}

/// A length of time by the clock, in whole seconds: `2:05`, `1:02:05`.
pub(crate) fn clock(time: Duration) -> String {
    words::clock(time.as_secs())
}

/// What is left of a length of time by the clock. Together with what has elapsed it is the whole, as
/// they are shown.
pub(crate) fn remaining(length: Duration, elapsed: Duration) -> String {
    words::clock(length.as_secs().saturating_sub(elapsed.as_secs()))
}

/// The start of a text that has to fit a line.
pub(crate) fn line(text: &str) -> String {
    match text.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The start and the end of a text that has to fit a line, where others begin with the same.
pub(crate) fn ends(text: &str) -> String {
    const END_CHARS: usize = 50;
    let n_chars = text.chars().count();
    if n_chars <= LINE_CHARS {
        return text.to_owned();
    }
    let start = text.chars().take(LINE_CHARS - END_CHARS);
    let end = text.chars().skip(n_chars - END_CHARS);
    start.chain(['…']).chain(end).collect()
}

/// An error message as a sentence of its own.
pub(crate) fn sentence(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest
        .next()
        .map(|first| first.to_ascii_uppercase().to_string())
        .unwrap_or_default();
    ended(&format!("{first}{}", rest.as_str()))
}

/// The end of a sentence, unless it has one.
pub(crate) fn ended(message: &str) -> String {
    let end = if message.ends_with(['.', '?', '!']) {
        ""
    } else {
        "."
    };
    format!("{message}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_two_units() {
        for (secs, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (200, "3 min 20 s"),
            (7_510, "2 h 5 min"),
        ] {
            assert_eq!(length(Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn what_has_elapsed_and_what_remains_add_up() {
        let length = Duration::from_secs(20);
        for (millis, expected) in [
            (0, "0:20"),
            (7_900, "0:13"),
            (19_999, "0:01"),
            (20_001, "0:00"),
        ] {
            assert_eq!(remaining(length, Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(line("ï"), "ï");
        assert_eq!(line(&"ï".repeat(201)), format!("{}…", "ï".repeat(200)));
    }

    #[test]
    fn what_is_in_the_middle_is_left_out() {
        assert_eq!(ends("GET / RPS"), "GET / RPS");
        let long = format!("{} RPS", "ï".repeat(10_000));
        let expected = format!("{}…{} RPS", "ï".repeat(150), "ï".repeat(46));
        assert_eq!(ends(&long), expected);
    }

    #[test]
    fn shares_have_one_decimal() {
        assert_eq!(share(0.125), "12.5 %");
        assert_eq!(share(1.0), "100.0 %");
    }
}
