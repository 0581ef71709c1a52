//! One answer, as checks and extracts read it.

mod not_json;

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

pub use self::not_json::NotJson;
use crate::digits::exact;
use crate::http::charset::{NotText, utf8};
use crate::http::transport::{Kept, Response};
use crate::judging::query::JsonPath;

/// One answer. Its body is decoded and parsed at most once, when somebody first asks.
#[derive(Debug)]
pub struct Answer<'a> {
    response: &'a Response,
    text: OnceCell<Result<Cow<'a, str>, NotText>>,
    json: OnceCell<Result<Value, NotJson>>,
    // The same with every digit of its numbers; empty if 64 bits hold them all.
    exact: OnceCell<Option<Value>>,
}

impl<'a> Answer<'a> {
    /// Reads `response`, of which only what was kept is there: without, the answer has no headers
    /// and an empty body.
    pub fn new(response: &'a Response) -> Self {
        Self {
            response,
            text: OnceCell::new(),
            json: OnceCell::new(),
            exact: OnceCell::new(),
        }
    }

    /// The HTTP status code.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// The value of a header, whose name is in lower case; that of the first, if there are several.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.kept()?.header(name)
    }

    /// All values of a header, whose name is in lower case.
    pub fn header_lines(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.kept()
            .into_iter()
            .flat_map(move |it| it.header_lines(name))
    }

    /// The body as far as it was kept, by its charset, without the mark at its start.
    ///
    /// # Errors
    ///
    /// Fails if its bytes are no text.
    pub fn text(&self) -> Result<&str, &NotText> {
        let text = self.text.get_or_init(|| {
            let Some(kept) = self.kept() else {
                return Ok("".into());
            };
            match &kept.text {
                Some(Ok(text)) => Ok(text.as_str().into()),
                Some(Err(error)) => Err(error.clone()),
                None => {
                    let content_type = kept.header("content-type");
                    utf8(content_type, &kept.body, self.is_cut()).map(Cow::Borrowed)
                }
            }
        });
        text.as_deref()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// Fails if it is not, or if only its start was kept.
    pub fn json(&self) -> Result<&Value, &NotJson> {
        let json = self.json.get_or_init(|| {
            if self.is_cut() {
                return Err(NotJson::TooLong);
            }
            match self.text() {
                Ok(text) => serde_json::from_str(text)
                    // A number that is too large may be the reason.
                    .or_else(|error| exact::read(text).map_err(|_| NotJson::new(text, &error))),
                Err(error) => Err(NotJson::NotText(error.clone())),
            }
        });
        json.as_ref()
    }

    /// What is at the first of the places of `path` in the body as JSON. Numbers that 64 bits cannot
    /// hold are as [`exact::number`] finds them.
    ///
    /// # Errors
    ///
    /// As [`json`](Self::json).
    pub(crate) fn first(&self, path: &JsonPath) -> Result<Option<&Value>, &NotJson> {
        let json = self.json()?;
        let found = path.first(json);
        // Most answers are read once: whether a number has more digits is seen where one is found.
        Ok(found.map(|found| match exact::may_be_rounded(found) {
            true => self
                .exact()
                .and_then(|it| twin(found, json, it))
                .unwrap_or(found),
            false => found,
        }))
    }

    fn exact(&self) -> Option<&Value> {
        let exact = self.exact.get_or_init(|| {
            let text = self.text().ok().filter(|it| !exact::holds_all(it))?;
            exact::read(text).ok()
        });
        exact.as_ref()
    }

    /// Whether there is more of the body than was kept.
    pub fn is_cut(&self) -> bool {
        self.kept()
            .is_some_and(|it| (it.body.len() as u64) < self.response.body_bytes)
    }

    /// Whether nothing was kept, as of a request that got no answer.
    pub(crate) fn is_missing(&self) -> bool {
        self.kept().is_none()
    }

    fn kept(&self) -> Option<&'a Kept> {
        self.response.kept.as_deref()
    }
}

/// What is in `exact` at the place that `found` has in `json`.
fn twin<'a>(found: &Value, json: &Value, exact: &'a Value) -> Option<&'a Value> {
    if std::ptr::eq(found, json) {
        return Some(exact);
    }
    match (json, exact) {
        (Value::Array(left), Value::Array(right)) => {
            let mut pairs = left.iter().zip(right);
            pairs.find_map(|(left, right)| twin(found, left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let mut pairs = left.values().zip(right.values());
            pairs.find_map(|(left, right)| twin(found, left, right))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(body: &[u8], body_bytes: u64) -> Response {
        let headers = vec![("etag".to_owned(), "7".to_owned())];
        let body = body.to_vec();
        Response {
            status: 200,
            body_bytes,
            phases: None,
            kept: Some(Box::new(Kept {
                headers,
                body,
                ..Kept::default()
            })),
        }
    }

    #[test]
    fn bodies_are_read_as_text_and_as_json() {
        let response = response(b"{\"id\":5}", 8);
        let answer = Answer::new(&response);
        assert_eq!(answer.text(), Ok("{\"id\":5}"));
        assert_eq!(answer.json(), Ok(&json!({"id": 5})));
        assert_eq!(answer.header("etag"), Some("7"));
        assert_eq!(answer.header("age"), None);
    }

    #[test]
    fn what_is_too_long_is_not_looked_at() {
        let response = response(b"{}", 3);
        let answer = Answer::new(&response);
        assert_eq!(
            answer.json().unwrap_err().to_string(),
            "the body is longer than 1 MiB, too long for a look at its JSON"
        );
        assert!(answer.is_cut());
    }

    #[test]
    fn bytes_that_are_no_text_are_said() {
        let response = response(b"a\xffb", 3);
        let answer = Answer::new(&response);
        let error = answer.text().unwrap_err();
        assert_eq!(error.place().as_deref(), Some("the byte 0xFF at place 2"));
        assert_eq!(answer.json(), Err(&NotJson::NotText(error.clone())));
    }

    #[test]
    fn a_mark_at_the_start_is_no_part_of_the_text() {
        let response = response(b"\xef\xbb\xbf{\"id\":5}", 11);
        let answer = Answer::new(&response);
        assert_eq!(answer.text(), Ok("{\"id\":5}"));
        assert_eq!(answer.json(), Ok(&json!({"id": 5})));
    }

    #[test]
    fn other_charsets_are_read_by_the_host() {
        let mut response = response(b"{\"name\":\"Zo\xeb\"}", 14);
        let kept = response.kept.as_mut().unwrap();
        let content_type = "application/json; charset=latin1".to_owned();
        kept.headers.push(("content-type".to_owned(), content_type));
        response.decode(|label, bytes, is_whole| {
            assert_eq!((label, is_whole), ("latin1", true));
            Ok(bytes.iter().map(|&it| char::from(it)).collect())
        });
        let answer = Answer::new(&response);
        assert_eq!(answer.json(), Ok(&json!({"name": "Zoë"})));
        assert!(!answer.is_cut());
    }

    #[test]
    fn an_answer_of_which_nothing_was_kept_is_empty() {
        let response = Response {
            kept: None,
            ..response(b"", 0)
        };
        let answer = Answer::new(&response);
        assert_eq!((answer.text(), answer.header("etag")), (Ok(""), None));
    }
}
