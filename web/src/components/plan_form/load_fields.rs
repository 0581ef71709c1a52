//! How much load there is, and until when: its kind, its numbers, and its picture.

mod presets;
mod stages;

use yew::prelude::*;

pub(super) use self::presets::PresetPanel;
use self::presets::PresetSwitch;
use self::stages::StagesTable;
use super::editor::{Editor, MoreParts};
use super::part::FormPart;
use super::plan_field::{Kind, PlanField};
use crate::components::load_picture::{LoadPicture, load_picture_room};
use crate::draft::keys::Path;
use crate::draft::load_kind::{kind_of, title};
use crate::store::{LoadAction, PlanAction};
use crate::view::format::sentence;
use mayfly_core::plan::LoadKind;

#[derive(PartialEq, Properties)]
pub(super) struct LoadFieldsProps {
    pub editor: Editor,
}

#[component]
pub(super) fn LoadFields(props: &LoadFieldsProps) -> Html {
    let editor = &props.editor;
    let kind = kind_of(&editor.plan.draft.keys);
    html! {
        <fieldset class="load">
            <legend>{ "Load" }</legend>
            if let Some(shape) = shape_of(editor) {
                <p class="help">
                    { "The class " }<bdi>{ shape }</bdi>
                    { " of the file says how many users there are; the numbers below count for nothing." }
                </p>
            }
            <div class="switch">
                { kind_switch(editor, kind) }
                <PresetSwitch editor={editor.clone()} {kind} />
            </div>
            if editor.plan.load.preset.is_some() {
                { editor.part(&FormPart::Preset) }
            }
            { fields(editor, kind) }
            if editor.more == MoreParts::Awaited {
                { load_picture_room() }
            } else {
                { editor.part(&FormPart::LoadPicture) }
            }
        </fieldset>
    }
}

/// The class of a locustfile that says the load over time.
fn shape_of(editor: &Editor) -> Option<String> {
    let plan = &editor.plan;
    plan.script()?;
    plan.about_script.shape.clone()
}

fn kind_switch(editor: &Editor, kind: LoadKind) -> Html {
    let onchange = |to: LoadKind| {
        let on_plan = &editor.on_plan;
        on_plan.reform(move |_: Event| PlanAction::Load(LoadAction::Switch(to)))
    };
    html! {
        <div class="segments" role="radiogroup" aria-label="Load shape">
            for it in LoadKind::ALL {
                <label key={title(it)}>
                    <input type="radio" name="load-kind" checked={it == kind} onchange={onchange(it)} />
                    { title(it) }
                </label>
            }
        </div>
    }
}

fn fields(editor: &Editor, kind: LoadKind) -> Html {
    let load = Path::of("load");
    match kind {
        LoadKind::Users => html! {
            <div class="fields">
                <PlanField
                    editor={editor.clone()}
                    label="Number of users"
                    path={load.key("users")}
                    kind={Kind::Number}
                    input_mode="numeric"
                    hint="at the peak"
                />
                <PlanField
                    editor={editor.clone()}
                    label="Spawn rate"
                    path={load.key("spawn_rate")}
                    kind={Kind::Number}
                    also={Path::of("load")}
                    input_mode="decimal"
                    hint="users started per second"
                />
                { run_time(editor, "until stopped", "such as 20, 20s, 3m, 1h20m") }
            </div>
        },
        LoadKind::Arrivals | LoadKind::Stages => editor.part(&FormPart::Load(kind)),
    }
}

/// The fields of a load that changes over time.
pub(super) fn load_over_time(editor: &Editor, kind: LoadKind) -> Html {
    let load = Path::of("load");
    let is_open = kind.is_open();
    html! {
        <>
            <StagesTable editor={editor.clone()} {is_open} />
            { error(editor, &load) }
            <div class="fields">
                if is_open {
                    <PlanField
                        editor={editor.clone()}
                        label="Max users"
                        path={load.key("max_users")}
                        kind={Kind::Number}
                        input_mode="numeric"
                        placeholder="1000"
                        hint="a task that is due while all of them are busy is dropped, and counted"
                    />
                }
                { run_time(editor, "all stages", "ends the run before its last stage does") }
            </div>
        </>
    }
}

/// The picture of the load, or of the preset that is being filled in.
pub(super) fn load_picture(editor: &Editor) -> Html {
    let doc = &editor.plan.load;
    let (line, is_old, caption) = match &doc.preset {
        Some(preset) => {
            let is_old = preset.errors.iter().any(Option::is_some);
            (preset.line.clone(), is_old, "Preview of the preset")
        }
        None => (doc.line.clone(), doc.is_line_old, ""),
    };
    html! { <LoadPicture {line} {is_old} {caption} /> }
}

fn run_time(editor: &Editor, placeholder: &'static str, hint: &'static str) -> Html {
    html! {
        <PlanField
            editor={editor.clone()}
            label="Run time"
            path={Path::of("load").key("run_time")}
            kind={Kind::Number}
            {placeholder}
            {hint}
        />
    }
}

fn error(editor: &Editor, path: &Path) -> Html {
    let message = editor.error(path);
    html! {
        if let Some(message) = message {
            <p class="help error" role="alert">{ sentence(message) }</p>
        }
    }
}
