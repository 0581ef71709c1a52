//! A button that lets a person choose a file.

use web_sys::{File, HtmlInputElement};
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct FileButtonProps {
    /// What the field behind the button is called.
    pub label: AttrValue,
    /// What is on the button.
    pub text: AttrValue,
    /// The whole name of the button, where its text alone is not enough.
    #[prop_or_default]
    pub name: Option<AttrValue>,
    /// The kinds of files, as in `accept` of HTML.
    pub accept: &'static str,
    pub on_open: Callback<File>,
}

#[component]
pub(crate) fn FileButton(props: &FileButtonProps) -> Html {
    let picker = use_node_ref();
    let on_pick = {
        let picker = picker.clone();
        move |_| {
            if let Some(picker) = picker.cast::<HtmlInputElement>() {
                picker.click();
            }
        }
    };
    let onchange = {
        let on_open = props.on_open.clone();
        move |event: Event| {
            if let Some(file) = chosen_file(&event) {
                on_open.emit(file);
            }
        }
    };
    html! {
        <>
            <input
                ref={picker}
                type="file"
                accept={props.accept}
                aria-label={props.label.clone()}
                hidden=true
                {onchange}
            />
            <button type="button" class="button small" aria-label={props.name.clone()} onclick={on_pick}>
                { &props.text }
            </button>
        </>
    }
}

fn chosen_file(event: &Event) -> Option<File> {
    let picker = event.target_unchecked_into::<HtmlInputElement>();
    let file = picker.files()?.get(0);
    // The same file may be chosen again.
    picker.set_value("");
    file
}
