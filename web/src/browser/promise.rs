//! Whether the browser promises to keep runs.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::programs::native_engine;
use super::storage;

/// Whether the browser may delete saved runs by itself, when its disk runs short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Promise {
    /// It may, and nobody has asked it not to.
    Absent,
    /// It will not.
    Given,
    /// It may, and does not promise anything else.
    Refused,
}

impl Promise {
    /// What the browser says; `None` where it promises nothing. It `was_asked` for a promise, or only
    /// whether there is one.
    pub(crate) fn new(answer: Option<bool>, was_asked: bool) -> Self {
        match answer {
            Some(true) => Self::Given,
            Some(false) if !was_asked => Self::Absent,
            Some(false) | None => Self::Refused,
        }
    }

    /// What a person should know of it.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Absent => "The browser may delete saved runs when its disk runs short.",
            Self::Given => "Saved runs stay until you delete them.",
            Self::Refused => {
                "The browser does not promise to keep runs, and may delete them when its disk runs short. Export those that you will need."
            }
        }
    }
}

/// Whether the browser promised to keep runs, once it has said so, and a callback that asks for that.
#[hook]
pub fn use_promise() -> (Option<Promise>, Callback<()>) {
    let promise = use_state_eq(|| None);
    use_effect_with((), {
        let promise = promise.clone();
        move |()| {
            spawn_local(async move {
                // Files of another program are nothing that a browser deletes.
                let is_promised = match native_engine() {
                    Some(_) => Some(true),
                    None => storage::is_promised().await,
                };
                promise.set(Some(Promise::new(is_promised, false)));
            });
        }
    });
    let on_ask = {
        let promise = promise.clone();
        Callback::from(move |()| {
            let promise = promise.clone();
            spawn_local(async move {
                promise.set(Some(Promise::new(storage::ask_for_promise().await, true)));
            });
        })
    };
    (*promise, on_ask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_browser_does_not_promise_is_said() {
        for (answer, was_asked, promise) in [
            (Some(true), false, Promise::Given),
            (Some(true), true, Promise::Given),
            (Some(false), false, Promise::Absent),
            (Some(false), true, Promise::Refused),
            (None, false, Promise::Refused),
            (None, true, Promise::Refused),
        ] {
            assert_eq!(Promise::new(answer, was_asked), promise, "{answer:?}");
        }
        assert!(Promise::Refused.sentence().contains("Export"));
    }
}
