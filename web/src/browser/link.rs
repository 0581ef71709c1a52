//! Texts packed into the fragment of an address, by the compression that browsers have.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ReadableStream, ReadableStreamDefaultReader, ReadableWritablePair};

use super::window;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = ReadableWritablePair)]
    type CompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<CompressionStream, JsValue>;

    #[wasm_bindgen(extends = ReadableWritablePair)]
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

const FORMAT: &str = "deflate-raw";

/// The longest text that is unpacked: a short link must not fill the memory.
const MAX_BYTES: usize = 10 << 20;

/// `text` as letters and digits that stand in any address: raw deflate in base64url.
///
/// # Errors
///
/// Fails with what the browser says, if it has no such compression.
pub(crate) async fn pack(text: &str) -> Result<String, JsValue> {
    let stream = blob(text.as_bytes())?.stream();
    let packer = CompressionStream::new(FORMAT)?;
    let packed = stream.pipe_through(&packer);
    let packed = read_all(&packed).await?;
    let binary: String = packed.iter().map(|&byte| char::from(byte)).collect();
    let base64 = window().btoa(&binary)?;
    Ok(base64
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_"))
}

/// What [`pack`] packed.
///
/// # Errors
///
/// Fails with what the browser says, or if there is too much of it.
pub(crate) async fn unpack(packed: &str) -> Result<String, JsValue> {
    let base64 = packed.replace('-', "+").replace('_', "/");
    let binary = window().atob(&base64)?;
    let bytes: Vec<u8> = binary.chars().map(|it| it as u8).collect();
    let unpacker = DecompressionStream::new(FORMAT)?;
    let stream = blob(&bytes)?.stream();
    let text = read_all(&stream.pipe_through(&unpacker)).await?;
    String::from_utf8(text).map_err(|_| "it is not text".into())
}

fn blob(bytes: &[u8]) -> Result<Blob, JsValue> {
    Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes)))
}

async fn read_all(stream: &ReadableStream) -> Result<Vec<u8>, JsValue> {
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await?;
        if Reflect::get(&piece, &"done".into())?.is_truthy() {
            return Ok(bytes);
        }
        let piece: Uint8Array = Reflect::get(&piece, &"value".into())?.unchecked_into();
        bytes.extend(piece.to_vec());
        if MAX_BYTES < bytes.len() {
            return Err("it is longer than 10 MiB".into());
        }
    }
}
