//! The single values of a plan file: texts, numbers, lengths of time, and any JSON.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

#[cfg(feature = "schema")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Form, Mistake, TableOr};
use crate::digits::grouped;
use crate::judging::query::{JsonPath, Pattern};
use crate::plan::notation::escape::{escaped, unescaped};
use crate::plan::range::Range;
use crate::plan::wait::WaitTime;
use crate::plan::{BaseUrl, PlanError, RunTime, UrlTemplate, parse_length};
use crate::template::{JsonTemplate, Template, is_identifier};
use crate::time::format_length;
use crate::verdict::threshold::Condition;

/// What is made from a text, and knows its text.
pub(in crate::plan) trait Spelled: FromStr<Err: fmt::Display> {
    fn spelling(&self) -> String;
}

macro_rules! spelled {
    ($($type:ty: $method:ident,)*) => {
        $(impl Spelled for $type {
            fn spelling(&self) -> String {
                self.$method().to_owned()
            }
        })*
    };
}

spelled! {
    BaseUrl: as_str,
    Condition: to_string,
    Identifier: as_str,
    JsonPath: as_str,
    Pattern: as_str,
    Template: as_str,
    UrlTemplate: as_str,
}

/// A value that is read from a text.
#[derive(Clone)]
pub(in crate::plan) struct Text<T>(pub(in crate::plan) T);

impl<'de, T: Spelled> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parse<T>(PhantomData<T>);

        impl<T: Spelled> Visitor<'_> for Parse<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Parse(PhantomData)).map(Self)
    }
}

impl<T: Spelled> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.spelling())
    }
}

/// What a variable, a column or a set of rows may be called.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::plan) struct Identifier(pub(in crate::plan) String);

impl Identifier {
    fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identifier {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        if is_identifier(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Mistake::Value(format!(
            "expected a name of letters, digits and _ that does not start with a digit, found “{text}”"
        )))
    }
}

/// A whole number, in `MIN..=MAX`.
#[derive(Clone, Copy)]
pub(in crate::plan) struct Whole<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    pub(in crate::plan) fn new(number: impl Into<u64>) -> Self {
        Self(number.into())
    }

    pub(in crate::plan) fn get(self) -> u64 {
        self.0
    }

    /// The same as a shorter type; for those with a `MAX` that fits.
    pub(in crate::plan) fn small(self) -> u32 {
        const { assert!(MAX <= u32::MAX as u64) };
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Within<const MIN: u64, const MAX: u64>;

        impl<const MIN: u64, const MAX: u64> Visitor<'_> for Within<MIN, MAX> {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if MIN == MAX {
                    return write!(f, "{MIN}");
                }
                let (min, max) = (grouped(MIN, ','), grouped(MAX, ','));
                if MAX == u64::MAX {
                    return write!(f, "a whole number of at least {min}");
                }
                write!(f, "a whole number from {min} to {max}")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
                if (MIN..=MAX).contains(&number) {
                    return Ok(number);
                }
                Err(E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_u64(Within::<MIN, MAX>).map(Self)
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for Whole<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// What a number that may have a fraction is for.
pub(in crate::plan) trait Quantity {
    const RANGE: Range;
}

macro_rules! quantities {
    ($($name:ident: $range:ident;)*) => {
        $(
            pub(in crate::plan) enum $name {}

            impl Quantity for $name {
                const RANGE: Range = Range::$range;
            }
        )*
    };
}

quantities! {
    PerSecond: ARRIVAL_RATE;
    ClassWeight: CLASS_WEIGHT;
    Spawns: SPAWN_RATE;
    Spread: SPREAD;
    Unit: UNIT;
    Tasks: TASK_RATE;
}

/// A number that may have a fraction.
pub(in crate::plan) struct Real<Q>(f64, PhantomData<Q>);

impl<Q> Real<Q> {
    pub(in crate::plan) fn new(number: impl Into<f64>) -> Self {
        Self(number.into(), PhantomData)
    }

    pub(in crate::plan) fn get(&self) -> f64 {
        self.0
    }
}

impl<'de, Q: Quantity> Deserialize<'de> for Real<Q> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Within<Q>(PhantomData<Q>);

        impl<Q: Quantity> Visitor<'_> for Within<Q> {
            type Value = f64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&Q::RANGE, f)
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<f64, E> {
                self.visit_f64(number as f64)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<f64, E> {
                self.visit_f64(number as f64)
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<f64, E> {
                if !Q::RANGE.contains(number) {
                    return Err(E::invalid_value(Unexpected::Float(number), &self));
                }
                // No negative zero.
                Ok(number + 0.0)
            }
        }
        let number = deserializer.deserialize_f64(Within::<Q>(PhantomData))?;
        Ok(Self::new(number))
    }
}

