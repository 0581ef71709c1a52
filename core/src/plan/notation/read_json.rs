//! From JSON to a tree.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{Builder, Entry, Node, Problems, Trail, Value};

/// Reads `text`. `None` if it is not JSON, and then there are problems.
pub(in crate::plan) fn read(text: &str, problems: &Problems) -> Option<Node> {
    let mut reader = Reader {
        text,
        builder: Builder::new(text, problems),
    };
    match serde_json::from_str::<&RawValue>(text) {
        Ok(raw) => Some(reader.node(raw, Trail::Root, 0)),
        Err(error) => {
            reader.syntax_error(&error, Trail::Root, 1);
            None
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    builder: Builder<'a>,
}

impl<'a> Reader<'a> {
    fn node(&mut self, raw: &'a RawValue, path: Trail<'_>, depth: usize) -> Node {
        let json = raw.get();
        // A raw value is a part of the text that was read.
        let offset = json.as_ptr() as usize - self.text.as_ptr() as usize;
        let line = self.builder.lines.line(offset);
        if !self.builder.has_room(path, line, depth) {
            return Node::unreadable(line);
        }
        let value = match json.as_bytes()[0] {
            b'n' => Ok(Value::Null),
            b't' => Ok(Value::Bool(true)),
            b'f' => Ok(Value::Bool(false)),
            b'"' => serde_json::from_str(json).map(Value::Text),
            b'[' => self.list(json, path, depth + 1),
            b'{' => self.table(json, path, depth + 1),
            _ if json.contains(['.', 'e', 'E']) => return self.builder.float(path, line, json),
            _ => return self.builder.whole(path, line, json.parse().ok(), json),
        };
        value.map_or_else(
            |error| self.syntax_error(&error, path, line),
            |value| Node::new(line, value),
        )
    }

    fn list(
        &mut self,
        json: &'a str,
        path: Trail<'_>,
        depth: usize,
    ) -> Result<Value, serde_json::Error> {
        let raws: Vec<&RawValue> = serde_json::from_str(json)?;
        let nodes = raws
            .into_iter()
            .enumerate()
            .map(|(index, raw)| self.node(raw, Trail::Index(&path, index), depth));
        Ok(Value::List(nodes.collect()))
    }

    fn table(
        &mut self,
        json: &'a str,
        path: Trail<'_>,
        depth: usize,
    ) -> Result<Value, serde_json::Error> {
        let raws = serde_json::Deserializer::from_str(json).deserialize_map(Pairs)?;
        let mut seen = std::collections::BTreeSet::new();
        let mut entries = Vec::new();
        for (key, raw) in raws {
            let mut node = self.node(raw, Trail::Key(&path, &key), depth);
            if !seen.insert(key.clone()) {
                let message = "expected each key once, found it again";
                node = self
                    .builder
                    .unreadable(Trail::Key(&path, &key), node.line, message);
            }
            entries.push(Entry {
                key,
                key_line: node.line,
                node,
            });
        }
        Ok(Value::Table(entries))
    }

    /// Reports an error whose own line counts from `line`.
    fn syntax_error(&self, error: &serde_json::Error, path: Trail<'_>, line: u32) -> Node {
        let text = error.to_string();
        // The place is told apart from the message.
        let message = match error.is_eof() {
            true => "found its end too early",
            false => text.split(" at line ").next().unwrap_or_default(),
        };
        let lines_before = u32::try_from(error.line().saturating_sub(1)).unwrap_or(u32::MAX);
        let line = line.saturating_add(lines_before);
        self.builder
            .unreadable(path, line, &format!("not JSON: {message}"))
    }
}

/// Gives all pairs, also those with the same key.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
