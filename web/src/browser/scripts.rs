//! Files that the page adds to itself when they are needed.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, HtmlScriptElement};

use super::document;
use super::programs::file_url;

/// An element that is in no document yet.
pub(super) fn new_element<T: JsCast>(name: &str) -> T {
    let element = document().create_element(name);
    element.expect("the name is one").unchecked_into()
}

/// Where a file of the page is that has no hash in its name.
pub(super) fn url(name: &str) -> String {
    file_url(name).expect("the page has an address")
}

/// Runs a script of the page.
///
/// # Errors
///
/// Fails with its name if it does not load.
pub(super) async fn add_script(name: &str, kind: &str) -> Result<(), String> {
    let script: HtmlScriptElement = new_element("script");
    script.set_type(kind);
    script.set_src(&url(name));
    added(&script, name).await
}

/// Adds an element to the page, and waits until what it refers to is loaded.
///
/// # Errors
///
/// Fails with the name if it does not load.
pub(super) async fn added(element: &HtmlElement, name: &str) -> Result<(), String> {
    let loaded = Promise::new(&mut |resolve, reject| {
        element.set_onload(Some(&resolve));
        element.set_onerror(Some(&reject));
    });
    let head = document().head().expect("a page has a head");
    let result: Result<_, JsValue> = match head.append_child(element) {
        Ok(_) => JsFuture::from(loaded).await,
        Err(error) => Err(error),
    };
    result.map(drop).map_err(|_| {
        element.remove();
        name.to_owned()
    })
}