impl<Q> Serialize for Real<Q> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = self.0 as u64;
        // `2` and not `2.0`; where it is longer than what a person would write, it does not matter.
        if whole as f64 == self.0 && whole < 1 << 53 {
            serializer.serialize_u64(whole)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

/// How a kind of length is read.
pub(in crate::plan) trait LengthKind {
    const EXPECTED: &'static str = "a length of time such as “1.5s”, or a number of seconds";

    type Length: Copy + Into<Duration>;

    fn from_text(text: &str) -> Result<Self::Length, Mistake>;

    fn from_duration(length: Duration) -> Result<Self::Length, Mistake>;
}

/// A length of time, at most a day.
pub(in crate::plan) struct Length;

impl Length {
    const MAX: Duration = WaitTime::MAX;
}

impl LengthKind for Length {
    type Length = Duration;

    fn from_text(text: &str) -> Result<Duration, Mistake> {
        Ok(parse_length(text, Self::MAX)?)
    }

    fn from_duration(length: Duration) -> Result<Duration, Mistake> {
        if length <= Self::MAX {
            return Ok(length);
        }
        Err(Mistake::Plan(PlanError::Length {
            max: Self::MAX,
            got: format_length(length),
        }))
    }
}

/// A [`Length`] above zero.
pub(in crate::plan) struct TimeoutLength;

impl TimeoutLength {
    fn above_zero(length: Duration) -> Result<Duration, Mistake> {
        match length {
            Duration::ZERO => Err(Mistake::Timeout),
            length => Ok(length),
        }
    }
}

impl LengthKind for TimeoutLength {
    type Length = Duration;

    fn from_text(text: &str) -> Result<Duration, Mistake> {
        Length::from_text(text).and_then(Self::above_zero)
    }

    fn from_duration(length: Duration) -> Result<Duration, Mistake> {
        Length::from_duration(length).and_then(Self::above_zero)
    }
}

/// A [`Length`] where a table may stand as well.
pub(in crate::plan) struct WaitLength;

impl LengthKind for WaitLength {
    const EXPECTED: &'static str = "a length of time such as “1.5s”, a number of seconds, or a table with a rule such as “between”";

    type Length = Duration;

    fn from_text(text: &str) -> Result<Duration, Mistake> {
        Length::from_text(text)
    }

    fn from_duration(length: Duration) -> Result<Duration, Mistake> {
        Length::from_duration(length)
    }
}

/// A length of time above zero that may be many years, for a run and its stages.
pub(in crate::plan) struct RunLength;

impl LengthKind for RunLength {
    type Length = RunTime;

    fn from_text(text: &str) -> Result<RunTime, Mistake> {
        // More than Locust's notation: a plan may hold a fraction of a second.
        let length = parse_length(text, Duration::MAX).ok();
        let run_time = length.and_then(|it| RunTime::try_from(it).ok());
        run_time.ok_or_else(|| {
            Mistake::Plan(PlanError::RunTime {
                got: text.to_owned(),
            })
        })
    }

    fn from_duration(length: Duration) -> Result<RunTime, Mistake> {
        Ok(length.try_into()?)
    }
}

/// A length of time: a text with units, or a number of seconds.
pub(in crate::plan) struct Time<K: LengthKind>(pub(in crate::plan) K::Length);

/// A [`Time`] of at most a day.
pub(in crate::plan) type Short = Time<Length>;

/// A [`Time`] of at most a day, and above zero.
pub(in crate::plan) type Timeout = Time<TimeoutLength>;

impl<'de, K: LengthKind> Deserialize<'de> for Time<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parse<K>(PhantomData<K>);

        impl<K: LengthKind> Visitor<'_> for Parse<K> {
            type Value = K::Length;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(K::EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<K::Length, E> {
                K::from_text(text).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, secs: u64) -> Result<K::Length, E> {
                K::from_duration(Duration::from_secs(secs)).map_err(E::custom)
            }

            fn visit_f64<E: Error>(self, secs: f64) -> Result<K::Length, E> {
                let Ok(length) = Duration::try_from_secs_f64(secs) else {
                    return Err(E::invalid_value(Unexpected::Float(secs), &self));
                };
                K::from_duration(length).map_err(E::custom)
            }
        }
        deserializer
            .deserialize_any(Parse::<K>(PhantomData))
            .map(Self)
    }
}

