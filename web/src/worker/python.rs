//! The interpreter of the page: Python in a frame that reaches nothing, at the other end of a port. The page
//! opens the frame, because a worker cannot; `web/public/python.js` has its side.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use mayfly_core::running::script::heads::Log;
use mayfly_core::running::script::{HARD_LIMIT, Interpreter, InterpreterGone};
use mayfly_engine::host::Say;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort};

/// Python. It ends with the value, however busy it is.
pub struct Python {
    control: Control,
    frames: Port,
    // Loading a file has its own limit.
    has_loaded: Cell<bool>,
    say: Say,
}

impl Python {
    /// How long Python may take to load a file, with all that it imports. It is interrupted in the line that it
    /// is in a while before.
    const LOADING_LIMIT: Duration = Duration::from_secs(30);

    /// Has the page open a frame with Python, which has loaded nothing yet. `say` gets what is to be said
    /// to a person.
    ///
    /// # Errors
    ///
    /// Fails with why there is none.
    pub async fn open(
        scope: &DedicatedWorkerGlobalScope,
        say: Say,
    ) -> Result<Self, InterpreterGone> {
        let channel = MessageChannel::new().map_err(|_| gone("the browser has no channels"))?;
        // From here on, so that one that is given up while it starts goes too.
        let control = Control(Port::new(channel.port1()));
        let port = channel.port2();
        let asked = control
            .0
            .ask(|_| scope.post_message_with_transfer(&port, &Array::of1(&port)));
        let answer = asked.await?;
        match answer.dyn_into() {
            Ok(port) => Ok(Self {
                control,
                frames: Port::new(port),
                has_loaded: Cell::default(),
                say,
            }),
            Err(reason) => Err(gone(&reason.as_string().unwrap_or_default())),
        }
    }
}

impl Interpreter for Python {
    const IS_CONFINED: bool = true;

    async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        let limit = match self.has_loaded.replace(true) {
            true => HARD_LIMIT,
            false => Self::LOADING_LIMIT,
        };
        let frame = Uint8Array::from(frame.as_slice()).buffer();
        let post =
            |port: &MessagePort| port.post_message_with_transferable(&frame, &Array::of1(&frame));
        let millis = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
        match select(Box::pin(self.frames.ask(post)), TimeoutFuture::new(millis)).await {
            Either::Left((answer, _)) => match answer?.dyn_into::<ArrayBuffer>() {
                Ok(answer) => Ok(Uint8Array::new(&answer).to_vec()),
                Err(reason) => Err(gone(&reason.as_string().unwrap_or_default())),
            },
            Either::Right(_) => {
                self.control.end();
                let secs = limit.as_secs();
                Err(gone(&format!(
                    "it was ended after {secs} seconds in one call that could not be interrupted"
                )))
            }
        }
    }

    fn say(&self, log: Log) {
        (self.say)(log);
    }
}

fn gone(reason: &str) -> InterpreterGone {
    InterpreterGone(format!("Python is gone: {reason}"))
}

/// The port to the page that has the frame. It goes with the value.
struct Control(Port);

impl Control {
    /// Ends Python: whatever comes from here once it was asked for, the frame goes.
    fn end(&self) {
        // A port takes any text.
        let _ = self.0.port.post_message(&JsValue::NULL);
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.end();
    }
}

/// A port, at whose other end each message is answered by one.
struct Port {
    port: MessagePort,
    waiting: Rc<RefCell<Option<oneshot::Sender<JsValue>>>>,
    // It lives as long as the port is listened to.
    _on_message: Closure<dyn Fn(MessageEvent)>,
}

impl Port {
    fn new(port: MessagePort) -> Self {
        let waiting = Rc::<RefCell<Option<oneshot::Sender<JsValue>>>>::default();
        let on_message = {
            let waiting = Rc::clone(&waiting);
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                if let Some(waiting) = waiting.take() {
                    // Who has asked may have gone.
                    let _ = waiting.send(event.data());
                }
            })
        };
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Self {
            port,
            waiting,
            _on_message: on_message,
        }
    }

    async fn ask(
        &self,
        post: impl FnOnce(&MessagePort) -> Result<(), JsValue>,
    ) -> Result<JsValue, InterpreterGone> {
        let (waiting, answer) = oneshot::channel();
        self.waiting.replace(Some(waiting));
        post(&self.port).map_err(|_| gone("its port is closed"))?;
        answer.await.map_err(|_| gone("its port is closed"))
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.port.set_onmessage(None);
    }
}
