//! One finished request. How samples add up is in [`crate::stats`].

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Elapsed;
use crate::transport::{Response, TransportError};

/// One finished request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sample {
    /// When the user wanted to send it.
    pub due: Elapsed,
    /// When it was handed to the transport; not before `due`.
    pub sent: Elapsed,
    /// When the last byte of the answer was there, or the request failed; not before `sent`.
    pub done: Elapsed,
    /// What came of it.
    pub result: Result<Response, TransportError>,
}

impl Sample {
    /// How long the user waited: done − due.
    pub fn response_time(&self) -> Duration {
        self.done.since(self.due)
    }

    /// How long the target took: done − sent.
    pub fn service_time(&self) -> Duration {
        self.done.since(self.sent)
    }

    /// Bytes of the body; zero if no answer arrived.
    pub fn body_bytes(&self) -> u64 {
        self.result.map_or(0, |response| response.body_bytes)
    }

    /// Why the request counts as failed: no answer, or a status of 400 and above.
    pub fn failure(&self) -> Option<Failure> {
        match self.result {
            Ok(response) if response.status < 400 => None,
            Ok(response) => Some(Failure::Status(response.status)),
            Err(error) => Some(Failure::Transport(error)),
        }
    }
}

/// Why a request counts as failed. Failures are grouped by this value.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Failure {
    /// The answer's status is 400 or above.
    Status(u16),
    /// No answer arrived.
    Transport(TransportError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => match reason_phrase(*status) {
                Some(phrase) => write!(f, "{status} {phrase}"),
                None => write!(f, "status {status}"),
            },
            Self::Transport(error) => error.fmt(f),
        }
    }
}

/// The usual words for a status code of 400 and above (RFC 9110 and those registered since).
fn reason_phrase(status: u16) -> Option<&'static str> {
    Some(match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(result: Result<u16, TransportError>, expected: Option<&str>) {
        let sample = Sample {
            due: Elapsed::from_micros(10),
            sent: Elapsed::from_micros(30),
            done: Elapsed::from_micros(100),
            result: result.map(|status| Response {
                status,
                body_bytes: 5,
            }),
        };
        assert_eq!(
            sample.failure().map(|it| it.to_string()).as_deref(),
            expected
        );
        assert_eq!(sample.response_time(), Duration::from_micros(90));
        assert_eq!(sample.service_time(), Duration::from_micros(70));
    }

    #[test]
    fn a_status_of_400_and_above_is_a_failure() {
        check(Ok(200), None);
        check(Ok(304), None);
        check(Ok(399), None);
        check(Ok(404), Some("404 Not Found"));
        check(Ok(503), Some("503 Service Unavailable"));
        check(Ok(599), Some("status 599"));
    }

    #[test]
    fn no_answer_is_a_failure() {
        check(Err(TransportError::Timeout), Some("timed out"));
    }
}
