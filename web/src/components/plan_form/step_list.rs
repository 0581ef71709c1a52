//! Steps, one after the other: requests and waits.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::{Editor, capitalized};
use super::list::use_list;
use super::open::{opener, use_open};
use super::request_fields::RequestFields;
use super::request_line::{errors_of, request_line};
use super::task_shape::{is_wait, key_of, method_of, request_summary, step_summary};
use super::wait_fields::{STEP_RULES, WaitFields};
use crate::draft::keys::{Path, Step};

#[derive(PartialEq, Properties)]
pub(super) struct StepListProps {
    pub editor: Editor,
    /// Where the list is.
    pub path: Path,
    #[prop_or("Steps".into())]
    pub legend: AttrValue,
    /// When they are done, if it is not after one another.
    #[prop_or_default]
    pub hint: AttrValue,
}

#[component]
pub(super) fn StepList(props: &StepListProps) -> Html {
    let StepListProps { editor, path, .. } = props;
    let list = use_list(editor, path, editor.len(path));
    let [add_request, add_wait] = adders(path);
    html! {
        <fieldset class="block">
            <legend>{ &props.legend }</legend>
            if !props.hint.is_empty() {
                <p class="note">{ &props.hint }</p>
            }
            for (index, (key, path)) in list.items().enumerate() {
                <StepRow
                    {key}
                    editor={editor.clone()}
                    {path}
                    tools={html! { <>{ list.raise_button(index) }{ list.remove_button(index) }</> }}
                />
            }
            { list.error() }
            <div class="adders">
                { list.add_button(add_request, json!({ "get": "/" })) }
                { list.add_button(add_wait, json!({ "wait": 1 })) }
            </div>
        </fieldset>
    }
}

/// What adds a request or a wait, in words that tell the lists apart.
fn adders(path: &Path) -> [&'static str; 2] {
    match path.steps().last() {
        Some(Step::Key(key)) if &**key == "on_start" => ["Add start step", "Add start wait"],
        Some(Step::Key(key)) if &**key == "on_stop" => ["Add stop step", "Add stop wait"],
        _ => ["Add step", "Add wait"],
    }
}

#[derive(PartialEq, Properties)]
struct StepRowProps {
    editor: Editor,
    /// Where the step is.
    path: Path,
    tools: Html,
}

#[component]
fn StepRow(props: &StepRowProps) -> Html {
    let StepRowProps {
        editor,
        path,
        tools,
    } = props;
    let (is_open, on_open) = use_open(path.to_string(), false);
    let step = editor.get(path);
    let place = editor.place(path);
    let label = capitalized(&place);
    let (help_id, inside_id) = (
        format!("{}-help", path.id()),
        format!("{}-inside", path.id()),
    );
    if step.is_some_and(is_wait) {
        return html! {
            <div id={path.id()} class="item step wait" role="group" aria-label={label}>
                <WaitFields
                    editor={editor.clone()}
                    path={path.key("wait")}
                    label="Wait"
                    rules={STEP_RULES}
                />
                <div class="tools">{ tools.clone() }</div>
                { errors_of(editor, &help_id, std::slice::from_ref(path)) }
            </div>
        };
    }
    let url = path.key(&key_of(method_of(step)));
    let shown = [url, path.clone()];
    let is_open = is_open || editor.has_hidden_error(path, &shown);
    html! {
        <div id={path.id()} class="item step" role="group" aria-label={label}>
            <div class="task">
                { request_line(editor, path, &help_id) }
                <div class="tools">
                    { opener(format!("More of {place}"), is_open, inside_id.clone(), &on_open) }
                    { tools.clone() }
                </div>
            </div>
            { errors_of(editor, &help_id, &shown) }
            if is_open {
                <div id={inside_id} class="inside">
                    <RequestFields editor={editor.clone()} path={path.clone()} />
                </div>
            } else {
                { brief(step) }
            }
        </div>
    }
}

/// What a request has besides its method and path, while it is closed.
fn brief(step: Option<&Value>) -> Html {
    let name = step.and_then(|it| it.get("name")).and_then(Value::as_str);
    let rest = request_summary(step);
    let parts: Vec<&str> = name
        .into_iter()
        .chain([&*rest])
        .filter(|it| !it.is_empty())
        .collect();
    if parts.is_empty() {
        return Html::default();
    }
    html! { <p class="brief note">{ parts.join(" · ") }</p> }
}

/// Steps or tasks in a line: `GET /item, wait, POST /cart`.
pub(super) fn step_chain(list: Option<&Value>) -> String {
    let steps = list.and_then(Value::as_array);
    let steps = steps.into_iter().flatten().map(|step| {
        let is_request = step.get("steps").is_none() && step.get("task").is_none();
        match step.get("name").and_then(Value::as_str) {
            Some(name) if !is_request => name.to_owned(),
            None if !is_request => "a task".to_owned(),
            _ => step_summary(step),
        }
    });
    steps.collect::<Vec<_>>().join(", ")
}
