//! The files of the page: its worker, and which of them are cached.
//!
//! The service worker stands beside the way to targets. Requests that pass one, if only to be let
//! through by its routes, lose a quarter of their rate, and would be measured with it. A browser
//! gives each script to the service worker with the longest scope, so the engine's script has one of
//! its own, `sw-engine.js`, which listens to nothing. Where its script does not load from the
//! network, the engine is started once more from the files that `sw.js` saved.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DedicatedWorkerGlobalScope, RegistrationOptions, ServiceWorkerRegistration, Url, Worker,
    WorkerOptions, WorkerType,
};

use super::window;

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
        Way::Cached => url,
    };
    Worker::new_with_options(&url, &options)
}

/// How the engine gets its files, and with them whether what it sends passes the service worker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// Past the service worker. Requests that pass one, if only to be let through, cost the browser
    /// a quarter more.
    Direct,
    /// From the cache of the page.
    Cached,
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

/// The engine that has served this page, by the name that its server has written into the page; `None`
/// where the page has a worker for that.
pub fn native_engine() -> Option<String> {
    let mark = super::document().query_selector("meta[name=mayfly-engine]");
    mark.ok()??.get_attribute("content")
}

/// The address of that engine's socket. What a person came in with goes along, such as a token.
pub(crate) fn engine_url() -> String {
    let location = window().location();
    // Readable by the page itself, always.
    let origin = location.origin().unwrap_or_default();
    let query = location.search().unwrap_or_default();
    origin.replacen("http", "ws", 1) + "/engine" + &query
}

/// Has the browser forget the files of another page that was at this address: one with a worker, which
/// would be shown where the server is gone.
pub fn forget_files() {
    let container = Reflect::get(&window().navigator(), &"serviceWorker".into());
    if container.is_ok_and(|it| !it.is_undefined()) {
        let registered = window().navigator().service_worker().get_registrations();
        wasm_bindgen_futures::spawn_local(async move {
            // Where there are none to be had, there is nothing to forget.
            let registered = JsFuture::from(registered)
                .await
                .map(|it| js_sys::Array::from(&it));
            for registration in registered.iter().flat_map(js_sys::Array::iter) {
                if let Some(it) = registration.dyn_ref::<ServiceWorkerRegistration>() {
                    drop(it.unregister().map(JsFuture::from));
                }
            }
        });
    }
}

/// Has the browser cache the files of the page, so that it opens without a network.
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
