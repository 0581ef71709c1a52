//! Who may talk to the server. A page of any site can have a browser send requests to this machine, so that
//! the server listens here alone is not enough.

use std::net::IpAddr;

use rustls::crypto::ring;
use subtle::ConstantTimeEq;

/// Decides who may.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    port: u16,
    // What everyone must know if other machines can connect.
    token: Option<Token>,
}

/// A secret that nobody guesses.
#[derive(Clone, Debug)]
struct Token(String);

/// What is known of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller<'a> {
    /// The header `Host`.
    pub(super) host: Option<&'a str>,
    /// The header `Origin`.
    pub(super) origin: Option<&'a str>,
    /// The header `Cookie`.
    pub(super) cookie: Option<&'a str>,
    /// What is behind `?` in the URL.
    pub(super) query: Option<&'a str>,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// The browser was led here by another name.
    Host,
    /// A page of another site wants the socket, or something that does not say what it is.
    Origin,
    /// The secret is missing or wrong.
    Token,
}

impl Guard {
    /// Guards a server that listens at `address` and `port`. If other machines can reach it, it has a new
    /// token.
    ///
    /// # Errors
    ///
    /// Fails if the system has no randomness.
    pub(super) fn new(address: IpAddr, port: u16) -> Result<Self, String> {
        let token = (!address.is_loopback()).then(Token::new).transpose()?;
        Ok(Self { port, token })
    }

    /// What the URL must have behind its path for a person to come in.
    pub(super) fn query(&self) -> String {
        let token = self.token.as_ref();
        token.map_or_else(String::new, |it| format!("?token={}", it.0))
    }

    /// The cookie to be set for `caller`, if it came with the token in its URL.
    pub(super) fn cookie(&self, caller: Caller<'_>) -> Option<String> {
        let token = self.token.as_ref()?;
        let is_known = token.is_in_query(caller.query);
        is_known.then(|| {
            let name = self.cookie_name();
            format!("{name}={}; Path=/; HttpOnly; SameSite=Strict", token.0)
        })
    }

    /// Whether `caller` may have the files of the page.
    ///
    /// # Errors
    ///
    /// Fails with why not.
    pub(super) fn check(&self, caller: Caller<'_>) -> Result<(), Refusal> {
        match &self.token {
            // A name of another site may be made to lead to this machine, and is told by its name alone.
            None if caller.host.is_some_and(|it| is_loopback(it, self.port)) => Ok(()),
            None => Err(Refusal::Host),
            Some(token) if token.is_in_query(caller.query) => Ok(()),
            Some(token) if token.is_in_cookie(caller.cookie, &self.cookie_name()) => Ok(()),
            Some(_) => Err(Refusal::Token),
        }
    }

    /// Whether `caller` may have the socket: only the page of this server itself. Every browser says where a
    /// page is from that opens a socket.
    ///
    /// # Errors
    ///
    /// Fails with why not.
    pub(super) fn check_socket(&self, caller: Caller<'_>) -> Result<(), Refusal> {
        self.check(caller)?;
        let origin = caller.origin.and_then(|it| it.split_once("://"));
        let is_own = origin.is_some_and(|(scheme, host)| {
            // There may be a proxy with TLS in front of it.
            matches!(scheme, "http" | "https")
                && caller.host.is_some_and(|it| it.eq_ignore_ascii_case(host))
        });
        if is_own { Ok(()) } else { Err(Refusal::Origin) }
    }

    /// Cookies are those of a host, whatever the port.
    fn cookie_name(&self) -> String {
        format!("mayfly-{}", self.port)
    }
}

impl Token {
    fn new() -> Result<Self, String> {
        let mut bytes = [0; 16];
        let provider = ring::default_provider();
        let filled = provider.secure_random.fill(&mut bytes);
        filled.map_err(|_| "the system has no randomness for a token".to_owned())?;
        Ok(Self(bytes.iter().map(|it| format!("{it:02x}")).collect()))
    }

    /// In a time that says nothing of how much of it is right.
    fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    fn is_in_query(&self, query: Option<&str>) -> bool {
        let mut parts = query.unwrap_or_default().split('&');
        parts.any(|it| it.strip_prefix("token=").is_some_and(|it| self.is(it)))
    }

    fn is_in_cookie(&self, cookies: Option<&str>, name: &str) -> bool {
        let mut cookies = cookies.unwrap_or_default().split(';');
        cookies.any(|it| {
            let cookie = it.trim().split_once('=');
            cookie.is_some_and(|(key, value)| key == name && self.is(value))
        })
    }
}

