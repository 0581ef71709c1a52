//! The keys that do something.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::modal::Modal;
use crate::control::shortcut::Shortcut;
use crate::store::Action;

#[derive(PartialEq, Properties)]
pub(crate) struct ShortcutsDialogProps {
    /// Whether single keys do nothing.
    pub keys_are_off: bool,
    pub on_action: Callback<Action>,
}

#[component]
pub(crate) fn ShortcutsDialog(props: &ShortcutsDialogProps) -> Html {
    let on_switch = props.on_action.reform(|event: Event| {
        let is_on = event.target_unchecked_into::<HtmlInputElement>().checked();
        Action::TurnKeys(!is_on)
    });
    html! {
        <Modal
            title="Keyboard shortcuts"
            on_close={props.on_action.reform(|()| Action::CloseDialog)}
        >
            <dl class="shortcuts">
                for (keys, what) in Shortcut::LIST {
                    <div key={keys}>
                        <dt><kbd>{ keys }</kbd></dt>
                        <dd>{ what }</dd>
                    </div>
                }
            </dl>
            <div class="check">
                <input
                    id="single-keys"
                    type="checkbox"
                    checked={!props.keys_are_off}
                    onchange={on_switch}
                />
                <label for="single-keys">{ "Single-key shortcuts work outside of fields" }</label>
            </div>
        </Modal>
    }
}
