//! One of several user classes, which can be left out of the run; and the settings of any class.

use yew::prelude::*;

use super::class_list::class_body;
use super::details_of_task::{ORDERS, start_and_stop};
use super::editor::Editor;
use super::open::{opener, use_open};
use super::plan_field::{Choice, Kind, PlanField, check_box, choice, plan_select};
use super::share::{is_left_out, leave_out, take_in, use_former_share, with_share};
use crate::draft::keys::Path;

#[derive(PartialEq, Properties)]
pub(super) struct ClassCardProps {
    pub editor: Editor,
    /// Where the class is.
    pub path: Path,
    /// What can be done to it: beside its name, and below all.
    pub tools: [Html; 2],
}

#[component]
pub(super) fn ClassCard(props: &ClassCardProps) -> Html {
    let ClassCardProps {
        editor,
        path,
        tools,
    } = props;
    let (is_open, on_open) = use_open(path.to_string(), true);
    let former = use_former_share(editor, path);
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
                { check_box(Html::default(), format!("Swarm with {place}"), takes_part, on_check) }
                { name_field(editor, path, true) }
                if takes_part {
                    { share_fields(editor, path, true) }
                } else {
                    <span class="note">{ "left out of the run" }</span>
                }
                <div class="tools">
                    { opener(format!("More of {place}"), is_open, inside_id.clone(), &on_open) }
                    { tools[0].clone() }
                </div>
            </div>
            { super::error_line(editor, path) }
            if is_open {
                <div id={inside_id} class="inside plain">{ class_body(editor, path, false, &tools[1]) }</div>
            }
        </fieldset>
    }
}

/// The settings of a class. `tool` stands below them.
pub(super) fn class_settings(editor: &Editor, path: &Path, is_only: bool, tool: &Html) -> Html {
    html! {
        <>
                if is_only {
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
                <div class="adders">{ tool.clone() }</div>
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
