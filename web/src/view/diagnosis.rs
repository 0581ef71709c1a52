//! Why no answer of a target can be read, and what to do about it.
//!
//! A browser says "Failed to fetch" and nothing more. What can be told apart is told apart by further
//! requests that ask for less, which [`crate::browser::probe`] sends. They are GET requests, because another
//! method might change something at the target.
//!
//! `fetch` says the same for a missing header, a refused preflight, a reset and a dead host. So the
//! same URL is asked again, with less each time: in the mode `no-cors`, whose answer cannot be read
//! but shows that there was one; without the headers of the plan, so that no preflight is needed; and
//! with their names. These requests, at most three and a preflight, are the only ones that a target
//! counts and the page does not.

mod remedy;

use mayfly_core::http::request::Method;
use mayfly_core::plan::{BaseUrl, host_name, origin};
use mayfly_core::time::Elapsed;

use crate::view::format;

pub(crate) use self::remedy::{Needs, cors_snippets};

/// A request of which no answer can be read: the first of its kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unanswered {
    /// The method.
    pub method: Method,
    /// The request name, by which its row is known.
    pub name: String,
    /// The URL as it was sent.
    pub url: String,
    /// Its headers for which a browser asks permission first.
    pub preflighted: Vec<String>,
    /// Whether every one was given up by its timeout.
    pub has_timed_out: bool,
    /// When the first failed.
    pub first: Elapsed,
}

impl Unanswered {
    /// Whether the browser sends it without a preflight.
    fn is_simple(&self) -> bool {
        is_method_simple(self.method.as_str()) && self.preflighted.is_empty()
    }

    /// Whether a GET to the same URL is as good as the request itself.
    fn is_read_only(&self) -> bool {
        matches!(self.method, Method::Get | Method::Head)
    }

    /// The request in a line, without its query, which may hold a secret.
    fn line(&self) -> String {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        format!("{} {}", self.method, format::ends(url))
    }
}

/// How far the browser lets a page get with requests that ask for less and less.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Probe {
    /// There was no answer in time.
    TimedOut,
    /// There is no answer, not even one that need not be readable, or the browser sent nothing.
    Failed,
    /// There is an answer, but not even one to a GET without headers can be read.
    Answered,
    /// The answer to a GET without headers can be read, and none to a GET with those of the request.
    ReadableWithoutHeaders,
    /// The answer to a GET with the headers of the request can be read.
    Readable,
}

/// Where the page and its target are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Surroundings {
    /// The page came over an encrypted connection.
    pub is_page_https: bool,
    /// The page came from this machine.
    pub is_page_local: bool,
    /// The origin of the page, as a target sees it.
    pub page_origin: String,
}

/// Why no answer to a request can be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnosis {
    /// The request.
    pub request: Unanswered,
    /// The most likely cause.
    pub cause: Cause,
}

/// Why no answer can be read, as far as a browser lets a page tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// The answer lacks the header that lets this page read it.
    MissingCors,
    /// The browser asks whether it may send the request, and the target does not say yes.
    Preflight,
    /// The target answers, and refuses the preflight or lacks the header on its answer.
    PreflightOrCors,
    /// A GET to the same URL can be read, and the request cannot.
    OnlyThisMethod,
    /// The same request can be read now.
    Passing,
    /// The page is encrypted and the target is not, which browsers refuse.
    MixedContent,
    /// The browser may have kept the page from the local network.
    LocalNetwork,
    /// Nothing answers, or what comes is no answer.
    NoAnswer,
    /// The answer does not come in time.
    TimedOut,
}

impl Diagnosis {
    /// The most likely cause.
    pub fn new(request: Unanswered, surroundings: &Surroundings, probe: Probe) -> Self {
        let is_local = is_local(host_name(&request.url));
        let is_https = request.url.starts_with("https:");
        let cause = match probe {
            Probe::Failed if surroundings.is_page_https && !is_https && !is_local => {
                Cause::MixedContent
            }
            // A browser may also wait for a person's word, and say nothing.
            Probe::Failed | Probe::TimedOut if is_local && !surroundings.is_page_local => {
                Cause::LocalNetwork
            }
            Probe::Failed => Cause::NoAnswer,
            Probe::TimedOut => Cause::TimedOut,
            Probe::Answered if request.is_read_only() && request.is_simple() => Cause::MissingCors,
            // Without its headers or by another method, it may be refused where it is not itself.
            Probe::Answered => Cause::PreflightOrCors,
            Probe::ReadableWithoutHeaders => Cause::Preflight,
            Probe::Readable if request.is_read_only() => Cause::Passing,
            Probe::Readable => Cause::OnlyThisMethod,
        };
        Self { request, cause }
    }

