//! The single values of a plan. Each is made by parsing and cannot be wrong afterward.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::PlanError;

/// A number of users, in `1..=1_000_000`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct UserCount(u32);

impl UserCount {
    const MAX: u32 = 1_000_000;

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for UserCount {
    type Error = PlanError;

    fn try_from(count: u32) -> Result<Self, PlanError> {
        if count == 0 || Self::MAX < count {
            return Err(PlanError::UserCount {
                got: count.to_string(),
            });
        }
        Ok(Self(count))
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
        let error = || PlanError::UserCount {
            got: text.to_owned(),
        };
        let count: u32 = text.trim().parse().map_err(|_| error())?;
        Self::try_from(count).map_err(|_| error())
    }
}

/// Users started per second: finite, above zero, at most a million.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct SpawnRate(f64);

impl SpawnRate {
    const MAX: f64 = 1_000_000.0;

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for SpawnRate {
    type Error = PlanError;

    fn try_from(rate: f64) -> Result<Self, PlanError> {
        if 0.0 < rate && rate <= Self::MAX {
            return Ok(Self(rate));
        }
        Err(PlanError::SpawnRate {
            got: rate.to_string(),
        })
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
        let error = || PlanError::SpawnRate {
            got: text.to_owned(),
        };
        let rate: f64 = text.trim().parse().map_err(|_| error())?;
        Self::try_from(rate).map_err(|_| error())
    }
}

/// When a run ends by itself; above zero.
///
/// The notation is Locust's: whole seconds, or hours, minutes and seconds in this order, each a
/// whole number with its letter: `90`, `20s`, `3m`, `2h`, `1h20m`, `3h30m10s`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Duration", into = "Duration")]
pub struct RunTime(Duration);

impl RunTime {
    // A hundred years: far from where sums of times saturate.
    const MAX_SECS: u64 = 100 * 365 * 86_400;

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

/// The host under load: scheme, host name, and maybe a port and a path, without a slash at the end.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(String);

impl BaseUrl {
    /// As text, such as `http://127.0.0.1:5000`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of `path` below this host.
    pub fn join(&self, path: &Path) -> String {
        format!("{}{}", self.0, path.0)
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl FromStr for BaseUrl {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let url = text.trim().trim_end_matches('/');
        match base_url_problem(url) {
            Some(problem) => Err(PlanError::BaseUrl {
                problem,
                got: text.trim().to_owned(),
            }),
            None => Ok(Self(url.to_owned())),
        }
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = PlanError;

    fn try_from(text: String) -> Result<Self, PlanError> {
        text.parse()
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The path of a request, and maybe a query; starts with a slash.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(String);

impl Path {
    /// As text, such as `/cube?n=3`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Path {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let path = text.trim();
        match path_problem(path) {
            Some(problem) => Err(PlanError::Path {
                problem,
                got: path.to_owned(),
            }),
            None => Ok(Self(path.to_owned())),
        }
    }
}

impl TryFrom<String> for Path {
    type Error = PlanError;

    fn try_from(text: String) -> Result<Self, PlanError> {
        text.parse()
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a weight: a whole number in `0..=1_000_000`.
///
/// # Errors
///
/// Fails if `text` is anything else.
pub fn parse_weight(text: &str) -> Result<u32, PlanError> {
    text.trim()
        .parse()
        .ok()
        .filter(|&weight: &u32| weight <= 1_000_000)
        .ok_or_else(|| PlanError::Weight {
            got: text.to_owned(),
        })
}

/// Reads a wait in seconds, which may have a fraction, up to
/// [`WaitTime::MAX`](crate::wait::WaitTime::MAX).
///
/// # Errors
///
/// Fails if `text` is anything else.
pub fn parse_wait(text: &str) -> Result<Duration, PlanError> {
    text.trim()
        .parse()
        .ok()
        .filter(|secs| (0.0..=86_400.0).contains(secs))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| PlanError::Wait {
            got: text.to_owned(),
        })
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

fn base_url_problem(url: &str) -> Option<&'static str> {
    let Some(rest) = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
    else {
        return Some("it must start with http:// or https://");
    };
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("it must not contain spaces");
    }
    if url.contains(['?', '#']) {
        return Some("it must not have a query or a fragment; those belong to a task’s path");
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return Some("it must not contain a user name or password, which browsers refuse");
    }
    let (host, port) = split_port(authority);
    if host.is_empty() {
        return Some("the host name is missing");
    }
    if host.contains([
        '<', '>', '\\', '"', '|', '^', '`', '{', '}', '[', ']', '%', ':',
    ]) {
        return Some("the host name has a character that cannot be in one");
    }
    // A name whose last part is a number is an address to every browser.
    let last = host
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && host.parse::<std::net::Ipv4Addr>().is_err() {
        return Some("the address must be four numbers from 0 to 255");
    }
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
        return Some("the port must be a number from 1 to 65535");
    }
    None
}

/// Host name and port; an IPv6 address is in brackets, which are left out.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = authority
        .strip_prefix('[')
        .and_then(|it| it.split_once(']'))
    {
        // Anything but a port after the bracket is a wrong port.
        let port = (!rest.is_empty()).then(|| rest.strip_prefix(':').unwrap_or("?"));
        let is_address = address.parse::<std::net::Ipv6Addr>().is_ok();
        return (if is_address { "v6" } else { "" }, port);
    }
    match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn path_problem(path: &str) -> Option<&'static str> {
    if !path.starts_with('/') {
        return Some("it must start with a slash");
    }
    if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("it must not contain spaces; write %20");
    }
    if path.contains('#') {
        return Some("it must not contain #, which is never sent; write %23");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let error = PlanError::UserCount {
                got: text.to_owned(),
            };
            assert_eq!(text.parse::<UserCount>(), Err(error), "{text}");
        }
    }

