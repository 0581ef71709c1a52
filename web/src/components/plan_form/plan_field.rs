//! A field for one value of the plan.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::editor::Editor;
pub(super) use super::kind::Kind;
use crate::components::text_field::input_text;
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

#[derive(PartialEq, Properties)]
pub(super) struct PlanFieldProps {
    pub editor: Editor,
    pub label: AttrValue,
    pub path: Path,
    #[prop_or_default]
    pub kind: Kind,
    /// Another place whose errors are shown here, because no other field is about it.
    #[prop_or_default]
    pub also: Option<Path>,
    #[prop_or("text".into())]
    pub input_mode: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub hint: Html,
    /// Whether the key stays when the field is empty, because its table would be another without.
    #[prop_or_default]
    pub stays: bool,
    /// Whether the label is only for those who do not see where the field is.
    #[prop_or_default]
    pub bare: bool,
    /// Whether there is room for several lines.
    #[prop_or_default]
    pub long: bool,
}

#[component]
pub(super) fn PlanField(props: &PlanFieldProps) -> Html {
    let PlanFieldProps { editor, path, .. } = props;
    let (value, on_input) = use_typed_or_empty(editor, path, props.kind, props.stays);
    let also = props.also.as_ref().and_then(|it| editor.error(it));
    let error = editor.error_within(path).or(also);
    let id = path.id();
    let common = Common {
        label: editor.label(&props.label, path),
        is_invalid: error.is_some(),
        help_id: format!("{id}-help"),
    };
    let control = if props.long {
        area(props, &id, &common, value, &on_input)
    } else {
        input(props, &id, &common, value, &on_input)
    };
    let label = (!props.bare).then_some(&*props.label);
    framed(&id, label, control, error, props.hint.clone())
}

/// What every control of a field has.
struct Common {
    label: String,
    is_invalid: bool,
    help_id: String,
}

fn input(
    props: &PlanFieldProps,
    id: &str,
    common: &Common,
    value: String,
    on_input: &Callback<String>,
) -> Html {
    html! {
        <input
            id={id.to_owned()}
            type="text"
            inputmode={props.input_mode.clone()}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            placeholder={props.placeholder.clone()}
            aria-label={common.label.clone()}
            aria-invalid={common.is_invalid.then_some("true")}
            aria-describedby={common.help_id.clone()}
            {value}
            oninput={input_text(on_input)}
        />
    }
}

fn area(
    props: &PlanFieldProps,
    id: &str,
    common: &Common,
    value: String,
    on_input: &Callback<String>,
) -> Html {
    let n_lines = value.split('\n').count().clamp(MIN_LINES, MAX_LINES);
    let oninput = on_input
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    html! {
        <textarea
            id={id.to_owned()}
            class="body"
            rows={n_lines.to_string()}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            placeholder={props.placeholder.clone()}
            aria-label={common.label.clone()}
            aria-invalid={common.is_invalid.then_some("true")}
            aria-describedby={common.help_id.clone()}
            {value}
            {oninput}
        />
    }
}

/// A control with its label above, and its hint below, which gives way to an error.
pub(super) fn framed(
    id: &str,
    label: Option<&str>,
    control: Html,
    error: Option<&str>,
    hint: Html,
) -> Html {
    html! {
        <div class="field">
            if let Some(label) = label {
                <label for={id.to_owned()}>{ label }</label>
            }
            { control }
            <p
                id={format!("{id}-help")}
                class={classes!("help", error.is_some().then_some("error"))}
            >
                if let Some(error) = error {
                    { sentence(error) }
                } else {
                    { hint }
                }
            </p>
        </div>
    }
}

/// What the field for the value at `path` shows, and what is to be told what was typed.
///
/// What was typed is shown as long as it means what the plan says: `0.50` does not become `0.5`
/// under the hands of the person who types it. An empty field takes its key away.
#[hook]
pub(super) fn use_typed(editor: &Editor, path: &Path, kind: Kind) -> (String, Callback<String>) {
    use_typed_or_empty(editor, path, kind, false)
}

/// As [`use_typed`]; if the key `stays`, an empty field leaves an empty value.
#[hook]
pub(super) fn use_typed_or_empty(
    editor: &Editor,
    path: &Path,
    kind: Kind,
    stays: bool,
) -> (String, Callback<String>) {
    let typed = use_state(String::new);
    let shown = match editor.get(path) {
        Some(value) if kind.value(&typed) == *value => (*typed).clone(),
        Some(value) => kind.text(value),
        None => String::new(),
    };
    let on_input = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |text: String| {
            editor.edit(match (text.is_empty(), stays) {
                (true, false) => Edit::Remove(path.clone()),
                _ => Edit::Set(path.clone(), kind.value(&text)),
            });
            typed.set(text);
        })
    };
    (shown, on_input)
}

/// A choice: what stands in the plan, and what a person reads. Nothing in the plan is empty.
pub(super) type Choice = (&'static str, &'static str);

/// A list to choose from, with its own idea of what a choice changes.
pub(super) fn choice(
    id: String,
    label: String,
    choices: &[Choice],
    chosen: &str,
    on_choice: &Callback<String>,
) -> Html {
    let onchange =
        on_choice.reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    html! {
        <select {id} aria-label={label} {onchange}>
            for (value, text) in choices {
                <option value={*value} selected={*value == chosen}>{ text }</option>
            }
        </select>
    }
}

/// A list to choose the value at `path` from. A value that is not in the list is shown as it is.
pub(super) fn plan_select(
    editor: &Editor,
    label: &str,
    path: &Path,
    choices: &[Choice],
    hint: &'static str,
) -> Html {
    let id = path.id();
    let chosen = editor.text(path);
    let is_known = choices.iter().any(|it| it.0 == chosen);
    let onchange = {
        let path = path.clone();
        editor.on(move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
            match &*chosen {
                "" => Edit::Remove(path.clone()),
                "false" | "true" => Edit::Set(path.clone(), (chosen == "true").into()),
                chosen => Edit::Set(path.clone(), chosen.into()),
            }
        })
    };
    let error = editor.error_within(path);
    let control = html! {
        <select
            id={id.clone()}
            aria-label={editor.label(label, path)}
            aria-invalid={error.is_some().then_some("true")}
            aria-describedby={format!("{id}-help")}
            {onchange}
        >
            if !is_known {
                <option value={chosen.clone()} selected=true>{ &chosen }</option>
            }
            for (value, text) in choices {
                <option value={*value} selected={*value == chosen}>{ text }</option>
            }
        </select>
    };
    framed(&id, Some(label), control, error, hint.into())
}

/// A box to check.
pub(super) fn check_box(
    label: Html,
    full_label: String,
    is_checked: bool,
    on_check: Callback<bool>,
) -> Html {
    let onchange =
        on_check.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    html! {
        <label class="check">
            <input type="checkbox" aria-label={full_label} checked={is_checked} {onchange} />
            { label }
        </label>
    }
}

const MIN_LINES: usize = 3;

const MAX_LINES: usize = 24;
