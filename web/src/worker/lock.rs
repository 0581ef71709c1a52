//! Which runs are going on, in this tab or another: each holds a lock of the browser as long as it
//! runs, which the browser takes back even if the tab dies.

use std::collections::BTreeSet;

use js_sys::{Array, Reflect};
use wasm_bindgen_futures::JsFuture;

use crate::browser::locks::{Lock, manager};
use mayfly_engine::history::RunKey;

/// Takes the lock of a run. `None` where the browser has no locks.
pub(super) fn of_run(key: &RunKey) -> Option<Lock> {
    Lock::new(&format!("{PREFIX}{key}"))
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

const PREFIX: &str = "mayfly-run-";
