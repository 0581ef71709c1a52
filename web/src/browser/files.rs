//! Files that a person chose, and files to save.

use gloo_timers::callback::Timeout;
use js_sys::{Array, Uint8Array};
use mayfly_core::plan::file_text;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, DragEvent, File, HtmlAnchorElement, Url};

use super::{describe, document};

/// Whether files are dragged, and not a text.
pub(crate) fn has_files(event: &DragEvent) -> bool {
    let types = event.data_transfer().map(|it| it.types());
    types.is_some_and(|it| it.includes(&"Files".into(), 0))
}

/// Offers `text` as a file.
///
/// # Errors
///
/// Fails with what the browser says.
pub(crate) fn download(name: &str, mime_type: &str, text: &str) -> Result<(), JsValue> {
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
pub(crate) fn download_blob(name: &str, blob: &Blob) -> Result<(), JsValue> {
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
pub(crate) async fn read_file(file: &File) -> Result<String, String> {
    let text = JsFuture::from(file.text()).await;
    let text = text.map_err(|it| format!("cannot read {}: {}", file.name(), describe(&it)))?;
    Ok(text.as_string().unwrap_or_default())
}

/// What is in a file that a person chose, in base64.
///
/// # Errors
///
/// Fails with what a person can understand, as [`read_text`].
pub(crate) async fn read_base64(file: &File) -> Result<String, String> {
    let bytes = read_bytes(file).await?;
    // The browser takes a letter for each byte.
    let letters: String = bytes.into_iter().map(char::from).collect();
    let base64 = super::window().btoa(&letters);
    base64.map_err(|it| format!("cannot read {}: {}", file.name(), describe(&it)))
}

/// The text of a file that a person chose.
///
/// # Errors
///
/// Fails with what a person can understand: the file is larger than a plan may be, it holds no text,
/// or what the browser says, such as that it is gone.
pub(crate) async fn read_text(file: &File) -> Result<String, String> {
    let bytes = read_bytes(file).await?;
    file_text(bytes).map_err(|error| format!("{}: {error}", file.name()))
}

async fn read_bytes(file: &File) -> Result<Vec<u8>, String> {
    const MAX_BYTES: f64 = 10.0 * 1024.0 * 1024.0;
    let name = file.name();
    if MAX_BYTES < file.size() {
        let size = file.size() / 1024.0 / 1024.0;
        return Err(format!(
            "expected a file of at most 10 MiB, found {size:.1} MiB in {name}"
        ));
    }
    let bytes = JsFuture::from(file.array_buffer()).await;
    let bytes = bytes.map_err(|it| format!("cannot read {name}: {}", describe(&it)))?;
    Ok(Uint8Array::new(&bytes).to_vec())
}
