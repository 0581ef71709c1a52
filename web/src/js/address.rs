//! The address of the page: its query and its fragment.

use js_sys::decode_uri_component;
use wasm_bindgen::prelude::*;
use web_sys::UrlSearchParams;

use super::window;

/// The value of `name` in the fragment: `#host=http://127.0.0.1:5000`.
pub fn fragment_value(name: &str) -> Option<String> {
    let fragment = window().location().hash().ok()?;
    let pairs = fragment.trim_start_matches('#').split('&');
    let value = pairs
        .filter_map(|it| it.split_once('='))
        .find(|(key, _)| *key == name)?
        .1;
    decode_uri_component(value).ok()?.as_string()
}

/// The page's own address, with `fragment` in place of its fragment and without its query.
pub fn with_fragment(fragment: &str) -> String {
    let location = window().location();
    // Readable by the page itself, always.
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    format!("{origin}{path}#{fragment}")
}

/// Takes the fragment out of the address, so that a reload does not bring it back.
pub fn forget_fragment() {
    let location = window().location();
    let (path, query) = (location.pathname(), location.search());
    let url = format!("{}{}", path.unwrap_or_default(), query.unwrap_or_default());
    if let Ok(history) = window().history() {
        // Fails only where pages change their address too often.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
}

/// The value of `name` in the query: `?tab=charts`.
pub fn query_value(name: &str) -> Option<String> {
    let query = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&query).ok()?.get(name)
}

/// Puts `name` into the query, as a new entry of the history; `None` takes it out.
pub fn set_query_value(name: &str, value: Option<&str>) {
    if query_value(name).as_deref() == value {
        return;
    }
    let location = window().location();
    let query = location.search().unwrap_or_default();
    let (Ok(query), Ok(history)) = (UrlSearchParams::new_with_str(&query), window().history())
    else {
        return;
    };
    match value {
        Some(value) => query.set(name, value),
        None => query.delete(name),
    }
    let query = String::from(query.to_string());
    let mark = if query.is_empty() { "" } else { "?" };
    let path = location.pathname().unwrap_or_default();
    let hash = location.hash().unwrap_or_default();
    let url = format!("{path}{mark}{query}{hash}");
    // Fails only where pages change their address too often.
    let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&url));
}
