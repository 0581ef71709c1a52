//! What an answer must be, and what is said if it is not.
//!
//! A failed check is a failure of the request. Failures are grouped by their message, so nothing in it
//! differs from request to request but the status that was found; what else was found is beside it.

mod status;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::digits::exact::{self, Exactly, is_same_number};
use crate::http::request::Keep;
use crate::judging::answer::Answer;
use crate::judging::query::{JsonPath, Pattern};
use crate::shorten::{shorten, shorten_value};
use crate::template::{Encoding, JsonTemplate, Scope, Template, UnknownVariable};
use crate::time::format_length;

pub use self::status::{StatusSet, StatusSetError};

/// One thing an answer must be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Check {
    /// A text is somewhere in the body.
    Contains(Template),
    /// A header is there.
    Header {
        /// Its name in lower case.
        name: String,
        /// What its value must be; `None` takes any.
        equals: Option<Template>,
    },
    /// The body is JSON, and there is something at a place in it.
    Json {
        /// The place. If it is several, the first that is there counts.
        path: JsonPath,
        /// What must be there, whatever the order of keys and the notation of numbers; `None` takes
        /// anything, `null` included.
        equals: Option<JsonTemplate>,
    },
    /// An expression matches somewhere in the body.
    Regex(Pattern),
    /// The status is one of these.
    Status(StatusSet),
    /// The response time is not longer than this.
    Under(Duration),
}

impl Check {
    /// Whether the answer is what this asks for.
    ///
    /// # Errors
    ///
    /// Fails if it is not, and if `scope` does not know a variable; these are two variants.
    pub fn judge(
        &self,
        answer: &Answer<'_>,
        response_time: Duration,
        scope: &mut dyn Scope,
    ) -> Result<(), CheckFailure> {
        match self {
            Self::Contains(text) => {
                let wanted = rendered(text, scope)?;
                judge_text(
                    answer,
                    |it| it.contains(&*wanted),
                    || format!("no {}", Quoted(text)),
                )
            }
            Self::Header { name, equals } => judge_header(name, equals.as_ref(), answer, scope),
            Self::Json { path, equals } => judge_json(path, equals.as_ref(), answer, scope),
            Self::Regex(pattern) => judge_text(
                answer,
                |it| pattern.is_match(it),
                || format!("no match of {}", Slashed(pattern)),
            ),
            Self::Status(set) => fail_unless(set.contains(answer.status()), || {
                let set = set.to_string();
                format!(
                    "expected status {}, found {}",
                    shorten(&set),
                    answer.status()
                )
            }),
            Self::Under(limit) if response_time <= *limit => Ok(()),
            Self::Under(limit) => {
                let found = format_length(Duration::from_millis(millis(response_time)));
                fail(
                    &format!("slower than {}", format_length(*limit)),
                    Some(found),
                )
            }
        }
    }

    /// The names of the variables that it compares with, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let (text, json) = match self {
            Self::Contains(text) => (Some(text), None),
            Self::Header { equals, .. } => (equals.as_ref(), None),
            Self::Json { equals, .. } => (None, equals.as_ref()),
            Self::Regex(_) | Self::Status(_) | Self::Under(_) => (None, None),
        };
        let text = text.into_iter().flat_map(Template::variables);
        text.chain(json.into_iter().flat_map(JsonTemplate::variables))
    }

    /// How much of the answer it looks at.
    pub fn needs(&self) -> Keep {
        match self {
            Self::Contains(_) | Self::Json { .. } | Self::Regex(_) => Keep::Body,
            Self::Header { .. } | Self::Status(_) | Self::Under(_) => Keep::Start,
        }
    }
}

/// What it asks for, in a few words: `status 2xx`, `under 800ms`.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(text) => write!(f, "body contains {}", Quoted(text)),
            Self::Header { name, equals: None } => write!(f, "header {}", shorten(name)),
            Self::Header {
                name,
                equals: Some(value),
            } => write!(f, "header {} is {}", shorten(name), Quoted(value)),
            Self::Json { path, equals: None } => write!(f, "{} exists", shorten(path.as_str())),
            Self::Json {
                path,
                equals: Some(value),
            } => {
                let value = value.to_string();
                write!(f, "{} is {}", shorten(path.as_str()), shorten(&value))
            }
            Self::Regex(pattern) => write!(f, "body matches {}", Slashed(pattern)),
            Self::Status(set) => write!(f, "status {}", shorten(&set.to_string())),
            Self::Under(limit) => write!(f, "under {}", format_length(*limit)),
        }
    }
}

/// Why an answer did not pass a check.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CheckFailure {
    /// The check itself is broken: an exception of the task, and no fault of the answer.
    #[error(transparent)]
    Exception(#[from] UnknownVariable),
    /// The answer is not what it should be; in words that are the same for every such answer, but
    /// for its status.
    #[error(transparent)]
    Failure(Fault),
}

