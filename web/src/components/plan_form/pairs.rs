//! Names with values, such as headers: a table, or a list of pairs if a name is there twice.

use serde_json::{Value, json};

use crate::draft::keys::Path;

/// Names with values, in their order.
pub(super) type Pairs = Vec<(String, Value)>;

/// The pairs that stand in the plan; `None` for what is neither a table nor a list of pairs.
pub(super) fn read(value: Option<&Value>) -> Option<Pairs> {
    match value {
        None => Some(Vec::new()),
        Some(Value::Object(table)) => Some(
            table
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        ),
        Some(Value::Array(pairs)) => pairs.iter().map(read_pair).collect(),
        Some(_) => None,
    }
}

fn read_pair(pair: &Value) -> Option<(String, Value)> {
    match pair.as_array()?.as_slice() {
        [Value::String(name), value] => Some((name.clone(), value.clone())),
        _ => None,
    }
}

/// The pairs as they stand in the plan.
pub(super) fn write(pairs: Pairs) -> Value {
    let is_again = |(nth, (name, _)): (usize, &(String, Value))| {
        let mut earlier = pairs[..nth].iter();
        // Names of headers are the same in upper case, and a list is right for fields as well.
        earlier.any(|it| it.0.eq_ignore_ascii_case(name))
    };
    if pairs.iter().enumerate().any(is_again) {
        pairs
            .into_iter()
            .map(|(name, value)| json!([name, value]))
            .collect()
    } else {
        Value::Object(pairs.into_iter().collect())
    }
}

/// Where the value of a pair is, as errors name it.
pub(super) fn place(value: Option<&Value>, path: &Path, nth: usize, name: &str) -> Path {
    match value {
        Some(Value::Array(_)) => path.index(nth),
        _ => path.key(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value) {
        let pairs = read(Some(&value)).unwrap();
        assert_eq!(write(pairs), value);
    }

    #[test]
    fn pairs_are_a_table_as_long_as_names_differ() {
        check(json!({ "A": "1", "B": 2 }));
        check(json!([["id", "1"], ["id", "2"]]));
        check(json!([["Accept", "1"], ["accept", "2"]]));
        let apart = read(Some(&json!([["a", "1"], ["b", "2"]]))).unwrap();
        assert_eq!(write(apart), json!({ "a": "1", "b": "2" }));
    }

    #[test]
    fn what_is_no_pair_is_not_touched() {
        assert_eq!(read(Some(&json!("a"))), None);
        assert_eq!(read(Some(&json!([["a"]]))), None);
        assert_eq!(read(None), Some(Vec::new()));
    }
}
