//! The door between the schedule and the network.
//!
//! Implementations live in the hosts: `fetch` in `web`, a native client in `cli`; the simulated API
//! is in [`crate::simulate`]. How answers are judged and counted is in [`crate::measure::stats`], not here.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::charset::{self, NotText, Undecodable};
use crate::http::origin::Origin;
use crate::http::phases::Phases;
use crate::http::request::Request;

/// Sends requests.
///
/// Nothing else in this crate reaches the network. Given the answers, everything above this trait
/// is a pure function of the plan, the seed, and the run clock.
///
/// # Contract
///
/// - **One call is one request.** Never retry what a server may have acted on: a retry hides the
///   failure the run is there to count. The one exception is what RFC 9110 (9.2.2) lets every client
///   do: an idempotent request that went over a connection which had carried others, and was closed
///   before the first byte of an answer, may be sent again once, over a new connection. Nor has a
///   server acted on what it says that it did not process (RFC 9113, 8.7). Both are counted in the
///   [`Tally`].
/// - **Any status is an answer.** `Ok` means that a response arrived, be it a 503. Whether that is
///   a failure is not for the transport to say.
/// - **Dropping the future aborts the request.** Stopping a user drops its future, and nothing may
///   go on behind its back. Timeouts work the same way, so a transport has none of its own.
///
/// # Why the future need not be `Send`
///
/// `fetch` yields JavaScript objects, which cannot leave their thread. A shard is single-threaded
/// on every host, so `cli` runs one current-thread runtime per shard instead.
///
/// # Panics
///
/// Implementations must not panic on anything a server can send.
pub trait Transport {
    /// What one user keeps from request to request, such as cookies. It begins empty.
    type Session: Default;

    /// How many requests to all origins together may be in flight at once without waiting for a free
    /// connection inside the transport, where nobody could see it; above zero.
    ///
    /// The shard never has more in flight. Requests beyond wait in the shard, where the wait is
    /// measured.
    fn max_in_flight(&self) -> usize;

    /// How many of them may be to `origin`; above zero. Where only all together are limited, that is
    /// all of them.
    ///
    /// It may change during a run. If there are more in flight than it says now, they go on, and none
    /// is sent until there are fewer.
    fn capacity(&self, origin: &Origin) -> usize {
        let _ = origin;
        self.max_in_flight()
    }

    /// What it did that is in no answer, since it was made.
    fn tally(&self) -> Tally {
        Tally::default()
    }

    /// Sends `request` of the user who has `session`, and waits for the last byte of the body.
    ///
    /// # Errors
    ///
    /// Fails if no complete response arrived. The cause is as exact as the host allows; see
    /// [`TransportError::Opaque`].
    fn send(
        &self,
        session: &Self::Session,
        request: &Request,
    ) -> impl Future<Output = Result<Response, TransportError>>;
}

/// What a transport did that is in no answer. Totals; a host that cannot know them leaves them at
/// zero.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// How often a request was sent again, because the server closed a kept connection, or said that
    /// it did not process the request.
    pub n_resent: u64,
    /// The lengths of all bodies as they came over the wire, before decompression.
    pub wire_bytes: u64,
    /// Requests for which a browser may have asked permission first.
    pub n_preflighted: u64,
    /// Requests that a browser may have let wait for others without a sign of it.
    pub n_maybe_waiting: u64,
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// HTTP status code, in `100..=599`.
    pub status: u16,
    /// Length of the body after decompression, in bytes.
    pub body_bytes: u64,
    /// Where the time went; `None` where the host does not know it, or did not look.
    pub phases: Option<Box<Phases>>,
    /// What the request said to keep, by [`Keep::limit`](crate::http::request::Keep::limit).
    pub kept: Option<Box<Kept>>,
}

/// The part of an answer that is looked at after it was counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Kept {
    /// Header names in lower case, and their values, as far as the host may read them. Values of one
    /// name are one list with ", " between them. Only `set-cookie` may be there more than once, as
    /// its values have commas of their own.
    pub headers: Vec<(String, String)>,
    /// The start of the body, after decompression.
    pub body: Vec<u8>,
    /// The same as text, where the answer names another charset than UTF-8; `None` if it is to be
    /// read as UTF-8.
    pub text: Option<Result<String, NotText>>,
}

impl Response {
    /// How long it asks to be left alone, where it refuses a request and the host may read that.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.status, &self.kept.as_ref()?.headers)
    }

    /// Reads what was kept of the body by its charset, if that is not UTF-8. `decode` has the tables
    /// of the host: it gets the label of a charset, bytes, and whether they are all there are.
    pub fn decode(
        &mut self,
        decode: impl FnOnce(&str, &[u8], bool) -> Result<String, Undecodable>,
    ) {
        if let Some(kept) = &mut self.kept {
            let is_whole = self.body_bytes <= kept.body.len() as u64;
            let content_type = kept.header("content-type");
            let decode = |label: &str, body: &[u8]| decode(label, body, is_whole);
            kept.text = charset::decode(content_type, &kept.body, decode);
        }
    }
}

