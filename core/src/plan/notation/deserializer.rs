//! Gives a tree to serde, and goes on after a problem.
//!
//! What serde derives stops at the first error. Here, each error is written down where it is found,
//! with the path and the line of its node; lists and tables of any keys go on with the next of their
//! parts; and the whole tree is read again without the bad nodes until nothing new is found. An
//! error of a table with a bad part is not written down: that part may be what it misses.

use serde::de::value::StrDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

use super::messages::{ReadError, keys};
use super::tree::{Entry, Node, Problems, Trail, Value};

/// Reads a value from `root`. `None` if something is wrong, and then there are problems.
pub(in crate::plan) fn read<T: DeserializeOwned>(root: &Node, problems: &Problems) -> Option<T> {
    loop {
        let at = At::new(root, Trail::Root, problems);
        let value = at.noted(T::deserialize(at));
        if problems.is_empty() {
            return value.ok();
        }
        // All that is bad was so before.
        if problems.n_bad() == at.n_bad_before || root.is_bad() {
            return None;
        }
    }
}

/// A node and the way to it.
#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Node,
    path: Trail<'a>,
    problems: &'a Problems,
    // How many nodes were bad when the reading of this one began.
    n_bad_before: usize,
}

impl<'a> At<'a> {
    fn new(node: &'a Node, path: Trail<'a>, problems: &'a Problems) -> Self {
        Self {
            node,
            path,
            problems,
            n_bad_before: problems.n_bad(),
        }
    }

    /// Writes down an error of this very node.
    fn noted<T>(self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        result.map_err(|error| {
            if let ReadError::New(message) = error {
                if !self.node.has_bad_part() {
                    self.problems.push(self.path, self.node.line, &message);
                    self.problems.mark_bad(self.node);
                } else if self.problems.n_bad() == self.n_bad_before {
                    // There is nothing more to find inside.
                    self.problems.mark_bad(self.node);
                }
            }
            ReadError::Noted
        })
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::List(nodes) => visitor.visit_seq(Items {
                at: self,
                nodes: nodes.iter().enumerate(),
            }),
            Value::Null => visitor.visit_unit(),
            Value::Table(entries) => visitor.visit_map(Entries {
                at: self,
                entries: entries.iter(),
                current: None,
            }),
            Value::Text(text) => visitor.visit_str(text),
            Value::Whole(value) => visit_whole(*value, visitor),
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match &self.node.value {
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Float(value) => Unexpected::Float(*value),
            Value::List(_) => Unexpected::Seq,
            Value::Null => Unexpected::Unit,
            Value::Table(_) => Unexpected::Map,
            Value::Text(text) => Unexpected::Str(text),
            Value::Whole(value) => whole_unexpected(*value),
        }
    }
}

fn visit_whole<'de, V: Visitor<'de>>(value: i128, visitor: V) -> Result<V::Value, ReadError> {
    match whole_unexpected(value) {
        Unexpected::Signed(value) => visitor.visit_i64(value),
        _ => visitor.visit_u64(u64::try_from(value).unwrap_or(u64::MAX)),
    }
}

fn whole_unexpected(value: i128) -> Unexpected<'static> {
    match u64::try_from(value) {
        Ok(value) => Unexpected::Unsigned(value),
        Err(_) => Unexpected::Signed(i64::try_from(value).unwrap_or(i64::MIN)),
    }
}

/// A number without a fraction is a whole number, however it is written.
macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            // Up to 2⁵³, each float is exactly one whole number.
            const MAX: f64 = 9_007_199_254_740_992.0;
            self.noted(match self.node.value {
                Value::Float(value) if value.fract() == 0.0 && value.abs() <= MAX => {
                    visit_whole(value as i128, visitor)
                }
                _ => self.visit(visitor),
            })
        })*
    };
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.noted(self.visit(visitor))
    }

    whole_numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    // A key that is there has a value; `null` is one only where any JSON may stand.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.noted(visitor.visit_some(self))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.noted(visitor.visit_newtype_struct(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let result = match &self.node.value {
            Value::List(nodes) if nodes.len() != len => {
                Err(ReadError::invalid_length(nodes.len(), &visitor))
            }
            _ => self.visit(visitor),
        };
        self.noted(result)
    }

    /// The values of a table without their keys, which serde would take as well, are no table.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.noted(match &self.node.value {
            Value::List(_) => Err(ReadError::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.visit(visitor),
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let result = match &self.node.value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => {
                let expected = keys(variants, "or");
                Err(ReadError::invalid_type(
                    self.unexpected(),
                    &expected.as_str(),
                ))
            }
        };
        self.noted(result)
    }

    forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf unit unit_struct seq tuple_struct map
        identifier ignored_any
    }
}

struct Items<'a> {
    at: At<'a>,
    nodes: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl Items<'_> {
    fn next_node(&mut self) -> Option<At<'_>> {
        let (index, node) = self.nodes.find(|(_, node)| !node.is_bad())?;
        let path = Trail::Index(&self.at.path, index);
        Some(At::new(node, path, self.at.problems))
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let at = self.next_node();
        at.map(|at| at.noted(seed.deserialize(at))).transpose()
    }

    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, ReadError> {
        while let Some(at) = self.next_node() {
            if let Ok(element) = at.noted(T::deserialize(at)) {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }
}

struct Entries<'a> {
    at: At<'a>,
    entries: std::slice::Iter<'a, Entry>,
    // Whose value comes next.
    current: Option<&'a Entry>,
}

impl<'a> Entries<'a> {
    fn next_name(&mut self) -> Option<StrDeserializer<'a, ReadError>> {
        self.current = self.entries.find(|it| !it.node.is_bad());
        Some(self.current?.key.as_str().into_deserializer())
    }

    fn value(&self) -> At<'_> {
        let entry = self.current.expect("serde asks for the key first");
        let path = Trail::Key(&self.at.path, &entry.key);
        At::new(&entry.node, path, self.at.problems)
    }

    /// Writes down an error of the key that was given last; its table is where it is wrong.
    fn note_key(&self, error: ReadError) -> ReadError {
        if let (ReadError::New(message), Some(entry)) = (error, self.current) {
            let At { path, problems, .. } = self.at;
            problems.push(path, entry.key_line, &message);
            problems.mark_bad(&entry.node);
        }
        ReadError::Noted
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let Some(name) = self.next_name() else {
            return Ok(None);
        };
        let key = seed.deserialize(name);
        key.map(Some).map_err(|error| self.note_key(error))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let at = self.value();
        at.noted(seed.deserialize(at))
    }

    fn next_key<K: Deserialize<'de>>(&mut self) -> Result<Option<K>, ReadError> {
        while let Some(name) = self.next_name() {
            match K::deserialize(name) {
                Ok(key) => return Ok(Some(key)),
                Err(error) => {
                    self.note_key(error);
                }
            }
        }
        Ok(None)
    }

    fn next_entry<K, V>(&mut self) -> Result<Option<(K, V)>, ReadError>
    where
        K: Deserialize<'de>,
        V: Deserialize<'de>,
    {
        while let Some(key) = self.next_key()? {
            let at = self.value();
            if let Ok(value) = at.noted(V::deserialize(at)) {
                return Ok(Some((key, value)));
            }
        }
        Ok(None)
    }
}
