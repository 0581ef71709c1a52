//! Which hosts are reached through a proxy, as the environment says. No I/O.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;

use super::url::{Origin, default_port};

/// The proxies of the environment: `HTTP_PROXY` for `http://`, `HTTPS_PROXY` for `https://`,
/// `ALL_PROXY` where that is not set, and the exceptions of `NO_PROXY`; each also in lower case, which
/// comes first.
///
/// This machine itself is never reached through a proxy.
#[derive(Clone, Debug)]
pub(super) struct Proxies {
    http: Result<Option<Proxy>, ProxyError>,
    https: Result<Option<Proxy>, ProxyError>,
    exceptions: Vec<Exception>,
}

/// A server that connects its clients with others.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Proxy {
    pub(super) origin: Origin,
    /// What it is shown, where it has a name and a password.
    pub(super) authorization: Option<HeaderValue>,
}

/// The environment names what is no proxy. What it names may have a password, and is not shown.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "{variable}: expected the URL of a proxy such as http://proxy.example:3128, found {found}; \
     mend it, or name the host in NO_PROXY"
)]
pub struct ProxyError {
    variable: &'static str,
    found: String,
}

impl Proxies {
    /// What these variables say. One that is empty is as one that is not set.
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |names: &[&'static str]| {
            let mut found = names.iter().filter_map(|it| Some((*it, variable(it)?)));
            found.find(|it| !it.1.trim().is_empty())
        };
        // A program that a web server has started finds a header of its request there.
        let http = match variable(&["REQUEST_METHOD"]) {
            Some(_) => variable(&["http_proxy"]),
            None => variable(&["http_proxy", "HTTP_PROXY"]),
        };
        let https = variable(&["https_proxy", "HTTPS_PROXY"]);
        let all = variable(&["all_proxy", "ALL_PROXY"]);
        let no = variable(&["no_proxy", "NO_PROXY"]);
        let proxy = |own: Option<(&'static str, String)>| {
            let named = own.or_else(|| all.clone());
            let proxy = named.map(|(name, text)| Proxy::of(name, &text));
            proxy.transpose()
        };
        let no = no.map_or_else(String::new, |it| it.1);
        let exceptions = no.split([',', ' ']).map(str::trim);
        Self {
            http: proxy(http),
            https: proxy(https),
            exceptions: exceptions
                .filter(|it| !it.is_empty())
                .map(Exception::of)
                .collect(),
        }
    }

    /// What `origin` is reached through; `None` if it is reached directly.
    ///
    /// # Errors
    ///
    /// Fails if that is no proxy that is known here.
    pub(super) fn get(&self, origin: &Origin) -> Result<Option<&Proxy>, &ProxyError> {
        if origin.is_loopback() || self.exceptions.iter().any(|it| it.is_about(origin)) {
            return Ok(None);
        }
        let proxy = if origin.is_https {
            &self.https
        } else {
            &self.http
        };
        proxy.as_ref().map(Option::as_ref)
    }
}

impl Proxy {
    fn of(variable: &'static str, text: &str) -> Result<Self, ProxyError> {
        let wrong = |found: &str| ProxyError {
            variable,
            found: found.to_owned(),
        };
        let text = text.trim();
        let text = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = url::Url::parse(&text).map_err(|_| wrong("what is no URL"))?;
        let is_https = match url.scheme() {
            "http" => false,
            "https" => true,
            other => {
                return Err(wrong(&format!(
                    "the scheme {other}, which Mayfly does not speak"
                )));
            }
        };
        let host = url.host_str().ok_or_else(|| wrong("no host name"))?;
        let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
        let name = decoded(url.username());
        let password = decoded(url.password().unwrap_or_default());
        let has_name = !url.username().is_empty() || url.password().is_some();
        let credentials = STANDARD.encode([&name[..], b":", &password].concat());
        let authorization = HeaderValue::try_from(format!("Basic {credentials}"));
        Ok(Self {
            origin: Origin {
                is_https,
                host: host.trim_matches(['[', ']']).to_owned(),
                port: url.port().unwrap_or_else(|| default_port(is_https)),
            },
            authorization: authorization.ok().filter(|_| has_name),
        })
    }
}

