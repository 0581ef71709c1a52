//! The tasks of the start form: method, path and weight of each.

use mayfly_core::request::Method;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::text_field::{input_text, sentence};
use crate::form::{TaskEdit, TaskErrors, TaskForm};
use crate::store::Action;

#[derive(PartialEq, Properties)]
pub struct TaskListProps {
    pub tasks: Vec<TaskForm>,
    /// One for each task, or none at all.
    pub errors: Vec<TaskErrors>,
    /// About all tasks together.
    pub error: Option<AttrValue>,
    pub on_action: Callback<Action>,
}

#[component]
pub fn TaskList(props: &TaskListProps) -> Html {
    let no_errors = TaskErrors::default();
    html! {
        <fieldset class="tasks">
            <legend>{ "Tasks" }</legend>
            if !props.tasks.is_empty() {
                <div class="task titles" aria-hidden="true">
                    <span>{ "Method" }</span>
                    <span>{ "Path" }</span>
                    <span>{ "Weight" }</span>
                </div>
            }
            for (index, task) in props.tasks.iter().enumerate() {
                <TaskRow
                    key={task.id}
                    number={index + 1}
                    task={task.clone()}
                    errors={props.errors.get(index).unwrap_or(&no_errors).clone()}
                    on_action={props.on_action.clone()}
                />
            }
            if let Some(error) = &props.error {
                <p class="help error" role="alert">{ sentence(error) }</p>
            }
            <button
                type="button"
                class="button small"
                onclick={props.on_action.reform(|_| Action::AddTask)}
            >
                { "Add task" }
            </button>
        </fieldset>
    }
}

#[derive(PartialEq, Properties)]
struct TaskRowProps {
    /// Counted from one, for those who cannot see the order.
    number: usize,
    task: TaskForm,
    errors: TaskErrors,
    on_action: Callback<Action>,
}

#[component]
fn TaskRow(props: &TaskRowProps) -> Html {
    let TaskRowProps {
        number,
        task,
        errors,
        on_action,
    } = props;
    let id = task.id;
    let on_path = on_action.reform(move |text| Action::EditTask(id, TaskEdit::Path(text)));
    let on_weight = on_action.reform(move |text| Action::EditTask(id, TaskEdit::Weight(text)));
    let messages: Vec<String> = [&errors.path, &errors.weight]
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    let help_id = format!("task-{id}-help");
    html! {
        <div role="group" aria-label={format!("Task {number}")}>
            <div class="task">
                { method_select(task, on_action) }
                <input
                    type="text"
                    inputmode="url"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-label="Path"
                    aria-invalid={errors.path.is_some().then_some("true")}
                    aria-describedby={help_id.clone()}
                    value={task.path.clone()}
                    oninput={input_text(&on_path)}
                />
                <input
                    type="text"
                    inputmode="numeric"
                    autocomplete="off"
                    aria-label="Weight"
                    aria-invalid={errors.weight.is_some().then_some("true")}
                    aria-describedby={help_id.clone()}
                    value={task.weight.clone()}
                    oninput={input_text(&on_weight)}
                />
                <button
                    type="button"
                    class="button icon"
                    aria-label={format!("Remove task {number}")}
                    title="Remove this task"
                    onclick={on_action.reform(move |_| Action::RemoveTask(id))}
                >
                    { "×" }
                </button>
            </div>
            <div id={help_id}>
                for message in messages {
                    <p class="help error">{ sentence(&message) }</p>
                }
            </div>
        </div>
    }
}

fn method_select(task: &TaskForm, on_action: &Callback<Action>) -> Html {
    let id = task.id;
    let onchange = on_action.reform(move |event: Event| {
        let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
        // The options below are the only ones there are.
        Action::EditTask(id, TaskEdit::Method(chosen.parse().unwrap_or(Method::Get)))
    });
    html! {
        <select aria-label="Method" {onchange}>
            for method in Method::ALL {
                <option value={method.as_str()} selected={method == task.method}>
                    { method.as_str() }
                </option>
            }
        </select>
    }
}
