//! What the demo API is asked, and what it answers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::http::request::Method;

/// A request as it arrives.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The method.
    pub method: Method,
    /// The path, and maybe a query.
    pub url: &'a str,
    /// Header names in lower case, and their values.
    pub headers: &'a [(String, String)],
    /// Empty if there is none.
    pub body: &'a [u8],
}

impl<'a> Incoming<'a> {
    /// The segments of the path; `/` has one, which is empty.
    pub(super) fn segments(&self) -> impl Iterator<Item = &'a str> {
        let path = self.url.split('?').next().unwrap_or_default();
        path.trim_start_matches('/').split('/')
    }

    /// The value of a field of the query, as it is written.
    pub(super) fn query(&self, name: &str) -> Option<&'a str> {
        let (_, query) = self.url.split_once('?')?;
        let mut fields = query.split('&').filter_map(|it| it.split_once('='));
        fields.find(|it| it.0 == name).map(|it| it.1)
    }

    /// The value of a header, whose name is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&'a str> {
        let mut headers = self.headers.iter();
        headers.find(|it| it.0 == name).map(|it| it.1.as_str())
    }
}

/// What is answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header `content-type`.
    pub content_type: Option<&'static str>,
    /// The header `location`.
    pub location: Option<String>,
    /// The body.
    pub body: Cow<'static, [u8]>,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            location: None,
            body: Cow::Borrowed(&[]),
        }
    }

    /// An answer of plain text.
    pub fn text(status: u16, text: &'static str) -> Self {
        Self {
            content_type: Some("text/plain; charset=utf-8"),
            body: text.as_bytes().into(),
            ..Self::empty(status)
        }
    }

    pub(super) fn json(status: u16, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).expect("names are strings");
        Self {
            content_type: Some(JSON),
            body: body.into(),
            ..Self::empty(status)
        }
    }

    /// An answer that says what is wrong.
    pub(super) fn error(status: u16, error: &'static str) -> Self {
        Self::json(status, &BTreeMap::from([("error", error)]))
    }

    /// The headers that it has.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let content_type = self.content_type.map(|it| ("content-type", it));
        let location = self.location.as_deref().map(|it| ("location", it));
        content_type.into_iter().chain(location)
    }
}

pub(super) const JSON: &str = "application/json";
