//! The tasks of a user class: method, path and weight of each.

use mayfly_core::request::Method;
use serde_json::json;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::editor::Editor;
use super::plan_field::{Kind, use_typed};
use crate::components::text_field::{input_text, sentence};
use crate::keys::{Edit, Path};

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
    let on_add = {
        let path = path.clone();
        editor.on(move |_| Edit::Append(path.clone(), json!({ "weight": 1, "get": "/" })))
    };
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
            for index in 0..n_tasks {
                <TaskRow key={index} editor={editor.clone()} path={path.index(index)} number={index + 1} />
            }
            if let Some(error) = editor.error(path) {
                <p class="help error" role="alert">{ sentence(error) }</p>
            }
            <button type="button" class="button small" onclick={on_add}>{ "Add task" }</button>
        </fieldset>
    }
}

#[derive(PartialEq, Properties)]
struct TaskRowProps {
    editor: Editor,
    /// Where the task is.
    path: Path,
    /// Counted from one, for those who cannot see the order.
    number: usize,
}

#[component]
fn TaskRow(props: &TaskRowProps) -> Html {
    let TaskRowProps {
        editor,
        path,
        number,
    } = props;
    let method = method_of(editor, path);
    let (url_path, weight_path) = (path.key(&key_of(method)), path.key("weight"));
    let (url, on_url) = use_typed(editor, &url_path, Kind::Text);
    let (weight, on_weight) = use_typed(editor, &weight_path, Kind::Number);
    let errors = [&url_path, &weight_path, path].map(|it| editor.error(it));
    let help_id = format!("{path}-help");
    let on_remove = {
        let path = path.clone();
        editor.on(move |_| Edit::Remove(path.clone()))
    };
    html! {
        <div role="group" aria-label={format!("Task {number}")}>
            <div class="task">
                { method_select(editor, method, &url_path) }
                <input
                    type="text"
                    inputmode="url"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-label="Path"
                    aria-invalid={errors[0].is_some().then_some("true")}
                    aria-describedby={help_id.clone()}
                    value={url}
                    oninput={input_text(&on_url)}
                />
                <input
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    aria-label="Weight"
                    aria-invalid={errors[1].is_some().then_some("true")}
                    aria-describedby={help_id.clone()}
                    value={weight}
                    oninput={input_text(&on_weight)}
                />
                <button
                    type="button"
                    class="button icon"
                    aria-label={format!("Remove task {number}")}
                    title="Remove this task"
                    onclick={on_remove}
                >
                    { "×" }
                </button>
            </div>
            <div id={help_id}>
                for message in errors.into_iter().flatten() {
                    <p class="help error">{ sentence(message) }</p>
                }
            </div>
        </div>
    }
}

fn method_select(editor: &Editor, method: Method, url_path: &Path) -> Html {
    let onchange = {
        let url_path = url_path.clone();
        editor.on(move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
            Edit::Rename(url_path.clone(), chosen.to_ascii_lowercase())
        })
    };
    html! {
        <select aria-label="Method" {onchange}>
            for it in Method::ALL {
                <option value={it.as_str()} selected={it == method}>{ it.as_str() }</option>
            }
        </select>
    }
}

fn method_of(editor: &Editor, task: &Path) -> Method {
    let mut methods = Method::ALL.into_iter();
    let has = |it: &Method| editor.get(&task.key(&key_of(*it))).is_some();
    methods.find(has).unwrap_or(Method::Get)
}

fn key_of(method: Method) -> String {
    method.as_str().to_ascii_lowercase()
}
