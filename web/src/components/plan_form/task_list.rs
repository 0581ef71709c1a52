//! The tasks of a user class, or of a set of tasks.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::{Editor, capitalized};
use super::list::{PlanList, use_list};
use super::open::{opener, use_open};
use super::part::FormPart;
use super::plan_field::{Kind, use_typed};
use super::request_line::{errors_of, request_line};
use super::step_list::step_chain;
use super::task_shape::{TaskShape, counted, key_of, method_of, request_summary};
use crate::components::text_field::input_text;
use crate::draft::keys::text_of;
use crate::draft::keys::{Edit, Path};

#[derive(PartialEq, Properties)]
pub(super) struct TaskListProps {
    pub editor: Editor,
    /// Where the list is.
    pub path: Path,
}

#[component]
pub(super) fn TaskList(props: &TaskListProps) -> Html {
    let TaskListProps { editor, path } = props;
    let n_tasks = editor.len(path);
    let list = use_list(editor, path, n_tasks);
    let set = json!({ "order": "sequential", "task": [{ "get": "/" }] });
    html! {
        <fieldset class="tasks">
            <legend>{ "Tasks" }</legend>
            if 0 < n_tasks {
                <div class="task titles" aria-hidden="true">
                    <span>{ "Method" }</span>
                    <span>{ "Path" }</span>
                    <span>{ "Weight" }</span>
                </div>
            }
            for (index, (key, path)) in list.items().enumerate() {
                <TaskRow
                    {key}
                    editor={editor.clone()}
                    tools={tools(&list, index, editor.get(&path))}
                    remove={list.remove_button(index)}
                    {path}
                />
            }
            { list.error() }
            <div class="adders">
                { list.add_button("Add task", json!({ "weight": 1, "get": "/" })) }
                { list.add_open_button("Add task set", set) }
            </div>
        </fieldset>
    }
}

/// What can be done to a task besides removing it.
fn tools(list: &PlanList, index: usize, task: Option<&Value>) -> Html {
    html! {
        <>
            { list.duplicate_button(index, task.cloned().unwrap_or_default()) }
            { list.raise_button(index) }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct TaskRowProps {
    editor: Editor,
    /// Where the task is.
    path: Path,
    tools: Html,
    remove: Html,
}

#[component]
fn TaskRow(props: &TaskRowProps) -> Html {
    let TaskRowProps { editor, path, .. } = props;
    let shape = TaskShape::of(editor.get(path), path);
    let weight_path = path.key("weight");
    let (weight, on_weight) = use_typed(editor, &weight_path, Kind::Number);
    let (is_open, on_open) = use_open(path.to_string(), false);
    let shown = shown_outside(editor, path, &shape);
    let is_open = is_open || editor.has_hidden_error(path, &shown);
    let place = editor.place(path);
    let (help_id, inside_id) = (
        format!("{}-help", path.id()),
        format!("{}-inside", path.id()),
    );
    html! {
        <div id={path.id()} class="item" role="group" aria-label={capitalized(&place)}>
            <div class="task">
                { line(editor, path, &shape, &help_id) }
                <input
                    id={weight_path.id()}
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    placeholder="1"
                    aria-label="Weight"
                    aria-invalid={editor.error(&weight_path).is_some().then_some("true")}
                    aria-describedby={help_id.clone()}
                    value={weight}
                    oninput={input_text(&on_weight)}
                />
                <div class="tools">
                    { opener(format!("More of {place}"), is_open, inside_id.clone(), &on_open) }
                    { props.remove.clone() }
                </div>
            </div>
            { errors_of(editor, &help_id, &shown) }
            if is_open {
                <div id={inside_id} class="inside">
                    { editor.part(&FormPart::Task(path.clone(), shape)) }
                    <div class="adders">{ props.tools.clone() }</div>
                </div>
            } else {
                { brief(editor, path, &shape) }
            }
        </div>
    }
}

/// The places whose errors stand at the line of the task.
fn shown_outside(editor: &Editor, path: &Path, shape: &TaskShape) -> Vec<Path> {
    let own = [path.key("weight"), path.clone()];
    match shape {
        TaskShape::Request(at) => {
            let url = at.key(&key_of(method_of(editor.get(at))));
            // A request that is the task has one place, and not two.
            let at = Some(at).filter(|it| *it != path).cloned();
            [url].into_iter().chain(own).chain(at).collect()
        }
        TaskShape::Set(_) => own
            .into_iter()
            .chain([path.key("name"), path.key("task")])
            .collect(),
        TaskShape::Steps(_) => own
            .into_iter()
            .chain([path.key("name"), path.key("steps")])
            .collect(),
    }
}

/// What stands before the weight.
fn line(editor: &Editor, path: &Path, shape: &TaskShape, help_id: &str) -> Html {
    let kind = match shape {
        TaskShape::Request(at) => return request_line(editor, at, help_id),
        TaskShape::Set(n_tasks) => format!("Set of {n_tasks}"),
        TaskShape::Steps(n_steps) => counted(*n_steps, "step", "steps"),
    };
    let name = path.key("name");
    let on_name = on_text(editor, &name);
    html! {
        <>
            <span class="kind">{ kind }</span>
            <input
                id={name.id()}
                type="text"
                autocomplete="off"
                placeholder="Name of the task"
                aria-label="Task name"
                aria-describedby={help_id.to_owned()}
                value={editor.text(&name)}
                oninput={input_text(&on_name)}
            />
        </>
    }
}

/// Changes a text, which goes with its key if nothing is left of it.
pub(super) fn on_text(editor: &Editor, path: &Path) -> Callback<String> {
    let path = path.clone();
    editor.on(move |text: String| {
        if text.is_empty() {
            Edit::Remove(path.clone())
        } else {
            Edit::Set(path.clone(), text.into())
        }
    })
}

/// What is inside, in a line, while it is closed.
fn brief(editor: &Editor, path: &Path, shape: &TaskShape) -> Html {
    let text = match shape {
        TaskShape::Request(at) => {
            let name = at.key("name");
            let name = editor
                .get(&name)
                .or_else(|| editor.get(&path.key("name")))
                .map(text_of);
            let rest = request_summary(editor.get(at));
            let parts = name.into_iter().chain([rest]).filter(|it| !it.is_empty());
            parts.collect::<Vec<_>>().join(" · ")
        }
        TaskShape::Set(_) => step_chain(editor.get(&path.key("task"))),
        TaskShape::Steps(_) => step_chain(editor.get(&path.key("steps"))),
    };
    if text.is_empty() {
        return Html::default();
    }
    html! { <p class="brief note">{ text }</p> }
}
