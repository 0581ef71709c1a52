//! The page's contact with JavaScript and the browser.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the window is reached"
)]

use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Date, Math};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, BlobPropertyBag, DedicatedWorkerGlobalScope, Document,
    HtmlAnchorElement, HtmlElement, MediaQueryList, RequestCache, RequestCredentials, RequestInit,
    RequestMode, Url, Window, Worker, WorkerOptions, WorkerType,
};

use crate::diagnosis::{Probe, Surroundings, is_local};

#[wasm_bindgen]
extern "C" {
    /// The absolute URL of the JavaScript that this WebAssembly belongs to, whatever its name is.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE_URL: String;
}

/// The worker that this code runs in, if it does.
pub fn worker_scope() -> Option<DedicatedWorkerGlobalScope> {
    js_sys::global().dyn_into().ok()
}

/// Starts the worker that loads the engine.
///
/// The files of the engine have no hash in their names, so they are asked for by that of the page:
/// an engine that speaks otherwise belongs to another page.
///
/// # Errors
///
/// Fails with what the browser says.
pub fn start_worker() -> Result<Worker, JsValue> {
    let glue = Url::new(&GLUE_URL.with(Clone::clone))?;
    let page = glue.pathname();
    let page = page.rsplit('/').next().unwrap_or_default();
    let script = Url::new_with_base(&format!("./worker.js?{page}"), &glue.href())?.href();
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("mayfly engine");
    Worker::new_with_options(&script, &options)
}

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

/// Milliseconds since 1970.
pub fn now_millis() -> f64 {
    Date::now()
}

/// A time of day as this person writes it: `14:03:07`.
pub fn local_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let two = |number: u32| format!("{number:02}");
    [date.get_hours(), date.get_minutes(), date.get_seconds()]
        .map(two)
        .join(":")
}

/// A date and time for a file name: `2026-11-23-14h03`.
pub fn file_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    format!(
        "{}-{:02}-{:02}-{:02}h{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}

/// Offers `text` as a file.
///
/// # Errors
///
/// Fails with what the browser says.
pub fn download(name: &str, mime_type: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(mime_type);
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // Some browsers read the file a while after the click.
    Timeout::new(60_000, move || {
        // Fails only for what is not a URL.
        let _ = Url::revoke_object_url(&url);
    })
    .forget();
    Ok(())
}

/// Moves the focus to the first field that has an error.
pub fn focus_first_invalid() {
    if let Ok(Some(field)) = document().query_selector("[aria-invalid='true']") {
        // It is on the page, so it can be focused.
        let _ = field.unchecked_into::<HtmlElement>().focus();
    }
}

/// Moves the focus to the heading of what fills the page now.
pub fn focus_heading() {
    if let Ok(Some(heading)) = document().query_selector("h1") {
        // It is on the page, so it can be focused.
        let _ = heading.unchecked_into::<HtmlElement>().focus();
    }
}

/// Where the page is.
pub fn surroundings() -> Surroundings {
    let location = window().location();
    // Readable by the page itself, always.
    let host_name = location.hostname().unwrap_or_default();
    Surroundings {
        is_page_https: location.protocol().is_ok_and(|it| it == "https:"),
        is_page_local: is_local(host_name.trim_matches(['[', ']'])),
        page_origin: location.origin().unwrap_or_default(),
    }
}

/// The value of `name` in the fragment of the page's address: `#host=http://127.0.0.1:5000`.
pub fn fragment_value(name: &str) -> Option<String> {
    let fragment = window().location().hash().ok()?;
    let pairs = fragment.trim_start_matches('#').split('&');
    let value = pairs
        .filter_map(|it| it.split_once('='))
        .find(|(key, _)| *key == name)?
        .1;
    js_sys::decode_uri_component(value).ok()?.as_string()
}

/// Asks `url` for an answer that need not be readable.
pub async fn probe(url: &str) -> Probe {
    const PATIENCE_MILLIS: u32 = 5_000;
    let Ok(controller) = AbortController::new() else {
        return Probe::Failed;
    };
    let init = RequestInit::new();
    init.set_mode(RequestMode::NoCors);
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_signal(Some(&controller.signal()));
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, &init));
    let patience = TimeoutFuture::new(PATIENCE_MILLIS);
    let probe = match futures::future::select(answer, patience).await {
        futures::future::Either::Left((Ok(_), _)) => Probe::Answered,
        _ => Probe::Failed,
    };
    controller.abort();
    probe
}

/// The value of a custom property of CSS, such as `--ink`.
pub fn css_value(name: &str) -> String {
    let root = document().document_element();
    let style = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    let value = style.and_then(|style| style.get_property_value(name).ok());
    value.unwrap_or_default().trim().to_owned()
}

/// Whether the person prefers a dark page; can be listened to.
pub fn prefers_dark() -> Option<MediaQueryList> {
    window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten()
}

/// The document of the page.
pub fn document() -> Document {
    window().document().expect("a window has a document")
}

fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}
