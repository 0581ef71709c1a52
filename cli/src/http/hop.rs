//! One request of a chain of redirects: what it carries, and what comes after it. No I/O.

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::Uri;
use mayfly_core::http::request::{Method, Request};
use mayfly_core::http::transport::TransportError;

use super::message::Message;
use super::url::Url;

/// What differs between the requests of a chain; the rest is in the request that began it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Hop {
    pub(crate) url: Url,
    pub(crate) method: Method,
    /// A request that became a GET has lost its body and the headers that describe it.
    has_body: bool,
    /// Until the chain first leaves its origin.
    has_credentials: bool,
}

impl Hop {
    /// The request as the plan has it.
    ///
    /// # Errors
    ///
    /// Fails with `Invalid` if its URL is not one to which an HTTP request can be sent.
    pub(crate) fn first(request: &Request) -> Result<Self, TransportError> {
        Ok(Self {
            url: request.url.parse()?,
            method: request.method,
            has_body: true,
            has_credentials: true,
        })
    }

    /// Where an answer sends the client; `None` if it stays here.
    ///
    /// The rules are those of browsers: 303 turns all but HEAD into GET, 301 and 302 turn POST into
    /// GET, and 307 and 308 change nothing.
    ///
    /// # Errors
    ///
    /// Fails with `Invalid` if the answer points to what is no URL for an HTTP request.
    pub(crate) fn next(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Option<Self>, TransportError> {
        let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let location = headers.get(header::LOCATION);
        // As in Chromium, an empty one points nowhere: it would point to itself, without end.
        let Some(location) = location.filter(|it| is_redirect && !it.is_empty()) else {
            return Ok(None);
        };
        let url = self.url.join(&escaped(location.as_bytes()))?;
        let becomes_get = match (status.as_u16(), self.method) {
            (303, method) => !matches!(method, Method::Get | Method::Head),
            (301 | 302, Method::Post) => true,
            _ => false,
        };
        Ok(Some(Self {
            method: if becomes_get {
                Method::Get
            } else {
                self.method
            },
            has_body: self.has_body && !becomes_get,
            has_credentials: self.has_credentials && url.origin == self.url.origin,
            url,
        }))
    }

    /// Whether sending it twice does what sending it once does (RFC 9110, 9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        !matches!(self.method, Method::Patch | Method::Post)
    }

    /// What goes over the wire for this hop of `request`.
    ///
    /// # Errors
    ///
    /// Fails with `Invalid` if a header cannot be written.
    pub(crate) fn message(&self, request: &Request) -> Result<Message, TransportError> {
        let body = request.body.as_deref().filter(|_| self.has_body);
        let body = body.map_or_else(Bytes::new, Bytes::copy_from_slice);
        let is_empty = body.is_empty();
        let mut message = hyper::Request::new(body);
        *message.method_mut() = match self.method {
            Method::Delete => hyper::Method::DELETE,
            Method::Get => hyper::Method::GET,
            Method::Head => hyper::Method::HEAD,
            Method::Options => hyper::Method::OPTIONS,
            Method::Patch => hyper::Method::PATCH,
            Method::Post => hyper::Method::POST,
            Method::Put => hyper::Method::PUT,
        };
        *message.uri_mut() = Uri::from(self.url.path.clone());
        self.fill(message.headers_mut(), &request.headers)?;
        if is_empty && matches!(self.method, Method::Patch | Method::Post | Method::Put) {
            // Some servers refuse such a request that does not say how long its body is. Hyper says
            // so only where there is one.
            let headers = message.headers_mut();
            headers.insert(
                header::CONTENT_LENGTH,
                const { HeaderValue::from_static("0") },
            );
        }
        Ok(message)
    }

