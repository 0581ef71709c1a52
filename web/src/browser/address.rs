//! The address of the page: its query and its fragment.

use js_sys::decode_uri_component;
use wasm_bindgen::prelude::*;

use super::window;

/// The value of `name` in the fragment: `#host=http://127.0.0.1:5000`.
pub(crate) fn fragment_value(name: &str) -> Option<String> {
    let fragment = window().location().hash().ok()?;
    let pairs = fragment.trim_start_matches('#').split('&');
    let value = pairs
        .filter_map(|it| it.split_once('='))
        .find(|(key, _)| *key == name)?
        .1;
    decode_uri_component(value).ok()?.as_string()
}

/// The page's own address, with all that is in it.
pub(crate) fn whole() -> String {
    // Readable by the page itself, always.
    window().location().href().unwrap_or_default()
}

/// The page's own address, with `fragment` in place of its fragment and without its query.
pub(crate) fn with_fragment(fragment: &str) -> String {
    let location = window().location();
    // Readable by the page itself, always.
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    format!("{origin}{path}#{fragment}")
}

/// Takes the fragment out of the address, so that a reload does not bring it back.
pub(crate) fn forget_fragment() {
    let location = window().location();
    let (path, query) = (location.pathname(), location.search());
    let url = format!("{}{}", path.unwrap_or_default(), query.unwrap_or_default());
    if let Ok(history) = window().history() {
        // Fails only where pages change their address too often.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
}

/// The query, with its `?`; empty if there is none.
pub(crate) fn query() -> String {
    // Readable by the page itself, always.
    window().location().search().unwrap_or_default()
}

/// Puts `query` in the place of the query, as a new entry of the browser's history, to go back from.
pub(crate) fn push_query(query: &str) {
    if let Ok(history) = window().history() {
        // Fails only where pages change their address too often.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&with_query(query)));
    }
}

/// Puts `query` in the place of the query.
pub(crate) fn replace_query(query: &str) {
    if let Ok(history) = window().history() {
        // Fails only where pages change their address too often.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&with_query(query)));
    }
}

fn with_query(query: &str) -> String {
    let location = window().location();
    let (path, hash) = (location.pathname(), location.hash());
    format!(
        "{}{query}{}",
        path.unwrap_or_default(),
        hash.unwrap_or_default()
    )
}