/// Whether a `Host` names this machine and this port, as only a browser on this machine would.
fn is_loopback(host: &str, port: u16) -> bool {
    // An address of IPv6 has colons of its own, and is in brackets.
    let has_port = !host.ends_with(']');
    let (name, its_port) = match host.rsplit_once(':').filter(|_| has_port) {
        Some((name, its_port)) => (name, its_port.parse().ok()),
        None => (host, Some(80)),
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_this = name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|it| it.is_loopback());
    is_this && its_port == Some(port)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn guard(address: Ipv4Addr) -> Guard {
        Guard::new(address.into(), 8089).unwrap()
    }

    fn at<'a>(host: &'a str, origin: &'a str) -> Caller<'a> {
        Caller {
            host: Some(host),
            origin: Some(origin),
            ..Caller::default()
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names_and_the_port() {
        let guard = guard(Ipv4Addr::LOCALHOST);
        for host in [
            "127.0.0.1:8089",
            "localhost:8089",
            "LocalHost:8089",
            "[::1]:8089",
            "127.9.9.9:8089",
        ] {
            let origin = format!("http://{host}");
            assert_eq!(guard.check_socket(at(host, &origin)), Ok(()), "{host}");
        }
        // What a name that was rebound looks like, and those that only begin as they should.
        for host in [
            "evil.test:8089",
            "evil.test",
            "localhost.evil.test:8089",
            "127.0.0.1.evil.test:8089",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost:18089",
            "[::1]",
            "192.168.0.7:8089",
            "",
            ":8089",
            "127.0.0.1:8089:8089",
            "evil@127.0.0.1:8089",
        ] {
            let origin = format!("http://{host}");
            assert_eq!(guard.check(at(host, &origin)), Err(Refusal::Host), "{host}");
        }
        assert_eq!(guard.check(Caller::default()), Err(Refusal::Host));
    }

    #[test]
    fn only_the_page_itself_gets_the_socket() {
        let guard = guard(Ipv4Addr::LOCALHOST);
        let host = "127.0.0.1:8089";
        for origin in [
            "http://evil.test",
            "http://127.0.0.1:8090",
            "http://localhost:8089",
            "null",
            "",
            "http://127.0.0.1:8089.evil.test",
            "file://127.0.0.1:8089",
            "127.0.0.1:8089",
            "chrome-extension://127.0.0.1:8089",
        ] {
            let refused = guard.check_socket(at(host, origin));
            assert_eq!(refused, Err(Refusal::Origin), "{origin}");
        }
        let without = Caller {
            host: Some(host),
            ..Caller::default()
        };
        assert_eq!(guard.check_socket(without), Err(Refusal::Origin));
    }

    #[test]
    fn from_other_machines_nobody_comes_in_without_the_token() {
        let guard = guard(Ipv4Addr::UNSPECIFIED);
        let host = "192.168.0.7:8089";
        let own = at(host, "http://192.168.0.7:8089");
        let query = guard.query();
        let token = query.strip_prefix("?token=").unwrap();
        assert_eq!(token.len(), 32);
        let by_query = |query| Caller {
            query: Some(query),
            ..own
        };
        let by_cookie = |cookie| Caller {
            cookie: Some(cookie),
            ..own
        };
        for wrong in ["", "token=", "token=0", &token[1..], &query] {
            let refused = guard.check_socket(by_query(wrong));
            assert_eq!(refused, Err(Refusal::Token), "{wrong}");
            assert_eq!(guard.cookie(by_query(wrong)), None);
        }
        let other = format!("mayfly-8090={token}");
        for wrong in ["", "mayfly-8089=", token, "mayfly-8089=0", &other] {
            assert_eq!(
                guard.check(by_cookie(wrong)),
                Err(Refusal::Token),
                "{wrong}"
            );
        }
        assert_eq!(guard.check(own), Err(Refusal::Token));
        let query = &query[1..];
        assert_eq!(guard.check_socket(by_query(query)), Ok(()));
        let cookie = guard.cookie(by_query(query)).unwrap();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"));
        let cookie = format!("a=b; {}", cookie.split(';').next().unwrap());
        assert_eq!(guard.check_socket(by_cookie(&cookie)), Ok(()));
        let foreign = Caller {
            origin: Some("http://evil.test"),
            ..by_cookie(&cookie)
        };
        assert_eq!(guard.check_socket(foreign), Err(Refusal::Origin));
    }

    #[test]
    fn tokens_differ() {
        let tokens = [0; 8].map(|_| guard(Ipv4Addr::UNSPECIFIED).query());
        assert!((1..8).all(|it| tokens[it] != tokens[0]));
        assert_eq!(guard(Ipv4Addr::LOCALHOST).query(), "");
    }
}
