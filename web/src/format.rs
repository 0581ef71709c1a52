//! Numbers as the page shows them.

use std::time::Duration;

/// A narrow space that does not break: `12 345`.
const SEPARATOR: char = '\u{202f}';

/// What a line shows of a text at most. More than fits, and little enough to be drawn quickly.
const LINE_CHARS: usize = 200;

/// Stands where there is nothing to show.
pub const NONE: &str = "–";

/// A count, in groups of three digits.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(SEPARATOR);
        }
        text.push(digit);
    }
    text
}

/// Milliseconds with one decimal, which is what a browser's clock can tell.
pub fn millis(time: Option<Duration>) -> String {
    time.map_or_else(|| NONE.to_owned(), |time| tenths(time.as_secs_f64() * 1e3))
}

/// A number with so many decimals.
pub fn decimals(number: Option<f64>, decimals: usize) -> String {
    number.map_or_else(|| NONE.to_owned(), |it| format!("{it:.decimals$}"))
}

/// A rate per second with one decimal.
pub fn rate(rate: f64) -> String {
    tenths(rate)
}

/// Part of a whole in percent with one decimal. Only exactly none is `0 %`, only exactly all is
/// `100 %`.
pub fn percent(part: u64, whole: u64) -> String {
    match (part, whole) {
        (0, _) => "0 %".to_owned(),
        (part, whole) if whole <= part => "100 %".to_owned(),
        (part, whole) => {
            let percent = part as f64 * 100.0 / whole as f64;
            format!("{:.1} %", percent.clamp(0.1, 99.9))
        }
    }
}

/// A length of time: `42 s`, `3 min 20 s`, `2 h 5 min`.
pub fn length(length: Duration) -> String {
    let secs = length.as_secs();
    match (secs / 3600, secs / 60 % 60, secs % 60) {
        (0, 0, secs) => format!("{secs} s"),
        (0, minutes, secs) => format!("{minutes} min {secs} s"),
        (hours, minutes, _) => format!("{} h {minutes} min", count(hours)),
    }
}

/// A part in `[0, 1]` in percent with one decimal.
pub fn share(part: f64) -> String {
    format!("{} %", tenths(part * 100.0))
}

/// A length of time by the clock, in whole seconds: `2:05`, `1:02:05`.
pub fn clock(time: Duration) -> String {
    let secs = time.as_secs();
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    match hours {
        0 => format!("{minutes}:{secs:02}"),
        _ => format!("{hours}:{minutes:02}:{secs:02}"),
    }
}

/// The start of a text that has to fit a line.
pub fn line(text: &str) -> String {
    match text.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The start and the end of a text that has to fit a line, where others begin with the same.
pub fn ends(text: &str) -> String {
    const END_CHARS: usize = 50;
    let n_chars = text.chars().count();
    if n_chars <= LINE_CHARS {
        return text.to_owned();
    }
    let start = text.chars().take(LINE_CHARS - END_CHARS);
    let end = text.chars().skip(n_chars - END_CHARS);
    start.chain(['…']).chain(end).collect()
}

fn tenths(number: f64) -> String {
    let tenths = (number * 10.0).round() as u64;
    format!("{}.{}", count(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_in_groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1\u{202f}000"),
            (1_234_567, "1\u{202f}234\u{202f}567"),
        ] {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn times_have_one_decimal() {
        assert_eq!(millis(None), "–");
        assert_eq!(millis(Some(Duration::from_micros(1_250))), "1.3");
        assert_eq!(millis(Some(Duration::from_secs(12))), "12\u{202f}000.0");
    }

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
    fn a_few_failures_are_never_none_and_never_all() {
        for (part, whole, text) in [
            (0, 0, "0 %"),
            (0, 10, "0 %"),
            (1, 3, "33.3 %"),
            (1, 1_000_000, "0.1 %"),
            (999_999, 1_000_000, "99.9 %"),
            (10, 10, "100 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
    }

    #[test]
    fn lengths_of_time_are_read_like_a_clock() {
        for (secs, text) in [(0, "0:00"), (125, "2:05"), (3725, "1:02:05")] {
            assert_eq!(clock(Duration::from_secs(secs)), text);
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
