//! What connects the state with the browser around the page: its address, its keys, what is stored.

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, EventTarget, KeyboardEvent};
use yew::prelude::*;

use crate::address::link;
use crate::address::route::Address;
use crate::browser;
use crate::browser::{address, settings};
use crate::control::Intent;
use crate::control::shortcut::Shortcut;
use crate::gate::HOLD_MILLIS;
use crate::shell::later::Page;
use crate::store::plan::with_host;
use crate::store::{Action, PlanAction, Side, State, Theme, View};

/// Names under which something is stored in the browser.
pub(super) mod keys {
    /// The theme.
    pub(crate) const THEME: &str = "theme";
    /// The plan that was written last.
    pub(crate) const PLAN: &str = "plan";
    /// Whether single keys do something: `off` if not.
    pub(crate) const KEYS: &str = "keys";
}

/// The state as it is when the page is opened: what was there last, or what its address says.
/// Nothing is started.
pub(super) fn initial_state() -> State {
    let theme = settings::get(keys::THEME).and_then(|it| Theme::of_name(&it));
    let stored = settings::get(keys::PLAN).and_then(|it| link::of_stored(&it));
    let mut plan = match address::fragment_value("host") {
        Some(host) => {
            // Or it would be put back with every reload.
            address::forget_fragment();
            with_host(stored, &host)
        }
        None => stored.unwrap_or_default(),
    };
    if address::fragment_value("plan").is_some() {
        plan.unseen = Some(plan.revision);
    }
    State {
        plan: plan.into(),
        // Which one is known once all is loaded.
        view: match address::query().contains("view=") {
            true => View::Opening,
            false => View::Form,
        },
        theme: theme.unwrap_or_default(),
        keys_are_off: settings::get(keys::KEYS).is_some_and(|it| it == "off"),
        ..State::default()
    }
}

/// Keeps what a person would not want to set again.
#[hook]
pub fn use_memory(state: &State) {
    let plan = &state.plan;
    // What is read of a text is known a moment after it is typed.
    let read_revision = plan.read_revision.filter(|_| plan.edited != Side::Form);
    let whose = (
        plan.is_untouched_link(),
        plan.is_from_link,
        plan.replaced.is_some(),
    );
    let content = (plan.revision, read_revision, plan.title.clone());
    use_effect_with((content, whose, plan.shows_text), {
        let plan = plan.clone();
        move |_| {
            if plan.is_untouched_link() {
                return;
            }
            // Where nothing can be stored, the form starts with the demo.
            let _ = settings::set(keys::PLAN, &link::to_stored(&plan));
        }
    });
    use_effect_with(state.keys_are_off, |off| {
        let _ = settings::set(keys::KEYS, if *off { "off" } else { "on" });
    });
}

/// Makes the page light or dark, and stores which.
#[hook]
pub fn use_theme(theme: Theme) {
    use_effect_with(theme, |theme| {
        browser::set_color_scheme(theme.color_scheme());
        // Where nothing can be stored, the page follows the system.
        let _ = settings::set(keys::THEME, theme.name());
    });
}

/// Opens the plan that the address holds, now and when the address changes.
#[hook]
pub fn use_link(on_action: Callback<Action>) {
    let open = move || {
        let Some(packed) = address::fragment_value("plan") else {
            return;
        };
        let title = address::fragment_value("title").unwrap_or_default();
        address::forget_fragment();
        on_action.emit(Action::Plan(PlanAction::Await));
        let on_action = on_action.clone();
        spawn_local(async move {
            let action = match link::open(title, &packed).await {
                Ok(plan) => PlanAction::Open(Box::new(plan)),
                Err(problem) => PlanAction::RefuseFile(problem),
            };
            on_action.emit(Action::Show(View::Form));
            on_action.emit(Action::Plan(action));
        });
    };
    use_effect_with((), {
        let open = open.clone();
        move |()| open()
    });
    use_event("hashchange", move |_: Event| open());
}

/// Lets a plan from outside be started once it was on the screen for a while.
#[hook]
pub fn use_settling(state: &State, on_action: Callback<Action>) {
    use_effect_with(state.plan.unseen, move |&unseen| {
        let Some(revision) = unseen else { return };
        browser::after_drawing(move || {
            let settle = move || on_action.emit(Action::Plan(PlanAction::Settle(revision)));
            Timeout::new(HOLD_MILLIS, settle).forget();
        });
    });
}

/// Shows what the address names, and has the address name what is shown, so that it can be gone back to.
#[hook]
pub fn use_address(state: &State, on_intent: Callback<Intent>) {
    let go_to = move || on_intent.emit(Intent::GoTo(Address::of_query(&address::query())));
    let is_opening = state.shown() == View::Opening;
    use_effect_with((), {
        let go_to = go_to.clone();
        move |()| {
            // From a form that was there at once, a person may have gone on already.
            if is_opening {
                go_to();
            }
        }
    });
    use_event("popstate", move |_: Event| go_to());
    let last = use_mut_ref(|| None::<Address>);
    use_effect_with(Address::of(state), move |shown| {
        let Some(shown) = shown else { return };
        let last = last.replace(Some(shown.clone()));
        let query = address::query();
        let named = Address::of_query(&query);
        if named.is_same(shown) {
            return;
        }
        // What an address names that was gone back to may not be there any more.
        if last.is_some_and(|it| it.is_same(&named)) {
            address::push_query(&shown.to_query(&query));
        } else {
            address::replace_query(&shown.to_query(&query));
        }
    });
}

/// Listens for the keys that do something.
#[hook]
pub fn use_shortcuts(
    page: &UseReducerHandle<Page>,
    on_action: Callback<Action>,
    on_intent: Callback<Intent>,
) {
    let page = page.clone();
    use_event("keydown", move |event: KeyboardEvent| {
        let Some(shortcut) = Shortcut::of(&event, &page.state) else {
            return;
        };
        event.prevent_default();
        shortcut.follow(&page.state, &on_action, &on_intent);
    });
}

/// Keeps a run that is under way from ending by accident: the browser asks before it leaves the page.
/// For a file that is dropped beside the form it never leaves it.
#[hook]
pub fn use_guard(is_running: bool) {
    use_event("beforeunload", move |event: Event| {
        if is_running {
            event.prevent_default();
        }
    });
    // A text may go into any field.
    let keep_page = |event: DragEvent| {
        if browser::files::has_files(&event) {
            event.prevent_default();
        }
    };
    use_event("dragover", keep_page);
    use_event("drop", keep_page);
}

/// Hears an event of the window, by the newest `listener`.
#[hook]
fn use_event<E: JsCast + 'static>(name: &'static str, listener: impl Fn(E) + 'static) {
    let newest = use_mut_ref(|| None::<Box<dyn Fn(E)>>);
    *newest.borrow_mut() = Some(Box::new(listener));
    use_effect_with((), move |()| {
        let closure = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            if let Some(listener) = &*newest.borrow() {
                listener(event.unchecked_into());
            }
        });
        let target: EventTarget = browser::event_target();
        let function = closure.as_ref().unchecked_ref::<js_sys::Function>().clone();
        // A window takes any listener.
        let _ = target.add_event_listener_with_callback(name, &function);
        move || {
            let _ = target.remove_event_listener_with_callback(name, &function);
            drop(closure);
        }
    });
}
