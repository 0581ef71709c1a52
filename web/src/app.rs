//! The root of the page: it holds the state, and connects what is seen with what is done.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::components::{ShareDialog, ShortcutsDialog, TrialDialog};
use crate::control::{Intent, use_control};
use crate::diagnosis::Diagnosis;
use crate::hooks::{
    initial_state, use_guard, use_link, use_memory, use_shortcuts, use_tab_in_address,
};
use crate::js;
use crate::pages::{ComparePage, HistoryPage, RunPage, StartPage};
use crate::store::{Action, Dialog, Run, RunAction, State, Theme, View};

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
    use_memory(&state);
    use_link(state.dispatcher());
    use_guard(state.is_running());
    use_tab_in_address(&state, state.dispatcher());
    let on_action = use_callback((), {
        let dispatcher = state.dispatcher();
        move |action: Action, ()| dispatcher.dispatch(action)
    });
    let on_intent = {
        let state = state.clone();
        Callback::from(move |intent: Intent| control.follow(intent, &state))
    };
    use_shortcuts(&state, on_action.clone(), on_intent.clone());
    html! {
        <ContextProvider<Theme> context={state.theme}>
            { engine_notice(&state, &on_intent) }
            { page(&state, &on_action, &on_intent) }
            { dialog(&state, &on_action) }
        </ContextProvider<Theme>>
    }
}

fn page(state: &State, on_action: &Callback<Action>, on_intent: &Callback<Intent>) -> Html {
    let (history, run) = (&state.history, &state.run);
    let running = run.as_ref().filter(|it| it.state().is_active());
    let running = running.map(|it| it.outline.kind);
    match (state.view, run, &history.opened, &history.compared) {
        (View::Compare, _, _, Some(compared)) => html! {
            <ComparePage
                compared={compared.clone()}
                problem={history.problem.clone()}
                {on_action}
            />
        },
        (View::History, ..) => html! {
            <HistoryPage history={history.clone()} run={run.as_ref().map(Run::state)} {on_action} {on_intent} />
        },
        (View::Run, Some(run), ..) | (View::Kept, _, Some(run), _) => html! {
            <RunPage
                run={run.clone()}
                tab={state.tab}
                hidden_lines={state.hidden_lines.clone()}
                selected_rows={state.selected_rows.clone()}
                dialog={state.dialog}
                problem={history.problem.clone()}
                tables={state.tables.clone()}
                log={state.log.clone()}
                {on_action} {on_intent}
            />
        },
        _ => html! {
            <StartPage
                plan={state.plan.clone()}
                has_run={state.run.is_some()}
                {running}
                {on_action} {on_intent}
            />
        },
    }
}

/// That there is no engine, where the run itself does not say it.
fn engine_notice(state: &State, on_intent: &Callback<Intent>) -> Html {
    let run_says_it = state.view == View::Run
        && state
            .run
            .as_ref()
            .is_some_and(|it| it.engine_error.is_some());
    match &state.engine_error {
        Some(error) if !run_says_it => html! {
            <div class="notice danger" role="alert">
                <p>
                    <strong>{ error }</strong>
                    { " Without it no plan can be read, no run started, and no kept run opened. " }
                    <button
                        type="button"
                        class="button small"
                        onclick={on_intent.reform(|_| Intent::RestartEngine)}
                    >
                        { "Try again" }
                    </button>
                </p>
            </div>
        },
        _ => html! {},
    }
}

/// A dialog that any page may show.
fn dialog(state: &State, on_action: &Callback<Action>) -> Html {
    let on_close = on_action.reform(|()| Action::CloseDialog);
    match state.dialog {
        Some(Dialog::Share) => html! { <ShareDialog plan={state.plan.clone()} {on_close} /> },
        Some(Dialog::Shortcuts) => html! {
            <ShortcutsDialog keys_are_off={state.keys_are_off} {on_action} />
        },
        Some(Dialog::Trial) => html! { <TrialDialog result={state.trial.clone()} {on_close} /> },
        Some(Dialog::EditUsers) | None => html! {},
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
    let unexplained = unexplained.map(|run| (run.id, run.outline.base_url().cloned()));
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
