//! Places in a plan, right or wrong: keys and indices.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

/// The way from a whole plan to one of its values: `user_class[0].task[1].get`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Path(Rc<[Step]>);

/// From one value to another inside of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// To an item of a list.
    Index(usize),
    /// To a value of a table.
    Key(Rc<str>),
}

impl Path {
    /// The whole plan.
    pub fn root() -> Self {
        Self(Rc::new([]))
    }

    /// A key of the plan itself, such as `host`.
    pub fn of(key: &str) -> Self {
        Self::root().key(key)
    }

    /// A key of the table here.
    pub fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.into()))
    }

    /// An item of the list here.
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    fn step(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// Reads a path as it is written in errors. `None` if it is none, or was cut there because it was
    /// too long.
    pub fn parse(text: &str) -> Option<Self> {
        let mut path = Self::root();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(index) = rest.strip_prefix('[') {
                let (index, after) = index.split_once(']')?;
                let is_number = index.bytes().all(|it| it.is_ascii_digit());
                let index = index.parse().ok().filter(|_| is_number)?;
                (path, rest) = (path.index(index), after);
                continue;
            }
            let key = match path.0.is_empty() {
                true => rest,
                false => rest.strip_prefix('.')?,
            };
            if let Some(quoted) = key.strip_prefix('“') {
                let (key, after) = quoted.split_once('”')?;
                (path, rest) = (path.key(key), after);
            } else {
                let end = key.find(['.', '[']).unwrap_or(key.len());
                let (key, after) = key.split_at(end);
                if key.is_empty() {
                    return None;
                }
                (path, rest) = (path.key(key), after);
            }
        }
        Some(path)
    }

    /// The way, step by step.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// What the field for the value here is called in the document: the path, without what would end a
    /// name in a list of names.
    pub fn id(&self) -> String {
        self.to_string().replace(char::is_whitespace, "_")
    }

    /// Another key of the table that this is in.
    pub fn sibling(&self, key: &str) -> Self {
        match self.parent() {
            Some((parent, _)) => parent.key(key),
            None => Self::of(key),
        }
    }

    /// What is here.
    pub fn get<'a>(&self, keys: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let Step::Key(key) = first else { return None };
        rest.iter()
            .try_fold(keys.get(&**key)?, |value, step| match step {
                Step::Index(index) => value.get(index),
                Step::Key(key) => value.get(&**key),
            })
    }

    /// What is here, to be changed. Tables on the way are made where they are missing, and anything
    /// else that stands in the way gives way to them.
    pub fn get_or_insert<'a>(&self, keys: &'a mut Map<String, Value>) -> Option<&'a mut Value> {
        let (first, rest) = self.0.split_first()?;
        let Step::Key(key) = first else { return None };
        let mut value = keys.entry(&**key).or_insert(Value::Null);
        for step in rest {
            value = match step {
                Step::Index(index) => value.get_mut(index)?,
                Step::Key(key) => {
                    if !value.is_object() {
                        *value = Value::Object(Map::new());
                    }
                    value.as_object_mut()?.entry(&**key).or_insert(Value::Null)
                }
            };
        }
        Some(value)
    }

    /// The table or list that this is in, and the step from there; `None` for the whole plan.
    pub fn parent(&self) -> Option<(Self, &Step)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.into()), last))
    }
}

impl fmt::Display for Path {
    /// As the reader of plans names places in its errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write_index(f, *index)?,
                Step::Key(key) => write_key(f, nth == 0, key, key)?,
            }
        }
        Ok(())
    }
}

/// Writes an index at the end of a path.
pub(super) fn write_index(to: &mut impl fmt::Write, index: usize) -> fmt::Result {
    write!(to, "[{index}]")
}

/// Writes a key at the end of a path; `text` is what is shown of it.
pub(super) fn write_key(
    to: &mut impl fmt::Write,
    is_first: bool,
    key: &str,
    text: &str,
) -> fmt::Result {
    let dot = if is_first { "" } else { "." };
    let is_bare = |it: char| it.is_ascii_alphanumeric() || "_-$".contains(it);
    if !key.is_empty() && key.chars().all(is_bare) {
        write!(to, "{dot}{text}")
    } else {
        write!(to, "{dot}“{text}”")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(index: usize) -> Path {
        Path::of("user_class").index(0).key("task").index(index)
    }

    #[test]
    fn paths_are_written_like_the_keys_of_a_file() {
        let header = task(1).key("headers").key("a b");
        assert_eq!(header.to_string(), "user_class[0].task[1].headers.“a b”");
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        let headers = task(1).key("headers");
        for path in [
            Path::root(),
            Path::of("host"),
            headers.key("a b").key("$json").index(3).index(0),
            headers.key(""),
        ] {
            assert_eq!(Path::parse(&path.to_string()), Some(path));
        }
        for text in [
            "task[…", "a[+1]", "a[]", "a[0]b", "[0", ".a", "a.", "a..b", "“a",
        ] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
        assert_eq!(
            headers.key("a b").id(),
            "user_class[0].task[1].headers.“a_b”"
        );
    }
}
