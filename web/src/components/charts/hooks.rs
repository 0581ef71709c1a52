//! What charts need from the browser and of each other.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlElement, MutationObserver, MutationObserverInit, ResizeObserver};
use yew::prelude::*;

use crate::browser::{self, uplot};
use crate::view::chart_model::{Span, ZoomStep};

/// What has become of the script that draws.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Script {
    /// A file did not load.
    Failed(String),
    Loading,
    Ready,
}

/// Loads the script that draws, and gives a callback that tries again.
#[hook]
pub(super) fn use_script() -> (Script, Callback<()>) {
    let script = use_state_eq(|| {
        if uplot::is_loaded() {
            Script::Ready
        } else {
            Script::Loading
        }
    });
    let attempt = use_state(|| 0_u32);
    use_effect_with(*attempt, {
        let script = script.clone();
        move |_| {
            script.set(Script::Loading);
            spawn_local(async move {
                script.set(match uplot::load().await {
                    Ok(()) => Script::Ready,
                    Err(name) => Script::Failed(name),
                });
            });
        }
    });
    let on_retry = Callback::from(move |()| attempt.set(*attempt + 1));
    ((*script).clone(), on_retry)
}

/// The part of the axis that is shown, and what changes it.
#[derive(Clone, PartialEq)]
pub(super) struct Zoom {
    /// `None` is all.
    pub(super) span: Option<Span>,
    pub(super) on_step: Callback<ZoomStep>,
    /// Two ends, in any order.
    pub(super) on_select: Callback<(f64, f64)>,
}

/// The part of `whole` that is shown. It stays while `whole` grows, and ends with a reset, after
/// which it has nothing to show.
#[hook]
pub(super) fn use_zoom(whole: Span) -> Zoom {
    let shown = use_state_eq(|| None::<Span>);
    let span = (*shown).filter(|it| it.meets(whole));
    let on_step = {
        let shown = shown.clone();
        Callback::from(move |step| shown.set(whole.step(span, step)))
    };
    let on_select = Callback::from(move |(from, to)| {
        if let Some(part) = whole.part(from, to) {
            shown.set(Some(part));
        }
    });
    Zoom {
        span,
        on_step,
        on_select,
    }
}

/// Something shared, the same only as itself: comparing all that is in it would take long.
#[derive(Debug)]
pub(super) struct Same<T>(pub(super) Rc<T>);

impl<T> Clone for Same<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Calls `on_resize` when the element has got another size.
#[hook]
pub(super) fn use_resize(target: &NodeRef, on_resize: impl Fn() + 'static) {
    use_effect_with(target.clone(), move |target| {
        let callback = Closure::<dyn Fn()>::new(on_resize);
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref());
        if let (Ok(observer), Some(element)) = (&observer, target.cast::<HtmlElement>()) {
            observer.observe(&element);
        }
        // The callback lives as long as the observer.
        move || {
            if let Ok(observer) = observer {
                observer.disconnect();
            }
            drop(callback);
        }
    });
}

/// A color of the page. It changes with the scheme, whether the system or the page chose that.
#[hook]
pub(super) fn use_scheme() -> String {
    let ink = use_state_eq(current_ink);
    use_effect_with((), {
        let ink = ink.clone();
        move |()| {
            let on_change = Closure::<dyn Fn()>::new(move || ink.set(current_ink()));
            let query = browser::prefers_dark();
            if let Some(query) = &query {
                query.set_onchange(Some(on_change.as_ref().unchecked_ref()));
            }
            let observer = MutationObserver::new(on_change.as_ref().unchecked_ref());
            if let (Ok(observer), Some(root)) = (&observer, browser::document().document_element())
            {
                let what = MutationObserverInit::new();
                what.set_attributes(true);
                // Fails only if nothing is to be observed.
                let _ = observer.observe_with_options(&root, &what);
            }
            move || {
                if let Some(query) = query {
                    query.set_onchange(None);
                }
                if let Ok(observer) = observer {
                    observer.disconnect();
                }
                drop(on_change);
            }
        }
    });
    (*ink).clone()
}

fn current_ink() -> String {
    let body = browser::document().body();
    body.map_or_else(String::new, |body| browser::css_color(&body, "--ink"))
}
