//! Small things that are stored in the browser for this person: texts by name.

use web_sys::Storage;

/// What is stored under `name`; `None` as well where nothing can be stored.
pub(crate) fn get(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok().flatten()
}

/// Keeps `value` under `name`. Whether the browser did: it may have no room, or be told not to.
pub(crate) fn set(name: &str, value: &str) -> bool {
    storage().is_some_and(|it| it.set_item(&key(name), value).is_ok())
}

/// As [`get`], of what is forgotten with this tab.
pub(crate) fn get_for_session(name: &str) -> Option<String> {
    session()?.get_item(&key(name)).ok().flatten()
}

/// As [`set`], until this tab is closed.
pub(crate) fn set_for_session(name: &str, value: &str) -> bool {
    session().is_some_and(|it| it.set_item(&key(name), value).is_ok())
}

fn session() -> Option<Storage> {
    // As below.
    super::window().session_storage().ok().flatten()
}

fn storage() -> Option<Storage> {
    // Fails where a person has blocked it.
    super::window().local_storage().ok().flatten()
}

/// Other pages of the same host share the storage.
fn key(name: &str) -> String {
    format!("mayfly.{name}")
}
