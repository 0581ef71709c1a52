//! What can be done with a run.

use mayfly_core::run_state::RunState;
use yew::prelude::*;

use crate::control::Intent;
use crate::store::{Action, PlanAction, PlanDoc, Run, View};

#[derive(PartialEq, Properties)]
pub struct RunButtonsProps {
    pub state: RunState,
    /// The run, if it is a saved one.
    #[prop_or_default]
    pub saved: Option<Run>,
    pub on_action: Callback<Action>,
    pub on_intent: Callback<Intent>,
}

#[component]
pub fn RunButtons(props: &RunButtonsProps) -> Html {
    if let Some(run) = &props.saved {
        return saved_run_buttons(run, props);
    }
    let is_stopping = props.state == RunState::Stopping;
    html! {
        <div class="buttons">
            if props.state.is_active() {
                <button
                    type="button"
                    class="button"
                    disabled={!props.state.can_be_edited()}
                    onclick={props.on_action.reform(|_| Action::EditLoad)}
                >
                    { "Edit" }
                </button>
                <button
                    type="button"
                    class="button danger"
                    title={is_stopping.then_some("Ends users that are still finishing something")}
                    onclick={props.on_intent.reform(|_| Intent::Stop)}
                >
                    { if is_stopping { "Stop now" } else { "Stop" } }
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
            <button
                type="button"
                class="button"
                onclick={props.on_intent.reform(|_| Intent::ShowHistory)}
            >
                { "History" }
            </button>
            <button type="button" class="button" onclick={props.on_intent.reform(|_| Intent::ResetCounts)}>
                { "Reset" }
            </button>
        </div>
    }
}

fn saved_run_buttons(run: &Run, props: &RunButtonsProps) -> Html {
    let on_use = {
        let (title, draft) = (run.title.clone(), run.draft.clone());
        let on_action = props.on_action.clone();
        move |_| {
            let plan = PlanDoc {
                title: title.clone(),
                ..PlanDoc::of((*draft).clone())
            };
            on_action.emit(Action::Plan(PlanAction::Open(Box::new(plan))));
            on_action.emit(Action::Show(View::Form));
        }
    };
    html! {
        <div class="buttons">
            <button
                type="button"
                class="button"
                onclick={props.on_intent.reform(|_| Intent::ShowHistory)}
            >
                { "Back to the history" }
            </button>
            <button type="button" class="button" onclick={on_use}>{ "Use this plan" }</button>
        </div>
    }
}