    #[test]
    fn spawn_rates_are_finite_and_above_zero() {
        assert_eq!("0.5".parse(), Ok(SpawnRate(0.5)));
        for text in ["0", "-1", "nan", "inf", "two", "", "1e7"] {
            let error = PlanError::SpawnRate {
                got: text.to_owned(),
            };
            assert_eq!(text.parse::<SpawnRate>(), Err(error), "{text}");
        }
    }

    #[test]
    fn waits_are_seconds() {
        assert_eq!(parse_wait("0.25"), Ok(Duration::from_millis(250)));
        for text in ["-1", "nan", "1s", "", "86401"] {
            assert_eq!(
                parse_wait(text),
                Err(PlanError::Wait {
                    got: text.to_owned()
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn weights_are_whole() {
        assert_eq!(parse_weight("0"), Ok(0));
        for text in ["-1", "1.5", "", "1000001"] {
            assert_eq!(
                parse_weight(text),
                Err(PlanError::Weight {
                    got: text.to_owned()
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn base_urls_are_kept_without_the_last_slash() {
        for (text, kept) in [
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
            (" https://api.example.org ", "https://api.example.org"),
            ("http://[::1]:5000", "http://[::1]:5000"),
            ("http://localhost/api/v1/", "http://localhost/api/v1"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_is_wrong_with_a_base_url_is_said() {
        for (text, expected) in [
            ("localhost:5000", "it must start with http:// or https://"),
            (
                "ftp://example.org",
                "it must start with http:// or https://",
            ),
            ("http://", "it must start with http:// or https://"),
            ("http:///x", "the host name is missing"),
            ("http://:80", "the host name is missing"),
            ("http://a b", "it must not contain spaces"),
            (
                "http://a?x=1",
                "it must not have a query or a fragment; those belong to a task’s path",
            ),
            (
                "http://a:b@c",
                "it must not contain a user name or password, which browsers refuse",
            ),
            (
                "http://a:99999",
                "the port must be a number from 1 to 65535",
            ),
            ("http://a:", "the port must be a number from 1 to 65535"),
            ("http://[::1]x", "the port must be a number from 1 to 65535"),
            ("http://[nonsense]", "the host name is missing"),
            (
                "http://999.1.1.1",
                "the address must be four numbers from 0 to 255",
            ),
            (
                "http://a]b",
                "the host name has a character that cannot be in one",
            ),
            (
                "http://<script>",
                "the host name has a character that cannot be in one",
            ),
        ] {
            let Err(PlanError::BaseUrl { problem, .. }) = text.parse::<BaseUrl>() else {
                panic!("{text} was accepted");
            };
            assert_eq!(problem, expected, "{text}");
        }
    }

    #[test]
    fn paths_start_with_a_slash() {
        assert_eq!("/cube?n=3".parse::<Path>().unwrap().as_str(), "/cube?n=3");
        for (text, expected) in [
            ("cube", "it must start with a slash"),
            ("", "it must start with a slash"),
            ("/a b", "it must not contain spaces; write %20"),
            (
                "/a#b",
                "it must not contain #, which is never sent; write %23",
            ),
        ] {
            let error = PlanError::Path {
                problem: expected,
                got: text.to_owned(),
            };
            assert_eq!(text.parse::<Path>(), Err(error), "{text}");
        }
    }
}
