//! What is wrong with a plan file, for the person who wrote it.

use std::fmt;

use crate::few;

/// Why a text is not a plan: everything that was found wrong with it, at least one problem.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlanErrors {
    // Never empty; in the order of the text.
    problems: Vec<PlanProblem>,
    n_more: usize,
}

impl PlanErrors {
    /// How many problems are told apart. The others are only counted.
    pub const MAX: usize = 20;

    /// Takes the problems in the order in which they were found.
    pub(in crate::plan) fn new(mut problems: Vec<PlanProblem>) -> Self {
        debug_assert!(!problems.is_empty());
        few::sort_by(&mut problems, |a, b| a.line.cmp(&b.line));
        let n_more = problems.len().saturating_sub(Self::MAX);
        problems.truncate(Self::MAX);
        Self { problems, n_more }
    }

    /// A single problem with the plan as a whole.
    pub(in crate::plan) fn one(line: impl Into<Option<u32>>, message: &str) -> Self {
        Self::new(vec![PlanProblem::new(String::new(), line, message)])
    }

    /// The first problems, in the order of the text: at least one, at most [`MAX`](Self::MAX).
    pub fn as_slice(&self) -> &[PlanProblem] {
        &self.problems
    }

    /// How many more there are.
    pub fn n_more(&self) -> usize {
        self.n_more
    }
}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if 0 < index {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        match self.n_more {
            0 => Ok(()),
            n_more => write!(f, "\nand {n_more} more"),
        }
    }
}

impl std::error::Error for PlanErrors {}

/// One thing that is wrong with a plan file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlanProblem {
    /// The keys that lead there, such as `user_class[1].task[0].get`; empty for the whole plan, and
    /// where the text cannot be read at all.
    pub path: String,
    /// The line, from 1; `None` if it is about the text as a whole.
    pub line: Option<u32>,
    /// What was expected and what was found; a single line.
    pub message: String,
}

impl PlanProblem {
    const MAX_CHARS: usize = 500;
    const MAX_PATH_CHARS: usize = 120;

    /// A problem whose path and message are made single lines of bearable length.
    pub(in crate::plan) fn new(path: String, line: impl Into<Option<u32>>, message: &str) -> Self {
        Self {
            path: one_line(&path, Self::MAX_PATH_CHARS),
            line: line.into(),
            message: one_line(message, Self::MAX_CHARS),
        }
    }
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// The start of `text`, without control characters.
pub(in crate::plan) fn one_line(text: &str, max_chars: usize) -> String {
    let mut line = String::new();
    for (index, char) in text.chars().enumerate() {
        if index == max_chars {
            line.push('…');
            break;
        }
        if char.is_control() {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(path: &str, line: Option<u32>) -> PlanProblem {
        PlanProblem::new(path.to_owned(), line, "expected\na, found b")
    }

    #[test]
    fn a_problem_is_one_line_that_starts_with_its_place() {
        let errors = PlanErrors::new(vec![
            problem("load.users", Some(12)),
            problem("", Some(3)),
            problem("", None),
        ]);
        assert_eq!(
            errors.to_string(),
            "expected\\na, found b\n\
             line 3: expected\\na, found b\n\
             line 12: load.users: expected\\na, found b"
        );
    }

    #[test]
    fn of_many_problems_most_are_counted() {
        let errors = PlanErrors::new(vec![problem("", None); 23]);
        assert_eq!(errors.as_slice().len(), 20);
        assert_eq!(errors.n_more(), 3);
        assert!(errors.to_string().ends_with("\nand 3 more"));
    }

    #[test]
    fn a_long_message_is_cut() {
        assert_eq!(one_line("ab\u{7}üd", 4), "ab\\u{7}ü…");
        assert_eq!(one_line("abcd", 4), "abcd");
    }
}
