//! The engine, which runs in a worker of the page. With the feature `split`, what a run needs is in one
//! program, and all else in another that is loaded right after it.

use mayfly_engine::session::rest::Rest;
use mayfly_web::worker::{REST, WorkerHost};

fn main() {
    mayfly_web::worker::start(|| Box::pin(rest()));
}

#[cfg(feature = "split")]
async fn rest() -> Option<&'static Rest<WorkerHost>> {
    use wasm_split_helpers::{SplitLoaderError, wasm_split};

    #[wasm_split(rest, fallible)]
    fn split_off() -> Result<&'static Rest<WorkerHost>, SplitLoaderError> {
        Ok(&REST)
    }

    // Why it failed is in the console already.
    split_off().await.ok()
}

#[cfg(not(feature = "split"))]
#[expect(clippy::unused_async, reason = "as with the feature `split`")]
async fn rest() -> Option<&'static Rest<WorkerHost>> {
    Some(&REST)
}
