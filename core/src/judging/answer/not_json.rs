//! Why a body cannot be read as JSON.

use serde_json::error::Category;

use crate::http::charset::NotText;
use crate::http::request::Keep;
use crate::shorten::shorten;

/// Why a body cannot be read as JSON. Failures are grouped by its text, so what differs from answer
/// to answer is told apart from it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotJson {
    /// There is nothing in it.
    #[error("the body is empty, and not JSON")]
    Empty,
    /// It is a page, or XML.
    #[error("the body is HTML or XML, and not JSON")]
    Markup {
        /// How it starts.
        start: String,
    },
    /// Its bytes are no text.
    #[error(transparent)]
    NotText(NotText),
    /// It is something else.
    #[error("the body is not JSON")]
    Syntax {
        /// What is wrong, and where.
        problem: String,
    },
    /// Its lists and tables are deeper in each other than anybody writes them.
    #[error(
        "the body has lists and tables more than 127 deep in each other, too deep for a look at its JSON"
    )]
    TooDeep {
        /// Where it gets too deep.
        place: String,
    },
    /// It is longer than what is kept of it, which is [`Keep::MAX_BYTES`].
    #[error("the body is longer than {} MiB, too long for a look at its JSON", Keep::MAX_BYTES >> 20)]
    TooLong,
}

impl NotJson {
    /// Why `text` could not be read.
    pub(super) fn new(text: &str, error: &serde_json::Error) -> Self {
        let start = text.trim_start();
        if start.is_empty() {
            return Self::Empty;
        }
        if start.starts_with('<') {
            return Self::Markup {
                start: start_of(start),
            };
        }
        let (line, column) = (error.line(), error.column());
        let place = format!("line {line}, column {column}");
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        if message == "recursion limit exceeded" {
            return Self::TooDeep { place };
        }
        let problem = match error.classify() {
            Category::Eof => format!("it ends too early, at {place}"),
            _ => {
                let rest = start_of(after(text, line, column));
                format!("{message} at {place}, where it goes on with “{rest}”")
            }
        };
        Self::Syntax { problem }
    }

    /// What was found in place of JSON, where the text of the error does not say it all.
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Empty | Self::TooLong => None,
            Self::Markup { start } => Some(format!("it starts with “{start}”")),
            Self::NotText(error) => error.place(),
            Self::Syntax { problem } => Some(problem.clone()),
            Self::TooDeep { place } => Some(place.clone()),
        }
    }
}

/// The text from a line and a column on, both from 1. Columns are bytes, as the parser counts them.
fn after(text: &str, line: usize, column: usize) -> &str {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let offset = text.floor_char_boundary(before + column.saturating_sub(1));
    &text[offset..]
}

/// A few words, in one line.
fn start_of(text: &str) -> String {
    let end = text.char_indices().nth(40).map_or(text.len(), |it| it.0);
    let words: Vec<&str> = text[..end].split_whitespace().collect();
    let words = words.join(" ");
    if end < text.len() {
        return format!("{words}…");
    }
    shorten(&words).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[track_caller]
    fn check(text: &str, message: &str, found: Option<&str>) {
        let error = serde_json::from_str::<Value>(text).unwrap_err();
        let error = NotJson::new(text, &error);
        assert_eq!(error.to_string(), message);
        assert_eq!(error.found().as_deref(), found);
    }

    #[test]
    fn what_is_there_instead_of_json_is_said() {
        check("", "the body is empty, and not JSON", None);
        check("\r\n", "the body is empty, and not JSON", None);
        check(
            "<!DOCTYPE html>\n<title>502 Bad Gateway</title>\n",
            "the body is HTML or XML, and not JSON",
            Some("it starts with “<!DOCTYPE html> <title>502 Bad Gateway</…”"),
        );
        for (text, found) in [
            (
                "{\"a\":NaN}",
                "expected value at line 1, column 6, where it goes on with “NaN}”",
            ),
            (
                "{\"a\":1,\n \"ü\": Infinity}",
                "expected value at line 2, column 8, where it goes on with “Infinity}”",
            ),
            (
                "[1,]",
                "trailing comma at line 1, column 4, where it goes on with “]”",
            ),
            (
                "{}{}",
                "trailing characters at line 1, column 3, where it goes on with “{}”",
            ),
            ("{\"a\":", "it ends too early, at line 1, column 5"),
            (
                "oops",
                "expected value at line 1, column 1, where it goes on with “oops”",
            ),
        ] {
            check(text, "the body is not JSON", Some(found));
        }
        check(
            &"[".repeat(200),
            "the body has lists and tables more than 127 deep in each other, too deep for a look \
             at its JSON",
            Some("line 1, column 128"),
        );
    }
}
