//! What few plans need: what all requests have in common, how a run ends, and the simulated API.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::list::use_list;
use super::pairs_table::PairsTable;
use super::plan_field::{Choice, Kind, PlanField, choice, framed, plan_select};
use crate::draft::keys::{Edit, Path};

#[derive(PartialEq, Properties)]
struct StallsProps {
    editor: Editor,
}

/// A field that needs nothing special: its label, where it is, what is shown while it is empty, and a
/// hint.
pub(super) type Plain = (
    &'static str,
    &'static [&'static str],
    Kind,
    &'static str,
    &'static str,
);

pub(super) const ENDS: &[Plain] = &[
    (
        "Max requests",
        &["load", "max_requests"],
        Kind::Number,
        "no limit",
        "the run ends after this many requests",
    ),
    (
        "Stop timeout",
        &["load", "stop_timeout"],
        Kind::Number,
        "0",
        "seconds for tasks under way to finish",
    ),
    (
        "Seed",
        &["load", "seed"],
        Kind::Number,
        "new for each run",
        "the same seed gives the same random choices",
    ),
    (
        "Autostop",
        &["load", "autostop"],
        Kind::Json,
        "hosts of others",
        "true or false: heed Retry-After, and end where the target refuses or is gone",
    ),
];

pub(super) const TAGS: &[Plain] = &[
    (
        "Only tags",
        &["tags"],
        Kind::List,
        "all tasks",
        "separated by commas",
    ),
    (
        "Without tags",
        &["exclude_tags"],
        Kind::List,
        "none",
        "separated by commas",
    ),
];

pub(super) const SIMULATED: &[Plain] = &[
    (
        "Requests at once",
        &["simulated", "workers"],
        Kind::Number,
        "4",
        "all others wait in a queue",
    ),
    (
        "Max in flight",
        &["simulated", "max_in_flight"],
        Kind::Number,
        "6",
        "including queued requests",
    ),
    (
        "Fail ratio",
        &["simulated", "error_rate"],
        Kind::Number,
        "0",
        "answered with status 500, from 0 to 1",
    ),
];

pub(super) fn path_of((_, keys, ..): &Plain) -> Path {
    keys.iter().fold(Path::root(), |path, key| path.key(key))
}

fn plain(field: &Plain, editor: &Editor) -> Html {
    let (label, _, kind, placeholder, hint) = field;
    html! {
        <PlanField
            editor={editor.clone()}
            label={*label}
            path={path_of(field)}
            kind={*kind}
            placeholder={*placeholder}
            hint={*hint}
        />
    }
}

/// What few plans need.
pub(super) fn advanced(editor: &Editor) -> Html {
    let request = Path::of("request");
    let (redirects, cookies) = (request.key("follow_redirects"), request.key("cookies"));
    html! {
        <>
            <div class="fields">{ for ENDS.iter().map(|it| plain(it, editor)) }</div>
            <div class="fields">{ for TAGS.iter().map(|it| plain(it, editor)) }</div>
            <fieldset class="block">
                <legend>{ "All requests" }</legend>
                { super::error_line(editor, &request) }
                <div class="fields">
                    <PlanField
                        editor={editor.clone()}
                        label="Timeout"
                        path={request.key("timeout")}
                        kind={Kind::Number}
                        placeholder="30s"
                        hint="in seconds, or such as 500ms"
                    />
                    { plan_select(editor, "Redirects", &redirects, REDIRECTS, "") }
                    { plan_select(editor, "Cookies", &cookies, COOKIES, COOKIES_HINT) }
                </div>
                <PairsTable
                    editor={editor.clone()}
                    path={request.key("headers")}
                    legend="Headers"
                    noun="header"
                />
            </fieldset>
        </>
    }
}

