//! Why a template was rejected, and why it could not be written.

use super::{FUNCTIONS, Template};

/// Why a text is not a template: what was expected, what was found, and where.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct TemplateError {
    /// Where in the text, in characters from 1. Lines are not told apart.
    pub column: usize,
    /// What is wrong there.
    pub problem: TemplateProblem,
}

/// What is wrong with a template.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TemplateProblem {
    /// Too few or too many arguments, or not of the right kind.
    #[error("expected {expected}, found {found}")]
    Arguments {
        /// How the function is called.
        expected: &'static str,
        /// The call, shortened if it is long.
        found: String,
    },
    /// Nothing between the braces.
    #[error("expected a variable or a function between {{{{ and }}}}, found nothing")]
    Empty,
    /// Another character than what must come here.
    #[error("expected {expected}, found “{}”", visible(*found))]
    Expected {
        /// What may come.
        expected: &'static str,
        /// What comes.
        found: char,
    },
    /// A function of another name than those there are.
    #[error("expected one of the functions {}, found “{found}”", FUNCTIONS.join(", "))]
    Function {
        /// The name, shortened if it is long.
        found: String,
    },
    /// More than [`Template::MAX_BYTES`].
    #[error("expected at most {} bytes, found {n_bytes}", Template::MAX_BYTES)]
    TooLong {
        /// The length.
        n_bytes: usize,
    },
    /// The placeholder that starts here has no end.
    #[error("expected }}}} after this {{{{, found the end of the text")]
    Unclosed,
}

/// Why a JSON value is not a template: one of its strings is not.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}{error}", place(pointer))]
pub struct JsonTemplateError {
    /// Where the string is, as a JSON pointer; empty if the value is nothing but that string.
    pub pointer: String,
    /// What is wrong with it.
    pub error: TemplateError,
}

/// A variable that has no value: nothing has set it, or its name is misspelled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown variable “{name}”")]
pub struct UnknownVariable {
    /// The name as the template has it.
    pub name: String,
}

fn place(pointer: &str) -> String {
    if pointer.is_empty() {
        return String::new();
    }
    format!("{pointer}: ")
}

/// The character, or how it is written in a text if it cannot be seen.
fn visible(c: char) -> String {
    if c.is_control() {
        return c.escape_default().to_string();
    }
    c.to_string()
}
