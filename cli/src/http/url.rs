//! Where a request goes. What a URL may be, and what a reference in a redirect means, is up to the
//! URL Standard, as in browsers; here it is taken apart.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::http::uri::PathAndQuery;
use mayfly_core::http::transport::TransportError;
use url::{Host, Position};

/// An absolute `http` or `https` URL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Url {
    pub(crate) origin: Origin,
    /// Is written with a slash at its start, even where the URL has none.
    pub(crate) path: PathAndQuery,
    // What references are relative to.
    whole: url::Url,
}

/// What connections are for: two URLs with the same origin can share one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Origin {
    pub(crate) is_https: bool,
    /// In lower case and ASCII; an IPv6 address has no brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Url {
    /// For those who know only such URLs.
    pub(crate) fn as_url(&self) -> &url::Url {
        &self.whole
    }

    /// What `reference` means in a document at this URL.
    ///
    /// # Errors
    ///
    /// Fails with `Invalid` if that is not a URL to which an HTTP request can be sent.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, TransportError> {
        let whole = self.whole.join(reference);
        whole.map_or(Err(TransportError::Invalid), Self::new)
    }

    /// Fails if there is a user name as well: a page refuses to fetch such a URL too.
    fn new(whole: url::Url) -> Result<Self, TransportError> {
        let is_https = match whole.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(TransportError::Invalid),
        };
        let host = match whole.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(TransportError::Invalid),
        };
        if !whole.username().is_empty() || whole.password().is_some() {
            return Err(TransportError::Invalid);
        }
        let path = path_and_query(&whole);
        Ok(Self {
            origin: Origin {
                is_https,
                host,
                port: whole.port().unwrap_or_else(|| default_port(is_https)),
            },
            path: path.parse().map_err(|_| TransportError::Invalid)?,
            whole,
        })
    }
}

/// As it goes over the wire. Browsers escape two signs of paths more than the crate.
fn path_and_query(whole: &url::Url) -> Cow<'_, str> {
    let all = &whole[Position::BeforePath..Position::AfterQuery];
    if !whole.path().contains(['^', '|']) {
        return all.into();
    }
    let path = whole.path().replace('^', "%5E").replace('|', "%7C");
    (path + &whole[Position::AfterPath..Position::AfterQuery]).into()
}

impl FromStr for Url {
    type Err = TransportError;

    fn from_str(text: &str) -> Result<Self, TransportError> {
        url::Url::parse(text).map_or(Err(TransportError::Invalid), Self::new)
    }
}

impl Origin {
    /// Whether nobody is in between who could read along, as browsers see it. Some who are in between
    /// of plain text have trouble with newer codings, so that browsers ask for these only here.
    pub(crate) fn is_trustworthy(&self) -> bool {
        self.is_https || self.is_loopback()
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host == "localhost" || self.host.ends_with(".localhost"),
        }
    }

    /// As in a URL and in the header `host`: the port only if it is not the usual one.
    pub(crate) fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port == default_port(self.is_https) {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }
}

pub(super) fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a URL as text: origin and path.
    fn parts(url: Result<Url, TransportError>) -> Option<(String, String)> {
        let url = url.ok()?;
        let origin = &url.origin;
        let origin = format!("{} {} {}", origin.is_https, origin.host, origin.port);
        Some((origin, url.path.to_string()))
    }

    #[track_caller]
    fn check_url(text: &str, expected: Option<(&str, &str)>) {
        let expected = expected.map(|(origin, path)| (origin.to_owned(), path.to_owned()));
        assert_eq!(parts(text.parse()), expected, "{text}");
    }

    #[test]
    fn urls_are_taken_apart() {
        check_url("http://a.test", Some(("false a.test 80", "/")));
        check_url("HTTPS://A.test:/x", Some(("true a.test 443", "/x")));
        check_url(
            "http://a.test:81/x?y=1#z",
            Some(("false a.test 81", "/x?y=1")),
        );
        check_url("http://a.test?y=1", Some(("false a.test 80", "/?y=1")));
        check_url("http://[::1]:5000/", Some(("false ::1 5000", "/")));
        check_url("http://127.1/", Some(("false 127.0.0.1 80", "/")));
        check_url("http://ü.test/", Some(("false xn--tda.test 80", "/")));
    }

    #[test]
    fn paths_are_sent_as_browsers_send_them() {
        for (text, expected) in [
            ("http://a.test/ü?ü", "/%C3%BC?%C3%BC"),
            ("http://a.test/with space", "/with%20space"),
            ("http://a.test/a/../b/./c", "/b/c"),
            ("http://a.test/%7Ea%2Fb", "/%7Ea%2Fb"),
            (
                "http://a.test/{a}|\"`^?{b}|\"`^'",
                "/%7Ba%7D%7C%22%60%5E?{b}|%22`^%27",
            ),
        ] {
            check_url(text, Some(("false a.test 80", expected)));
        }
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "/path",
            "a.test/path",
            "ftp://a.test/",
            "http://:80/",
            "http://a.test:99999/",
            "http://a.test:port/",
            "http://a b.test/",
            "http://user:secret@a.test/",
            "http://user@a.test/",
        ] {
            check_url(text, None);
        }
    }

    #[test]
    fn references_are_resolved() {
        let base: Url = "http://a.test:81/b/c/d?q#f".parse().unwrap();
        for (reference, expected) in [
            ("https://g.test/x", "https://g.test/x"),
            ("//g.test/x", "http://g.test/x"),
            ("../g", "http://a.test:81/b/g"),
            ("?y", "http://a.test:81/b/c/d?y"),
            ("", "http://a.test:81/b/c/d?q"),
            (" \\g h\n", "http://a.test:81/g%20h"),
        ] {
            let expected = parts(expected.parse());
            assert_eq!(parts(base.join(reference)), expected, "{reference}");
        }
    }

    #[test]
    fn references_elsewhere_are_refused() {
        let base: Url = "http://a.test/".parse().unwrap();
        for reference in [
            "mailto:a@b.test",
            "javascript:0",
            "//",
            "http://",
            "//a@b.test",
        ] {
            assert_eq!(base.join(reference), Err(TransportError::Invalid));
        }
    }

    #[test]
    fn this_machine_and_encrypted_origins_are_trustworthy() {
        for (url, expected) in [
            ("http://localhost:80/", true),
            ("http://api.localhost/", true),
            ("http://127.0.0.2/", true),
            ("http://[::1]/", true),
            ("https://a.test/", true),
            ("http://a.test/", false),
            ("http://192.168.0.1/", false),
            ("http://notlocalhost/", false),
        ] {
            let origin = url.parse::<Url>().unwrap().origin;
            assert_eq!(origin.is_trustworthy(), expected, "{url}");
        }
    }

    #[test]
    fn the_host_header_names_the_port_if_it_is_unusual() {
        let host = |url: &str| url.parse::<Url>().unwrap().origin.authority();
        assert_eq!(host("http://a.test:80/"), "a.test");
        assert_eq!(host("https://a.test:80/"), "a.test:80");
        assert_eq!(host("http://[::1]:5000/"), "[::1]:5000");
    }
}
