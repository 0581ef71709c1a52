//! What the page talks to: the engine, in a worker of its own.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent, Worker};
use yew::Callback;

use crate::js;
use crate::protocol::{Command, Notice, decode, encode};

/// The engine. It can be told to do something from the start; what it is told before it listens is
/// kept for it.
pub struct Engine {
    worker: Worker,
    // Commands from before the engine listened; `None` once it does.
    kept: Rc<RefCell<Option<Vec<Command>>>>,
    // They live as long as the worker.
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

impl Engine {
    /// Starts the worker. `on_notice` hears from it; `on_loss` hears why it broke, if it ever does.
    ///
    /// # Errors
    ///
    /// Fails if the browser refuses to start a worker.
    pub fn start(on_notice: Callback<Notice>, on_loss: Callback<String>) -> Result<Self, String> {
        let worker = js::start_worker().map_err(|error| js::describe(&error))?;
        let kept = Rc::new(RefCell::new(Some(Vec::new())));
        let on_message = Closure::<dyn Fn(MessageEvent)>::new({
            let (worker, kept) = (worker.clone(), Rc::clone(&kept));
            move |event: MessageEvent| {
                let bytes = Uint8Array::new(&event.data()).to_vec();
                match decode(&bytes) {
                    Some(Notice::Ready) => {
                        for command in kept.take().unwrap_or_default() {
                            post(&worker, &command);
                        }
                    }
                    Some(notice) => on_notice.emit(notice),
                    // Both ends come from one build, so only an extension could have sent it.
                    None => {}
                }
            }
        });
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            let message = event.message();
            on_loss.emit(if message.is_empty() {
                "it did not load".to_owned()
            } else {
                message
            });
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            kept,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Tells the engine what to do.
    pub fn tell(&self, command: Command) {
        match &mut *self.kept.borrow_mut() {
            Some(kept) => kept.push(command),
            None => post(&self.worker, &command),
        }
    }
}

impl Drop for Engine {
    /// Ends the worker, and with it all requests under way.
    fn drop(&mut self) {
        // What is on its way already would find the closures gone.
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn post(worker: &Worker, command: &Command) {
    let bytes = Uint8Array::from(encode(command).as_slice());
    let posted = worker.post_message_with_transfer(&bytes, &Array::of1(&bytes.buffer()));
    posted.expect("bytes can always be posted");
}
