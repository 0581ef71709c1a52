//! Which runs are going on, in this tab or another: each holds a lock of the browser as long as it
//! runs, which the browser takes back even if the tab dies.

use std::collections::BTreeSet;

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::browser::programs::worker_scope;
use mayfly_engine::history::RunKey;

#[wasm_bindgen]
extern "C" {
    type LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, callback: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    fn query(this: &LockManager) -> Promise;
}

/// A lock that is held until this is dropped.
pub struct Lock {
    release: Function,
}

impl Lock {
    /// Takes the lock of a run. `None` where the browser has no locks.
    pub(super) fn new(key: &RunKey) -> Option<Self> {
        let manager = manager()?;
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        let callback = Closure::once_into_js(move || held);
        let ended = JsFuture::from(manager.request(&name(key), &callback));
        // It ends with the lock, or fails where the page may have none.
        spawn_local(async move { drop(ended.await) });
        Some(Self { release: release? })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // It only settles a promise.
        let _ = self.release.call0(&JsValue::NULL);
    }
}

/// The runs that are going on.
pub(super) async fn running() -> BTreeSet<RunKey> {
    let Some(manager) = manager() else {
        return BTreeSet::new();
    };
    let Ok(locks) = JsFuture::from(manager.query()).await else {
        return BTreeSet::new();
    };
    let held = Reflect::get(&locks, &"held".into()).unwrap_or_default();
    let held = Array::from(&held);
    let names = held.iter().filter_map(|lock| {
        let name = Reflect::get(&lock, &"name".into()).ok()?.as_string()?;
        name.strip_prefix(PREFIX).map(str::to_owned)
    });
    names.collect()
}

fn manager() -> Option<LockManager> {
    let scope = worker_scope()?;
    let navigator = Reflect::get(&scope, &"navigator".into()).ok()?;
    // Undefined where the page came over a network without TLS.
    let manager = Reflect::get(&navigator, &"locks".into()).ok()?;
    (!manager.is_undefined()).then(|| manager.unchecked_into::<LockManager>())
}

fn name(key: &RunKey) -> String {
    format!("{PREFIX}{key}")
}

const PREFIX: &str = "mayfly-run-";
