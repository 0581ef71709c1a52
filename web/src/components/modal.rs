//! A dialog that is shown above the page until it is closed.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(crate) struct ModalProps {
    pub title: AttrValue,
    pub children: Html,
    /// Whether it takes more of the page.
    #[prop_or_default]
    pub is_wide: bool,
    /// Hears that it was closed, by its button or by Escape.
    pub on_close: Callback<()>,
}

#[component]
pub(crate) fn Modal(props: &ModalProps) -> Html {
    let (dialog, close) = use_dialog();
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
                    <button type="button" class="button icon" aria-label="Close" onclick={close.reform(|_| ())}>
                        { "×" }
                    </button>
                </div>
                { props.children.clone() }
            </div>
        </dialog>
    }
}

/// An element that is shown as a dialog once it is drawn, and what closes it. Closing gives the focus
/// back to where it was, and is told by `onclose`.
#[hook]
pub(super) fn use_dialog() -> (NodeRef, Callback<()>) {
    let dialog = use_node_ref();
    use_effect_with(dialog.clone(), |dialog| {
        let dialog = dialog.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            // Fails only where it is shown already.
            let _ = dialog.show_modal();
        }
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
        }
    });
    let close = {
        let dialog = dialog.clone();
        Callback::from(move |()| {
            if let Some(dialog) = dialog.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    (dialog, close)
}
