//! Draws the parts of the form that are loaded later.

use yew::prelude::*;

use super::advanced::{advanced, simulated};
use super::class_card::{ClassCard, class_settings};
use super::data_fields::DataFields;
use super::details_of_task::task_fields;
use super::editor::Editor;
use super::load_fields::{PresetPanel, load_over_time, load_picture};
use super::part::FormPart;
use super::problem_list::{problem_list, warning_list};
use super::script_fields::script_fields;
use super::threshold_list::ThresholdList;
use crate::components::plan_editor::PlanEditor;
use crate::store::{PlanAction, Side};

/// Draws a part of the form.
pub(crate) fn draw_part(editor: &Editor, part: &FormPart) -> Html {
    let of = editor.clone();
    match part {
        FormPart::Advanced => advanced(editor),
        FormPart::ClassCard(path, tools) => html! {
            <ClassCard editor={of} path={path.clone()} tools={tools.clone()} />
        },
        FormPart::ClassSettings(path, is_only, tool) => {
            class_settings(editor, path, *is_only, tool)
        }
        FormPart::Data => html! { <DataFields editor={of} /> },
        FormPart::Load(kind) => load_over_time(editor, *kind),
        FormPart::LoadPicture => load_picture(editor),
        FormPart::Preset => html! { <PresetPanel editor={of} /> },
        FormPart::Problems => problem_list(editor),
        FormPart::Script => script_fields(editor),
        FormPart::Simulated => simulated(editor),
        FormPart::Task(path, shape) => task_fields(editor, path, shape),
        FormPart::Text => text(editor),
        FormPart::Thresholds => html! { <ThresholdList editor={of} /> },
        FormPart::Warnings => warning_list(editor),
    }
}

fn text(editor: &Editor) -> Html {
    let side = if editor.plan.edited == Side::Json {
        Side::Json
    } else {
        Side::Toml
    };
    let on_edit = editor
        .on_plan
        .reform(move |text| PlanAction::EditText(side, text));
    html! { <PlanEditor plan={editor.plan.clone()} {on_edit} /> }
}
