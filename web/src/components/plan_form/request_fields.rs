//! What a request has besides its method and path, and the button that tries it.

use yew::prelude::*;

use super::body_fields::BodyFields;
use super::check_list::CheckList;
use super::editor::Editor;
use super::extract_list::ExtractList;
use super::pairs_table::PairsTable;
use super::plan_field::{Choice, Kind, PlanField, framed, plan_select};
use super::task_shape::in_steps;
use crate::components::text_field::input_text;
use crate::control::Intent;
use crate::draft::keys::{Edit, Path, Step};

#[derive(PartialEq, Properties)]
pub(super) struct RequestFieldsProps {
    pub editor: Editor,
    /// Where the request is: a step, or a task.
    pub path: Path,
}

#[component]
pub(super) fn RequestFields(props: &RequestFieldsProps) -> Html {
    let RequestFieldsProps { editor, path } = props;
    let on_try = {
        let path = path.clone();
        editor.on_intent.reform(move |_| Intent::Try(path.clone()))
    };
    html! {
        <>
            <div class="try">
                <button type="button" class="button small" onclick={on_try}>{ "Try it" }</button>
                <span class="help">{ "sends this request once, and shows the answer" }</span>
            </div>
            <div class="fields">
                { request_name(editor, path) }
                <PlanField
                    editor={editor.clone()}
                    label="Timeout"
                    path={path.key("timeout")}
                    kind={Kind::Number}
                    placeholder="as for all requests"
                    hint="in seconds, or such as 500ms"
                />
                { plan_select(editor, "Redirects", &path.key("follow_redirects"), REDIRECTS, "") }
            </div>
            <PairsTable
                editor={editor.clone()}
                path={path.key("headers")}
                legend="Headers"
                noun="header"
            />
            <BodyFields editor={editor.clone()} path={path.clone()} />
            <CheckList editor={editor.clone()} path={path.key("check")} />
            <ExtractList editor={editor.clone()} path={path.key("extract")} />
        </>
    }
}

/// What statistics call the request. Only steps can have a name of this kind, so a task becomes one.
fn request_name(editor: &Editor, path: &Path) -> Html {
    let is_task = match path.steps() {
        [.., Step::Key(key), Step::Index(_)] => &**key == "task",
        _ => false,
    };
    let name = path.key("name");
    let on_name = {
        let (editor, path, name) = (editor.clone(), path.clone(), name.clone());
        Callback::from(move |text: String| {
            editor.edit(if is_task {
                let step_name = path.key("steps").index(0).key("name");
                Edit::All(vec![
                    Edit::Set(path.clone(), in_steps(editor.get(&path))),
                    Edit::Set(step_name, text.into()),
                ])
            } else if text.is_empty() {
                Edit::Remove(name.clone())
            } else {
                Edit::Set(name.clone(), text.into())
            });
        })
    };
    // The name of a task is another one, and has a field of its own.
    let (value, error) = if is_task {
        (String::new(), None)
    } else {
        (editor.text(&name), editor.error(&name))
    };
    let id = format!("{}-request-name", path.id());
    let control = html! {
        <input
            id={id.clone()}
            type="text"
            autocomplete="off"
            placeholder="its path"
            aria-label={editor.label("Request name", &name)}
            aria-invalid={error.is_some().then_some("true")}
            aria-describedby={format!("{id}-help")}
            {value}
            oninput={input_text(&on_name)}
        />
    };
    framed(
        &id,
        Some("Request name"),
        control,
        error,
        "its row in the statistics".into(),
    )
}

const REDIRECTS: &[Choice] = &[
    ("", "As for all requests"),
    ("true", "Followed"),
    ("false", "Not followed"),
];
