//! A text in TOML or JSON as a tree that knows its lines, and the limits of what is read.

use std::cell::{Cell, RefCell};

use serde_json::Value as Json;

use super::errors::{PlanProblem, one_line};
use crate::digits::{exact, read_float};
use crate::plan::path::{write_index, write_key};

/// A value and the line on which it starts.
#[derive(Debug)]
pub(in crate::plan) struct Node {
    pub(in crate::plan) line: u32,
    pub(in crate::plan) value: Value,
    // Whether a problem with it was reported. It is passed over from then on.
    bad: Cell<bool>,
}

impl Node {
    pub(in crate::plan) fn new(line: u32, value: Value) -> Self {
        Self {
            line,
            value,
            bad: Cell::new(false),
        }
    }

    /// A value that stands for one that cannot be read, which was reported.
    pub(in crate::plan) fn unreadable(line: u32) -> Self {
        let node = Self::new(line, Value::Null);
        node.bad.set(true);
        node
    }

    /// What a table has under `key`.
    pub(in crate::plan) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Table(entries) = &self.value else {
            return None;
        };
        let entry = entries.iter().find(|it| it.key == key);
        entry.map(|it| &it.node)
    }

    /// The first of a pair.
    fn name(&self) -> Option<&str> {
        match &self.value {
            Value::List(pair) => match pair.as_slice() {
                [name, _] => name.text(),
                _ => None,
            },
            _ => None,
        }
    }

    pub(in crate::plan) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::plan) fn is_bad(&self) -> bool {
        self.bad.get()
    }

    /// Whether a problem with something inside was reported.
    pub(in crate::plan) fn has_bad_part(&self) -> bool {
        let is_bad = |it: &Self| it.is_bad() || it.has_bad_part();
        match &self.value {
            Value::List(nodes) => nodes.iter().any(is_bad),
            Value::Table(entries) => entries.iter().any(|it| is_bad(&it.node)),
            _ => false,
        }
    }
}

/// What TOML and JSON have in common, but for `Null`, which TOML lacks.
#[derive(Debug)]
pub(in crate::plan) enum Value {
    Bool(bool),
    Float(f64),
    List(Vec<Node>),
    Null,
    /// In the order of the text, no two with the same key.
    Table(Vec<Entry>),
    Text(String),
    /// From the least `i64` to the greatest `u64`.
    Whole(i128),
}

#[derive(Debug)]
pub(in crate::plan) struct Entry {
    pub(in crate::plan) key: String,
    pub(in crate::plan) key_line: u32,
    pub(in crate::plan) node: Node,
}

/// The path from the root of a tree to one of its nodes, as links on the stack: one is made for every
/// node, and few are ever written. Keys that are long are cut.
#[derive(Clone, Copy)]
pub(in crate::plan) enum Trail<'a> {
    Index(&'a Self, usize),
    Key(&'a Self, &'a str),
    Root,
}

impl Trail<'_> {
    const MAX_KEY_CHARS: usize = 60;

    fn write(&self, text: &mut String) -> std::fmt::Result {
        match *self {
            Trail::Root => Ok(()),
            Trail::Index(parent, index) => {
                parent.write(text)?;
                write_index(text, index)
            }
            Trail::Key(parent, key) => {
                parent.write(text)?;
                let is_first = text.is_empty();
                write_key(text, is_first, key, &one_line(key, Self::MAX_KEY_CHARS))
            }
        }
    }
}

impl std::fmt::Display for Trail<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        f.write_str(&text)
    }
}

/// The path and the line of what is at `wanted` below `node`, which is at `at`.
pub(in crate::plan) fn locate(node: &Node, at: Trail<'_>, wanted: &str) -> Option<(String, u32)> {
    let below = |path: Trail<'_>, line: u32, node: &Node| {
        let text = path.to_string();
        let rest = wanted.get(text.len()..)?;
        match wanted[..text.len()].eq_ignore_ascii_case(&text) {
            true if rest.is_empty() => Some((text, line)),
            true if rest.starts_with(['.', '[']) => locate(node, path, wanted),
            _ => None,
        }
    };
    match &node.value {
        Value::Table(entries) => entries
            .iter()
            .find_map(|it| below(Trail::Key(&at, &it.key), it.key_line, &it.node)),
        Value::List(nodes) => nodes.iter().enumerate().find_map(|(index, it)| {
            let path = Trail::Index(&at, index);
            // A pair is called by its name.
            let is_wanted = it.name().is_some_and(|name| {
                let name = Trail::Key(&at, name).to_string();
                name.eq_ignore_ascii_case(wanted)
            });
            if is_wanted {
                return Some((path.to_string(), it.line));
            }
            below(path, it.line, it)
        }),
        _ => None,
    }
}

/// The problems found so far.
#[derive(Debug, Default)]
pub(in crate::plan) struct Problems {
    found: RefCell<Vec<PlanProblem>>,
    n_bad: Cell<usize>,
}

