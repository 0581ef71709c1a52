//! Headers: their names and values, and which of them a plan may not set.

use std::str::FromStr;

use super::values::{Entries, EntryKey, PairList, Pairs, Spelled, Text, repeated};
use super::{Form, Mistake};
use crate::plan::PlanError;
use crate::template::Template;

pub(in crate::plan) type Headers = Pairs<HeaderName, HeaderValue>;

impl Form for Headers {
    type Model = Vec<(String, Template)>;

    fn read(self) -> Result<Self::Model, Mistake> {
        let pairs = match self {
            Self::Short(PairList(pairs)) => pairs,
            Self::Table(Entries(pairs)) => {
                if let Some(HeaderName(name)) = repeated(&pairs, PartialEq::eq) {
                    return Err(Mistake::SameHeader { name: name.clone() });
                }
                pairs
            }
        };
        let pairs = pairs.into_iter();
        Ok(pairs.map(|(name, value)| (name.0.0, value.0.0)).collect())
    }

    fn write(headers: &Self::Model) -> Self {
        let pairs = headers.iter().map(|(name, value)| {
            let (name, value) = (HeaderName(name.clone()), HeaderValue(value.clone()));
            (Text(name), Text(value))
        });
        Self::of(pairs.collect(), PartialEq::eq)
    }
}

/// A header name, in lower case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::plan) struct HeaderName(pub(in crate::plan) String);

impl HeaderName {
    fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HeaderName {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        // What RFC 9110 calls a token.
        let is_token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
        if !text.is_empty() && text.bytes().all(is_token) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(Mistake::Value(format!(
            "expected a header name such as accept, found “{text}”"
        )))
    }
}

/// A header value: no control characters.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::plan) struct HeaderValue(pub(in crate::plan) Template);

impl HeaderValue {
    fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for HeaderValue {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        if text.contains(char::is_control) {
            return Err(Mistake::Value(format!(
                "expected a header value without control characters, found “{text}”"
            )));
        }
        let template = text.parse::<Template>().map_err(PlanError::from)?;
        Ok(Self(template))
    }
}

impl Spelled for HeaderName {
    fn spelling(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Spelled for HeaderValue {
    fn spelling(&self) -> String {
        self.as_str().to_owned()
    }
}

impl EntryKey<Text<HeaderValue>> for Text<HeaderName> {
    fn check(&self, value: &Text<HeaderValue>) -> Result<(), Mistake> {
        let name = self.0.as_str();
        let Some((_, instead)) = OF_CLIENT.iter().find(|it| it.0 == name) else {
            return Ok(());
        };
        let value = value.0.0.static_text().unwrap_or_default();
        let is_true = match name {
            "connection" => value.eq_ignore_ascii_case("close"),
            // What one wrote to have an empty body announced, which it is anyway.
            "content-length" => value == "0",
            _ => false,
        };
        if is_true {
            return Ok(());
        }
        Err(Mistake::Value(format!(
            "expected no header {name}: {instead}"
        )))
    }
}

/// The headers that say how a request goes over its connection, and what to do instead of setting one.
/// A wrong one would cut the body, or have the server wait for more of it.
const OF_CLIENT: [(&str, &str); 10] = [
    (
        "connection",
        "connections are kept by themselves; leave it out, or write “close” for a connection per request",
    ),
    (
        "content-length",
        "the length of the body is always sent; leave it out",
    ),
    ("expect", "the body is sent at once; leave it out"),
    ("http2-settings", "requests are not upgraded; leave it out"),
    (
        "keep-alive",
        "connections are kept by themselves; leave it out",
    ),
    (
        "proxy-connection",
        "connections are kept by themselves; leave it out",
    ),
    ("te", "no trailers are read; leave it out"),
    ("trailer", "no trailers are sent; leave it out"),
    (
        "transfer-encoding",
        "a body is sent with its length; leave it out",
    ),
    ("upgrade", "requests are not upgraded; leave it out"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_tokens_in_lower_case() {
        assert_eq!(
            "X-Trace_Id".parse::<HeaderName>().unwrap().as_str(),
            "x-trace_id"
        );
        for text in ["", "a b", "a:b", "ä", "a\n"] {
            assert!(text.parse::<HeaderName>().is_err(), "{text}");
        }
    }
}
