//! What can be done with a run.

use mayfly_core::run::RunState;
use yew::prelude::*;

use crate::store::{Action, View};

#[derive(PartialEq, Properties)]
pub struct RunButtonsProps {
    pub state: RunState,
    pub on_action: Callback<Action>,
    pub on_stop: Callback<()>,
    pub on_reset: Callback<()>,
}

#[component]
pub fn RunButtons(props: &RunButtonsProps) -> Html {
    let is_stopping = props.state == RunState::Stopping;
    html! {
        <div class="buttons">
            if props.state.is_active() {
                <button
                    type="button"
                    class="button"
                    disabled={is_stopping}
                    onclick={props.on_action.reform(|_| Action::OpenEdit)}
                >
                    { "Edit" }
                </button>
                <button
                    type="button"
                    class="button danger"
                    disabled={is_stopping}
                    onclick={props.on_stop.reform(|_| ())}
                >
                    { "Stop" }
                </button>
            } else {
                <button
                    type="button"
                    class="button primary"
                    onclick={props.on_action.reform(|_| Action::Show(View::Form))}
                >
                    { "New" }
                </button>
            }
            <button type="button" class="button" onclick={props.on_reset.reform(|_| ())}>
                { "Reset" }
            </button>
        </div>
    }
}
