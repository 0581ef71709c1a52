//! Sets of statuses, as a check asks for them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::shorten::shorten;

/// Which statuses an answer may have.
///
/// In a plan it is a number in `100..=599`, a class such as `"2xx"`, or a list of such; it is
/// written back as it was read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct StatusSet(Written);

impl StatusSet {
    /// Whether `status` is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.items().iter().any(|item| match item {
            Item::Class(class) => status / 100 == *class,
            Item::Status(one) => status == *one,
        })
    }

    fn items(&self) -> &[Item] {
        match &self.0 {
            Written::List(items) => items,
            Written::One(item) => std::slice::from_ref(item),
        }
    }
}

impl TryFrom<Value> for StatusSet {
    type Error = StatusSetError;

    fn try_from(value: Value) -> Result<Self, StatusSetError> {
        let written = match &value {
            Value::Array(items) if items.is_empty() => None,
            Value::Array(items) => {
                let items: Option<Vec<Item>> = items.iter().map(Item::read).collect();
                items.map(Written::List)
            }
            item => Item::read(item).map(Written::One),
        };
        let found = || shorten(&value.to_string()).into_owned();
        written
            .map(Self)
            .ok_or_else(|| StatusSetError { found: found() })
    }
}

impl From<StatusSet> for Value {
    fn from(set: StatusSet) -> Self {
        match &set.0 {
            Written::List(items) => items.iter().map(Self::from).collect(),
            Written::One(item) => item.into(),
        }
    }
}

/// `200`, `2xx`, `200, 201 or 3xx`.
impl fmt::Display for StatusSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items = self.items();
        for (nth, item) in items.iter().enumerate() {
            let separator = match nth {
                0 => "",
                _ if nth + 1 == items.len() => " or ",
                _ => ", ",
            };
            write!(f, "{separator}{item}")?;
        }
        Ok(())
    }
}

/// Neither a status, nor a class, nor a list of them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected a status such as 200, a class such as “2xx”, or a list of them, found {found}")]
pub struct StatusSetError {
    /// What was given as JSON, shortened if it is long.
    pub found: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Written {
    // Never empty.
    List(Vec<Item>),
    One(Item),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Item {
    // In 1..=5.
    Class(u16),
    // In 100..=599.
    Status(u16),
}

impl Item {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                let status = u16::try_from(number.as_u64()?).ok()?;
                (100..600).contains(&status).then_some(Self::Status(status))
            }
            Value::String(text) => {
                let class: u16 = text.strip_suffix("xx")?.parse().ok()?;
                let is_class = (1..=5).contains(&class) && text.len() == 3;
                is_class.then_some(Self::Class(class))
            }
            _ => None,
        }
    }
}

impl From<&Item> for Value {
    fn from(item: &Item) -> Self {
        match item {
            Item::Class(class) => format!("{class}xx").into(),
            Item::Status(status) => (*status).into(),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => write!(f, "{class}xx"),
            Self::Status(status) => write!(f, "{status}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, text: &str, inside: &[u16], outside: &[u16]) {
        let set = StatusSet::try_from(value.clone()).unwrap();
        assert_eq!(set.to_string(), text);
        assert!(inside.iter().all(|&status| set.contains(status)));
        assert!(!outside.iter().any(|&status| set.contains(status)));

        assert_eq!(Value::from(set), value);
    }

    #[test]
    fn sets_are_written_back_as_they_were_read() {
        check(json!(200), "200", &[200], &[199, 201]);
        check(json!("2xx"), "2xx", &[200, 299], &[199, 300]);
        check(json!([404]), "404", &[404], &[200]);
        check(json!([200, "3xx"]), "200 or 3xx", &[200, 302], &[201, 400]);
        check(
            json!([200, 201, "3xx"]),
            "200, 201 or 3xx",
            &[200, 201, 399],
            &[202],
        );
    }

    #[test]
    fn what_is_no_set_is_said() {
        for (value, found) in [
            (json!(99), "99"),
            (json!(600), "600"),
            (json!(200.5), "200.5"),
            (json!(-200), "-200"),
            (json!("200"), "\"200\""),
            (json!("6xx"), "\"6xx\""),
            (json!("02xx"), "\"02xx\""),
            (json!("+2xx"), "\"+2xx\""),
            (json!("2XX"), "\"2XX\""),
            (json!([]), "[]"),
            (json!([200, null]), "[200,null]"),
            (json!([[200]]), "[[200]]"),
            (json!({"a": 1}), "{\"a\":1}"),
        ] {
            let error = StatusSet::try_from(value).unwrap_err();
            let expected = format!(
                "expected a status such as 200, a class such as “2xx”, or a list of them, found {found}"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}
