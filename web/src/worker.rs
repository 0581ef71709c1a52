//! The engine's host in the browser: it runs in a worker, so that the page neither slows it down nor is
//! slowed down by it, and so that its timers go on in a tab that is hidden.
//!
//! There is one worker: all workers of a page share the browser's connections, so a second buys
//! nothing.

mod charset;
mod clock;
mod fetch;
mod lock;
mod python;
mod storage;

use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Uint8Array};
use mayfly_core::plan::{Locustfile, Plan};
use mayfly_engine::host::{Host, Purpose, Say};
use mayfly_engine::protocol::{Notice, Peer, To, decode, encode};
use mayfly_engine::session::Session;
use mayfly_engine::session::rest::{Load, Rest};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::browser::programs::worker_scope;
use crate::browser::random_seed;

pub use self::clock::WorkerClock;
pub use self::fetch::FetchTransport;
pub use self::python::Python;
pub use self::storage::Storage;
pub use crate::browser::locks::Lock;

/// Listens for commands until the page ends the worker. What no run needs comes from `load`.
///
/// # Panics
///
/// Panics outside of a worker.
pub fn start(load: Load<WorkerHost>) {
    let scope = worker_scope().expect("the engine's script is only started as a worker");
    let scope = Rc::new(scope);
    // It says that it is ready, and no command comes before this turn of the event loop is over.
    let session = Session::in_parts(WorkerHost::new(Rc::clone(&scope)), load);
    let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(command) = decode(&Uint8Array::new(&event.data()).to_vec()) {
            session.handle_command(PAGE, command);
        }
    });
    scope.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    listener.forget();
}

/// The page, to which alone a worker listens.
const PAGE: Peer = 0;

/// All that is loaded after what a run needs.
pub static REST: Rest<WorkerHost> = Rest::new();

/// A worker of the page.
pub struct WorkerHost {
    scope: Rc<DedicatedWorkerGlobalScope>,
    storage: Storage,
}

impl WorkerHost {
    /// The worker with this scope.
    pub fn new(scope: Rc<DedicatedWorkerGlobalScope>) -> Self {
        Self {
            scope,
            storage: Storage::default(),
        }
    }
}

impl Host for WorkerHost {
    type Clock = WorkerClock;
    type Transport = FetchTransport;
    type Archive = Storage;
    type Interpreter = Python;

    const IS_BROWSER: bool = true;

    fn start_clock(&self) -> WorkerClock {
        WorkerClock::start(&self.scope)
    }

    fn transport(&self, _: &Plan) -> Result<FetchTransport, String> {
        Ok(FetchTransport::new(Rc::clone(&self.scope)))
    }

    async fn interpreter(&self, _: &Locustfile, _: Purpose, say: Say) -> Result<Python, String> {
        let python = Python::open(&self.scope, say).await;
        python.map_err(|gone| gone.to_string())
    }

    fn archive(&self) -> Option<&Storage> {
        Some(&self.storage)
    }

    fn tell(&self, to: To, notice: Notice) {
        // There is one page, and nobody beside it.
        if !to.is_for(PAGE) {
            return;
        }
        let bytes = Uint8Array::from(encode(&notice).as_slice());
        let transfer = Array::of1(&bytes.buffer());
        let posted = self.scope.post_message_with_transfer(&bytes, &transfer);
        posted.expect("bytes can always be posted");
    }

    fn spawn(&self, work: impl Future<Output = ()> + 'static) {
        spawn_local(work);
    }

    fn read_file(&self, _: &str) -> Result<String, String> {
        Err("a page cannot read files by their names; choose the file in the form".to_owned())
    }

    fn unix_time(&self) -> Duration {
        Duration::from_secs_f64(js_sys::Date::now() / 1e3)
    }

    fn random(&self) -> u64 {
        random_seed()
    }
}
