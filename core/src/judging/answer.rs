//! One answer, as checks and extracts read it.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use crate::http::request::Keep;
use crate::http::transport::Response;

/// One answer. Its body is decoded and parsed at most once, when somebody first asks.
#[derive(Debug)]
pub struct Answer<'a> {
    response: &'a Response,
    text: OnceCell<Cow<'a, str>>,
    json: OnceCell<Result<Value, NotJson>>,
}

impl<'a> Answer<'a> {
    /// Reads `response`, of which only what was kept is there: without, the answer has no headers
    /// and an empty body.
    pub fn new(response: &'a Response) -> Self {
        Self {
            response,
            text: OnceCell::new(),
            json: OnceCell::new(),
        }
    }

    /// The HTTP status code.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// The value of a header, whose name is in lower case; that of the first, if there are several.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.response.kept.as_ref()?.header(name)
    }

    /// All values of a header, whose name is in lower case.
    pub fn header_lines(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let kept = self.response.kept.as_deref();
        kept.into_iter().flat_map(move |it| it.header_lines(name))
    }

    /// The body as far as it was kept. What is not UTF-8 is replaced by U+FFFD.
    pub fn text(&self) -> &str {
        self.text
            .get_or_init(|| String::from_utf8_lossy(self.body()))
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// Fails if it is not, or if only its start was kept.
    pub fn json(&self) -> Result<&Value, NotJson> {
        let json = self.json.get_or_init(|| {
            if (self.body().len() as u64) < self.response.body_bytes {
                return Err(NotJson::TooLong);
            }
            serde_json::from_slice(self.body()).map_err(|_| NotJson::Syntax)
        });
        json.as_ref().map_err(|&error| error)
    }

    fn body(&self) -> &'a [u8] {
        self.response.kept.as_ref().map_or(&[], |kept| &kept.body)
    }
}

/// Why a body cannot be read as JSON. Failures are grouped by its text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotJson {
    /// It is something else.
    #[error("the body is not JSON")]
    Syntax,
    /// It is longer than what is kept of it, which is [`Keep::MAX_BYTES`].
    #[error("the body is longer than {} MiB, too long for a look at its JSON", Keep::MAX_BYTES >> 20)]
    TooLong,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::transport::Kept;

    fn response(body: &[u8], body_bytes: u64) -> Response {
        let headers = vec![("etag".to_owned(), "7".to_owned())];
        let body = body.to_vec();
        Response {
            status: 200,
            body_bytes,
            kept: Some(Box::new(Kept { headers, body })),
        }
    }

    #[test]
    fn bodies_are_read_as_text_and_as_json() {
        let response = response(b"{\"id\":5}", 8);
        let answer = Answer::new(&response);
        assert_eq!(answer.text(), "{\"id\":5}");
        assert_eq!(answer.json(), Ok(&json!({"id": 5})));
        assert_eq!(answer.header("etag"), Some("7"));
        assert_eq!(answer.header("age"), None);
    }

    #[test]
    fn what_is_no_json_is_told_from_what_is_too_long() {
        for (body, body_bytes, expected) in [
            (&b"oops"[..], 4, "the body is not JSON"),
            (b"", 0, "the body is not JSON"),
            (b"{\"a\":\xff}", 7, "the body is not JSON"),
            (
                b"{}",
                3,
                "the body is longer than 1 MiB, too long for a look at its JSON",
            ),
        ] {
            let response = response(body, body_bytes);
            let error = Answer::new(&response).json().unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let response = response(b"a\xffb", 3);
        assert_eq!(Answer::new(&response).text(), "a\u{fffd}b");
    }

    #[test]
    fn an_answer_of_which_nothing_was_kept_is_empty() {
        let response = Response {
            kept: None,
            ..response(b"", 0)
        };
        let answer = Answer::new(&response);
        assert_eq!((answer.text(), answer.header("etag")), ("", None));
    }
}
