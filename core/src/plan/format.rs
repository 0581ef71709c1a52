//! What a plan file looks like: one struct for each table, from which serde reads and writes, and
//! from which the schema is made. The doc comments of keys are what the schema says about them.
//!
//! These types know no lines and no notation, TOML or JSON. What they are made of is turned into
//! the model right where it is read, so that an error belongs to the table that is wrong.

mod check;
mod headers;
mod load;
mod plan;
mod request;
#[cfg(feature = "schema")]
mod schema;
mod simulated;
mod task;
mod tls;
mod user_class;
mod values;
mod wait;

#[cfg(feature = "schema")]
use std::borrow::Cow;
use std::time::Duration;

#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Serialize, Serializer};

pub(super) use self::plan::PlanFile;
pub(super) use self::request::METHODS;
use crate::plan::PlanError;
use crate::plan::notation::messages;
use crate::time::format_length;

/// How a value of the model is written in a file.
pub(super) trait Form: Sized {
    type Model;

    fn read(self) -> Result<Self::Model, Mistake>;

    fn write(model: &Self::Model) -> Self;
}

/// Why what is written in a table does not make sense together.
#[derive(Debug, thiserror::Error)]
pub(super) enum Mistake {
    #[error("expected “{key}” only beside {owner}")]
    Beside {
        key: &'static str,
        owner: &'static str,
    },
    #[error("expected “host” or “simulated”, found both")]
    BothTargets,
    #[error("expected “locustfile” or “user_class”, found both")]
    BothTasks,
    #[error("expected “fixed_count” or “weight”, found both")]
    BothShares,
    #[error("expected a text for “equals” beside “header”, found {found}")]
    HeaderText { found: String },
    #[error(
        "expected a load of users or stages beside “locustfile”, found arrivals, which only tasks of a plan have"
    )]
    LocustfileArrivals,
    #[error("expected the key “user_class”, or else “locustfile”, found none")]
    NoTasks,
    #[error("expected at least one step")]
    NoStep,
    #[error("expected at least one row")]
    NoRow,
    #[error(
        "expected one of {}, found {}",
        messages::keys(expected, "or"),
        found_keys(found)
    )]
    OneOf {
        expected: Vec<&'static str>,
        found: Vec<&'static str>,
    },
    #[error("expected a length of time above 0, found 0")]
    Timeout,
    /// A wait between two requests that depends on the length of a task.
    #[error(
        "expected a wait that does not depend on the task, such as “between”, found one that paces tasks"
    )]
    PacingStep,
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("expected the keys of the first row, {}, in row {}, found {}", words(expected), index + 1, words(found))]
    RowKeys {
        index: usize,
        expected: Vec<String>,
        found: Vec<String>,
    },
    #[error("expected each header once, found “{name}” again; a list of pairs may repeat it")]
    SameHeader { name: String },
    #[error("expected a length that is not above the other, found {} to {}", format_length(*from), format_length(*to))]
    Uniform { from: Duration, to: Duration },
    /// What a type outside of the plan says about a value.
    #[error("{0}")]
    Value(String),
    #[error("expected “{missing}” beside “{key}”, found none")]
    Without {
        key: &'static str,
        missing: &'static str,
    },
}

fn found_keys(found: &[&str]) -> String {
    if found.is_empty() {
        "none of them".to_owned()
    } else {
        messages::keys(found, "and")
    }
}

fn words(keys: &[String]) -> String {
    let words: Vec<&str> = keys.iter().map(String::as_str).collect();
    messages::keys(&words, "and")
}

/// Reads and writes a value of the model in its form.
pub(super) struct As<F: Form>(pub(super) F::Model);

/// The forms of several values.
fn forms<F: Form<Model: Clone>>(models: &[F::Model]) -> Vec<As<F>> {
    models.iter().map(|it| As(it.clone())).collect()
}

/// The forms of several values, if there are any.
fn some_forms<F: Form<Model: Clone>>(models: &[F::Model]) -> Option<Vec<As<F>>> {
    (!models.is_empty()).then(|| forms(models))
}

