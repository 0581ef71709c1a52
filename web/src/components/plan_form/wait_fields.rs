//! How long users wait: a rule, and its numbers.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::plan_field::{Choice, Kind, PlanField, choice, framed};
use crate::draft::keys::{Edit, Path};

/// The rules of a wait between tasks.
pub(super) const TASK_RULES: &[Choice] = &[
    ("", "No wait"),
    ("constant", "Constant"),
    ("between", "Between two times"),
    ("pacing", "Constant pacing"),
    ("throughput", "Constant throughput"),
    ("poisson", "Poisson"),
];

/// The rules of a wait between the tasks of a set.
pub(super) const SET_RULES: &[Choice] = &[
    ("", "Same as outside the set"),
    ("constant", "Constant"),
    ("between", "Between two times"),
    ("pacing", "Constant pacing"),
    ("throughput", "Constant throughput"),
    ("poisson", "Poisson"),
];

/// The rules of a wait between two requests, which know nothing of the task.
pub(super) const STEP_RULES: &[Choice] = &[
    ("constant", "Constant"),
    ("between", "Between two times"),
    ("poisson", "Poisson"),
];

#[derive(PartialEq, Properties)]
pub(super) struct WaitFieldsProps {
    pub editor: Editor,
    /// Where the wait is.
    pub path: Path,
    #[prop_or("Wait time".into())]
    pub label: AttrValue,
    /// The rules to choose from.
    #[prop_or(TASK_RULES)]
    pub rules: &'static [Choice],
}

#[component]
pub(super) fn WaitFields(props: &WaitFieldsProps) -> Html {
    let WaitFieldsProps { editor, path, .. } = props;
    let wait = editor.get(path);
    let rule = rule_of(wait);
    let on_rule = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |rule: String| {
            editor.edit(match with_rule(editor.get(&path), &rule) {
                Some(wait) => Edit::Set(path.clone(), wait),
                None => Edit::Remove(path.clone()),
            });
        })
    };
    let id = format!("{}-rule", path.id());
    let label = editor.label(&props.label, path);
    let is_shown_below = rule == "constant" || rule == "between";
    let error = editor.error(&path.key(rule)).or_else(|| editor.error(path));
    let error = error.filter(|_| !is_shown_below || wait.is_some_and(Value::is_array));
    let select = choice(id.clone(), label, props.rules, rule, &on_rule);
    let hint = if props.rules == STEP_RULES {
        ""
    } else {
        "between tasks"
    };
    html! {
        <div class="fields">
            { framed(&id, Some(&props.label), select, error, hint.into()) }
            { numbers(editor, path, rule) }
        </div>
    }
}

/// The fields of a rule.
fn numbers(editor: &Editor, path: &Path, rule: &'static str) -> Html {
    let field = |label: &'static str, path: Path, also: Option<Path>, hint: &'static str| {
        html! {
            <PlanField
                editor={editor.clone()}
                {label}
                {path}
                {also}
                kind={Kind::Number}
                stays=true
                input_mode="decimal"
                {hint}
            />
        }
    };
    let is_table = editor.get(path).is_some_and(Value::is_object);
    match rule {
        "between" => {
            let between = path.key("between");
            html! {
                <>
                    { field("Wait from", between.index(0), None, SECONDS) }
                    { field("Wait to", between.index(1), Some(path.clone()), SECONDS) }
                </>
            }
        }
        "constant" if is_table => field(
            "Wait for",
            path.key("constant"),
            Some(path.clone()),
            SECONDS,
        ),
        "constant" => field("Wait for", path.clone(), None, SECONDS),
        "pacing" => field(
            "Pace",
            path.key("pacing"),
            None,
            "from start to start, in seconds",
        ),
        "throughput" => field(
            "Throughput",
            path.key("throughput"),
            None,
            "tasks per second for each user",
        ),
        "poisson" => field(
            "Rate",
            path.key("poisson"),
            None,
            "waits per second on average",
        ),
        _ => Html::default(),
    }
}

/// The key of the rule; empty if there is no wait.
fn rule_of(wait: Option<&Value>) -> &'static str {
    match wait {
        None => "",
        Some(Value::Object(table)) => {
            let rules = TASK_RULES.iter().map(|it| it.0);
            let mut rules = rules.filter(|it| table.contains_key(*it));
            rules.next().unwrap_or("")
        }
        Some(_) => "constant",
    }
}

/// The numbers of a rule.
fn numbers_of(wait: Option<&Value>) -> Vec<Value> {
    let numbers = match wait {
        Some(Value::Object(table)) => table.get(rule_of(wait)).cloned(),
        other => other.cloned(),
    };
    match numbers {
        Some(Value::Array(numbers)) => numbers,
        numbers => numbers.into_iter().collect(),
    }
}

/// The wait under another rule, with the lengths it had; `None` for no wait.
fn with_rule(wait: Option<&Value>, rule: &str) -> Option<Value> {
    let is_rate = |rule: &str| matches!(rule, "poisson" | "throughput");
    let old = numbers_of(wait);
    let old = old.into_iter().filter(|_| !is_rate(rule_of(wait)));
    let old: Vec<Value> = old.collect();
    let first = old.first().cloned().unwrap_or_else(|| 1.into());
    match rule {
        "" => None,
        "between" => {
            let last = old.last().cloned().unwrap_or_else(|| 2.into());
            Some(json!({ "between": [first, last] }))
        }
        "constant" => Some(first),
        rate if is_rate(rate) => Some(json!({ rate: 1 })),
        rule => Some(json!({ rule: first })),
    }
}

const SECONDS: &str = "in seconds, or such as 500ms";

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wait: Value, rule: &str, expected: Value) {
        assert_eq!(with_rule(Some(&wait), rule), Some(expected), "{wait}");
    }

    #[test]
    fn another_rule_keeps_the_lengths() {
        check(json!("1s"), "between", json!({ "between": ["1s", "1s"] }));
        check(json!({ "between": [1, 5] }), "constant", json!(1));
        check(
            json!({ "between": [1, 5] }),
            "pacing",
            json!({ "pacing": 1 }),
        );
        check(
            json!({ "pacing": "2s" }),
            "throughput",
            json!({ "throughput": 1 }),
        );
        check(
            json!({ "poisson": 9 }),
            "between",
            json!({ "between": [1, 2] }),
        );
        assert_eq!(with_rule(Some(&json!(1)), ""), None);
        assert_eq!(with_rule(None, "constant"), Some(json!(1)));
    }
}
