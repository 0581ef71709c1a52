//! What a run needs to start, and what goes on while nothing is drawn but the form: it changes the state,
//! does what a person wants, and hears the engine. It draws nothing.

use yew::prelude::*;

use crate::browser::programs::native_engine;
use crate::browser::{address, gesture};
use crate::control::intents::Intents;
use crate::control::{Intent, use_control};
use crate::shell::hooks::{use_address, use_guard, use_link, use_settling};
use crate::shell::later::{ControlPart, Page, use_on_action};
use crate::store::State;

/// All of it.
pub static CONTROL: ControlPart = ControlPart {
    apply: State::apply,
    control: |page, intents| html! { <Control page={page.clone()} intents={intents.clone()} /> },
};

#[derive(PartialEq, Properties)]
struct ControlProps {
    page: UseReducerHandle<Page>,
    intents: Intents,
}

#[component]
fn Control(props: &ControlProps) -> Html {
    let ControlProps { page, intents } = props;
    let state = &page.state;
    let on_action = use_on_action(page);
    let control = use_control(state, on_action.clone());
    // What waited for this program was wanted of the plan before the link, and waits until that is known.
    let is_link_awaited = address::fragment_value("plan").is_some();
    use_link(on_action.clone());
    use_settling(state, on_action);
    // An engine that is another program goes on without the page.
    use_guard(state.is_running() && native_engine().is_none());
    let on_intent = use_callback((), {
        let intents = intents.clone();
        move |intent: Intent, ()| intents.emit(gesture::attempt(), intent)
    });
    use_effect({
        let (page, intents) = (page.clone(), intents.clone());
        move || {
            if is_link_awaited {
                return;
            }
            let follow = move |(attempt, intent)| control.follow(attempt, intent, &page.state);
            intents.lead_to(Callback::from(follow));
        }
    });
    use_address(state, on_intent);
    html! {}
}
