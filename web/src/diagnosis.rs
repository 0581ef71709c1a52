//! Why no answer of a target can be read, and what to do about it.
//!
//! A browser says "Failed to fetch" and nothing more. What can be told apart is told apart by a
//! second request that asks for less, which [`crate::js::probe`] sends.

use mayfly_core::plan::BaseUrl;

/// What a request in the mode `no-cors` came to. Its answer cannot be read, but it says whether
/// there was one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Probe {
    /// Something answered.
    Answered,
    /// Nothing answered, or the browser did not send it.
    Failed,
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

/// Why no answer can be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Diagnosis {
    /// The target answers, but does not let this page read it.
    MissingCors,
    /// The page is encrypted and the target is not, which browsers refuse.
    MixedContent,
    /// The browser may have kept the page from the local network.
    LocalNetwork,
    /// Nothing answers.
    Unreachable,
}

impl Diagnosis {
    /// The most likely cause.
    pub fn new(target: &BaseUrl, surroundings: &Surroundings, probe: Probe) -> Self {
        let is_local = is_local(host_name(target));
        match probe {
            Probe::Answered => Self::MissingCors,
            Probe::Failed if surroundings.is_page_https && !target.is_https() && !is_local => {
                Self::MixedContent
            }
            Probe::Failed if is_local && !surroundings.is_page_local => Self::LocalNetwork,
            Probe::Failed => Self::Unreachable,
        }
    }

    /// What is wrong, in one sentence.
    pub fn headline(self, target: &BaseUrl) -> String {
        match self {
            Self::MissingCors => {
                format!("{target} answers, but does not allow this page to read the answers.")
            }
            Self::MixedContent => {
                format!("The browser does not let a page from https:// load {target}.")
            }
            Self::LocalNetwork => {
                format!("Nothing answers at {target}, or the browser keeps this page from it.")
            }
            Self::Unreachable => format!("Nothing answers at {target}."),
        }
    }

    /// What to do, in a sentence or two.
    pub fn advice(self) -> &'static str {
        match self {
            Self::MissingCors => {
                "A browser hands an answer to a page only if the answer carries the header \
                 Access-Control-Allow-Origin. Add it to the API:"
            }
            Self::MixedContent => {
                "Load an https:// address, or run Mayfly from this machine over http://."
            }
            Self::LocalNetwork => {
                "Check that the API is running and that the port is right. If the browser asks \
                 whether this site may reach your local network, allow it; the site’s settings, \
                 beside its address, let you change your answer."
            }
            Self::Unreachable => {
                "Check that the API is running, and that the host name and the port are right. \
                 An https:// address also needs a certificate that this browser trusts."
            }
        }
    }
}

/// How a server is told to let a page read its answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Snippet {
    /// The server.
    pub server: &'static str,
    /// Lines for its configuration or its code.
    pub code: String,
}

/// The usual servers, each with the lines that let pages from `origin` read its answers.
pub fn cors_snippets(origin: &str) -> Vec<Snippet> {
    let snippet = |server, code: String| Snippet { server, code };
    vec![
        snippet(
            "nginx",
            format!(
                "add_header Access-Control-Allow-Origin \"{origin}\" always;\n\
                 add_header Timing-Allow-Origin \"{origin}\" always;"
            ),
        ),
        snippet(
            "Express",
            format!("app.use(require(\"cors\")({{ origin: \"{origin}\", maxAge: 7200 }}));"),
        ),
        snippet(
            "FastAPI",
            format!(
                "from fastapi.middleware.cors import CORSMiddleware\n\n\
                 app.add_middleware(\n    CORSMiddleware, allow_origins=[\"{origin}\"],\n    \
                 allow_methods=[\"*\"], allow_headers=[\"*\"], max_age=7200,\n)"
            ),
        ),
        snippet(
            "axum",
            format!(
                "let origin: HeaderValue = \"{origin}\".parse()?;\n\
                 let app = app.layer(CorsLayer::new().allow_origin(origin));"
            ),
        ),
    ]
}

/// What to know about a host before a run starts; `None` if there is nothing to say.
pub fn hint(target: &BaseUrl, surroundings: &Surroundings) -> Option<&'static str> {
    let is_local = is_local(host_name(target));
    if surroundings.is_page_https && !target.is_https() && !is_local {
        return Some("This page came over https://, so the browser will refuse an http:// host.");
    }
    (is_local && !surroundings.is_page_local)
        .then_some("The browser may ask whether this page may reach your local network.")
}

fn host_name(target: &BaseUrl) -> &str {
    let rest = target
        .as_str()
        .split_once("://")
        .map_or("", |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Whether a host name means this machine or its local network, as far as the name tells.
pub fn is_local(host_name: &str) -> bool {
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

    #[track_caller]
    fn check(page: &str, target: &str, probe: Probe, expected: Diagnosis) {
        let target = target.parse().unwrap();
        assert_eq!(
            Diagnosis::new(&target, &surroundings(page), probe),
            expected
        );
    }

    #[test]
    fn an_answer_that_cannot_be_read_lacks_the_header() {
        let local = "http://localhost:8089";
        check(
            local,
            "http://127.0.0.1:5000",
            Probe::Answered,
            Diagnosis::MissingCors,
        );
        check(
            "https://a.example",
            "https://b.example",
            Probe::Answered,
            Diagnosis::MissingCors,
        );
    }

    #[test]
    fn without_an_answer_the_surroundings_tell() {
        let (local, public) = ("http://localhost:8089", "https://a.example");
        check(
            local,
            "http://127.0.0.1:5000",
            Probe::Failed,
            Diagnosis::Unreachable,
        );
        check(
            local,
            "http://b.example",
            Probe::Failed,
            Diagnosis::Unreachable,
        );
        check(
            public,
            "http://b.example",
            Probe::Failed,
            Diagnosis::MixedContent,
        );
        check(
            public,
            "http://127.0.0.1:5000",
            Probe::Failed,
            Diagnosis::LocalNetwork,
        );
        check(
            public,
            "https://b.example",
            Probe::Failed,
            Diagnosis::Unreachable,
        );
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
    fn host_names_are_found_in_urls() {
        for (url, expected) in [
            ("http://[::1]:5000/api", "::1"),
            ("http://localhost/api", "localhost"),
            ("https://example.org:8443", "example.org"),
        ] {
            assert_eq!(host_name(&url.parse().unwrap()), expected);
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