impl Kept {
    /// The value of a header, whose name is in lower case; the first, if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_lines(name).next()
    }

    /// The values of a header, whose name is in lower case: one at most, unless it is `set-cookie`.
    pub fn header_lines(&self, name: &str) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter();
        let headers = headers.filter(move |it| it.0 == name);
        headers.map(|it| it.1.as_str())
    }
}

/// How long an answer with 429 or 503 asks not to be sent anything else: the seconds of its `Retry-After` (RFC
/// 9110, 10.2.3). A date is left alone, as clocks differ.
pub fn retry_after(status: u16, headers: &[(String, String)]) -> Option<Duration> {
    let header = headers.iter().find(|it| it.0 == "retry-after");
    let secs: u32 = header?.1.trim().parse().ok()?;
    matches!(status, 429 | 503).then(|| Duration::from_secs(secs.into()))
}

/// Why no response arrived.
///
/// Failures are grouped by this value, so it carries nothing that differs from request to request:
/// no URL, no port, no text from the host.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum TransportError {
    /// The connection was closed before the last byte of the answer.
    #[error("connection lost while the answer was arriving")]
    Body,
    /// The connection was reset before the last byte of the answer. Native only.
    #[error("connection reset while the answer was arriving")]
    BodyReset,
    /// A new connection was closed, and nothing had come over it. Native only.
    #[error("connection closed before the answer began")]
    Closed,
    /// The server closed a connection that had carried other requests, while this one was on its
    /// way. It may have been seen, and its method does not allow to send it again. Native only.
    #[error("kept connection closed by the server while the request was on its way")]
    ClosedIdle,
    /// No connection, for a reason that is none of the others. In reports of earlier versions also
    /// that it was refused, or lost before the answer began. Native only.
    #[error("connection refused or lost")]
    Connect,
    /// The host name did not resolve. Native only.
    #[error("host name not found")]
    Dns,
    /// The server ended a connection of HTTP/2 with this error code. Native only.
    #[error("HTTP/2: the server ended the connection ({0})")]
    GoAway(Http2Code),
    /// The status line and the headers of the answer are too long. Native only.
    #[error("answer with a head of more than {} KiB", Self::MAX_HEAD_BYTES >> 10)]
    HeadTooLong,
    /// The server speaks HTTP/2, and was asked in HTTP/1.1, which it does not speak. Native only.
    #[error("the server speaks only HTTP/2: write http_version = \"2\" in [request] of the plan")]
    Http2Only,
    /// What was to be sent is not a valid request, such as a URL with a space in it.
    #[error("not a valid request")]
    Invalid,
    /// The answer begins as one of HTTP/1, and breaks its rules further on. Native only.
    #[error("answer that breaks the rules of HTTP")]
    Malformed,
    /// All ports of this machine that connections begin at are taken. Native only.
    #[error("out of local ports: connections are opened faster than the system frees their ports")]
    NoLocalPort,
    /// The plan asks for HTTP/2, and the server does not speak it. Native only.
    #[error(
        "the server does not speak HTTP/2, which http_version in [request] of the plan asks for"
    )]
    NotHttp2,
    /// What came is no answer of HTTP/1. Native only.
    #[error("what came back is not HTTP")]
    NotHttp,
    /// What came instead of a TLS handshake is something else, such as plain HTTP. Native only.
    #[error("https:// to a port that does not speak TLS")]
    NotTls,
    /// Some failure of the network; the browser does not say which.
    ///
    /// `fetch` reports a refused connection, an unknown name, a bad certificate, and a missing
    /// CORS header all alike, so `web` knows no other. The page explains what to check.
    #[error("no readable answer: network error or missing CORS header (the browser does not say)")]
    Opaque,
    /// What a proxy said when it was asked to connect makes no sense, or it said nothing. Native only.
    #[error("the proxy closed the connection, or gave no answer of HTTP, when asked to connect")]
    ProxyAnswer,
    /// There is no connection to the proxy. Native only.
    #[error("the proxy cannot be reached (see HTTPS_PROXY, HTTP_PROXY and ALL_PROXY)")]
    ProxyConnect,
    /// A proxy answered with this status when it was asked to connect. Native only.
    #[error("the proxy did not connect: it answered with status {0}")]
    ProxyStatus(u16),
    /// Nothing listens on the port, or something in between says so. Native only.
    #[error("connection refused")]
    Refused,
    /// A new connection was reset, and nothing had come over it. Native only.
    #[error("connection reset before the answer began")]
    Reset,
    /// The server took none of several attempts at this request, which it did not process. Native
    /// only.
    #[error("HTTP/2: the server refused the request again and again (REFUSED_STREAM)")]
    StreamRefused,
    /// The server gave up this request with this error code, and not its connection. Native only.
    #[error("HTTP/2: the server reset the stream of the request ({0})")]
    StreamReset(Http2Code),
    /// No last byte within the timeout.
    #[error("timed out")]
    Timeout,
    /// The TLS handshake failed for a reason that is none of the others. Native only.
    #[error("TLS handshake failed")]
    Tls,
    /// The server wants a certificate of the client, and got none or one that it does not take. Native
    /// only.
    #[error("TLS: the server does not take the client certificate, or wants one (see tls.cert)")]
    TlsClientCert,
    /// The certificate has expired, or is not valid yet. Native only.
    #[error("TLS: the certificate has expired, or is not valid yet")]
    TlsExpired,
    /// The certificate is for other names than that of the host. Native only.
    #[error("TLS: the certificate is for another host name")]
    TlsName,
    /// A port for `https://` was asked in plain text. Native only.
    #[error("http:// to a port that speaks TLS")]
    TlsPort,
    /// Client and server have no version of TLS, or no way to encrypt, in common. Native only.
    #[error("TLS: no version or cipher in common")]
    TlsProtocol,
    /// Nobody who is trusted stands behind the certificate. Native only.
    #[error("TLS: the certificate is of an issuer that is not trusted")]
    TlsUntrusted,
    /// More header lines than are taken. Native only.
    #[error("answer with more than {} header lines", Self::MAX_HEADERS)]
    TooManyHeaders,
    /// The process may open no further file, and a connection is one. Native only.
    #[error("too many open files: the system allows no further connection (see ulimit -n)")]
    TooManyOpenFiles,
    /// More redirects than anybody follows. Native only; a browser calls it opaque.
    #[error("too many redirects")]
    TooManyRedirects,
    /// The body is not coded as its header `content-encoding` says. Native only; a browser calls it
    /// lost while it was arriving.
    #[error("answer whose body cannot be decoded: it is not what its Content-Encoding says")]
    Undecodable,
    /// No way to the host or its network. Native only.
    #[error("host or network unreachable")]
    Unreachable,
}

