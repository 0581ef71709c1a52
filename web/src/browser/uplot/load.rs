//! Loading uPlot, which nobody needs before there is a chart.

use futures::future::try_join;
use js_sys::Reflect;
use web_sys::HtmlLinkElement;

use crate::browser::scripts::{add_script, added, new_element, url};

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
    let script = add_script("uPlot.iife.min.js", "text/javascript");
    try_join(add_style(), script).await.map(drop)
}

async fn add_style() -> Result<(), String> {
    const NAME: &str = "uPlot.min.css";
    let link: HtmlLinkElement = new_element("link");
    link.set_rel("stylesheet");
    link.set_href(&url(NAME));
    added(&link, NAME).await
}
