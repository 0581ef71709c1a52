//! Whether a person set off what is running now.
//!
//! A `submit` event does not tell: it is trusted even where a script has called `requestSubmit`. So
//! clicks and keys are watched, before anything else hears of them, and count as long as they are
//! handled.

use std::cell::Cell;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::*;
use web_sys::{Event, KeyboardEvent, UiEvent};

use super::{document, is_framed, window};
use crate::gate::{Attempt, Gesture};

thread_local! {
    static GESTURE: Cell<Gesture> = const { Cell::new(Gesture::Script) };
    // Whether a key is held down, and repeats itself.
    static IS_REPEATING: Cell<bool> = const { Cell::new(false) };
}

/// Watches from now on.
pub(crate) fn watch() {
    let listener = Closure::<dyn Fn(Event)>::new(|event: Event| hear(&event));
    for name in ["blur", "click", "keydown", "keyup"] {
        // A window takes any listener.
        let _ = window().add_event_listener_with_callback_and_bool(
            name,
            listener.as_ref().unchecked_ref(),
            true,
        );
    }
    // It listens as long as the page is open.
    listener.forget();
}

/// What is known of who wants something now.
pub(crate) fn attempt() -> Attempt {
    Attempt {
        gesture: GESTURE.get(),
        is_framed: is_framed(),
        is_hidden: document().hidden(),
    }
}

fn hear(event: &Event) {
    let is_repeat = match &*event.type_() {
        "keydown" => {
            let is_repeat = event.unchecked_ref::<KeyboardEvent>().repeat();
            IS_REPEATING.set(is_repeat);
            is_repeat
        }
        // A key on a button clicks it, without any number of clicks.
        "click" => IS_REPEATING.get() && event.unchecked_ref::<UiEvent>().detail() == 0,
        _ => return IS_REPEATING.set(false),
    };
    GESTURE.set(match event.is_trusted() {
        false => Gesture::Script,
        true if is_repeat => Gesture::Held,
        true => Gesture::Person,
    });
    // What a click does to a form is done before.
    Timeout::new(0, || GESTURE.set(Gesture::Script)).forget();
}
