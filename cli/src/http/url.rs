//! Where a request goes. What a URL may be is up to [`hyper::http::Uri`]; here it is taken apart,
//! and references are resolved as redirects need it.

use std::borrow::Cow;
use std::fmt::Write;
use std::str::FromStr;

use hyper::http::Uri;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use mayfly_core::http::transport::TransportError;

/// An absolute `http` or `https` URL, without its fragment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Url {
    pub(super) origin: Origin,
    /// Is written with a slash at its start, even where the URL has none.
    pub(super) path: PathAndQuery,
}

/// What connections are for: two URLs with the same origin can share one.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Origin {
    pub(super) is_https: bool,
    /// In lower case; an IPv6 address has no brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Url {
    /// What `reference` means in a document at this URL (RFC 3986, section 5.2).
    ///
    /// # Errors
    ///
    /// Fails with `Invalid` if that is not a URL to which an HTTP request can be sent.
    pub(super) fn join(&self, reference: &str) -> Result<Self, TransportError> {
        let reference = reference.split('#').next().unwrap_or_default();
        if has_scheme(reference) {
            return reference.parse();
        }
        let scheme = if self.origin.is_https {
            "https"
        } else {
            "http"
        };
        if reference.starts_with("//") {
            return format!("{scheme}:{reference}").parse();
        }
        let (path, query) = match reference.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (reference, None),
        };
        let path = match path {
            "" => Cow::Borrowed(self.path.path()),
            path if path.starts_with('/') => without_dots(path).into(),
            path => {
                let base = self.path.path();
                let folder = base.rfind('/').map_or("/", |end| &base[..=end]);
                without_dots(&format!("{folder}{path}")).into()
            }
        };
        let query = query.or_else(|| self.path.query().filter(|_| reference.is_empty()));
        let query = query.map_or_else(String::new, |it| format!("?{it}"));
        format!("{scheme}://{}{path}{query}", self.origin.authority()).parse()
    }
}

impl FromStr for Url {
    type Err = TransportError;

    fn from_str(text: &str) -> Result<Self, TransportError> {
        let uri: Uri = ascii(text).parse().map_err(|_| TransportError::Invalid)?;
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err(TransportError::Invalid),
        };
        let authority = uri.authority().ok_or(TransportError::Invalid)?;
        let origin = Origin::new(is_https, authority).ok_or(TransportError::Invalid)?;
        let path = uri.path_and_query().cloned();
        let path = path.unwrap_or(const { PathAndQuery::from_static("/") });
        Ok(Self { origin, path })
    }
}

impl Origin {
    /// `None` if there is no host, if the port is no number, or if there is a user name: a page
    /// refuses to fetch such a URL too.
    fn new(is_https: bool, authority: &Authority) -> Option<Self> {
        let host = authority.host();
        let rest = authority.as_str().strip_prefix(host)?;
        let port = match rest.strip_prefix(':').unwrap_or(rest) {
            "" => default_port(is_https),
            port => port.parse().ok()?,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then(|| Self {
            is_https,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// As in a URL and in the header `host`: the port only if it is not the usual one.
    pub(super) fn authority(&self) -> String {
        let mut authority = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        if self.port != default_port(self.is_https) {
            write!(authority, ":{}", self.port).expect("a string takes all");
        }
        authority
    }
}

fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

/// Letters outside ASCII become percent signs and digits, as browsers send them.
fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut encoded = String::with_capacity(3 * text.len());
    for byte in text.bytes() {
        if byte.is_ascii() {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes all");
        }
    }
    encoded.into()
}

fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?']).unwrap_or(reference.len());
    reference[end..].starts_with(':') && reference.starts_with(|it: char| it.is_ascii_alphabetic())
}

/// `path`, which starts with a slash, without segments `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
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
        check_url("http://a.test/ü", Some(("false a.test 80", "/%C3%BC")));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in [
            "",
            "/path",
            "a.test/path",
            "ftp://a.test/",
            "http:///path",
            "http://:80/",
            "http://a.test:99999/",
            "http://a.test:port/",
            "http://user:secret@a.test/",
            "http://a.test/with space",
        ] {
            check_url(text, None);
        }
    }

    #[track_caller]
    fn check_join(reference: &str, expected: &str) {
        let base: Url = "http://a.test:81/b/c/d?q".parse().unwrap();
        let expected = parts(expected.parse()).expect("the expected URL is one");
        assert_eq!(parts(base.join(reference)), Some(expected), "{reference}");
    }

    /// The examples of RFC 3986, section 5.4, as far as they are about HTTP.
    #[test]
    fn references_are_resolved() {
        check_join("https://g.test/x", "https://g.test/x");
        check_join("//g.test/x", "http://g.test/x");
        check_join("g", "http://a.test:81/b/c/g");
        check_join("./g", "http://a.test:81/b/c/g");
        check_join("g/", "http://a.test:81/b/c/g/");
        check_join("/g", "http://a.test:81/g");
        check_join("?y", "http://a.test:81/b/c/d?y");
        check_join("g?y", "http://a.test:81/b/c/g?y");
        check_join("#s", "http://a.test:81/b/c/d?q");
        check_join("", "http://a.test:81/b/c/d?q");
        check_join(".", "http://a.test:81/b/c/");
        check_join("..", "http://a.test:81/b/");
        check_join("../g", "http://a.test:81/b/g");
        check_join("../..", "http://a.test:81/");
        check_join("../../../g", "http://a.test:81/g");
        check_join("/./g", "http://a.test:81/g");
        check_join("g.", "http://a.test:81/b/c/g.");
        check_join("g;x=1/../y", "http://a.test:81/b/c/y");
        check_join("g?y/../x", "http://a.test:81/b/c/g?y/../x");
    }

    #[test]
    fn references_elsewhere_are_refused() {
        let base: Url = "http://a.test/".parse().unwrap();
        for reference in ["mailto:a@b.test", "javascript:0", "//", "http://"] {
            assert_eq!(base.join(reference), Err(TransportError::Invalid));
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