/// The status that was found in place of the expected one, where a check of the status said so in
/// `message`.
pub fn status_found(message: &str) -> Option<u16> {
    let (_, found) = message
        .strip_prefix("expected status ")?
        .rsplit_once(", found ")?;
    found.parse().ok()
}

/// What is wrong with an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// In words that are the same for every such answer, but for its status.
    pub message: Rc<str>,
    /// What was found instead, shortened, which differs from answer to answer; `None` where that is
    /// said already, or there was nothing.
    pub found: Option<String>,
}

impl std::error::Error for Fault {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.found {
            Some(found) => write!(f, "{}; found {found}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A text of the plan in quotes, as it is written there: what it stands for may differ from request
/// to request.
struct Quoted<'a>(&'a Template);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "“{}”", shorten(self.0.as_str()))
    }
}

/// An expression between slashes.
pub(crate) struct Slashed<'a>(pub(crate) &'a Pattern);

impl fmt::Display for Slashed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", shorten(self.0.as_str()))
    }
}

fn judge_header(
    name: &str,
    equals: Option<&Template>,
    answer: &Answer<'_>,
    scope: &mut dyn Scope,
) -> Result<(), CheckFailure> {
    let Some(found) = answer.header(name) else {
        return fail(&format!("no header {}", shorten(name)), None);
    };
    let Some(equals) = equals else {
        return Ok(());
    };
    let wanted = rendered(equals, scope)?;
    if answer.header_lines(name).any(|it| it == wanted) {
        return Ok(());
    }
    let message = format!("header {} is not {}", shorten(name), Quoted(equals));
    fail(&message, Some(format!("“{}”", shorten(found))))
}

/// `wanted` says what is missing if it is not there.
fn judge_text(
    answer: &Answer<'_>,
    is_there: impl FnOnce(&str) -> bool,
    wanted: impl FnOnce() -> String,
) -> Result<(), CheckFailure> {
    match answer.text() {
        Ok(text) if is_there(text) => Ok(()),
        Ok(_) if answer.is_cut() => fail(&format!("{} {BEYOND}", wanted()), None),
        Ok(_) => fail(&format!("{} in the body", wanted()), None),
        Err(error) => fail(&error.to_string(), error.place()),
    }
}

/// Where a text is not that may well be further on.
pub(crate) const BEYOND: &str = "in the first 1 MiB of the body, and no more of it is looked at";

fn judge_json(
    path: &JsonPath,
    equals: Option<&JsonTemplate>,
    answer: &Answer<'_>,
    scope: &mut dyn Scope,
) -> Result<(), CheckFailure> {
    let found = match answer.first(path) {
        Ok(Some(found)) => found,
        Ok(None) => {
            let message = format!("no {} in the body", shorten(path.as_str()));
            let json = answer.json().ok();
            return fail(&message, json.map(|it| shorten_value(&Exactly(it))));
        }
        Err(error) => return fail(&error.to_string(), error.found()),
    };
    let Some(equals) = equals else {
        return Ok(());
    };
    if is_same(found, &*equals.value(scope)?) {
        return Ok(());
    }
    let wanted = shorten_value(equals);
    let message = format!("{} is not {wanted}", shorten(path.as_str()));
    fail(&message, Some(shorten_value(&Exactly(found))))
}

/// Whether two values mean the same: `5` is `5.0`, and keys have no order.
fn is_same(left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    if let (Some(left), Some(right)) = (digits(left), digits(right)) {
        return is_same_number(&left, &right);
    }
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| is_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let has = |(key, value)| right.get(key).is_some_and(|it| is_same(value, it));
            left.len() == right.len() && left.iter().all(has)
        }
        _ => false,
    }
}

/// A number as it is written.
fn digits(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Number(number) => Some(number.to_string().into()),
        other => exact::number(other).map(Cow::Borrowed),
    }
}

fn rendered<'a>(
    template: &'a Template,
    scope: &mut dyn Scope,
) -> Result<Cow<'a, str>, UnknownVariable> {
    if let Some(text) = template.static_text() {
        return Ok(text.into());
    }
    let mut text = String::new();
    template.render(scope, Encoding::Plain, &mut text)?;
    Ok(text.into())
}

fn fail_unless(passed: bool, message: impl FnOnce() -> String) -> Result<(), CheckFailure> {
    if passed {
        return Ok(());
    }
    fail(&message(), None)
}

fn fail(message: &str, found: Option<String>) -> Result<(), CheckFailure> {
    Err(CheckFailure::Failure(Fault {
        message: message.into(),
        found,
    }))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
