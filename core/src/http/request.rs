//! What is sent. How it is sent is up to a [`Transport`](crate::http::transport::Transport).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An HTTP method.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are those of HTTP")]
pub enum Method {
    Delete,
    Get,
    Head,
    Options,
    Patch,
    Post,
    Put,
}

impl Method {
    /// All of them, the most used first.
    pub const ALL: [Self; 7] = [
        Self::Get,
        Self::Post,
        Self::Put,
        Self::Patch,
        Self::Delete,
        Self::Head,
        Self::Options,
    ];

    /// As HTTP writes it: `GET`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or(UnknownMethod)
    }
}

/// Not one of [`Method::ALL`] in capital letters.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a method such as GET or POST")]
pub struct UnknownMethod;

/// The label statistics are grouped by.
///
/// Sorted by name first and by method second, as in Locust.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct RequestName {
    /// The path as the plan has it.
    pub name: String,
    /// The method.
    pub method: Method,
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.name)
    }
}

/// One request, ready to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL; for the simulated API, the path alone.
    pub url: Arc<str>,
    /// Header names in lower case, and their values.
    pub headers: Arc<[(String, String)]>,
    /// The body; `None` sends none.
    pub body: Option<Arc<[u8]>>,
    /// Whether an answer that points elsewhere is followed. What comes at the end of the chain is
    /// the response then.
    pub follow_redirects: bool,
    /// How much of the answer is looked at afterward.
    pub keep: Keep,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: &str) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Arc::default(),
            body: None,
            follow_redirects: true,
            keep: Keep::OnFailure,
        }
    }

    /// Whether a browser asks the target's permission by a preflight before it sends it to another
    /// origin, unless it remembers the answer.
    pub fn needs_preflight(&self) -> bool {
        let is_simple = matches!(self.method, Method::Get | Method::Head | Method::Post);
        let mut headers = self.headers.iter();
        !is_simple || headers.any(|(name, value)| !is_safelisted(name, value))
    }

    /// The names of the headers for which a browser asks the target's permission by a preflight, in
    /// lower case. Those that any page may send are left out (CORS-safelisted in the Fetch standard).
    pub fn preflighted(&self) -> Vec<String> {
        let headers = self.headers.iter();
        let headers = headers.filter(|(name, value)| !is_safelisted(name, value));
        headers.map(|(name, _)| name.clone()).collect()
    }
}

/// Whether a page may send a header without asking. The name is in lower case.
fn is_safelisted(name: &str, value: &str) -> bool {
    const MAX_BYTES: usize = 128;
    let is_unsafe =
        |it: u8| (it < 0x20 && it != b'\t') || it == 0x7f || b"\"():<>?@[\\]{}".contains(&it);
    let is_value_safe = value.len() <= MAX_BYTES
        && match name {
            "accept-language" | "content-language" => value
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || b" *,-.;=".contains(&it)),
            _ => !value.bytes().any(is_unsafe),
        };
    let is_name_safe = match name {
        "accept" | "accept-language" | "content-language" => true,
        "content-type" => {
            let essence = value.split(';').next().unwrap_or_default().trim();
            SIMPLE_TYPES
                .iter()
                .any(|it| it.eq_ignore_ascii_case(essence))
        }
        _ => false,
    };
    is_name_safe && is_value_safe
}

/// What forms send, so that pages always could.
const SIMPLE_TYPES: [&str; 3] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
];

/// How much of an answer is looked at after it was counted. All of it is received in any case.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Keep {
    /// The headers and the start of the body, if the status is 400 or above: the sample of a
    /// failure.
    #[default]
    OnFailure,
    /// The headers and the start of the body: a check may find fault with any status.
    Start,
    /// The headers and the body: a check or an extract reads it.
    Body,
}

impl Keep {
    /// How much a sample of a failure shows.
    pub const SAMPLE_BYTES: usize = 2048;

    /// The most that is kept of a body. Checks and extracts see no more.
    pub const MAX_BYTES: usize = 1 << 20;

    /// How many bytes of the body are kept of an answer with this status; `None` if neither they
    /// nor the headers are.
    pub fn limit(self, status: u16) -> Option<usize> {
        match self {
            Self::OnFailure => (400 <= status).then_some(Self::SAMPLE_BYTES),
            Self::Start => Some(Self::SAMPLE_BYTES),
            Self::Body => Some(Self::MAX_BYTES),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_ask_before_they_send_what_no_form_could() {
        let long = "a".repeat(129);
        let headers = [
            ("accept", "text/html, */*;q=0.8"),
            ("accept", "text/(html)"),
            ("accept-language", "de, en;q=0.5"),
            ("accept-language", &long),
            ("authorization", "Basic YTpi"),
            ("content-type", "Text/Plain; charset=utf-8"),
            ("content-type", "application/json"),
            ("x-run", "7"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = Request {
            headers: headers.into(),
            ..Request::new(Method::Get, "/")
        };
        assert_eq!(
            request.preflighted(),
            [
                "accept",
                "accept-language",
                "authorization",
                "content-type",
                "x-run"
            ]
        );
    }
}
