//! Which hosts a person has agreed to load. Those of this machine and its network need no word; of all
//! others a person is asked once in a session, and again where it would be much more.

use mayfly_core::http::origin::Origin;
use mayfly_core::plan::is_near;
use mayfly_core::schedule::forecast::{Forecast, Peak};
use mayfly_core::schedule::load_line::LoadUnit;

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// They have agreed to less: to so many requests a second.
    Faster(f64),
    /// They have agreed to less: to so much.
    Higher(Peak),
    /// The plan came from a link.
    Link,
    /// It is the first load of a host in this session.
    New,
}

/// What a person has agreed to in this session.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Agreements(Vec<Agreement>);

/// A load that a person has agreed to for an origin.
#[derive(Clone, Debug, PartialEq)]
struct Agreement {
    origin: String,
    peak: Peak,
    // Requests a second; infinite where nothing but the answers limits them.
    rate: f64,
}

impl Agreement {
    /// Why it does not cover so much; `None` if it does.
    fn shortfall(&self, forecast: Option<Forecast>) -> Option<Cause> {
        match forecast {
            Some(it) if !is_higher(it.peak, self.peak, MAX_RISE) => {
                let is_covered = rate(it) <= ROUNDING * MAX_RISE * self.rate;
                (!is_covered).then_some(Cause::Faster(self.rate))
            }
            _ => Some(Cause::Higher(self.peak)),
        }
    }
}

/// Whether a run gets more load by an edit. What is not known is more.
pub(crate) fn is_rise(before: Option<Forecast>, after: Option<Forecast>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return true;
    };
    is_higher(after.peak, before.peak, 1.0) || ROUNDING * rate(before) < rate(after)
}

/// Whether a peak is more than so many times another one. Not a number is.
fn is_higher(peak: Peak, other: Peak, times: f64) -> bool {
    let is_covered = peak.unit == other.unit && peak.level <= times * other.level;
    !is_covered
}

/// Requests a second at the peak; infinite where nothing but the answers limits them.
fn rate(forecast: Forecast) -> f64 {
    forecast.rate.unwrap_or(f64::INFINITY)
}

impl Agreements {
    /// Why a person is to be asked before these hosts are loaded so much; `None` if that was agreed to.
    /// `forecast` is `None` if it is not known.
    pub(crate) fn cause(
        &self,
        hosts: &[String],
        forecast: Option<Forecast>,
        is_from_link: bool,
    ) -> Option<Cause> {
        if is_from_link && !hosts.is_empty() {
            return Some(Cause::Link);
        }
        let mut causes = hosts.iter().filter_map(|it| far_origin(it)).map(|origin| {
            let agreed = self.0.iter().filter(|it| it.origin == origin);
            let mut shortfalls = agreed.map(|it| it.shortfall(forecast));
            // Each is a load of its own: the users of one and the rate of another are none.
            shortfalls.try_fold(Cause::New, |_, it| it)
        });
        let first = causes.next().flatten();
        // That a host is new says more.
        causes.fold(first, |cause, next| match next {
            Some(Cause::New) => next,
            _ => cause.or(next),
        })
    }

    /// A person has agreed to this.
    pub(crate) fn agree(&mut self, hosts: &[String], forecast: Forecast) {
        let (peak, rate) = (forecast.peak, rate(forecast));
        for origin in hosts.iter().filter_map(|it| far_origin(it)) {
            let is_within = |it: &Agreement| {
                it.origin == origin && it.rate <= rate && !is_higher(it.peak, peak, 1.0)
            };
            self.0.retain(|it| !is_within(it));
            self.0.push(Agreement { origin, peak, rate });
        }
    }

    /// What is stored for the session: a line for each origin.
    pub(crate) fn to_stored(&self) -> String {
        let line = |it: &Agreement| {
            let unit = match it.peak.unit {
                LoadUnit::TasksPerSecond => TASKS,
                LoadUnit::Users => USERS,
            };
            // Reading and writing decimals would be a seventh of the program that starts runs.
            let (level, rate) = (it.peak.level.to_bits(), it.rate.to_bits());
            format!("{unit} {level} {rate} {}\n", it.origin)
        };
        self.0.iter().map(line).collect()
    }

