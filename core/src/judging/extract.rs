//! Values taken from an answer into variables, for the requests that follow.

use serde_json::Value;

use crate::http::request::Keep;
use crate::judging::answer::Answer;
use crate::judging::check::{BEYOND, Slashed};
use crate::judging::query::{JsonPath, Pattern};
use crate::shorten::shorten;

/// A variable that is set from an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extract {
    /// The name of the variable.
    pub variable: String,
    /// Where the value is.
    pub source: Source,
    /// The value if there is nothing there; `None` makes that a failure.
    pub default: Option<Value>,
}

/// Where in an answer a value is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The value of a header, whose name is in lower case.
    Header(String),
    /// The first that a path finds in a body of JSON, with its type.
    Json(JsonPath),
    /// What the first group of a match in the body holds; the whole match without groups.
    Regex(Pattern),
}

impl Extract {
    /// The value.
    ///
    /// # Errors
    ///
    /// Fails if there is nothing there, and no default.
    pub fn find(&self, answer: &Answer<'_>) -> Result<Value, Missing> {
        let found = match &self.source {
            Source::Header(name) => Ok(answer.header(name).map(Value::from)),
            Source::Json(path) => match answer.first(path) {
                Ok(found) => Ok(found.cloned()),
                Err(error) => Err((error.to_string(), error.found())),
            },
            Source::Regex(pattern) => match answer.text() {
                Ok(text) => Ok(pattern.capture(text).map(Value::from)),
                Err(error) => Err((error.to_string(), error.place())),
            },
        };
        if let Ok(Some(found)) = found {
            return Ok(found);
        }
        if let Some(default) = &self.default {
            return Ok(default.clone());
        }
        let (cause, place) = match found {
            // That no answer came is said already.
            _ if answer.is_missing() => (None, None),
            Err((cause, place)) => (Some(cause), place),
            Ok(_) if answer.is_cut() && matches!(self.source, Source::Regex(_)) => {
                (Some(format!("it is not {BEYOND}")), None)
            }
            Ok(_) => (None, None),
        };
        Err(self.missing(cause, place))
    }

    /// How much of the answer it looks at.
    pub fn needs(&self) -> Keep {
        match self.source {
            Source::Header(_) => Keep::Start,
            Source::Json(_) | Source::Regex(_) => Keep::Body,
        }
    }

    fn missing(&self, cause: Option<String>, place: Option<String>) -> Missing {
        Missing {
            what: match &self.source {
                Source::Header(name) => format!("header {}", shorten(name)),
                Source::Json(path) => shorten(path.as_str()).into_owned(),
                Source::Regex(pattern) => format!("match of {}", Slashed(pattern)),
            },
            variable: shorten(&self.variable).into_owned(),
            cause,
            place,
        }
    }
}

/// Nothing is where a value should be. Failures are grouped by its text, which is the same for
/// every answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("found no {what} for “{variable}”{}", cause.as_ref().map_or(String::new(), |it| format!(": {it}")))]
pub struct Missing {
    /// What was looked for.
    pub what: String,
    /// The variable.
    pub variable: String,
    /// Why nothing could be found; `None` where it simply is not there.
    pub cause: Option<String>,
    /// Where in the answer the cause is, which differs from answer to answer, and is no part of the
    /// text.
    pub place: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::transport::{Kept, Response};

    const BODY: &str = r#"{"token":"abc","user":{"id":7},"none":null,"ids":[3,4]}"#;

    fn extract(source: Source) -> Extract {
        Extract {
            variable: "token".to_owned(),
            source,
            default: None,
        }
    }

    fn find(extract: &Extract) -> Result<Value, String> {
        let response = Response {
            status: 200,
            body_bytes: BODY.len() as u64,
            phases: None,
            kept: Some(Box::new(Kept {
                headers: vec![("location".to_owned(), "/users/7".to_owned())],
                body: BODY.into(),
                ..Kept::default()
            })),
        };
        let found = extract.find(&Answer::new(&response));
        found.map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check(source: Source, expected: Result<Value, &str>) {
        let found = find(&extract(source));
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    fn json_at(path: &str) -> Source {
        Source::Json(path.parse().unwrap())
    }

    fn regex(pattern: &str) -> Source {
        Source::Regex(pattern.parse().unwrap())
    }

    #[test]
    fn json_keeps_its_type() {
        check(json_at("$.token"), Ok(json!("abc")));
        check(json_at("$.user.id"), Ok(json!(7)));
        check(json_at("$.user"), Ok(json!({"id": 7})));
        check(json_at("$.none"), Ok(json!(null)));
        check(json_at("$.ids[*]"), Ok(json!(3)));
        check(json_at("$.nope"), Err("found no $.nope for “token”"));
    }

    #[test]
    fn a_regex_gives_its_first_group_or_the_whole_match() {
        check(regex(r#""token":"(\w+)""#), Ok(json!("abc")));
        check(regex(r"\d+"), Ok(json!("7")));
        check(regex("x(y)"), Err("found no match of /x(y)/ for “token”"));
        // The group has no part in the match.
        check(
            regex("token|(x)"),
            Err("found no match of /token|(x)/ for “token”"),
        );
    }

    #[test]
    fn a_header_gives_its_value() {
        check(Source::Header("location".into()), Ok(json!("/users/7")));
        check(
            Source::Header("etag".into()),
            Err("found no header etag for “token”"),
        );
    }

    #[test]
    fn a_default_takes_the_place_of_what_is_missing() {
        for default in [json!("guest"), json!(null)] {
            let extract = Extract {
                default: Some(default.clone()),
                ..extract(json_at("$.nope"))
            };
            assert_eq!(find(&extract), Ok(default));
        }
    }

    #[track_caller]
    fn check_missing(source: Source, body: &[u8], body_bytes: u64, expected: &str) {
        let kept = Kept {
            body: body.to_vec(),
            ..Kept::default()
        };
        let response = Response {
            status: 200,
            body_bytes,
            phases: None,
            kept: Some(Box::new(kept)),
        };
        let found = extract(source).find(&Answer::new(&response));
        assert_eq!(found.unwrap_err().to_string(), expected);
    }

    #[test]
    fn why_nothing_was_found_is_said() {
        check_missing(
            json_at("$"),
            b"<html>",
            6,
            "found no $ for “token”: the body is HTML or XML, and not JSON",
        );
        check_missing(
            json_at("$"),
            b"{}",
            9,
            "found no $ for “token”: the body is longer than 1 MiB, too long for a look at its JSON",
        );
        check_missing(
            regex("x"),
            b"a\xff",
            2,
            "found no match of /x/ for “token”: the body is not text in UTF-8, and its content \
             type names no charset",
        );
        check_missing(
            regex("x"),
            b"a",
            9,
            "found no match of /x/ for “token”: it is not in the first 1 MiB of the body, and no \
             more of it is looked at",
        );
        check_missing(regex("x"), b"a", 1, "found no match of /x/ for “token”");
    }

    #[test]
    fn a_request_without_an_answer_has_nothing_to_find() {
        let response = Response {
            status: 0,
            body_bytes: 0,
            phases: None,
            kept: None,
        };
        let found = extract(json_at("$")).find(&Answer::new(&response));
        assert_eq!(found.unwrap_err().to_string(), "found no $ for “token”");
    }

    #[test]
    fn the_body_is_kept_only_if_it_is_looked_at() {
        assert_eq!(extract(Source::Header("etag".into())).needs(), Keep::Start);
        assert_eq!(extract(json_at("$")).needs(), Keep::Body);
        assert_eq!(extract(regex("x")).needs(), Keep::Body);
    }
}
