//! A button that copies a text, and says whether it could.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::browser;

#[derive(PartialEq, Properties)]
pub(crate) struct CopyButtonProps {
    pub label: &'static str,
    /// What is copied.
    pub text: AttrValue,
    #[prop_or_default]
    pub is_primary: bool,
    /// A field with the text, to be selected where the browser does not let a page copy.
    #[prop_or_default]
    pub shown_in: Option<NodeRef>,
}

#[component]
pub(crate) fn CopyButton(props: &CopyButtonProps) -> Html {
    let said = use_state_eq(|| "");
    let onclick = {
        let (text, shown_in, said) = (props.text.clone(), props.shown_in.clone(), said.setter());
        Callback::from(move |_| {
            let (text, shown_in, said) = (text.clone(), shown_in.clone(), said.clone());
            spawn_local(async move { said.set(copy(&text, shown_in.as_ref()).await) });
        })
    };
    let class = if props.is_primary { "primary" } else { "small" };
    html! {
        <div class="copy">
            <button type="button" class={classes!("button", class)} {onclick}>{ props.label }</button>
            <span class="note" role="status">{ *said }</span>
        </div>
    }
}

/// Copies `text`, and returns what is to be said of that.
async fn copy(text: &str, shown_in: Option<&NodeRef>) -> &'static str {
    if browser::copy(text).await.is_ok() {
        return "Copied.";
    }
    let field = shown_in.and_then(NodeRef::cast::<HtmlInputElement>);
    match field {
        Some(field) => {
            field.select();
            "The browser does not let this page copy. The text is selected, so that you can copy it yourself."
        }
        None => "The browser does not let this page copy. Select the text, and copy it yourself.",
    }
}
