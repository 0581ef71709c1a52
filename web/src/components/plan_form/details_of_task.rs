//! What a task has besides its line: the fields of a request that stands alone, and of a set.

use serde_json::json;
use yew::prelude::*;

use super::editor::Editor;
use super::list::add_button;
use super::open::Details;
use super::plan_field::{Choice, Kind, PlanField, plan_select};
use super::request_fields::RequestFields;
use super::step_list::StepList;
use super::task_list::TaskList;
use super::task_shape::{TaskShape, with_step};
use super::wait_fields::{SET_RULES, WaitFields};
use crate::draft::keys::{Edit, Path};

/// How the next task is chosen.
pub(super) const ORDERS: &[Choice] = &[
    ("", "At random, by weight"),
    ("sequential", "One after the other"),
];

/// What is in a task.
pub(super) fn task_fields(editor: &Editor, path: &Path, shape: &TaskShape) -> Html {
    let (editor, path) = (editor.clone(), path.clone());
    match shape {
        TaskShape::Request(at) => html! { <RequestTask {editor} {path} at={at.clone()} /> },
        TaskShape::Set(_) => html! { <SetFields {editor} {path} /> },
        TaskShape::Steps(_) => html! {
            <>
                <StepList editor={editor.clone()} path={path.key("steps")} />
                { tags(&editor, &path) }
            </>
        },
    }
}

#[derive(PartialEq, Properties)]
struct RequestTaskProps {
    pub editor: Editor,
    /// Where the task is.
    pub path: Path,
    /// Where its only request is.
    pub at: Path,
}

/// A task that is a single request.
#[component]
fn RequestTask(props: &RequestTaskProps) -> Html {
    let RequestTaskProps { editor, path, at } = props;
    let add = |text: &'static str, step: serde_json::Value| {
        let (editor, path) = (editor.clone(), path.clone());
        let label = editor.label(text, &path);
        let onclick = move |_| {
            let task = with_step(editor.get(&path), step.clone());
            editor.edit(Edit::Set(path.clone(), task));
        };
        add_button(text, label, Callback::from(onclick))
    };
    html! {
        <>
            <RequestFields editor={editor.clone()} path={at.clone()} />
            <div class="fields">
                <PlanField
                    editor={editor.clone()}
                    label="Task name"
                    path={path.key("name")}
                    placeholder="method and path"
                    hint="its exceptions are counted by this name"
                />
                { tags(editor, path) }
            </div>
            <div class="adders">
                { add("Add step", json!({ "get": "/" })) }
                { add("Add wait", json!({ "wait": 1 })) }
            </div>
        </>
    }
}

/// The tags of a task.
fn tags(editor: &Editor, path: &Path) -> Html {
    html! {
        <PlanField
            editor={editor.clone()}
            label="Tags"
            path={path.key("tags")}
            kind={Kind::List}
            hint="separated by commas"
        />
    }
}

#[derive(PartialEq, Properties)]
struct SetFieldsProps {
    pub editor: Editor,
    /// Where the set is.
    pub path: Path,
}

/// A set of tasks.
#[component]
fn SetFields(props: &SetFieldsProps) -> Html {
    let SetFieldsProps { editor, path } = props;
    html! {
        <>
            <TaskList editor={editor.clone()} path={path.key("task")} />
            <div class="fields">
                { plan_select(editor, "Order", &path.key("order"), ORDERS, "") }
                <PlanField
                    editor={editor.clone()}
                    label="Runs"
                    path={path.key("runs")}
                    kind={Kind::Number}
                    input_mode="numeric"
                    placeholder="all"
                    hint="tasks done each time the set is reached"
                />
                { tags(editor, path) }
            </div>
            <WaitFields editor={editor.clone()} path={path.key("wait")} rules={SET_RULES} />
            { start_and_stop(editor, path, "each time the set begins", "each time the set ends") }
        </>
    }
}

/// What is done before the first task and after the last one.
pub(super) fn start_and_stop(
    editor: &Editor,
    path: &Path,
    at_start: &'static str,
    at_stop: &'static str,
) -> Html {
    let paths = vec![path.key("on_start"), path.key("on_stop")];
    let counts: Vec<String> = paths.iter().map(|it| editor.len(it).to_string()).collect();
    let is_there = paths.iter().any(|it| editor.has(it));
    html! {
        <Details
            editor={editor.clone()}
            summary="On start and on stop"
            note={if is_there { counts.join(" and ") } else { String::new() }}
            place={format!("{path}.on")}
            paths={paths.clone()}
        >
            <StepList
                editor={editor.clone()}
                path={paths[0].clone()}
                legend="On start"
                hint={format!("Done once, {at_start}, before the first task.")}
            />
            <StepList
                editor={editor.clone()}
                path={paths[1].clone()}
                legend="On stop"
                hint={format!("Done once, {at_stop}, after the last task.")}
            />
        </Details>
    }
}
