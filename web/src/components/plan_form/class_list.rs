//! The user classes. A single one shows its tasks and no more; several are cards, each of which can
//! be left out of the run.

use serde_json::{Value, json};
use yew::prelude::*;

use super::details_of_task::{ORDERS, start_and_stop};
use super::editor::{Editor, text_of};
use super::list::{PlanList, use_list};
use super::name_field::free_name;
use super::open::{Details, opener, use_open};
use super::plan_field::{Choice, Kind, PlanField, check_box, choice, plan_select};
use super::share::{is_left_out, leave_out, take_in, use_former_share, with_share};
use super::task_list::TaskList;
use super::wait_fields::WaitFields;
use crate::keys::Path;

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
                <ClassCard
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
struct ClassCardProps {
    editor: Editor,
    /// Where the class is.
    path: Path,
    /// Whether there is no other one.
    is_only: bool,
    /// What can be done to it: beside its name, and below all.
    tools: [Html; 2],
}

#[component]
fn ClassCard(props: &ClassCardProps) -> Html {
    let ClassCardProps {
        editor,
        path,
        is_only,
        ..
    } = props;
    let (is_open, on_open) = use_open(path.to_string(), true);
    let former = use_former_share(editor, path);
    if *is_only {
        return class_body(props);
    }
    let on_check = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |takes_part| {
            editor.edit(if takes_part {
                take_in(&path, former.as_ref())
            } else {
                leave_out(&path)
            });
        })
    };
    let takes_part = !is_left_out(editor, path);
    let shown = [
        path.clone(),
        path.key("name"),
        path.key("weight"),
        path.key("fixed_count"),
    ];
    let is_open = is_open || editor.has_hidden_error(path, &shown);
    let (name, inside_id) = (
        editor.text(&path.key("name")),
        format!("{}-inside", path.id()),
    );
    let place = editor.place(&path.key("name"));
    let classes = classes!("item", "user-class", (!takes_part).then_some("left-out"));
    html! {
        <fieldset id={path.id()} class={classes}>
            <legend class="visually-hidden">{ format!("User class {name}") }</legend>
            <div class="class-head">
                { check_box("", format!("Swarm with {place}"), takes_part, on_check) }
                { name_field(editor, path, true) }
                if takes_part {
                    { share_fields(editor, path, true) }
                } else {
                    <span class="note">{ "left out of the run" }</span>
                }
                <div class="tools">
                    { opener(format!("More of {place}"), is_open, inside_id.clone(), &on_open) }
                    { props.tools[0].clone() }
                </div>
            </div>
            { super::error_line(editor, path) }
            if is_open {
                <div id={inside_id} class="inside plain">{ class_body(props) }</div>
            }
        </fieldset>
    }
}

/// What a class does, and its settings.
fn class_body(props: &ClassCardProps) -> Html {
    let ClassCardProps {
        editor,
        path,
        is_only,
        ..
    } = props;
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
                summary={if *is_only { "User class" } else { "Settings" }}
                note={if *is_only { name } else { String::new() }}
                place={format!("{path}.settings")}
                paths={keys.iter().map(|it| path.key(it)).collect::<Vec<_>>()}
            >
                if *is_only {
                    { super::error_line(editor, path) }
                    <div class="fields">
                        { name_field(editor, path, false) }
                        { share_fields(editor, path, false) }
                    </div>
                }
                <div class="fields">
                    <PlanField
                        editor={editor.clone()}
                        label="Class host"
                        path={path.key("host")}
                        input_mode="url"
                        placeholder="the host of the plan"
                    />
                    { plan_select(editor, "Order of tasks", &path.key("order"), ORDERS, "") }
                </div>
                { start_and_stop(editor, path, "by each user", "by each user") }
                <div class="adders">{ props.tools[1].clone() }</div>
            </Details>
        </>
    }
}

fn name_field(editor: &Editor, path: &Path, bare: bool) -> Html {
    html! {
        <PlanField
            editor={editor.clone()}
            label="Class name"
            path={path.key("name")}
            stays=true
            {bare}
        />
    }
}

/// How many users the class has: a share of all, or a fixed count.
fn share_fields(editor: &Editor, path: &Path, bare: bool) -> Html {
    let fixed = path.key("fixed_count");
    let key = if editor.has(&fixed) {
        "fixed_count"
    } else {
        "weight"
    };
    let on_key = {
        let path = path.clone();
        editor.on(move |key: String| {
            let key = if key == "weight" {
                "weight"
            } else {
                "fixed_count"
            };
            with_share(&path, &(key, 1.into()))
        })
    };
    let label = editor.label("Share", &fixed);
    let id = format!("{}-share", path.id());
    html! {
        <>
            <div class="field">
                if !bare {
                    <label for={id.clone()}>{ "Share" }</label>
                }
                { choice(id, label, SHARES, key, &on_key) }
            </div>
            <PlanField
                key={key}
                editor={editor.clone()}
                label={if key == "weight" { "Class weight" } else { "Fixed count" }}
                path={path.key(key)}
                kind={Kind::Number}
                input_mode="decimal"
                placeholder="1"
                stays={key == "fixed_count"}
                {bare}
            />
        </>
    }
}

const SHARES: &[Choice] = &[("weight", "Weight"), ("fixed_count", "Fixed count")];
