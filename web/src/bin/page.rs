//! The page, which runs in a window. With the feature `split`, what draws the form is in one program,
//! and all else in another that is loaded once the form is drawn.

use mayfly_web::shell::later::Parts;
use mayfly_web::shell::rest::PARTS;

fn main() {
    mayfly_web::shell::app::start(|| Box::pin(parts()));
}

#[cfg(feature = "split")]
async fn parts() -> Option<&'static Parts> {
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(later, fallible)]
    fn split_off() -> Result<&'static Parts, SplitLoaderError> {
        Ok(&PARTS)
    }

    // Why it failed is in the console already.
    split_off().await.ok()
}

#[cfg(not(feature = "split"))]
#[expect(clippy::unused_async, reason = "as with the feature `split`")]
async fn parts() -> Option<&'static Parts> {
    Some(&PARTS)
}
