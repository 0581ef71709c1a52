//! How checks, extracts and thresholds are written.

use serde_json::Value;

use super::headers::HeaderName;
use super::values::{Entries, Identifier, Json, Short, Text, Time};
use super::{As, Form, Mistake, TableOr, none_of, only, table};
use crate::judging::check::{Check, StatusSet};
use crate::judging::extract::{Extract, Source};
use crate::judging::query::{JsonPath, Pattern};
use crate::shorten::shorten;
use crate::template::{JsonTemplate, Template};
use crate::verdict::threshold::{Condition, Threshold};

table! {
    /// What an answer must be: one of these, and `equals` beside `json` or `header`.
    struct CheckTable {
        required {}
        optional {
            /// The status: a number such as 200, a class such as "2xx", or a list of both.
            #[cfg_attr(feature = "schema", schemars(with = "Option<crate::plan::format::schema::StatusSchema>"))]
            status: StatusSet,
            /// The response time must not be longer.
            under: Short,
            /// A text that must be in the body.
            contains: Text<Template>,
            /// A regular expression that the body must match somewhere.
            regex: Text<Pattern>,
            /// A JSONPath that must find something in the body.
            json: Text<JsonPath>,
            /// A header that must be there.
            header: Text<HeaderName>,
            /// What `json` must find, or the text `header` must have.
            equals: As<Json>,
        }
    }
}

impl Form for CheckTable {
    type Model = Check;

    fn read(self) -> Result<Check, Mistake> {
        let json = self.json.map(|it| Check::Json {
            path: it.0,
            equals: None,
        });
        let header = self.header.map(|it| Check::Header {
            name: it.0.0,
            equals: None,
        });
        let (_, check) = only(vec![
            ("status", self.status.map(Check::Status)),
            ("under", self.under.map(|it| Check::Under(it.0))),
            ("contains", self.contains.map(|it| Check::Contains(it.0))),
            ("regex", self.regex.map(|it| Check::Regex(it.0))),
            ("json", json),
            ("header", header),
        ])?;
        let equals = self.equals.map(|it| it.0);
        Ok(match check {
            Check::Json { path, .. } => Check::Json { path, equals },
            Check::Header { name, .. } => {
                let equals = equals.as_ref().map(text_template).transpose()?;
                Check::Header { name, equals }
            }
            check => {
                none_of(equals.as_ref(), "equals", "“json” or “header”")?;
                check
            }
        })
    }

    fn write(check: &Check) -> Self {
        let mut table = Self {
            status: None,
            under: None,
            contains: None,
            regex: None,
            json: None,
            header: None,
            equals: None,
        };
        match check {
            Check::Contains(text) => table.contains = Some(Text(text.clone())),
            Check::Header { name, equals } => {
                table.header = Some(Text(HeaderName(name.clone())));
                table.equals = equals.as_ref().and_then(json_template).map(As);
            }
            Check::Json { path, equals } => {
                table.json = Some(Text(path.clone()));
                table.equals = equals.clone().map(As);
            }
            Check::Regex(pattern) => table.regex = Some(Text(pattern.clone())),
            Check::Status(statuses) => table.status = Some(statuses.clone()),
            Check::Under(length) => table.under = Some(Time(*length)),
        }
        table
    }
}

/// The text that a header must have.
fn text_template(equals: &JsonTemplate) -> Result<Template, Mistake> {
    match equals.source() {
        Value::String(text) => Ok(text.parse().map_err(crate::plan::PlanError::from)?),
        other => {
            let found = shorten(&other.to_string()).into_owned();
            Err(Mistake::HeaderText { found })
        }
    }
}

fn json_template(text: &Template) -> Option<JsonTemplate> {
    let template = JsonTemplate::new(Value::String(text.as_str().to_owned()));
    // Never fails: the same text is a template already.
    template.ok()
}

table! {
    /// Where in an answer a value is: one of `json`, `regex` and `header`.
    struct ExtractTable {
        required {}
        optional {
            /// A JSONPath; the first value it finds in the body.
            json: Text<JsonPath>,
            /// A regular expression; its first group, or all that it matches in the body.
            regex: Text<Pattern>,
            /// The value of a header.
            header: Text<HeaderName>,
            /// The value if there is none. Without it, the rest of the task is left out then.
            default: Json,
        }
    }
}

impl Form for ExtractTable {
    // Without the variable, which is the key of the table.
    type Model = (Source, Option<Value>);

    fn read(self) -> Result<Self::Model, Mistake> {
        let (_, source) = only(vec![
            ("json", self.json.map(|it| Source::Json(it.0))),
            ("regex", self.regex.map(|it| Source::Regex(it.0))),
            ("header", self.header.map(|it| Source::Header(it.0.0))),
        ])?;
        Ok((source, self.default.map(|it| it.0)))
    }

    fn write((source, default): &Self::Model) -> Self {
        let mut table = Self {
            json: None,
            regex: None,
            header: None,
            default: default.clone().map(Json),
        };
        match source {
            Source::Header(name) => table.header = Some(Text(HeaderName(name.clone()))),
            Source::Json(path) => table.json = Some(Text(path.clone())),
            Source::Regex(pattern) => table.regex = Some(Text(pattern.clone())),
        }
        table
    }
}

/// Variables and where their values are.
pub(super) type Extracts = Entries<Text<Identifier>, As<ExtractTable>>;

impl Form for Extracts {
    type Model = Vec<Extract>;

    fn read(self) -> Result<Vec<Extract>, Mistake> {
        let extracts = self.0.into_iter().map(|(variable, table)| {
            let (source, default) = table.0;
            Extract {
                variable: variable.0.0,
                source,
                default,
            }
        });
        Ok(extracts.collect())
    }

    fn write(extracts: &Vec<Extract>) -> Self {
        let entries = extracts.iter().map(|extract| {
            let variable = Identifier(extract.variable.clone());
            (
                Text(variable),
                As((extract.source.clone(), extract.default.clone())),
            )
        });
        Self(entries.collect())
    }
}

/// A condition that stops nothing, or a table.
pub(super) type ThresholdForm = TableOr<Text<Condition>, ThresholdTable>;

table! {
    /// A condition on the report that decides whether the run passed.
    struct ThresholdTable {
        required {
            /// The condition, such as "p95 < 500ms" or "fail_ratio < 1%".
            check: Text<Condition>,
        }
        optional {
            /// Whether the run ends as soon as the condition does not hold.
            abort: bool,
        }
    }
}

impl Form for ThresholdForm {
    type Model = Threshold;

    fn read(self) -> Result<Threshold, Mistake> {
        let (check, abort) = match self {
            Self::Short(check) => (check, None),
            Self::Table(table) => (table.check, table.abort),
        };
        Ok(Threshold {
            condition: check.0,
            abort: abort.unwrap_or(false),
        })
    }

    fn write(threshold: &Threshold) -> Self {
        let check = Text(threshold.condition.clone());
        if threshold.abort {
            let abort = Some(true);
            return Self::Table(ThresholdTable { check, abort });
        }
        Self::Short(check)
    }
}
