//! Rows of data as a list of tables: what happens to all of them at once.

use serde_json::{Map, Value};

use super::name_field::free_name;

/// The columns, from left to right: those of the first row, and what other rows have besides.
pub(super) fn columns(rows: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    columns
}

/// A change to all rows. Columns are counted from zero, from left to right.
#[derive(Clone)]
pub(super) enum RowsEdit {
    /// A new column at the right.
    AddColumn,
    /// A new row at the end.
    AddRow,
    /// Takes a column away.
    RemoveColumn(usize),
    /// Gives a column another name, if none has it.
    RenameColumn(usize, String),
}

impl RowsEdit {
    /// The rows after the change.
    pub(super) fn apply(&self, mut rows: Vec<Value>) -> Vec<Value> {
        let columns = columns(&rows);
        match self {
            Self::AddColumn => {
                let name = free_name("column", '_', &columns);
                if rows.is_empty() {
                    rows.push(Value::Object(Map::new()));
                }
                each(&mut rows, |row| {
                    row.insert(name.clone(), "".into());
                });
            }
            Self::AddRow => {
                let cells = columns.into_iter().map(|it| (it, "".into()));
                rows.push(Value::Object(cells.collect()));
            }
            Self::RemoveColumn(nth) => {
                if let Some(name) = columns.get(*nth) {
                    each(&mut rows, |row| {
                        row.shift_remove(name);
                    });
                }
            }
            Self::RenameColumn(_, new) if columns.contains(new) => {}
            Self::RenameColumn(nth, new) => {
                if let Some(old) = columns.get(*nth) {
                    each(&mut rows, |row| rename(row, old, new));
                }
            }
        }
        rows
    }
}

fn each(rows: &mut [Value], change: impl Fn(&mut Map<String, Value>)) {
    rows.iter_mut()
        .filter_map(Value::as_object_mut)
        .for_each(change);
}

fn rename(row: &mut Map<String, Value>, old: &str, new: &str) {
    let cells = std::mem::take(row).into_iter();
    let renamed = cells.map(|(key, value)| {
        if key == old {
            (new.to_owned(), value)
        } else {
            (key, value)
        }
    });
    *row = renamed.collect();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(rows: Value, edit: &RowsEdit, expected: Value) {
        let rows = serde_json::from_value(rows).unwrap();
        assert_eq!(Value::Array(edit.apply(rows)), expected);
    }

    #[test]
    fn columns_are_those_of_all_rows() {
        let rows = [
            json!({ "b": 1, "a": 2 }),
            json!("x"),
            json!({ "a": 1, "c": 2 }),
        ];
        assert_eq!(columns(&rows), ["b", "a", "c"]);
    }

    #[test]
    fn columns_come_go_and_change_their_names_in_every_row() {
        let rows = json!([{ "a": 1, "b": 2 }, { "a": 3, "b": 4 }]);
        check(
            rows.clone(),
            &RowsEdit::AddColumn,
            json!([{ "a": 1, "b": 2, "column": "" }, { "a": 3, "b": 4, "column": "" }]),
        );
        check(
            rows.clone(),
            &RowsEdit::RemoveColumn(0),
            json!([{ "b": 2 }, { "b": 4 }]),
        );
        let rename = |new: &str| RowsEdit::RenameColumn(0, new.to_owned());
        check(
            rows.clone(),
            &rename("c"),
            json!([{ "c": 1, "b": 2 }, { "c": 3, "b": 4 }]),
        );
        check(rows.clone(), &rename("b"), rows);
        check(json!([]), &RowsEdit::AddColumn, json!([{ "column": "" }]));
    }

    #[test]
    fn a_new_row_has_the_columns_of_the_others() {
        check(
            json!([{ "a": 1 }]),
            &RowsEdit::AddRow,
            json!([{ "a": 1 }, { "a": "" }]),
        );
    }
}
