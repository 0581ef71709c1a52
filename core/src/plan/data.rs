//! Rows of data that users fill into their requests, such as accounts to log in with.
//!
//! A table is read once and does not change. Which row a user has is a pure function of the user
//! and the number of the task, so that no shard needs to know what the others took.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::rng::Rng;
use crate::shorten::shorten;
use crate::template::is_identifier;

/// Which row a user takes for a task.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pick {
    /// Any, each as likely as the others.
    Random,
    /// The next one for each task; each user starts at its own row. In an open model there is one
    /// order for all users, that of the arrivals.
    Sequential,
    /// The same one for all tasks of a user. Users share rows if there are more users than rows.
    #[default]
    User,
}

/// The row, counted from 0, for the `nth_task` of `user`, counted from 0.
///
/// A random row depends on nothing but the arguments. The stream of numbers that the user draws
/// from is not touched, so a table more or less does not change what else a user does. Tables that
/// should not be picked from in step need different seeds.
///
/// Zero if there are no rows.
pub fn row_of(pick: Pick, n_rows: usize, seed: u64, user: u32, nth_task: u64) -> usize {
    if n_rows == 0 {
        return 0;
    }
    let end = n_rows as u64;
    let row = match pick {
        Pick::Random => {
            let mut of_user = Rng::new(seed ^ SALT, user.into());
            Rng::new(of_user.below(1 << 63), nth_task).below(end)
        }
        Pick::Sequential => (u64::from(user) % end + nth_task % end) % end,
        Pick::User => u64::from(user) % end,
    };
    row as usize
}

/// Keeps the rows of a user apart from the user's own random numbers.
const SALT: u64 = 0x726f_7773_0a0d_0a0d;

/// Rows with a value in every column. There is at least one of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    // As long as `columns`, each.
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// The most rows that are taken.
    pub const MAX_ROWS: usize = 1_000_000;

    /// Reads CSV, whose first line names the columns, separated by commas, semicolons, tabs or `|`.
    /// Values are texts.
    ///
    /// # Errors
    ///
    /// Fails on names that cannot stand in a template, on names that are there twice, and on lines
    /// that do not fit the first.
    pub fn from_csv(text: &str) -> Result<Self, DataError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(text))
            .from_reader(text.as_bytes());
        let mut records = reader.records().map(|record| {
            record.expect("text in memory is always readable, and `flexible` takes any length")
        });
        let header = records.next().ok_or(DataError::NoColumn)?;
        let columns = columns(header.iter().map(str::trim)).map_err(|error| match error {
            DataError::Column { found } => DataError::Header {
                line: header.position().map_or(1, csv::Position::line),
                found,
            },
            other => other,
        })?;
        let mut rows = Vec::new();
        for record in records {
            if record.len() != columns.len() {
                let start = record.position();
                let start_byte = start.map_or(0, csv::Position::byte);
                let rest = usize::try_from(start_byte)
                    .ok()
                    .and_then(|it| text.get(it..));
                let n_quotes = rest.unwrap_or_default().matches('"').count();
                let line = start.map_or(0, csv::Position::line);
                // A quote that nothing closes takes all that follows for one field.
                if record.iter().any(|it| it.contains('\n')) && n_quotes % 2 == 1 {
                    return Err(DataError::OpenQuote { line });
                }
                return Err(DataError::Fields {
                    line,
                    expected: columns.len(),
                    found: record.len(),
                });
            }
            rows.push(record.iter().map(Value::from).collect());
            if Self::MAX_ROWS < rows.len() {
                return Err(DataError::TooManyRows);
            }
        }
        Self::new(columns, rows)
    }

    /// Reads rows that name their columns. The first says which there are.
    ///
    /// # Errors
    ///
    /// Fails on names that cannot stand in a template, on rows with other names than the first, and
    /// on lists and objects as values.
    pub fn from_rows(rows: Vec<Map<String, Value>>) -> Result<Self, DataError> {
        let first = rows.first().ok_or(DataError::NoRow)?;
        let columns = columns(first.keys().map(String::as_str))?;
        let rows = rows.into_iter().enumerate();
        let rows = rows.map(|(nth, row)| values(&columns, nth + 1, row));
        let rows = rows.collect::<Result<_, _>>()?;
        Self::new(columns, rows)
    }

    /// What is in a row, counted from 0; `None` if there is no such row or column.
    pub fn value(&self, row: usize, column: &str) -> Option<&Value> {
        let nth = self.columns.iter().position(|it| it == column)?;
        self.rows.get(row)?.get(nth)
    }

    /// How many rows there are; above zero.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The names of the columns, from left to right.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// `rows` are as long as `columns`.
    fn new(columns: Vec<String>, rows: Vec<Vec<Value>>) -> Result<Self, DataError> {
        match rows.len() {
            0 => Err(DataError::NoRow),
            n_rows if Self::MAX_ROWS < n_rows => Err(DataError::TooManyRows),
            _ => Ok(Self { columns, rows }),
        }
    }
}

