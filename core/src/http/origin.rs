//! Origins: what connections are for, and limits of their number.

use std::fmt;

/// Scheme, host and port of a URL.
///
/// Requests to the same origin can share connections, and hosts such as browsers limit the number of
/// connections for each origin.
// As `https://example.org:443`, in lower case. Empty for `OTHER`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Origin(String);

impl Origin {
    /// Of requests that have no origin of their own: those to the simulated API, those whose URL is
    /// not valid, and those to origins beyond the number that a shard tells apart.
    pub const OTHER: Self = Self(String::new());

    /// The origin of `url`; `None` if it is not an absolute URL of HTTP.
    pub fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        if !is_https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let authority = &rest[..end];
        let (host, port) = match authority.rsplit_once(':') {
            // Colons are in IPv6 addresses too, which are in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (authority, ""),
        };
        let port: u16 = match port {
            "" if is_https => 443,
            "" => 80,
            port => port.parse().ok()?,
        };
        if host.is_empty() || host.contains('@') {
            return None;
        }
        let scheme = if is_https { "https" } else { "http" };
        let host = host.to_ascii_lowercase();
        Some(Self(format!("{scheme}://{host}:{port}")))
    }

    /// Whether connections to it are encrypted. False for [`OTHER`](Self::OTHER).
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }

    /// In lower case, IPv6 addresses in brackets. Empty for [`OTHER`](Self::OTHER).
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, it)| it);
        authority.rsplit_once(':').map_or("", |(host, _)| host)
    }
}

/// With its port, such as `https://example.org:443`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: Option<&str>) {
        let origin = Origin::of(url).map(|it| it.to_string());
        assert_eq!(origin.as_deref(), expected, "{url}");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        check("http://a.test", Some("http://a.test:80"));
        check("HTTPS://A.Test/B?c=http://d", Some("https://a.test:443"));
        check("https://a.test:8443?b", Some("https://a.test:8443"));
        check("http://a.test:/b", Some("http://a.test:80"));
        check("http://[::1]/a", Some("http://[::1]:80"));
        check("http://[::1]:81/a", Some("http://[::1]:81"));
    }

    #[test]
    fn paths_and_broken_urls_have_none() {
        let urls = [
            "",
            "/a",
            "/a?b=http://c",
            "ftp://a",
            "http://",
            "http:///a",
            "http://:80",
            "http://a:b/",
            "http://a:99999",
            "http://a:b@c/",
        ];
        for url in urls {
            check(url, None);
        }
    }

    #[test]
    fn the_host_is_without_scheme_and_port() {
        assert_eq!(Origin::of("http://A.test:81/b").unwrap().host(), "a.test");
        assert_eq!(Origin::of("https://[::1]/b").unwrap().host(), "[::1]");
        assert_eq!(Origin::OTHER.host(), "");
    }

    #[test]
    fn only_https_is_encrypted() {
        assert!(Origin::of("https://a").unwrap().is_https());
        assert!(!Origin::of("http://a").unwrap().is_https());
        assert!(!Origin::OTHER.is_https());
    }
}