impl Problems {
    pub(in crate::plan) fn push(&self, path: Trail<'_>, line: u32, message: &str) {
        self.push_at(path.to_string(), line, message);
    }

    pub(in crate::plan) fn push_at(&self, path: String, line: u32, message: &str) {
        let problem = PlanProblem::new(path, line, message);
        self.found.borrow_mut().push(problem);
    }

    /// Has `node` passed over from now on.
    pub(in crate::plan) fn mark_bad(&self, node: &Node) {
        node.bad.set(true);
        self.n_bad.set(self.n_bad.get() + 1);
    }

    /// How many nodes were marked so far.
    pub(in crate::plan) fn n_bad(&self) -> usize {
        self.n_bad.get()
    }

    pub(in crate::plan) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    pub(in crate::plan) fn into_inner(self) -> Vec<PlanProblem> {
        self.found.into_inner()
    }
}

/// Makes a tree, within limits.
pub(in crate::plan) struct Builder<'a> {
    pub(in crate::plan) lines: Lines,
    pub(in crate::plan) problems: &'a Problems,
    n_nodes: usize,
}

impl<'a> Builder<'a> {
    pub(in crate::plan) const MAX_NODES: usize = 100_000;
    pub(in crate::plan) const MAX_DEPTH: usize = 64;

    pub(in crate::plan) fn new(text: &str, problems: &'a Problems) -> Self {
        Self {
            lines: Lines::new(text),
            problems,
            n_nodes: 0,
        }
    }

    /// Counts one more node. After the last that may be, there is no room for another.
    pub(in crate::plan) fn has_room(&mut self, path: Trail<'_>, line: u32, depth: usize) -> bool {
        self.n_nodes += 1;
        if Self::MAX_NODES < self.n_nodes {
            if self.n_nodes == Self::MAX_NODES + 1 {
                self.problems
                    .push(path, line, "expected at most 100,000 values, found more");
            }
            return false;
        }
        if Self::MAX_DEPTH < depth {
            let message = "expected lists and tables at most 64 deep in each other, found more";
            self.problems.push(path, line, message);
            return false;
        }
        true
    }

    /// The node of a whole number as it is written, with maybe a sign.
    pub(in crate::plan) fn whole(
        &self,
        path: Trail<'_>,
        line: u32,
        number: Option<i128>,
        text: &str,
    ) -> Node {
        const RANGE: std::ops::RangeInclusive<i128> = i64::MIN as i128..=u64::MAX as i128;
        if let Some(number) = number.filter(|it| RANGE.contains(it)) {
            return Node::new(line, Value::Whole(number));
        }
        self.unreadable(
            path,
            line,
            &format!(
                "expected a number of at most 64 bits, found {}; only a text can have more digits",
                one_line(text, 60)
            ),
        )
    }

    /// The node of a number with a fraction or an exponent as it is written.
    pub(in crate::plan) fn float(&self, path: Trail<'_>, line: u32, text: &str) -> Node {
        let found = || one_line(text, 60);
        let message = match read_float(text) {
            Some(number) if exact::holds(text) => {
                return Node::new(line, Value::Float(number));
            }
            Some(number) => format!(
                "expected a number of at most 64 bits, found {}, which would become {}; only a text \
                 can have more digits",
                found(),
                Json::from(number)
            ),
            None => format!("expected a finite number, found {}", found()),
        };
        self.unreadable(path, line, &message)
    }

    pub(in crate::plan) fn unreadable(&self, path: Trail<'_>, line: u32, message: &str) -> Node {
        self.problems.push(path, line, message);
        Node::unreadable(line)
    }
}

/// Where the lines of a text start.
#[derive(Debug)]
pub(in crate::plan) struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self(starts.collect())
    }

    /// The line, from 1, of the byte at `offset`.
    pub(in crate::plan) fn line(&self, offset: usize) -> u32 {
        let index = self.0.partition_point(|&start| start <= offset);
        u32::try_from(index + 1).expect("fewer lines than bytes: at most 10 MiB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_the_keys_in_the_file() {
        let class = Trail::Key(&Trail::Root, "user_class");
        let task = Trail::Index(&class, 1);
        assert_eq!(Trail::Key(&task, "get").to_string(), "user_class[1].get");
        assert_eq!(Trail::Key(&task, "a b").to_string(), "user_class[1].“a b”");
        assert_eq!(Trail::Root.to_string(), "");
    }

    #[test]
    fn lines_end_with_a_line_feed() {
        let lines = Lines::new("ä\r\nb\n\nc");
        let found: Vec<u32> = [0, 3, 4, 5, 6, 7, 8].map(|it| lines.line(it)).into();
        assert_eq!(found, [1, 1, 2, 2, 3, 4, 4]);
    }
}
