//! Text with placeholders, such as `/users/{{ id }}?key={{ uuid() }}`, compiled once and written
//! for every request.
//!
//! What a placeholder may say is in [`Template`]. Where the values of variables come from is not
//! known here: that is behind [`Scope`].

mod error;
mod expr;
mod json;
mod parse;
#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use self::expr::Expr;
use crate::digits::exact::Exactly;
use crate::rng::Rng;

pub use self::error::{JsonTemplateError, TemplateError, TemplateProblem, UnknownVariable};
pub use self::json::JsonTemplate;
pub(crate) use self::parse::is_identifier;

/// All functions, in alphabetical order.
const FUNCTIONS: [&str; 7] = [
    "choice",
    "now",
    "randfloat",
    "randint",
    "seq",
    "user",
    "uuid",
];

/// Text with placeholders.
///
/// A placeholder is `{{ … }}` around a variable or a function; spaces inside do not matter. A
/// variable is one name or several joined by dots: `token`, `accounts.email`. A name has letters,
/// digits and `_`, and does not start with a digit. The functions are:
///
/// | Function | Gives |
/// |---|---|
/// | `choice(x, y, …)` | one of its arguments, each as likely as the others |
/// | `now()` | the time as `2026-07-29T12:00:00.000Z` |
/// | `now(ms)`, `now(s)` | the time as whole milliseconds or seconds since 1970 |
/// | `randfloat(a, b)` | a number from `a` up to, but not including, `b` |
/// | `randint(a, b)` | a whole number from `a` to `b`, both included |
/// | `seq()` | 0, 1, 2, … counted for each user |
/// | `user()` | the number of the user, from 0 |
/// | `uuid()` | a random UUID in lower case |
///
/// An argument is a number, a word, or a text in `"…"` or `'…'`, where a backslash stands before
/// quotes and backslashes and in `\n`, `\r` and `\t`. Numbers stay numbers in [`value`](Self::value)
/// and in a [`JsonTemplate`].
///
/// Outside placeholders, `\{{` writes `{{`, and every other text means itself, `}}` and single
/// braces included.
///
/// Clones share the text. They do so by `Arc`, because a plan is handed to the threads of a host.
#[derive(Clone)]
pub struct Template(Arc<Compiled>);

impl Template {
    /// The longest text that is taken, in bytes.
    pub const MAX_BYTES: usize = 1 << 20;

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0.source
    }

    /// Whether there is no placeholder.
    pub fn is_static(&self) -> bool {
        self.static_text().is_some()
    }

    /// What is written every time, if there is no placeholder: the text with `\{{` resolved.
    pub fn static_text(&self) -> Option<&str> {
        match self.0.pieces.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The names of the variables in the order of the text. One that is used twice is given twice.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.pieces.iter().filter_map(Piece::variable)
    }

    /// Writes the text to the end of `out`, with every placeholder replaced by its value.
    ///
    /// Texts are inserted as they are; numbers, lists and all else as compact JSON.
    ///
    /// # Errors
    ///
    /// Fails if `scope` does not know a variable. `out` is then as it was before.
    pub fn render(
        &self,
        scope: &mut dyn Scope,
        encoding: Encoding,
        out: &mut String,
    ) -> Result<(), UnknownVariable> {
        let length = out.len();
        let written = write_pieces(&self.0.pieces, scope, encoding, out);
        if written.is_err() {
            out.truncate(length);
        }
        written
    }

    /// The value as a whole.
    ///
    /// A template that is nothing but one placeholder has the value of the placeholder, with its
    /// type. Any other has the text that [`render`](Self::render) writes.
    ///
    /// # Errors
    ///
    /// Fails if `scope` does not know a variable.
    pub fn value(&self, scope: &mut dyn Scope) -> Result<Value, UnknownVariable> {
        if let [Piece::Value(expr)] = self.0.pieces.as_slice() {
            return Ok(expr.value(scope)?.into_owned());
        }
        let mut text = String::new();
        self.render(scope, Encoding::Plain, &mut text)?;
        Ok(Value::String(text))
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(source: String) -> Result<Self, TemplateError> {
        let pieces = parse::pieces(&source)?;
        Ok(Self(Arc::new(Compiled { source, pieces })))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.as_str()).finish()
    }
}

impl Eq for Template {}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// Where placeholders get their values from: one user at one moment.
pub trait Scope {
    /// The value of a variable; `None` if there is none of that name.
    fn variable(&self, name: &str) -> Option<Cow<'_, Value>>;

    /// The user's stream of random numbers.
    fn rng(&mut self) -> &mut Rng;

    /// The index of the user.
    fn user(&self) -> u32;

    /// How often this user has called this before.
    fn next_seq(&mut self) -> u64;

    /// The time of day: how long ago 1970 began in UTC.
    fn unix_time(&self) -> Duration;
}

/// How values are inserted into the text around them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// As they are.
    Plain,
    /// As part of a URL: percent-encoded, but for letters, digits and `-_.!~*'()`, as JavaScript's
    /// `encodeURIComponent` does it. A placeholder at the very start is inserted as it is, since it
    /// may stand for a host or for a whole URL.
    Url,
}

struct Compiled {
    source: String,
    pieces: Vec<Piece>,
}

/// A stretch of a template. Texts are not empty, and no two stand side by side.
enum Piece {
    Text(String),
    Value(Expr),
}

impl Piece {
    fn variable(&self) -> Option<&str> {
        match self {
            Self::Value(Expr::Variable(name)) => Some(name),
            Self::Text(_) | Self::Value(_) => None,
        }
    }
}

/// Writes `text` to the end of `out` as a part of a URL, or of a form: percent-encoded, as in
/// [`Encoding::Url`].
pub(crate) fn percent_encode(text: &str, out: &mut String) {
    let written = Percent(out).write_str(text);
    written.expect("a String takes any text");
}

/// Percent-encodes what is written through it.
struct Percent<'a>(&'a mut String);

impl Write for Percent<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
                self.0.push(char::from(byte));
            } else {
                write!(self.0, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

fn write_pieces(
    pieces: &[Piece],
    scope: &mut dyn Scope,
    encoding: Encoding,
    out: &mut String,
) -> Result<(), UnknownVariable> {
    for (nth, piece) in pieces.iter().enumerate() {
        match (piece, encoding) {
            (Piece::Text(text), _) => out.push_str(text),
            (Piece::Value(expr), Encoding::Url) if 0 < nth => {
                write_text(&*expr.value(scope)?, &mut Percent(out));
            }
            (Piece::Value(expr), _) => write_text(&*expr.value(scope)?, out),
        }
    }
    Ok(())
}

/// Writes texts as they are, and all else as compact JSON.
fn write_text(value: &Value, out: &mut impl Write) {
    let written = match value {
        Value::String(text) => out.write_str(text),
        Value::Number(number) => write!(out, "{number}"),
        other => write!(out, "{}", Exactly(other)),
    };
    written.expect("all of it ends in a `String`, which takes everything");
}
