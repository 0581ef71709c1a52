//! Where requests go: the host and the paths of a plan.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::PlanError;
use crate::template::Template;

/// The host under load: scheme, host name, and maybe a port and a path, without a slash at the end.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// As text, such as `http://127.0.0.1:5000`.
    pub fn as_str(&self) -> &str {
        &self.0
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
            None => Ok(Self(in_lower_scheme(url))),
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a request goes: a path below the host, and maybe a query, which starts with a slash; or a
/// whole URL. Either may have placeholders.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UrlTemplate(Template);

impl UrlTemplate {
    /// As the plan has it, such as `/item/{{id}}?n=3`.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The text with placeholders.
    pub fn template(&self) -> &Template {
        &self.0
    }
}

/// Whether `url` names a host of its own. Where a URL begins with a placeholder, its value tells.
pub fn is_absolute(url: &str) -> bool {
    let starts_with = |scheme: &str| {
        let start = url.get(..scheme.len());
        start.is_some_and(|it| it.eq_ignore_ascii_case(scheme))
    };
    starts_with("http://") || starts_with("https://")
}

impl FromStr for UrlTemplate {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let text = text.trim();
        if let Some(problem) = url_problem(text) {
            return Err(PlanError::Url {
                problem,
                got: text.to_owned(),
            });
        }
        text.parse().map(Self).map_err(PlanError::Template)
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The same with its scheme in small letters, as all who look at it know it.
fn in_lower_scheme(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
    format!("{}://{rest}", scheme.to_ascii_lowercase())
}

fn base_url_problem(url: &str) -> Option<&'static str> {
    let Some((_, rest)) = url.split_once("://").filter(|_| is_absolute(url)) else {
        return Some("it must start with http:// or https://");
    };
    if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("it must not contain spaces");
    }
    if url.contains(['?', '#']) {
        return Some("it must not have a query or a fragment; those belong to a task’s path");
    }
    authority_problem(rest)
}

/// What is wrong with the host name and the port of a URL, of which `rest` is what is after the scheme.
/// What is right here is right to every browser, and to the command.
fn authority_problem(rest: &str) -> Option<&'static str> {
    let (authority, rest) = split_authority(rest);
    if authority.contains('@') {
        return Some("it must not contain a user name or password, which browsers refuse");
    }
    let (host, port) = split_port(authority);
    let address = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_v6 = address.is_some_and(|it| it.parse::<Ipv6Addr>().is_ok());
    if host.is_empty() || address.is_some() && !is_v6 {
        return Some("the host name is missing");
    }
    let in_no_name = ['<', '>', '"', '|', '^', '`', '{', '}', '[', ']', '%', ':'];
    if !is_v6 && host.contains(in_no_name) || rest.starts_with('\\') {
        return Some("the host name has a character that cannot be in one");
    }
    // A name whose last part is a number is an address to every browser.
    let last = host
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_number = match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    if is_number && host.parse::<Ipv4Addr>().is_err() {
        return Some("the address must be four numbers from 0 to 255");
    }
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
        return Some("the port must be a number from 1 to 65535");
    }
    None
}

/// The start of an absolute URL: its scheme, its host name and maybe a port, as they are written.
pub fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |it| it + 3);
    let (authority, _) = split_authority(&url[start..]);
    &url[..start + authority.len()]
}

/// The host name of an absolute URL, or the address; one of IPv6 without its brackets.
pub fn host_name(url: &str) -> &str {
    let authority = origin(url).split_once("://").map_or("", |it| it.1);
    let (host, _) = split_port(authority);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// What is after the scheme of a URL, at the end of the authority.
fn split_authority(rest: &str) -> (&str, &str) {
    let end = rest.find(['/', '?', '#', '\\']);
    rest.split_at(end.unwrap_or(rest.len()))
}

/// Host name and port; an IPv6 address keeps its brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let bracket = authority.find(']').filter(|_| authority.starts_with('['));
    let end = bracket.map_or_else(|| authority.find(':'), |it| Some(it + 1));
    let (host, rest) = authority.split_at(end.unwrap_or(authority.len()));
    // Anything but a port after the bracket is a wrong port.
    let port = (!rest.is_empty()).then(|| rest.strip_prefix(':').unwrap_or("?"));
    (host, port)
}

