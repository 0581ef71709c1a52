//! The page's contact with JavaScript and the browser.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the window is reached"
)]

pub(crate) mod address;
pub(crate) mod dates;
pub(crate) mod files;
pub(crate) mod focus;
pub(crate) mod gesture;
pub(crate) mod link;
pub(crate) mod locks;
pub(crate) mod probe;
pub mod programs;
pub(crate) mod promise;
pub(crate) mod python;
mod scripts;
pub(crate) mod settings;
pub(crate) mod storage;
pub(crate) mod uplot;

use gloo_timers::callback::Timeout;
use js_sys::Math;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, EventTarget, HtmlElement, MediaQueryList, Window};

/// Does something once what was rendered is on the screen.
pub fn after_drawing(then: impl FnOnce() + 'static) {
    let then = Closure::once_into_js(move || Timeout::new(0, then).forget());
    // The window always takes a callback.
    let _ = window().request_animation_frame(then.unchecked_ref());
}

/// What an error of JavaScript says.
pub fn describe(error: &JsValue) -> String {
    String::from(error.unchecked_ref::<js_sys::Object>().to_string())
}

/// A new seed for each run.
pub fn random_seed() -> u64 {
    // A double has 53 bits, so two are needed.
    let half = || (Math::random() * f64::from(u32::MAX)) as u64;
    (half() << 32) | half()
}

/// Puts `text` where a person can paste it from.
///
/// # Errors
///
/// Fails with what the browser says, such as that it was not allowed.
pub async fn copy(text: &str) -> Result<(), JsValue> {
    let clipboard = window().navigator().clipboard();
    if clipboard.is_undefined() {
        return Err("only a page by HTTPS or of this machine can copy".into());
    }
    JsFuture::from(clipboard.write_text(text)).await.map(drop)
}

/// Asks a person a question. Whether the answer is yes.
pub fn confirm(question: &str) -> bool {
    // A browser that does not ask any more has no answer.
    window().confirm_with_message(question).unwrap_or(false)
}

/// Makes the page light or dark, whatever the person's system prefers; `None` leaves it to that.
pub fn set_color_scheme(scheme: Option<&str>) {
    let root = document().document_element();
    let root: Option<HtmlElement> = root.and_then(|it| it.dyn_into().ok());
    if let Some(root) = root {
        let scheme = scheme.unwrap_or_default();
        // An empty value takes it away.
        let _ = root.style().set_property("color-scheme", scheme);
    }
}

/// The color that a custom property of CSS, such as `--ink`, has in `element`, in a form that a
/// canvas knows too.
pub fn css_color(element: &HtmlElement, name: &str) -> String {
    let style = element.style();
    // The browser resolves whatever is in the property, but only where it is used.
    let set = style.set_property("color", &format!("var({name})"));
    let used = window().get_computed_style(element).ok().flatten();
    let color = used.and_then(|it| it.get_property_value("color").ok());
    if set.is_ok() {
        // What can be set can be removed.
        let _ = style.remove_property("color");
    }
    color.unwrap_or_default()
}

/// How many pixels of the screen one of CSS has.
pub fn pixel_ratio() -> f64 {
    window().device_pixel_ratio()
}

/// Whether the person prefers a dark page; can be listened to.
pub fn prefers_dark() -> Option<MediaQueryList> {
    window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
}

/// What hears the events of the window.
pub fn event_target() -> EventTarget {
    window().into()
}

/// How high the window is, in pixels.
pub fn window_height() -> u32 {
    let height = window().inner_height().ok().and_then(|it| it.as_f64());
    height.unwrap_or_default() as u32
}

/// Whether the page is shown inside of another one.
pub fn is_framed() -> bool {
    let window = window();
    // Which page is around it stays hidden, but not whether there is one.
    let top = window.top().ok().flatten();
    top.is_none_or(|top| JsValue::from(top) != JsValue::from(window))
}

/// The document of the page.
pub fn document() -> Document {
    window().document().expect("a window has a document")
}

fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

/// Says from now on when the page is hidden, and when it is seen again.
pub(crate) fn hear_hidden(tell: impl Fn(bool) + 'static) {
    let listener = Closure::<dyn Fn()>::new(move || tell(document().hidden()));
    let function = listener.as_ref().unchecked_ref();
    // A document takes any listener.
    let _ = document().add_event_listener_with_callback("visibilitychange", function);
    // It listens as long as the page is open.
    listener.forget();
}
