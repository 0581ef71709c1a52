//! Variables that nothing in a plan sets: a user that needs one breaks its task before it sends,
//! every time.
//!
//! The tree is that of a plan that was read, so its parts are known to be what they should be. The
//! columns of data, which have a dot in their names, are looked up where their rows are read.

use std::collections::BTreeSet;

use crate::plan::format::METHODS;
use crate::plan::notation::messages::closest;
use crate::plan::notation::tree::{Node, Problems, Trail, Value};
use crate::template::Template;

/// Writes down each placeholder for a variable that no extract of its user class sets.
pub(super) fn check(root: &Node, problems: &Problems) {
    let defaults = default_headers(root);
    for_each(root, Trail::Root, "user_class", |node, path| {
        let mut class = Class::default();
        class.visit_set(node, path);
        let name = node.get("name").and_then(Node::text);
        let name = name.unwrap_or_default();
        for used in &class.used {
            class.check(used, name, problems);
        }
        for (header, used) in &defaults {
            if class.inherits(header) {
                class.check(used, name, problems);
            }
        }
    });
}

/// The placeholders in the headers of all requests, by the name of the header.
fn default_headers(root: &Node) -> Vec<(String, Used)> {
    let mut headers = Vec::new();
    let request = Trail::Key(&Trail::Root, "request");
    if let Some(node) = root.get("request") {
        for_each_pair(node, request, "headers", |header, node, path| {
            let mut used = Vec::new();
            add_used(node, path, &mut used);
            headers.extend(used.into_iter().map(|it| (header.to_lowercase(), it)));
        });
    }
    headers
}

/// A placeholder for a variable.
struct Used {
    variable: String,
    path: String,
    line: u32,
}

/// What the requests of a user class use and set.
#[derive(Default)]
struct Class<'a> {
    set: BTreeSet<&'a str>,
    used: Vec<Used>,
    // The headers of each request, in lower case.
    headers: Vec<BTreeSet<String>>,
}

impl<'a> Class<'a> {
    /// Whether a request of it has the header `name` only from the defaults.
    fn inherits(&self, name: &str) -> bool {
        self.headers.iter().any(|it| !it.contains(name))
    }

    fn check(&self, used: &Used, class: &str, problems: &Problems) {
        let Used {
            variable,
            path,
            line,
        } = used;
        if self.set.contains(&**variable) {
            return;
        }
        let set = Vec::from_iter(self.set.iter().copied());
        let hint = match closest(variable, &set) {
            Some(meant) => format!("; did you mean “{meant}”?"),
            None => "; set it with “extract” in a request of this class".to_owned(),
        };
        let message = format!("no request of user class “{class}” sets “{variable}”{hint}");
        problems.push_at(path.clone(), *line, &message);
    }

    /// A user class, or a set of tasks.
    fn visit_set(&mut self, node: &'a Node, path: Trail<'_>) {
        for steps in ["on_start", "on_stop"] {
            for_each(node, path, steps, |step, path| self.visit_step(step, path));
        }
        for_each(node, path, "task", |task, path| {
            if task.get("task").is_some() {
                self.visit_set(task, path);
            } else if task.get("steps").is_some() {
                for_each(task, path, "steps", |step, path| {
                    self.visit_step(step, path)
                });
            } else {
                self.visit_request(task, path);
            }
        });
    }

    fn visit_step(&mut self, step: &'a Node, path: Trail<'_>) {
        // The name of a task is no template, and that of a step is.
        self.add(step, path, "name");
        if step.get("wait").is_none() {
            self.visit_request(step, path);
        }
    }

    fn visit_request(&mut self, request: &'a Node, path: Trail<'_>) {
        for key in METHODS.into_iter().chain(["json", "body"]) {
            self.add(request, path, key);
        }
        let mut headers = BTreeSet::new();
        for_each_pair(request, path, "headers", |header, node, path| {
            headers.insert(header.to_lowercase());
            add_used(node, path, &mut self.used);
        });
        self.headers.push(headers);
        for_each_pair(request, path, "form", |_, node, path| {
            add_used(node, path, &mut self.used);
        });
        for_each(request, path, "check", |check, path| {
            self.add(check, path, "contains");
            self.add(check, path, "equals");
        });
        if let Some(Value::Table(extracts)) = request.get("extract").map(|it| &it.value) {
            self.set.extend(extracts.iter().map(|it| &*it.key));
        }
    }

    fn add(&mut self, node: &Node, path: Trail<'_>, key: &str) {
        if let Some(node) = node.get(key) {
            add_used(node, Trail::Key(&path, key), &mut self.used);
        }
    }
}

/// The placeholders in all texts of `node`.
fn add_used(node: &Node, path: Trail<'_>, used: &mut Vec<Used>) {
    match &node.value {
        Value::List(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                add_used(node, Trail::Index(&path, index), used);
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                add_used(&entry.node, Trail::Key(&path, &entry.key), used);
            }
        }
        Value::Text(text) => {
            // The text of escaped JSON is no template itself, but its texts are.
            let Ok(template) = text.parse::<Template>() else {
                return;
            };
            let plain = template.variables().filter(|it| !it.contains('.'));
            used.extend(plain.map(|variable| Used {
                variable: variable.to_owned(),
                path: path.to_string(),
                line: node.line,
            }));
        }
        Value::Bool(_) | Value::Float(_) | Value::Null | Value::Whole(_) => {}
    }
}

/// Visits the items of the list under `key`, if there is one.
fn for_each<'a>(
    node: &'a Node,
    path: Trail<'_>,
    key: &str,
    mut visit: impl FnMut(&'a Node, Trail<'_>),
) {
    if let Some(Value::List(items)) = node.get(key).map(|it| &it.value) {
        let path = Trail::Key(&path, key);
        for (index, item) in items.iter().enumerate() {
            visit(item, Trail::Index(&path, index));
        }
    }
}

/// Visits the values of the table under `key`, or of the list of pairs, with their names.
fn for_each_pair<'a>(
    node: &'a Node,
    path: Trail<'_>,
    key: &str,
    mut visit: impl FnMut(&'a str, &'a Node, Trail<'_>),
) {
    let Some(node) = node.get(key) else { return };
    let path = Trail::Key(&path, key);
    match &node.value {
        Value::List(pairs) => {
            for (index, pair) in pairs.iter().enumerate() {
                if let Value::List(pair) = &pair.value
                    && let [name, value] = pair.as_slice()
                    && let Value::Text(name) = &name.value
                {
                    visit(name, value, Trail::Index(&path, index));
                }
            }
        }
        Value::Table(entries) => {
            for entry in entries {
                visit(&entry.key, &entry.node, Trail::Key(&path, &entry.key));
            }
        }
        _ => {}
    }
}
