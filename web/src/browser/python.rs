//! Python for the engine, in a frame that only a page can open. `web/public/python.js` opens it, and is loaded
//! with the first.

use std::cell::Cell;

use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessagePort;
use yew::Callback;

use super::scripts::add_script;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = openPython)]
    fn open_python(control: &MessagePort, report: &JsValue);

    #[wasm_bindgen(js_name = closePython)]
    fn close_python();
}

thread_local! {
    // How often the loader did not load.
    static N_FAILED: Cell<u32> = const { Cell::new(0) };
    // How often all were ended.
    static N_CLOSED: Cell<u32> = const { Cell::new(0) };
}

/// Opens Python for the engine at the other end of `control`. `on_progress` hears how much of it is loaded,
/// from 0 to 1, and `None` once there is nothing to wait for.
pub(crate) fn open(control: MessagePort, on_progress: Callback<Option<f64>>) {
    spawn_local(async move {
        let n_closed = N_CLOSED.get();
        on_progress.emit(Some(0.0));
        if !is_loaded() && add_script(&loader(N_FAILED.get()), "module").await.is_err() {
            N_FAILED.set(N_FAILED.get() + 1);
            on_progress.emit(None);
            // A port takes any text.
            let _ = control.post_message(&format!("{LOADER} did not load").into());
            return;
        }
        if N_CLOSED.get() != n_closed {
            return on_progress.emit(None);
        }
        let report = Closure::<dyn Fn(JsValue)>::new(move |part: JsValue| {
            on_progress.emit(part.as_f64());
        });
        open_python(&control, report.as_ref().unchecked_ref());
        // It is called until its frame goes.
        report.forget();
    });
}

/// Ends all that were opened: their engine is gone.
pub(crate) fn close_all() {
    // Those whose loader is on its way are not known to it.
    N_CLOSED.set(N_CLOSED.get() + 1);
    if is_loaded() {
        close_python();
    }
}

/// The address of the loader once it has failed so often: a page never asks again for a module that failed.
fn loader(n_failed: u32) -> String {
    match n_failed {
        0 => LOADER.to_owned(),
        nth => format!("{LOADER}?{nth}"),
    }
}

const LOADER: &str = "python.js";

fn is_loaded() -> bool {
    Reflect::has(&js_sys::global(), &"openPython".into()).unwrap_or(false)
}
