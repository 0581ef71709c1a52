//! The door between the schedule and the network.
//!
//! Implementations live in the hosts: `fetch` in `web`, a native client in `cli`; the simulated API
//! is in [`crate::simulate`]. How answers are judged and counted is in [`crate::stats`], not here.

use serde::{Deserialize, Serialize};

use crate::request::Request;

/// Sends requests.
///
/// Nothing else in this crate reaches the network. Given the answers, everything above this trait
/// is a pure function of the plan, the seed, and the run clock.
///
/// # Contract
///
/// - **One call is one request.** Never retry: a retry hides the failure the run is there to count.
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
    /// How many requests may be under way at once without waiting for a free connection inside the
    /// transport, where nobody could see it; above zero.
    ///
    /// The shard never has more under way. Requests beyond wait in the shard, where the wait is
    /// measured.
    fn max_in_flight(&self) -> usize;

    /// Sends `request` and waits for the last byte of the body.
    ///
    /// # Errors
    ///
    /// Fails if no complete response arrived. The cause is as exact as the host allows; see
    /// [`TransportError::Opaque`].
    fn send(&self, request: &Request) -> impl Future<Output = Result<Response, TransportError>>;
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Response {
    /// HTTP status code, in `100..=599`.
    pub status: u16,
    /// Length of the body after decompression, in bytes.
    pub body_bytes: u64,
    /// What the request said to keep, by [`Keep::limit`](crate::request::Keep::limit).
    pub kept: Option<Box<Kept>>,
}

/// The part of an answer that is looked at after it was counted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Kept {
    /// Header names in lower case, and their values, as far as the host may read them.
    pub headers: Vec<(String, String)>,
    /// The start of the body, after decompression.
    pub body: Vec<u8>,
}

impl Kept {
    /// The value of a header, whose name is in lower case; that of the first, if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|it| it.0 == name).map(|it| it.1.as_str())
    }
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
    /// The connection was lost before the last byte of the body.
    #[error("connection lost while the answer was arriving")]
    Body,
    /// The connection was refused, or lost before the answer began. Native only.
    #[error("connection refused or lost")]
    Connect,
    /// The host name did not resolve. Native only.
    #[error("host name not found")]
    Dns,
    /// What was to be sent is not a valid request, such as a URL with a space in it.
    #[error("not a valid request")]
    Invalid,
    /// Some failure of the network; the browser does not say which.
    ///
    /// `fetch` reports a refused connection, an unknown name, a bad certificate, and a missing
    /// CORS header all alike, so `web` knows no other. The page explains what to check.
    #[error("no readable answer: network error or missing CORS header (the browser does not say)")]
    Opaque,
    /// No last byte within the timeout.
    #[error("timed out")]
    Timeout,
    /// The TLS handshake failed. Native only.
    #[error("TLS handshake failed")]
    Tls,
    /// More redirects than anybody follows. Native only; a browser calls it opaque.
    #[error("too many redirects")]
    TooManyRedirects,
}
