//! Loading uPlot, which nobody needs before there is a chart.

use futures::future::try_join;
use js_sys::{Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlElement, HtmlLinkElement, HtmlScriptElement};

use crate::browser;

/// Whether charts can be drawn.
pub(crate) fn is_loaded() -> bool {
    Reflect::has(&js_sys::global(), &"uPlot".into()).unwrap_or(false)
}

/// Loads the script and the styles of uPlot, unless they are there.
///
/// # Errors
///
/// Fails with the name of the file that did not load.
pub(crate) async fn load() -> Result<(), String> {
    if is_loaded() {
        return Ok(());
    }
    try_join(add_style(), add_script()).await.map(drop)
}

async fn add_script() -> Result<(), String> {
    const NAME: &str = "uPlot.iife.min.js";
    let script: HtmlScriptElement = new_element("script");
    script.set_src(&url(NAME));
    added(&script, NAME).await
}

async fn add_style() -> Result<(), String> {
    const NAME: &str = "uPlot.min.css";
    let link: HtmlLinkElement = new_element("link");
    link.set_rel("stylesheet");
    link.set_href(&url(NAME));
    added(&link, NAME).await
}

fn url(name: &str) -> String {
    browser::programs::file_url(name).expect("the page has an address")
}

fn new_element<T: JsCast>(name: &str) -> T {
    let element = browser::document().create_element(name);
    element.expect("the name is one").unchecked_into()
}

/// Adds an element to the page, and waits until what it refers to is loaded.
async fn added(element: &HtmlElement, name: &str) -> Result<(), String> {
    let loaded = Promise::new(&mut |resolve, reject| {
        element.set_onload(Some(&resolve));
        element.set_onerror(Some(&reject));
    });
    let head = browser::document().head().expect("a page has a head");
    let result: Result<_, JsValue> = match head.append_child(element) {
        Ok(_) => JsFuture::from(loaded).await,
        Err(error) => Err(error),
    };
    result.map(drop).map_err(|_| {
        element.remove();
        name.to_owned()
    })
}
