//! What is sent. How it is sent is up to a [`Transport`](crate::transport::Transport).

use std::fmt;
use std::rc::Rc;
use std::str::FromStr;

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
    pub url: Rc<str>,
    /// Header names in lower case, and their values.
    pub headers: Rc<[(String, String)]>,
    /// The body; `None` sends none.
    pub body: Option<Rc<[u8]>>,
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
            headers: Rc::default(),
            body: None,
            follow_redirects: true,
            keep: Keep::OnFailure,
        }
    }
}

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
