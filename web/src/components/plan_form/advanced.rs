//! What few plans need: what all requests have in common, how a run ends, and the simulated API.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::list::use_list;
use super::open::Details;
use super::pairs_table::PairsTable;
use super::plan_field::{Choice, Kind, PlanField, choice, framed, plan_select};
use crate::keys::{Edit, Path};

#[derive(PartialEq, Properties)]
pub(super) struct AdvancedProps {
    pub editor: Editor,
}

/// A field that needs nothing special: its label, where it is, what is shown while it is empty, and a
/// hint.
type Plain = (
    &'static str,
    &'static [&'static str],
    Kind,
    &'static str,
    &'static str,
);

const ENDS: &[Plain] = &[
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
];

const TAGS: &[Plain] = &[
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

const SIMULATED: &[Plain] = &[
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

fn path_of((_, keys, ..): &Plain) -> Path {
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
#[component]
pub(super) fn Advanced(props: &AdvancedProps) -> Html {
    let editor = &props.editor;
    let request = Path::of("request");
    let parts = ENDS.iter().chain(TAGS).map(named);
    let parts: Vec<Named> = parts.chain([("all requests", request.clone())]).collect();
    let note = set_of(editor, &parts);
    let paths: Vec<Path> = parts.into_iter().map(|it| it.1).collect();
    let redirects = request.key("follow_redirects");
    html! {
        <Details
            editor={editor.clone()}
            summary="Advanced options"
            {note}
            place="advanced"
            {paths}
        >
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
                </div>
                <PairsTable
                    editor={editor.clone()}
                    path={request.key("headers")}
                    legend="Headers"
                    noun="header"
                />
            </fieldset>
        </Details>
    }
}

/// What a part of the plan is called in the form, and where it is.
type Named = (&'static str, Path);

fn named(field: &Plain) -> Named {
    (field.0, path_of(field))
}

/// Which of these are in the plan, in words.
fn set_of(editor: &Editor, parts: &[Named]) -> String {
    let parts = parts.iter().filter(|it| editor.has(&it.1));
    let words = parts.map(|it| it.0.to_lowercase());
    words.collect::<Vec<_>>().join(", ")
}

/// How the simulated API answers.
#[component]
pub(super) fn Simulated(props: &AdvancedProps) -> Html {
    let editor = &props.editor;
    let simulated = Path::of("simulated");
    let stalls = simulated.key("stalls");
    let list = use_list(editor, &stalls, editor.len(&stalls));
    let service_time = simulated.key("service_time");
    let others = [
        ("service time", service_time.clone()),
        ("stalls", stalls.clone()),
    ];
    let parts: Vec<Named> = SIMULATED.iter().map(named).chain(others).collect();
    let note = set_of(editor, &parts);
    html! {
        <Details
            editor={editor.clone()}
            summary="Simulated API"
            {note}
            place="simulated"
            paths={vec![simulated.clone()]}
        >
            { super::error_line(editor, &simulated) }
            <div class="fields">{ for SIMULATED.iter().map(|it| plain(it, editor)) }</div>
            <ServiceTime editor={editor.clone()} path={service_time} />
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
        </Details>
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