/// How the simulated API answers.
pub(super) fn simulated(editor: &Editor) -> Html {
    let simulated = Path::of("simulated");
    html! {
        <>
            { super::error_line(editor, &simulated) }
            <div class="fields">{ for SIMULATED.iter().map(|it| plain(it, editor)) }</div>
            <ServiceTime editor={editor.clone()} path={simulated.key("service_time")} />
            <Stalls editor={editor.clone()} />
        </>
    }
}

/// When the simulated API stands still.
#[component]
fn Stalls(props: &StallsProps) -> Html {
    let editor = &props.editor;
    let stalls = Path::of("simulated").key("stalls");
    let list = use_list(editor, &stalls, editor.len(&stalls));
    html! {
        <fieldset id={stalls.id()} class="block">
            <legend>{ "Stalls" }</legend>
            for (index, (key, path)) in list.items().enumerate() {
                <div {key} class="stall-row">
                    { number(editor, "At", path.key("at"), "5s") }
                    { number(editor, "For", path.key("duration"), "2s") }
                    { list.remove_button(index) }
                    { super::error_line(editor, &path) }
                </div>
            }
            { list.error() }
            <div class="adders">
                { list.add_button("Add stall", json!({ "at": "5s", "duration": "2s" })) }
            </div>
        </fieldset>
    }
}

/// How long the simulated API works on a request.
#[component]
fn ServiceTime(props: &ServiceTimeProps) -> Html {
    let ServiceTimeProps { editor, path } = props;
    let rule = rule_of(editor.get(path));
    let on_rule = {
        let path = path.clone();
        editor.on(move |chosen: String| match with_rule(&chosen) {
            Some(value) => Edit::Set(path.clone(), value),
            None => Edit::Remove(path.clone()),
        })
    };
    let id = path.id();
    let label = editor.label("Service time", path);
    let select = choice(id.clone(), label, SERVICE_TIMES, rule, &on_rule);
    let at = path.key(rule);
    let numbers = match rule {
        "constant" => vec![("Length", at.clone())],
        "exponential" => vec![("Mean", at.clone())],
        "log_normal" => vec![("Median", at.key("median")), ("Spread", at.key("spread"))],
        "uniform" => vec![("From", at.index(0)), ("To", at.index(1))],
        _ => Vec::new(),
    };
    let error = editor.error(path).or_else(|| editor.error(&at));
    html! {
        <div class="fields">
            { framed(&id, Some("Service time"), select, error, Html::default()) }
            for (label, path) in numbers {
                { number(editor, label, path, "20ms") }
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ServiceTimeProps {
    editor: Editor,
    /// Where it is.
    path: Path,
}

/// A number or a length of time that cannot be left out.
fn number(editor: &Editor, label: &'static str, path: Path, placeholder: &'static str) -> Html {
    html! {
        <PlanField
            editor={editor.clone()}
            {label}
            {path}
            kind={Kind::Number}
            {placeholder}
            stays=true
        />
    }
}

fn rule_of(service_time: Option<&Value>) -> &'static str {
    let mut rules = SERVICE_TIMES.iter().map(|it| it.0);
    let has = |rule: &&str| service_time.is_some_and(|it| it.get(rule).is_some());
    rules.find(has).unwrap_or("")
}

fn with_rule(rule: &str) -> Option<Value> {
    match rule {
        "" => None,
        "log_normal" => Some(json!({ rule: { "median": "20ms", "spread": 0.4 } })),
        "uniform" => Some(json!({ rule: ["10ms", "50ms"] })),
        rule => Some(json!({ rule: "20ms" })),
    }
}

const SERVICE_TIMES: &[Choice] = &[
    ("", "As the path says"),
    ("constant", "Constant"),
    ("exponential", "Exponential"),
    ("log_normal", "Log-normal"),
    ("uniform", "Uniform"),
];

const REDIRECTS: &[Choice] = &[("", "Followed"), ("false", "Not followed")];

const COOKIES: &[Choice] = &[("", "A jar for each user"), ("false", "None")];

const COOKIES_HINT: &str = "in the command only: a page sends none";
