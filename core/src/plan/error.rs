//! Why a plan was rejected.

use std::time::Duration;

use super::range::Range;
use crate::shorten::shorten;
use crate::template::TemplateError;
use crate::time::format_length;

/// Why a value of a plan was rejected: what was expected, and what was found.
///
/// The place is not part of it, since the caller knows which field it asked to be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// Not `http://` or `https://` and a host name.
    #[error(
        "expected a URL such as http://127.0.0.1:5000, found “{}”: {problem}",
        shorten(got)
    )]
    BaseUrl {
        /// What is wrong with it.
        problem: &'static str,
        /// What was given.
        got: String,
    },
    /// Not a length of time.
    #[error("expected a length of time such as 500ms, 1.5s, 3m or 1h20m, up to {}, found “{got}”", format_length(*max))]
    Length {
        /// The longest that is accepted.
        max: Duration,
        /// What was given.
        got: String,
    },
    /// Not one of the numbers that the value may be.
    #[error("expected {expected}, found “{got}”")]
    Number {
        /// Those that it may be.
        expected: Range,
        /// What was given.
        got: String,
    },
    /// No task can ever be drawn.
    #[error("expected at least one task with a weight above 0")]
    NoTask,
    /// No user class can ever have a user.
    #[error("expected at least one user class with a weight above 0")]
    NoUserClass,
    /// No stage in a list of stages.
    #[error("expected at least one stage")]
    NoStage,
    /// Two user classes that cannot be told apart.
    #[error("expected a different name for each user class, found “{name}” twice")]
    SameClassName {
        /// What both are called.
        name: String,
    },
    /// A text whose placeholders cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Neither a path that can be joined to a host, nor a whole URL.
    #[error("expected a path such as /cube, found “{}”: {problem}", shorten(got))]
    Url {
        /// What is wrong with it.
        problem: &'static str,
        /// What was given.
        got: String,
    },
    /// Not in Locust's notation for lengths of time.
    #[error("expected a run time above 0 such as 20, 20s, 3m, 2h or 1h20m, found “{got}”")]
    RunTime {
        /// What was given.
        got: String,
    },
    /// `between` with its bounds the wrong way round.
    #[error("expected a wait that does not end before it starts, found {} s to {} s", start.as_secs_f64(), end.as_secs_f64())]
    WaitOrder {
        /// Lower bound.
        start: Duration,
        /// Upper bound.
        end: Duration,
    },
}

impl PlanError {
    pub(super) fn number(expected: Range, got: impl ToString) -> Self {
        Self::Number {
            expected,
            got: got.to_string(),
        }
    }
}