    fn fill(
        &self,
        headers: &mut HeaderMap,
        wanted: &[(String, String)],
    ) -> Result<(), TransportError> {
        for (name, value) in wanted {
            let name: HeaderName = name.parse().map_err(|_| TransportError::Invalid)?;
            // Bytes, so that a value may have letters outside ASCII.
            let value = HeaderValue::from_bytes(value.as_bytes());
            if self.carries(&name) {
                headers.append(name, value.map_err(|_| TransportError::Invalid)?);
            }
        }
        if !headers.contains_key(header::HOST) {
            let host = HeaderValue::try_from(self.url.origin.authority());
            headers.insert(header::HOST, host.map_err(|_| TransportError::Invalid)?);
        }
        if !headers.contains_key(header::ACCEPT_ENCODING) {
            let codings = if headers.contains_key(header::RANGE) {
                // A part of packed bytes cannot be unpacked.
                "identity"
            } else if self.url.origin.is_trustworthy() {
                "gzip, deflate, br, zstd"
            } else {
                "gzip, deflate"
            };
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(codings));
        }
        headers
            .entry(header::USER_AGENT)
            .or_insert(const { HeaderValue::from_static(USER_AGENT) });
        Ok(())
    }

    fn carries(&self, name: &HeaderName) -> bool {
        let is_for_origin = [
            header::AUTHORIZATION,
            header::COOKIE,
            header::HOST,
            header::PROXY_AUTHORIZATION,
        ];
        let is_of_body = [
            header::CONTENT_ENCODING,
            header::CONTENT_LANGUAGE,
            header::CONTENT_LOCATION,
            header::CONTENT_TYPE,
        ];
        // The length is always that of the body, whatever the plan says.
        *name != header::CONTENT_LENGTH
            && (self.has_credentials || !is_for_origin.contains(name))
            && (self.has_body || !is_of_body.contains(name))
    }
}