/// The values of a list that may be left out.
fn models<F: Form>(list: Option<Vec<As<F>>>) -> Vec<F::Model> {
    list.into_iter().flatten().map(|it| it.0).collect()
}

impl<'de, F: Form + Deserialize<'de>> Deserialize<'de> for As<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = F::deserialize(deserializer)?;
        form.read().map(Self).map_err(Error::custom)
    }
}

impl<F: Form + Serialize> Serialize for As<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        F::write(&self.0).serialize(serializer)
    }
}

/// A table, or something shorter for its most common case.
pub(super) enum TableOr<S, T> {
    Short(S),
    Table(T),
}

impl<'de, S: Deserialize<'de>, T: Deserialize<'de>> Deserialize<'de> for TableOr<S, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

impl<S: Serialize, T: Serialize> Serialize for TableOr<S, T> {
    fn serialize<R: Serializer>(&self, serializer: R) -> Result<R::Ok, R::Error> {
        match self {
            Self::Short(short) => short.serialize(serializer),
            Self::Table(table) => table.serialize(serializer),
        }
    }
}

struct Either<S, T>(std::marker::PhantomData<(S, T)>);

/// Everything but a table is for the short form to judge.
macro_rules! visit_short {
    ($($method:ident: $type:ty),*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<Self::Value, E> {
            S::deserialize(value.into_deserializer()).map(TableOr::Short)
        })*
    };
}

impl<'de, S: Deserialize<'de>, T: Deserialize<'de>> Visitor<'de> for Either<S, T> {
    type Value = TableOr<S, T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value or a table")
    }

    visit_short!(visit_bool: bool, visit_f64: f64, visit_i64: i64, visit_str: &str, visit_u64: u64);

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        S::deserialize(().into_deserializer()).map(TableOr::Short)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        S::deserialize(SeqAccessDeserializer::new(seq)).map(TableOr::Short)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(TableOr::Table)
    }
}

/// The only one of `options` that is there, and its key.
fn only<T>(options: Vec<(&'static str, Option<T>)>) -> Result<(&'static str, T), Mistake> {
    let expected = options.iter().map(|it| it.0).collect();
    let mut there: Vec<(&'static str, T)> = options
        .into_iter()
        .filter_map(|(key, option)| Some((key, option?)))
        .collect();
    match there.pop() {
        Some(only) if there.is_empty() => Ok(only),
        last => Err(Mistake::OneOf {
            expected,
            found: there.into_iter().chain(last).map(|it| it.0).collect(),
        }),
    }
}

/// Fails if there is `option`, which belongs beside `owner`.
fn none_of<T>(option: Option<&T>, key: &'static str, owner: &'static str) -> Result<(), Mistake> {
    option.map_or(Ok(()), |_| Err(Mistake::Beside { key, owner }))
}

/// Defines a table of the format: the keys that must be there, and those that may be left out. They
/// are written in this order.
macro_rules! table {
    (
        $(#[$meta:meta])*
        struct $name:ident {
            required { $($(#[$first_meta:meta])* $first:ident: $first_type:ty,)* }
            optional { $($(#[$optional_meta:meta])* $optional:ident: $optional_type:ty,)* }
            $(required { $($(#[$last_meta:meta])* $last:ident: $last_type:ty,)* })?
        }
    ) => {
        #[derive(serde::Deserialize, serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        pub(in crate::plan) struct $name {
            $($(#[$first_meta])* $first: $first_type,)*
            $(
                $(#[$optional_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                $optional: Option<$optional_type>,
            )*
            $($($(#[$last_meta])* $last: $last_type,)*)?
        }
    };
}
use table;

#[cfg(feature = "schema")]
impl<F: Form + JsonSchema> JsonSchema for As<F> {
    fn inline_schema() -> bool {
        F::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        F::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        F::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        F::json_schema(generator)
    }
}

#[cfg(feature = "schema")]
impl<S: JsonSchema, T: JsonSchema> JsonSchema for TableOr<S, T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Or{}", S::schema_name(), T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let short = generator.subschema_for::<S>();
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [short, table] })
    }
}
