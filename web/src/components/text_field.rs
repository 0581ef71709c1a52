//! A labeled text field with a hint below, which gives way to an error.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::view::format::sentence;

#[derive(PartialEq, Properties)]
pub struct TextFieldProps {
    /// Made from the label, if it is empty; labels that repeat on a page need one.
    #[prop_or_default]
    pub id: AttrValue,
    pub label: AttrValue,
    pub value: AttrValue,
    /// Which keyboard a phone shows.
    #[prop_or("text".into())]
    pub input_mode: AttrValue,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub hint: Html,
    #[prop_or_default]
    pub error: Option<AttrValue>,
    pub on_input: Callback<String>,
}

#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    let id = if props.id.is_empty() {
        format!(
            "field-{}",
            props.label.to_ascii_lowercase().replace(' ', "-")
        )
    } else {
        props.id.to_string()
    };
    let help_id = format!("{id}-help");
    html! {
        <div class="field">
            <label for={id.clone()}>{ &props.label }</label>
            <input
                {id}
                type="text"
                inputmode={props.input_mode.clone()}
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder={props.placeholder.clone()}
                value={props.value.clone()}
                aria-invalid={props.error.is_some().then_some("true")}
                aria-describedby={help_id.clone()}
                oninput={input_text(&props.on_input)}
            />
            <p id={help_id} class={classes!("help", props.error.is_some().then_some("error"))}>
                if let Some(error) = &props.error {
                    { sentence(error) }
                } else {
                    { props.hint.clone() }
                }
            </p>
        </div>
    }
}

/// Hands on what was typed.
pub(super) fn input_text(on_input: &Callback<String>) -> Callback<InputEvent> {
    on_input.reform(|event: InputEvent| event.target_unchecked_into::<HtmlInputElement>().value())
}