    /// What was stored. What makes no sense was not agreed to.
    pub(crate) fn of_stored(text: &str) -> Self {
        let read = |line: &str| {
            let mut parts = line.splitn(4, ' ');
            let unit = match parts.next()? {
                TASKS => LoadUnit::TasksPerSecond,
                USERS => LoadUnit::Users,
                _ => return None,
            };
            let level = f64::from_bits(parts.next()?.parse().ok()?);
            let rate = f64::from_bits(parts.next()?.parse().ok()?);
            Some(Agreement {
                origin: parts.next()?.to_owned(),
                peak: Peak { unit, level },
                rate,
            })
        };
        Self(text.lines().filter_map(read).collect())
    }
}

/// Whether all of a host is on this machine or its network.
pub(crate) fn is_near_host(host: &str) -> bool {
    far_origin(host).is_none()
}

/// What a host is remembered by; `None` if it is of this machine or network. A placeholder may stand for any
/// host, so it is not.
fn far_origin(host: &str) -> Option<String> {
    match Origin::of(host) {
        Some(origin) if is_near(&origin) => None,
        Some(origin) => Some(origin.to_string()),
        None => Some(host.to_owned()),
    }
}

/// So many times what a person has agreed to needs no other word.
const MAX_RISE: f64 = 2.0;

/// A rate that is so many times another one is the same: it is that of a user times their number.
const ROUNDING: f64 = 1.001;

