//! Usual load shapes: chosen, filled in, and made the load of the plan.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::super::editor::Editor;
use crate::components::text_field::TextField;
use mayfly_core::plan::LoadKind;

use crate::store::load::PresetDoc;
use crate::store::{LoadAction, PlanAction};
use mayfly_engine::preset::{FieldKind, PresetDraft, PresetKind};

#[derive(PartialEq, Properties)]
pub(super) struct PresetSwitchProps {
    pub editor: Editor,
    /// What the load is about now.
    pub kind: LoadKind,
}

/// Opens and closes the presets.
#[component]
pub(super) fn PresetSwitch(props: &PresetSwitchProps) -> Html {
    let is_open = props.editor.plan.load.preset.is_some();
    let next = (!is_open).then(|| PresetDraft::new(PresetKind::default(), props.kind.is_open()));
    html! {
        <button
            type="button"
            class="button small"
            aria-expanded={if is_open { "true" } else { "false" }}
            onclick={edit(&props.editor).reform(move |_| next.clone())}
        >
            { "Presets" }
        </button>
    }
}

#[derive(PartialEq, Properties)]
pub(in super::super) struct PresetPanelProps {
    pub editor: Editor,
}

#[component]
pub(in super::super) fn PresetPanel(props: &PresetPanelProps) -> Html {
    let editor = &props.editor;
    let Some(preset) = &editor.plan.load.preset else {
        return html! {};
    };
    let on_use = {
        let on_plan = editor.on_plan.clone();
        Callback::from(move |()| on_plan.emit(PlanAction::Load(LoadAction::UsePreset)))
    };
    let onkeydown = {
        let on_use = on_use.clone();
        Callback::from(move |event: KeyboardEvent| {
            // Enter is about the preset here, and must not start a run.
            let is_field = event.target_dyn_into::<HtmlInputElement>().is_some();
            if is_field && event.key() == "Enter" {
                event.prevent_default();
                on_use.emit(());
            }
        })
    };
    html! {
        <section class="presets" aria-label="Presets" {onkeydown}>
            <div class="fields">
                { kind_field(editor, preset) }
                for index in 0..preset.draft.kind.fields().len() {
                    { number_field(editor, preset, index) }
                }
            </div>
            <div class="actions">
                <button
                    type="button"
                    class="button small"
                    disabled={preset.errors.iter().any(Option::is_some)}
                    onclick={on_use.reform(|_: MouseEvent| ())}
                >
                    { "Use this shape" }
                </button>
                <button type="button" class="button small" onclick={edit(editor).reform(|_| None)}>
                    { "Close" }
                </button>
            </div>
        </section>
    }
}

fn kind_field(editor: &Editor, preset: &PresetDoc) -> Html {
    let PresetDraft { kind, is_open, .. } = preset.draft;
    let onchange = edit(editor).reform(move |event: Event| {
        let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
        let kind = PresetKind::ALL.into_iter().find(|it| it.title() == chosen);
        Some(PresetDraft::new(kind.unwrap_or_default(), is_open))
    });
    html! {
        <div class="field">
            <label for="preset-kind">{ "Shape" }</label>
            <select id="preset-kind" {onchange}>
                for it in PresetKind::ALL {
                    <option value={it.title()} selected={it == kind}>{ it.title() }</option>
                }
            </select>
        </div>
    }
}

fn number_field(editor: &Editor, preset: &PresetDoc, index: usize) -> Html {
    let field = preset.draft.kind.fields()[index];
    let draft = preset.draft.clone();
    let on_input = edit(editor).reform(move |text: String| {
        let mut draft = draft.clone();
        draft.values[index] = text;
        Some(draft)
    });
    let hint = match field.kind {
        FieldKind::Count => "",
        FieldKind::Length => "such as 30s, 5m, 1h",
        FieldKind::Level if preset.draft.is_open => "tasks per second",
        FieldKind::Level => "users",
    };
    html! {
        <TextField
            key={field.label}
            id={format!("preset-{index}")}
            label={field.label}
            value={preset.draft.values[index].clone()}
            {hint}
            error={preset.errors.get(index).cloned().flatten()}
            {on_input}
        />
    }
}

/// Hears which preset is to be filled in, and with what.
fn edit(editor: &Editor) -> Callback<Option<PresetDraft>> {
    editor
        .on_plan
        .reform(|draft| PlanAction::Load(LoadAction::EditPreset(draft)))
}
