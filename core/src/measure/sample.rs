//! One finished request. How samples add up is in [`crate::measure::stats`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::http::transport::{TransportError, retry_after};
use crate::secrets;
use crate::time::Elapsed;

/// One finished request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sample {
    /// When the user wanted to send it.
    pub due: Elapsed,
    /// When it was handed to the transport; not before `due`.
    pub sent: Elapsed,
    /// When the last byte of the answer was there, or the request failed; not before `sent`.
    pub done: Elapsed,
    /// Length of the body after decompression; zero if no answer arrived.
    pub body_bytes: u64,
    /// Why the request counts as failed, if it does.
    pub failure: Option<Failure>,
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
}

/// Why a request counts as failed. Failures are grouped by this value, so its text must not differ
/// from request to request.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A check found fault with the answer; in its words.
    Check(Arc<str>),
    /// The answer's status is 400 or above, and no check says what it should be.
    Status(u16),
    /// No answer arrived.
    Transport(TransportError),
}

/// One failed request of a group, so that a person can see what went wrong.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Evidence {
    /// The URL as it was sent.
    pub url: String,
    /// What a browser asks the target's permission for before it sends such a request; see
    /// [`Request::preflighted`](crate::http::request::Request::preflighted).
    #[serde(default)]
    pub preflighted: Vec<String>,
    /// The user that sent it.
    pub user: u32,
    /// The status of the answer; `None` if there was none.
    pub status: Option<u16>,
    /// What the answer had in place of what a check wants, in words; `None` where the failure says it
    /// already, or there was nothing.
    #[serde(default)]
    pub found: Option<String>,
    /// The headers of the answer, as far as the host may read them.
    pub headers: Vec<(String, String)>,
    /// The start of its body, at most [`Keep::SAMPLE_BYTES`](crate::http::request::Keep::SAMPLE_BYTES).
    pub body: String,
}

impl Evidence {
    /// How long the answer asks to be left alone; see [`retry_after`].
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(self.status?, &self.headers)
    }

    /// The URL without what looks like a credential, as it is shown.
    pub fn shown_url(&self) -> Cow<'_, str> {
        secrets::masked_url(&self.url)
    }

    /// The same without what looks like a credential.
    pub(crate) fn without_credentials(&self) -> Self {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| {
            let value = secrets::masked_header(name, value);
            (name.clone(), value.to_owned())
        });
        let found = self.found.as_deref().map(secrets::masked_body);
        Self {
            url: self.shown_url().into_owned(),
            headers: headers.collect(),
            found: found.map(Cow::into_owned),
            body: secrets::masked_body(&self.body).into_owned(),
            ..self.clone()
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(message) => f.write_str(message),
            Self::Status(status) => match reason_phrase(*status) {
                Some(phrase) => write!(f, "{status} {phrase}"),
                None => write!(f, "status {status}"),
            },
            Self::Transport(error) => error.fmt(f),
        }
    }
}

/// The usual words for a status code (RFC 9110 and those registered since).
pub(crate) fn reason_phrase(status: u16) -> Option<&'static str> {
    let mut phrases = REASON_PHRASES.iter();
    phrases.find(|it| it.0 == status).map(|it| it.1)
}

static REASON_PHRASES: [(u16, &str); 54] = [
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non-Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (207, "Multi-Status"),
    (208, "Already Reported"),
    (226, "IM Used"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Content Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Content"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (425, "Too Early"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (505, "HTTP Version Not Supported"),
    (507, "Insufficient Storage"),
    (508, "Loop Detected"),
    (511, "Network Authentication Required"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_to_be_sent_counts_as_response_time_only() {
        let sample = Sample {
            due: Elapsed::from_micros(10),
            sent: Elapsed::from_micros(30),
            done: Elapsed::from_micros(100),
            body_bytes: 5,
            failure: None,
        };
        assert_eq!(sample.response_time(), Duration::from_micros(90));
        assert_eq!(sample.service_time(), Duration::from_micros(70));
    }

    #[test]
    fn failures_are_named_in_words() {
        for (failure, expected) in [
            (Failure::Status(404), "404 Not Found"),
            (Failure::Status(599), "status 599"),
            (Failure::Transport(TransportError::Timeout), "timed out"),
            (Failure::Check("no $.id".into()), "no $.id"),
        ] {
            assert_eq!(failure.to_string(), expected);
        }
    }
}
