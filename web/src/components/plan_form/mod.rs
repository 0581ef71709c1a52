//! The plan as a form. Each field shows one value of the plan, and what is wrong with it.
//!
//! The form judges nothing: whatever is typed goes into the plan, the engine reads the plan after
//! each change, and what it says stands beside the field.

mod advanced;
mod body_fields;
mod check_list;
mod class_list;
mod data_fields;
mod data_rows;
mod details_of_task;
mod editor;
mod extract_list;
mod kind;
mod list;
mod load_fields;
mod name_field;
mod open;
mod pairs;
mod pairs_table;
mod place;
mod plan_field;
mod problem_list;
mod request_fields;
mod request_line;
mod rows_table;
mod share;
mod step_list;
mod task_list;
mod task_shape;
mod threshold_list;
mod wait_fields;

use mayfly_core::plan::BaseUrl;
use yew::prelude::*;

use self::advanced::{Advanced, Simulated};
use self::class_list::ClassList;
use self::data_fields::DataFields;
use self::load_fields::LoadFields;
use self::open::Details;
use self::plan_field::PlanField;
use self::task_shape::counted;
use self::threshold_list::ThresholdList;
use super::text_field::{TextField, sentence};
use crate::diagnosis;
use crate::js;
use crate::keys::Path;
use crate::store::PlanAction;

pub use self::editor::Editor;
pub use self::problem_list::{ProblemList, ProblemListProps};

#[derive(PartialEq, Properties)]
pub struct PlanFormProps {
    pub editor: Editor,
}

#[component]
pub fn PlanForm(props: &PlanFormProps) -> Html {
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
            <ClassList editor={editor.clone()} />
            <div class="mores">
                { data(editor) }
                { thresholds(editor) }
                <Advanced editor={editor.clone()} />
                if editor.plan.is_simulated() || editor.has(&Path::of("simulated")) {
                    <Simulated editor={editor.clone()} />
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
        >
            <DataFields editor={editor.clone()} />
        </Details>
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
        >
            <ThresholdList editor={editor.clone()} />
        </Details>
    }
}

/// What is wrong with the value at `path`, where no field says it.
fn error_line(editor: &Editor, path: &Path) -> Html {
    match editor.error(path) {
        Some(error) => html! { <p class="help error" role="alert">{ sentence(error) }</p> },
        None => Html::default(),
    }
}

fn host_hint(editor: &Editor) -> Html {
    match editor.text(&Path::of("host")).parse::<BaseUrl>() {
        _ if editor.plan.is_simulated() => html! {
            <>
                <span class="badge">{ "simulated" }</span>
                { " Without a host, an API simulated in this page answers, and nothing is sent anywhere." }
            </>
        },
        Ok(target) => {
            let hint = diagnosis::hint(&target, &js::surroundings());
            html! { hint.unwrap_or("The API must allow this page to read its answers (CORS).") }
        }
        Err(_) => html! { "Such as http://127.0.0.1:5000" },
    }
}