    /// What is wrong, in one sentence.
    pub fn headline(&self) -> String {
        let (line, origin) = (self.request.line(), origin(&self.request.url));
        match self.cause {
            Cause::MissingCors => format!(
                "{origin} answers, but does not allow this page to read the answer to {line}."
            ),
            Cause::Preflight => {
                format!("{origin} answers, but refuses the preflight that {line} needs.")
            }
            Cause::PreflightOrCors | Cause::OnlyThisMethod => format!(
                "{origin} answers, but gives no answer to {line} that this page is allowed to read."
            ),
            Cause::Passing => format!("{line} failed before, and is answered now."),
            Cause::MixedContent => {
                format!("The browser does not let a page from https:// load {origin}.")
            }
            Cause::LocalNetwork => {
                format!("No answer to {line}, or the browser keeps this page from {origin}.")
            }
            Cause::NoAnswer => format!("No answer to {line}."),
            Cause::TimedOut => format!("No answer to {line} in time."),
        }
    }

    /// What to do, in a few sentences.
    pub fn advice(&self) -> String {
        match self.cause {
            Cause::MissingCors => format!("{CORS} Add it to the API:"),
            Cause::Preflight => format!("{} The API must allow that:", self.preflight()),
            Cause::PreflightOrCors if self.request.is_simple() => {
                format!("{CORS} A GET to the same URL lacks it. Add it to the API:")
            }
            Cause::PreflightOrCors => format!(
                "{} Either the API refuses that, or its answer lacks the header \
                 Access-Control-Allow-Origin. It needs both:",
                self.preflight()
            ),
            // A GET with the same headers passed, so a preflight can only be about the method.
            Cause::OnlyThisMethod if is_method_simple(self.request.method.as_str()) => format!(
                "A GET to the same URL can be read. {CORS} Either this one lacks it, as errors often \
                 do, or the API breaks the connection off. Add it to all answers of the API:"
            ),
            Cause::OnlyThisMethod => format!(
                "A GET to the same URL can be read. {} Either the API refuses that, or its answer \
                 lacks the header Access-Control-Allow-Origin, as errors often do, or it breaks the \
                 connection off. It needs:",
                self.preflight()
            ),
            Cause::Passing => "The browser does not say why it failed. The connection may have been \
                               refused or broken off, or what came was no answer of HTTP."
                .to_owned(),
            Cause::MixedContent => {
                "Load an https:// address, or run Mayfly from this machine over http://.".to_owned()
            }
            Cause::LocalNetwork => "Check that the API is running and that the port is right. If the \
                                    browser asks whether this site may reach your local network, \
                                    allow it; the site’s settings, beside its address, let you \
                                    change your answer."
                .to_owned(),
            Cause::NoAnswer => "The browser does not say why. Check that the API is running, and that \
                                the host name and the port are right. Otherwise the API breaks the \
                                connection off, redirects in circles, or sends what is no answer of \
                                HTTP. An https:// address also needs a certificate that this browser \
                                trusts."
                .to_owned(),
            Cause::TimedOut => "The API is too slow or hangs, or something on the way drops what is \
                                sent to it."
                .to_owned(),
        }
    }

    /// Whether lines for the target's configuration help.
    pub fn has_remedy(&self) -> bool {
        match self.cause {
            Cause::MissingCors
            | Cause::Preflight
            | Cause::PreflightOrCors
            | Cause::OnlyThisMethod => true,
            Cause::Passing
            | Cause::MixedContent
            | Cause::LocalNetwork
            | Cause::NoAnswer
            | Cause::TimedOut => false,
        }
    }

