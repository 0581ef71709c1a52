//! The page's contact with JavaScript and the browser.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the window is reached"
)]

pub mod address;
pub mod gesture;
pub mod link;
pub mod promise;
pub mod settings;
pub mod storage;
pub mod uplot;

use gloo_timers::callback::Timeout;
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Date, Math, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Blob, BlobPropertyBag, DedicatedWorkerGlobalScope, Document, DragEvent,
    EventTarget, File, Headers, HtmlAnchorElement, HtmlElement, HtmlTextAreaElement,
    MediaQueryList, RegistrationOptions, RequestCache, RequestCredentials, RequestInit,
    RequestMode, Url, Window, Worker, WorkerOptions, WorkerType,
};

use crate::view::diagnosis::{Probe, Surroundings, is_local};

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
/// An engine that speaks otherwise belongs to another page, which [`file_url`] takes care of.
///
/// # Errors
///
/// Fails with what the browser says.
pub fn start_worker(way: Way) -> Result<Worker, JsValue> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name("mayfly engine");
    let url = file_url("worker.js")?;
    let url = match way {
        Way::Direct => url.replacen("worker.js?", &format!("{ENGINE_SCOPE}&"), 1),
        Way::Kept => url,
    };
    Worker::new_with_options(&url, &options)
}

/// How the engine gets its files, and with them whether what it sends passes the service worker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Past the service worker. Requests that pass one, if only to be let through, cost the browser
    /// a quarter more.
    Direct,
    /// From what the browser keeps of the page.
    Kept,
}

/// The absolute URL of a file of the page that has no hash in its name. It is asked for by that of
/// the page, so that a new page gets a new file.
///
/// # Errors
///
/// Fails with what the browser says.
pub fn file_url(name: &str) -> Result<String, JsValue> {
    let glue = Url::new(&GLUE_URL.with(Clone::clone))?;
    let page = glue.pathname();
    let page = page.rsplit('/').next().unwrap_or_default();
    Ok(Url::new_with_base(&format!("./{name}?{page}"), &glue.href())?.href())
}

/// Lets the browser keep the files of the page, so that it opens without a network.
pub fn keep_files() {
    // There is none where the page came over a network without TLS.
    let container = Reflect::get(&window().navigator(), &"serviceWorker".into());
    if container.is_ok_and(|it| !it.is_undefined()) {
        let container = window().navigator().service_worker();
        // The longer scope wins, so this one has the engine, and lets it alone.
        let engine = RegistrationOptions::new();
        engine.set_scope(ENGINE_SCOPE);
        for registered in [
            container.register_with_options("sw-engine.js", &engine),
            container.register("sw.js"),
        ] {
            // A browser may refuse; the page works without it.
            let ignored = JsFuture::from(registered);
            wasm_bindgen_futures::spawn_local(async move { drop(ignored.await) });
        }
    }
}

/// What the address of the engine's script begins with if it goes past the page's service worker.
const ENGINE_SCOPE: &str = "worker.js?direct";

/// Does something once what was rendered is on the screen.
pub fn after_drawing(then: impl FnOnce() + 'static) {
    let then = Closure::once_into_js(move || Timeout::new(0, then).forget());
    // The window always takes a callback.
    let _ = window().request_animation_frame(then.unchecked_ref());
}

/// Whether files are dragged, and not a text.
pub fn has_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|it| it.types());
    types.is_some_and(|it| it.includes(&"Files".into(), 0))
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

/// By how many minutes this person's clock is ahead of UTC.
pub fn utc_offset_minutes() -> i32 {
    -Date::new_0().get_timezone_offset() as i32
}

/// A date and a time of day as this person writes them, to the second.
pub fn local_date_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let options = js_sys::Object::new();
    for (key, value) in [("dateStyle", "medium"), ("timeStyle", "medium")] {
        // A new object takes any field.
        let _ = Reflect::set(&options, &key.into(), &value.into());
    }
    date.to_locale_string("default", &options).into()
}

/// A time of day as this person writes it: `14:03:07`.
pub fn local_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let two = |number: u32| format!("{number:02}");
    [date.get_hours(), date.get_minutes(), date.get_seconds()]
        .map(two)
        .join(":")
}

/// When something happened, with the date unless that is today: `14:03:07`, `2026-11-23 14:03:07`.
pub fn local_moment(millis: f64) -> String {
    if local_date(millis) == local_date(now_millis()) {
        local_time(millis)
    } else {
        local_stamp(millis)
    }
}

/// A date and a time of day that are read the same everywhere: `2026-11-23 14:03:07`.
pub fn local_stamp(millis: f64) -> String {
    format!("{} {}", local_date(millis), local_time(millis))
}

fn local_date(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let (year, month, day) = (date.get_full_year(), date.get_month() + 1, date.get_date());
    format!("{year}-{month:02}-{day:02}")
}