/// A place as ASCII: each byte of a letter outside of it is escaped as it is, whatever charset the
/// server had in mind. So do browsers, and the bytes come back to the server that wrote them.
fn escaped(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for &byte in location {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}

const USER_AGENT: &str = concat!("mayfly/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method) -> Request {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Request {
            headers: [
                header("authorization", "Bearer 1"),
                header("content-type", "text/plain"),
                header("x-run", "7"),
            ]
            .into(),
            body: Some(b"body".as_slice().into()),
            ..Request::new(method, "http://a.test/folder/page")
        }
    }

    fn redirected(method: Method, status: u16, location: &str) -> Hop {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, location.parse().unwrap());
        let hop = Hop::first(&request(method)).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        hop.next(status, &headers).unwrap().unwrap()
    }

    fn header_names(hop: &Hop, method: Method) -> Vec<String> {
        let message = hop.message(&request(method)).unwrap();
        message.headers().keys().map(ToString::to_string).collect()
    }

    #[track_caller]
    fn check_method(method: Method, status: u16, expected: Method) {
        let hop = redirected(method, status, "other");
        assert_eq!(hop.method, expected, "{method} {status}");
        assert_eq!(hop.has_body, method == expected, "{method} {status}");
        assert_eq!(hop.url.path.path(), "/folder/other");
    }

    #[test]
    fn methods_change_as_in_browsers() {
        use Method::{Delete, Get, Head, Post, Put};
        check_method(Get, 301, Get);
        check_method(Post, 301, Get);
        check_method(Put, 301, Put);
        check_method(Post, 302, Get);
        check_method(Delete, 302, Delete);
        check_method(Post, 303, Get);
        check_method(Put, 303, Get);
        check_method(Head, 303, Head);
        check_method(Post, 307, Post);
        check_method(Post, 308, Post);
    }

    #[test]
    fn other_answers_stay_where_they_are() {
        let hop = Hop::first(&request(Method::Get)).unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(hop.next(StatusCode::FOUND, &headers), Ok(None));
        headers.insert(header::LOCATION, HeaderValue::from_static(""));
        assert_eq!(hop.next(StatusCode::FOUND, &headers), Ok(None));
        headers.insert(header::LOCATION, HeaderValue::from_static("/x"));
        assert_eq!(hop.next(StatusCode::CREATED, &headers), Ok(None));
        assert_eq!(hop.next(StatusCode::NOT_MODIFIED, &headers), Ok(None));
    }

    #[track_caller]
    fn check_location(location: &[u8], expected: Option<&str>) {
        let hop = Hop::first(&request(Method::Get)).unwrap();
        let value = HeaderValue::from_bytes(location).unwrap();
        let headers = [(header::LOCATION, value)].into_iter().collect();
        let next = hop.next(StatusCode::FOUND, &headers).unwrap();
        let path = next.map(|it| format!("{}{}", it.url.origin.authority(), it.url.path));
        assert_eq!(path.as_deref(), expected);
    }

    #[test]
    fn a_location_is_read_as_browsers_read_it() {
        check_location(b"/a page?q=b c", Some("a.test/a%20page?q=b%20c"));
        check_location(b"/gr\xc3\xbcn", Some("a.test/gr%C3%BCn"));
        check_location(b"/gr\xfcn?\xfc", Some("a.test/gr%FCn?%FC"));
        check_location(
            b"/q?a=\"b\"&c=<d>|{e}`f",
            Some("a.test/q?a=%22b%22&c=%3Cd%3E|{e}`f"),
        );
        check_location(b"/a|b^c?d|e^f", Some("a.test/a%7Cb%5Ec?d|e^f"));
        check_location(b"\\\\b.test\\x\\..\\y", Some("b.test/y"));
        check_location(b"HTTP://[::1]:81", Some("[::1]:81/"));
        check_location("//ü.test/".as_bytes(), Some("xn--tda.test/"));
        check_location(b"", None);
    }

    #[test]
    fn a_location_that_is_no_url_is_an_error() {
        let hop = Hop::first(&request(Method::Get)).unwrap();
        let headers = [(header::LOCATION, HeaderValue::from_static("ftp://a.test/"))];
        let next = hop.next(StatusCode::FOUND, &headers.into_iter().collect());
        assert_eq!(next, Err(TransportError::Invalid));
    }

    #[test]
    fn a_get_after_a_post_carries_nothing_of_the_body() {
        let hop = redirected(Method::Post, 302, "/x");
        let expected = [
            "authorization",
            "x-run",
            "host",
            "accept-encoding",
            "user-agent",
        ];
        assert_eq!(header_names(&hop, Method::Post), expected);
    }

    #[test]
    fn another_origin_hears_no_credentials() {
        for location in ["http://b.test/", "https://a.test/", "http://a.test:81/"] {
            let hop = redirected(Method::Get, 302, location);
            let expected = [
                "content-type",
                "x-run",
                "host",
                "accept-encoding",
                "user-agent",
            ];
            assert_eq!(header_names(&hop, Method::Get), expected, "{location}");
        }
    }

    #[test]
    fn headers_of_the_plan_win() {
        let headers = [
            ("host", "b.test"),
            ("user-agent", "me"),
            ("accept-encoding", "gzip;q=0.5"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = Request {
            headers: headers.clone().into(),
            ..Request::new(Method::Get, "http://a.test/")
        };
        let message = Hop::first(&request).unwrap().message(&request).unwrap();
        let sent = message.headers().iter();
        let sent = sent.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        assert_eq!(sent.collect::<Vec<_>>(), headers);
    }

    #[track_caller]
    fn check_codings(url: &str, headers: &[(&str, &str)], expected: &str) {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = Request {
            headers: headers.collect(),
            ..Request::new(Method::Get, url)
        };
        let message = Hop::first(&request).unwrap().message(&request).unwrap();
        assert_eq!(message.headers()[header::ACCEPT_ENCODING], expected);
    }

    #[test]
    fn codings_are_asked_for_as_browsers_do() {
        check_codings("http://a.test/", &[], "gzip, deflate");
        check_codings("https://a.test/", &[], "gzip, deflate, br, zstd");
        check_codings("http://localhost:80/", &[], "gzip, deflate, br, zstd");
        check_codings("https://a.test/", &[("range", "bytes=0-9")], "identity");
        check_codings("https://a.test/", &[("accept-encoding", "br")], "br");
    }

    #[track_caller]
    fn check_length(method: Method, body: Option<&str>, header: &[(&str, &str)], says: bool) {
        let header = header.iter();
        let header = header.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let request = Request {
            headers: header.collect(),
            body: body.map(|it| it.as_bytes().into()),
            ..Request::new(method, "http://a.test/")
        };
        let message = Hop::first(&request).unwrap().message(&request).unwrap();
        let length = message.headers().get(header::CONTENT_LENGTH);
        assert_eq!(length.is_some_and(|it| it == "0"), says, "{method}");
        assert_eq!(length.is_some(), says, "{method}");
    }

    #[test]
    fn the_length_of_an_empty_body_is_told_where_one_is_expected() {
        for method in [Method::Patch, Method::Post, Method::Put] {
            check_length(method, None, &[], true);
            check_length(method, Some(""), &[], true);
            check_length(method, None, &[("content-length", "0")], true);
            // Hyper tells it.
            check_length(method, Some("a"), &[("content-length", "0")], false);
        }
        for method in [Method::Delete, Method::Get, Method::Head, Method::Options] {
            check_length(method, None, &[], false);
        }
    }

    #[test]
    fn a_header_that_cannot_be_written_is_an_error() {
        for (name, value) in [("with space", "1"), ("", "1"), ("x", "1\r\ny: 2")] {
            let request = Request {
                headers: [(name.to_owned(), value.to_owned())].into(),
                ..Request::new(Method::Get, "http://a.test/")
            };
            let message = Hop::first(&request).unwrap().message(&request);
            assert_eq!(message.err(), Some(TransportError::Invalid));
        }
    }
}
