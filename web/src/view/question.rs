//! A question to a person before requests are sent, in words.

use std::time::Duration;

use mayfly_core::schedule::forecast::{Forecast, Peak};
use mayfly_core::schedule::load_line::LoadUnit;

use super::format;
use crate::gate::agreements::Cause;

/// Why a person is asked, in whole sentences.
pub(crate) fn why(cause: Cause) -> String {
    match cause {
        Cause::Faster(agreed) => format!(
            "This may be more than twice the {} requests a second that you agreed to in this session.",
            format::rate(agreed)
        ),
        Cause::Higher(agreed) => format!(
            "This is more than twice the {} that you agreed to in this session.",
            peak(agreed)
        ),
        Cause::Link => {
            "This plan came from a link, so somebody else may have chosen what it loads.".to_owned()
        }
        Cause::New => {
            "This loads a host that is neither this machine nor on its network.".to_owned()
        }
    }
}

/// What every person who loads something should know.
pub(crate) const WHOSE: &str =
    "Load a service only if it is yours, or if its owner has agreed to it.";

/// What follows where another tab has a run under way.
pub(crate) const SHARED: &str = "Another tab runs a swarm. Both share the processor, and over HTTP/1.1 the six \
    connections that this browser opens to each host, so neither run measures its target alone.";

/// The most load at once: `20 users`.
pub(crate) fn peak(peak: Peak) -> String {
    let level = match peak.unit {
        LoadUnit::TasksPerSecond => rounded(peak.level),
        // As the plan says it.
        LoadUnit::Users => format::count(peak.level.ceil() as u64),
    };
    match (peak.unit, &*level) {
        (LoadUnit::TasksPerSecond, "1") => "1 task a second".to_owned(),
        (LoadUnit::TasksPerSecond, _) => format!("{level} tasks a second"),
        (LoadUnit::Users, "1") => "1 user".to_owned(),
        (LoadUnit::Users, _) => format!("{level} users"),
    }
}

/// How many requests are to be expected: `up to 1,200 in 2 min 0 s`.
pub(crate) fn requests(forecast: &Forecast, length: Option<Duration>) -> String {
    // What users send depends on the answers, and arrivals do not.
    let about = match forecast.peak.unit {
        LoadUnit::TasksPerSecond => "about",
        LoadUnit::Users => "up to",
    };
    let time = match length {
        Some(length) => format!(" in {}", format::length(length)),
        None => ", until it is stopped".to_owned(),
    };
    match (forecast.requests, forecast.rate) {
        (Some(requests), _) if length.is_none() => format!("{about} {}", rounded(requests)),
        (Some(requests), _) => format!("{about} {}{time}", rounded(requests)),
        (None, Some(rate)) => format!("{about} {} a second{time}", rounded(rate)),
        (None, None) => format!("as many as the answers let it send{time}"),
    }
}

/// As whole numbers, of which three digits are known.
fn rounded(number: f64) -> String {
    let mut unit = 1.0;
    while 1000.0 * unit <= number {
        unit *= 10.0;
    }
    let number = if number < 1.0 { 1.0 } else { number };
    // Never above u64: a plan is at most a million users, or tasks a second, for some years.
    format::count(((number / unit).round() * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(unit: LoadUnit, rate: Option<f64>, requests: Option<f64>) -> Forecast {
        Forecast {
            peak: Peak { unit, level: 20.0 },
            rate,
            requests,
        }
    }

    #[test]
    fn what_is_to_be_expected_is_said_as_far_as_it_is_known() {
        let minute = Some(Duration::from_secs(60));
        let users = |rate, requests| forecast(LoadUnit::Users, rate, requests);
        for (forecast, length, expected) in [
            (
                users(Some(20.0), Some(1_234.0)),
                minute,
                "up to 1,230 in 1 min 0 s",
            ),
            (
                users(Some(20.4), None),
                None,
                "up to 20 a second, until it is stopped",
            ),
            (
                users(None, None),
                minute,
                "as many as the answers let it send in 1 min 0 s",
            ),
            (users(None, Some(7.0)), None, "up to 7"),
            (
                forecast(LoadUnit::TasksPerSecond, Some(50.0), Some(56_789.0)),
                minute,
                "about 56,800 in 1 min 0 s",
            ),
        ] {
            let found = requests(&forecast, length).replace('\u{202f}', ",");
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_peak_is_said_with_its_unit() {
        for (unit, level, expected) in [
            (LoadUnit::Users, 1.0, "1 user"),
            (LoadUnit::Users, 20.0, "20 users"),
            (LoadUnit::TasksPerSecond, 0.2, "1 task a second"),
            (LoadUnit::TasksPerSecond, 2.4, "2 tasks a second"),
        ] {
            assert_eq!(peak(Peak { unit, level }), expected);
        }
    }

    #[test]
    fn what_was_agreed_to_is_named() {
        let agreed = Peak {
            unit: LoadUnit::Users,
            level: 10.0,
        };
        assert!(why(Cause::Higher(agreed)).contains("the 10 users that you agreed to"));
    }
}