/// A date and time for a file name: `2026-11-23-14h03`.
pub fn file_time(millis: f64) -> String {
    let date = Date::new(&millis.into());
    let (hours, minutes) = (date.get_hours(), date.get_minutes());
    format!("{}-{hours:02}h{minutes:02}", local_date(millis))
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

/// Whether a key that is pressed now would write into a field.
pub fn is_typing() -> bool {
    let focused = document().active_element();
    focused.is_some_and(|it| {
        matches!(it.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
            || it.closest("[contenteditable]").ok().flatten().is_some()
    })
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
    download_blob(name, &blob)
}

/// Offers `blob` as a file.
///
/// # Errors
///
/// Fails with what the browser says.
pub fn download_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
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

/// What is in a file that a person chose, however long.
///
/// # Errors
///
/// Fails with the file and what the browser says, such as that it is gone.
pub async fn read_file(file: &File) -> Result<String, String> {
    let text = JsFuture::from(file.text()).await;
    let text = text.map_err(|it| format!("cannot read {}: {}", file.name(), describe(&it)))?;
    Ok(text.as_string().unwrap_or_default())
}

/// The text of a file that a person chose.
///
/// # Errors
///
/// Fails with what a person can understand: the file is larger than a plan may be, it holds no text,
/// or what the browser says, such as that it is gone.
pub async fn read_text(file: &File) -> Result<String, String> {
    const MAX_BYTES: f64 = 10.0 * 1024.0 * 1024.0;
    let name = file.name();
    if MAX_BYTES < file.size() {
        let size = file.size() / 1024.0 / 1024.0;
        return Err(format!(
            "expected a file of at most 10 MiB, found {size:.1} MiB in {name}"
        ));
    }
    let text = read_file(file).await?;
    // What is not UTF-8 is read as this character.
    if text.contains(['\0', char::REPLACEMENT_CHARACTER]) {
        return Err(format!(
            "expected text in UTF-8, found other bytes in {name}"
        ));
    }
    Ok(text)
}

/// Moves the focus to a line of a text, counted from 1, and selects it.
pub fn select_line(area: &HtmlTextAreaElement, line: u32) {
    let text = area.value();
    let mut lines = text.split('\n').map(|it| it.encode_utf16().count() as u32);
    let start: u32 = lines
        .by_ref()
        .take(line as usize - 1)
        .map(|it| it + 1)
        .sum();
    let end = start + lines.next().unwrap_or_default();
    // It is on the page, so it can be focused, and a text area always has a selection.
    let _ = area.focus();
    let _ = area.set_selection_range(start, end);
}

/// Moves the focus to the field of this name, or to the first one in the group of this name, and opens
/// what is around it. False if there is none.
pub fn focus_field(id: &str) -> bool {
    const FIELDS: &str = "input:not([hidden]), select, textarea, button";
    let Some(element) = document().get_element_by_id(id) else {
        return false;
    };
    let field = match element.matches(FIELDS) {
        Ok(true) => Some(element),
        _ => element.query_selector(FIELDS).ok().flatten(),
    };
    let Some(field) = field else { return false };
    while let Ok(Some(details)) = field.closest("details:not([open])") {
        // An attribute of this name can always be set.
        let _ = details.set_attribute("open", "");
    }
    // It is on the page, so it can be focused.
    let _ = field.unchecked_into::<HtmlElement>().focus();
    true
}

/// Moves the focus to the first field that has an error.
pub fn focus_first_invalid() {
    if let Ok(Some(field)) = document().query_selector("[aria-invalid='true']") {
        // It is on the page, so it can be focused.
        let _ = field.unchecked_into::<HtmlElement>().focus();
    }
}

/// Whether nothing has the focus, as when what had it is no longer there.
pub fn is_focus_lost() -> bool {
    let focused = document().active_element();
    focused.is_none_or(|it| it.tag_name() == "BODY")
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

/// Finds out how far the browser lets this page get with GET requests to `url`: with an answer that
/// need not be readable, with a readable one, and with a readable one to a request with these headers.
pub async fn probe(url: &str, headers: &[String]) -> Probe {
    match ask(url, RequestMode::NoCors, &[]).await {
        Asked::Answered => {}
        Asked::Refused => return Probe::Failed,
        Asked::TimedOut => return Probe::TimedOut,
    }
    match ask(url, RequestMode::Cors, &[]).await {
        Asked::Answered => {}
        Asked::Refused => return Probe::Answered,
        Asked::TimedOut => return Probe::TimedOut,
    }
    match ask(url, RequestMode::Cors, headers).await {
        Asked::Answered => Probe::Readable,
        Asked::Refused => Probe::ReadableWithoutHeaders,
        Asked::TimedOut => Probe::TimedOut,
    }
}

/// What came of one request of a probe.
enum Asked {
    Answered,
    Refused,
    TimedOut,
}

async fn ask(url: &str, mode: RequestMode, headers: &[String]) -> Asked {
    const PATIENCE_MILLIS: u32 = 5_000;
    let Ok(controller) = AbortController::new() else {
        return Asked::Refused;
    };
    let init = RequestInit::new();
    init.set_mode(mode);
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::Omit);
    init.set_signal(Some(&controller.signal()));
    if let Ok(probed) = Headers::new() {
        for name in headers {
            // The browser asks for permission by the name. What it refuses is not sent either way.
            let _ = probed.append(name, "probe");
        }
        init.set_headers(&probed);
    }
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, &init));
    let patience = TimeoutFuture::new(PATIENCE_MILLIS);
    let asked = match futures::future::select(answer, patience).await {
        futures::future::Either::Left((Ok(_), _)) => Asked::Answered,
        futures::future::Either::Left((Err(_), _)) => Asked::Refused,
        futures::future::Either::Right(_) => Asked::TimedOut,
    };
    controller.abort();
    asked
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