/// As a URL, without what is secret.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.origin.is_https {
            "https"
        } else {
            "http"
        };
        write!(f, "{scheme}://{}", self.origin.authority())
    }
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug)]
struct Exception {
    hosts: Hosts,
    // `None` is any.
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    All,
    // In lower case; those below it too.
    Domain(String),
    // The first so many bits of it.
    Network(IpAddr, u32),
}

impl Exception {
    fn of(text: &str) -> Self {
        if let Some(network) = Hosts::network(text) {
            return Self {
                hosts: network,
                port: None,
            };
        }
        let (host, port) = match text.rsplit_once(':').map(|it| (it.0, it.1.parse())) {
            Some((host, Ok(port))) => (host, Some(port)),
            _ => (text, None),
        };
        let host = host.trim_matches(['[', ']']);
        let hosts = Hosts::network(host).unwrap_or_else(|| match host {
            "*" => Hosts::All,
            _ => {
                let name = host.trim_start_matches('*').trim_start_matches('.');
                Hosts::Domain(name.to_ascii_lowercase())
            }
        });
        Self { hosts, port }
    }

    fn is_about(&self, origin: &Origin) -> bool {
        let host = origin.host.trim_end_matches('.');
        let is_here = match &self.hosts {
            Hosts::All => true,
            Hosts::Domain(name) => {
                let before = host.strip_suffix(name.as_str());
                before.is_some_and(|it| it.is_empty() || it.ends_with('.'))
            }
            Hosts::Network(network, n_bits) => match (network, host.parse()) {
                (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
                    let differ = u32::from(*network) ^ u32::from(address);
                    *n_bits <= differ.leading_zeros()
                }
                (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
                    let differ = u128::from(*network) ^ u128::from(address);
                    *n_bits <= differ.leading_zeros()
                }
                _ => false,
            },
        };
        is_here && self.port.is_none_or(|it| it == origin.port)
    }
}

