//! A dialog that is shown above the page until it is closed.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub struct ModalProps {
    pub title: AttrValue,
    pub children: Html,
    /// Whether it takes more of the page.
    #[prop_or_default]
    pub is_wide: bool,
    /// Hears that it was closed, by its button or by Escape.
    pub on_close: Callback<()>,
}

#[component]
pub fn Modal(props: &ModalProps) -> Html {
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
            // Fails only where it is shown already.
            let _ = dialog.show_modal();
        }
    });
    let on_close = {
        let dialog = dialog.clone();
        move |_: MouseEvent| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                // Gives the focus back to where it was, and says so by `onclose`.
                dialog.close();
            }
        }
    };
    html! {
        <dialog
            ref={dialog}
            class={classes!(props.is_wide.then_some("wide"))}
            aria-labelledby="modal-title"
            onclose={props.on_close.reform(|_| ())}
        >
            <div class="modal">
                <div class="modal-head">
                    <h2 id="modal-title">{ &props.title }</h2>
                    <button type="button" class="button icon" aria-label="Close" onclick={on_close}>
                        { "×" }
                    </button>
                </div>
                { props.children.clone() }
            </div>
        </dialog>
    }
}
