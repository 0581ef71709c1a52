//! The plan as a form. Each field shows one value of the plan, and what is wrong with it.
//!
//! The form judges nothing: whatever is typed goes into the plan, the engine reads the plan after
//! each change, and what it says stands beside the field.

mod advanced;
mod body_fields;
mod check_list;
mod class_card;
mod class_list;
mod data_fields;
mod data_rows;
mod details_of_task;
mod draw_part;
mod editor;
mod extract_list;
mod kind;
mod list;
mod load_fields;
mod name_field;
mod open;
mod pairs;
mod pairs_table;
mod part;
mod place;
mod plan_field;
mod problem_list;
mod request_fields;
mod request_line;
mod rows_table;
mod script_fields;
mod share;
mod step_list;
mod task_list;
mod task_shape;
mod threshold_list;
mod wait_fields;

use mayfly_core::plan::BaseUrl;
use yew::prelude::*;

use self::advanced::{ENDS, Plain, SIMULATED, TAGS, path_of};
use self::class_list::ClassList;
use self::load_fields::LoadFields;
use self::open::Details;
use self::plan_field::PlanField;
use self::task_shape::counted;
use super::text_field::TextField;
use crate::browser;
use crate::draft::keys::Path;
use crate::store::PlanAction;
use crate::view::diagnosis;
use crate::view::format::sentence;

pub(crate) use self::draw_part::draw_part;
pub(crate) use self::editor::{DrawPart, Editor, MoreParts};
pub(crate) use self::part::FormPart;

#[derive(PartialEq, Properties)]
pub(crate) struct PlanFormProps {
    pub editor: Editor,
}

#[component]
pub(crate) fn PlanForm(props: &PlanFormProps) -> Html {
    let editor = &props.editor;
    html! {
        <>
            <div class="target">
                <PlanField
                    editor={editor.clone()}
                    label="Host"
                    path={Path::of("host")}
                    input_mode="url"
                    placeholder="Simulated API"
                    hint={host_hint(editor)}
                />
                <TextField
                    label="Run title"
                    value={editor.plan.title.clone()}
                    placeholder="none"
                    hint="names the run and its files"
                    on_input={editor.on_plan.reform(PlanAction::EditTitle)}
                />
            </div>
            <LoadFields editor={editor.clone()} />
            if editor.plan.script().is_some() {
                { editor.part(&FormPart::Script) }
            } else {
                <ClassList editor={editor.clone()} />
            }
            <div class="mores">
                if editor.plan.script().is_none() {
                    { data(editor) }
                }
                { thresholds(editor) }
                { advanced(editor) }
                if editor.plan.is_simulated() || editor.has(&Path::of("simulated")) {
                    { simulated(editor) }
                }
            </div>
        </>
    }
}

fn data(editor: &Editor) -> Html {
    let path = Path::of("data");
    let names = editor.keys(&path);
    let has_file = names.iter().any(|it| editor.has(&path.key(it).key("csv")));
    html! {
        <Details
            editor={editor.clone()}
            summary="Data"
            note={names.join(", ")}
            place="data"
            must_be_seen={has_file}
            paths={vec![path]}
            part={FormPart::Data}
        />
    }
}

fn thresholds(editor: &Editor) -> Html {
    let path = Path::of("thresholds");
    let note = match editor.len(&path) {
        0 => String::new(),
        number => counted(number, "condition", "conditions"),
    };
    html! {
        <Details
            editor={editor.clone()}
            summary="Thresholds"
            {note}
            place="thresholds"
            paths={vec![path]}
            part={FormPart::Thresholds}
        />
    }
}

fn advanced(editor: &Editor) -> Html {
    let parts = ENDS.iter().chain(TAGS).map(named);
    let parts: Vec<Named> = parts
        .chain([("all requests", Path::of("request"))])
        .collect();
    html! {
        <Details
            editor={editor.clone()}
            summary="Advanced options"
            note={set_of(editor, &parts)}
            place="advanced"
            paths={parts.into_iter().map(|it| it.1).collect::<Vec<_>>()}
            part={FormPart::Advanced}
        />
    }
}

fn simulated(editor: &Editor) -> Html {
    let simulated = Path::of("simulated");
    let others = [
        ("service time", simulated.key("service_time")),
        ("stalls", simulated.key("stalls")),
    ];
    let parts: Vec<Named> = SIMULATED.iter().map(named).chain(others).collect();
    html! {
        <Details
            editor={editor.clone()}
            summary="Simulated API"
            note={set_of(editor, &parts)}
            place="simulated"
            paths={vec![simulated]}
            part={FormPart::Simulated}
        />
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
    let words = parts.map(|it| it.0.to_ascii_lowercase());
    words.collect::<Vec<_>>().join(", ")
}

/// What is wrong with the value at `path`, where no field says it.
fn error_line(editor: &Editor, path: &Path) -> Html {
    match editor.error(path) {
        Some(error) => html! { <p class="help error" role="alert">{ sentence(error) }</p> },
        None => Html::default(),
    }
}

fn host_hint(editor: &Editor) -> Html {
    let others = &editor.plan.other_hosts;
    html! {
        <>
            { own_host_hint(editor) }
            if !others.is_empty() {
                <strong class="others">
                    { "Requests of this plan also go to " }<bdi>{ others.join(", ") }</bdi>{ "." }
                </strong>
            }
        </>
    }
}

fn own_host_hint(editor: &Editor) -> Html {
    match editor.text(&Path::of("host")).parse::<BaseUrl>() {
        _ if editor.plan.is_simulated() => html! {
            <>
                <span class="badge">{ "simulated" }</span>
                { " Without a host, a simulated API answers, and nothing is sent anywhere." }
            </>
        },
        // It asks nobody whether it may read an answer.
        Ok(_) if browser::programs::native_engine().is_some() => html! {},
        Ok(target) => {
            let hint = diagnosis::hint(&target, &browser::probe::surroundings());
            html! { hint.unwrap_or("The API must allow this page to read its answers (CORS).") }
        }
        Err(_) => html! { "Such as http://127.0.0.1:5000" },
    }
}