    /// Whether it is still what is wrong where these have no answer.
    pub fn is_about(&self, unanswered: &[Unanswered]) -> bool {
        let key = |it: &Unanswered| (it.method, it.name.clone(), it.has_timed_out);
        unanswered.iter().any(|it| key(it) == key(&self.request))
    }

    /// That the browser asks for permission, and what for.
    fn preflight(&self) -> String {
        let method = self.request.method.as_str();
        let method = (!is_method_simple(method)).then(|| format!("the method {method}"));
        let headers = self.request.preflighted.join(", ");
        let headers = match self.request.preflighted.len() {
            0 => None,
            1 => Some(format!("the header {headers}")),
            _ => Some(format!("the headers {headers}")),
        };
        let what = Vec::from_iter(method.into_iter().chain(headers)).join(" and ");
        format!(
            "The browser first asks permission for {what}, by an OPTIONS request to the same URL."
        )
    }
}

const CORS: &str = "A browser hands an answer to a page only if the answer carries the header \
                    Access-Control-Allow-Origin.";

/// Whether a page may use a method without asking.
fn is_method_simple(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "POST")
}

/// What to know about a host before a run starts; `None` if there is nothing to say.
pub(crate) fn hint(target: &BaseUrl, surroundings: &Surroundings) -> Option<&'static str> {
    let is_local = is_local(host_name(target.as_str()));
    if surroundings.is_page_https && !target.is_https() && !is_local {
        return Some("This page came over https://, so the browser will refuse an http:// host.");
    }
    (is_local && !surroundings.is_page_local)
        .then_some("The browser may ask whether this page may reach your local network.")
}

