//! From TOML to a tree.

use toml::Spanned;
use toml::de::{DeArray, DeFloat, DeInteger, DeTable, DeValue};

use super::tree::{Builder, Entry, Node, Problems, Trail, Value};

/// Reads `text`. `None` if it is not TOML, and then there are problems.
pub(in crate::plan) fn read(text: &str, problems: &Problems) -> Option<Node> {
    let mut builder = Builder::new(text, problems);
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let value = builder.table(table.get_ref(), Trail::Root, 1);
        return Some(Node::new(1, value));
    }
    let mut faults: Vec<(u32, &str)> = errors
        .iter()
        .map(|it| {
            let offset = it.span().map_or(0, |span| span.start);
            (builder.lines.line(offset), it.message())
        })
        .collect();
    // What follows on the same line is mostly a consequence.
    faults.sort_by_key(|it| it.0);
    faults.dedup_by_key(|it| it.0);
    for (line, message) in faults {
        problems.push(Trail::Root, line, &format!("not TOML: {message}"));
    }
    None
}

impl Builder<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: Trail<'_>, depth: usize) -> Value {
        let entries = table.iter().map(|(key, value)| {
            let name = key.get_ref();
            Entry {
                key: name.clone().into_owned(),
                key_line: self.lines.line(key.span().start),
                node: self.node(value, Trail::Key(&path, name), depth),
            }
        });
        Value::Table(entries.collect())
    }

    fn list(&mut self, list: &DeArray<'_>, path: Trail<'_>, depth: usize) -> Value {
        let nodes = list
            .iter()
            .enumerate()
            .map(|(index, value)| self.node(value, Trail::Index(&path, index), depth));
        Value::List(nodes.collect())
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, path: Trail<'_>, depth: usize) -> Node {
        let line = self.lines.line(value.span().start);
        if !self.has_room(path, line, depth) {
            return Node::unreadable(line);
        }
        let value = match value.get_ref() {
            DeValue::Array(list) => self.list(list, path, depth + 1),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(date) => {
                let message = format!(
                    "expected a text, a number, true or false, a list or a table, found the date \
                     {date}; a text is in quotes"
                );
                return self.unreadable(path, line, &message);
            }
            DeValue::Float(number) => return self.toml_float(number, path, line),
            DeValue::Integer(number) => return self.toml_whole(number, path, line),
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Table(table) => self.table(table, path, depth + 1),
        };
        Node::new(line, value)
    }

    fn toml_float(&self, number: &DeFloat<'_>, path: Trail<'_>, line: u32) -> Node {
        self.float(path, line, number.as_str())
    }

    fn toml_whole(&self, number: &DeInteger<'_>, path: Trail<'_>, line: u32) -> Node {
        let value = i128::from_str_radix(number.as_str(), number.radix()).ok();
        self.whole(path, line, value, &number.to_string())
    }
}
