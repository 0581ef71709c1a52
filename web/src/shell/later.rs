//! What the page loads after it is drawn, as the part that is drawn at first sees it.
//!
//! Whatever is named outside of [`crate::shell::rest`] is loaded at first, so what is to be loaded later is
//! reached through the functions of [`Parts`] only.

use std::fmt;
use std::pin::Pin;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::browser;
use crate::components::Editor;
use crate::components::plan_form::FormPart;
use crate::control::intents::Intents;
use crate::store::{Action, State};

/// The functions that are loaded later.
pub struct Parts {
    /// Changes the state.
    pub apply: fn(&mut State, Action),
    /// Draws a part of the form that few plans show at first.
    pub form_part: fn(&Editor, &FormPart) -> Html,
    /// Does what a person wants, and draws all but the form.
    pub rest: fn(&UseReducerHandle<State>, &Intents) -> Html,
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// Loads them. A program decides how.
pub type Load = fn() -> Pin<Box<dyn Future<Output = Option<&'static Parts>>>>;

/// Whether they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Later {
    /// They are on their way.
    #[default]
    Awaited,
    /// They could not be loaded.
    Failed,
    /// They are there.
    Loaded(&'static Parts),
}

impl Later {
    /// What `draw` draws, once it can.
    pub fn draw(self, draw: impl FnOnce(&'static Parts) -> Html) -> Html {
        match self {
            Self::Awaited => html! { <p class="note" role="status">{ "Loading…" }</p> },
            // The page says so at its top.
            Self::Failed => Html::default(),
            Self::Loaded(parts) => draw(parts),
        }
    }
}

/// Loads them once the page is drawn, and again where that failed and a person wants it.
#[hook]
pub fn use_later(load: Load, state: &UseReducerHandle<State>) {
    let dispatcher = state.dispatcher();
    use_effect_with(state.later == Later::Awaited, move |is_awaited| {
        if !is_awaited {
            return;
        }
        browser::after_drawing(move || {
            spawn_local(async move {
                let later = load().await.map_or(Later::Failed, Later::Loaded);
                dispatcher.dispatch(Action::SetLater(later));
            });
        });
    });
}
