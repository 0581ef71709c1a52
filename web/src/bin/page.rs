//! The page, which runs in a window. With the feature `split`, what draws the form is in one program, what
//! starts runs in another that is loaded once the form is drawn, and all else in a third that follows.

use mayfly_web::shell::control::CONTROL;
use mayfly_web::shell::later::{ControlPart, DrawingPart, Load};
use mayfly_web::shell::rest::DRAWING;

fn main() {
    mayfly_web::shell::app::start(Load {
        control: || Box::pin(control()),
        drawing: || Box::pin(drawing()),
    });
}

#[cfg(feature = "split")]
async fn control() -> Option<&'static ControlPart> {
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(control, fallible)]
    fn split_off() -> Result<&'static ControlPart, SplitLoaderError> {
        Ok(&CONTROL)
    }

    // Why it failed is in the console already.
    split_off().await.ok()
}

#[cfg(feature = "split")]
async fn drawing() -> Option<&'static DrawingPart> {
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(later, fallible)]
    fn split_off() -> Result<&'static DrawingPart, SplitLoaderError> {
        Ok(&DRAWING)
    }

    // As above.
    split_off().await.ok()
}

#[cfg(not(feature = "split"))]
#[expect(clippy::unused_async, reason = "as with the feature `split`")]
async fn control() -> Option<&'static ControlPart> {
    Some(&CONTROL)
}

#[cfg(not(feature = "split"))]
#[expect(clippy::unused_async, reason = "as with the feature `split`")]
async fn drawing() -> Option<&'static DrawingPart> {
    Some(&DRAWING)
}