impl<K: LengthKind> Serialize for Time<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_length(self.0.into()))
    }
}

/// Any JSON. What TOML cannot say is in a table with the only key [`ESCAPE`](crate::plan::notation::escape::ESCAPE), as a text of JSON.
#[derive(Clone)]
pub(in crate::plan) struct Json(pub(in crate::plan) Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // The text may come from a field of the form, where nobody has seen the key.
        unescaped(value).map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        escaped(&self.0).serialize(serializer)
    }
}

/// A value of a row: any [`Json`] but lists and tables.
pub(in crate::plan) struct Scalar(pub(in crate::plan) Value);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found = match Json::deserialize(deserializer)?.0 {
            Value::Array(_) => "a list",
            Value::Object(_) => "a table",
            scalar => return Ok(Self(scalar)),
        };
        Err(D::Error::custom(format!(
            "expected a text, a number, true or false, found {found}"
        )))
    }
}

impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Form for Json {
    type Model = JsonTemplate;

    fn read(self) -> Result<JsonTemplate, Mistake> {
        JsonTemplate::new(self.0).map_err(|error| Mistake::Value(error.to_string()))
    }

    fn write(template: &JsonTemplate) -> Self {
        Self(template.source().clone())
    }
}

/// What stands before a value in a table with any keys.
pub(in crate::plan) trait EntryKey<V> {
    /// Whether the value may stand there.
    fn check(&self, _value: &V) -> Result<(), Mistake> {
        Ok(())
    }
}

/// Reads the value that stands beside a key, so that what is wrong with both is told at its line.
struct Beside<'a, K, V>(&'a K, PhantomData<V>);

impl<'de, K: EntryKey<V>, V: Deserialize<'de>> DeserializeSeed<'de> for Beside<'_, K, V> {
    type Value = V;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<V, D::Error> {
        let value = V::deserialize(deserializer)?;
        self.0.check(&value).map_err(D::Error::custom)?;
        Ok(value)
    }
}

/// A table with any keys, in the order of the file.
pub(in crate::plan) struct Entries<K, V>(pub(in crate::plan) Vec<(K, V)>);

impl<'de, K, V> Deserialize<'de> for Entries<K, V>
where
    K: Deserialize<'de> + EntryKey<V>,
    V: Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<K, V>(PhantomData<(K, V)>);

        impl<'de, K, V> Visitor<'de> for Each<K, V>
        where
            K: Deserialize<'de> + EntryKey<V>,
            V: Deserialize<'de>,
        {
            type Value = Vec<(K, V)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key()? {
                    // What is wrong is written down, and the next entry may have more.
                    if let Ok(value) = map.next_value_seed(Beside(&key, PhantomData)) {
                        entries.push((key, value));
                    }
                }
                Ok(entries)
            }
        }
        deserializer.deserialize_map(Each(PhantomData)).map(Self)
    }
}

impl<K: Serialize, V: Serialize> Serialize for Entries<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Names with texts: a table, or a list of pairs, which may have the same name more than once.
pub(in crate::plan) type Pairs<K, V> = TableOr<PairList<K, V>, Entries<Text<K>, Text<V>>>;

impl<K, V> Pairs<K, V> {
    pub(in crate::plan) fn of(pairs: Vec<(Text<K>, Text<V>)>, is_same: fn(&K, &K) -> bool) -> Self {
        match repeated(&pairs, is_same) {
            Some(_) => Self::Short(PairList(pairs)),
            None => Self::Table(Entries(pairs)),
        }
    }
}

pub(in crate::plan) struct PairList<K, V>(pub(in crate::plan) Vec<(Text<K>, Text<V>)>);

/// A name and its text, as a list of both.
struct Pair<K, V>(Text<K>, Text<V>);

impl<'de, K: Spelled, V: Spelled> Deserialize<'de> for Pair<K, V>
where
    Text<K>: EntryKey<Text<V>>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, value) = Deserialize::deserialize(deserializer)?;
        let pair = Self(key, value);
        pair.0.check(&pair.1).map_err(D::Error::custom)?;
        Ok(pair)
    }
}

