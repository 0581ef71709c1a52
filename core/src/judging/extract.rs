//! Values taken from an answer into variables, for the requests that follow.

use serde_json::Value;

use crate::http::request::Keep;
use crate::judging::answer::Answer;
use crate::judging::check::Slashed;
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
            Source::Header(name) => answer.header(name).map(Value::from),
            // That the body is not JSON is said by a check that asks for it.
            Source::Json(path) => answer.json().ok().and_then(|it| path.first(it)).cloned(),
            Source::Regex(pattern) => pattern.capture(answer.text()).map(Value::from),
        };
        found
            .or_else(|| self.default.clone())
            .ok_or_else(|| self.missing())
    }

    /// How much of the answer it looks at.
    pub fn needs(&self) -> Keep {
        match self.source {
            Source::Header(_) => Keep::Start,
            Source::Json(_) | Source::Regex(_) => Keep::Body,
        }
    }

    fn missing(&self) -> Missing {
        Missing {
            what: match &self.source {
                Source::Header(name) => format!("header {}", shorten(name)),
                Source::Json(path) => shorten(path.as_str()).into_owned(),
                Source::Regex(pattern) => format!("match of {}", Slashed(pattern)),
            },
            variable: shorten(&self.variable).into_owned(),
        }
    }
}

/// Nothing is where a value should be. Failures are grouped by its text, which is the same for
/// every answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("found no {what} for “{variable}”")]
pub struct Missing {
    /// What was looked for.
    pub what: String,
    /// The variable.
    pub variable: String,
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
            kept: Some(Box::new(Kept {
                headers: vec![("location".to_owned(), "/users/7".to_owned())],
                body: BODY.into(),
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

    #[test]
    fn a_body_that_is_not_json_holds_nothing() {
        let response = Response {
            status: 200,
            body_bytes: 0,
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
