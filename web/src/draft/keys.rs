//! What can be done to the values of a plan that is being written.

use std::fmt;
use std::rc::Rc;

use serde_json::{Map, Value};

pub(crate) use mayfly_core::plan::path::{Path, Step};

/// A change to a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Edit {
    /// Makes several changes, one after the other.
    All(Vec<Self>),
    /// Puts a value in a list, at the end.
    Append(Path, Value),
    /// Puts a value in a list, in front of the item that is there.
    Insert(Path, Value),
    /// Makes a change that depends on what is there then.
    Late(Late),
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

/// Says what to change, from what is there when it is changed.
///
/// What a person sees may be older: the page is drawn a moment after each key, and a slow one later
/// than the next key.
#[derive(Clone)]
pub struct Late(Rc<Decide>);

type Decide = dyn Fn(&Map<String, Value>) -> Edit;

impl fmt::Debug for Late {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Late").finish_non_exhaustive()
    }
}

impl Eq for Late {}

impl PartialEq for Late {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Edit {
    /// A change that depends on what is there when it is made.
    pub fn late(edit: impl Fn(&Map<String, Value>) -> Self + 'static) -> Self {
        Self::Late(Late(Rc::new(edit)))
    }

    /// Makes the change. What makes no sense changes nothing.
    pub fn apply(self, keys: &mut Map<String, Value>) {
        match self {
            Self::All(edits) => edits.into_iter().for_each(|it| it.apply(keys)),
            Self::Append(path, value) => append(&path, value, keys),
            Self::Insert(path, value) => insert(&path, value, keys),
            Self::Late(Late(edit)) => edit(keys).apply(keys),
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

fn insert(path: &Path, value: Value, keys: &mut Map<String, Value>) {
    if let Some((parent, Step::Index(index))) = path.parent()
        && let Some(Value::Array(list)) = parent.get_or_insert(keys)
    {
        list.insert((*index).min(list.len()), value);
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
        Step::Key(key) if parent.steps().is_empty() => {
            keys.shift_remove(&**key);
        }
        Step::Key(key) => {
            if path.get(keys).is_none() {
                return;
            }
            if let Some(Value::Object(table)) = parent.get_or_insert(keys) {
                table.shift_remove(&**key);
                let is_in_table = parent
                    .steps()
                    .last()
                    .is_some_and(|it| matches!(it, Step::Key(_)));
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
    let table = if parent.steps().is_empty() {
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

/// A value as a field shows it: texts without quotes.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
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
    fn a_late_change_sees_what_was_changed_before() {
        let users = Path::of("load").key("users");
        let double = {
            let users = users.clone();
            Edit::late(move |keys| {
                let number = users.get(keys).and_then(Value::as_u64);
                Edit::Set(users.clone(), (2 * number.unwrap_or_default()).into())
            })
        };
        check(
            json!({ "load": { "users": 3 } }),
            [Edit::Set(users, 5.into()), double.clone(), double],
            json!({ "load": { "users": 20 } }),
        );
    }

    #[test]
    fn several_changes_are_one() {
        check(
            json!({ "user_class": [{ "task": ["a", "b"] }] }),
            [Edit::All(vec![
                Edit::Insert(task(1), "c".into()),
                Edit::Insert(task(9), "d".into()),
                Edit::Remove(task(0)),
            ])],
            json!({ "user_class": [{ "task": ["c", "b", "d"] }] }),
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