impl Hosts {
    /// An address, or a network such as `10.0.0.0/8`.
    fn network(text: &str) -> Option<Self> {
        let (address, n_bits) = match text.split_once('/') {
            Some((address, n_bits)) => (address, Some(n_bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let n_bits = n_bits.unwrap_or(most);
        (n_bits <= most).then_some(Self::Network(address, n_bits))
    }
}

#[cfg(test)]
mod tests {
    use super::super::url::Url;
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::of(|name| {
            let found = variables.iter().find(|it| it.0 == name);
            found.map(|it| it.1.to_owned())
        })
    }

    /// Where a URL is reached through, as `host:port`.
    fn way(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let proxies = proxies(variables);
        let proxy = proxies.get(&url.parse::<Url>().unwrap().origin).unwrap()?;
        Some(format!("{}:{}", proxy.origin.host, proxy.origin.port))
    }

    #[track_caller]
    fn check(variables: &[(&str, &str)], url: &str, expected: Option<&str>) {
        assert_eq!(
            way(variables, url).as_deref(),
            expected,
            "{variables:?} {url}"
        );
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let both = [
            ("HTTP_PROXY", "http://a:81"),
            ("HTTPS_PROXY", "http://b:82/"),
        ];
        check(&both, "http://x.test/", Some("a:81"));
        check(&both, "https://x.test/", Some("b:82"));
        check(&both[..1], "https://x.test/", None);
        let all = [("ALL_PROXY", "c:83"), ("https_proxy", "https://b")];
        check(&all, "http://x.test/", Some("c:83"));
        check(&all, "https://x.test/", Some("b:443"));
        check(
            &[("all_proxy", "[::1]:84")],
            "http://x.test/",
            Some("::1:84"),
        );
        check(&[], "http://x.test/", None);
    }

    #[test]
    fn lower_case_comes_first_and_empty_is_not_set() {
        let both = [("HTTP_PROXY", "a:81"), ("http_proxy", "b:82")];
        check(&both, "http://x.test/", Some("b:82"));
        let empty = [("HTTP_PROXY", "a:81"), ("http_proxy", " ")];
        check(&empty, "http://x.test/", Some("a:81"));
        let of_a_web_server = [("HTTP_PROXY", "a:81"), ("REQUEST_METHOD", "GET")];
        check(&of_a_web_server, "http://x.test/", None);
    }

    #[test]
    fn this_machine_is_reached_directly() {
        let all = [("ALL_PROXY", "a:81")];
        for url in [
            "http://localhost:5000/",
            "https://127.0.0.9/",
            "http://[::1]/",
        ] {
            check(&all, url, None);
        }
        check(&all, "http://192.168.0.1/", Some("a:81"));
    }

    #[test]
    fn exceptions_are_names_networks_and_ports() {
        for (no_proxy, url, is_direct) in [
            ("*", "http://x.test/", true),
            ("b.test, x.test", "http://x.test/", true),
            ("b.test x.test", "http://x.test/", true),
            ("x.test", "http://a.X.test/", true),
            ("x.test", "http://ax.test/", false),
            (".x.test", "http://a.x.test/", true),
            (".x.test", "http://x.test/", true),
            ("*.x.test", "http://a.x.test/", true),
            ("X.Test", "http://x.test./", true),
            ("x.test:80", "http://x.test/", true),
            ("x.test:81", "http://x.test/", false),
            ("10.0.0.1", "http://10.0.0.1/", true),
            ("10.0.0.1", "http://10.0.0.10/", false),
            ("10.0.0.0/8", "http://10.9.9.9/", true),
            ("10.0.0.0/8", "http://11.0.0.1/", false),
            ("10.0.0.0/8:443", "https://10.9.9.9/", true),
            ("0.0.0.0/0", "http://8.8.8.8/", true),
            ("10.0.0.0/33", "http://10.0.0.1/", false),
            ("fd00::/8", "http://[fd12::1]/", true),
            ("[fd12::1]:80", "http://[fd12::1]/", true),
            ("fd12::1", "http://[fd12::2]/", false),
            (",", "http://x.test/", false),
        ] {
            let variables = [("ALL_PROXY", "a:81"), ("NO_PROXY", no_proxy)];
            let expected = (!is_direct).then_some("a:81");
            check(&variables, url, expected);
        }
    }

    #[test]
    fn a_name_and_a_password_become_a_header() {
        let authorization = |text: &str| {
            let proxy = Proxy::of("ALL_PROXY", text).unwrap();
            let value = proxy.authorization?;
            Some(value.to_str().unwrap().to_owned())
        };
        // me:p@ss and me:
        let both = authorization("http://me:p%40ss@a:81");
        assert_eq!(both.as_deref(), Some("Basic bWU6cEBzcw=="));
        assert_eq!(authorization("me@a:81").as_deref(), Some("Basic bWU6"));
        assert_eq!(authorization("a:81"), None);
    }

    #[test]
    fn what_is_no_proxy_is_said_where_it_would_be_used() {
        let origin = |url: &str| url.parse::<Url>().unwrap().origin;
        for (text, found) in [
            (
                "socks5://me:secret@a:81",
                "the scheme socks5, which Mayfly does not speak",
            ),
            ("http://", "what is no URL"),
            ("http://a:port", "what is no URL"),
        ] {
            let proxies = proxies(&[("all_proxy", text)]);
            let error = proxies.get(&origin("http://x.test/")).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "all_proxy: expected the URL of a proxy such as http://proxy.example:3128, \
                     found {found}; mend it, or name the host in NO_PROXY"
                )
            );
            assert_eq!(proxies.get(&origin("http://localhost/")), Ok(None));
        }
    }
}