/// Why data was rejected.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DataError {
    /// A column whose name cannot stand in a template.
    #[error(
        "expected the name of a column, of letters, digits and _, not starting with a digit, \
         found “{found}”"
    )]
    Column {
        /// The name, shortened if it is long.
        found: String,
    },
    /// A row of other columns than the first.
    #[error("row {row}: expected the columns {expected}, found {found}")]
    Columns {
        /// Which, counted from 1.
        row: usize,
        /// The columns of the first row, shortened if they are many.
        expected: String,
        /// The columns of this row.
        found: String,
    },
    /// Two columns of one name.
    #[error("expected columns of different names, found “{found}” twice")]
    Duplicate {
        /// The name, shortened if it is long.
        found: String,
    },
    /// A header line with a name that cannot stand in a template.
    #[error(
        "line {line}: expected the name of a column, of letters, digits and _, not starting with a \
         digit, found “{found}”; names are separated by commas, semicolons, tabs or |"
    )]
    Header {
        /// The line, counted from 1.
        line: u64,
        /// The name, shortened if it is long.
        found: String,
    },
    /// A quote that begins a field and that nothing closes.
    #[error("line {line}: expected a closing quote, found none up to the end of the file")]
    OpenQuote {
        /// Where the row starts, counted from 1.
        line: u64,
    },
    /// A line with too few or too many fields.
    #[error("line {line}: expected {expected} fields as in the header, found {found}")]
    Fields {
        /// Where the row starts, counted from 1.
        line: u64,
        /// How many columns there are.
        expected: usize,
        /// How many fields the line has.
        found: usize,
    },
    /// No header line, or nothing in it.
    #[error("expected the names of the columns, found none")]
    NoColumn,
    /// A header line and nothing else.
    #[error("expected at least one row, found none")]
    NoRow,
    /// More than [`Table::MAX_ROWS`].
    #[error("expected at most {} rows, found more", Table::MAX_ROWS)]
    TooManyRows,
    /// A list or an object.
    #[error(
        "row {row}: expected text, a number, true, false or null for “{column}”, found {found}"
    )]
    Value {
        /// Which, counted from 1.
        row: usize,
        /// The column.
        column: String,
        /// The value as JSON, shortened if it is long.
        found: String,
    },
}

/// What separates the fields: of the names of columns, which are in the first line, none can have it in
/// itself.
fn delimiter(text: &str) -> u8 {
    let header = text.trim_start().lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|&it| it == delimiter).count();
    // Of several that are there as often, the last in the list is taken.
    let found = b"|\t;,".iter().copied().max_by_key(|&it| count(it));
    found.unwrap_or(b',')
}

fn columns<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<String>, DataError> {
    let mut columns = Vec::new();
    let mut seen = BTreeSet::new();
    for name in names {
        let found = || shorten(name).into_owned();
        if !is_identifier(name) {
            return Err(DataError::Column { found: found() });
        }
        if !seen.insert(name) {
            return Err(DataError::Duplicate { found: found() });
        }
        columns.push(name.to_owned());
    }
    if columns.is_empty() {
        return Err(DataError::NoColumn);
    }
    Ok(columns)
}

/// The values of a row, in the order of `columns`.
fn values(
    columns: &[String],
    row: usize,
    mut members: Map<String, Value>,
) -> Result<Vec<Value>, DataError> {
    let is_complete = columns.iter().all(|it| members.contains_key(it));
    if !is_complete || members.len() != columns.len() {
        let found: Vec<&str> = members.keys().map(String::as_str).collect();
        return Err(DataError::Columns {
            row,
            expected: shorten(&columns.join(", ")).into_owned(),
            found: shorten(&found.join(", ")).into_owned(),
        });
    }
    let values = columns.iter().map(|column| {
        let value = members.get_mut(column).map(Value::take).unwrap_or_default();
        if value.is_array() || value.is_object() {
            return Err(DataError::Value {
                row,
                column: shorten(column).into_owned(),
                found: shorten(&value.to_string()).into_owned(),
            });
        }
        Ok(value)
    });
    values.collect()
}
