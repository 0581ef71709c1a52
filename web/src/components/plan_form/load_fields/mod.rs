//! How much load there is, and until when: its kind, its numbers, and its picture.

mod presets;
mod stages;

use yew::prelude::*;

use self::presets::{PresetPanel, PresetSwitch};
use self::stages::StagesTable;
use super::editor::Editor;
use super::plan_field::{Kind, PlanField};
use crate::components::load_picture::LoadPicture;
use crate::components::text_field::sentence;
use crate::keys::Path;
use crate::load_kind::LoadKind;
use crate::store::{LoadAction, PlanAction};

#[derive(PartialEq, Properties)]
pub(super) struct LoadFieldsProps {
    pub editor: Editor,
}

#[component]
pub(super) fn LoadFields(props: &LoadFieldsProps) -> Html {
    let editor = &props.editor;
    let doc = &editor.plan.load;
    let kind = LoadKind::of(&editor.plan.draft.keys);
    let line = doc.preset.as_ref().map(|it| it.line.clone());
    let is_old = doc
        .preset
        .as_ref()
        .map_or(doc.is_line_old, |it| it.errors.iter().any(Option::is_some));
    let caption = if doc.preset.is_some() {
        "Preview of the preset"
    } else {
        ""
    };
    html! {
        <fieldset class="load">
            <legend>{ "Load" }</legend>
            <div class="switch">
                { kind_switch(editor, kind) }
                <PresetSwitch editor={editor.clone()} {kind} />
            </div>
            if doc.preset.is_some() {
                <PresetPanel editor={editor.clone()} />
            }
            { fields(editor, kind) }
            <LoadPicture line={line.unwrap_or_else(|| doc.line.clone())} {is_old} {caption} />
        </fieldset>
    }
}

fn kind_switch(editor: &Editor, kind: LoadKind) -> Html {
    let onchange = |to: LoadKind| {
        let on_plan = &editor.on_plan;
        on_plan.reform(move |_: Event| PlanAction::Load(LoadAction::Switch(to)))
    };
    html! {
        <div class="segments" role="radiogroup" aria-label="Load shape">
            for it in LoadKind::ALL {
                <label key={it.title()}>
                    <input type="radio" name="load-kind" checked={it == kind} onchange={onchange(it)} />
                    { it.title() }
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
        LoadKind::Stages => html! {
            <>
                <StagesTable editor={editor.clone()} is_open=false />
                { error(editor, &load) }
                <div class="fields">
                    { run_time(editor, "all stages", "ends the run before its last stage does") }
                </div>
            </>
        },
        LoadKind::Arrivals => html! {
            <>
                <StagesTable editor={editor.clone()} is_open=true />
                { error(editor, &load) }
                <div class="fields">
                    <PlanField
                        editor={editor.clone()}
                        label="Max users"
                        path={load.key("max_users")}
                        kind={Kind::Number}
                        input_mode="numeric"
                        placeholder="1000"
                        hint="a task that is due while all of them are busy is dropped, and counted"
                    />
                    { run_time(editor, "all stages", "ends the run before its last stage does") }
                </div>
            </>
        },
    }
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
