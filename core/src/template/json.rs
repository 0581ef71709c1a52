//! JSON with placeholders in its strings.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::sync::Arc;

use serde_json::Value;

use super::expr::Expr;
use super::{
    Encoding, JsonTemplateError, Piece, Scope, TemplateError, UnknownVariable, parse, write_pieces,
    write_text,
};
use crate::digits::exact::Exactly;

/// A JSON value whose strings are [templates](super::Template); the keys of objects are not.
///
/// A string that is nothing but one placeholder becomes the value of the placeholder, with its
/// type: `{"id": "{{ id }}"}` is sent as `{"id":7}` if `id` is the number 7. Clones are cheap.
#[derive(Clone)]
pub struct JsonTemplate(Arc<Compiled>);

impl JsonTemplate {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// Fails if one of the strings is not a template; the error says which.
    pub fn new(source: Value) -> Result<Self, JsonTemplateError> {
        let root = compile(&source, &mut String::new())?;
        let mut variables = Vec::new();
        root.collect_variables(&mut variables);
        let fixed = root.static_value().map(|value| Fixed {
            text: value.to_string(),
            value,
        });
        Ok(Self(Arc::new(Compiled {
            source,
            root,
            fixed,
            variables,
        })))
    }

    /// The value as it was given.
    pub fn source(&self) -> &Value {
        &self.0.source
    }

    /// Whether there is no placeholder.
    pub fn is_static(&self) -> bool {
        self.0.fixed.is_some()
    }

    /// The names of the variables in the order of the source. One that is used twice is given
    /// twice.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.variables.iter().map(String::as_str)
    }

    /// As compact JSON, with every placeholder replaced by its value. The keys of objects are in
    /// the order of the source.
    ///
    /// # Errors
    ///
    /// Fails if `scope` does not know a variable.
    pub fn render(&self, scope: &mut dyn Scope) -> Result<String, UnknownVariable> {
        if let Some(fixed) = &self.0.fixed {
            return Ok(fixed.text.clone());
        }
        let mut out = String::new();
        self.0.root.render(scope, &mut out)?;
        Ok(out)
    }

    /// With every placeholder replaced by its value.
    ///
    /// # Errors
    ///
    /// Fails if `scope` does not know a variable.
    pub fn value<'a>(
        &'a self,
        scope: &'a mut dyn Scope,
    ) -> Result<Cow<'a, Value>, UnknownVariable> {
        match (&self.0.fixed, &self.0.root) {
            (Some(fixed), _) => Ok(Cow::Borrowed(&fixed.value)),
            (None, Node::Placeholder(expr)) => expr.value(scope),
            (None, root) => root.value(scope).map(Cow::Owned),
        }
    }
}

impl fmt::Display for JsonTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source().fmt(f)
    }
}

impl fmt::Debug for JsonTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JsonTemplate").field(self.source()).finish()
    }
}

impl Eq for JsonTemplate {}

impl PartialEq for JsonTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

struct Compiled {
    source: Value,
    root: Node,
    // What comes out every time, if there is no placeholder.
    fixed: Option<Fixed>,
    variables: Vec<String>,
}

struct Fixed {
    value: Value,
    text: String,
}

/// A value, compiled.
enum Node {
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
    Placeholder(Expr),
    Static(Value),
    Text(Vec<Piece>),
}