impl TransportError {
    /// The longest head of an answer that a native host takes, in bytes.
    pub const MAX_HEAD_BYTES: usize = 408 << 10;

    /// The most header lines of an answer that a native host takes.
    pub const MAX_HEADERS: usize = 1000;

    /// Whether there was no connection to the target, or it was closed, as if nobody were there. Lack
    /// of files or ports is not the target's doing, and who is silent may be slow.
    pub fn is_lost(self) -> bool {
        matches!(
            self,
            Self::Body
                | Self::BodyReset
                | Self::Closed
                | Self::ClosedIdle
                | Self::Connect
                | Self::Dns
                | Self::GoAway(_)
                | Self::Opaque
                | Self::ProxyConnect
                | Self::Refused
                | Self::Reset
                | Self::StreamRefused
                | Self::Unreachable
        )
    }
}

/// The text of a header value: UTF-8 where it is that, and else Latin-1, which any bytes are.
pub fn header_text(value: &[u8]) -> String {
    let text = str::from_utf8(value).map(str::to_owned);
    text.unwrap_or_else(|_| value.iter().copied().map(char::from).collect())
}

/// Why a server of HTTP/2 ended a stream or a connection, as RFC 9113 (7) numbers the reasons.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Http2Code(pub u32);

/// As the standard calls it.
impl fmt::Display for Http2Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = HTTP2_CODES.split(' ');
        match usize::try_from(self.0).ok().and_then(|it| names.nth(it)) {
            Some(name) => f.write_str(name),
            None => write!(f, "error code {}", self.0),
        }
    }
}

const HTTP2_CODES: &str = "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR \
     SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR \
     CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_read_as_utf_8_or_else_as_latin_1() {
        for (value, expected) in [
            (&b"plain"[..], "plain"),
            (b"Gr\xc3\xbcn \xe2\x82\xac", "Grün €"),
            (b"Gr\xfcn", "Grün"),
            (b"\x80", "\u{80}"),
            (b"Gr\xfcn, Gr\xc3\xbcn", "Grün, GrÃ¼n"),
        ] {
            assert_eq!(header_text(value), expected);
        }
    }

    #[test]
    fn codes_of_http_2_have_their_names() {
        for (code, expected) in [
            (0, "NO_ERROR"),
            (11, "ENHANCE_YOUR_CALM"),
            (13, "HTTP_1_1_REQUIRED"),
            (14, "error code 14"),
        ] {
            assert_eq!(Http2Code(code).to_string(), expected);
        }
    }

    #[test]
    fn causes_with_a_number_are_read_as_they_were_written() {
        for (cause, expected) in [
            (TransportError::ProxyStatus(407), "{\"proxy_status\":407}"),
            (
                TransportError::StreamReset(Http2Code(8)),
                "{\"stream_reset\":8}",
            ),
        ] {
            assert_eq!(serde_json::to_string(&cause).unwrap(), expected);
            assert_eq!(
                serde_json::from_str::<TransportError>(expected).unwrap(),
                cause
            );
        }
    }

    #[test]
    fn causes_in_older_reports_are_known() {
        let causes = "body connect dns invalid opaque timeout tls too_many_redirects";
        for cause in causes.split(' ') {
            let read = serde_json::from_value::<TransportError>(cause.into());
            assert!(read.is_ok(), "{cause}: {read:?}");
        }
    }
}
