//! What is loaded after what a run needs to start: all other pages, the dialogs, the keys, and parts of the
//! form.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser::{self, gesture};
use crate::components::plan_form::draw_part;
use crate::components::{QuestionDialog, ShareDialog, ShortcutsDialog, TrialDialog};
use crate::control::Intent;
use crate::control::intents::Intents;
use crate::pages::{ComparePage, HistoryPage, RunPage};
use crate::shell::hooks::use_shortcuts;
use crate::shell::later::{DrawingPart, Page, use_on_action};
use crate::store::{Action, Dialog, Run, RunAction, State, View};
use crate::view::diagnosis::{Diagnosis, Probe};

/// All of it.
pub static DRAWING: DrawingPart = DrawingPart {
    draw_part,
    rest: |page, intents| html! { <Rest page={page.clone()} intents={intents.clone()} /> },
};

#[derive(PartialEq, Properties)]
struct RestProps {
    page: UseReducerHandle<Page>,
    intents: Intents,
}

#[component]
fn Rest(props: &RestProps) -> Html {
    let RestProps { page, intents } = props;
    let state = &page.state;
    let on_action = use_on_action(page);
    use_diagnosis(state, on_action.clone());
    use_heading_focus(state.view);
    let on_intent = use_callback((), {
        let intents = intents.clone();
        move |intent: Intent, ()| intents.emit(gesture::attempt(), intent)
    });
    use_shortcuts(page, on_action.clone(), on_intent.clone());
    html! {
        <>
            { engine_notice(state, &on_intent) }
            { filling(state, &on_action, &on_intent) }
            { dialog(state, &on_action, &on_intent) }
        </>
    }
}

/// What fills the page; nothing if it is the form.
fn filling(state: &State, on_action: &Callback<Action>, on_intent: &Callback<Intent>) -> Html {
    let (history, run) = (&state.history, &state.run);
    match (state.shown(), run, &history.opened, &history.compared) {
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
        (View::Run, Some(run), ..) | (View::Saved, _, Some(run), _) => html! {
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
        _ => html! {},
    }
}

/// That there is no engine or not all of it, where the run itself does not say it.
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
                    { error }
                    { " " }
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
fn dialog(state: &State, on_action: &Callback<Action>, on_intent: &Callback<Intent>) -> Html {
    if let Some(question) = &state.question {
        let refusal = state.plan.refusal;
        return html! { <QuestionDialog question={question.clone()} {refusal} {on_action} {on_intent} /> };
    }
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

/// Moves the focus to the new heading when something else fills the page: what had it is gone. Until this
/// program is there, that is the form.
#[hook]
fn use_heading_focus(view: View) {
    let last = use_mut_ref(|| View::Form);
    use_effect_with(view, move |&view| {
        if last.replace(view) != view {
            browser::focus::focus_heading();
        }
    });
}

/// Finds out why no answer to a request can be read, for one request at a time.
#[hook]
fn use_diagnosis(state: &State, on_action: Callback<Action>) {
    let run = state.run.as_ref().filter(|it| it.diagnosis.is_none());
    // An engine that is no browser says by itself what was wrong.
    let run = run.filter(|_| browser::programs::native_engine().is_none());
    let unanswered = run.and_then(|run| Some((run.id, run.model.unanswered.first()?.clone())));
    use_effect_with(unanswered, move |unanswered| {
        let Some((run, request)) = unanswered.clone() else {
            return;
        };
        spawn_local(async move {
            let probe = if request.has_timed_out {
                Probe::TimedOut
            } else {
                browser::probe::probe(&request.url, &request.preflighted).await
            };
            let diagnosis = Diagnosis::new(request, &browser::probe::surroundings(), probe);
            on_action.emit(Action::Run(RunAction::Diagnose(run, Box::new(diagnosis))));
        });
    });
}
