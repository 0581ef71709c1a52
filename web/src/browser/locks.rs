//! Locks that all tabs of this browser share, and that it takes back from one that dies.

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// The locks of the browser.
    pub(crate) type LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &JsValue) -> Promise;

    /// All that are held, and all that are waited for.
    #[wasm_bindgen(method)]
    pub(crate) fn query(this: &LockManager) -> Promise;
}

/// A lock that is held, or waited for, until this is dropped.
pub struct Lock {
    release: Function,
    waiting: Option<AbortController>,
}

/// What came of asking for a lock that nobody may have.
pub(crate) enum Taken {
    /// Another tab has it.
    Busy,
    /// This one has it now.
    Mine(Lock),
    /// The browser has no locks, or none for this page.
    Unknown,
}

/// Takes a lock if nobody has it.
pub(crate) async fn take(name: &str) -> Taken {
    let options = Object::new();
    // An object takes any property.
    let _ = Reflect::set(&options, &"ifAvailable".into(), &true.into());
    let Some((lock, answer)) = request(name, &options, None) else {
        return Taken::Unknown;
    };
    match answer.await {
        Ok(true) => Taken::Mine(lock),
        Ok(false) => Taken::Busy,
        Err(oneshot::Canceled) => Taken::Unknown,
    }
}

/// Takes a lock as soon as nobody else has it. `None` where the browser has no locks.
pub(crate) fn queue(name: &str) -> Option<Lock> {
    let controller = AbortController::new().ok()?;
    let options = Object::new();
    // As above.
    let _ = Reflect::set(&options, &"signal".into(), &controller.signal());
    request(name, &options, Some(controller)).map(|it| it.0)
}

/// The locks of the browser, for a page or a worker.
pub(crate) fn manager() -> Option<LockManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    // Undefined where the page came over a network without TLS.
    let manager = Reflect::get(&navigator, &"locks".into()).ok()?;
    (!manager.is_undefined()).then(|| manager.unchecked_into())
}

/// Asks for a lock, and hears whether it was given; nothing where the page may have none.
fn request(
    name: &str,
    options: &Object,
    waiting: Option<AbortController>,
) -> Option<(Lock, oneshot::Receiver<bool>)> {
    let manager = manager()?;
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let (sender, answer) = oneshot::channel();
    let sender = Rc::new(Cell::new(Some(sender)));
    let hear = {
        let sender = Rc::clone(&sender);
        move |lock: JsValue| -> JsValue {
            let is_given = !lock.is_null();
            if let Some(sender) = sender.take() {
                // Who does not wait does not care.
                let _ = sender.send(is_given);
            }
            if is_given { held.into() } else { JsValue::NULL }
        }
    };
    let callback = Closure::once_into_js(hear);
    let ended = JsFuture::from(manager.request(name, options, &callback));
    spawn_local(async move {
        // It ends with the lock, or fails where the page may have none.
        drop(ended.await);
        drop(sender.take());
    });
    let release = release?;
    Some((Lock { release, waiting }, answer))
}

impl Lock {
    /// Takes a lock that nobody else wants. `None` where the browser has no locks.
    pub(crate) fn new(name: &str) -> Option<Self> {
        request(name, &Object::new(), None).map(|it| it.0)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It only settles a promise.
        let _ = self.release.call0(&JsValue::NULL);
        if let Some(waiting) = &self.waiting {
            waiting.abort();
        }
    }
}