const TASKS: &str = "tasks";
const USERS: &str = "users";

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(unit: LoadUnit, level: f64, rate: Option<f64>) -> Forecast {
        Forecast {
            peak: Peak { unit, level },
            rate,
            requests: None,
        }
    }

    fn users(level: f64) -> Forecast {
        forecast(LoadUnit::Users, level, Some(level))
    }

    fn hosts(hosts: &[&str]) -> Vec<String> {
        hosts.iter().map(|&it| it.to_owned()).collect()
    }

    #[track_caller]
    fn check(agreed: &Agreements, loaded: &[&str], peak: f64, expected: Option<Cause>) {
        let found = agreed.cause(&hosts(loaded), Some(users(peak)), false);
        assert_eq!(found, expected, "{loaded:?} {peak}");
    }

    #[test]
    fn what_is_near_or_simulated_needs_no_word() {
        let none = Agreements::default();
        check(&none, &[], 1e6, None);
        check(
            &none,
            &["http://localhost:5000", "http://192.168.1.7/api"],
            1e6,
            None,
        );
        check(
            &none,
            &["http://localhost:5000", "https://a.test"],
            1.0,
            Some(Cause::New),
        );
    }

    #[test]
    fn a_host_is_asked_about_once_whatever_its_path() {
        let mut agreed = Agreements::default();
        agreed.agree(&hosts(&["https://a.test/api"]), users(10.0));
        check(&agreed, &["https://A.test:443/b"], 10.0, None);
        check(&agreed, &["https://a.test/", "http://127.0.0.1"], 3.0, None);
        for other in ["http://a.test", "https://a.test:444", "https://b.test"] {
            check(&agreed, &["https://a.test", other], 1.0, Some(Cause::New));
            check(&agreed, &[other, "https://a.test"], 1.0, Some(Cause::New));
        }
    }

    #[test]
    fn more_than_twice_as_much_is_asked_about_again_and_nothing_creeps_up() {
        let mut agreed = Agreements::default();
        let host = ["https://a.test"];
        agreed.agree(&hosts(&host), users(10.0));
        for less in [1.0, 10.0, 20.0] {
            check(&agreed, &host, less, None);
        }
        let higher = Some(Cause::Higher(users(10.0).peak));
        check(&agreed, &host, 21.0, higher);
        check(
            &agreed,
            &["https://b.test", "https://a.test"],
            21.0,
            Some(Cause::New),
        );
        let arrivals = forecast(LoadUnit::TasksPerSecond, 1.0, Some(1.0));
        for other in [Some(arrivals), None] {
            assert_eq!(agreed.cause(&hosts(&host), other, false), higher);
        }
        agreed.agree(&hosts(&host), users(21.0));
        agreed.agree(&hosts(&host), users(3.0));
        check(&agreed, &host, 42.0, None);
        assert_eq!(agreed.0.len(), 2, "what is within another one is forgotten");
        agreed.agree(&hosts(&host), arrivals);
        assert_eq!(agreed.cause(&hosts(&host), Some(arrivals), false), None);
    }

    #[test]
    fn a_link_is_always_asked_about_unless_nothing_leaves_the_page() {
        let mut agreed = Agreements::default();
        agreed.agree(&hosts(&["https://a.test"]), users(10.0));
        for host in ["https://a.test", "http://localhost"] {
            let found = agreed.cause(&hosts(&[host]), Some(users(1.0)), true);
            assert_eq!(found, Some(Cause::Link), "{host}");
        }
        assert_eq!(agreed.cause(&[], Some(users(1.0)), true), None);
    }

    #[test]
    fn where_a_placeholder_says_where_requests_go_that_is_not_near() {
        let none = Agreements::default();
        for host in ["{{next}}", "http://{{host}}:81", "http://{{a}}.localhost"] {
            check(&none, &[host], 1.0, Some(Cause::New));
            let mut agreed = none.clone();
            agreed.agree(&hosts(&[host]), users(1.0));
            check(&agreed, &[host], 1.0, None);
        }
    }

    #[test]
    fn what_is_stored_for_a_session_comes_back() {
        let mut agreed = Agreements::default();
        agreed.agree(&hosts(&["https://a.test", "{{ a b }}"]), users(10.5));
        assert_eq!(Agreements::of_stored(&agreed.to_stored()), agreed);
        for text in [
            "",
            "users",
            "users x https://a.test",
            "users 9 https://a.test",
            "all 9 https://a.test",
        ] {
            assert_eq!(Agreements::of_stored(text), Agreements::default(), "{text}");
        }
        // Not a number covers nothing.
        let bits = f64::NAN.to_bits();
        let one = 1.0_f64.to_bits();
        for (level, rate, is_covered) in [(bits, one, false), (one, bits, false), (one, one, true)]
        {
            let odd = Agreements::of_stored(&format!("users {level} {rate} https://a.test:443"));
            let cause = odd.cause(&hosts(&["https://a.test"]), Some(users(1.0)), false);
            assert_eq!(cause.is_none(), is_covered, "{level} {rate}");
        }
    }

    #[test]
    fn as_many_users_who_wait_less_are_asked_about() {
        let mut agreed = Agreements::default();
        let host = hosts(&["https://a.test"]);
        let with = |rate| Some(forecast(LoadUnit::Users, 10.0, rate));
        agreed.agree(&host, with(Some(5.0)).unwrap());
        assert_eq!(agreed.cause(&host, with(Some(10.0)), false), None);
        for rate in [Some(11.0), None] {
            let cause = agreed.cause(&host, with(rate), false);
            assert_eq!(cause, Some(Cause::Faster(5.0)));
        }
        agreed.agree(&host, with(None).unwrap());
        for rate in [Some(11.0), None] {
            assert_eq!(agreed.cause(&host, with(rate), false), None);
        }
        // Users of one agreement and the rate of another are a third load.
        let many = |rate| Some(forecast(LoadUnit::Users, 1000.0, rate));
        agreed.agree(&host, many(Some(17.0)).unwrap());
        assert_eq!(agreed.cause(&host, many(Some(34.0)), false), None);
        for rate in [Some(35.0), None] {
            assert!(agreed.cause(&host, many(rate), false).is_some());
        }
    }

    #[test]
    fn an_edit_is_a_rise_by_users_or_by_requests_or_if_nobody_knows() {
        let with = |level, rate| Some(forecast(LoadUnit::Users, level, rate));
        let before = with(10.0, Some(5.0));
        for (after, expected) in [
            (before, false),
            (with(5.0, Some(2.5)), false),
            (with(11.0, Some(5.0)), true),
            (with(10.0, Some(5.5)), true),
            (with(5.0, None), true),
            (None, true),
            (
                Some(forecast(LoadUnit::TasksPerSecond, 1.0, Some(1.0))),
                true,
            ),
        ] {
            assert_eq!(is_rise(before, after), expected, "{after:?}");
        }
        assert!(is_rise(None, before));
        assert!(!is_rise(with(10.0, None), before));
    }
}
