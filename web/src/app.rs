//! The root of the page: it holds the state, and connects what is seen with what is done.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::control::{Intent, use_control};
use crate::diagnosis::Diagnosis;
use crate::js;
use crate::pages::{RunPage, StartPage};
use crate::store::plan::with_host;
use crate::store::{Action, RunAction, State, View};

/// Draws the page.
///
/// # Panics
///
/// Panics if the page has no element `app`, which index.html has.
pub fn start() {
    let root = js::document()
        .get_element_by_id("app")
        .expect("index.html has it");
    yew::Renderer::<App>::with_root(root).render();
}

/// The page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(initial_state);
    let control = use_control(&state);
    use_diagnosis(&state);
    use_heading_focus(state.view);
    let on_action = use_callback((), {
        let dispatcher = state.dispatcher();
        move |action: Action, ()| dispatcher.dispatch(action)
    });
    let on_intent = {
        let state = state.clone();
        Callback::from(move |intent: Intent| control.follow(intent, &state))
    };
    match (&state.view, &state.run) {
        (View::Run, Some(run)) => html! {
            <RunPage
                run={run.clone()}
                tab={state.tab}
                dialog={state.dialog}
                {on_action} {on_intent}
            />
        },
        _ => html! {
            <StartPage
                plan={state.plan.clone()}
                has_run={state.run.is_some()}
                {on_action} {on_intent}
            />
        },
    }
}

/// The plan is filled from the page's address, if that names a host. Nothing is started.
fn initial_state() -> State {
    let plan = js::fragment_value("host").map(|host| Rc::new(with_host(&host)));
    State {
        plan: plan.unwrap_or_default(),
        ..State::default()
    }
}

/// Moves the focus to the new heading when something else fills the page: what had it is gone.
#[hook]
fn use_heading_focus(view: View) {
    let last = use_mut_ref(|| view);
    use_effect_with(view, move |&view| {
        if last.replace(view) != view {
            js::focus_heading();
        }
    });
}

/// Finds out why no answer can be read, once for each run of which none can.
#[hook]
fn use_diagnosis(state: &UseReducerHandle<State>) {
    let unexplained = state.run.as_ref().filter(|run| run.model.is_unexplained);
    let unexplained = unexplained.map(|run| (run.id, run.outline.base_url.clone()));
    let dispatcher = state.dispatcher();
    use_effect_with(unexplained, move |unexplained| {
        let Some((run, Some(target))) = unexplained.clone() else {
            return;
        };
        spawn_local(async move {
            let probe = js::probe(target.as_str()).await;
            let diagnosis = Diagnosis::new(&target, &js::surroundings(), probe);
            dispatcher.dispatch(Action::Run(RunAction::Diagnose(run, diagnosis)));
        });
    });
}
