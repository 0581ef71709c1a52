//! A button that copies a text, and says whether it could.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::js;

#[derive(PartialEq, Properties)]
pub struct CopyButtonProps {
    pub label: &'static str,
    /// What is copied.
    pub text: AttrValue,
}

#[component]
pub fn CopyButton(props: &CopyButtonProps) -> Html {
    let said = use_state_eq(|| "");
    let onclick = {
        let (text, said) = (props.text.clone(), said.setter());
        Callback::from(move |_| {
            let (text, said) = (text.clone(), said.clone());
            spawn_local(async move {
                said.set(match js::copy(&text).await {
                    Ok(()) => "Copied.",
                    Err(_) => "The browser does not let this page copy. Select the text, and copy it yourself.",
                });
            });
        })
    };
    html! {
        <div class="copy">
            <button type="button" class="button small" {onclick}>{ props.label }</button>
            <span class="note" role="status">{ *said }</span>
        </div>
    }
}
