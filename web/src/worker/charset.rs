//! Text in other charsets than UTF-8, by what the browser knows of them.

use mayfly_core::http::charset::Undecodable;
use wasm_bindgen::JsValue;
use web_sys::{TextDecodeOptions, TextDecoder, TextDecoderOptions};

/// The text of `bytes`, without a mark at their start, in the charset that `label` names. If they are
/// not whole, what is left of a character at their end is passed over.
pub(super) fn decode(label: &str, bytes: &[u8], is_whole: bool) -> Result<String, Undecodable> {
    match run(label, bytes, is_whole) {
        Ok(text) => Ok(text),
        Err(_) if run(label, &[], true).is_err() => Err(Undecodable::Unknown),
        Err(_) => Err(Undecodable::At(place(label, bytes))),
    }
}

/// Where the first bytes are that mean nothing. The browser does not say: they come after the longest
/// start that is text, which is within a few bytes of the longest that could become text.
fn place(label: &str, bytes: &[u8]) -> usize {
    let (mut good, mut bad) = (0, bytes.len() + 1);
    while 1 < bad - good {
        let middle = good.midpoint(bad);
        if run(label, &bytes[..middle], false).is_ok() {
            good = middle;
        } else {
            bad = middle;
        }
    }
    let mut ends = (good.saturating_sub(MAX_CHAR_BYTES)..=good).rev();
    let whole = ends.find(|&end| run(label, &bytes[..end], true).is_ok());
    whole.unwrap_or(good)
}

/// No charset has longer characters.
const MAX_CHAR_BYTES: usize = 4;

fn run(label: &str, bytes: &[u8], is_whole: bool) -> Result<String, JsValue> {
    let options = TextDecoderOptions::new();
    options.set_fatal(true);
    let decoder = TextDecoder::new_with_label_and_options(label, &options)?;
    let options = TextDecodeOptions::new();
    options.set_stream(!is_whole);
    decoder.decode_with_u8_array_and_options(bytes, &options)
}
