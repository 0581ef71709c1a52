//! The root of the page: it holds the state, and draws the form.

use yew::prelude::*;

use crate::browser::{self, address, gesture};
use crate::control::Intent;
use crate::control::intents::Intents;
use crate::pages::StartPage;
use crate::shell::hooks::{initial_state, use_memory, use_theme};
use crate::shell::later::{Later, Load, Page, PageAction, use_later, use_on_action};
use crate::store::{Action, Theme, View};

/// Draws the page. What it needs besides its form comes from `load`.
///
/// # Panics
///
/// Panics if the page has no element `app`, which index.html has.
pub fn start(load: Load) {
    let root = browser::document()
        .get_element_by_id("app")
        .expect("index.html has it");
    if browser::is_framed() {
        // Nothing else is drawn, so that nothing can be clicked that another page lies over.
        yew::Renderer::<Framed>::with_root(root).render();
        return;
    }
    gesture::watch();
    yew::Renderer::<App>::with_root_and_props(root, AppProps { load }).render();
}

/// What another page shows that has this one inside of it.
#[component]
fn Framed() -> Html {
    html! {
        <main class="start">
            <h1>{ "Mayfly" }</h1>
            <p class="notice" role="alert">
                { "Mayfly does not run inside of another page, because that page could lay something over it and have you start a load test without seeing it. " }
                <a href={address::whole()} target="_blank" rel="noopener">
                    { "Open Mayfly in a tab of its own" }
                </a>
            </p>
        </main>
    }
}

#[derive(Properties)]
pub struct AppProps {
    pub load: Load,
}

impl PartialEq for AppProps {
    fn eq(&self, _: &Self) -> bool {
        // There is one App, and one way to load.
        true
    }
}

/// The page.
#[component]
pub fn App(props: &AppProps) -> Html {
    let page = use_reducer(|| Page::new(initial_state()));
    let state = &page.state;
    let intents = use_memo((), |()| Intents::default());
    use_later(props.load, &page, &intents);
    use_theme(state.theme);
    use_memory(state);
    let on_action = use_on_action(&page);
    let on_retry = {
        let dispatcher = page.dispatcher();
        let later = Later {
            has_failed: false,
            ..page.later
        };
        Callback::from(move |_| dispatcher.dispatch(PageAction::SetLater(later)))
    };
    let on_intent = use_callback(page.has_waiting(), {
        let (intents, on_action) = (Intents::clone(&intents), on_action.clone());
        move |intent, &has_waiting| {
            let intent = match intent {
                Intent::Start(plan) if intents.wait() => {
                    on_action.emit(Action::AwaitStart);
                    // What waits was done to the plan before.
                    Intent::Start(plan.filter(|_| !has_waiting))
                }
                other => other,
            };
            intents.emit(gesture::attempt(), intent);
        }
    });
    let running = state.run.as_ref().filter(|it| it.state().is_active());
    html! {
        <ContextProvider<Theme> context={state.theme}>
            if page.later.has_failed {
                { failure(page.later, on_retry) }
            }
            if let Some(part) = page.later.control {
                { (part.control)(&page, &intents) }
            }
            if let Some(part) = page.later.drawing {
                { (part.rest)(&page, &intents) }
            }
            if is_awaited(state.shown(), page.later) {
                { awaited(running.is_some(), page.later, &on_intent) }
            }
            if state.shown() == View::Form {
                <StartPage
                    plan={state.plan.clone()}
                    has_run={state.run.is_some()}
                    running={running.map(|it| it.summary.kind)}
                    more={page.later.parts_of_form()}
                    is_starting={state.is_starting}
                    ceiling={state.ceiling.clone()}
                    {on_action} {on_intent}
                />
            }
        </ContextProvider<Theme>>
    }
}

/// Whether what should fill the page is on its way.
fn is_awaited(shown: View, later: Later) -> bool {
    match shown {
        View::Form => false,
        View::Opening => true,
        _ => later.drawing.is_none(),
    }
}

/// What fills the page meanwhile. A run that is not drawn yet can be stopped.
fn awaited(is_running: bool, later: Later, on_intent: &Callback<Intent>) -> Html {
    html! {
        <main class="start">
            if !later.has_failed {
                <p class="loading" role="status">{ "Loading…" }</p>
            }
            if is_running {
                <p>
                    { "The run is under way. " }
                    <button type="button" class="button" onclick={on_intent.reform(|_| Intent::Stop)}>
                        { "Stop" }
                    </button>
                </p>
            }
        </main>
    }
}

/// Says that a part of the page is missing.
fn failure(later: Later, on_retry: Callback<MouseEvent>) -> Html {
    let effect = match later.control {
        Some(_) => "so it shows nothing but the form yet",
        None => "so it can do nothing yet",
    };
    html! {
        <div class="notice danger" role="alert">
            <p>
                { "A part of this page could not be loaded, " }
                { effect }
                { ". Is there a network? If Mayfly was updated in the meantime, reload the page. " }
                <button
                    type="button"
                    class="button small"
                    onclick={on_retry}
                >
                    { "Try again" }
                </button>
            </p>
        </div>
    }
}
