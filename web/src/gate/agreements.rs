//! Which hosts a person has agreed to load. Those of this machine and its network need no word; of all
//! others a person is asked once in a session, and again where it would be much more.

use mayfly_core::http::origin::Origin;
use mayfly_core::plan::is_near;
use mayfly_core::schedule::forecast::Peak;
use mayfly_core::schedule::load_line::LoadUnit;

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// They have agreed to less: to so much.
    Higher(Peak),
    /// The plan came from a link.
    Link,
    /// It is the first load of a host in this session.
    New,
}

/// What a person has agreed to in this session: origins, each with the most load at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Agreements(Vec<(String, Peak)>);

impl Agreements {
    /// Why a person is to be asked before these hosts are loaded so much; `None` if that was agreed to.
    /// `peak` is `None` if it is not known.
    pub(crate) fn cause(
        &self,
        hosts: &[String],
        peak: Option<Peak>,
        is_from_link: bool,
    ) -> Option<Cause> {
        if is_from_link && !hosts.is_empty() {
            return Some(Cause::Link);
        }
        let mut causes = hosts.iter().filter_map(|it| far_origin(it)).map(|origin| {
            let agreed = self.0.iter().find(|it| it.0 == origin);
            let Some((_, agreed)) = agreed else {
                return Some(Cause::New);
            };
            let covers = |it: Peak| it.unit == agreed.unit && it.level <= MAX_RISE * agreed.level;
            (!peak.is_some_and(covers)).then_some(Cause::Higher(*agreed))
        });
        let first = causes.next().flatten();
        // That a host is new says more.
        causes.fold(first, |cause, next| match next {
            Some(Cause::New) => next,
            _ => cause.or(next),
        })
    }

    /// A person has agreed to this.
    pub(crate) fn agree(&mut self, hosts: &[String], peak: Peak) {
        for origin in hosts.iter().filter_map(|it| far_origin(it)) {
            match self.0.iter_mut().find(|it| it.0 == origin) {
                Some((_, agreed)) if agreed.unit == peak.unit => {
                    agreed.level = agreed.level.max(peak.level);
                }
                Some((_, agreed)) => *agreed = peak,
                None => self.0.push((origin, peak)),
            }
        }
    }

    /// What is stored for the session: a line for each origin.
    pub(crate) fn to_stored(&self) -> String {
        let line = |(origin, peak): &(String, Peak)| {
            let unit = match peak.unit {
                LoadUnit::TasksPerSecond => TASKS,
                LoadUnit::Users => USERS,
            };
            // Reading and writing decimals would be a seventh of the program that starts runs.
            format!("{unit} {} {origin}\n", peak.level.to_bits())
        };
        self.0.iter().map(line).collect()
    }

    /// What was stored. What makes no sense was not agreed to.
    pub(crate) fn of_stored(text: &str) -> Self {
        let read = |line: &str| {
            let mut parts = line.splitn(3, ' ');
            let unit = match parts.next()? {
                TASKS => LoadUnit::TasksPerSecond,
                USERS => LoadUnit::Users,
                _ => return None,
            };
            let level = f64::from_bits(parts.next()?.parse().ok()?);
            Some((parts.next()?.to_owned(), Peak { unit, level }))
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

const TASKS: &str = "tasks";
const USERS: &str = "users";

#[cfg(test)]
mod tests {
    use super::*;

    fn users(level: f64) -> Peak {
        Peak {
            unit: LoadUnit::Users,
            level,
        }
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
        let higher = Some(Cause::Higher(users(10.0)));
        check(&agreed, &host, 21.0, higher);
        check(
            &agreed,
            &["https://b.test", "https://a.test"],
            21.0,
            Some(Cause::New),
        );
        let arrivals = Peak {
            unit: LoadUnit::TasksPerSecond,
            level: 1.0,
        };
        for other in [Some(arrivals), None] {
            assert_eq!(agreed.cause(&hosts(&host), other, false), higher);
        }
        agreed.agree(&hosts(&host), users(21.0));
        agreed.agree(&hosts(&host), users(3.0));
        check(&agreed, &host, 42.0, None);
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
            "all 9 https://a.test",
        ] {
            assert_eq!(Agreements::of_stored(text), Agreements::default(), "{text}");
        }
        // Not a number covers nothing.
        let bits = f64::NAN.to_bits();
        let odd = Agreements::of_stored(&format!("users {bits} https://a.test:443"));
        assert!(
            odd.cause(&hosts(&["https://a.test"]), Some(users(1.0)), false)
                .is_some()
        );
    }
}
