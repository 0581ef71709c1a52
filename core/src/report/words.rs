//! Numbers and lengths of time as a person reads them.

use std::borrow::Cow;
use std::time::Duration;

use super::RunVerdict;
use crate::digits::grouped;
use crate::measure::accounts::Accounts;
use crate::measure::board::Board;
use crate::measure::snapshot::{RowTotals, TimeTotals};
use crate::verdict::validity::{Grade, Validity};

/// A narrow space that does not break: `12 345`.
const SEPARATOR: char = '\u{202f}';

/// Stands where there is nothing to show.
pub const NONE: &str = "–";

/// A count, in groups of three digits.
pub fn count(count: u64) -> String {
    grouped(count, SEPARATOR)
}

/// Whether numbers are those of the target, in a sentence.
pub fn validity(validity: &Validity) -> String {
    match (validity.verdict, validity.reasons.len()) {
        (Grade::Valid, _) => "Validity: VALID. Nothing was found that makes these numbers the \
                              generator’s own."
            .to_owned(),
        (grade, 1) => format!("Validity: {grade}, for 1 reason."),
        (grade, n_reasons) => format!("Validity: {grade}, for {n_reasons} reasons."),
    }
}

/// What became of everything that was due, in a sentence.
pub fn accounts(accounts: &Accounts) -> String {
    format!("All that was due: {accounts}.")
}

/// The verdict of a run, which is never good by itself where its numbers are not those of the target:
/// `Passed, but INVALID`.
pub fn verdict(verdict: RunVerdict, validity: Option<Grade>) -> String {
    match validity {
        Some(Grade::Invalid) if verdict.is_good() => format!("{verdict}, but INVALID"),
        _ => verdict.to_string(),
    }
}

/// The quantiles that [`times_of`] are shown with.
pub const TIMES_OF: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 1.0];

/// Response times, and of what they are made; empty if there is no difference to see.
pub fn times_of<'a>(
    board: &'a Board,
    total: &'a RowTotals,
) -> Vec<(&'static str, Cow<'a, TimeTotals>)> {
    let shown = |times: &TimeTotals| TIMES_OF.map(|it| millis(times.quantile(it)));
    let (response, service) = (&total.response_times, &total.service_times);
    if shown(response) == shown(service) {
        return Vec::new();
    }
    let mut parts = vec![
        ("Response time", Cow::Borrowed(response)),
        ("Service time", Cow::Borrowed(service)),
    ];
    if let Some(health) = board.health() {
        parts.extend([
            ("Wait for a connection", Cow::Owned(health.own_queue)),
            ("Late start", Cow::Owned(health.start_lag)),
        ]);
    }
    parts.retain(|it| 0 < it.1.buckets.count());
    parts
}

/// Milliseconds with one decimal; a dash for `None`.
pub fn millis(time: Option<Duration>) -> String {
    time.map_or_else(|| NONE.to_owned(), |time| tenths(time.as_secs_f64() * 1e3))
}

/// A quantile of the response times in milliseconds; with `≈` in front if there are too few of them
/// to be sure, and a dash if there are none.
pub fn quantile(times: &TimeTotals, quantile: f64) -> String {
    let text = millis(times.quantile(quantile));
    if times.buckets.count() == 0 || times.is_enough_for(quantile) {
        return text;
    }
    format!("≈{text}")
}

/// That exceptions ended `n_dead` users, at least one, as a sentence.
pub fn dead_users(n_dead: u64) -> String {
    match n_dead {
        1 => "1 user was ended for good by an exception.".to_owned(),
        n_dead => format!("{} users were ended for good by exceptions.", count(n_dead)),
    }
}

/// That `n_resent` requests, at least one, were sent twice, as a sentence.
pub fn resent(n_resent: u64) -> String {
    let requests = match n_resent {
        1 => "1 request was".to_owned(),
        n_resent => format!("{} requests were", count(n_resent)),
    };
    format!(
        "{requests} sent again, because the server had closed a kept connection or did not process them."
    )
}

/// How long all bodies were on the wire, as a sentence; `None` if it is not known, or as long as they
/// are themselves.
pub fn on_the_wire(wire_bytes: u64, body_bytes: u64) -> Option<String> {
    (wire_bytes != 0 && wire_bytes != body_bytes).then(|| {
        let [wire_bytes, body_bytes] = [wire_bytes, body_bytes].map(count);
        format!("Bodies: {body_bytes} bytes, {wire_bytes} as they went over the wire.")
    })
}

/// A number, at least zero, with one decimal.
pub fn tenths(number: f64) -> String {
    let tenths = (number * 10.0).round() as u64;
    format!("{}.{}", count(tenths / 10), tenths % 10)
}

/// A rate per second, at least zero, with two decimals as in Locust's report.
pub fn rate(rate: f64) -> String {
    let hundredths = (rate * 100.0).round() as u64;
    format!("{}.{:02}", count(hundredths / 100), hundredths % 100)
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

/// A length of time to the second: `1 hour, 1 minute and 1 second`.
pub fn length(length: Duration) -> String {
    let secs = length.as_secs();
    let units = [
        (secs / 86_400, "day"),
        (secs / 3600 % 24, "hour"),
        (secs / 60 % 60, "minute"),
        (secs % 60, "second"),
    ];
    let parts = units.into_iter().filter(|it| 0 < it.0);
    let parts = parts.map(|(n, unit)| match n {
        1 => format!("1 {unit}"),
        n => format!("{} {unit}s", count(n)),
    });
    let parts: Vec<String> = parts.collect();
    match parts.as_slice() {
        [] => "0 seconds".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Seconds as a clock that was started at zero: `1:05`, `2:00:00`.
pub fn clock(secs: u64) -> String {
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours == 0 {
        format!("{minutes}:{secs:02}")
    } else {
        format!("{hours}:{minutes:02}:{secs:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_on_the_wire_are_told_where_they_are_others() {
        assert_eq!(on_the_wire(0, 5000), None);
        assert_eq!(on_the_wire(5000, 5000), None);
        assert_eq!(
            on_the_wire(1000, 5000).as_deref(),
            Some("Bodies: 5\u{202f}000 bytes, 1\u{202f}000 as they went over the wire.")
        );
    }

    #[test]
    fn times_have_one_decimal() {
        assert_eq!(millis(None), "–");
        assert_eq!(millis(Some(Duration::from_micros(1_250))), "1.3");
        assert_eq!(millis(Some(Duration::from_secs(12))), "12\u{202f}000.0");
    }

    #[test]
    fn rates_have_two_decimals() {
        for (number, text) in [(0.0, "0.00"), (0.066, "0.07"), (1234.5, "1\u{202f}234.50")] {
            assert_eq!(rate(number), text);
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
    fn lengths_are_said_in_units() {
        for (secs, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (3_605, "1 hour and 5 seconds"),
            (90_061, "1 day, 1 hour, 1 minute and 1 second"),
        ] {
            assert_eq!(length(Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn clocks_have_hours_only_if_there_are_some() {
        assert_eq!([0, 65, 7_200].map(clock), ["0:00", "1:05", "2:00:00"]);
    }
}
