//! Whether the browser may delete what is stored for this page.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageManager;

/// Whether the browser promised not to delete it by itself; `None` where it promises nothing.
pub(crate) async fn is_promised() -> Option<bool> {
    answer(manager()?.persisted().ok()?).await
}

/// Asks for that promise, which may ask the person. Whether it was given; `None` where there is
/// none to be had.
pub(crate) async fn ask_for_promise() -> Option<bool> {
    answer(manager()?.persist().ok()?).await
}

async fn answer(promise: js_sys::Promise) -> Option<bool> {
    // A browser that blocks its storage refuses to answer.
    JsFuture::from(promise).await.ok()?.as_bool()
}

fn manager() -> Option<StorageManager> {
    // There is none where the page came over a network without TLS.
    let manager = Reflect::get(&super::window().navigator(), &"storage".into()).ok()?;
    (!manager.is_undefined()).then(|| manager.unchecked_into())
}