impl<'de, K: Spelled, V: Spelled> Deserialize<'de> for PairList<K, V>
where
    Text<K>: EntryKey<Text<V>>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Spelled, V: Spelled> Visitor<'de> for Each<K, V>
        where
            Text<K>: EntryKey<Text<V>>,
        {
            type Value = Vec<(Text<K>, Text<V>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table, or a list of pairs")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(Pair(name, value)) = seq.next_element()? {
                    pairs.push((name, value));
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_seq(Each(PhantomData)).map(Self)
    }
}

impl<K: Spelled, V: Spelled> Serialize for PairList<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The first name that is there again.
pub(in crate::plan) fn repeated<K, V>(
    pairs: &[(Text<K>, Text<V>)],
    is_same: fn(&K, &K) -> bool,
) -> Option<&K> {
    let names = pairs.iter().enumerate();
    names
        .map(|(index, pair)| (&pairs[..index], &pair.0.0))
        .find(|(earlier, name)| earlier.iter().any(|it| is_same(&it.0.0, name)))
        .map(|(_, name)| name)
}

/// Any text.
#[derive(Clone, PartialEq)]
pub(in crate::plan) struct AnyText(pub(in crate::plan) String);

impl FromStr for AnyText {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Spelled for AnyText {
    fn spelling(&self) -> String {
        self.0.clone()
    }
}

impl<V> EntryKey<V> for Text<Identifier> {}

impl EntryKey<Text<Template>> for Text<AnyText> {}

pub(in crate::plan) type Fields = Pairs<AnyText, Template>;

impl Form for Fields {
    type Model = Vec<(String, Template)>;

    fn read(self) -> Result<Self::Model, Mistake> {
        let (Self::Short(PairList(pairs)) | Self::Table(Entries(pairs))) = self;
        let pairs = pairs.into_iter();
        Ok(pairs.map(|(name, value)| (name.0.0, value.0)).collect())
    }

    fn write(fields: &Self::Model) -> Self {
        let pairs = fields.iter();
        let pairs = pairs.map(|(name, value)| (Text(AnyText(name.clone())), Text(value.clone())));
        Self::of(pairs.collect(), PartialEq::eq)
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use super::*;

    /// For a type that is described where it stands.
    macro_rules! inline {
        () => {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                std::any::type_name::<Self>().into()
            }
        };
    }

    impl<T> JsonSchema for Text<T> {
        inline!();

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "string" })
        }
    }

    impl<const MIN: u64, const MAX: u64> JsonSchema for Whole<MIN, MAX> {
        inline!();

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "integer", "minimum": MIN, "maximum": MAX })
        }
    }

    impl<Q: Quantity> JsonSchema for Real<Q> {
        inline!();

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            let (key, min) = match Q::RANGE.min {
                Some(min) => ("minimum", min),
                None => ("exclusiveMinimum", 0),
            };
            json_schema!({ "type": "number", key: min, "maximum": Q::RANGE.max })
        }
    }

    impl<K: LengthKind> JsonSchema for Time<K> {
        fn schema_name() -> Cow<'static, str> {
            "Length".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "A length of time: a number with ms, s, m or h, several of them in \
                                a row, such as 500ms, 1.5s, 3m or 1h20m; or a number of seconds.",
                "anyOf": [{ "type": "string" }, { "type": "number", "minimum": 0 }],
            })
        }
    }

    impl JsonSchema for Scalar {
        inline!();

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Json::json_schema(generator)
        }
    }

    impl JsonSchema for Json {
        inline!();

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            true.into()
        }
    }

    impl<K, V> JsonSchema for PairList<K, V> {
        inline!();

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            generator.subschema_for::<Vec<(Text<K>, Text<V>)>>()
        }
    }

    impl<K, V: JsonSchema> JsonSchema for Entries<K, V> {
        inline!();

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let value = generator.subschema_for::<V>();
            json_schema!({ "type": "object", "additionalProperties": value })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers() {
        for text in ["a", "_", "a_1", "Z9"] {
            assert!(text.parse::<Identifier>().is_ok(), "{text}");
        }
        for text in ["", "1a", "a b", "a.b", "ä", "a-b"] {
            assert!(text.parse::<Identifier>().is_err(), "{text}");
        }
    }
}
