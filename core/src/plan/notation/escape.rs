//! JSON that TOML cannot say, as a text in a table with one key.

use serde_json::{Map, Value};

use super::tree::Problems;
use super::{deserializer, read_json};

/// The key of a table that holds JSON as a text.
pub(in crate::plan) const ESCAPE: &str = "$json";

/// `value` with the JSON that its texts under [`ESCAPE`] hold.
///
/// # Errors
///
/// Fails with what is wrong with such a text.
pub(in crate::plan) fn unescaped(value: Value) -> Result<Value, String> {
    match value {
        Value::Array(values) => values.into_iter().map(unescaped).collect(),
        Value::Object(table) => match escape_of(&table) {
            Some(text) => json_in(text),
            None => {
                let entries = table.into_iter();
                entries
                    .map(|(key, value)| Ok((key, unescaped(value)?)))
                    .collect()
            }
        },
        scalar => Ok(scalar),
    }
}

/// The value of a text of JSON, with the same limits as that of a file.
fn json_in(text: &str) -> Result<Value, String> {
    let problems = Problems::default();
    read_json::read(text, &problems)
        .and_then(|root| deserializer::read(&root, &problems))
        .ok_or_else(|| {
            let problems = problems.into_inner();
            problems
                .first()
                .map_or_else(String::new, |it| it.message.clone())
        })
}

/// `value`, with tables that would be read as JSON under [`ESCAPE`] put under it themselves.
pub(in crate::plan) fn escaped(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(escaped).collect(),
        Value::Object(table) if escape_of(table).is_some() => escape(value),
        Value::Object(table) => {
            let entries = table
                .iter()
                .map(|(key, value)| (key.clone(), escaped(value)));
            Value::Object(entries.collect())
        }
        scalar => scalar.clone(),
    }
}

fn escape_of(table: &Map<String, Value>) -> Option<&str> {
    if table.len() != 1 {
        return None;
    }
    table.get(ESCAPE)?.as_str()
}

/// The table that stands for `value`.
pub(in crate::plan) fn escape(value: &Value) -> Value {
    Value::Object(Map::from_iter([(
        ESCAPE.to_owned(),
        value.to_string().into(),
    )]))
}