impl Node {
    fn render(&self, scope: &mut dyn Scope, out: &mut String) -> Result<(), UnknownVariable> {
        match self {
            Self::List(nodes) => {
                out.push('[');
                for (nth, node) in nodes.iter().enumerate() {
                    out.push_str(separator(nth));
                    node.render(scope, out)?;
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (nth, (key, node)) in members.iter().enumerate() {
                    out.push_str(separator(nth));
                    out.push('"');
                    write_str(key, &mut Escaped(out));
                    out.push_str("\":");
                    node.render(scope, out)?;
                }
                out.push('}');
            }
            Self::Placeholder(expr) => write_json(&*expr.value(scope)?, out),
            Self::Static(value) => write_json(value, out),
            Self::Text(pieces) => {
                out.push('"');
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => write_str(text, &mut Escaped(out)),
                        Piece::Value(expr) => write_text(&*expr.value(scope)?, &mut Escaped(out)),
                    }
                }
                out.push('"');
            }
        }
        Ok(())
    }

    fn value(&self, scope: &mut dyn Scope) -> Result<Value, UnknownVariable> {
        Ok(match self {
            Self::List(nodes) => {
                let values = nodes.iter().map(|node| node.value(scope));
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, node)| Ok((key.clone(), node.value(scope)?)));
                Value::Object(members.collect::<Result<_, _>>()?)
            }
            Self::Placeholder(expr) => expr.value(scope)?.into_owned(),
            Self::Static(value) => value.clone(),
            Self::Text(pieces) => {
                let mut text = String::new();
                write_pieces(pieces, scope, Encoding::Plain, &mut text)?;
                Value::String(text)
            }
        })
    }

    /// The value, if it is the same every time.
    fn static_value(&self) -> Option<Value> {
        match self {
            Self::List(nodes) => {
                let values = nodes.iter().map(Self::static_value);
                values.collect::<Option<_>>().map(Value::Array)
            }
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, node)| Some((key.clone(), node.static_value()?)));
                members.collect::<Option<_>>().map(Value::Object)
            }
            Self::Static(value) => Some(value.clone()),
            Self::Placeholder(_) | Self::Text(_) => None,
        }
    }

    fn collect_variables(&self, names: &mut Vec<String>) {
        match self {
            Self::List(nodes) => nodes.iter().for_each(|it| it.collect_variables(names)),
            Self::Object(members) => {
                let nodes = members.iter().map(|(_, node)| node);
                nodes.for_each(|it| it.collect_variables(names));
            }
            Self::Placeholder(Expr::Variable(name)) => names.push(name.clone()),
            Self::Placeholder(_) | Self::Static(_) => (),
            Self::Text(pieces) => {
                names.extend(pieces.iter().filter_map(Piece::variable).map(str::to_owned));
            }
        }
    }
}

/// Writes text as part of a JSON string.
struct Escaped<'a>(&'a mut String);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            match c {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                '\0'..='\x1f' => write!(self.0, "\\u{:04x}", u32::from(c))?,
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

fn compile(value: &Value, pointer: &mut String) -> Result<Node, JsonTemplateError> {
    match value {
        Value::Array(values) => {
            let nodes = values.iter().enumerate();
            let nodes = nodes.map(|(nth, value)| compile_child(value, &nth.to_string(), pointer));
            nodes.collect::<Result<_, _>>().map(Node::List)
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| Ok((key.clone(), compile_child(value, key, pointer)?)));
            members.collect::<Result<_, _>>().map(Node::Object)
        }
        Value::String(text) => compile_text(text).map_err(|error| JsonTemplateError {
            pointer: pointer.clone(),
            error,
        }),
        Value::Bool(_) | Value::Null | Value::Number(_) => Ok(Node::Static(value.clone())),
    }
}

fn compile_child(
    value: &Value,
    key: &str,
    pointer: &mut String,
) -> Result<Node, JsonTemplateError> {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    let node = compile(value, pointer)?;
    pointer.truncate(length);
    Ok(node)
}

fn compile_text(text: &str) -> Result<Node, TemplateError> {
    let mut pieces = parse::pieces(text)?;
    Ok(match pieces.pop() {
        None => Node::Static("".into()),
        Some(Piece::Text(text)) if pieces.is_empty() => Node::Static(text.into()),
        Some(Piece::Value(expr)) if pieces.is_empty() => Node::Placeholder(expr),
        Some(last) => {
            pieces.push(last);
            Node::Text(pieces)
        }
    })
}

fn separator(nth: usize) -> &'static str {
    if nth == 0 { "" } else { "," }
}

fn write_json(value: &Value, out: &mut String) {
    write!(out, "{}", Exactly(value)).expect("a `String` takes everything");
}

fn write_str(text: &str, out: &mut Escaped<'_>) {
    out.write_str(text).expect("a `String` takes everything");
}
