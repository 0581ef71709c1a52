//! TOML as a person would lay it out: tables for the parts of a plan, and what is in them in lines.

use serde::Serialize;
use serde_json::{Map, Value};
use toml::ser::ValueSerializer;

use super::escape::escape;

/// Writes the `table` of a whole plan.
pub(in crate::plan) fn write(table: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_table(&mut text, &mut Vec::new(), table);
    text
}

const MAX_COLUMNS: usize = 100;

/// Writes what is in a table: first the keys that are in lines, and then the tables inside.
fn write_table<'a>(text: &mut String, path: &mut Vec<&'a str>, table: &'a Map<String, Value>) {
    for (key, value) in table {
        if !is_section(path, key) {
            write_line(text, key, value);
        }
    }
    for (key, value) in table {
        if is_section(path, key) {
            path.push(key);
            write_section(text, path, value);
            path.pop();
        }
    }
}

/// Whether a key has a heading of its own. No other table can be told by its name alone, since the
/// headings end above what is named by the person who wrote the plan.
fn is_section(path: &[&str], key: &str) -> bool {
    match path {
        [] => matches!(
            key,
            "data" | "load" | "request" | "simulated" | "tls" | "user_class"
        ),
        ["data"] => true,
        ["user_class", ..] => key == "task",
        _ => false,
    }
}

fn write_section<'a>(text: &mut String, path: &mut Vec<&'a str>, value: &'a Value) {
    match value {
        Value::Array(tables) => {
            for table in tables {
                write_heading(text, &format!("[[{}]]", path.join(".")));
                write_entries(text, path, table);
            }
        }
        // Nothing but sets of rows is in there.
        _ if path.as_slice() == ["data"] => write_entries(text, path, value),
        _ => {
            write_heading(text, &format!("[{}]", path.join(".")));
            write_entries(text, path, value);
        }
    }
}

fn write_entries<'a>(text: &mut String, path: &mut Vec<&'a str>, value: &'a Value) {
    if let Value::Object(table) = value {
        write_table(text, path, table);
    }
}

fn write_heading(text: &mut String, heading: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(heading);
    text.push('\n');
}

/// Writes a key and its value in one line; in several, if it is long and a list.
fn write_line(text: &mut String, key: &str, value: &Value) {
    let line = format!("{key} = {}\n", inline(value));
    match value {
        Value::Array(items) if MAX_COLUMNS < line.chars().count() => {
            text.push_str(&format!("{key} = [\n"));
            for item in items {
                text.push_str(&format!("  {},\n", inline(item)));
            }
            text.push_str("]\n");
        }
        _ => text.push_str(&line),
    }
}

fn inline(value: &Value) -> String {
    let mut text = String::new();
    let value = without_null(value);
    let result = value.serialize(ValueSerializer::new(&mut text));
    result.expect("TOML has all of JSON but null");
    text
}

/// TOML has no null.
fn without_null(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_null).collect(),
        Value::Null => escape(value),
        Value::Object(table) => {
            let entries = table
                .iter()
                .map(|(key, value)| (key.clone(), without_null(value)));
            Value::Object(entries.collect())
        }
        scalar => scalar.clone(),
    }
}
