//! What is typed into a field, as a value of the plan, and back.

use mayfly_core::digits::exact;
use serde_json::{Value, json};

use super::editor::number_or_text;
use crate::draft::keys::text_of;

/// What a field holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Kind {
    /// JSON, which is on its way to be written.
    Body,
    /// Any value: what is no JSON is a text.
    Json,
    /// Texts with commas in between.
    List,
    /// A number, or a text such as `1m`.
    Number,
    /// A number or a text, or several with commas in between.
    Statuses,
    /// Any text.
    #[default]
    Text,
}

/// The key of a table that holds JSON as a text.
const ESCAPE: &str = "$json";

impl Kind {
    /// What was typed, as it stands in the plan.
    pub(super) fn value(self, text: &str) -> Value {
        match self {
            // The engine says what is wrong with it, and nothing that was typed is lost.
            Self::Body => read(text).unwrap_or_else(|| json!({ ESCAPE: text })),
            Self::Json => match serde_json::from_str::<Value>(text) {
                Ok(_) => Self::Body.value(text),
                Err(_) => text.into(),
            },
            Self::List => words(text).map(Value::from).collect(),
            Self::Number => number_or_text(text),
            Self::Statuses => {
                let mut statuses: Vec<Value> = words(text).map(number_or_text).collect();
                match statuses.len() {
                    1 => statuses.swap_remove(0),
                    _ => statuses.into(),
                }
            }
            Self::Text => text.into(),
        }
    }

    /// What stands in the plan, as it would be typed.
    pub(super) fn text(self, value: &Value) -> String {
        match (self, value) {
            (Self::Body, value) => match escaped(value) {
                Some(text) => text.to_owned(),
                None => format!("{:#}", unescaped(value)),
            },
            (Self::Json, Value::String(text)) if serde_json::from_str::<Value>(text).is_err() => {
                text.clone()
            }
            (Self::Json, value) => match escaped(value).filter(|it| read(it).is_none()) {
                Some(text) => text.to_owned(),
                None => unescaped(value).to_string(),
            },
            (Self::List | Self::Statuses, Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(text_of).collect();
                items.join(", ")
            }
            (_, value) => text_of(value),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|it| !it.is_empty())
}

/// JSON, unless one of its numbers would be another one then, of which the engine says so.
fn read(text: &str) -> Option<Value> {
    let value = serde_json::from_str(text).ok()?;
    exact::holds_all(text).then_some(value)
}

fn escaped(value: &Value) -> Option<&str> {
    let table = value.as_object().filter(|it| it.len() == 1)?;
    table.get(ESCAPE)?.as_str()
}

/// What TOML cannot say is in it as a text, which no person wants to see in JSON.
fn unescaped(value: &Value) -> Value {
    let text = escaped(value).and_then(read);
    match (text, value) {
        (Some(value), _) => value,
        (None, Value::Array(items)) => items.iter().map(unescaped).collect(),
        (None, Value::Object(table)) => {
            let entries = table
                .iter()
                .map(|(key, value)| (key.clone(), unescaped(value)));
            Value::Object(entries.collect())
        }
        (None, scalar) => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is typed means the value, and the value is shown as what was typed.
    #[track_caller]
    fn check(kind: Kind, text: &str, value: Value) {
        assert_eq!(kind.value(text), value, "{kind:?} {text}");
        assert_eq!(kind.text(&value), text, "{kind:?} {value}");
    }

    #[test]
    fn fields_and_values_mean_the_same() {
        check(Kind::Text, "7", json!("7"));
        check(Kind::Number, "7", json!(7));
        check(Kind::Number, "0.5", json!(0.5));
        check(Kind::Number, "1m", json!("1m"));
        check(Kind::List, "a, b c", json!(["a", "b c"]));
        check(Kind::Statuses, "200, 3xx", json!([200, "3xx"]));
        check(Kind::Statuses, "2xx", json!("2xx"));
    }

    #[test]
    fn any_value_can_be_told_from_its_text() {
        check(Kind::Json, "7", json!(7));
        check(Kind::Json, "\"7\"", json!("7"));
        check(Kind::Json, "{{id}}", json!("{{id}}"));
        check(Kind::Json, "true", json!(true));
        check(Kind::Json, "null", json!(null));
        check(Kind::Json, "{\"a\":[1]}", json!({ "a": [1] }));
        check(Kind::Json, "01234", json!("01234"));
    }

    #[test]
    fn numbers_that_nothing_can_hold_stay_as_they_are_typed() {
        for number in ["12345678901234567890123", "0.1234567890123456789"] {
            check(Kind::Json, number, json!({ "$json": number }));
            check(Kind::Number, number, json!(number));
            let body = format!("{{\"id\":{number}}}");
            check(Kind::Body, &body, json!({ "$json": body }));
        }
    }

    #[test]
    fn json_that_is_not_done_is_kept() {
        check(Kind::Body, "{\"a\":", json!({ "$json": "{\"a\":" }));
        check(Kind::Body, "{\n  \"a\": null\n}", json!({ "a": null }));
        let read_from_toml = json!({ "a": { "$json": "null" }, "b": [{ "$json": "null" }] });
        assert_eq!(
            Kind::Json.text(&read_from_toml),
            "{\"a\":null,\"b\":[null]}"
        );
    }

    #[test]
    fn commas_at_the_end_are_on_the_way_to_more() {
        assert_eq!(Kind::List.value("a, "), json!(["a"]));
        assert_eq!(Kind::Statuses.value("200,"), json!(200));
    }
}