fn url_problem(url: &str) -> Option<&'static str> {
    let starts_with_placeholder = url.starts_with("{{");
    if !url.starts_with('/') && !is_absolute(url) && !starts_with_placeholder {
        return Some("it must start with a slash, or with http:// or https://");
    }
    let literal = outside_placeholders(url);
    if literal.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("it must not contain spaces; write %20");
    }
    if literal.contains('#') {
        return Some("it must not contain #, which is never sent; write %23");
    }
    let (_, rest) = url.split_once("://").filter(|_| is_absolute(url))?;
    let (authority, _) = split_authority(rest);
    if authority.contains("{{") {
        // Its values tell.
        return None;
    }
    authority_problem(rest)
}

/// The text without what is between `{{` and `}}`.
fn outside_placeholders(text: &str) -> String {
    let mut literal = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        literal.push_str(before);
        let Some((_, after)) = after.split_once("}}") else {
            return literal;
        };
        rest = after;
    }
    literal + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_kept_without_the_last_slash() {
        for (text, kept) in [
            ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
            (" https://api.example.org ", "https://api.example.org"),
            ("http://[::1]:5000", "http://[::1]:5000"),
            ("http://localhost/api/v1/", "http://localhost/api/v1"),
            ("HTTPS://Localhost/API", "https://Localhost/API"),
            ("http://grün.test", "http://grün.test"),
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
                "http://a.0x1F",
                "the address must be four numbers from 0 to 255",
            ),
            (
                "http://a]b",
                "the host name has a character that cannot be in one",
            ),
            (
                "http://a\\b",
                "the host name has a character that cannot be in one",
            ),
            (
                "http://[::1",
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
    fn host_names_are_found_in_urls() {
        for (url, expected_origin, expected) in [
            ("http://[::1]:5000/api", "http://[::1]:5000", "::1"),
            ("http://localhost/api", "http://localhost", "localhost"),
            ("http://localhost?a=/b", "http://localhost", "localhost"),
            (
                "https://example.org:8443",
                "https://example.org:8443",
                "example.org",
            ),
            ("/cube", "", ""),
        ] {
            assert_eq!(origin(url), expected_origin);
            assert_eq!(host_name(url), expected);
        }
    }

    #[test]
    fn a_request_goes_to_a_path_or_a_whole_url() {
        for text in [
            "/cube?n=3",
            "/item/{{randint(1, 500)}}",
            "{{next}}",
            "https://example.org/{{ id }}",
            "HTTPS://example.org?a=<b>|{c}",
            "http://{{ host }}:{{ port }}/",
            "/a/../b\\c\"d\"/[e]^`f`/ü",
        ] {
            assert_eq!(text.parse::<UrlTemplate>().unwrap().as_str(), text);
        }
        let slash = "it must start with a slash, or with http:// or https://";
        for (text, expected) in [
            ("cube", slash),
            ("", slash),
            ("ftp://example.org/", slash),
            ("/a b", "it must not contain spaces; write %20"),
            ("/{{a}} b", "it must not contain spaces; write %20"),
            (
                "/a#b",
                "it must not contain #, which is never sent; write %23",
            ),
            (
                "http://a:99999/x",
                "the port must be a number from 1 to 65535",
            ),
            (
                "https://<a>/",
                "the host name has a character that cannot be in one",
            ),
            (
                "http://b:c@a/",
                "it must not contain a user name or password, which browsers refuse",
            ),
            ("http:///x", "the host name is missing"),
        ] {
            let error = PlanError::Url {
                problem: expected,
                got: text.to_owned(),
            };
            assert_eq!(text.parse::<UrlTemplate>(), Err(error), "{text}");
        }
        assert!(matches!(
            "/{{".parse::<UrlTemplate>(),
            Err(PlanError::Template(_))
        ));
    }
}
