//! Places in a plan that is being written, and what can be done to what is there.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

/// The way from a whole plan to one of its values: `user_class[0].task[1].get`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Path(Rc<[Step]>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Step {
    Index(usize),
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
    fn get_or_insert<'a>(&self, keys: &'a mut Map<String, Value>) -> Option<&'a mut Value> {
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

    fn parent(&self) -> Option<(Self, &Step)> {
        let (last, rest) = self.0.split_last()?;
        Some((Self(rest.into()), last))
    }
}

impl fmt::Display for Path {
    /// As the reader of plans names places in its errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    let is_bare = |it: char| it.is_ascii_alphanumeric() || "_-$".contains(it);
                    let dot = if nth == 0 { "" } else { "." };
                    if !key.is_empty() && key.chars().all(is_bare) {
                        write!(f, "{dot}{key}")?;
                    } else {
                        write!(f, "{dot}“{key}”")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A change to a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edit {
    /// Puts a value in a list, at the end.
    Append(Path, Value),
    /// Takes away what is there. A table that it leaves empty goes with it.
    Remove(Path),
    /// Gives a key of a table another name, at its place. Nothing happens if there is one of that
    /// name.
    Rename(Path, String),
    /// Puts a value in place of what is there, if anything is.
    Set(Path, Value),
    /// Puts an item of a list one place further up.
    Raise(Path),
}

impl Edit {
    /// Makes the change. What makes no sense changes nothing.
    pub fn apply(self, keys: &mut Map<String, Value>) {
        match self {
            Self::Append(path, value) => append(&path, value, keys),
            Self::Remove(path) => remove(&path, keys),
            Self::Rename(path, name) => rename(&path, &name, keys),
            Self::Set(path, value) => {
                if let Some(place) = path.get_or_insert(keys) {
                    *place = value;
                }
            }
            Self::Raise(path) => raise(&path, keys),
        }
    }
}

fn append(path: &Path, value: Value, keys: &mut Map<String, Value>) {
    let Some(list) = path.get_or_insert(keys) else {
        return;
    };
    match list {
        Value::Array(list) => list.push(value),
        other => *other = Value::Array(vec![value]),
    }
}

fn remove(path: &Path, keys: &mut Map<String, Value>) {
    let Some((parent, last)) = path.parent() else {
        return;
    };
    match last {
        Step::Index(index) => {
            if path.get(keys).is_some()
                && let Some(Value::Array(list)) = parent.get_or_insert(keys)
            {
                list.remove(*index);
            }
        }
        Step::Key(key) if parent.0.is_empty() => {
            keys.shift_remove(&**key);
        }
        Step::Key(key) => {
            if path.get(keys).is_none() {
                return;
            }
            if let Some(Value::Object(table)) = parent.get_or_insert(keys) {
                table.shift_remove(&**key);
                let is_in_table = parent.0.last().is_some_and(|it| matches!(it, Step::Key(_)));
                if table.is_empty() && is_in_table {
                    remove(&parent, keys);
                }
            }
        }
    }
}

fn rename(path: &Path, name: &str, keys: &mut Map<String, Value>) {
    let Some((parent, Step::Key(old))) = path.parent() else {
        return;
    };
    let table = if parent.0.is_empty() {
        keys
    } else {
        match parent.get_or_insert(keys) {
            Some(Value::Object(table)) => table,
            _ => return,
        }
    };
    if !table.contains_key(name) {
        let entries = std::mem::take(table).into_iter();
        let renamed = |(key, value)| {
            let key = if key == **old { name.to_owned() } else { key };
            (key, value)
        };
        *table = entries.map(renamed).collect();
    }
}

fn raise(path: &Path, keys: &mut Map<String, Value>) {
    if let Some((parent, Step::Index(index))) = path.parent()
        && let Some(Value::Array(list)) = parent.get_or_insert(keys)
        && 0 < *index
        && *index < list.len()
    {
        list.swap(*index - 1, *index);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `edits` make of a plan.
    #[track_caller]
    fn check(plan: Value, edits: impl IntoIterator<Item = Edit>, expected: Value) {
        let Value::Object(mut keys) = plan else {
            panic!("a plan is a table");
        };
        for edit in edits {
            edit.apply(&mut keys);
        }
        assert_eq!(Value::Object(keys), expected);
    }

    fn task(index: usize) -> Path {
        Path::of("user_class").index(0).key("task").index(index)
    }

    #[test]
    fn paths_are_written_as_in_errors() {
        let header = task(1).key("headers").key("a b");
        assert_eq!(header.to_string(), "user_class[0].task[1].headers.“a b”");
    }

    #[test]
    fn values_are_set_where_nothing_was() {
        check(
            json!({}),
            [Edit::Set(Path::of("load").key("users"), 7.into())],
            json!({ "load": { "users": 7 } }),
        );
        check(
            json!({ "load": "many" }),
            [Edit::Set(Path::of("load").key("users"), 7.into())],
            json!({ "load": { "users": 7 } }),
        );
        check(
            json!({ "user_class": [] }),
            [Edit::Set(task(1).key("get"), "/".into())],
            json!({ "user_class": [] }),
        );
    }

    #[test]
    fn lists_grow_shrink_and_change_their_order() {
        let plan = json!({ "user_class": [{ "task": ["a", "b"] }] });
        let list = Path::of("user_class").index(0).key("task");
        check(
            plan.clone(),
            [Edit::Append(list, "c".into()), Edit::Remove(task(0))],
            json!({ "user_class": [{ "task": ["b", "c"] }] }),
        );
        check(
            plan,
            [
                Edit::Raise(task(1)),
                Edit::Raise(task(0)),
                Edit::Remove(task(9)),
            ],
            json!({ "user_class": [{ "task": ["b", "a"] }] }),
        );
        check(
            json!({}),
            [Edit::Append(Path::of("thresholds"), "rps > 1".into())],
            json!({ "thresholds": ["rps > 1"] }),
        );
    }

    #[test]
    fn a_table_that_is_left_empty_goes() {
        check(
            json!({ "load": { "users": 1 }, "request": { "headers": { "A": "1" } } }),
            [Edit::Remove(Path::of("request").key("headers").key("A"))],
            json!({ "load": { "users": 1 } }),
        );
        check(
            json!({ "load": { "users": 1 } }),
            [Edit::Remove(Path::of("request").key("headers"))],
            json!({ "load": { "users": 1 } }),
        );
        // An item of a list stays, or the others would get its place.
        check(
            json!({ "user_class": [{ "task": [{ "get": "/" }] }] }),
            [Edit::Remove(task(0).key("get"))],
            json!({ "user_class": [{ "task": [{}] }] }),
        );
    }

    #[test]
    fn keys_keep_their_place_under_another_name() {
        let headers = Path::of("headers");
        check(
            json!({ "headers": { "A": "1", "B": "2" } }),
            [
                Edit::Rename(headers.key("A"), "C".to_owned()),
                Edit::Rename(headers.key("C"), "B".to_owned()),
            ],
            json!({ "headers": { "C": "1", "B": "2" } }),
        );
    }
}
