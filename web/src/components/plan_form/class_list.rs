//! The user classes. A single one shows its tasks and no more; several are cards, each of which can
//! be left out of the run.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::list::{PlanList, use_list};
use super::name_field::free_name;
use super::open::Details;
use super::part::FormPart;
use super::task_list::TaskList;
use super::wait_fields::WaitFields;
use crate::draft::keys::Path;
use crate::draft::keys::text_of;

#[derive(PartialEq, Properties)]
pub(super) struct ClassListProps {
    pub editor: Editor,
}

#[component]
pub(super) fn ClassList(props: &ClassListProps) -> Html {
    let editor = &props.editor;
    let path = Path::of("user_class");
    let n_classes = editor.len(&path);
    let list = use_list(editor, &path, n_classes);
    let new = json!({
        "name": new_name(editor, "User"),
        "wait": { "between": [0.5, 1.5] },
        "task": [{ "weight": 1, "get": "/" }],
    });
    html! {
        <>
            if 1 < n_classes {
                <h2>{ "User classes" }</h2>
            }
            for (index, (key, path)) in list.items().enumerate() {
                <Class
                    {key}
                    editor={editor.clone()}
                    is_only={n_classes == 1}
                    tools={tools(editor, &list, index, &path)}
                    {path}
                />
            }
            { list.error() }
            <div class="adders">{ list.add_open_button("Add user class", new) }</div>
        </>
    }
}

/// A name that no class has.
fn new_name(editor: &Editor, name: &str) -> String {
    let classes = editor
        .get(&Path::of("user_class"))
        .and_then(Value::as_array);
    let names = classes
        .into_iter()
        .flatten()
        .filter_map(|it| it.get("name").map(text_of));
    free_name(name, ' ', &names.collect::<Vec<_>>())
}

fn tools(editor: &Editor, list: &PlanList, index: usize, path: &Path) -> [Html; 2] {
    let mut copy = editor.get(path).cloned().unwrap_or_default();
    if let Some(name) = copy.get_mut("name") {
        *name = new_name(editor, &text_of(name)).into();
    }
    let moves = html! { <>{ list.raise_button(index) }{ list.remove_button(index) }</> };
    [moves, list.duplicate_button(index, copy)]
}

#[derive(PartialEq, Properties)]
struct ClassProps {
    editor: Editor,
    /// Where the class is.
    path: Path,
    /// Whether there is no other one.
    is_only: bool,
    /// What can be done to it: beside its name, and below all.
    tools: [Html; 2],
}

#[component]
fn Class(props: &ClassProps) -> Html {
    let ClassProps {
        editor,
        path,
        is_only,
        tools,
    } = props;
    if *is_only {
        class_body(editor, path, true, &tools[1])
    } else {
        editor.part(&FormPart::ClassCard(path.clone(), tools.clone()))
    }
}

/// What a class does, and its settings. `tool` stands below them.
pub(super) fn class_body(editor: &Editor, path: &Path, is_only: bool, tool: &Html) -> Html {
    let keys = [
        "name",
        "weight",
        "fixed_count",
        "host",
        "order",
        "on_start",
        "on_stop",
    ];
    let name = editor.text(&path.key("name"));
    html! {
        <>
            <TaskList editor={editor.clone()} path={path.key("task")} />
            <WaitFields editor={editor.clone()} path={path.key("wait")} />
            <Details
                editor={editor.clone()}
                summary={if is_only { "User class" } else { "Settings" }}
                note={if is_only { name } else { String::new() }}
                place={format!("{path}.settings")}
                paths={keys.iter().map(|it| path.key(it)).collect::<Vec<_>>()}
                part={FormPart::ClassSettings(path.clone(), is_only, tool.clone())}
            />
        </>
    }
}
