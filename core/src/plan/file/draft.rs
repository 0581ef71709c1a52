//! A plan that is being written: keys and values, right or wrong.

use serde_json::{Map, Number, Value as Json};

use super::{is_json, read_tree};
use crate::plan::notation::errors::PlanErrors;
use crate::plan::notation::tree::{Node, Value};
use crate::plan::notation::{read_json, read_toml, write_toml};

/// The keys and values of a plan that is being written, which need not make sense yet.
///
/// It is what an editor works on: a person changes one value after another, in a form or in text,
/// and most of what lies between two plans is none. What is wrong with it says
/// [`Plan::from_toml`](crate::plan::Plan::from_toml) about its [`to_toml`](Self::to_toml), with
/// lines. Comments are not kept.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Draft {
    /// The keys of the whole plan, in the order in which they are written.
    pub keys: Map<String, Json>,
}

impl Draft {
    /// Reads any TOML.
    ///
    /// # Errors
    ///
    /// Fails if the notation is broken, or if the text is longer or deeper than that of a plan may
    /// be. No key is looked at.
    pub fn from_toml(text: &str) -> Result<Self, PlanErrors> {
        Self::read(text, read_toml::read)
    }

    /// Reads a table in JSON.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml); fails as well if there is no table around it all.
    pub fn from_json(text: &str) -> Result<Self, PlanErrors> {
        Self::read(text, read_json::read)
    }

    /// Reads TOML or JSON, whichever it is.
    ///
    /// # Errors
    ///
    /// As [`from_json`](Self::from_json).
    pub fn from_text(text: &str) -> Result<Self, PlanErrors> {
        if is_json(text) {
            Self::from_json(text)
        } else {
            Self::from_toml(text)
        }
    }

    fn read(text: &str, parse: super::Parse) -> Result<Self, PlanErrors> {
        let root = read_tree(text, parse)?;
        let line = root.line;
        match json(root) {
            Json::Object(keys) => Ok(Self { keys }),
            _ => Err(PlanErrors::one(line, "expected a table around it all")),
        }
    }

    /// The draft in TOML, laid out as [`Plan::to_toml`](crate::plan::Plan::to_toml) does it.
    pub fn to_toml(&self) -> String {
        write_toml::write(&self.keys)
    }

    /// The draft in JSON, with line breaks.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", Json::Object(self.keys.clone()))
    }
}

fn json(node: Node) -> Json {
    match node.value {
        Value::Bool(is) => is.into(),
        // The trees of both notations hold nothing that JSON cannot.
        Value::Float(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
        Value::List(nodes) => nodes.into_iter().map(json).collect(),
        Value::Null => Json::Null,
        Value::Table(entries) => {
            let entries = entries.into_iter().map(|it| (it.key, json(it.node)));
            Json::Object(entries.collect())
        }
        Value::Text(text) => text.into(),
        Value::Whole(number) => match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => Json::Null,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::Plan;

    fn draft(keys: Json) -> Draft {
        let Json::Object(keys) = keys else {
            panic!("a draft is a table");
        };
        Draft { keys }
    }

    #[test]
    fn what_makes_no_sense_yet_is_kept() {
        let written = draft(json!({
            "version": 1,
            "host": "localhost",
            "load": { "users": "many", "spawn_rate": -2.5 },
            "user_class": [{
                "name": "",
                "wait": { "constant": "1s" },
                "task": [{ "get": "/" }, {}],
            }],
        }));
        let text = written.to_toml();
        assert_eq!(
            text,
            "version = 1\n\
             host = \"localhost\"\n\
             \n\
             [load]\n\
             users = \"many\"\n\
             spawn_rate = -2.5\n\
             \n\
             [[user_class]]\n\
             name = \"\"\n\
             wait = { constant = \"1s\" }\n\
             \n\
             [[user_class.task]]\n\
             get = \"/\"\n\
             \n\
             [[user_class.task]]\n"
        );
        assert_eq!(Draft::from_toml(&text), Ok(written.clone()));
        assert_eq!(Draft::from_json(&written.to_json()), Ok(written));
    }

    #[test]
    fn the_problems_of_a_draft_have_the_lines_of_its_text() {
        let written = draft(json!({ "version": 1, "load": { "users": "many" } }));
        let errors = Plan::from_toml(&written.to_toml()).unwrap_err();
        let first = &errors.as_slice()[0];
        let users = errors.as_slice().iter().find(|it| it.path == "load.users");
        assert_eq!(users.and_then(|it| it.line), Some(4), "{first}");
    }

    #[test]
    fn a_plan_and_its_draft_are_written_alike() {
        let text = include_str!("tests/sample.toml");
        let plan = Plan::from_toml(text).unwrap();
        let written = Draft::from_toml(text).unwrap();
        assert_eq!(Plan::from_toml(&written.to_toml()), Ok(plan.clone()));
        assert_eq!(
            Draft::from_toml(&plan.to_toml()).unwrap().to_toml(),
            plan.to_toml()
        );
    }

    #[track_caller]
    fn check_json(text: &str, expected: &str) {
        let errors = Draft::from_json(text).unwrap_err();
        assert_eq!(errors.to_string(), expected);
    }

    #[test]
    fn what_is_no_table_is_no_draft() {
        check_json("[1]", "line 1: expected a table around it all");
        let broken = Draft::from_toml("a = 1\nb =").unwrap_err();
        assert_eq!(broken.as_slice()[0].line, Some(2));
    }

    #[test]
    fn all_numbers_survive_that_can() {
        let text = "a = 9223372036854775807\nb = -9223372036854775808\nc = 1.5\nd = 18446744073709551615\n";
        let written = Draft::from_toml(text).unwrap();
        assert_eq!(written.keys["a"], json!(i64::MAX));
        assert_eq!(written.keys["b"], json!(i64::MIN));
        assert_eq!(written.keys["c"], json!(1.5));
        assert_eq!(written.keys["d"], json!(u64::MAX));
        assert!(Draft::from_toml("e = inf").is_err());
    }
}
