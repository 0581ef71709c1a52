//! What a task is: a request, steps, or a set of tasks; and how one becomes another.

use mayfly_core::http::request::Method;
use serde_json::{Map, Value, json};

use crate::draft::keys::Path;
use crate::draft::keys::text_of;

/// What a task is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TaskShape {
    /// A single request, which is at this place.
    Request(Path),
    /// So many tasks.
    Set(usize),
    /// So many requests and waits, but not a single request.
    Steps(usize),
}

impl TaskShape {
    /// What the task at `path` is.
    pub(super) fn of(task: Option<&Value>, path: &Path) -> Self {
        let list = |key: &str| Some(task?.get(key)?.as_array().map_or(&[][..], Vec::as_slice));
        if let Some(tasks) = list("task") {
            return Self::Set(tasks.len());
        }
        match list("steps") {
            Some([step]) if !is_wait(step) => Self::Request(path.key("steps").index(0)),
            Some(steps) => Self::Steps(steps.len()),
            None => Self::Request(path.clone()),
        }
    }
}

/// The keys of a task that are not those of its request.
const OF_TASK: [&str; 3] = ["name", "weight", "tags"];

/// A task whose request is its only step, so that it can have more of them, and a name.
pub(super) fn in_steps(task: Option<&Value>) -> Value {
    let keys = task.and_then(Value::as_object).cloned().unwrap_or_default();
    if keys.contains_key("steps") {
        return Value::Object(keys);
    }
    let is_of_task = |key: &str| OF_TASK.contains(&key);
    let (mut table, step): (Map<_, _>, Map<_, _>) =
        keys.into_iter().partition(|(key, _)| is_of_task(key));
    table.insert("steps".to_owned(), json!([step]));
    Value::Object(table)
}

/// A task with one more step.
pub(super) fn with_step(task: Option<&Value>, step: Value) -> Value {
    let mut task = in_steps(task);
    if let Some(Value::Array(steps)) = task.get_mut("steps") {
        steps.push(step);
    }
    task
}

/// Whether a step is a pause and no request.
pub(super) fn is_wait(step: &Value) -> bool {
    step.get("wait").is_some() && method_in(step).is_none()
}

/// The method of a request; GET if none is named.
pub(super) fn method_of(request: Option<&Value>) -> Method {
    request.and_then(method_in).unwrap_or(Method::Get)
}

fn method_in(request: &Value) -> Option<Method> {
    let has = |it: &Method| request.get(key_of(*it)).is_some();
    Method::ALL.into_iter().find(has)
}

/// The key that names a method.
pub(super) fn key_of(method: Method) -> String {
    method.as_str().to_ascii_lowercase()
}

/// A request or a wait in short: `POST /cart`.
pub(super) fn step_summary(step: &Value) -> String {
    if is_wait(step) {
        return "wait".to_owned();
    }
    let method = method_of(Some(step));
    let name = step.get("name").or_else(|| step.get(key_of(method)));
    format!("{method} {}", name.map(text_of).unwrap_or_default())
}

/// What a request has besides a method and a path: `2 headers, JSON, 1 check`.
pub(super) fn request_summary(request: Option<&Value>) -> String {
    let count = |key: &str, one: &str, many: &str| match request?.get(key)? {
        Value::Array(items) => Some(counted(items.len(), one, many)),
        Value::Object(table) => Some(counted(table.len(), one, many)),
        _ => None,
    };
    let is_there = |key: &str, word: &str| {
        let value = request?.get(key);
        value.map(|_| word.to_owned())
    };
    let parts = [
        count("headers", "header", "headers"),
        is_there("json", "JSON"),
        count("form", "form field", "form fields"),
        is_there("body", "body"),
        count("check", "check", "checks"),
        count("extract", "extract", "extracts"),
        is_there("timeout", "timeout"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A number of things: `1 check`, `2 checks`.
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{number} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> Path {
        Path::of("user_class").index(0).key("task").index(0)
    }

    #[test]
    fn a_task_is_what_its_keys_say() {
        let step = path().key("steps").index(0);
        for (task, expected) in [
            (json!({ "get": "/" }), TaskShape::Request(path())),
            (json!({}), TaskShape::Request(path())),
            (json!("no table"), TaskShape::Request(path())),
            (
                json!({ "steps": [{ "get": "/" }] }),
                TaskShape::Request(step),
            ),
            (json!({ "steps": [{ "wait": 1 }] }), TaskShape::Steps(1)),
            (json!({ "steps": [] }), TaskShape::Steps(0)),
            (
                json!({ "steps": [{ "get": "/" }, { "wait": 1 }] }),
                TaskShape::Steps(2),
            ),
            (json!({ "task": [{ "get": "/" }] }), TaskShape::Set(1)),
        ] {
            assert_eq!(TaskShape::of(Some(&task), &path()), expected, "{task}");
        }
    }

    #[test]
    fn a_request_becomes_a_step_with_all_it_has() {
        let task = json!({ "name": "buy", "post": "/cart", "weight": 2, "json": { "id": 7 } });
        assert_eq!(
            with_step(Some(&task), json!({ "wait": 1 })),
            json!({
                "name": "buy",
                "weight": 2,
                "steps": [{ "post": "/cart", "json": { "id": 7 } }, { "wait": 1 }],
            })
        );
        let steps = json!({ "steps": [{ "get": "/" }] });
        assert_eq!(in_steps(Some(&steps)), steps);
    }

    #[test]
    fn steps_and_requests_are_told_in_short() {
        assert_eq!(
            step_summary(&json!({ "post": "/cart", "name": "cart" })),
            "POST cart"
        );
        assert_eq!(step_summary(&json!({ "wait": "1s" })), "wait");
        let request = json!({
            "get": "/",
            "headers": { "A": "1" },
            "json": 1,
            "check": [{ "status": 200 }, { "under": 1 }],
        });
        assert_eq!(request_summary(Some(&request)), "1 header, JSON, 2 checks");
        assert_eq!(request_summary(None), "");
    }
}