/// Whether a host name means this machine or its local network, as far as the name tells.
pub(crate) fn is_local(host_name: &str) -> bool {
    use std::net::{Ipv4Addr, Ipv6Addr};
    if let Ok(address) = host_name.parse::<Ipv4Addr>() {
        return address.is_loopback() || address.is_private() || address.is_link_local();
    }
    if let Ok(address) = host_name.parse::<Ipv6Addr>() {
        return address.is_loopback()
            || address.is_unique_local()
            || address.is_unicast_link_local();
    }
    host_name == "localhost" || host_name.ends_with(".localhost") || host_name.ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surroundings(page_origin: &str) -> Surroundings {
        Surroundings {
            is_page_https: page_origin.starts_with("https"),
            is_page_local: page_origin.contains("localhost"),
            page_origin: page_origin.to_owned(),
        }
    }

    fn request(method: Method, url: &str, preflighted: &[&str]) -> Unanswered {
        Unanswered {
            method,
            name: "/".to_owned(),
            url: url.to_owned(),
            preflighted: preflighted.iter().map(|&it| it.to_owned()).collect(),
            has_timed_out: false,
            first: Elapsed::ZERO,
        }
    }

    #[track_caller]
    fn check(page: &str, request: &Unanswered, probe: Probe, expected: Cause) {
        let found = Diagnosis::new(request.clone(), &surroundings(page), probe);
        assert_eq!(found.cause, expected, "{request:?}");
    }

    const LOCAL: &str = "http://localhost:8089";
    const PUBLIC: &str = "https://a.example";

    #[test]
    fn a_header_is_missing_only_where_the_same_request_was_asked_again() {
        let url = "http://127.0.0.1:5000/items";
        for (method, preflighted, expected) in [
            (Method::Get, [].as_slice(), Cause::MissingCors),
            (Method::Head, &[], Cause::MissingCors),
            // A GET with no credentials, or of what can only be posted, may get an error without it.
            (Method::Get, &["authorization"], Cause::PreflightOrCors),
            (Method::Post, &[], Cause::PreflightOrCors),
            (Method::Put, &[], Cause::PreflightOrCors),
        ] {
            let request = request(method, url, preflighted);
            check(LOCAL, &request, Probe::Answered, expected);
        }
    }

    #[test]
    fn an_answer_that_can_be_read_lacks_no_header() {
        let url = "http://127.0.0.1:5000/items";
        for (method, preflighted, probe, expected) in [
            (
                Method::Get,
                ["x-run"].as_slice(),
                Probe::ReadableWithoutHeaders,
                Cause::Preflight,
            ),
            (
                Method::Post,
                &["x-run"],
                Probe::ReadableWithoutHeaders,
                Cause::Preflight,
            ),
            (Method::Get, &["x-run"], Probe::Readable, Cause::Passing),
            (Method::Get, &[], Probe::Readable, Cause::Passing),
            (Method::Post, &[], Probe::Readable, Cause::OnlyThisMethod),
            (Method::Put, &[], Probe::Readable, Cause::OnlyThisMethod),
        ] {
            let request = request(method, url, preflighted);
            check(LOCAL, &request, probe, expected);
        }
    }

    #[test]
    fn without_an_answer_the_surroundings_tell() {
        for (page, url, probe, expected) in [
            (
                LOCAL,
                "http://127.0.0.1:5000/",
                Probe::Failed,
                Cause::NoAnswer,
            ),
            (
                LOCAL,
                "http://127.0.0.1:5000/",
                Probe::TimedOut,
                Cause::TimedOut,
            ),
            (LOCAL, "http://b.example/", Probe::Failed, Cause::NoAnswer),
            (
                PUBLIC,
                "http://b.example/",
                Probe::Failed,
                Cause::MixedContent,
            ),
            (
                PUBLIC,
                "http://127.0.0.1:5000/",
                Probe::Failed,
                Cause::LocalNetwork,
            ),
            (
                PUBLIC,
                "http://127.0.0.1:5000/",
                Probe::TimedOut,
                Cause::LocalNetwork,
            ),
            (PUBLIC, "https://b.example/", Probe::Failed, Cause::NoAnswer),
            (
                PUBLIC,
                "https://b.example/",
                Probe::TimedOut,
                Cause::TimedOut,
            ),
        ] {
            check(page, &request(Method::Get, url, &[]), probe, expected);
        }
    }

    #[test]
    fn only_what_a_header_would_mend_is_called_so() {
        let all = [
            Cause::MissingCors,
            Cause::Preflight,
            Cause::PreflightOrCors,
            Cause::OnlyThisMethod,
            Cause::Passing,
            Cause::MixedContent,
            Cause::LocalNetwork,
            Cause::NoAnswer,
            Cause::TimedOut,
        ];
        for cause in all {
            let request = request(Method::Put, "http://a.test/b?token=7", &["x-run"]);
            let diagnosis = Diagnosis { request, cause };
            let (headline, advice) = (diagnosis.headline(), diagnosis.advice());
            assert!(!headline.contains("token"), "{headline}");
            let is_about_headers = ["Access-Control", "OPTIONS"]
                .iter()
                .any(|it| advice.contains(it));
            assert_eq!(is_about_headers, diagnosis.has_remedy(), "{advice}");
        }
    }

    #[test]
    fn a_preflight_says_what_it_is_for() {
        for (method, preflighted, expected) in [
            (Method::Put, [].as_slice(), "for the method PUT, by"),
            (Method::Post, &["x-run"], "for the header x-run, by"),
            (
                Method::Patch,
                &["authorization", "content-type"],
                "for the method PATCH and the headers authorization, content-type, by",
            ),
        ] {
            let request = request(method, "http://a.test/b", preflighted);
            let cause = Cause::Preflight;
            let advice = Diagnosis { request, cause }.advice();
            assert!(advice.contains(expected), "{advice}");
        }
    }

    #[test]
    fn local_hosts_are_known_by_their_names() {
        for (host, expected) in [
            ("localhost", true),
            ("api.localhost", true),
            ("printer.local", true),
            ("127.3.2.1", true),
            ("192.168.1.7", true),
            ("8.8.8.8", false),
            ("::1", true),
            ("fd00::1", true),
            ("2001:db8::1", false),
            ("example.org", false),
            ("notlocalhost", false),
        ] {
            assert_eq!(is_local(host), expected, "{host}");
        }
    }

    #[test]
    fn a_refusal_that_is_certain_is_said_before_the_run() {
        let hint = |target: &str| {
            hint(&target.parse().unwrap(), &surroundings("https://a.example")).is_some()
        };
        assert!(hint("http://b.example"));
        assert!(hint("http://192.168.0.1"));
        assert!(!hint("https://b.example"));
    }
}
