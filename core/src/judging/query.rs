//! Where to look in an answer: regular expressions and JSONPath. Each is made by parsing and cannot
//! be wrong afterward.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use regex_lite::{Regex, RegexBuilder};
use serde_json::Value;

use crate::shorten::shorten;

/// A regular expression, in the notation of the `regex` crate without its Unicode classes: `\d`,
/// `\w` and `\s` mean ASCII.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The longest expression that is taken, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// The expression as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it matches somewhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// What the first group of the first match holds; the whole match, if there are no groups.
    ///
    /// `None` if nothing matches, or if the group has no part in the match.
    pub fn capture<'t>(&self, text: &'t str) -> Option<&'t str> {
        let captures = self.0.captures(text)?;
        let group = usize::from(1 < captures.len());
        captures.get(group).map(|it| it.as_str())
    }
}

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let error = |problem| PatternError {
            problem,
            found: shorten(text).into_owned(),
        };
        if Self::MAX_BYTES < text.len() {
            return Err(error(format!(
                "it is longer than {} bytes",
                Self::MAX_BYTES
            )));
        }
        let regex = RegexBuilder::new(text)
            .size_limit(MAX_PROGRAM_BYTES)
            .build();
        regex.map(Self).map_err(|it| {
            let problem = it.to_string();
            let hint = if problem.starts_with("Unicode character classes") {
                "; name the letters, as in [a-zA-Zäöü], or what ends them, as in [^<]+"
            } else {
                ""
            };
            error(problem + hint)
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.as_str()).finish()
    }
}

impl Eq for Pattern {}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// Not a regular expression, or too large a one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a regular expression, found “{found}”: {problem}")]
pub struct PatternError {
    /// What is wrong with it.
    pub problem: String,
    /// What was given, shortened if it is long.
    pub found: String,
}

/// A place in a JSON value, or several, as RFC 9535 writes them: `$.items[0].id`.
///
/// The functions `match` and `search` are left out.
#[derive(Clone)]
pub struct JsonPath(Arc<Parsed>);

impl JsonPath {
    /// The longest path that is taken, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// The path as it was given.
    pub fn as_str(&self) -> &str {
        &self.0.source
    }

    /// What is at the first of its places in `value`.
    pub fn first<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.path.query(value).first()
    }
}

impl FromStr for JsonPath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, JsonPathError> {
        match parse_path(text) {
            Ok(path) => Ok(Self(Arc::new(Parsed {
                source: text.to_owned(),
                path,
            }))),
            Err(problem) => Err(JsonPathError {
                problem,
                found: shorten(text).into_owned(),
            }),
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonPath").field(&self.as_str()).finish()
    }
}

impl Eq for JsonPath {}

impl PartialEq for JsonPath {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// Not a JSONPath.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a JSONPath such as $.id, found “{found}”: {problem}")]
pub struct JsonPathError {
    /// What is wrong with it.
    pub problem: String,
    /// What was given, shortened if it is long.
    pub found: String,
}

struct Parsed {
    source: String,
    path: serde_json_path::JsonPath,
}

/// A body of a megabyte is searched in time proportional to this.
const MAX_PROGRAM_BYTES: usize = 1 << 18;

/// How deep brackets may be nested in a path. Each filter inside a filter doubles the time that its
/// parser takes.
const MAX_DEPTH: usize = 8;

fn parse_path(source: &str) -> Result<serde_json_path::JsonPath, String> {
    if JsonPath::MAX_BYTES < source.len() {
        return Err(format!("it is longer than {} bytes", JsonPath::MAX_BYTES));
    }
    if MAX_DEPTH < depth(source) {
        return Err(format!(
            "its brackets are nested more than {MAX_DEPTH} deep"
        ));
    }
    if !source.starts_with('$') {
        return Err("it must start with $".to_owned());
    }
    // The parser would panic. A path that makes sense ends with a quote and a bracket here.
    let after_escape = source
        .rsplit_once("\\u")
        .map(|(_, rest)| rest.chars().count());
    if after_escape.is_some_and(|n_chars| n_chars < 2) {
        return Err("it ends within \\u".to_owned());
    }
    serde_json_path::JsonPath::parse(source).map_err(|it| {
        let problem = path_problem(source, &it);
        match in_brackets(source) {
            Some(path) => format!("{problem}; write {path}"),
            None => problem,
        }
    })
}

/// The path with the keys in brackets that cannot stand behind a dot, such as `$['my-key']` for
/// `$.my-key`; `None` if that is no path either. What is in brackets stays as it is.
fn in_brackets(source: &str) -> Option<String> {
    let mut path = String::new();
    let mut rest = source;
    while let Some(start) = rest.find(['.', '[']) {
        let (before, after) = rest.split_at(start);
        path.push_str(before);
        let is_key = after.starts_with('.');
        let end = match is_key {
            true => after[1..].find(['.', '[']).map(|it| it + 1),
            false => after.find(']').map(|it| it + 1),
        };
        let (part, after) = after.split_at(end.unwrap_or(after.len()));
        let key = part.trim_start_matches('.');
        let can_follow = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        let is_number = key.bytes().all(|it| it.is_ascii_digit());
        if !is_key || key.is_empty() || key == "*" || !is_number && key.chars().all(can_follow) {
            path.push_str(part);
        } else {
            // Of two dots one stands for all that is below.
            path.push_str(if path.ends_with('.') { "." } else { "" });
            let quote = if is_number { "" } else { "'" };
            path.push_str(&format!("[{quote}{key}{quote}]"));
        }
        rest = after;
    }
    path.push_str(rest);
    serde_json_path::JsonPath::parse(&path).ok()?;
    Some(path)
}

fn path_problem(source: &str, error: &serde_json_path::ParseError) -> String {
    let before = source.get(..error.position()).unwrap_or(source);
    let column = before.chars().count() + 1;
    // The parser says no more than this where several things could have come.
    if error.message().ends_with("parser error") {
        return format!("it makes no sense from column {column} on");
    }
    format!("{} at column {column}", error.message())
}

/// How deep brackets are nested at most; those in quotes count too.
fn depth(source: &str) -> usize {
    let mut depth = 0_usize;
    let depths = source.chars().map(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => (),
        }
        depth
    });
    depths.max().unwrap_or(0)
}
